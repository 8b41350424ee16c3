-- As many days as lie between the first and the last.
select count(*) as days
from {{ ref('dim_date') }}
having count(*) <> {{ days_between('min(date_day)', 'max(date_day)') }} + 1
