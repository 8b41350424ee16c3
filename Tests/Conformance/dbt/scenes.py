"""Projects, and the commands that each is taken through; for commands.py.

A step is a command's words, its environment and what of it is each program's own affair; or something that is done or looked at between.
"""
import json, pathlib, shutil

ALL = """
sources:
  - name: raw
    schema: "{{ target.schema }}"
    tables:
      - {name: words, config: {loaded_at_field: "cast(at as timestamp)", freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 9999, period: day}}}}
      - {name: stale, identifier: words, config: {loaded_at_field: "cast(at as timestamp)", freshness: {error_after: {count: 1, period: hour}, filter: "id < 3"}}}
models:
  - name: plain
    columns: [{name: id, data_tests: [unique, not_null]}, {name: word, data_tests: [not_null, not_null: {name: warned, config: {severity: warn}}, accepted_values: {arguments: {values: [a]}, config: {store_failures: true}}]}]
  - {name: tabled, columns: [{name: id, data_tests: [unique, relationships: {arguments: {to: ref('words'), field: id}}]}]}
unit_tests:
  - {name: holds, model: tabled, given: [{input: ref('plain'), rows: [{id: 1, word: x}]}], expect: {rows: [{id: 1}]}}
"""
GOOD = {
    "dbt_project.yml": "name: scene\nversion: 1.0.0\nprofile: scene\nvars: {word: a}\n",
    "seeds/words.csv": "id,word,at\n1,a,2026-01-01\n2,b,2026-01-02\n3,,2026-01-03\n",
    "models/plain.sql": "select * from {{ ref('words') }}",
    "models/tabled.sql": "{{ config(materialized='table') }} select id from {{ ref('plain') }}",
    "models/grown.sql": "{{ config(materialized='incremental', unique_key='id') }} select id from {{ ref('plain') }} {% if is_incremental() %} where id > 1 {% endif %}",
    "models/worded.sql": "select '{{ var('word') }}' as word, {{ var('n', 7) }} as n",
    "models/all.yml": ALL,
    "analyses/look.sql": "select 1 as looked",
    "tests/alone.sql": "select * from {{ ref('plain') }} where id > 1",
    "snapshots/history.sql": "{% snapshot history %}{{ config(unique_key='id', strategy='check', check_cols='all', target_schema=target.schema) }} select * from {{ ref('words') }}{% endsnapshot %}",
    "macros/m.sql": "{% macro hello(name, n=1) %}{{ log('hello ' ~ name ~ n, info=True) }}{% endmacro %}{% macro refused() %}{% do run_query('select nothing') %}{% endmacro %}",
}
BROKEN = GOOD | {
    "models/broken.sql": "{{ config(materialized='table') }} select nothing from {{ ref('plain') }}",
    "models/behind.sql": "select * from {{ ref('broken') }}",
    "models/more.yml": """
models: [{name: broken, columns: [{name: id, data_tests: [unique]}]}]
unit_tests: [{name: fails, model: tabled, given: [{input: ref('plain'), rows: [{id: 1, word: x}]}], expect: {rows: [{id: 2}]}}]
""",
}
PACKAGES = GOOD | {
    "packages.yml": "packages: [{local: sub}]\n", "sub/dbt_project.yml": "name: sub\nversion: 1.0.0\nvars: {sub: {word: s}}\n", "sub/models/inner.sql": "select '{{ var('word') }}' as word",
}


# Sources of every kind, as far as their age goes.
AGES = """
sources:
  - name: raw
    schema: "{{ target.schema }}"
    config: {freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 9999, period: day}}, loaded_at_field: "cast(at as timestamp)"}
    tables:
      - {name: words}
      - {name: absent}
      - {name: unlimited, identifier: words, config: {freshness: null}}
      - {name: boundless, identifier: words, freshness: null}
      - {name: untimed, identifier: words, loaded_at_field: null}
      - {name: inherited, identifier: words, config: {loaded_at_field: null}}
      - {name: dated, identifier: words, config: {loaded_at_field: at}}
      - {name: numbered, identifier: words, config: {loaded_at_field: id}}
      - {name: worded, identifier: words, config: {loaded_at_field: word}}
      - {name: zoned, identifier: words, config: {loaded_at_field: "cast('2026-01-01 10:00:00.25+02' as timestamptz)"}}
      - {name: empty, identifier: words, config: {freshness: {filter: "1 = 0", warn_after: {count: 1, period: day}, error_after: null}}}
      - {name: filtered, identifier: words, freshness: {filter: "id = 1", warn_after: {count: 2}}}
      - {name: misfiltered, identifier: words, config: {freshness: {filter: "nothing = 1"}}}
  - name: asked
    schema: "{{ target.schema }}"
    config: {freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 9999, period: day}}}
    tables:
      - {name: itself, identifier: words, config: {loaded_at_query: "select max(cast(at as timestamp)) from {{ this }} where '{{ model.name }} {{ this.identifier }}' = 'itself words'"}}
      - {name: other, identifier: none, config: {loaded_at_query: "select max(cast(at as timestamp)) from {{ source('raw', 'words') }}", freshness: {filter: "id = 1"}}}
      - {name: nothing, identifier: words, config: {loaded_at_query: "select cast(at as timestamp) from {{ this }} where false"}}
      - {name: many, identifier: words, config: {loaded_at_query: "select cast(at as timestamp) from {{ this }}"}}
      - {name: wide, identifier: words, config: {loaded_at_query: "select cast(at as timestamp), 1 from {{ this }}"}}
      - {name: wrong, identifier: words, config: {loaded_at_query: "select max(nothing) from {{ this }}"}}
"""
FRESH = GOOD | {"models/all.yml": AGES}
HOOKED = GOOD | {
    "dbt_project.yml": GOOD["dbt_project.yml"] + """
on-run-start: ["create table if not exists {{ target.schema }}.told (said text)", "insert into {{ target.schema }}.told values ('start')"]
on-run-end: ["insert into {{ target.schema }}.told values ('{% for result in results %}{{ result.node.name }} {% endfor %}{{ schemas | length }}')"]
""",
    "models/all.yml": AGES.split("      - {name: unlimited")[0],
}


