"""What a random project may have besides models: a package, hooks, macros that take dbt's places, promises, unit tests, snapshots, metrics.

Each part takes the project as generate.py has made it, and adds files, or words to those that are there.
"""


def enrich(project):
    """Some of the parts, in their order, so that the later ones can speak of the earlier."""
    for part in (package, naming, replaced, dispatched, hooks, blocks, materialization, seeds, sources, snapshots, promises, units, exposures, metrics, disabled):
        if project.chance(0.45): part(project)


def config_of(project, kind): return project.files["dbt_project.yml"].setdefault(kind, {})
def macros(project, text): project.files["macros/more.sql"] = project.files.get("macros/more.sql", "") + text + "\n"


def package(project):
    """Installed beside the project; its variables, hooks, macros and models are its own until the project says otherwise."""
    pick = project.random.choice
    own = {
        "name": "helper", "version": "1.0.0", "vars": {"helper": {"depth": 20, "lent": "theirs"}, "wide": pick([1, [1, 2]])},
        "models": {"helper": {"+materialized": pick(["view", "table"]), "+tags": ["lent"]}},
    }
    if project.chance(0.4): own["on-run-end"] = ["{{ helper.told('end') }}"]
    if project.chance(0.4): own["seeds"] = {"+enabled": False}
    if project.chance(0.3): own["vars"] = {"depth": 21, "lent": "flat"}
    base = "dbt_packages/helper"
    project.files[f"{base}/dbt_project.yml"] = own
    project.files[f"{base}/macros/told.sql"] = "{% macro told(word, more=none) %}select '{{ word }} {{ var('depth', 8) }}'{% endmacro %}\n{% macro deep() %}{{ return(helper.shallow() ~ var('lent', 'none')) }}{% endmacro %}{% macro shallow() %}s{% endmacro %}"
    project.files[f"{base}/macros/named.yml"] = {"macros": [{"name": "told", "description": "tells {{ doc('lent') }}", "arguments": [{"name": "word", "type": "string", "description": "what"}]}]}
    project.files[f"{base}/models/lent.sql"] = "select 1 as id, '{{ var('lent', 'none') }} {{ var('depth', 0) }} {{ deep() }}' as word"
    project.files[f"{base}/models/words.md"] = "{% docs lent %}of the helper{% enddocs %}"
    project.files[f"{base}/models/lent.yml"] = {"models": [{
        "name": "lent", "description": "{{ doc('lent') }}", "access": pick(["public", "protected"]), "columns": [{"name": "id", "data_tests": ["unique"]}],
    }]}
    project.files[f"{base}/seeds/loaned.csv"] = "id\n1\n"
    ref = pick(["ref('lent')", "ref('helper', 'lent')"])
    project.files["models/staging/borrowed.sql"] = f"select id, '{{{{ helper.deep() }}}}' as w, {{{{ var('depth', 9) }}}} as d from {{{{ {ref} }}}}"
    if project.chance(0.4): config_of(project, "models")["helper"] = {"+schema": "kept", "lent": {"+meta": {"owner": "bob"}}}
    if project.chance(0.4): project.files["dbt_project.yml"]["vars"]["helper"] = {"lent": "ours"}
    if project.chance(0.3): config_of(project, "models")["+tags"] = ["everywhere"]
    if project.chance(0.3): project.files["models/staging/lent_more.yml"] = {"exposures": [{"name": "loan", "type": "ml", "owner": {"email": "a@example.com"}, "depends_on": ["ref('lent')"]}]}


def naming(project):
    kinds = {
        "schema": "{% macro generate_schema_name(custom_schema_name, node) -%}{{ (custom_schema_name or target.schema) | trim }}_{{ node.resource_type }}{{ '_x' if node.config.get('materialized') == 'table' }}{%- endmacro %}",
        "alias": "{% macro generate_alias_name(custom_alias_name=none, node=none) -%}{%- if custom_alias_name -%}{{ custom_alias_name | trim }}{%- elif node.version -%}{{ node.name ~ '_ver' ~ node.version }}{%- else -%}{{ node.name }}_{{ node.package_name }}{%- endif -%}{%- endmacro %}",
        "database": "{% macro generate_database_name(custom_database_name=none, node=none) -%}{{ target.database }}{%- endmacro %}",
    }
    for kind in project.random.sample(sorted(kinds), project.random.randint(1, 3)): macros(project, kinds[kind])


