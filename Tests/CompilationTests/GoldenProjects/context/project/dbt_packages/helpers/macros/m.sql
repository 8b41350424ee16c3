{% macro star(x) %}{{ return(adapter.dispatch('star', 'helpers')(x)) }}{% endmacro %}
{% macro default__star(x) %}default {{ x }}{% endmacro %}
{% macro twice(x) %}{{ return(adapter.dispatch('twice', 'helpers')(x)) }}{% endmacro %}
{% macro default__twice(x) %}{{ helpers.star(x) }}, {{ star(x) }}{% endmacro %}
