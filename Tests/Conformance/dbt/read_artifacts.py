"""Lets dbt-artifacts-parser and dbt read the four artifacts in a folder.

usage: read_artifacts.py FOLDER
Exit: 0 all are read; otherwise what the reader says.
"""
import json, sys

from dbt_artifacts_parser import parser
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest

folder = sys.argv[1]
load = lambda name: json.load(open(f"{folder}/{name}"))
parser.parse_manifest_v12(load("manifest.json"))
parser.parse_run_results_v6(load("run_results.json"))
parser.parse_catalog_v1(load("catalog.json"))
parser.parse_sources_v3(load("sources.json"))
Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(f"{folder}/manifest.json"))
RunResultsArtifact.read_and_check_versions(f"{folder}/run_results.json")
CatalogArtifact.read_and_check_versions(f"{folder}/catalog.json")
FreshnessExecutionResultArtifact.read_and_check_versions(f"{folder}/sources.json")
print("all four artifacts are read by dbt-artifacts-parser and by dbt")
