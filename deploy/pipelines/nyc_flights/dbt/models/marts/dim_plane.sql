with flown as (

    select distinct tail_number
    from {{ ref('stg_flights') }}
    where tail_number is not null

)

select
    flown.tail_number,
    planes.year_built,
    planes.plane_type,
    planes.manufacturer,
    planes.model,
    planes.engines,
    planes.seats,
    planes.engine_type,
    case when planes.tail_number is null then 0 else 1 end as is_known
from flown
left join {{ ref('stg_planes') }} as planes on flown.tail_number = planes.tail_number
