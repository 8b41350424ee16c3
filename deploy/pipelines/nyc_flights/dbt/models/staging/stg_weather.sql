select
    origin || '-' || time_hour as weather_id,
    origin,
    time_hour as hour_utc,
    {{ date_from_parts('year', 'month', 'day') }} as weather_date,
    temp as temperature_fahrenheit,
    humid as humidity_percent,
    wind_speed as wind_speed_mph,
    precip as precipitation_inches,
    visib as visibility_miles
from {{ source('raw', 'weather') }}
