"""Compares what two runs left behind: relations and rows, the nodes of the manifest, the statuses of the results."""
import json
import sqlite3
import sys

work = sys.argv[1]
theirs, ours = (sqlite3.connect(f"{work}/{name}.db") for name in ("dbt", "ours"))
failed = False


def check(what, equal, detail=""):
    global failed
    failed |= not equal
    print(f"{'equal' if equal else 'DIFFERENT'}: {what}{'' if equal else ' ' + str(detail)[:400]}")


names = "select name, type from sqlite_master where type in ('table', 'view') and name not like '\\_sluice%' escape '\\' order by name"
relations = theirs.execute(names).fetchall()
check("the relations and their kinds", relations == ours.execute(names).fetchall(), ours.execute(names).fetchall())
for name, kind in relations:
    rows = [sorted(map(repr, db.execute(f'select * from "{name}"'))) for db in (theirs, ours)]
    check(f"{kind} {name}, {len(rows[0])} rows", rows[0] == rows[1], sorted(set(rows[0]) ^ set(rows[1]))[:2])

manifests = [json.load(open(f"{work}/target-{name}/manifest.json")) for name in ("dbt", "ours")]
for part in ("nodes", "sources"):
    ids = [set(m[part]) for m in manifests]
    check(f"the ids of {len(ids[0])} {part}", ids[0] == ids[1], ids[0] ^ ids[1])
edges = [{k: sorted(v) for k, v in m["parent_map"].items()} for m in manifests]
check("the graph", edges[0] == edges[1])
fields = ("name", "alias", "fqn", "path", "original_file_path", "schema", "database", "raw_code", "tags", "checksum", "column_name", "attached_node")
for field in fields:
    values = [{i: n.get(field) for i, n in m["nodes"].items()} for m in manifests]
    check(f"every node's {field}", values[0] == values[1], [(i, v, values[1].get(i)) for i, v in values[0].items() if v != values[1].get(i)][:2])
results = [
    {r["unique_id"]: (r["status"], r["failures"]) for r in json.load(open(f"{work}/target-{name}/run_results.json"))["results"]}
    for name in ("dbt", "ours")
]
check(f"status and failures of {len(results[0])} results", results[0] == results[1], set(results[0].items()) ^ set(results[1].items()))

# Tests that fail and warn: status, count and words, and the rows that were kept.
runs = [{r["unique_id"]: r for r in json.load(open(f"{work}/quality-{name}/run_results.json"))["results"]} for name in ("dbt", "ours")]
said = [{i: (r["status"], r["failures"], r["message"] if r["status"] in ("fail", "warn") else "") for i, r in run.items()} for run in runs]
check(f"status, failures and message of {len(said[0])} nodes with limits", said[0] == said[1], set(said[0].items()) ^ set(said[1].items()))
kept = {}
for schema in ("main_dbt_test__audit", "main_mine"):
    # Their adapter keeps a schema in a file of its own; ours puts its name in front.
    audit = sqlite3.connect(f"{work}/schemas-quality/{schema}.db")
    for (name,) in audit.execute("select name from sqlite_master where type = 'table'"):
        kept[f"{schema}__{name}"] = sorted(map(repr, audit.execute(f'select * from "{name}"')))
audit = sqlite3.connect(f"{work}/quality_ours.db")
names = [n for (n,) in audit.execute("select name from sqlite_master where type = 'table' and name like 'main%'")]
mine = {name: sorted(map(repr, audit.execute(f'select * from "{name}"'))) for name in names}
check(f"the failing rows that {len(kept)} tests kept", bool(kept) and kept == mine, [(n, kept.get(n), mine.get(n)) for n in kept.keys() | mine.keys() if kept.get(n) != mine.get(n)])

catalogs = [json.load(open(f"{work}/catalog-{name}/catalog.json")) for name in ("dbt", "ours")]
check("the catalog's keys", [list(catalogs[0]), set(catalogs[0]["metadata"])] == [list(catalogs[1]), set(catalogs[1]["metadata"])])
for part in ("nodes", "sources"):
    entries = [{i: (list(e), e["metadata"], e["columns"]) for i, e in c[part].items()} for c in catalogs]
    check(f"the catalog's {len(entries[0])} {part}", entries[0] == entries[1], [(i, e, entries[1].get(i)) for i, e in entries[0].items() if e != entries[1].get(i)][:1])
keys = [{i: set(n) for i, n in json.load(open(f"{work}/catalog-{name}/manifest.json"))["nodes"].items()} for name in ("dbt", "ours")]
left = set().union(*(keys[0][i] - keys[1][i] for i in keys[0]))
check("the manifest's keys, but for those known to be missing", left <= {"unrendered_config", "file_key_name"}, left)
manifests = [json.load(open(f"{work}/catalog-{name}/manifest.json"))["nodes"] for name in ("dbt", "ours")]
for field in ("config", "primary_key"):
    values = [{i: n.get(field) for i, n in m.items()} for m in manifests]
    check(f"every node's {field}, defaults included", values[0] == values[1], [(i, v, values[1].get(i)) for i, v in values[0].items() if v != values[1].get(i)][:2])
sys.exit(1 if failed else 0)
