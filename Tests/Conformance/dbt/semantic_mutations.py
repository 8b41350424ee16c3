"""What MetricFlow's rules refuse, as (place, value) in models/semantics.yml."""
S, M, Q = "semantic_models", "metrics", "saved_queries"
F, B = (S, 0), (S, 1)
NAMES = ["a", "Big", "two__parts", "ends_", "1st", "day", "week", "metric_time", "mf_internal_uuid", "select", "Natural", "has-dash", "has space", "x" * 251, "total_amount", "fact", "kind", "facts"]
SEMANTIC = []
for place in [
    F + ("name",), F + ("entities", 0, "name"), F + ("dimensions", 1, "name"), F + ("measures", 0, "name"), F + ("measures", 2, "name"), (M, 4, "name"),
    (Q, 0, "name"), ("models", 0, "time_spine", "custom_granularities", 0, "name"), (M, 3, "type_params", "metrics", 1, "alias"),
    (M, 0, "type_params", "measure", "alias"), F + ("primary_entity",),
]:
    SEMANTIC += [(place, name) for name in NAMES]
SEMANTIC += [(F + ("measures", 0, "agg"), agg) for agg in ("min", "max", "count", "count_distinct", "sum_boolean", "average", "percentile", "median", "SUM", "mode")]
SEMANTIC += [(F + ("measures", 1), {"name": "counted", "agg": "count", "create_metric": True, **more}) for more in ({}, {"expr": "distinct id"}, {"expr": "1"}, {"expr": True}, {"expr": 1}, {"expr": ""})]
SEMANTIC += [(F + ("measures", 2, "agg_params"), {"percentile": value}) for value in (0, 1, 0.99, -1, 2, None)]
SEMANTIC += [(F + ("measures", 2), {"name": "middle", "agg": "median", "expr": "amount", "agg_params": more}) for more in (
    {"percentile": 0.5}, {"percentile": 0.4}, {"use_discrete_percentile": True}, {"use_approximate_percentile": True}, {},
)]
SEMANTIC += [(F + ("measures", 0, "agg_params"), more) for more in ({"percentile": 0.5}, {"use_discrete_percentile": True, "use_approximate_percentile": True}, {"use_discrete_percentile": False})]
SEMANTIC += [(F + ("measures", 0, "agg_time_dimension"), name) for name in ("kind", "nowhere", "HAPPENED")]
SEMANTIC += [(F + ("defaults", "agg_time_dimension"), name) for name in ("kind", "nowhere", None)]
SEMANTIC += [(F + ("measures", 3, "non_additive_dimension"), dimension) for dimension in (
    {"name": "kind", "window_choice": "min"}, {"name": "nowhere", "window_choice": "max"}, {"name": "happened", "window_choice": "sum"},
    {"name": "happened", "window_choice": "odd"}, {"name": "happened", "window_choice": "min", "window_groupings": ["nobody", "fact"]},
    {"name": "happened", "window_choice": "min", "window_groupings": ["fact", "buyer"]},
)]
SEMANTIC += [(F + ("dimensions", 0, "type_params", "time_granularity"), grain) for grain in ("hour", "month", "DAY", "second", "fiscal", "decade", "nanosecond")]
SEMANTIC += [(F + ("dimensions", 1, "type"), kind) for kind in ("time", "TIME", "odd", "Categorical")]
SEMANTIC += [(F + ("entities", 1, "type"), kind) for kind in ("primary", "unique", "natural", "Foreign", "odd")]
SEMANTIC += [(F + ("entities", 0, "type"), kind) for kind in ("foreign", "unique", "natural")]
SEMANTIC += [(F + ("dimensions", 0, "type_params", "validity_params"), value) for value in (
    {"is_start": True}, {"is_end": True}, {"is_start": True, "is_end": True}, {}, {"is_start": 1}, {"odd": True},
)]
VALID = {"name": "facts", "model": "ref('facts')", "entities": [{"name": "fact", "type": "natural", "expr": "id"}], "primary_entity": "facty",
    "dimensions": [{"name": "since", "type": "time", "type_params": {"time_granularity": "day", "validity_params": {"is_start": True}}}, {"name": "until", "type": "time", "type_params": {"time_granularity": "day", "validity_params": {"is_end": True}}}]}
