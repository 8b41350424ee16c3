{# about #}
{%- macro greet(who='x') -%}
  '{{ who }}'
{%- endmacro -%}

{% macro loop(n) %}{% for i in range(n) %}{{ inner(i) }}{{ adapter.dispatch('shape')() }}{% endfor %}{{ dbt.type_string() }}{{ return('') }}{% endmacro %}
  {% macro inner(i) -%} {{ greet(i) }}{{ helper.lend(i) }} {% endmacro %}
{% macro default__shape() %}{{ is_incremental() }}{{ config.get('materialized') }}{% endmacro %}
{% macro postgres__shape() %}p{% endmacro %}
{% macro sqlite__shape() %}s{% endmacro %}
{% macro default__get_where_subquery(relation) %}{% do return(relation) %}{% endmacro %}
{% materialization odd, default, supported_languages=['sql'] %}{{ return({'relations': []}) }}{% endmaterialization %}
{% macro generate_schema_name(custom, node) -%}{{ default__generate_schema_name(custom, node) }}{%- endmacro %}
