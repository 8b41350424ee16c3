with ranked as (

    select
        *,
        row_number() over (partition by post_id order by snapshot_at desc) as place
    from {{ ref('stg_posts') }}

)

select
    post_id,
    page_id,
    {{ typed('created_date', 'day') }} as created_date,
    {{ typed('created_at', 'time') }} as created_at,
    permalink_url,
    status_type,
    {{ typed('message', 'text') }} as message,
    impressions,
    reach,
    clicks,
    {{ typed('reactions', 'integer') }} as reactions,
    {{ typed('comments', 'integer') }} as comments,
    {{ typed('shares', 'integer') }} as shares,
    {{ typed('engaged_users', 'integer') }} as engaged_users,
    {{ typed('is_engaged_users_derived', 'integer') }} as is_engaged_users_derived,
    -- Nobody saw it: there is no rate, and it is not zero.
    {{ typed('1.0 * engaged_users / nullif(impressions, 0)', 'number') }} as engagement_rate,
    {{ typed('1.0 * clicks / nullif(impressions, 0)', 'number') }} as click_rate,
    snapshot_at
from ranked
where place = 1
