select * from {{ ref('dim') }} union all select id from {{ ref('orders') }}