SEMANTIC += [(
    (S,),
    [VALID] + [{
        "name": "held", "model": "ref('facts')", "entities": [{"name": "held", "type": "primary", "expr": "id"}],
        "dimensions": [{"name": "happened", "type": "time", "type_params": {"time_granularity": "day"}}],
        "measures": [{"name": name, "agg": "count", "expr": "1", "agg_time_dimension": "happened"} for name in ("total_amount", "counted", "buys")],
    }],
)]
for change in (
    {"entities": []}, {"entities": [{"name": "fact", "type": "unique"}]},
    {"entities": [{"name": "fact", "type": "natural"}, {"name": "other", "type": "natural"}]},
    {"measures": [{"name": "total_amount", "agg": "sum", "agg_time_dimension": "since"}]}, {"dimensions": VALID["dimensions"][:1]},
    {"dimensions": VALID["dimensions"] + [{**VALID["dimensions"][0], "name": "third"}]},
    {"dimensions": [VALID["dimensions"][0], {**VALID["dimensions"][0], "name": "until"}]},
    {"dimensions": [{"name": "since", "type": "time", "type_params": {"time_granularity": "day"}}]},
):
    SEMANTIC += [((S, 1), {**VALID, "name": "valid", **change})]
SEMANTIC += [
    (B + ("dimensions", 0, "name"), "happened"), (B + ("dimensions", 0), {"name": "kind", "type": "time", "type_params": {"time_granularity": "day"}}),
    (B + ("dimensions", 0, "is_partition"), True), (B + ("primary_entity",), "fact"), (B + ("primary_entity",), None), (B + ("primary_entity",), "buyer"),
    (B + ("entities", 0, "name"), "kind"), (B + ("entities", 0, "name"), "buys"), (B + ("measures", 0, "name"), "total_amount"),
    (B + ("measures", 0, "name"), "kind"), (B + ("label",), "Facts"), (B + ("entities", 0, "label"), "Someone"), (B + ("name",), "facts"),
]
SEMANTIC += [
    (B + ("dimensions",), [{"name": "kind", "type": "categorical", "label": "One"}, {"name": "at_time", "type": "time", "label": "One", "type_params": {"time_granularity": "day"}}]),
    (B + ("dimensions",), []), (B + ("measures",), []), (B + ("measures", 1, "label"), "Total amount"), (F + ("measures", 1, "label"), "Total amount"),
    (F + ("entities", 1, "label"), "Fact"), (B + ("model",), "ref('nowhere')"), (B + ("model",), "source('raw', 't1')"), (B + ("model",), "facts"),
    (B + ("model",), "ref('facts', 'b', 'c', 'd')"), (B + ("model",), "ref("), (B + ("model",), "ref('codes')"),
]
SEMANTIC += [
    ((M, 1, "label"), "Total"), ((M, 1, "name"), "total"), ((M, 0, "type"), "derived"), ((M, 0, "type"), "ratio"), ((M, 0, "type"), "cumulative"),
    ((M, 0, "type"), "conversion"), ((M, 0, "type"), "SIMPLE"), ((M, 2, "type"), "simple"), ((M, 3, "type"), "ratio"), ((M, 3, "type"), "simple"),
    ((M, 4, "type"), "simple"), ((M, 5, "type"), "simple"),
]
SEMANTIC += [((M, 1, "time_granularity"), grain) for grain in ("day", "hour", "fiscal", "odd", "MONTH", None)]
SEMANTIC += [((M, 4, "type_params"), {"measure": "total_amount", **more}) for more in (
    {}, {"window": "7 days"}, {"grain_to_date": "month"}, {"grain_to_date": "odd"}, {"window": "7 days", "grain_to_date": "month"},
    {"window": "7 days", "cumulative_type_params": {"window": "8 days"}}, {"window": "7 days", "cumulative_type_params": {"window": "7 days"}},
    {"grain_to_date": "month", "cumulative_type_params": {"grain_to_date": "year"}}, {"cumulative_type_params": {"window": "7 fiscals"}},
    {"cumulative_type_params": {"window": "1 fiscal"}}, {"cumulative_type_params": {"window": "7 odd"}}, {"cumulative_type_params": {"window": "7"}},
    {"cumulative_type_params": {"window": "x days"}}, {"cumulative_type_params": {"window": "7 Days"}}, {"cumulative_type_params": {"window": "-7 days"}},
    {"cumulative_type_params": {"grain_to_date": "fiscal"}}, {"cumulative_type_params": {"grain_to_date": "Month"}},
    {"cumulative_type_params": {"grain_to_date": "month", "window": "1 day"}}, {"cumulative_type_params": {"period_agg": "odd"}},
    {"cumulative_type_params": {"period_agg": "average"}},
)]
SEMANTIC += [((M, 3, "type_params"), value) for value in (
    {"expr": "total", "metrics": []}, {"expr": "total"}, {"metrics": ["total"]}, {"expr": "1", "metrics": ["total"]}, {"expr": "total", "metrics": ["nowhere"]},
    {"expr": "doubled", "metrics": ["doubled"]}, {"expr": "total", "metrics": ["total", {"name": "number", "alias": "total"}]},
    {"expr": "a1", "metrics": [{"name": "total", "alias": "a1"}, {"name": "number", "alias": "a1"}]},
    {"expr": "total", "metrics": [{"name": "total", "offset_window": "1 odd"}]},
    {"expr": "total", "metrics": [{"name": "total", "offset_window": "2 fiscals"}]}, {"expr": "total", "metrics": [{"name": "total", "offset_window": "odd"}]},
    {"expr": "total", "metrics": [{"name": "total", "offset_to_grain": "month"}]}, {"expr": "total", "metrics": [{"name": "total", "offset_to_grain": "odd"}]},
    {"expr": "total", "metrics": [{"name": "total", "offset_to_grain": "month", "offset_window": "1 day"}]},
    {"expr": "total", "metrics": [{"name": "total", "offset_to_grain": "Month"}]}, {"expr": True, "metrics": ["total"]},
)]
SEMANTIC += [((M, 2, "type_params"), value) for value in (
    {"numerator": "total"}, {"denominator": "total"}, {"numerator": "total", "denominator": "nowhere"}, {"numerator": "total", "denominator": "total"},
    {"numerator": {"name": "total", "alias": "BAD"}, "denominator": "number"}, {"numerator": "each", "denominator": "total"},
)]
CONVERSION = {"base_measure": "counted", "conversion_measure": "buys", "entity": "buyer"}
SEMANTIC += [((M, 5, "type_params", "conversion_type_params"), {**CONVERSION, **more}) for more in (
    {}, {"base_measure": "nowhere"}, {"conversion_measure": "nowhere"}, {"entity": "nobody"}, {"entity": "fact"}, {"base_measure": "total_amount"},
    {"conversion_measure": "buyers"}, {"conversion_measure": {"name": "buys", "filter": "{{ Dimension('purchase__at_time') }} > 1"}}, {"window": "3 odd"},
    {"window": "3 fiscals"}, {"window": "odd"}, {"calculation": "conversions"}, {"calculation": "odd"},
    {"constant_properties": [{"base_property": "nowhere", "conversion_property": "nowhere"}]}, {"constant_properties": []},
    {"base_measure": {"name": "counted", "alias": "kind"}},
)]
SEMANTIC += [((M, 0, "type_params", "measure"), value) for value in ("nowhere", "total_amount", {"name": "total_amount", "alias": "counted"}, {"name": "total_amount", "filter": "1 = 1"})]
FILTERS = [
    "1 = 1", "{{ Dimension('kind') }}", "{{ Dimension('a__b__c') }}", "{{ Dimension('fact__kind').grain('day') }}",
    "{{ Dimension('fact__happened').grain('odd') }}", "{{ Dimension('fact__happened').date_part('month') }}",
    "{{ Dimension('fact__happened').date_part('week') }}", "{{ Dimension('fact__kind').descending(True) }}", "{{ TimeDimension('metric_time') }}",
    "{{ TimeDimension('metric_time', 'DAY') }}", "{{ TimeDimension('fact__happened', 'odd') }}", "{{ TimeDimension('fact__happened', 'fiscal') }}",
    "{{ TimeDimension('fact__happened__month', 'day') }}", "{{ TimeDimension('fact__happened__month') }}", "{{ TimeDimension('happened', 'day') }}",
    "{{ Entity('fact') }}", "{{ Entity('fact__day') }}", "{{ Entity('a__b') }}", "{{ Entity('fact').grain('day') }}", "{{ Metric('total') }}",
    "{{ Metric('total', group_by=['fact']) }}", "{{ Metric('a__b', group_by=['fact']) }}", "{{ Odd('x') }}", "{{ Dimension('fact__kind') ", "{% if %}",
    "{{ Dimension() }}", "{{ Dimension('fact__kind', entity_path=['buyer']) }}", "{{ Dimension(5) }}", "{{ Dimension('metric_time') }}", "{{ undefined_word }}",
    "", "{{ Dimension('fact__kind').odd() }}",
]
SEMANTIC += [((M, 1, "filter"), text) for text in FILTERS]
SEMANTIC += [((M, 1, "filter"), ["{{ Dimension('fact__kind') }}", "{{ Dimension('kind') }}", "{{ Entity('fact__day') }}"])]
SEMANTIC += [((M, 0, "type_params", "measure", "filter"), text) for text in FILTERS[1:6]] + [((M, 2, "type_params", "denominator", "filter"), text) for text in FILTERS[1:6]] + [((M, 3, "type_params", "metrics", 1, "filter"), text) for text in FILTERS[1:6]]
SEMANTIC += [((Q, 0, "query_params", "where"), text) for text in FILTERS]
GROUPS = [
    "Dimension('fact__kind')", "Dimension('fact__nowhere')", "Dimension('kind')", "TimeDimension('metric_time')", "TimeDimension('metric_time', 'odd')",
    "TimeDimension('metric_time', 'fiscal')", "Entity('fact')", "Entity('nobody')", "Metric('total')", "Metric('total', group_by=['fact'])", "metric_time",
    "fact__kind", "Dimension('fact__kind') }} {{ Entity('fact')", "Dimension('fact__kind').descending(True)", "Dimension(", "",
    "Dimension('fact__kind').grain('day')", "'text'", "TimeDimension('fact__happened').grain('day')",
]
SEMANTIC += [((Q, 0, "query_params", "group_by"), [text]) for text in GROUPS]
SEMANTIC += [((Q, 0, "query_params", "order_by"), [text]) for text in GROUPS + [
    "total", "Metric('number')", "Metric('each')", "Metric('total').descending(False)", "Metric('total').grain('day')",
    "TimeDimension('metric_time', 'day').descending(True)", "TimeDimension('metric_time', 'month')", "TimeDimension('metric_time').grain('day')",
]]
SEMANTIC += [((Q, 0, "query_params", "metrics"), value) for value in (["nowhere"], [], ["total", "total"])]
SEMANTIC += [((Q, 0, "query_params", "limit"), value) for value in (0, -1, 5, "5")]
SEMANTIC += [((Q, 0, "exports", 0, "config"), value) for value in (
    {}, {"export_as": "cache"}, {"export_as": "odd"}, {"export_as": "view", "database": "d"}, {"export_as": "table", "schema_name": "s"},
    {"export_as": "table", "odd": 1},
)]
SEMANTIC += [((Q, 0, "config"), value) for value in (
    {"export_as": "view", "schema": "s"}, {"cache": {"enabled": "maybe"}}, {"cache": 5}, {"enabled": False}, {"odd": 1}, {"group": "nobody"},
    {"export_as": "odd"}, {"tags": "a", "meta": {"x": 1}},
)]
SPINE = ("models", 0)
SEMANTIC += [(SPINE + ("columns", 0, "granularity"), grain) for grain in ("hour", "week", "odd", "DAY", None)]
SEMANTIC += [(SPINE + ("time_spine",), value) for value in (
    {"standard_granularity_column": "nowhere"}, {"standard_granularity_column": "fiscal"},
    {"standard_granularity_column": "day", "custom_granularities": [{"name": "nowhere"}]},
    {"standard_granularity_column": "day", "custom_granularities": [{"name": "yearly", "column_name": "fiscal"}]},
    {"standard_granularity_column": "day", "custom_granularities": [{"name": "yearly", "column_name": "nowhere"}]},
    {"standard_granularity_column": "day", "custom_granularities": [{"name": "fiscal"}, {"name": "fiscal"}]},
)]
SEMANTIC += [
    (("models",), [{"name": "days"}]),
    (("models",), [{"name": name, "time_spine": {"standard_granularity_column": "day"}, "columns": [{"name": "day", "granularity": "day"}]} for name in ("days", "promised")]),
    (
        ("models",),
        [{
            "name": name, "time_spine": {"standard_granularity_column": "day", "custom_granularities": [{"name": "fiscal"}]},
            "columns": [{"name": "day", "granularity": grain}, {"name": "fiscal"}],
        } for name, grain in (("days", "day"), ("promised", "hour"))],
    ),
]
SEMANTIC += [((S,), []), ((M,), []), ((Q,), [])]
