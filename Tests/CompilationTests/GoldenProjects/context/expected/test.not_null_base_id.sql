
    
    



select id
from (select * from "base" where id > 0) dbt_subquery
where id is null



