select
    '"words"' as this, 'main.words' as parts, 10 as v, 'mine' as own,
    'shop' as env, 'dev sqlite' as target, False as inc,
    'ours a, ours a' as dispatched, '3' as returned, '{"a": [1, null]}' as json,
    '2' as parsed, 1+2 as queried,
    '2026-01-01' as started, '2026-02-01' as day,
    "odd name", 'ann' as owner, 'model.shop.words' as model, 'a || b' as concat,
    '"other__t"' as relation, True as nothing
from "raw__orders"