def on(words, environment=None, but=()): return words, environment or {}, set(but)
def words(*texts): return [on(text.split()) for text in texts]


def mended(relations): pathlib.Path("models/broken.sql").write_text("select id from {{ ref('plain') }}")
def kept(relations): shutil.copytree("target", "state")
def looked(relations): return relations()


def read(*paths):
    return lambda relations: [pathlib.Path(path).read_text() if pathlib.Path(path).exists() else f"there is no {path}" for path in paths]


def asks(*entries, file="packages.yml"):
    """Writes the list of packages."""
    return lambda relations: pathlib.Path(file).write_text("packages:\n" + "".join(f"  - {entry}\n" for entry in entries))


def installed(relations):
    """What is in the packages folder, and the lock file."""
    files = sorted(pathlib.Path("dbt_packages").rglob("*")) if pathlib.Path("dbt_packages").exists() else []
    return [f"{path} {path.read_text()}" for path in files if path.is_file()] + read("package-lock.yml")(relations)


def deps(*lists, words=("deps",), but=()):
    """Each list of packages by itself, from an empty folder."""
    for entries in lists: yield from ([asks(*entries), emptied, on(list(words), but=but), installed])


def ages(path="target/sources.json"):
    """What is left of the sources' ages, but for what differs from moment to moment."""
    def look(relations):
        file = pathlib.Path(path)
        if not file.exists(): return [f"there is no {path}"]
        found = json.loads(file.read_text())
        file.unlink()
        return [list(found)] + [{key: value for key, value in entry.items() if key not in ("snapshotted_at", "max_loaded_at_time_ago_in_s", "execution_time", "timing", "thread_id")} for entry in sorted(found["results"], key=lambda entry: entry["unique_id"])]
    return look


def hooked(start, end, more=""):
    """Other hooks from here on."""
    return lambda relations: pathlib.Path("dbt_project.yml").write_text(GOOD["dbt_project.yml"] + f"on-run-start: {start}\non-run-end: {end}\n{more}")


def model(name, text):
    """Another text of a model from here on."""
    return lambda relations: pathlib.Path(f"models/{name}.sql").write_text(text)


def kept_view(query="select id, word from {{ ref('words') }}", indexes="[]", answer="apply"):
    return f"{{{{ config(materialized='materialized_view', indexes={indexes}, on_configuration_change='{answer}') }}}} {query}"


def indexes(relations):
    """Which relations are materialized, and their indexes."""
    return relations.sql("""
        select c.relname, c.relkind::text, am.amname, x.indisunique, array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = any(x.indkey) order by 1)
        from pg_class c left join pg_index x on x.indrelid = c.oid left join pg_class i on i.oid = x.indexrelid left join pg_am am on am.oid = i.relam
        where c.relnamespace::regnamespace::text = 'scene' and c.relkind in ('r', 'v', 'm') order by 1, 3, 4, 5""")


VIEWS = {name: GOOD[name] for name in ("dbt_project.yml", "seeds/words.csv")} | {
    "models/base.sql": "{{ config(materialized='table') }} select * from {{ ref('words') }}", "models/over.sql": kept_view("select id from {{ ref('base') }}"), "models/mv.sql": kept_view(),
}


def writing(word, more=""): return "{% if execute %}{% do run_query(\"insert into \" ~ target.schema ~ \".told values ('" + word + "')\") %}" + more + "{% endif %}"
def written(relations): return relations.sql("select said, count(*) from scene.told group by 1 order by 1")
def unwritten(relations): relations.sql("create schema if not exists scene; drop table if exists scene.told; create table scene.told (said text)")


# Templates that write where nothing is built, and where something is.
WRITERS = {
    "dbt_project.yml": GOOD["dbt_project.yml"], "models/m.sql": "select 1 as id", "models/viewed.sql": writing("model") + "select 1 as id",
    "models/broken.sql": "{{ config(materialized='table') }}" + writing("broken") + "select nothing",
    "models/inner.sql": "{{ config(materialized='ephemeral') }}" + writing("inner") + "select 1 as id",
    "models/outer.sql": "select * from {{ ref('inner') }}",
    "models/said.sql": "{% if execute %}{% call statement('x') %}insert into {{ target.schema }}.told values ('said'){% endcall %}{% endif %}select 1 as id",
    "models/s.yml": "models: [{name: m, columns: [{name: id, data_tests: [writes, {writes: {name: kept, config: {store_failures: true}}}]}]}]\nunit_tests: [{name: ut, model: viewed, given: [], expect: {rows: [{id: 1}]}}]\n",
    "tests/alone.sql": writing("alone") + "select 1 as id where false", "tests/failing.sql": writing("failing") + "select 1 as id",
    "tests/silent.sql": "{% if execute %}{% call statement('x', auto_begin=false) %}insert into {{ target.schema }}.told values ('silent'){% endcall %}{% endif %}select 1 as id where false",
    "tests/early.sql": writing("early", "{% do adapter.commit() %}") + "select 1 as id where false", "tests/ended.sql": writing("ended", "{% do run_query('commit') %}") + "select 1 as id where false",
    "macros/m.sql": "{% test writes(model, column_name) %}" + writing("generic") + "select 1 as id where false{% endtest %}" + "".join("{% macro " + name + "() %}" + writing(name, more) + "{% endmacro %}" for name, more in (
        ("op", ""), ("committed", "{% do adapter.commit() %}"), ("failed", "{% do run_query('select nothing') %}")))
        + "{% macro begun() %}{% call statement('x') %}insert into {{ target.schema }}.told values ('begun'){% endcall %}{% do adapter.commit() %}{% endmacro %}",
}


