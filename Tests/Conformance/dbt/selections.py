"""What a selection names, in dbt and in ours: each method, with each shape of value that it takes, on two projects with every kind of resource.

usage: selections.py OURS PROJECT…
The last line is `N passed, N failed, 0 skipped`.
"""
import json, os, pathlib, shutil, sys, tempfile

import yaml

from states import PROFILES, Bench

NAMES = [
    "fct", "fct.v1", "fct_v2", "fct.*", "*.v1", "words.marts.fct.v2", "marts.fct", "fc?", "[df]*", "[!f]*", "*", "words.*", "words.*.loud", "marts", "marts.*",
    "*marts*", "staging.stg_events", "helper", "helper.helped",
    "dim_v1", "dim.v1", "orders", "every_resource.*", "o*s", "codes", "board", "counts", "b*", "none", "Dim", "unique_fct_v1_id", "not_null_*", "*_id", "words",
    "words.marts", "old", "alone", "look", "stg_events+1", "1+stg_*", "@dim", "+fct+", "2+board",
]
PATHS = [
    "path:models", "path:models/", "path:models/marts", "path:models/*", "path:models/marts/*", "path:models/**", "path:models/**/dim.sql", "path:**/dim.sql",
    "path:**/*.yml", "path:models/marts/marts.yml", "path:models/staging/stg.yml",
    "models/marts", "./models/marts", "path:models/m*", "path:models/marts/fct*", "path:seeds", "path:seeds/codes.csv", "path:snapshots",
    "path:tests/alone.sql", "path:tests", "path:analyses", "path:models/marts/dim.*", "path:nowhere",
    "path:models/everything.yml", "models/orders.sql", "path:models/helped.sql", "path:model", "path:*/marts", "path:*", "path:**",
    "dim.sql", "file:dim.sql", "file:dim", "file:*.csv", "file:marts.yml", "file:fct_*", "file:stg*", "DIM.SQL", "file:alone", "codes.csv",
]
CONFIGS = [
    "config.materialized:table", "config.materialized:view", "config.materialized:incremental", "config.materialized:seed", "config.materialized:test",
    "config.materialized:snapshot", "config.materialized:unit", "config.materialized:t*",
    "config.meta.tier:gold", "config.meta.level:3", "config.meta:tier", "config.meta.owner:dev", "config.tags:all", "config.tags:staged", "config.tags:v2",
    "config.enabled:true", "config.enabled:True", "config.enabled:false",
    "config.contract.enforced:true", "config.contract.enforced:false", "config.contract:enforced", "config.docs.show:true", "config.docs.show:false",
    "config.persist_docs.relation:true", "config.persist_docs.columns:false", "config.grants.select:dev",
    "config.grants:select", "config.severity:warn", "config.severity:WARN", "config.severity:error", "config.store_failures:true", "config.schema:landed",
    "config.schema:lent", "config.alias:fct_two", "config.group:finance", "config.access:public",
    "config.full_refresh:false", "config.on_schema_change:ignore", "config.quote_columns:true", "config.column_types.id:int", "config.target_schema:kept_dev",
    "config.check_cols:all", "config.check_cols:id", "config.unique_key:id", "config.strategy:check",
    "config.batch_size:day", "config.lookback:2", "config.event_time:at", "config.incremental_strategy:microbatch", "config.pre_hook:x", "config.packages:x",
    "config.limit:5", "config.warn_if:!= 0", "config.fail_calc:count(*)", "config.delimiter:,", "config.where:x",
    "config.quoting.identifier:true", "config.nothing:x", "config.meta.nothing:x", "config.materialized.x:y", "config.static_analysis:x",
    "config.loaded_at_field:other", "config.freshness.warn_after.count:1", "config.database:house", "config.language:sql",
]
OTHERS = [
    "tag:all", "tag:staged", "tag:b", "tag:v2", "tag:*", "tag:s*", "tag:[bk]", "tag:k", "tag:sourced", "tag:own", "tag:u", "tag:seen", "tag:also", "tag:shown", "tag:none", "+tag:v2", "tag:all,tag:b",
    "group:finance", "group:fin*", "group:none", "access:public", "access:protected", "access:private", "access:p*", "access:none",
    "source:raw", "source:raw.events", "source:*", "source:words.raw.events", "source:*.*.pages", "source:raw.*", "source:none", "source:a.b.c.d", "source:raw+", "source:*.events",
    "exposure:board", "exposure:*", "exposure:words.board", "exposure:none.board", "+exposure:board", "exposure:a.b.c", "metric:*", "metric:revenue",
    "semantic_model:*", "saved_query:*", "saved_query:a.b.c", "unit_test:*", "unit_test:counts", "unit_test:words.c*",
    "test_type:generic", "test_type:schema", "test_type:singular", "test_type:data", "test_type:unit", "test_type:odd", "test_name:unique",
    "test_name:not_null", "test_name:*", "test_name:u*", "test_name:counts", "test_name:none", "test_name:even", "test_name:alone",
    "resource_type:model", "resource_type:test", "resource_type:unit_test", "resource_type:seed", "resource_type:snapshot", "resource_type:source",
    "resource_type:exposure", "resource_type:metric", "resource_type:semantic_model", "resource_type:saved_query",
    "resource_type:analysis", "resource_type:function", "resource_type:operation", "resource_type:macro", "resource_type:group", "resource_type:doc",
    "resource_type:fixture", "resource_type:sql_operation", "resource_type:odd", "resource_type:*",
    "package:words", "package:helper", "package:this", "package:*", "package:h*", "package:none", "version:latest", "version:prerelease", "version:old", "version:none", "version:odd",
    "fqn:dim", "fqn:words.marts", "fqn:words.marts.*", "odd:x", "tag:a:b", "config:x", "state:modified", "result:error", "@a+", "+", "@", "", "1+", "dim,", ",",
    "tag:", "a b", "dim+,+board", "dim,marts.*", "*,tag:b", "selector:plain", "+dim+2", "01+dim", "dim+01",
]
MODES = ["eager", "cautious", "buildable", "empty"]


