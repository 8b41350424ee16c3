{{
    config(
        materialized='incremental',
        unique_key='flight_id',
        on_schema_change='fail'
    )
}}

select
    flight_id,
    flight_date,
    carrier_code,
    flight_number,
    tail_number,
    origin,
    destination,
    scheduled_hour_utc,
    departure_delay_minutes,
    arrival_delay_minutes,
    air_time_minutes,
    distance_miles,
    is_cancelled,
    source_batch
from {{ ref('stg_flights') }}

{% if is_incremental() %}
-- A batch that was loaded again has a new number, so corrections come through as well as new days.
where source_batch > (select coalesce(max(source_batch), 0) from {{ this }})
{% endif %}
