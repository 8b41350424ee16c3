"""What can be wrong between files: (title, None, a change of all files). `words` among the files is the command instead of `parse`."""
import yaml

PARSE = ["parse", "--no-partial-parse"]
WRITTEN = []


def add(title, **files):
    """Files by their paths, `__` for a slash and `_dot_` for a dot; None takes one away."""
    def change(all, files=files):
        for name, text in files.items():
            if name == "words": all["words"] = text
            else: put(all, name.replace("__", "/").replace("_dot_", "."), text)
    WRITTEN.append((title, None, change))


def put(all, path, text):
    if text is None: all.pop(path, None)
    else: all[path] = text


def schema(title, text, **more):
    """One more schema file, and others."""
    add(title, models__more_dot_yml=text, **more)


# Templates
for text in (
    "ref()", "ref('facts', 'b', 'c')", "ref('a', 'b', 'c', 'd')", "ref(5)", "ref('nowhere')", "ref('facts', v=9)", "ref('hunted', 'facts')",
    "ref('nobody', 'facts')", "ref('orders', v=1)", "ref('orders', version=3)", "ref(['facts'])", "source('raw')", "source()", "source('raw', 't1', 'x')",
    "source('raw', 'nowhere')", "source('nowhere', 't1')", "source(1, 2)", "var('nowhere')", "var()", "var('depth')", "env_var('SURELY_NOT_SET')", "env_var()",
    "config(materialized='odd')", "config('odd')", "config({'materialized': 'table'})", "config(5)", "config(enabled='odd')", "config(tags=5)",
    "config(materialized=none)", "config(meta=5)", "config(unique_key=5)", "config(pre_hook=5)", "config(alias=5)", "config(schema=5)",
    "config(materialized='view') }}{{ config(materialized='table')", "undefined_macro()", "undefined_word", "hunted.nowhere()", "adapter.dispatch('twice')(1)",
    "adapter.dispatch('nowhere')(1)", "twice()", "twice(1, 2)", "exceptions.raise_compiler_error('no')", "metric('total')", "doc('word')", "this", "model.name",
    "ref('facts') | odd_filter", "1 +", "{", "return(1)", "config.require('nothing')", "config.get('nothing')", "load_result('x')", "modules.os", "1 / 0",
    "fromjson('{')", "fromyaml('a: [')", "zip_strict(5)", "set_strict(5)",
):
    add(f"a model with {text}", models__extra_dot_sql="select 1 as id -- {{ " + text + " }}")
for text in (
    "{% macro broken(x) %}", "{% if %}", "{% endif %}", "{% docs a %}{% enddocs %}", "{% test odd(model) %}select 1{% endtest %}",
    "{% snapshot s %}select 1{% endsnapshot %}", "{% set x = 1", "{{ }}", "{# open", "{% for x in 5 %}{% endfor %}", "{% odd %}",
    "{% macro a() %}{% endmacro %}",
):
    add(f"a model with {text}", models__extra_dot_sql=text + "\nselect 1 as id")
    add(f"a file of macros with {text}", macros__extra_dot_sql=text)
