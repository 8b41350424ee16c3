select
    {{ typed("page_id || '-' || metric_date", 'text') }} as page_date_id,
    page_id,
    {{ typed('metric_date', 'day') }} as metric_date,
    {{- pivot_metrics(var('page_metrics'), 'metric', 'metric_value') }}
from {{ ref('stg_page_insights') }}
where period = 'day'
group by page_id, metric_date
