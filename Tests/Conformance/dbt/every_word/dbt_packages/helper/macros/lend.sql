{% macro lend(x) %}{{ return(adapter.dispatch('lend', 'helper')(x)) }}{% endmacro %}
{% macro default__lend(x) %}{{ x }}{{ helper.deep() }}{% endmacro %}
{% macro deep() %}{% endmacro %}
