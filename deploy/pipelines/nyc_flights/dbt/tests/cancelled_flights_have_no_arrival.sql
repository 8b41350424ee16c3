-- A flight that never left cannot have arrived.
select flight_id
from {{ ref('fct_flight') }}
where is_cancelled = 1 and arrival_delay_minutes is not null
