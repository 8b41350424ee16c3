with source as (

    select * from {{ source('raw', 'post_performance') }}

),

named as (

    select
        page_id,
        post_id,
        permalink_url,
        status_type,
        {{ shortened('message', var('message_length')) }} as message,
        {{ as_timestamp('created_time') }} as created_at,
        impressions,
        reach,
        clicks,
        {{ metric_number('reactions') }} as reactions,
        coalesce(comments, 0) as comments,
        coalesce(shares, 0) as shares,
        -- Without a type of its own where the API has never given one.
        {{ typed('engaged_users', 'integer') }} as served_engaged_users,
        snapshot_at
    from source

)

select
    post_id || '-' || snapshot_at as post_snapshot_id,
    page_id,
    post_id,
    permalink_url,
    status_type,
    message,
    created_at,
    {{ as_day('created_at') }} as created_date,
    impressions,
    reach,
    clicks,
    reactions,
    comments,
    shares,
    -- The API does not count engaged users any more: where it gives none, all that people did with the post stands for them.
    coalesce(served_engaged_users, clicks + reactions + comments + shares) as engaged_users,
    case when served_engaged_users is null then 1 else 0 end as is_engaged_users_derived,
    snapshot_at
from named
