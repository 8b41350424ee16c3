
select * from "base" where id < 3