def replaced(project):
    """`ref` and `source` of the project's own."""
    if project.chance(0.6): macros(project, "{% macro ref() %}{% set found = builtins.ref(*varargs, **kwargs) %}{% do return(found) %}{% endmacro %}")
    else: macros(project, "{% macro source(one, two) %}{% do return(builtins.source(one, two)) %}{% endmacro %}")


def dispatched(project):
    macros(
        project,
        "{% macro shape(of='x') %}{{ return(adapter.dispatch('shape', 'hunted')(of)) }}{% endmacro %}\n{% macro default__shape(of) %}'d{{ of }}'{% endmacro %}\n{% macro postgres__shape(of) %}'p{{ of }}'{% endmacro %}",
    )
    project.files["models/staging/shaped.sql"] = "select 1 as id, {{ shape('a') }} as one, {{ " + project.random.choice([
        "default__shape('b')", "hunted.shape()", "adapter.dispatch('shape')('c')", "dbt.string_literal('e')",
    ]) + " }} as two"
    if "dbt_packages/helper/dbt_project.yml" in project.files and project.chance(0.7):
        project.files["dbt_packages/helper/macros/led.sql"] = "{% macro led() %}{{ return(adapter.dispatch('led', 'helper')()) }}{% endmacro %}{% macro default__led() %}'theirs'{% endmacro %}"
        macros(project, "{% macro default__led() %}'ours'{% endmacro %}")
        if project.chance(0.6): project.files["dbt_project.yml"]["dispatch"] = [{"macro_namespace": "helper", "search_order": project.random.choice([["hunted", "helper"], ["helper", "hunted"]])}]
        project.files["models/staging/led.sql"] = "select {{ helper.led() }} as word"


def hooks(project):
    pick = project.random.choice
    file = project.files["dbt_project.yml"]
    if project.chance(0.7): file["on-run-start"] = pick(["select 1", ["select 1", "{{ log('at the start') }}"], ["{{ own_hook('start') }}"]])
    if project.chance(0.7): file["on-run-end"] = pick([["select {{ results | length }}"], "{{ own_hook('end') }}"])
    macros(project, "{% macro own_hook(word) %}select '{{ word }}'{% endmacro %}")
    hook = pick(["select 1", ["select 1", "select '{{ this }}'"], {"sql": "select 2", "transaction": False}, [{"sql": "{{ own_hook('x') }}"}]])
    config_of(project, "models")[pick(["+pre-hook", "+post-hook"])] = hook
    if project.chance(0.4): config_of(project, "seeds")["+post-hook"] = "select 3"
    if project.chance(0.4): config_of(project, "snapshots")["+pre-hook"] = ["select 4"]
    project.files["models/marts/hooked.sql"] = "{{ config(pre_hook=['select 5', own_hook('in')], post_hook={'sql': 'select 6', 'transaction': false}) }} select * from " + project.reference()


def blocks(project):
    project.files["models/marts/words.md"] = "{% docs key %}The key.\n\nIt is *one*.{% enddocs %}\n\nnothing\n\n{% docs other_words %}  {{ not_filled }} {% enddocs %}\n"
    for entries in project.schema.values():
        for entry in entries:
            if project.chance(0.5): entry["description"] = project.random.choice(["{{ doc('key') }}", "of {{ doc('hunted', 'other_words') }} and {{ doc('key') }}"])
            for column in entry.get("columns", []):
                if project.chance(0.5): column["description"] = "{{ doc('key') }}"
    if project.chance(0.5): project.files["macros/more.yml"] = {"macros": [{"name": "own_hook", "description": "{{ doc('key') }}", "docs": {"show": False}, "meta": {"a": 1}}]}
    macros(project, "{% macro own_hook(word) %}select '{{ word }}'{% endmacro %}" if "own_hook" not in project.files.get("macros/more.sql", "") else "")


def materialization(project):
    macros(
        project,
        "{% materialization kept, " + project.random.choice(["default", "adapter='postgres'"]) + " %}{% call statement('main') %}create table {{ this }} as {{ sql }}{% endcall %}{{ return({'relations': [this]}) }}{% endmaterialization %}",
    )
    project.files["models/marts/kept_so.sql"] = "{{ config(materialized='kept') }} select * from " + project.reference()