# What dbt's adapters warn of.
def contracted(kind, number="numeric(10,2)", **constraints):
    return f"{{{{ config(materialized='{kind}', contract={{'enforced': true}}) }}}} select 1 as id, 2.5 as n", {"columns": [{"name": "id", "data_type": "int", **constraints}, {"name": "n", "data_type": number}]}


def described(kind): return f"{{{{ config(materialized='{kind}', persist_docs={{'relation': true, 'columns': true}}) }}}} select 1 as id", {"columns": [{"name": "ID", "description": "key"}, {"name": "absent", "description": "a"}, {"name": "gone"}]}


WARNED_OF = {
    "exact": contracted("table"), "rounded": contracted("table", "Numeric"), "rounded_view": contracted("view", "decimal"), "bound": contracted("table", constraints=[{"type": "not_null"}]),
    "unbound": contracted("view", constraints=[{"type": "not_null"}]), "unbound_quietly": contracted("view", constraints=[{"type": "not_null", "warn_unsupported": False}]),
    "described": described("table"), "described_view": described("view"), "hinted": ("select t.nothing_at_all from (select 1 as nothing_at_al) as t", {}),
}
WARNED_OF = {"dbt_project.yml": GOOD["dbt_project.yml"]} | {f"models/{name}.sql": text for name, (text, _) in WARNED_OF.items()} | {f"models/{name}.yml": json.dumps({"models": [{"name": name, **said}]}) for name, (_, said) in WARNED_OF.items()}


# What one run leaves for the next.
def batched(more=""): return f"{{{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='id', event_time='at', batch_size='day', begin='2026-01-01'{more}) }}}} select id, cast(at as timestamp) as at from {{{{ ref('words') }}}}"


LEFT = GOOD | {
    "models/viewed.sql": "{{ config(materialized='materialized_view', persist_docs={'columns': true}) }} select id from {{ ref('words') }}",
    "models/hooked.sql": "{{ config(materialized='table', pre_hook=\"create table if not exists {{ target.schema }}.told (said text)\", post_hook=[\"insert into {{ target.schema }}.told values ('{{ this }}')\", {'sql': \"insert into {{ target.schema }}.told values ('late')\", 'transaction': False}]) }} select 1 as id",
    "models/inner.sql": "{{ config(materialized='ephemeral') }} select 1 as id",
    "models/batched.sql": batched(", concurrent_batches=true"), "models/bound.sql": contracted("table")[0] + ", 3 as \"Mixed\"",
    "models/more.yml": json.dumps({"models": [{"name": "viewed", "columns": [{"name": "id", "description": "key"}]}, {"name": "bound", **contracted("table")[1]}]}),
    "tests/gone.sql": "select * from {{ ref('plain') }}",
}


def cloned(relations): return relations.rows() + relations.sql("select said from scene_other.told order by 1") + relations()
def ungone(relations): pathlib.Path("tests/gone.sql").unlink()
def snapshotted(more): return lambda relations: pathlib.Path("snapshots/history.sql").write_text(GOOD["snapshots/history.sql"].replace("check_cols='all'", "check_cols='all', " + more))


