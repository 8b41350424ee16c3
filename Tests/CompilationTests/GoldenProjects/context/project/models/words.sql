{{ config(materialized='incremental', meta={'owner': 'ann'}) }}
{%- set rows = run_query("select 1 as a union all select 2") -%}
select
    '{{ this }}' as this, '{{ this.schema }}.{{ this.identifier }}' as parts, {{ var('limit') }} as v, '{{ var("own") }}' as own,
    '{{ env_var("SHOP_SCHEMA") }}' as env, '{{ target.name }} {{ target.type }}' as target, {{ is_incremental() }} as inc,
    '{{ helpers.twice("a") }}' as dispatched, '{{ keep("abc").n }}' as returned, '{{ tojson({"a": [1, none]}) }}' as json,
    '{{ fromjson("[1, 2]")[1] }}' as parsed, {% if execute %}{{ rows.columns[0].values() | join('+') }}{% endif %} as queried,
    '{{ run_started_at.strftime("%Y-%m-%d") }}' as started, '{{ modules.datetime.date(2026, 1, 31) + modules.datetime.timedelta(days=1) }}' as day,
    {{ adapter.quote('odd name') }}, '{{ config.get("meta").owner }}' as owner, '{{ model.unique_id }}' as model, '{{ dbt.concat(["a", "b"]) }}' as concat,
    '{{ api.Relation.create(schema="other", identifier="t") }}' as relation, {{ adapter.get_relation(none, "main", "none") is none }} as nothing
from {{ source('raw', 'orders') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
