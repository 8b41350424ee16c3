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
    date_day,
    year_number,
    (month_number + 2) / 3 as quarter_number,
    month_number,
    case month_number
        {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end as month_name,
    day_of_month,
    day_of_year,
    iso_weekday,
    case iso_weekday
        {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end as weekday_name,
    iso_year,
    iso_week,
    case when iso_weekday >= 6 then 1 else 0 end as is_weekend
from numbered
