with recursive touched as (

    select metric_date as day from {{ ref('stg_page_insights') }}
    union
    select created_date from {{ ref('stg_posts') }}
    union
    select traffic_date from {{ ref('stg_ga4_summary') }}

),

span as (

    select
        {% if var('dates_from') %}'{{ var('dates_from') }}'{% else %}{{ year_start('min(day)') }}{% endif %} as first_day,
        {% if var('dates_until') %}'{{ var('dates_until') }}'{% else %}{{ year_end('max(day)') }}{% endif %} as last_day
    from touched

),

days as (

    select first_day as date_day from span where first_day <= last_day
    union all
    select {{ next_day('days.date_day') }} from days where days.date_day < (select last_day from span)

),

numbered as (

    select
        date_day,
        {{ year_of('date_day') }} as year_number,
        {{ month_of('date_day') }} as month_number,
        {{ day_of_month('date_day') }} as day_of_month,
        {{ day_of_year('date_day') }} as day_of_year,
        {{ iso_weekday('date_day') }} as iso_weekday,
        {{ year_of(thursday_of('date_day')) }} as iso_year,
        ({{ day_of_year(thursday_of('date_day')) }} + 6) / 7 as iso_week
    from days

)

select
    {{ typed('date_day', 'day') }} as date_day,
    {{ typed('year_number', 'integer') }} as year_number,
    {{ typed('(month_number + 2) / 3', 'integer') }} as quarter_number,
    {{ typed('month_number', 'integer') }} as month_number,
    {{ typed(name_of('month_number', ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']), 'text') }} as month_name,
    {{ typed('day_of_month', 'integer') }} as day_of_month,
    {{ typed('day_of_year', 'integer') }} as day_of_year,
    {{ typed('iso_weekday', 'integer') }} as iso_weekday,
    {{ typed(name_of('iso_weekday', ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']), 'text') }} as weekday_name,
    {{ typed('iso_year', 'integer') }} as iso_year,
    {{ typed('iso_week', 'integer') }} as iso_week,
    {{ typed('case when iso_weekday >= 6 then 1 else 0 end', 'integer') }} as is_weekend
from numbered
