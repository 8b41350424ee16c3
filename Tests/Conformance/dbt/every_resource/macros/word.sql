{% macro word(a) %}{{ a }}{% endmacro %}
