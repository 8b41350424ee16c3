{% snapshot history %}
{{ config(unique_key='id', strategy='timestamp', updated_at='at') }}
select * from {{ ref('stg_events') }}
{% endsnapshot %}

{% snapshot second %}  {{ config(unique_key='id', strategy='check', check_cols=['a'], target_schema='two', hard_deletes='invalidate') }}
select 1 as id, 2 as a {% endsnapshot %}
