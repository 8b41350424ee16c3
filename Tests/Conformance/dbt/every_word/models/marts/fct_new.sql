select id from {{ ref('words', 'dim') }} union all select 1 from {{ ref('helped') }}
