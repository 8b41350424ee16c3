{% macro sqlite__star(x) %}ours {{ x }}{% endmacro %}
{% macro keep(x) %}{% do return({"x": x, "n": x | length}) %}{% endmacro %}
