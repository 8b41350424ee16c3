with days as (

    select distinct flight_date as date_day
    from {{ ref('stg_flights') }}

)

select
    days.date_day,
    {{ year_of('days.date_day') }} as year_number,
    {{ month_of('days.date_day') }} as month_number,
    {{ day_of_week('days.date_day') }} as iso_weekday,
    case when {{ day_of_week('days.date_day') }} >= 6 then 1 else 0 end as is_weekend,
    holidays.holiday_name
from days
left join {{ ref('us_holiday') }} as holidays on days.date_day = holidays.holiday_date
