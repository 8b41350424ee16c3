"""A small project of every kind of resource, and what can be wrong with it: each mutation changes one thing.

`PROJECT` maps files to what is in them, YAML as plain values. `mutations()` yields (title, files).
"""
import copy

PROJECT = {
    "dbt_project.yml": {
        "name": "hunted", "version": "1.0", "config-version": 2, "profile": "hunted", "model-paths": ["models"], "vars": {"depth": 3},
        "models": {"hunted": {"+materialized": "view"}}, "seeds": {"hunted": {"+quote_columns": False}}, "flags": {"send_anonymous_usage_stats": False},
    },
    "seeds/codes.csv": "id,word\n1,a\n",
    "macros/words.sql": "{% macro twice(x) %}{{ x }} * 2{% endmacro %}",
    "models/facts.sql": "select 1 as id, 2 as amount, cast('2026-01-01' as date) as happened, 'x' as kind, {{ var('depth') }} as depth",
    "models/others.sql": "select 1 as id, 2 as bought, cast('2026-01-01' as date) as at from {{ source('raw', 't1') }}",
    "models/days.sql": "select cast('2026-01-01' as date) as day, 1 as fiscal",
    "models/orders_v1.sql": "select * from {{ ref('facts') }}",
    "models/orders_v2.sql": "select * from {{ ref('facts') }}",
    "models/promised.sql": "select 1 as id",
    "models/words.md": "{% docs word %}a word{% enddocs %}",
    "snapshots/history.yml": {"snapshots": [{"name": "history", "relation": "ref('codes')", "config": {"unique_key": "id", "strategy": "check", "check_cols": ["word"]}}]},
    "tests/alone.sql": "select 1 from {{ ref('facts') }} where 1 = 0",
    "models/schema.yml": {
        "version": 2,
        "models": [
            {"name": "facts", "description": "{{ doc('word') }}", "config": {"tags": ["red"], "meta": {"a": 1}, "materialized": "table", "enabled": True, "group": "finance"}, "data_tests": [{"unique": {"column_name": "id"}}],
                "columns": [{"name": "id", "description": "the id", "data_type": "int", "quote": True, "tags": ["blue"], "meta": {"b": 1}, "data_tests": ["not_null", {"accepted_values": {"arguments": {"values": [1]}, "config": {"severity": "warn", "where": "id > 0", "limit": 3, "warn_if": ">1", "error_if": ">2", "store_failures": True, "enabled": True}}}]}]},
            {"name": "promised", "access": "public", "deprecation_date": "2031-01-01T00:00:00+00:00", "config": {"contract": {"enforced": True}}, "constraints": [{"type": "check", "expression": "id > 0", "columns": ["id"]}],
                "columns": [{"name": "id", "data_type": "int", "constraints": [{"type": "not_null"}, {"type": "foreign_key", "to": "ref('facts')", "to_columns": ["id"]}]}]},
            {
                "name": "orders", "latest_version": 2,
                "versions": [{"v": 1, "columns": [{"include": "*", "exclude": ["kind"]}], "config": {"alias": "old"}}, {"v": 2, "defined_in": "orders_v2", "description": "new"}],
                "columns": [{"name": "id"}, {"name": "kind"}],
            },
        ],
        "seeds": [{"name": "codes", "config": {"column_types": {"id": "int"}, "quote_columns": False, "delimiter": ","}, "columns": [{"name": "id", "data_tests": ["unique"]}]}],
        "sources": [{"name": "raw", "schema": "raw", "database": "x", "loader": "me", "tags": ["seen"], "meta": {"a": 1}, "quoting": {"identifier": True}, "config": {"loaded_at_field": "at", "freshness": {"warn_after": {"count": 1, "period": "day"}}},
            "tables": [{"name": "t1", "identifier": "tt", "external": {"location": "here"}, "config": {"freshness": {"error_after": {"count": 2, "period": "hour"}, "filter": "1 = 1"}}, "columns": [{"name": "id", "data_tests": ["unique"]}]}]}],
        "exposures": [{
            "name": "board", "label": "Board", "type": "dashboard", "maturity": "high", "url": "https://example.com",
            "owner": {"name": "Ann", "email": "a@example.com"}, "depends_on": ["ref('facts')", "source('raw', 't1')"],
            "config": {"tags": ["x"], "meta": {"a": 1}, "enabled": True},
        }],
        "groups": [{"name": "finance", "description": "money", "owner": {"name": "Fin"}, "config": {"meta": {"a": 1}}}],
        "macros": [{"name": "twice", "description": "doubles", "arguments": [{"name": "x", "type": "int", "description": "what"}], "config": {"meta": {"a": 1}}}],
        "unit_tests": [{
            "name": "it_counts", "model": "others", "description": "d", "given": [{"input": "source('raw', 't1')", "format": "dict", "rows": [{"id": 1}]}],
            "expect": {"format": "dict", "rows": [{"id": 1}]}, "overrides": {"vars": {"depth": 1}, "macros": {"is_incremental": False}, "env_vars": {"A": "b"}},
            "config": {"tags": ["u"], "meta": {"a": 1}, "enabled": True},
        }],
    },
    "models/semantics.yml": {
        "models": [{
            "name": "days", "time_spine": {"standard_granularity_column": "day", "custom_granularities": [{"name": "fiscal"}]},
            "columns": [{"name": "day", "granularity": "day"}, {"name": "fiscal"}],
        }],
        "semantic_models": [
            {"name": "facts", "model": "ref('facts')", "description": "facts", "label": "Facts", "defaults": {"agg_time_dimension": "happened"}, "config": {"meta": {"a": 1}, "enabled": True},
                "entities": [{"name": "fact", "type": "primary", "expr": "id", "label": "Fact"}, {"name": "buyer", "type": "foreign", "expr": "kind", "role": "r"}],
                "dimensions": [
                    {"name": "happened", "type": "time", "type_params": {"time_granularity": "day"}},
                    {"name": "kind", "type": "categorical", "expr": "upper(kind)", "label": "Kind", "is_partition": False},
                ],
                "measures": [{"name": "total_amount", "agg": "sum", "expr": "amount", "label": "Total amount", "agg_time_dimension": "happened"}, {"name": "counted", "agg": "count", "expr": "id", "create_metric": True}, {"name": "middle", "agg": "percentile", "expr": "amount", "agg_params": {"percentile": 0.5, "use_discrete_percentile": True}},
                    {"name": "last_amount", "agg": "sum", "expr": "amount", "non_additive_dimension": {"name": "happened", "window_choice": "max", "window_groupings": ["buyer"]}}]},
            {"name": "bought", "model": "ref('others')", "primary_entity": "purchase", "entities": [{"name": "buyer", "type": "foreign", "expr": "id"}],
                "dimensions": [{"name": "at_time", "type": "time", "expr": "at", "type_params": {"time_granularity": "day"}}],
                "measures": [{"name": "buys", "agg": "count", "expr": "1", "agg_time_dimension": "at_time"}, {"name": "buyers", "agg": "count_distinct", "expr": "id", "agg_time_dimension": "at_time"}]},
        ],
        "metrics": [
            {
                "name": "total", "label": "Total", "description": "of all", "type": "simple",
                "type_params": {"measure": {"name": "total_amount", "filter": "{{ Dimension('fact__kind') }} = 'X'", "fill_nulls_with": 0, "join_to_timespine": True}},
                "config": {"meta": {"b": 2}, "group": "finance", "enabled": True},
            },
            {
                "name": "number", "label": "Number", "type": "simple", "type_params": {"measure": "counted"}, "time_granularity": "month",
                "filter": ["{{ Dimension('fact__kind') }} = 'X'", "{{ Entity('fact') }} is not null"],
            },
            {
                "name": "each", "label": "Each", "type": "ratio",
                "type_params": {"numerator": "total", "denominator": {"name": "number", "filter": "{{ TimeDimension('fact__happened', 'day') }} > '2026-01-01'"}},
            },
            {
                "name": "doubled", "label": "Doubled", "type": "derived",
                "type_params": {"expr": "total * 2 + before", "metrics": ["total", {"name": "total", "alias": "before", "offset_window": "1 day"}]},
            },
            {"name": "so_far", "label": "So far", "type": "cumulative", "type_params": {"measure": "total_amount", "cumulative_type_params": {"window": "7 days", "period_agg": "last"}}},
            {
                "name": "converted", "label": "Converted", "type": "conversion",
                "type_params": {"conversion_type_params": {
                    "base_measure": {"name": "counted"}, "conversion_measure": "buys", "entity": "buyer", "calculation": "conversion_rate", "window": "7 days",
                    "constant_properties": [{"base_property": "kind", "conversion_property": "at_time"}],
                }},
            },
        ],
        "saved_queries": [{"name": "weekly", "label": "Weekly", "description": "each week", "tags": ["q"], "config": {"cache": {"enabled": True}, "enabled": True, "group": "finance"},
            "query_params": {
                "metrics": ["total", "each"], "group_by": ["Dimension('fact__kind')", "TimeDimension('metric_time', 'day')"],
                "where": ["{{ Dimension('fact__kind') }} = 'X'"], "order_by": ["Metric('total').descending(True)", "Dimension('fact__kind')"], "limit": 10,
            },
            "exports": [{"name": "out", "config": {"export_as": "table", "schema": "exported", "alias": "other"}}]}],
    },
}
PROFILE = {"hunted": {"target": "dev", "outputs": {"dev": {"type": "postgres", "threads": 1, "host": "127.0.0.1", "port": 1, "user": "u", "password": "p", "dbname": "d", "schema": "hunted"}}}}