add("a model of nothing", models__extra_dot_sql="")
add("a model of white space", models__extra_dot_sql="  \n ")
add("a model that reads itself", models__extra_dot_sql="select * from {{ ref('extra') }}")
add("models in a cycle", models__a_dot_sql="select * from {{ ref('b') }}", models__b_dot_sql="select * from {{ ref('a') }}")
add("two models of one name", models__deep__facts_dot_sql="select 1")
add("a model and a seed of one name", seeds__facts_dot_csv="a\n1\n")
add("a model and a snapshot of one name", snapshots__s_dot_sql="{% snapshot facts %}{{ config(strategy='check', unique_key='id', check_cols='all') }}select 1 as id{% endsnapshot %}")
add("two macros of one name", macros__twin_dot_sql="{% macro twice(x) %}{% endmacro %}")
add("a macro twice in one file", macros__twin_dot_sql="{% macro a() %}{% endmacro %}{% macro a() %}{% endmacro %}")
add("two docs of one name", models__twin_dot_md="{% docs word %}b{% enddocs %}")
add("docs that are not closed", models__twin_dot_md="{% docs other %}b")
add("two models of one relation", models__extra_dot_sql="{{ config(alias='facts') }} select 1")
add("a singular test of nothing that is there", tests__odd_dot_sql="select * from {{ ref('nowhere') }}")
add("two singular tests of one name", tests__deep__alone_dot_sql="select 1")
add("a seed without a header", seeds__empty_dot_csv="")
add("an analysis of what is not there", analyses__look_dot_sql="select * from {{ ref('nowhere') }}")
add("a disabled model that is read", models__off_dot_sql="{{ config(enabled=false) }} select 1", models__reader_dot_sql="select * from {{ ref('off') }}")
add("a private model that is read from outside", models__shy_dot_sql="{{ config(access='private', group='finance') }} select 1", models__reader_dot_sql="select * from {{ ref('shy') }}")
add("a private model without a group", models__shy_dot_sql="{{ config(access='private') }} select 1")
add("a private model without a group that is read", models__shy_dot_sql="{{ config(access='private') }} select 1", models__reader_dot_sql="select * from {{ ref('shy') }}")
add("access that is not there", models__shy_dot_sql="{{ config(access='odd') }} select 1")
add("a public ephemeral model", models__shy_dot_sql="{{ config(access='public', materialized='ephemeral') }} select 1")
add("a group that is not there", models__shy_dot_sql="{{ config(group='odd') }} select 1")
add("a model in Python", models__p_dot_py="def model(dbt, session):\n    return dbt.ref('facts')\n")
add("a model in Python without a function", models__p_dot_py="x = 1\n")
add("a model in Python with broken words", models__p_dot_py="def model(dbt, session)\n")