def lines():
    for selection in NAMES + PATHS + CONFIGS + OTHERS: yield ["--select", selection]
    for mode in MODES:
        for words in (["fct"], ["dim", "codes"], ["+late"], ["marts"], ["source:raw"], ["orders+1"], ["stg_events", "fct,tag:all"]): yield ["--indirect-selection", mode, "--select", *words]
        yield ["--indirect-selection", mode, "--exclude", "dim"]
        yield ["--indirect-selection", mode, "--select", "dim+", "--exclude", "late", "test_type:unit"]
    for words in (["marts", "staging"], ["marts", "--exclude", "fct"], ["*", "--exclude", "tag:all", "resource_type:test"], ["dim fct"], ["dim,tag:all late"]): yield ["--select", *words]
    for selector in ("plain", "both", "text", "nested", "every", "none"): yield ["--selector", selector]


def main():
    ours, *projects = sys.argv[1:]
    passed, failed = 0, 0

    def report(title, there, here, detail=None):
        nonlocal passed, failed
        if there == here: passed += 1
        else:
            failed += 1
            print(f"✘ {title}\n    dbt  {json.dumps(there)[:900]}\n    ours {json.dumps(here)[:900]}{f'{chr(10)}    {detail}' if detail else ''}", flush=True)

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="selections."))
    for folder in map(pathlib.Path, projects):
        home = scratch / folder.name / "p"
        shutil.copytree(folder, home, ignore=shutil.ignore_patterns("target*", "logs"))
        profile = yaml.safe_load((home / "dbt_project.yml").read_text())["profile"]
        (home / "profiles.yml").write_text(yaml.safe_dump({profile: {"target": "dev", "outputs": {"dev": PROFILES["postgres"]}}}))
        os.chdir(home)
        bench = Bench(ours, folder.name, report)
        if not bench.parse(): sys.exit(f"{folder.name} cannot be read")
        for words in lines():
            line = ["ls", "--resource-type", "all", "--output", "json", "--output-keys", "unique_id", *words]
            code, listed = bench.theirs(line, bench.manifest)
            there = sorted(json.loads(entry)["unique_id"] for entry in listed or []) if code == 0 else f"exit code {code}"
            code, text = bench.ours(line)
            here = sorted(json.loads(entry)["unique_id"] for entry in text.split("\n") if entry.startswith("{")) if code == 0 else f"exit code {code}"
            report(f"{folder.name}: ls {' '.join(words)}", there, here)
    os.chdir("/")
    shutil.rmtree(scratch)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__": main()
