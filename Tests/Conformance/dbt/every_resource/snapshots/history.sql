{% snapshot history %}{{ config(strategy='check', unique_key='id', check_cols=['status']) }} select * from {{ ref('orders') }}{% endsnapshot %}
