#!/usr/bin/env python3
"""A layered dbt project of any size, the same for the same arguments: generate.py FOLDER MODELS

Five seeds of 200 rows; 30 % staging views; 25 % intermediate views, each fifth ephemeral; 45 % marts as tables, each tenth
incremental. Two to three tests a model, a macro for 50 models, an exposure for 100. Plain SQL that every engine takes.
The profile's targets are sqlite, postgres and duckdb; they read BENCH_FOLDER (files) and BENCH_PG_PORT.
"""
import os
import random
import sys
import textwrap
import zlib

folder, count = sys.argv[1], int(sys.argv[2])
chance = random.Random(7)
staging = [f"stg_{i}" for i in range(count * 30 // 100)]
intermediate = [f"int_{i}" for i in range(count * 25 // 100)]
marts = [f"mart_{i}" for i in range(count - len(staging) - len(intermediate))]
macros = max(1, count // 50)


def write(path, text):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(textwrap.dedent(text).lstrip("\n"))


def columns(name):
    values = "" if zlib.crc32(name.encode()) % 5 else "\n        data_tests:\n          - accepted_values: {arguments: {values: [a, b, c, d]}}"
    return f"  - name: {name}\n    description: \"model {name}, generated\"\n    columns:\n" \
        f"      - name: id\n        description: key\n        data_tests: [unique, not_null]\n      - name: grp{values}\n"


write("dbt_project.yml", """
    name: bench
    version: '1.0'
    config-version: 2
    profile: bench
    models:
      bench:
        staging: {+materialized: view, +tags: [stg]}
        intermediate: {+materialized: view}
        marts: {+materialized: table, +tags: [mart, nightly]}
    vars: {min_amount: 0, grp: a}
    flags: {send_anonymous_usage_stats: false}
    """)
write("profiles.yml", """
    bench:
      target: sqlite
      outputs:
        sqlite:
          type: sqlite
          threads: 1
          database: bench
          schema: main
          schemas_and_paths: {main: "{{ env_var('BENCH_FOLDER') }}/main.db"}
          schema_directory: "{{ env_var('BENCH_FOLDER') }}/schemas"
        postgres:
          type: postgres
          threads: 4
          host: 127.0.0.1
          port: "{{ env_var('BENCH_PG_PORT', '5432') | as_number }}"
          user: postgres
          password: ""
          dbname: postgres
          schema: bench
        duckdb: {type: duckdb, threads: 4, path: "{{ env_var('BENCH_FOLDER') }}/bench.duckdb"}
    """)
for seed in range(5):
    rows = (f"{i},{chance.choice('abcd')},{chance.randint(0, 10000)},2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}" for i in range(1, 201))
    write(f"seeds/raw_{seed}.csv", "id,grp,amount,updated_at\n" + "\n".join(rows) + "\n")
for number in range(macros):
    write(f"macros/cents_{number}.sql", f"""
        {{% macro cents_{number}(column, digits=2) -%}}
          {{%- if target.type == 'postgres' -%}} round(({{{{ column }}}})::numeric / 100, {{{{ digits }}}})
          {{%- else -%}} round({{{{ column }}}} / 100.0, {{{{ digits }}}}) {{%- endif -%}}
        {{%- endmacro %}}
        """)
for index, name in enumerate(staging):
    write(f"models/staging/{name}.sql", f"""
        with src as (
            select * from {{{{ ref('raw_{index % 5}') }}}}
        )
        select id, grp, amount, updated_at, {{{{ cents_{index % macros}('amount') }}}} as amount_usd
        from src
        where amount >= {{{{ var('min_amount') }}}}
        """)
for index, name in enumerate(intermediate):
    left, right = chance.sample(staging, 2)
    config = "{{ config(materialized='ephemeral') }}" if index % 5 == 4 else ""
    write(f"models/intermediate/{name}.sql", f"""
        {config}
        {{% set amounts = ['amount', 'amount_usd'] %}}
        select a.id, a.grp, a.updated_at,
        {{%- for amount in amounts %}}
          coalesce(a.{{{{ amount }}}}, 0) + coalesce(b.{{{{ amount }}}}, 0) as {{{{ amount }}}}{{{{ ',' if not loop.last }}}}
        {{%- endfor %}}
        from {{{{ ref('{left}') }}}} a
        left join {{{{ ref('{right}') }}}} b on a.id = b.id
        """)
for index, name in enumerate(marts):
    pool = intermediate + marts[max(0, index - 40):index]
    parents = chance.sample(pool, min(chance.randint(1, 3), len(pool)))
    is_incremental = index % 10 == 9
    total = " + ".join(["t0.amount"] + [f"coalesce(t{k}.amount, 0)" for k in range(1, len(parents))])
    lines = ["{{ config(materialized='incremental', unique_key='id') }}"] if is_incremental else []
    lines += [f"select t0.id, t0.grp, t0.updated_at, {total} as amount, t0.amount_usd", f"from {{{{ ref('{parents[0]}') }}}} t0"]
    lines += [f"left join {{{{ ref('{parent}') }}}} t{k} on t0.id = t{k}.id" for k, parent in enumerate(parents) if k]
    if is_incremental:
        lines += ["{% if is_incremental() %}", "where t0.updated_at > (select max(updated_at) from {{ this }})", "{% endif %}"]
    write(f"models/marts/{name}.sql", "\n".join(lines) + "\n")
for layer, names in {"staging": staging, "intermediate": intermediate, "marts": marts}.items():
    for part in range(0, len(names), 50):
        write(f"models/{layer}/_{layer}_{part // 50}.yml", "version: 2\nmodels:\n" + "".join(map(columns, names[part:part + 50])))
write("models/exposures.yml", "version: 2\nexposures:\n" + "".join(
    f"  - name: dash_{number}\n    type: dashboard\n    owner: {{name: x, email: x@example.com}}\n"
    f"    depends_on: [\"ref('{marts[number * 7 % len(marts)]}')\"]\n" for number in range(max(1, count // 100))))
