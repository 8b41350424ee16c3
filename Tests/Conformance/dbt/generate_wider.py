"""More of what a random project may have: batches, versions that differ, functions, tests of its own, grants, settings of the whole project.

As generate_more.py: each part takes the project as it is, and adds files, or words to those that are there.
"""


def widen(project):
    for part in (batches, versions, functions, own_tests, settings, jinja_settings, columns, more_selectors, increments, unit_of_increments, described, operations_of_nodes, failures, overlapping):
        if project.chance(0.4): part(project)


def config_of(project, kind): return project.files["dbt_project.yml"].setdefault(kind, {})


def head(config): return "" if not config else "{{ config(" + ", ".join(f"{key}={value!r}" for key, value in config.items()) + ") }}\n"


def some(project, words, least=1):
    """A few of a map's words, in some order."""
    return {key: words[key] for key in project.random.sample(sorted(words), project.random.randint(least, len(words)))}


def batches(project):
    pick = project.random.choice
    config = {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "batch_size": pick(["day", "hour", "month", "year"]), "begin": pick(["2026-01-01", "2026-01-01 03:00:00", "2025-12-31T00:00:00"]),
        **some(project, {"lookback": pick([0, 2]), "concurrent_batches": pick([True, False]), "unique_key": "id", "full_refresh": pick([True, False])}, 0)}
    isYAML = project.chance(0.4)
    project.files["models/marts/batched.sql"] = ("" if isYAML else head(config)) + "select 1 as id, cast('2026-01-01' as timestamp) as at from {{ ref('evented') }}" + pick(["", "{{ '.render()' if false }}", " -- {{ model.batch }} {{ model.config.batch_size }}"])
    project.files["models/marts/evented.sql"] = head({"event_time": "at"}) + "select 1 as id, cast('2026-01-01' as timestamp) as at"
    project.files["models/marts/batched.yml"] = {
        "models": [{"name": "batched", "config": {**(config if isYAML else {}), "tags": ["b"]}}],
        "sources": [{"name": "timed", "config": {"event_time": "seen"}, "tables": [{"name": "one"}, {"name": "two", "config": {"event_time": pick([None, "loaded"])}}]}],
    }
    if project.chance(0.3): config_of(project, "models")["hunted"]["+event_time"] = "at"


def versions(project):
    pick = project.random.choice
    columns = [{"name": "id", "description": "one", "data_tests": ["unique"]}, {"name": "word", "data_type": "text"}, {"name": "old"}]
    entries = [
        {
            "v": 1, "defined_in": pick(["grown_first", "grown_v1"]), "deprecation_date": "2031-01-01",
            "config": some(project, {"alias": "grown_old", "materialized": "table", "tags": ["v1"], "meta": {"a": 1}, "enabled": pick([True, True, False])}, 0),
        },
        {
            "v": 2,
            "columns": pick([[{"include": "all", "exclude": ["old"]}], [{"include": ["id"]}, {"name": "word", "description": "anew"}], [{"include": "*"}, {"name": "more"}]]),
            "description": pick(["", "second"]),
        },
        {"v": pick([3, "3", "3.5", "x"]), "docs": {"show": False}, "access": pick(["public", "private", "protected"]), "data_tests": pick([[], [{"not_null": {"column_name": "id"}}]])},
    ]
    if entries[2]["access"] == "private": entries[2]["config"] = {"group": "finance"}
    entry = {
        "name": "grown", "description": "grows", "docs": {"node_color": "red"}, "columns": columns, "versions": entries,
        "config": some(project, {"tags": ["all"], "meta": {"b": 2, "a": 0}, "contract": {"enforced": False}, "materialized": "view"}, 0),
    }
    if project.chance(0.5): entry["latest_version"] = pick([1, 2])
    if project.chance(0.4): entry["constraints"] = [{"type": "check", "expression": "id > 0"}]
    if project.chance(0.4): entry["data_tests"] = [{"unique": {"column_name": "word"}}]
    latest = entry.get("latest_version")
    for written in entries:
        name = written.get("defined_in") or ("grown" if written["v"] == latest and project.chance(0.5) else f"grown_v{written['v']}")
        project.files[f"models/marts/{name}.sql"] = "select 1 as id, 'x' as word, 2 as old, {{ model.version }} as v"
    project.files["models/marts/grown.yml"] = {"models": [entry]}
    project.files["models/staging/of_grown.sql"] = "select id from {{ " + pick(["ref('grown')", "ref('grown', v=2)", "ref('hunted', 'grown', version=2)", "ref('grown', v='2')"]) + " }}"
    if project.chance(0.4): config_of(project, "models")["hunted"].setdefault("marts", {})["grown"] = pick([{"+meta": {"c": 1}}, {"v2": {"+tags": ["two"]}}])