def seeds(project):
    pick = project.random.choice
    config = {"quote_columns": pick([True, False]), "column_types": {"id": "bigint"}, "delimiter": ","}
    entry = {"name": project.seeds[0], "description": "a seed", "config": {key: config[key] for key in project.random.sample(sorted(config), 2)}, "columns": [project.column()]}
    if project.chance(0.4): entry["config"]["enabled"] = True
    project.files["seeds/seeds.yml"] = {"seeds": [entry]}
    if project.chance(0.5): config_of(project, "seeds")["hunted"] = {"+schema": "seeded", project.seeds[0]: {"+tags": ["one_seed"], "+column_types": {"word": "text"}}}


def sources(project):
    """Sources with all that they may say, and one that is turned off."""
    pick = project.random.choice
    freshness = {"warn_after": {"count": 6, "period": pick(["hour", "day"])}, "error_after": {"count": 2, "period": "day"}}
    table = lambda name, **more: {"name": name, "identifier": f"{name}_{project.random.randint(1, 9)}", **more}
    source = {
        "name": "full", "description": "all of it", "schema": pick(["lake", "{{ target.schema }}_lake", "{{ var('lake', 'pond') }}"]), "loader": "carts",
        "quoting": {"identifier": pick([True, False])},
        "config": {"freshness": freshness, "loaded_at_field": "at", "tags": ["deep"], "meta": {"team": "x"}},
        "tables": [table("a", config={"freshness": pick([None, {"warn_after": {"count": 1, "period": "minute"}}]), "tags": "shallow"}, columns=[project.column()]), table("b", config={"enabled": pick([True, False])}),
            table("c", config={"loaded_at_query": "select 1"}) if project.chance(0.3) else table("c", description="last")],
    }
    if source["tables"][2].get("config", {}).get("loaded_at_query"): source["config"].pop("loaded_at_field")
    project.files["models/full.yml"] = {"sources": [source]}
    project.files["models/staging/of_full.sql"] = "select * from {{ source('full', 'a') }} union all select * from {{ source('full', 'c') }}"
    if project.chance(0.4): config_of(project, "sources")["hunted"] = {"full": {"+meta": {"by": "project"}, "a": {"+tags": ["fallen"]}}}


def snapshots(project):
    pick, name = project.random.choice, project.seeds[0]
    time = {"unique_key": pick(["id", ["id", "word"]]), "strategy": "timestamp", "updated_at": "at", "hard_deletes": pick(["ignore", "invalidate", "new_record"])}
    check = {"unique_key": "id", "strategy": "check", "check_cols": pick(["all", ["word"], ["id", "word"]]), "dbt_valid_to_current": "cast('9999-12-31' as timestamp)"}
    names = {"snapshot_meta_column_names": {"dbt_valid_from": "since", "dbt_valid_to": "until"}}
    config = {**pick([time, check]), **(names if project.chance(0.4) else {}), **({"schema": "history"} if project.chance(0.4) else {}), **({"target_schema": "past"} if project.chance(0.2) else {})}
    project.files["snapshots/more.yml"] = {"snapshots": [{
        "name": "more", "description": "over time", "relation": pick([f"ref('{name}')", "source('raw', 't1')"]), "config": config,
        "columns": [project.column()],
    }]}
    if project.chance(0.5):
        words = ", ".join(f"{key}={value!r}" for key, value in pick([time, check]).items())
        project.files["snapshots/written.sql"] = "{% snapshot written %}{{ config(" + words + ") }} select * from {{ ref('" + name + "') }}{% endsnapshot %}"
    if project.chance(0.4): config_of(project, "snapshots")["hunted"] = {"+tags": ["snapped"], "more": {"+meta": {"kept": True}}}


