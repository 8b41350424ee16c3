with known as (

    select * from {{ ref('stg_airports') }}

),

-- A fact must not point at nothing: airports that only flights name get a row of their own.
referred as (

    select origin as airport_code from {{ ref('stg_flights') }}
    union
    select destination as airport_code from {{ ref('stg_flights') }}

)

select
    known.airport_code,
    known.airport_name,
    known.latitude,
    known.longitude,
    known.altitude_feet,
    known.utc_offset_hours,
    known.time_zone,
    1 as is_known
from known

union all

select
    referred.airport_code,
    null as airport_name,
    null as latitude,
    null as longitude,
    null as altitude_feet,
    null as utc_offset_hours,
    null as time_zone,
    0 as is_known
from referred
where referred.airport_code not in (select known.airport_code from known)