def functions(project):
    pick = project.random.choice
    project.files["functions/doubled.sql"] = "select price * 2"
    project.files["functions/doubled.yml"] = {"functions": [{"name": "doubled", "description": "twice", "arguments": [{"name": "price", "data_type": "float", "description": "what", **({"default_value": 1} if project.chance(0.3) else {})}], "returns": {"data_type": "float"},
        "config": some(project, {"volatility": pick(["deterministic", "stable"]), "tags": ["f"], "meta": {"a": 1}, "schema": "funcs"}, 0)}]}
    project.files["models/marts/doubling.sql"] = "select {{ function('doubled') }}(1.0) as d"
    if project.chance(0.3): config_of(project, "functions")["hunted"] = {"+tags": ["callable"]}


def own_tests(project):
    pick = project.random.choice
    body = "select * from {{ model }} where {{ column_name or 'id' }} > {{ most }}"
    project.files["tests/generic/capped.sql"] = "{% test capped(model, column_name=none, most=10, other=none) %}" + pick(["", "{{ config(severity='warn', tags=['capped']) }}", "{{ config(store_failures=true) }}"]) + body + pick([
        "", " and id in (select id from {{ other }})" if False else "", "{% if other %} or id in (select id from {{ other }}){% endif %}",
    ]) + "{% endtest %}"
    arguments = some(project, {"most": pick([3, "{{ var('depth', 1) }}", 2.5]), "other": f"ref('{project.seeds[0]}')"}, 0)
    test = {"capped": {
        **({"arguments": arguments} if arguments else {}),
        "config": some(
            project,
            {
                "severity": pick(["error", "WARN"]), "where": "id < {{ var('depth', 2) }}", "limit": 4, "fail_calc": "sum(id)",
                "store_failures_as": pick(["view", "table", "ephemeral"]), "warn_if": ">= 2", "meta": {"a": 1},
                "enabled": pick([True, True, "{{ target.name == 'dev' }}"]), "alias": "cap", "schema": "caps", "tags": ["t"],
            },
            0,
        ),
        **({"description": "not above"} if project.chance(0.4) else {}),
    }}
    columns = [{"name": "id", "data_tests": [test, {"name": "caps_it", "test_name": "capped"}]}]
    project.files["models/staging/capping.sql"] = "select 1 as id"
    project.files["models/staging/capping.yml"] = {"models": [{
        "name": "capping", "columns": columns,
        "data_tests": pick([
            ["capped"], [{"hunted.capped": {"arguments": {"column_name": "id"}}}],
            [{"relationships": {"column_name": "id", "arguments": {"to": f"ref('{project.seeds[0]}')", "field": "id"}}}],
        ]),
    }]}
    project.files["tests/generic/schema.yml"] = {"macros": [{"name": "test_capped", "description": "caps", "arguments": [{"name": "most", "type": "int"}]}]}
    if project.chance(0.4): project.files["tests/alone.sql"] = head({"severity": "warn", "error_if": "> 5", "store_failures_as": "view"}) + "select * from {{ ref('capping') }} where id > 1"
    if project.chance(0.4): project.files["tests/alone.yml"] = {"data_tests": [{"name": "alone", "description": "stands alone", "config": {"meta": {"x": 1}, "tags": ["single"]}}]} if "tests/alone.sql" in project.files else {}


