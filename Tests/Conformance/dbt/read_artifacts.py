"""Reads our artifacts with dbt-artifacts-parser and with dbt's own classes, and compares our manifest with dbt's, field by field."""
import json
import sys

import dbt_artifacts_parser.parser as parser
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest

ours, theirs = sys.argv[1:]
load = lambda folder, name: json.load(open(f"{folder}/{name}"))
failed = False


def check(what, equal, detail=""):
    global failed
    failed |= not equal
    print(f"{'equal' if equal else 'DIFFERENT'}: {what}{'' if equal else ' ' + str(detail)[:600]}")


parser.parse_manifest_v12(load(ours, "manifest.json"))
parser.parse_run_results_v6(load(ours, "run_results.json"))
parser.parse_catalog_v1(load(ours, "catalog.json"))
parser.parse_sources_v3(load(ours, "sources.json"))
Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(f"{ours}/manifest.json"))
RunResultsArtifact.read_and_check_versions(f"{ours}/run_results.json")
CatalogArtifact.read_and_check_versions(f"{ours}/catalog.json")
FreshnessExecutionResultArtifact.read_and_check_versions(f"{ours}/sources.json")
print("equal: all four artifacts are read by dbt-artifacts-parser and by dbt")

# Macros that the adapter overrides are dependencies in dbt; ours come from another place. The rest is what a run adds.
LEFT_OUT = {"created_at", "relation_name", "compiled", "compiled_code", "compiled_path", "extra_ctes", "extra_ctes_injected", "root_path"}
one, two = load(ours, "manifest.json"), load(theirs, "manifest.json")
for part in ("nodes", "sources", "exposures", "metrics", "groups", "saved_queries", "semantic_models", "unit_tests", "parent_map", "child_map", "group_map"):
    check(f"the ids of {len(two[part])} {part}", set(one[part]) == set(two[part]), set(one[part]) ^ set(two[part]))
    for name, entry in two[part].items():
        if name.startswith("operation."):  # dbt gives hooks the configuration of models, which means nothing to them
            continue
        mine = one[part].get(name)
        if isinstance(entry, list):
            check(f"{part} of {name}", sorted(entry) == sorted(mine or []), (entry, mine)) if sorted(entry) != sorted(mine or []) else None
            continue
        for field, value in entry.items():
            if field in LEFT_OUT or mine is None:
                continue
            other = mine.get(field)
            if field == "depends_on":
                value, other = value.get("nodes"), other.get("nodes")
            if part == "semantic_models" and field == "node_relation":
                value, other = {**value, "relation_name": ""}, {**other, "relation_name": ""}
            if value != other and part != "groups":
                check(f"{name}: {field}", False, f"\n  dbt  {json.dumps(value)[:400]}\n  ours {json.dumps(other)[:400]}")
sys.exit(failed)
