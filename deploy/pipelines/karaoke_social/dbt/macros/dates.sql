{# Dates are written 2026-01-31 in every engine; each macro has a form for those that spell it differently. #}

{# The day of a Facebook value: it ends at midnight in California, 07:00 or 08:00 UTC; twelve hours earlier it is that day. #}
{% macro day_that_ends_at(time) -%}
    {{ return(adapter.dispatch('day_that_ends_at', 'karaoke_social')(time)) }}
{%- endmacro %}
{% macro default__day_that_ends_at(time) -%} cast({{ time }} - interval '12 hours' as date) {%- endmacro %}
{% macro sqlite__day_that_ends_at(time) -%} date({{ time }}, '-12 hours') {%- endmacro %}

{# 2020-03-10T07:00:00+0000, with or without the colon of the offset, as a time in UTC. #}
{% macro as_timestamp(text) -%}
    {{ return(adapter.dispatch('as_timestamp', 'karaoke_social')(text)) }}
{%- endmacro %}
{% macro default__as_timestamp(text) -%} cast({{ text }} as timestamp) {%- endmacro %}
{% macro sqlite__as_timestamp(text) -%} strftime('%Y-%m-%dT%H:%M:%SZ', replace({{ text }}, '+0000', 'Z')) {%- endmacro %}

{% macro as_day(time) -%}
    {{ return(adapter.dispatch('as_day', 'karaoke_social')(time)) }}
{%- endmacro %}
{% macro default__as_day(time) -%} cast({{ time }} as date) {%- endmacro %}
{% macro sqlite__as_day(time) -%} date({{ time }}) {%- endmacro %}

{# 20260131 as a day. #}
{% macro day_from_digits(digits) -%}
    {{ return(adapter.dispatch('day_from_digits', 'karaoke_social')(digits)) }}
{%- endmacro %}
{% macro default__day_from_digits(digits) -%} to_date(cast({{ digits }} as text), 'YYYYMMDD') {%- endmacro %}
{% macro sqlite__day_from_digits(digits) -%}
    substr({{ digits }}, 1, 4) || '-' || substr({{ digits }}, 5, 2) || '-' || substr({{ digits }}, 7, 2)
{%- endmacro %}

{% macro next_day(date) -%}
    {{ return(adapter.dispatch('next_day', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__next_day(date) -%} cast({{ date }} + interval '1 day' as date) {%- endmacro %}
{% macro sqlite__next_day(date) -%} date({{ date }}, '+1 day') {%- endmacro %}

{% macro year_start(date) -%}
    {{ return(adapter.dispatch('year_start', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__year_start(date) -%} cast(date_trunc('year', {{ date }}) as date) {%- endmacro %}
{% macro sqlite__year_start(date) -%} date({{ date }}, 'start of year') {%- endmacro %}

{% macro year_end(date) -%}
    {{ return(adapter.dispatch('year_end', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__year_end(date) -%} cast(date_trunc('year', {{ date }}) + interval '1 year' - interval '1 day' as date) {%- endmacro %}
{% macro sqlite__year_end(date) -%} date({{ date }}, 'start of year', '+1 year', '-1 day') {%- endmacro %}

{% macro year_of(date) -%}
    {{ return(adapter.dispatch('year_of', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__year_of(date) -%} extract(year from {{ date }}) {%- endmacro %}
{% macro sqlite__year_of(date) -%} cast(strftime('%Y', {{ date }}) as integer) {%- endmacro %}

{% macro month_of(date) -%}
    {{ return(adapter.dispatch('month_of', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__month_of(date) -%} extract(month from {{ date }}) {%- endmacro %}
{% macro sqlite__month_of(date) -%} cast(strftime('%m', {{ date }}) as integer) {%- endmacro %}

{% macro day_of_month(date) -%}
    {{ return(adapter.dispatch('day_of_month', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__day_of_month(date) -%} extract(day from {{ date }}) {%- endmacro %}
{% macro sqlite__day_of_month(date) -%} cast(strftime('%d', {{ date }}) as integer) {%- endmacro %}

{% macro day_of_year(date) -%}
    {{ return(adapter.dispatch('day_of_year', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__day_of_year(date) -%} extract(doy from {{ date }}) {%- endmacro %}
{% macro sqlite__day_of_year(date) -%} cast(strftime('%j', {{ date }}) as integer) {%- endmacro %}

{# Monday is 1, Sunday is 7. #}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__iso_weekday(date) -%} extract(isodow from {{ date }}) {%- endmacro %}
{% macro sqlite__iso_weekday(date) -%} (cast(strftime('%w', {{ date }}) as integer) + 6) % 7 + 1 {%- endmacro %}

{# A week belongs to the year of its Thursday. #}
{% macro thursday_of(date) -%}
    {{ return(adapter.dispatch('thursday_of', 'karaoke_social')(date)) }}
{%- endmacro %}
{% macro default__thursday_of(date) -%} cast(date_trunc('week', {{ date }}) + interval '3 days' as date) {%- endmacro %}
{% macro sqlite__thursday_of(date) -%} date({{ date }}, '-3 days', 'weekday 4') {%- endmacro %}

{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between', 'karaoke_social')(first, last)) }}
{%- endmacro %}
{% macro default__days_between(first, last) -%} ({{ last }} - {{ first }}) {%- endmacro %}
{% macro sqlite__days_between(first, last) -%} (julianday({{ last }}) - julianday({{ first }})) {%- endmacro %}

{# The name of a number that counts from 1. #}
{% macro name_of(number, names) -%}
    case {{ number }} {%- for name in names %} when {{ loop.index }} then '{{ name }}' {%- endfor %} end
{%- endmacro %}
