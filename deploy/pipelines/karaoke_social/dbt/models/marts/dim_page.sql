select
    page_id,
    {{ typed('min(first_seen)', 'day') }} as first_seen,
    {{ typed('max(last_seen)', 'day') }} as last_seen
from (
    select page_id, min(metric_date) as first_seen, max(metric_date) as last_seen
    from {{ ref('stg_page_insights') }}
    group by page_id
    union all
    select page_id, min(created_date), max(created_date)
    from {{ ref('stg_posts') }}
    group by page_id
) as seen
group by page_id
