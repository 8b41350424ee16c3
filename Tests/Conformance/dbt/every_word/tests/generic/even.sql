{% test even(model, column_name='id', by=2) %}
{{ config(severity='error', fail_calc='count(*)') }}
select * from {{ model }} where {{ column_name }} % {{ by }} <> 0 {{ greet('t') }}
{% endtest %}