# What a seed may hold, and what its columns become.
SEEDS = {
    "offsets": "id,at,iso,zoned,mixed,fine\n1,2026-01-01 10:00:00+02:00,2026-01-01T10:00:00Z,2026-01-01T01:00:00+0200,2026-01-01 10:00:00,2026-01-01T10:00:00.5\n2,2026-06-01 10:00:00-05:00,2026-01-01T10:00:00.123456Z,2026-12-31T23:30:00-05:00,2026-01-01T10:00:00,2026-01-01T10:00\n",
    "moments": "at,iso,part,either,odd\n2026-01-01 10:00:00,2026-01-01T10:00:00,2026-01-01 10:00,2026-01-01,2026-02-30\n2026-6-1 9:05:00,2026-01-02T00:00:00,2026-01-01 11:00,2026-01-01 10:00:00,2026-02-28\n",
    "days": "a,b,c,d,e,f\n2026-01-01,01/02/2026,2026/01/02,20260102, 2026-01-02 ,2026-1-2\n2026-12-31,12/31/2026,2026/12/31,20261231,2026-01-03,2026-11-2\n",
    "truths": "a,b,c,d,e,f,g\ntrue,True,TRUE,t,yes,1,true\nfalse,False,FALSE,f,no,0,\n", "half_truths": "a,b,c\ntrue,true,True\nfalse,1,maybe\n,0,False\n",
    "numbers": "a,b,c,d,e,f\n1.5,.5,1.,1e-5,\"1,000\",$5\n-2.25,0.5,2.,2E+10,\"2,000.5\",$6\n", "whole": "a,b,c,d,e,f,g\n1,001,1,1.0,1e3,-5,+5\n2,002,,2.50,2,0,5\n",
    "nulls": "a,b,c,d,e,f\n,null,NULL,N/A,na,none\n1,1,1,1,1,1\n", "empty": "a,b\n,\n,\n", "gaps": "a,b\n1,x\n\n2,y\n\n", "short": "a,b,c\n1,2\n3,4,5\n",
    "unended": "a,b\n1,2", "ends": "a,b\r\n1,x\r\n2,y\r\n",
    "spaces": "a,b\n  x , 1 \ny,2\n", "quoted": "\"Id\",\"two words\",\"semi;colon\"\n1,x,y\n2,\"multi\nline\",\"q\"\"q\"\n", "twins": "a,a,b,a\n1,2,3,4\n",
    "nameless": "a,,c,\n1,2,3,4\n", "unicode": "id,n\u00e4me\n1,\u65e5\u672c\n",
    "marked": "\ufeffid,word\n1,a\n", "marked_quotes": "\ufeff\"id\",word\n1,a\n", "keywords": "order,select,Group\n1,2,3\n", "semi": "a;b\n1;x,y\n",
    "tabbed": "a\tb\n1\tx\n", "percent": "a,b\n100%,'single'\n50%,%s\n",
    "typed": "id,at,code,flag,amount\n1,2026-01-01 10:00:00+02:00,007,1,1.50\n2,,008,0,\n", "ragged": "a,b\n1,2\n2,3,4\n",
}
SEEDS = {f"seeds/{name}.csv": text for name, text in SEEDS.items()} | {"dbt_project.yml": GOOD["dbt_project.yml"] + """
seeds:
  scene:
    semi: {+delimiter: ';'}
    tabbed: {+delimiter: "\t"}
    typed: {+column_types: {at: timestamp, code: varchar(10), flag: boolean, amount: 'numeric(10,3)'}}
"""}


def quoting(answer): return lambda relations: pathlib.Path("dbt_project.yml").write_text(SEEDS["dbt_project.yml"] + f"    +quote_columns: {answer}\n")
def stored(relations): return relations.rows()


def emptied(relations):
    shutil.rmtree("dbt_packages", ignore_errors=True)
    pathlib.Path("package-lock.yml").unlink(missing_ok=True)


HUB = {"dbt_project.yml": "name: scene\nversion: 1.0.0\nprofile: scene\nclean-targets: [dbt_packages]\n", "models/m.sql": "select 1 as id"}
WORDS = "{package: scenes/words, version: %s}"
HUB_STEPS = [
    *deps([WORDS % "1.0.0"], [WORDS % '[">=1.0.0", "<2.0.0"]'], [WORDS % '">1.0.0"'], [WORDS % '["<=1.2.0", ">1.0.0"]'], [WORDS % '"=1.10.0"'], [WORDS % "2.0.0-rc1"],
        ["{package: scenes/words, version: ['>=1.0.0', '<2.0.0'], install_prerelease: true}"], ["{package: scenes/upper, version: '>=1.0.0'}", WORDS % '[">=1.0.0", "<2.0.0"]'],
        [WORDS % '[">=1.0.0", "<2.0.0"]', "{package: scenes/upper, version: 1.0.0}"], ["{package: scenes/upper, version: 1.1.0}"], ["{package: scenes/narrow, version: 1.0.0}", "{local: sub}"],
        ["{package: scenes/moved, version: 1.0.0}", "{package: scenes/making, version: 1.0.0-a2}"], ["{package: scenes/making, version: '>=1.0.0-a1'}"]),
    # What cannot be had.
    *deps([WORDS % "3.0.0"], [WORDS % '[">=1.0.0", "<0.9.0"]'], [WORDS % "1.12.0"], ["{package: scenes/nothing, version: 1.0.0}"],
        ["{package: scenes/narrow, version: 1.0.0}", WORDS % "1.0.0"], ["{package: scenes/twin, version: 1.0.0}", WORDS % "1.0.0"], ["{package: scenes/later, version: 1.0.0}"], ["{package: scenes/making, version: '>=0.1.0'}"]),
    # dbt shows where it is in its own code.
    *deps(["{package: words, version: 1.0.0}"], ["{package: scenes/words}"], [WORDS % "x"], [WORDS % "1.0"], but={"told"}),
    *deps(["{package: scenes/later, version: 1.0.0}", WORDS % "1.12.0"], words=("deps", "--no-version-check")),
    # The lock file stands until the list changes, or it is to be made anew.
    asks(WORDS % '[">=1.0.0", "<1.2.0"]'), on(["deps"]), on(["deps"]), installed, asks(WORDS % '[">=1.0.0", "<2.0.0"]'), on(["deps", "--lock"]), installed,
    on(["deps"]), installed, on(["deps", "--upgrade"]),
    lambda relations: pathlib.Path("package-lock.yml").write_text(pathlib.Path("package-lock.yml").read_text().replace("1.10.0", "1.1.0")), on(["deps"]),
    installed, on(["deps", "--upgrade"]), installed,
    lambda relations: pathlib.Path("packages.yml").unlink(), emptied, on(["deps"]), on(["deps", "--lock"]),
    asks(WORDS % '[">=1.0.0", "<2.0.0"]', file="dependencies.yml"), on(["deps"]), installed, lambda relations: pathlib.Path("dependencies.yml").unlink(),
    # Adding.
    asks(WORDS % "1.0.0"), on(["deps", "--add-package", "scenes/upper@1.0.0"]), read("packages.yml"), installed,
    on(["deps", "--add-package", "scenes/words@>=1.0.0,<2.0.0"], but={"told"}), read("packages.yml"), installed,
    on(["deps", "--add-package", "scenes/words"], but={"told"}), on(["deps", "--add-package", "sub", "--source", "local", "--lock"]), read("packages.yml"),
    on(["deps", "--warn-error"]), asks("{package: scenes/moved, version: 1.0.0}"),
    on(["deps", "--warn-error"]), on(["deps", "--warn-error-options", "{silence: [PackageRedirectDeprecation]}"]), on(["deps", "--show-all-deprecations"]), on(["parse"]),
]


