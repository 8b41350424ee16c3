{%- set thresholds = [15, 60] -%}

select
    flight_date || '-' || origin as day_origin,
    flight_date,
    origin,
    count(*) as flights,
    sum(is_cancelled) as cancelled,
    round(1.0 * sum(is_cancelled) / count(*), 4) as cancelled_share,
    round(avg(departure_delay_minutes), 2) as average_departure_delay_minutes,
    {%- for minutes in thresholds %}
    sum(case when departure_delay_minutes > {{ minutes }} then 1 else 0 end) as late_over_{{ minutes }}_minutes
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('fct_flight') }}
group by flight_date, origin
