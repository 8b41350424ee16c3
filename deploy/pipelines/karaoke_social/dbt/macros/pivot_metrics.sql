{# One column for each word of `metrics`; a metric without a value on that day is NULL, which is not zero. #}
{% macro pivot_metrics(metrics, name_column, value_column) -%}
    {%- for metric in metrics %}
    {{ typed("max(case when " ~ name_column ~ " = '" ~ metric ~ "' then " ~ value_column ~ " end)", 'integer') }} as {{ metric }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
