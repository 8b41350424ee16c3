{# A metric's value as a number: itself, or the sum of an object's members, such as {"like": 3, "love": 1}. #}
{% macro metric_number(value) -%}
    {{ return(adapter.dispatch('metric_number', 'karaoke_social')(value)) }}
{%- endmacro %}
{% macro default__metric_number(value) -%}
    case
        when jsonb_typeof(cast({{ value }} as jsonb)) = 'object'
            then (select sum(cast(member.value as numeric)) from jsonb_each_text(cast({{ value }} as jsonb)) as member)
        else cast({{ value }} as numeric)
    end
{%- endmacro %}
{% macro sqlite__metric_number(value) -%}
    case
        when {{ value }} is null or not json_valid({{ value }}) then null
        when json_type({{ value }}) = 'object' then (select coalesce(sum(member.value), 0) from json_each({{ value }}) as member)
        when json_type({{ value }}) in ('integer', 'real') then {{ value }} + 0
    end
{%- endmacro %}

{#
    Why a row of page insights cannot be counted, or NULL where it can: its value is a number, or an object of numbers, and its
    end is a time.
#}
{% macro insight_fault(value, end_time) -%}
    {{ return(adapter.dispatch('insight_fault', 'karaoke_social')(value, end_time)) }}
{%- endmacro %}
{# By patterns, for engines without a test for JSON: what looks like an object and is none fails the cast, aloud. #}
{% macro default__insight_fault(value, end_time) -%}
    case
        when {{ value }} is null then 'there is no value'
        when cast({{ value }} as text) !~ '^ *(-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?|[{].*[}]) *$' then 'the value is no number'
        when cast({{ end_time }} as text) !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' then 'end_time is no time'
    end
{%- endmacro %}
{% macro sqlite__insight_fault(value, end_time) -%}
    case
        when {{ value }} is null then 'there is no value'
        when not json_valid({{ value }}) then 'the value is no JSON'
        when json_type({{ value }}) not in ('integer', 'real', 'object') then 'the value is no number'
        when json_type({{ value }}) = 'object' and exists (
            select 1 from json_each({{ value }}) as member where member.type not in ('integer', 'real')
        ) then 'a member of the value is no number'
        when {{ as_timestamp(end_time) }} is null then 'end_time is no time'
    end
{%- endmacro %}

{#
    The beginning of a text, not longer than `length` characters and never cut inside of what a reader sees as one: a letter with
    its accents, an emoji with its skin tone, a family that is joined of several. NULL stays NULL.
#}
{% macro shortened(text, length) -%}
    {{ return(adapter.dispatch('shortened', 'karaoke_social')(text, length)) }}
{%- endmacro %}
{% macro default__shortened(text, length) -%} left({{ text }}, {{ length }}) {%- endmacro %}
{% macro sqlite__shortened(text, length) -%}
    case
        when length({{ text }}) <= {{ length }} then {{ text }}
        else substr({{ text }}, 1, (
            with recursive cut(place, previous, next) as (
                select {{ length }}, unicode(substr({{ text }}, {{ length }}, 1)), unicode(substr({{ text }}, {{ length }} + 1, 1))
                union all
                select place - 1, unicode(substr({{ text }}, place - 1, 1)), previous
                from cut
                where place > 0 and (
                    previous = 8205 or next = 8205
                    or next between 768 and 879 or next between 8400 and 8447
                    or next between 65024 and 65039 or next between 127995 and 127999
                )
            )
            select min(place) from cut
        ))
    end
{%- endmacro %}
