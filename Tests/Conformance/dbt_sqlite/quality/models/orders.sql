{{ config(materialized='table') }}
select 1 as id, 'new' as state
union all select 1, null
union all select 2, null
union all select null, 'paid'