def settings(project):
    pick, file = project.random.choice, project.files["dbt_project.yml"]
    file.update(some(project, {
        "query-comment": pick(["run by {{ user }}", {"comment": "{{ node.name if node else 'none' }}", "append": True}, None, ""]),
        "quoting": pick([{"identifier": True}, {"schema": False, "identifier": False}, {"database": True}]),
        "config-version": 2, "require-dbt-version": pick([">=1.0.0", [">=1.5.0", "<3.0.0"]]), "clean-targets": ["target", "dbt_packages"],
        "docs-paths": ["docs", "models"], "analysis-paths": ["analyses"], "restrict-access": pick([True, False]),
    }))
    file.setdefault("flags", {}).update(some(
        project,
        {
            "require_generic_test_arguments_property": True, "source_freshness_run_project_hooks": pick([True, False]),
            "require_yaml_configuration_for_mf_time_spines": True, "validate_macro_args": pick([True, False]),
        },
        0,
    ))
    models = config_of(project, "models")["hunted"]
    models.update(some(
        project,
        {
            "+grants": {"select": pick(["ann", ["ann", "bob"]])}, "+persist_docs": {"relation": True, "columns": pick([True, False])},
            "+quoting": {"identifier": True}, "+on_schema_change": "append_new_columns", "+full_refresh": False, "+access": "public", "+group": "finance",
            "+contract": {"enforced": False}, "+docs": {"node_color": "blue"},
        },
        0,
    ))
    project.files["docs/more.md"] = "{% docs of_docs %}From another folder.{% enddocs %}"
    name = project.models[-1]
    project.files["models/staging/granted.sql"] = head(some(
        project, {"grants": {"+select": ["carl"]}, "persist_docs": {"columns": True}, "quoting": {"schema": True}, "database": "dbt", "query_comment": "x"},
    )) + f"select * from {{{{ ref('{name}') }}}}"


def jinja_settings(project):
    """What a project's file and its schema files say in Jinja."""
    models = config_of(project, "models")["hunted"]
    models["staging"] = {
        **(models.get("staging") or {}),
        **some(
            project,
            {
                "+enabled": "{{ target.name == 'dev' }}", "+schema": "{{ var('where_to', 'here') }}", "+tags": ["{{ target.type }}"],
                "+meta": {"by": "{{ env_var('HUNTED_BY', 'nobody') }}"}, "+materialized": "{{ 'table' if target.name == 'prod' else 'view' }}",
            },
        ),
    }
    project.files["models/staging/jinja.sql"] = "select 1 as id, '{{ env_var('HUNTED_BY', 'nobody') }}' as by, '{{ target.schema }}' as s, {{ var('lists', [1, 2]) | length }} as l"
    project.files["models/staging/jinja.yml"] = {"models": [{
        "name": "jinja", "description": "for {{ target.name }} in {{ var('where_to', 'here') }}",
        "config": some(
            project,
            {
                "meta": {"n": "{{ 1 + 1 }}", "t": "{{ var('lists', [1]) }}"}, "tags": ["{{ var('where_to', 'x') }}"], "alias": "{{ 'al' ~ 'ias' }}",
                "schema": "{{ target.schema }}_j", "group": "{{ 'fin' ~ 'ance' }}",
            },
            0,
        ),
    }]}


def columns(project):
    name = project.models[0]
    if name in project.versioned: return
    words = {
        "description": "{{ '{{' }} not doc", "data_type": "int", "quote": project.random.choice([True, False]),
        "config": {"meta": {"pii": True}, "tags": ["secret"]}, "tags": ["plain"], "meta": {"old": 1}, "policy_tags": ["p"],
    }
    entry = some(project, words)
    if "config" in entry: entry = {key: value for key, value in entry.items() if key not in ("tags", "meta")}
    column = {"name": project.random.choice(["id", "Id", "with space"]), **entry, "data_tests": [{"not_null": {"config": {"tags": "t"}}}]}
    project.files["models/marts/wide.sql"] = "select 1 as id"
    project.files["models/marts/wide.yml"] = {
        "models": [{"name": "wide", "columns": [column, {"name": "second", "constraints": [{"type": "not_null"}]}]}],
        "analyses": [{"name": "look", "description": "looks", "config": {"tags": ["an"]}}],
    }


