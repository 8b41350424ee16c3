{# Rows whose value lies outside the range; a missing value is another test's business. #}
{% test accepted_range(model, column_name, minimum=none, maximum=none) %}

select *
from {{ model }}
where
    1 = 0
    {%- if minimum is not none %}
    or {{ column_name }} < {{ minimum }}
    {%- endif %}
    {%- if maximum is not none %}
    or {{ column_name }} > {{ maximum }}
    {%- endif %}

{% endtest %}
