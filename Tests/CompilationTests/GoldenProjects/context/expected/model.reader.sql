-- reads two
with  __dbt__cte__eph as (

select * from "base"
),  __dbt__cte__eph_two as (

select * from __dbt__cte__eph
), mine as (select * from __dbt__cte__eph_two)
select * from mine join __dbt__cte__eph using (id)