OLD = {
    "dbt_project.yml": """
name: scene
version: 1.0.0
profile: scene
log-path: elsewhere
models:
  scene:
    marts: {+enabled: true}
  absent: {+materialized: table}
vars: {a: 1}
vars: {b: 1}
""",
    "models/a.sql": "select 1 as id", "models/b.sql": "select 1 as id", "models/c.sql": "select * from {{ ref('old') }} join {{ ref('soon') }} using (id)",
    **{f"models/{name}.sql": "select 1 as id" for name in ("old", "soon", "off", "sv_v1", "sv_v2")}, "models/marts/m.sql": "select 1 as id",
    "models/usesv.sql": "select * from {{ ref('sv', v=1) }}", "seeds/sd.csv": "id\n1\n",
    "models/s.yml": """
version: 2
a_section_of_ones_own: [{a: 1}]
models:
  - name: a
    description: one
    description: two
    a_property_of_ones_own: 1
    freshness: {}
    config: {one: 1, materialized: view, materialized: table}
    columns:
      - name: id
        name: id
        tests:
          - accepted_values: {values: [1], severity: warn}
          - not_null: {severity: warn, tags: x}
          - unique
          - relationships: {arguments: {to: ref('off'), field: id}}
          - relationships: {name: nowhere, arguments: {to: ref('nothing'), field: id}}
          - dbt.not_null: {name: other, column: 3}
          - {name: given, test_name: accepted_values, values: [2]}
  - {name: nosuch, description: none}
  - {name: sd, description: is a seed}
  - {name: old, deprecation_date: 2020-01-01}
  - {name: soon, deprecation_date: 2120-01-01T10:00:00+02:00}
  - {name: 'off', config: {enabled: false}}
  - name: sv
    latest_version: 2
    versions: [{v: 1, deprecation_date: 2021-02-03}, {v: 2}]
macros:
  - {name: nomacro}
seeds:
  - {name: a, description: is a model}
sources:
  - {name: src, tables: [{name: t, columns: [{name: id, tests: [{accepted_values: {values: [1]}}]}]}]}
exposures:
  - {name: my exposure, type: dashboard, owner: {name: me}, depends_on: [ref('a')]}
""",
    "models/z.yml": "models: [{name: b}]\n",
}
OLD_STEPS = [
    on(["parse"]), on(["parse"]), on(["parse", "--no-partial-parse"]), on(["parse", "--no-partial-parse", "--show-all-deprecations"]),
    lambda relations: pathlib.Path("models/z.yml").write_text("models: [{name: b, description: x, description: y, data_tests: [{accepted_values: {column_name: id, values: [1], where: id > 0}}]}]\n"),
    on(["parse", "--show-all-deprecations"]), on(["ls", "--models", "b"], but={"told"}),
    lambda relations: pathlib.Path("models/z.yml").write_text(OLD["models/z.yml"]), on(["parse"]), on(["ls", "--models", "b"]),
    *[on(["parse", "--no-partial-parse", "--warn-error-options", text]) for text in (
        "{silence: [Deprecations]}", "{silence: [Deprecations, NoNodeForYamlKey], error: [WrongResourceSchemaFile]}",
        "{error: [DeprecatedModel]}", "{error: all, warn: [Deprecations, NoNodeForYamlKey]}", "{include: [DeprecatedReference]}", "{include: all, exclude: [Deprecations]}")],
    # dbt has a frame of its own around it, or shows where it is in its own code.
    on(["parse", "--no-partial-parse", "--warn-error-options", "{error: [Deprecations], warn: [DuplicateYAMLKeysDeprecation, ConfigLogPathDeprecation]}"], but={"told"}),
    *[on(["parse", "--warn-error-options", text], but={"told", "exit code"}) for text in ("{error: [Nope]}", "{error: some}", "{warn: [DeprecatedModel]}", "{include: all, error: all}")],
    on(["parse", "--warn-error-options", "{error: [DeprecationsSummary]}"], but={"told"}), on(["parse", "--warn-error"]),
    on(["parse"], {"DBT_ENGINE_NOPE": "1", "DBT_ENGINE_QUIET": "0"}), on(["source", "freshness", "-o", "x.json"]), on(["deps"], but={"told"}),
    lambda relations: pathlib.Path("dbt_project.yml").write_text("name: scene\nprofile: scene\nflags: {require_generic_test_arguments_property: false}\nclean-targets: [dbt_modules]\n"),
    on(["parse"], but={"told"}), lambda relations: pathlib.Path("macros").mkdir(exist_ok=True),
    lambda relations: pathlib.Path("macros/own.sql").write_text("{% test own(model, column_name, arguments) %}select 1 as id where false{% endtest %}"),
    lambda relations: pathlib.Path("models/usesv.sql").unlink(),
    lambda relations: pathlib.Path("models/s.yml").write_text("models: [{name: a, columns: [{name: id, data_tests: [{own: {arguments: {x: 1}}}, {accepted_values: {values: [1], severity: warn}}]}]}]"),
    on(["parse"]), on(["clean"]),
]


