with ranked as (

    select
        *,
        row_number() over (partition by post_id order by snapshot_at desc) as place
    from {{ ref('stg_posts') }}

)

select
    post_id,
    page_id,
    created_date,
    created_at,
    permalink_url,
    status_type,
    message,
    impressions,
    reach,
    clicks,
    reactions,
    comments,
    shares,
    engaged_users,
    is_engaged_users_derived,
    -- Nobody saw it: there is no rate, and it is not zero.
    1.0 * engaged_users / nullif(impressions, 0) as engagement_rate,
    1.0 * clicks / nullif(impressions, 0) as click_rate,
    snapshot_at
from ranked
where place = 1