# Schema files
for text in (
    "models: [", "a: b: c", "\tmodels: []", "- models", "5", "text", "null", "", "version: 3\nmodels: []", "version: odd", "odd: 1", "models: []\nmodels: []",
    "models:\n - name: a\n   name: b", "models: {}", "{{ odd }}", "models: [{name: '{{ nowhere }}'}]", "models: [{name: '{{ var(\"depth\") }}'}]",
    "models: [{name: '{% if %}'}]", "models: [{name: facts}]", "models: [{name: nowhere}]", "seeds: [{name: nowhere}]", "snapshots: [{name: nowhere}]",
    "macros: [{name: nowhere}]", "analyses: [{name: nowhere}]", "seeds: [{name: others}]", "models: [{name: codes}]",
    "data_tests: [{name: alone, description: d}]", "data_tests: [{name: nowhere}]", "data_tests: 5", "data_tests: [5]",
    "sources: [{name: raw, tables: [{name: t1}]}]", "sources: [{name: raw}]", "sources: [{name: other}]", "sources: [{name: other, tables: null}]",
    "sources: [{name: other, tables: [{}]}]", "sources: [{name: other, tables: [null]}]", "sources: [{name: raw, overrides: nobody, tables: []}]",
    "sources: [{name: raw, overrides: hunted}]", "sources: [{name: o, tables: [{name: t, loaded_at_field: ''}]}]",
    "sources: [{name: o, loaded_at_field: a, loaded_at_query: b, tables: [{name: t}]}]", "macros: [{name: twice}]",
    "groups: [{name: finance, owner: {name: x}}]", "groups: [{name: g}]", "groups: [{name: g, owner: {}}]", "groups: [{name: g, owner: {odd: 1}}]",
    "groups: [{name: g, owner: {email: [a, b]}}]", "groups: [{name: g, owner: x}]", "exposures: [{name: e, type: dashboard, owner: {}}]",
    "exposures: [{name: 'e e', type: dashboard, owner: {name: x}}]", "exposures: [{name: e, type: dashboard, owner: {name: x}, depends_on: [ref('nowhere')]}]",
    "exposures: [{name: e, type: dashboard, owner: {name: x}, depends_on: [facts]}]",
    "exposures: [{name: e, type: dashboard, owner: {name: x}, depends_on: [metric('nowhere')]}]",
    "exposures: [{name: e, type: dashboard, owner: {name: x}, depends_on: [metric('total')]}]", "exposures: [{name: e, type: Dashboard, owner: {name: x}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {rows: []}}]", "unit_tests: [{name: u, model: nowhere, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: codes, given: [], expect: {rows: []}}]", "unit_tests: [{model: facts, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: it_counts, model: others, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: others, given: [{input: ref('facts'), rows: []}], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: others, given: [{input: odd, rows: []}], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: others, given: [{input: ref('nowhere'), rows: []}], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: others, given: [{input: ref('codes')}], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: others, given: [{input: ref('facts')}], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {format: csv, rows: [{a: 1}]}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {format: csv, rows: 'a,b'}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {format: sql, rows: [{a: 1}]}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {format: dict, rows: text}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {format: csv, fixture: nowhere}}]", "unit_tests: [{name: u, model: facts, given: [], expect: {}}]",
    "unit_tests: [{name: u, model: orders, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: orders, versions: {include: [1], exclude: [2]}, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: orders, versions: {include: [9]}, given: [], expect: {rows: []}}]",
    "unit_tests: [{name: u, model: facts, given: [], expect: {rows: []}, overrides: {odd: 1}}]",
    "models: [{name: others, tests: [unique], data_tests: [unique]}]", "models: [{name: others, meta: {a: 1}, config: {meta: {b: 1}}}]",
    "models: [{name: others, access: public, config: {access: private}}]", "models: [{name: others, group: finance}]",
    "models: [{name: others, docs: {show: 5}}]", "models: [{name: others, columns: [{name: a}, {name: a}]}]", "models: [{name: others, columns: [{name: on}]}]",
    "models: [{name: yes}]", "models: [{name: others, description: \"{{ doc('nowhere') }}\"}]", "models: [{name: others, description: \"{{ doc() }}\"}]",
    "models: [{name: others, description: \"{{ nowhere() }}\"}]", "models: [{name: others, columns: [{name: a, description: \"{{ doc('nowhere') }}\"}]}]",
    "models: [{name: others, latest_version: 3}]", "models: [{name: others, versions: [{v: 1}]}]", "models: [{name: nowhere, versions: [{v: 1}, {v: 1}]}]",
    "models: [{name: others, versions: []}]", "models: [{name: others, config: {contract: {enforced: true}}}]",
    "models: [{name: others, config: {contract: {enforced: true}}, columns: [{name: id}]}]", "models: [{name: others, config: {contract: true}}]",
    "models: [{name: others, config: {contract: {enforced: true}, materialized: ephemeral}, columns: [{name: id, data_type: int}]}]",
    "models: [{name: others, config: {contract: {enforced: true}, materialized: incremental}, columns: [{name: id, data_type: int}]}]",
    "models: [{name: others, constraints: [{type: odd}]}]", "models: [{name: others, constraints: [{}]}]",
    "models: [{name: others, columns: [{name: a, constraints: [{type: primary_key}]}, {name: b, constraints: [{type: primary_key}]}]}]",
    "models: [{name: others, constraints: [{type: primary_key, columns: [a]}], columns: [{name: a, constraints: [{type: primary_key}]}]}]",
    "models: [{name: others, config: {materialized: incremental, incremental_strategy: microbatch}}]",
    "models: [{name: others, config: {materialized: incremental, incremental_strategy: microbatch, event_time: at, begin: '2026-01-01', batch_size: odd}}]",
    "models: [{name: others, config: {materialized: incremental, incremental_strategy: microbatch, event_time: at, begin: odd, batch_size: day}}]",
    "models: [{name: others, config: {materialized: incremental, incremental_strategy: microbatch, event_time: at, begin: '2026-01-01', batch_size: day, lookback: odd}}]",
    "models: [{name: others, config: {on_configuration_change: odd}}]", "models: [{name: others, config: {grants: 5}}]",
    "models: [{name: others, config: {grants: {select: 5}}}]", "models: [{name: others, config: {persist_docs: 5}}]",
    "models: [{name: others, config: {quoting: 5}}]", "models: [{name: others, config: {docs: {node_color: odd}}}]",
    "models: [{name: others, config: {freshness: {build_after: {count: 1, period: odd}}}}]", "models: [{name: others, config: {freshness: 5}}]",
    "models: [{name: others, config: {unique_key: 5}}]", "models: [{name: others, config: {full_refresh: odd}}]",
    "models: [{name: others, config: {enabled: \"{{ true }}\"}}]", "models: [{name: others, config: {enabled: \"{{ 'odd' }}\"}}]",
    "models: [{name: others, config: {pre_hook: {odd: 1}}}]", "models: [{name: others, config: {post-hook: [{sql: 'select 1', transaction: odd}]}}]",
    "models: [{name: others, data_tests: [odd.unique]}]", "models: [{name: others, data_tests: [{unique: {column_name: id}, not_null: {column_name: id}}]}]",
    "models: [{name: others, data_tests: [{unique: [id]}]}]", "models: [{name: others, data_tests: [{unique: {column_name: id, severity: odd}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, config: {severity: 5}}}]}]",
    "models: [{name: others, data_tests: [{name: 5, test_name: unique, column_name: id}]}]",
    "models: [{name: others, data_tests: [{test_name: unique, column_name: id}]}]",
    "models: [{name: others, data_tests: [{accepted_values: {column_name: id}}]}]",
    "models: [{name: others, data_tests: [{relationships: {column_name: id, to: ref('nowhere'), field: id}}]}]",
    "models: [{name: others, data_tests: [{relationships: {column_name: id, to: odd, field: id}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, where: 5}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, error_if: 5}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, limit: odd}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, config: {store_failures_as: odd}}}]}]",
    "models: [{name: others, data_tests: [{unique: {column_name: id, config: {enabled: false}}}]}]", "models: [{name: others, time_spine: {}}]",
    "models: [{name: others, time_spine: {standard_granularity_column: at}}]", "models: [{name: others, deprecation_date: odd}]",
    "models: [{name: others, deprecation_date: 2031-01-01}]", "models: [{name: others, quote_columns: 5}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: odd, unique_key: id}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: check, unique_key: id, check_cols: []}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at, check_cols: all}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at, hard_deletes: odd}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at, hard_deletes: ignore, invalidate_hard_deletes: true}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at, materialized: table}}]",
    "snapshots: [{name: s, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at, snapshot_meta_column_names: {odd: 1}}}]",
    "snapshots: [{name: s, relation: ref('nowhere'), config: {strategy: timestamp, unique_key: id, updated_at: at}}]", "snapshots: [{relation: ref('facts')}]",
):
    schema(f"more.yml {text}", text)

