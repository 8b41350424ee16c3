select * from {{ ref('unseen') }}
