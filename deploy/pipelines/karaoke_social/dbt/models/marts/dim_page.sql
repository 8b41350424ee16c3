select
    page_id,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
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
