select * from {{ ref('stg_pages') }}
