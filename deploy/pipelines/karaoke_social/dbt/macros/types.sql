{#
    An expression with a type that the engine keeps with the column: one of text, integer, number, day, time.
    SQLite has no days and times; they are text there, as its own functions write them.
#}
{% macro typed(expression, type) -%}
    {{ return(adapter.dispatch('typed', 'karaoke_social')(expression, type)) }}
{%- endmacro %}
{% macro default__typed(expression, type) -%}
    cast({{ expression }} as {{ {'text': 'text', 'integer': 'bigint', 'number': 'double precision', 'day': 'date', 'time': 'timestamp'}[type] }})
{%- endmacro %}
{% macro sqlite__typed(expression, type) -%}
    cast({{ expression }} as {{ {'text': 'text', 'integer': 'integer', 'number': 'real', 'day': 'text', 'time': 'text'}[type] }})
{%- endmacro %}
