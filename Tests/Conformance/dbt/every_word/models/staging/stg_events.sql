{{ config(tags=['sql']) }}
select id, {{ dbt.dateadd('day', 1, 'at') }} as at, {{ greet('b') }} from {{ source('raw', 'events') }}