# The project file and what lies beside it
def project(title, **words):
    def change(all, words=words):
        for key, value in words.items():
            key = key.replace("__", "-")
            if value is None: all["dbt_project.yml"].pop(key, None)
            else: all["dbt_project.yml"][key] = value
    WRITTEN.append((title, None, change))


for value in (
    ">=9.0.0", "<1.0.0", [">=1.0.0", "<2.0.0"], [">=2.0.0", "<1.0.0"], "odd", ["odd"], "1.11.16", "=1.11.16", ">=1.0", 5, 1.5, [], "", {}, [5],
): project(f"require-dbt-version {value!r}", require__dbt__version=value)
for value in (5, "odd", [], [5], {"a": 1}, ["select {{ nowhere() }}"], ["{% if %}"], "select 1", [None], [["select 1"]]):
    project(f"on-run-start {value!r}", on__run__start=value)
for value in (
    [{"macro_namespace": "dbt", "search_order": ["hunted", "dbt"]}], [{"macro_namespace": "dbt"}], [{}], [5], {}, [{"macro_namespace": 5, "search_order": []}],
    [{"macro_namespace": "dbt", "search_order": "odd"}], [{"macro_namespace": "dbt", "search_order": ["nobody"]}], [{"odd": 1}],
): project(f"dispatch {value!r}", dispatch=value)
for value in (
    5, "odd", {}, {"comment": 5}, {"comment": "a", "append": "odd"}, {"comment": "a", "odd": 1}, {"append": True}, [], "{{ nowhere() }}", True,
    {"comment": "a", "job-label": True},
): project(f"query-comment {value!r}", query__comment=value)
for value in ({"identifier": True}, {"odd": True}, {"identifier": "odd"}, 5, [], {"identifier": None}): project(f"quoting {value!r}", quoting=value)
for value in (
    {"odd": 1}, {"partial_parse": "odd"}, {"fail_fast": 5}, {"printer_width": "odd"}, {"send_anonymous_usage_stats": "odd"},
    {"warn_error_options": {"error": 5}}, {"warn_error_options": {"odd": 5}}, {"warn_error_options": {"error": ["Odd"]}},
    {"warn_error_options": {"error": "all"}}, {"warn_error_options": 5}, {"indirect_selection": "odd"}, {"log_format": "odd"}, [], 5,
    {"require_nested_cumulative_type_params": True}, {"require_generic_test_arguments_property": "odd"},
): project(f"flags {value!r}", flags=value)
for key in ("seed-paths", "macro-paths", "test-paths", "snapshot-paths", "analysis-paths", "docs-paths", "asset-paths", "clean-targets"):
    for value in (5, "odd", {}, [5], []): WRITTEN.append((f"{key} {value!r}", None, lambda all, key=key, value=value: all["dbt_project.yml"].__setitem__(key, value)))