def catalog(relations):
    path = pathlib.Path("target/catalog.json")
    found = json.loads(path.read_text())
    path.unlink()
    return [sorted(found["nodes"]), sorted(found["sources"]), found["errors"]]


# Of dbt's adapter for SQLite some things fail always: it has no times, no md5 for snapshots, and errors inside errors.
ON_SQLITE = [
    "retry", "tests", "tests that nobody defined", "list", "show", "operations", "variables", "packages", "hub", "warnings", "events", "building", "logs",
    "flags of the project", "docs", "seeds",
]
NOT_ON_SQLITE = [["source", "freshness"], ["snapshot"], ["run-operation", "refused"]]
TABLED, WARNED = ["test", "-s", "tabled", "--indirect-selection"], ["test", "-s", "warned", "--warn-error-options"]
SCENES = {
    "retry": (
        BROKEN,
        words("retry", "seed", "retry", "run", "retry") + [mended] + words(
            "retry --threads 2", "test", "retry", "build -s plain", "retry --warn-error", "retry -s x", "source freshness", "run", "retry", "retry",
        ),
    ),
    # Python's traceback is dbt's alone.
    "retry of what is gone": ({path: text for path, text in BROKEN.items() if path not in ("models/behind.sql", "models/more.yml")}, words("seed", "run") + [lambda relations: pathlib.Path("models/broken.sql").unlink(), on(["retry"], but={"told", "results"})]),
    "databases": (
        GOOD | {"models/elsewhere.sql": "{{ config(database='other') }} select 1 as id", "models/given.yml": "unit_tests: [{name: none, model: tabled, given: [{input: '', rows: []}], expect: {rows: []}}]"},
        [on(text.split(), but={"results"}) for text in ("ls -s plain", "seed", "run -s elsewhere", "run -s plain", "compile -s plain", "show -s plain", "docs generate", "run -s nothing", "seed --no-populate-cache", "run -s plain --no-populate-cache",
            "run -s elsewhere --no-populate-cache", "build -s tabled")],
    ),
    # What runs beside the node that fails may end, be cancelled or not have begun: dbt's threads decide, and with it what is left to retry.
    "fail fast": (BROKEN, [on(["seed"]), on(["run", "-x", "-s", "broken", "behind"]), on(["run", "--fail-fast"], but={"told"}), mended, on(["retry"], but={"told", "results"}), on(["run"], {"DBT_FAIL_FAST": "true"})]),
    "tests": (BROKEN, words("seed", "run", "test", "test --store-failures -s plain", "test -s test_type:generic", "test -s test_type:singular", "test -s test_type:unit", "test --resource-type unit_test", "test --exclude-resource-type unit_test", "test --warn-error", "test -q")
        + [on(TABLED + [mode]) for mode in ("eager", "cautious", "buildable", "empty")]
        + [on(WARNED + [text]) for text in ("{error: [LogTestResult]}", "{error: all, warn: [LogTestResult]}", "{error: all}")] + words("test -s nothing --warn-error", "test -s nothing")),
    "tests that nobody defined": (
        GOOD | {"models/odd.yml": "models: [{name: worded, data_tests: [odd, pack.odd: {arguments: {a: 1}}]}]\n"},
        words("ls -s worded", "seed", "run") + [on(["test", "-s", "worded"], but={"told", "results"}), on(["build"], but={"told", "results"})],
    ),
    "clone": (GOOD, words("seed", "run", "snapshot") + [kept] + words(*["clone --state state --target other"] * 2, "clone --state state --target other --full-refresh") + [looked]),
    # Each program has its own frame around what went wrong.
    "what is left": (LEFT, words("parse --no-partial-parse", "seed", "run -s plain viewed hooked") + [looked]
        + [on(["run", "-s", "batched", "--event-time-start", "2026-01-01", "--event-time-end", "2026-01-04"], but={"told"}), stored, on(["run", "-s", "inner"]), on(["run", "-s", "bound"], but={"told", "results"})]
        + [kept] + words("clone --state state --target other -s plain hooked inner") + [cloned] + words("clone --state state --target other -s hooked --full-refresh") + [cloned] + words("clone --state state --target other -s batched bound")
        + [model("batched", batched(", post_hook={'sql': \"insert into {{ target.schema }}.told values ('batch')\", 'transaction': False}").replace("from", "from (select 1 as twice union all select 2) as t,"))] + words("run -s batched --event-time-start 2026-01-01 --event-time-end 2026-01-04") + [stored]
        + [model("viewed", GOOD["models/grown.sql"])] + words("run -s viewed") + [looked] + words("run -s viewed --full-refresh") + [looked]
        + words("snapshot") + [each for more in ("snapshot_meta_column_names={'dbt_valid_to': 'Until'}", "hard_deletes='new_record'") for each in (snapshotted(more), on(["snapshot"], but={"told", "results"}))]
        + words("test -s gone") + [ungone, on(["retry"], but={"told"})]),
    "docs": (
        GOOD,
        words("seed", "run") + [each for text in ("", "--no-compile", "--empty-catalog", "--select plain", "--select source:raw", "--exclude plain") for each in (on(["docs", "generate", *text.split()], but={"told", "results"}), catalog)],
    ),
    "list": (GOOD, words("ls", "list --output json --output-keys name resource_type -s plain", "ls --output json --output-keys config.materialized -s tabled", "ls --output path", "ls --output name --resource-type model test",
        "ls -s nothing", "ls -q", "ls --resource-type analysis", "ls --resource-type unit_test", "ls --resource-type default", "ls --resource-type all", "ls --exclude-resource-type test unit_test", "ls --resource-type nope", "ls --output nope")
        + [on(["ls", "-s", "tabled"], {"DBT_INDIRECT_SELECTION": "empty"})]),
    "show": (GOOD, words("seed", "run") + [on(["show", "--inline", text, *more]) for text, *more in (
        ("select 1 as a, 'b' as b, 2.50 as c, null as d, true as e, date '2020-01-01' as f", "--output", "json"),
        ("select * from {{ ref('plain') }}", "--limit", "1"), ("select * from {{ ref('plain') }}", "--limit", "-1"),
        ("select nothing",), ("select 1 as a", "--quiet"), ("select 1", "-s", "plain"))]
        + [on(["show", "-s", *text.split()], but={"results"}) for text in ("plain", "plain --output json --limit 2", "look", "tabled plain")]
        + [on(["compile", "--inline", "select * from {{ ref('plain') }} -- {{ var('word') }}"]), on(["compile", "--inline", "select 1", "--output", "json"])] + words("compile -s plain", "compile -s plain --output json")),
    "operations": (
        GOOD,
        [on(["run-operation", "hello", "--args", text]) for text in ("{name: x, n: 2}", "name: y", '{"name": "j"}', "x", "[1]")] + [on(["run-operation", "refused"], but={"results"})] + words("run-operation hello", "run-operation scene.hello", "run-operation nopkg.x", "run-operation nope"),
    ),
    "freshness": (GOOD, words("source freshness", "seed", "source freshness", "source freshness -s source:raw.words", "source freshness --exclude source:raw.stale", "source freshness -s nothing")),
    "ages": (FRESH, [on(["parse"]), on(["seed"]), on(["parse", "--no-partial-parse", "--warn-error"])] + [each for text in ("", "-s source:raw.untimed", "-s source:raw.unlimited", "-s source:raw.words --target-path target", "-s source:raw.words --log-format json", "-s source:raw.absent --log-format json")
        for each in (on(["source", "freshness", *text.split()]), ages())] + [on(["source", "freshness", "-s", "source:raw.words", "-o", "x.json"]), ages("x.json"), on(["source", "freshness", "-s", "source:raw.words", "--no-write-json"]), ages()]),
    "materialized views": (VIEWS, words("seed", "run", "run") + [indexes] + [each for text, more in (
        (kept_view("select id, 1 as n from {{ ref('words') }}"), "(rows)"), (kept_view("select id from {{ ref('words') }}"), "run -s mv --full-refresh"),
        (kept_view(indexes="[{'columns': ['id']}]"), "run -s mv --full-refresh"),
        (kept_view(indexes="[{'columns': ['word']}, {'columns': ['id', 'word'], 'unique': true}]"), "run -s mv"), (kept_view(), "run -s mv"),
        (kept_view(indexes="[{'columns': ['id']}]", answer="continue"), "run -s mv"),
        (kept_view(indexes="[{'columns': ['id']}]", answer="fail"), "run"), (kept_view(indexes="[{'columns': ['id']}]", answer="fail"), "run -s mv --full-refresh"), ("select 1 as id", "run -s mv"), (kept_view(), "run -s mv"))
        for each in (model("mv", text), on(["run", "-s", "mv"]), indexes, on(more.split()) if "(" not in more else (lambda relations: relations.sql("select * from scene.mv order by 1")), indexes)]
        + [model("over", kept_view("select id + 1 as id from {{ ref('base') }}", indexes="[{'columns': ['id']}]")), on(["run", "-s", "base", "over"]), indexes, lambda relations: relations.sql("select * from scene.over order by 1")]),
    # Each program has its own frame around what went wrong.
    "writers": (WRITERS, [on(["run", "-s", "m"])] + [each for text in (
        "run-operation op", "run-operation committed", "run-operation failed", "run-operation begun", "run -s viewed", "run -s broken", "run -s outer",
        "run -s said", "test -s alone", "test -s failing", "test -s silent", "test -s early", "test -s ended",
        "test -s writes_m_id", "test -s kept", "test -s ut", "compile -s viewed", "compile -s outer", "compile -s said", "compile -s alone", "show -s viewed", "show -s said", "docs generate -s viewed", "build -s m")
        for each in (unwritten, on(text.split(), but={"told", "results", "args"}), written)]
        + [each for word in ("show", "compile") for each in (unwritten, on([word, "--inline", writing("inline") + "select 1 as id"], but={"told", "results"}), written)]),
    "warnings of adapters": (
        WARNED_OF,
        words(
            "parse", "parse --no-partial-parse --warn-error", "run --exclude hinted", "run -s hinted", "run -s described --log-format json",
        ) + [on(["run", "-s", "rounded", "--warn-error-options", "{silence: [JinjaLogWarning]}"])],
    ),
    # Each program has its own frame around what went wrong.
    "seeds": (SEEDS, [on(["seed", "--exclude", "ragged"]), stored, on(["seed", "--exclude", "ragged"]), stored, on(["seed", "-s", "ragged"], but={"told", "results"}), quoting("true"), on(["seed", "--full-refresh", "--exclude", "ragged"]), stored,
        quoting("false"), on(["seed", "--full-refresh", "-s", "twins"]), stored, on(["seed", "--full-refresh", "-s", "keywords", "quoted"], but={"told", "results"})]),
    "hooks of ages": (HOOKED, words("seed") + [each for steps in (
        [], [on(["source", "freshness", "-s", "source:raw.words"])], [on(["show", "--inline", "select * from {{ target.schema }}.told"], but={"results"})],
        [hooked("['select 1']", "['select 1']", "flags: {source_freshness_run_project_hooks: false}"), on(["source", "freshness"]), on(["source", "freshness", "--show-all-deprecations"])],
        [hooked("['select nothing', 'select 1']", "['select 1']")],
        [hooked("['select nothing']", "['select 1']", "flags: {skip_nodes_if_on_run_start_fails: true}"), on(["source", "freshness", "-s", "source:raw.words"])],
        [hooked("['select 1']", "['select nothing', 'select 1']")], [on(["run", "-s", "plain"])], [hooked("['{{ ref(1, 2, 3) }}']", "['select 1']"), on(["source", "freshness"], but={"told"})]) for each in steps or [on(["source", "freshness"]), ages()]]),
    "variables": (GOOD, [on(["compile", "-s", "worded", "--vars", text]) for text in ("word: q", "{word: q, n: 3}", '{"n": [1, 2]}', "{word: }", "", "x", "[1]", "{word: [}", "word: 'a: b'")]
        + [on(["compile", "-s", "worded", "--vars", "{word: 1}", "--vars", "{n: 2}"]), on(["compile", "-s", "worded"], {"DBT_VARS": "{word: other}"})]),
    "packages": (PACKAGES, [on(["ls"], but={"told"}), on(["deps"]), read("package-lock.yml"), on(["ls", "--resource-type", "model"]), on(["compile", "-s", "inner"]), on(["deps"]), on(["deps", "--lock"]), on(["deps", "--upgrade"]), on(["clean"]),
        on(["deps", "--add-package", "sub", "--source", "local"], but={"told"}), read("packages.yml")]),
    "hub": (HUB | {"sub/dbt_project.yml": "name: sub\nversion: 1.0.0\n"}, HUB_STEPS),
    "warnings": (OLD, OLD_STEPS),
    # A line is an event: its name, its code, its level, and what it says.
    "events": (BROKEN, [on([*text.split(), "--log-format", "json"], but=("results",)) for text in ("seed", "run", "run -s nothing", "test -s tabled plain --exclude fails", "snapshot", "compile -s plain", "compile -s plain --output json", "show -s plain",
        "show -s plain --output json", "docs generate", "run-operation hello", "deps", "clean", "run --warn-error -s nothing")]),
    "building": (GOOD, words("build --resource-type seed model", "build --resource-type model --exclude-resource-type seed", "run --empty -s plain", "run -s nothing", "seed -s plain", "snapshot", "snapshot", "run --full-refresh", "run", "run --sample x", "run --event-time-start 2020-01-01",
        "run --event-time-start 2020-01-02 --event-time-end 2020-01-01", "run --event-time-start zz --event-time-end 2020-01-01", "run --threads x", "test --store-failures") + [looked]),
    "logs": (GOOD, words("seed --log-level warn", "run --log-level none", "test --log-level warn", "test --quiet", "seed --no-print", "seed --log-level nope", "seed --log-format nope", "seed --log-format debug", "seed --target-path other") + [
        on(["run", "-s", "nothing"], {"DBT_WARN_ERROR": "1"}),
        on(["run", "-s", "nothing"], {"DBT_WARN_ERROR_OPTIONS": "{error: [NoNodesForSelectionCriteria]}"}), on(["seed"], {"DBT_QUIET": "1"}),
        on(["seed"], {"DBT_LOG_LEVEL": "error"}),
        on(["run"], {"DBT_FULL_REFRESH": "true"}), on(["run"], {"DBT_FAIL_FAST": "maybe"}), on(["ls"], {"DBT_PROFILE": "nope"}), on(["ls"], {"DBT_TARGET": "nope"}), on(["compile"], {"DBT_WRITE_JSON": "0"}), on(["build"], {"DBT_RESOURCE_TYPES": "model"})]),
    "flags of the project": (GOOD | {"dbt_project.yml": GOOD["dbt_project.yml"] + "flags: {log_level: warn, indirect_selection: empty, warn_error_options: {error: [NoNodesForSelectionCriteria]}, fail_fast: true}\n"},
        words("seed", "seed --log-level info", "ls -s tabled", "ls -s tabled --indirect-selection eager", "run -s nothing")),
    "debug": (GOOD, words("debug", "debug --connection", "debug --target nope", "debug --profile nope", "debug --config-dir")),
}