def promises(project):
    """Contracts with constraints, and groups with what is private in them."""
    pick = project.random.choice
    constraint = pick([
        {"type": "not_null"}, {"type": "check", "expression": "id > 0", "name": "positive"}, {"type": "primary_key"},
        {"type": "unique", "warn_unsupported": False}, {"type": "foreign_key", "to": f"ref('{project.seeds[0]}')", "to_columns": ["id"]},
    ])
    columns = [{"name": "id", "data_type": pick(["int", "bigint"]), "constraints": [constraint]}, {"name": "word", "data_type": "varchar(10)", "quote": True}]
    model = {
        "name": "promised",
        "config": {
            "contract": {"enforced": True, **({"alias_types": False} if project.chance(0.3) else {})}, "materialized": pick(["table", "view", "incremental"]),
            "on_schema_change": "append_new_columns",
        },
        "columns": columns,
    }
    if project.chance(0.4): model["constraints"] = [pick([{"type": "unique", "columns": ["id", "word"]}, {"type": "check", "expression": "id > 1"}, {"type": "primary_key", "columns": ["word"]}])]
    if project.chance(0.4): model["deprecation_date"] = "2031-01-01T00:00:00+00:00"
    project.files["models/marts/promised.sql"] = "select 1 as id, 'x' as word"
    shy = {"name": "shy", "config": {"group": "sales", "access": "private"}}
    bold = {"name": "bold", "config": {"group": "sales"}}
    project.files["models/marts/shy.sql"] = "select 1 as id"
    project.files["models/marts/bold.sql"] = "select * from {{ ref('shy') }}"
    project.files["models/marts/promises.yml"] = {
        "models": [model, shy, bold],
        "groups": [{"name": "sales", "owner": {"email": "s@example.com", "name": "Sal"}, "description": "who sells", "config": {"meta": {"floor": 2}}}],
    }
    # A reference from outside of the group is refused.
    if project.chance(0.1): project.files["models/staging/peeping.sql"] = "select * from {{ ref('shy') }}"


def units(project):
    pick, name = project.random.choice, project.seeds[0]
    project.files["models/marts/tested.sql"] = f"select id, {{{{ var('depth', 1) }}}} as d from {{{{ ref('{name}') }}}}"
    rows = pick([{"rows": [{"id": 1, "word": "a"}]}, {"format": "csv", "rows": "id,word\n1,a\n"}, {"format": "csv", "fixture": "given"}, {"format": "sql", "rows": "select 1 as id, 'a' as word"}])
    test = {"name": "it_counts", "description": "counts", "model": "tested", "given": [{"input": f"ref('{name}')", **rows}], "expect": {"rows": [{"id": 1}]}}
    if project.chance(0.5): test["overrides"] = {"vars": {"depth": 4}, "macros": {"is_incremental": False}, "env_vars": {"X": "1"}}
    if project.chance(0.4): test["config"] = {"tags": pick(["unit", ["unit", "two"]]), "meta": {"a": [1]}, **({"enabled": False} if project.chance(0.2) else {})}
    project.files["models/marts/units.yml"] = {"unit_tests": [test]}
    project.files["tests/fixtures/given.csv"] = "id,word\n1,a\n"
    if project.chance(0.3): config_of(project, "unit_tests")["hunted"] = {"+tags": ["ours"]}


def exposures(project):
    pick = project.random.choice
    more = {"name": "app", "label": "The App", "type": pick(["application", "notebook", "analysis"]), "maturity": pick(["high", "low"]), "url": "https://example.com/app", "description": "used", "owner": {"name": "Ann", "email": "ann@example.com"},
        "depends_on": [f"ref('{project.models[0]}')", "source('raw', 't1')"], "config": {"meta": {"a": 1}, "tags": ["seen"], "enabled": pick([True, True, False])}}
    project.files["models/marts/apps.yml"] = {"exposures": [more]}
    if project.chance(0.4): config_of(project, "exposures")["hunted"] = {"+meta": {"team": "web"}}