for key in (
    "target-path", "log-path", "packages-install-path", "restrict-access", "dbt-cloud", "odd-key", "source-paths", "data-paths", "tests", "data_tests",
    "unit_tests", "sources", "metrics", "exposures", "semantic-models", "saved-queries", "snapshots",
):
    for value in (5, "odd", True, {}, []): WRITTEN.append((f"{key} {value!r}", None, lambda all, key=key, value=value: all["dbt_project.yml"].__setitem__(key, value)))
for section, words in (
    ("models", {"+enabled": "odd"}), ("models", {"+tags": 5}), ("models", {"+meta": 5}), ("models", {"+schema": 5}), ("models", {"+nowhere": 5}),
    ("models", {"nobody": {"+enabled": False}}), ("models", {"hunted": 5}), ("models", {"hunted": None}),
    ("models", {"hunted": {"nowhere": {"+enabled": False}}}), ("models", {"+persist_docs": "odd"}), ("models", {"+grants": {"select": 5}}),
    ("models", {"+pre-hook": 5}), ("models", {"+pre-hook": {"odd": 1}}), ("models", {"+pre-hook": "{{ nowhere() }}"}), ("models", {"+contract": "odd"}),
    ("models", {"+group": "odd"}), ("models", {"+access": "odd"}), ("models", {"+docs": {"odd": 1}}), ("models", {"+docs": 5}), ("models", {"enabled": False}),
    ("models", {"materialized": "table"}), ("seeds", {"+column_types": 5}), ("seeds", {"+delimiter": 5}), ("snapshots", {"+strategy": 5}),
    ("snapshots", {"+target_schema": 5}), ("data_tests", {"+severity": "odd"}), ("data_tests", {"+store_failures": "odd"}), ("data_tests", {"+limit": "odd"}),
    ("data_tests", {"+enabled": False}), ("sources", {"+enabled": "odd"}), ("sources", {"+freshness": 5}), ("exposures", {"+enabled": "odd"}),
    ("metrics", {"+enabled": "odd"}), ("semantic-models", {"+enabled": False}), ("saved-queries", {"+export_as": "odd"}), ("unit_tests", {"+enabled": "odd"}),
    ("unit_tests", {"+tags": 5}),
):
    WRITTEN.append((f"{section}: {words!r}", None, lambda all, section=section, words=words: all["dbt_project.yml"].__setitem__(section, words)))