def more_selectors(project):
    pick, selectors = project.random.choice, project.files["selectors.yml"]["selectors"]
    selectors += project.random.sample([
        {"name": "plainest", "description": "words", "definition": "tag:red+ config.materialized:view"}, {"name": "map", "definition": {"tag": "red"}},
        {"name": "deep", "definition": {"method": "fqn", "value": project.models[0], "parents": True, "parents_depth": 1, "children": True, "children_depth": pick([1, 2])}},
        {"name": "indirect", "definition": {"method": "path", "value": "models/staging", "indirect_selection": pick(["eager", "cautious", "buildable", "empty"])}},
        {"name": "crossed", "definition": {"intersection": [{"union": ["tag:red", "tag:blue"]}, {"method": "resource_type", "value": "model"}, {"exclude": [f"{project.models[-1]}"]}]}},
        {"name": "default_one", "default": pick([True, False]), "definition": {"method": "package", "value": "hunted"}},
        {"name": "inherits", "definition": {"union": [{"method": "selector", "value": "both"}, {"exclude": [{"method": "selector", "value": "plain"}]}]}},
    ], project.random.randint(1, 4))
    project.selectors = [entry["name"] for entry in selectors]


def increments(project):
    pick = project.random.choice
    config = {
        "materialized": "incremental",
        **some(
            project,
            {
                "incremental_strategy": pick(["append", "delete+insert", "merge"]), "unique_key": pick(["id", ["id", "word"]]),
                "on_schema_change": pick(["ignore", "fail", "append_new_columns", "sync_all_columns"]), "incremental_predicates": ["id > 0"],
                "merge_update_columns": ["word"], "unlogged": True, "indexes": [{"columns": ["id"], "unique": True}], "full_refresh": False,
            },
        ),
    }
    project.files["models/marts/growing.sql"] = head(config) + "select 1 as id, 'a' as word\n{% if is_incremental() %}\nwhere 1 > (select max(id) from {{ this }})\n{% else %} -- whole {% endif %}"


def unit_of_increments(project):
    pick = project.random.choice
    project.files["models/marts/unit_grown.sql"] = head({"materialized": "incremental"}) + f"select id, word from {{{{ ref('{project.seeds[0]}') }}}} {{% if is_incremental() %}} where id > (select max(id) from {{{{ this }}}}) {{% endif %}}"
    given = [{"input": f"ref('{project.seeds[0]}')", "rows": [{"id": 1, "word": None}, {"id": 2}]}, {"input": "this", "rows": pick([[], [{"id": 1}]])}]
    project.files["models/marts/unit_grown.yml"] = {"unit_tests": [
        {
            "name": "in_part", "model": "unit_grown",
            "overrides": {"macros": {"is_incremental": True, "dbt_utils.now": "x"} if project.chance(0.2) else {"is_incremental": True}}, "given": given,
            "expect": pick([{"rows": [{"id": 2}]}, {"format": "csv", "rows": "id\n2\n"}, {"format": "sql", "rows": "select 2 as id"}]),
        },
        {"name": "in_whole", "model": "unit_grown", **({"overrides": {"macros": {"is_incremental": False}}} if project.chance(0.9) else {}), "given": given[:1], "expect": {"rows": [{"id": 1, "word": "{{ 'x' }}"}, {"id": 2}]}, "config": {"enabled": pick([True, False])}}]}


