
with __dbt__cte__eph as (

select * from "base"
) select * from __dbt__cte__eph
