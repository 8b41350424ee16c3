{# A grant on a table is of no use to a role that may not enter its schema. Nothing to do where there are no roles. #}
{% macro let_readers_in() -%}
    {{ return(adapter.dispatch('let_readers_in', 'karaoke_social')()) }}
{%- endmacro %}
{% macro default__let_readers_in() -%}
    {%- set reader = env_var('KARAOKE_SOCIAL_READER', '') -%}
    {%- if reader -%} grant usage on schema {{ adapter.quote(target.schema) }} to {{ adapter.quote(reader) }} {%- endif -%}
{%- endmacro %}
{% macro sqlite__let_readers_in() -%}{%- endmacro %}
