select
    page_id,
    metric as api_metric,
    period,
    end_time,
    value as raw_value,
    -- With its table's name, as in stg_page_insights.
    {{ insight_fault('source.value', 'end_time') }} as reason,
    fetched_at
from {{ source('raw', 'page_insights_daily') }} as source
where {{ insight_fault('source.value', 'end_time') }} is not null
