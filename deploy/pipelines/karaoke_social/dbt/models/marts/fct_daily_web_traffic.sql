select
    property_date_id,
    property_id,
    traffic_date,
    sessions,
    active_users,
    event_count,
    sum(sessions) over (partition by property_id order by traffic_date) as sessions_to_date,
    sum(event_count) over (partition by property_id order by traffic_date) as events_to_date
from {{ ref('stg_ga4_summary') }}
