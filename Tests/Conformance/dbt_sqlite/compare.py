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
sys.exit(1 if failed else 0)
