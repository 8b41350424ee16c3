select
    property_id || '-' || {{ day_from_digits('date') }} as property_date_id,
    property_id,
    {{ day_from_digits('date') }} as traffic_date,
    sessions,
    active_users,
    event_count,
    fetched_at
from {{ source('raw', 'ga4_historical_summary') }}