def metrics(project):
    """A calendar, semantic models, metrics of each type, saved queries."""
    pick = project.random.choice
    project.files["models/marts/days.sql"] = "select cast('2026-01-01' as date) as day"
    project.files["models/marts/facts.sql"] = "select 1 as id, 2 as amount, cast('2026-01-01' as date) as happened, 'x' as kind"
    measures = [
        {"name": "total_amount", "agg": "sum", "expr": "amount", "description": "all of it"},
        {"name": "counted", "agg": pick(["count", "count_distinct"]), "expr": "id", "create_metric": pick([True, False])},
    ]
    if project.chance(0.3): measures.append({"name": "middle", "agg": "percentile", "expr": "amount", "agg_params": {"percentile": 0.5, "use_discrete_percentile": True}})
    model = {
        "name": "facts", "model": "ref('facts')", "description": "facts", "defaults": {"agg_time_dimension": "happened"},
        "entities": [{"name": "fact", "type": "primary", "expr": "id"}, {"name": "kind_of", "type": "foreign", "expr": "kind"}],
        "dimensions": [{"name": "happened", "type": "time", "type_params": {"time_granularity": "day"}}, {"name": "kind", "type": "categorical", "expr": "upper(kind)", "label": "Kind"}],
        "measures": measures,
    }
    if project.chance(0.4): model["config"] = {"meta": {"a": 1}}
    wanted = [
        {
            "name": "total", "label": "Total", "description": "of all", "type": "simple",
            "type_params": {"measure": pick(["total_amount", {"name": "total_amount", "filter": "{{ Dimension('fact__kind') }} = 'X'", "fill_nulls_with": 0, "join_to_timespine": True}])},
        },
        {
            "name": "each", "label": "Each", "type": "ratio",
            "type_params": {"numerator": "total", "denominator": {"name": "number", "filter": "{{ TimeDimension('fact__happened', 'day') }} > '2026-01-01'"}},
        },
        {
            "name": "number", "label": "Number", "type": "simple", "type_params": {"measure": "counted"},
            "filter": ["{{ Dimension('fact__kind') }} = 'X'", "{{ Entity('fact') }} is not null"], "config": {"meta": {"b": 2}, "group": "finance"},
        },
        {
            "name": "doubled", "label": "Doubled", "type": "derived",
            "type_params": {"expr": "total * 2 + before", "metrics": ["total", {"name": "total", "alias": "before", "offset_window": pick(["1 day", "2 weeks"])}]},
        },
        {
            "name": "so_far", "label": "So far", "type": "cumulative",
            "type_params": {"measure": "total_amount", "cumulative_type_params": pick([{"window": "7 days"}, {"grain_to_date": "month", "period_agg": "last"}])},
        },
    ]
    query = {"name": "weekly", "label": "Weekly", "description": "each week", "query_params": {"metrics": ["total", "each"], "group_by": ["Dimension('fact__kind')", "TimeDimension('metric_time', 'day')"], "where": ["{{ Dimension('fact__kind') }} = 'X'"]},
        "exports": [{"name": "out", "config": {"export_as": pick(["table", "view"]), "schema": "exported", **({"alias": "other"} if project.chance(0.5) else {})}}]}
    if project.chance(0.4): query["config"] = {"tags": ["asked"], "meta": {"c": 3}}
    project.files["models/marts/semantics.yml"] = {
        "models": [{
            "name": "days",
            "time_spine": {"standard_granularity_column": "day", **({"custom_granularities": [{"name": "fiscal"}]} if project.chance(0.3) else {})},
            "columns": [{"name": "day", "granularity": "day"}, {"name": "fiscal"}],
        }],
        "semantic_models": [model], "metrics": project.random.sample(wanted[:3], 3) + project.random.sample(wanted[3:], project.random.randint(0, 2)),
        "saved_queries": [query] if project.chance(0.7) else [],
    }
    if project.chance(0.3): config_of(project, "metrics")["hunted"] = {"+meta": {"all": True}}
    if project.chance(0.3): config_of(project, "saved-queries")["hunted"] = {"+tags": ["queries"]}
    if project.chance(0.3): config_of(project, "semantic-models")["hunted"] = {"+meta": {"m": 1}}


def disabled(project):
    """What is turned off: a model with its tests, a seed, a singular test, an analysis."""
    project.files["models/staging/off.sql"] = "{{ config(enabled=false, tags='off') }} select 1 as id"
    project.files["models/staging/off.yml"] = {"models": [{
        "name": "off", "description": "is off", "columns": [{"name": "id", "data_tests": ["unique", {"not_null": {"config": {"severity": "warn"}}}]}],
    }]}
    project.files["seeds/unused.csv"] = "id\n1\n"
    config_of(project, "seeds").setdefault("hunted", {})["unused"] = {"+enabled": False}
    project.files["tests/off.sql"] = "{{ config(enabled=false) }} select 1 where 1 = 0"
    if project.chance(0.5): project.files["models/staging/off_source.yml"] = {"sources": [{
        "name": "dark", "config": {"enabled": False}, "tables": [{"name": "t", "columns": [{"name": "id", "data_tests": ["unique"]}]}],
    }]}
