select
    page_id || '-' || metric_date as page_date_id,
    page_id,
    metric_date,
    {{- pivot_metrics(var('page_metrics'), 'metric', 'metric_value') }}
from {{ ref('stg_page_insights') }}
where period = 'day'
group by page_id, metric_date