for text in (
    "", "5", "text", "- a", "name: [", "a: b: c", "name: hunted", "name: {{ odd }}", "name: '{{ nowhere }}'\nprofile: hunted",
    "name: hunted\nprofile: hunted\nname: again", "name: hunted\nprofile: hunted\nversion: '{{ 1 }}.0'", "\tname: a",
): add(f"dbt_project.yml {text!r}", dbt_project_dot_yml=text)
for text in (
    "", "5", "text", "- a", "hunted: [", "other: {}", "config: {}\nhunted: {target: dev, outputs: {}}",
    "hunted: {target: '{{ env_var(\"SURELY_NOT_SET\") }}', outputs: {dev: {type: postgres}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: 1, user: u, password: p, dbname: d, schema: s}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: '1', user: u, password: p, dbname: d, schema: s, threads: '4'}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: odd, user: u, password: p, dbname: d, schema: s}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: 1, user: u, pass: p, database: d, schema: s, odd: 1}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: 1, user: u, password: p, pass: p, dbname: d, schema: s}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: 1, user: u, password: 5, dbname: d, schema: s}}}",
    "hunted: {outputs: {default: {type: postgres, host: h, port: 1, user: u, password: '{{ env_var(\"SURELY_NOT_SET\") }}', dbname: d, schema: s}}}",
): add(f"profiles.yml {text!r}", profiles_dot_yml=text)
for text in (
    "", "5", "selectors: []", "selectors: 5", "selectors: [5]", "selectors: [{}]", "selectors: [{name: a}]", "selectors: [{name: a, definition: 5}]",
    "selectors: [{name: a, definition: tag:x}]", "selectors: [{name: a, definition: {}}]", "selectors: [{name: a, definition: {odd: 1}}]",
    "selectors: [{name: a, definition: {tag: x}}]", "selectors: [{name: a, definition: {tag: x, path: y}}]",
    "selectors: [{name: a, definition: {method: tag}}]", "selectors: [{name: a, definition: {method: odd, value: x}}]",
    "selectors: [{name: a, definition: {method: tag, value: 5}}]", "selectors: [{name: a, definition: {method: tag, value: x, odd: 1}}]",
    "selectors: [{name: a, definition: {method: tag, value: x, children: odd}}]",
    "selectors: [{name: a, definition: {method: tag, value: x, parents_depth: odd}}]",
    "selectors: [{name: a, definition: {method: tag, value: x, parents_depth: 1}}]",
    "selectors: [{name: a, definition: {method: tag, value: x, indirect_selection: odd}}]",
    "selectors: [{name: a, definition: {method: tag, value: x, childrens_parents: true, children: true}}]", "selectors: [{name: a, definition: {union: []}}]",
    "selectors: [{name: a, definition: {union: 5}}]", "selectors: [{name: a, definition: {union: [tag:x], intersection: [tag:y]}}]",
    "selectors: [{name: a, definition: {union: [tag:x, {exclude: [tag:y]}]}}]",
    "selectors: [{name: a, definition: {union: [{exclude: [tag:y]}, {exclude: [tag:z]}]}}]", "selectors: [{name: a, definition: {exclude: [tag:y]}}]",
    "selectors: [{name: a, definition: {method: selector, value: nowhere}}]", "selectors: [{name: a, definition: {method: selector, value: a}}]",
    "selectors: [{name: a, definition: tag:x}, {name: a, definition: tag:y}]",
    "selectors: [{name: a, default: true, definition: tag:x}, {name: b, default: true, definition: tag:y}]",
    "selectors: [{name: a, default: odd, definition: tag:x}]", "selectors: [{name: 5, definition: tag:x}]",
    "selectors: [{name: a, description: 5, definition: tag:x}]", "selectors: [{name: a, odd: 5, definition: tag:x}]", "odd: []", "selectors: [",
    "selectors: [{name: a, definition: '{{ nowhere }}'}]", "selectors: [{name: a, definition: {intersection: [tag:x, {union: [tag:y, tag:z]}]}}]",
): add(f"selectors.yml {text!r}", selectors_dot_yml=text)
for text in (
    "packages: []", "packages: 5", "packages: [5]", "packages: [{local: nowhere}]", "packages: [{odd: 1}]", "packages: [{git: a}]", "packages: [{package: a}]",
    "packages: [{package: a/b, version: 1.0.0}]", "odd: 1", "", "packages: [{tarball: a}]", "projects: []",
): add(f"packages.yml {text!r}", packages_dot_yml=text)
for words in (
    "", "5", "text", "[a]", "{a: 1}", "a: 1", "{a: ", "{'a': 1}", '{"a": 1}', "{depth: 9}", "null", "{5: 1}", "a", "{a: 1, a: 2}", "true",
): add(f"--vars {words!r}", words=PARSE + ["--vars", words])
for words in (
    ["--target", "nowhere"], ["--profile", "nowhere"], ["--threads", "odd"], ["--threads", "0"], ["--odd"], ["odd"], ["--select", "facts"],
    ["--profiles-dir", "nowhere"], ["--project-dir", "nowhere"], ["--no-version-check"], ["--warn-error"], ["--target-path"],
): add(f"parse {' '.join(words)}", words=PARSE + words)
