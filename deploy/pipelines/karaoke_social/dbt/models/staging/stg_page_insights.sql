with source as (

    select * from {{ source('raw', 'page_insights_daily') }}

),

typed as (

    select
        page_id,
        coalesce(metric_word, metric) as metric,
        metric as api_metric,
        period,
        {{ as_timestamp('end_time') }} as end_time,
        {{ day_that_ends_at(as_timestamp('end_time')) }} as metric_date,
        -- With its table's name: alone, it would be the member's value while an object is summed up.
        {{ metric_number('source.value') }} as metric_value,
        value as raw_value,
        fetched_at
    from source
    -- The others are in stg_page_insights_quarantine.
    where {{ insight_fault('source.value', 'end_time') }} is null

),

-- What was fetched last counts: values are restated, and while a metric changes its name a day may have it under both.
ranked as (

    select
        *,
        row_number() over (partition by page_id, metric, period, metric_date order by fetched_at desc, api_metric desc) as place
    from typed

)

select
    page_id || '-' || metric || '-' || period || '-' || metric_date as insight_id,
    page_id,
    metric,
    api_metric,
    period,
    end_time,
    metric_date,
    metric_value,
    raw_value,
    fetched_at
from ranked
where place = 1
