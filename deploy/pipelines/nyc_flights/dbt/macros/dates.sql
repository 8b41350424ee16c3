{# Dates are written 2013-01-31 in every engine; each macro has a form for those that spell it differently. #}

{% macro date_from_parts(year, month, day) -%}
    {{ return(adapter.dispatch('date_from_parts', 'nyc_flights')(year, month, day)) }}
{%- endmacro %}
{% macro default__date_from_parts(year, month, day) -%}
    make_date(cast({{ year }} as integer), cast({{ month }} as integer), cast({{ day }} as integer))
{%- endmacro %}
{% macro sqlite__date_from_parts(year, month, day) -%}
    printf('%04d-%02d-%02d', {{ year }}, {{ month }}, {{ day }})
{%- endmacro %}

{% macro year_of(date) -%}
    {{ return(adapter.dispatch('year_of', 'nyc_flights')(date)) }}
{%- endmacro %}
{% macro default__year_of(date) -%} extract(year from {{ date }}) {%- endmacro %}
{% macro sqlite__year_of(date) -%} cast(strftime('%Y', {{ date }}) as integer) {%- endmacro %}

{% macro month_of(date) -%}
    {{ return(adapter.dispatch('month_of', 'nyc_flights')(date)) }}
{%- endmacro %}
{% macro default__month_of(date) -%} extract(month from {{ date }}) {%- endmacro %}
{% macro sqlite__month_of(date) -%} cast(strftime('%m', {{ date }}) as integer) {%- endmacro %}

{# Monday is 1, Sunday is 7. #}
{% macro day_of_week(date) -%}
    {{ return(adapter.dispatch('day_of_week', 'nyc_flights')(date)) }}
{%- endmacro %}
{% macro default__day_of_week(date) -%} extract(isodow from {{ date }}) {%- endmacro %}
{% macro sqlite__day_of_week(date) -%} (cast(strftime('%w', {{ date }}) as integer) + 6) % 7 + 1 {%- endmacro %}