ODD = [None, 5, True, 1.5, "", "odd", [], ["odd"], {}, {"odd": 1}]


def places(value, path=()):
    """Every place below a value."""
    if isinstance(value, dict):
        for key in value:
            yield path + (key,)
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield path + (index,)
            yield from places(value[index], path + (index,))


def at(value, path):
    for step in path: value = value[step]
    return value


def changed(file, change, files=PROJECT):
    """A copy of the files with one changed, or with all of them given to `change`."""
    files = copy.deepcopy(files)
    change(files[file] if file else files)
    return files


def of_shape(file, below=()):
    """Each place with each odd value, each place without, each map with a word that nobody knows, each item twice."""
    whole = PROJECT[file] if file in PROJECT else PROFILE
    for path in places(at(whole, below), tuple(below)):
        title = f"{file} {'.'.join(map(str, path))}"
        old = at(whole, path)
        for odd in ODD:
            if odd == old and type(odd) is type(old): continue
            def put(root, path=path, odd=odd): at(root, path[:-1])[path[-1]] = copy.deepcopy(odd)
            yield f"{title} = {odd!r}", file, put
        def remove(root, path=path): del at(root, path[:-1])[path[-1]]
        yield f"{title} removed", file, remove
        if isinstance(old, dict):
            def add(root, path=path): at(root, path)["unheard_of"] = 1
            yield f"{title} with an unknown word", file, add
        if isinstance(path[-1], int):
            def double(root, path=path): at(root, path[:-1]).append(copy.deepcopy(at(root, path)))
            yield f"{title} twice", file, double


def sets(file, *steps):
    """`sets("f", ("a", 0, "b"), 5)`"""
    path, value = steps
    def put(root): at(root, path[:-1])[path[-1]] = copy.deepcopy(value)
    return (f"{file} {'.'.join(map(str, path))} = {value!r}", file, put)


def written():
    """What no walk over the shapes comes to."""
    from semantic_mutations import SEMANTIC
    for path, value in SEMANTIC: yield sets("models/semantics.yml", path, value)
    from project_mutations import WRITTEN
    yield from WRITTEN


def mutations(kinds):
    yield "unchanged", "dbt_project.yml", lambda root: None
    if "semantics" in kinds: yield from of_shape("models/semantics.yml")
    if "schema" in kinds: yield from of_shape("models/schema.yml")
    if "snapshot" in kinds: yield from of_shape("snapshots/history.yml")
    if "project" in kinds: yield from of_shape("dbt_project.yml")
    if "profile" in kinds: yield from of_shape("profiles.yml")
    if "written" in kinds: yield from written()
