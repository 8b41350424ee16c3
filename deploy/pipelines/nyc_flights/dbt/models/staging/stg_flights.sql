with source as (

    select * from {{ source('raw', 'flights') }}

),

dated as (

    select
        *,
        {{ date_from_parts('year', 'month', 'day') }} as flight_date
    from source

)

select
    flight_date || '-' || carrier || '-' || flight || '-' || origin as flight_id,
    flight_date,
    carrier as carrier_code,
    flight as flight_number,
    tailnum as tail_number,
    origin,
    dest as destination,
    sched_dep_time as scheduled_departure,
    dep_time as departure,
    dep_delay as departure_delay_minutes,
    sched_arr_time as scheduled_arrival,
    arr_time as arrival,
    arr_delay as arrival_delay_minutes,
    air_time as air_time_minutes,
    distance as distance_miles,
    time_hour as scheduled_hour_utc,
    case when dep_time is null then 1 else 0 end as is_cancelled,
    _sluice_batch as source_batch
from dated
