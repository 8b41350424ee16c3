
    
    

with  __dbt__cte__eph as (

select * from "base"
), child as (
    select id as from_field
    from "base"
    where id is not null
),

parent as (
    select id as to_field
    from __dbt__cte__eph
)

select
    from_field

from child
left join parent
    on child.from_field = parent.to_field

where parent.to_field is null