def described(project):
    pick = project.random.choice
    project.files["macros/described.sql"] = "{# about #}\n{% macro counted(a, b=2, *args) %}{{ a }}{% endmacro %}".replace(", *args", "") + "\n{%- macro plain() -%}{{ adapter.dispatch('counted')() }}{%- endmacro -%}{% macro default__counted() %}d{% endmacro %}"
    project.files["macros/described.yml"] = {"macros": [{
        "name": "counted", "description": "counts", "config": {"meta": {"m": 1}, "docs": {"show": pick([True, False])}},
        "arguments": pick([[], [{"name": "a", "type": "string"}, {"name": "b", "type": "integer", "description": "two"}], [{"name": "z"}]]),
    }]}
    project.files["analyses/deep/looked.sql"] = head({"tags": ["an"], "enabled": pick([True, False])}) + "select {{ counted(1) }} from {{ ref('" + project.seeds[0] + "') }}"
    project.files["analyses/deep/looked.yml"] = {"analyses": [{"name": "looked", "description": "at", "columns": [{"name": "a", "description": "b"}], "config": {"meta": {"k": 1}}}]}


def operations_of_nodes(project):
    """What a model may ask of its own context while it is read."""
    lines = ["{{ model.unique_id }}", "{{ this.schema }}", "{{ graph.nodes | length > 0 }}" if False else "{{ execute }}", "{{ flags.FULL_REFRESH }}", "{{ invocation_args_dict.which }}" if False else "{{ target.threads }}", "{{ model.fqn | join('.') }}", "{{ config.get('meta', {}).get('owner', 'none') }}", "{{ config.get('missing', default=3) }}",
        "{{ selected_resources | length }}" if False else "{{ project_name }}", "{{ dbt.type_string() }}", "{{ this | replace('\"', '') }}", "{{ tojson({'a': [1, none]}) }}", "{{ fromyaml('a: 1').a }}", "{{ modules.datetime.date(2026, 1, 2) }}", "{{ set([1, 1]) | list }}", "{{ zip([1], [2]) | list }}", "{{ model.config.materialized }}", "{{ model.columns | length }}", "{{ model.depends_on.nodes | length }}", "{{ api.Relation.create(schema='a', identifier='b') }}", "{{ adapter.quote('x') }}", "{{ dbt_version[:4] }}", "{{ local_md5('a') }}", "{{ ref('%s').identifier }}" % project.seeds[0], "{{ source('raw', 't1').render() }}"]
    project.files["models/staging/asking.sql"] = head(some(project, {"meta": {"owner": "me"}, "tags": ["ask"], "materialized": "table"}, 0)) + "select 1 as id\n" + "\n".join("-- " + line for line in project.random.sample(lines, 8))


def failures(project):
    config_of(project, "data_tests").setdefault("hunted", {}).update(some(
        project,
        {
            "+store_failures": project.random.choice([True, False]), "+store_failures_as": project.random.choice(["view", "table", "ephemeral"]),
            "+schema": "failed", "+severity": "warn", "+limit": 5, "+where": "id > 0", "+meta": {"t": 1},
            "+enabled": project.random.choice([True, True, False]),
        },
    ))


def overlapping(project):
    """The same name for several kinds, in several folders, and files that are no resources."""
    project.files["models/marts/readme.txt"] = "nothing"
    project.files["models/.hidden/gone.sql"] = "select 1 as id"
    project.files["models/marts/UPPER.sql"] = "select 1 as id"
    project.files["macros/deep/er/inner.sql"] = "{% macro inner() %}1{% endmacro %}"
    project.files["seeds/deep/inner_seed.csv"] = "Id,Word With Space\n1,\"a,b\"\n"
    project.files["models/marts/using.sql"] = "select {{ inner() }} as one from {{ ref('UPPER') }} union all select 1 from {{ ref('inner_seed') }}"
    project.files[".dbtignore"] = "models/ignored/\n*.tmp.sql\n"
    project.files["models/ignored/left.sql"] = "select nothing"
    project.files["models/marts/x.tmp.sql"] = "select nothing"
    project.files["models/marts/empty_file.sql"] = project.random.choice(["", "   \n", "-- only words"])
