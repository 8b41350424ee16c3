
select * from "base"
