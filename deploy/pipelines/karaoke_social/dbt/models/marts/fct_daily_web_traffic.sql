select
    {{ typed('property_date_id', 'text') }} as property_date_id,
    property_id,
    {{ typed('traffic_date', 'day') }} as traffic_date,
    sessions,
    active_users,
    event_count,
    {{ typed('sum(sessions) over (partition by property_id order by traffic_date)', 'integer') }} as sessions_to_date,
    {{ typed('sum(event_count) over (partition by property_id order by traffic_date)', 'integer') }} as events_to_date
from {{ ref('stg_ga4_summary') }}
