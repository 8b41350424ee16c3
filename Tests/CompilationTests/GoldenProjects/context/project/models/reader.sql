-- reads two
with mine as (select * from {{ ref('eph_two') }})
select * from mine join {{ ref('eph') }} using (id)