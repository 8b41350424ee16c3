"""Our command as dbt's runner: runs it, and reads what it left into the objects that dbt's assertions look at."""
import json
import os
import subprocess
import sys
import types

import dbt.cli.main
import dbt.exceptions
import dbt.tests.util
import dbt_common.exceptions
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.results import FreshnessStatus, RunStatus, TestStatus, TimingInfo
from dbt.artifacts.schemas.run import RunResult
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

captured = []  # the streams that run_dbt_and_capture listens on, newest last

ERRORS = {
    "Compilation Error": dbt_common.exceptions.CompilationError,
    "Database Error": dbt_common.exceptions.DbtDatabaseError,
    "Parsing Error": dbt.exceptions.ParsingError,
    "Runtime Error": dbt_common.exceptions.DbtRuntimeError,
    "Usage Error": dbt.cli.exceptions.DbtUsageException,
}
WITHOUT_RESULTS = {"clean", "debug", "deps", "init", "ls", "list", "parse"}


def replace_dbt(command):
    def invoke(self, args, **named):
        return run(command, [str(word) for word in args], self.callbacks)

    dbt.cli.main.dbtRunner.invoke = invoke
    dbt.tests.util.capture_stdout_logs = captured.append
    dbt.tests.util.stop_capture_stdout_logs = lambda: captured and captured.pop()


def run(command, args, callbacks=()):
    before = invocation()
    environment = dict(os.environ)
    if now := frozen_time():
        environment["SLUICE_NOW"] = now
    if callbacks:
        args = args + ["--log-format", "json"]
    process = subprocess.run(command + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True)
    print(process.stdout)
    for stream in captured:
        stream.write(process.stdout)
    for event in events(process.stdout) if callbacks else ():
        for callback in callbacks:
            callback(event)
    failure = exception(process.stdout) if process.returncode == 2 else None
    if process.returncode not in (0, 1, 2):
        raise RuntimeError(f"{command + args} ended with {process.returncode}")
    return dbtRunnerResult(success=process.returncode == 0, exception=failure, result=None if failure else result(args, process.stdout, before, process.returncode))


def events(output):
    """The lines of a log in JSON as dbt's own events, as far as callbacks look at them."""
    for line in output.splitlines():
        if line.startswith("{"):
            yield json.loads(line, object_hook=lambda members: types.SimpleNamespace(**{"node_name": None, "sql": "", "node_info": None, **members}))


def frozen_time():
    """The time that a test has set the clock to, if it did."""
    import datetime
    from dbt.materializations.incremental.microbatch import MicrobatchBuilder
    if hasattr(MicrobatchBuilder.build_end_time, "return_value"):
        return MicrobatchBuilder.build_end_time.return_value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if type(datetime.datetime).__module__.startswith("freezegun"):
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def exception(output):
    lines = [line.split("  ", 1)[-1] if line[2:3] == ":" else line for line in output.splitlines()]
    for index, line in enumerate(lines):
        if line.strip() in ERRORS:
            return ERRORS[line.strip()]("\n".join(lines[index + 1:]).strip())
    return dbt_common.exceptions.DbtRuntimeError("\n".join(lines))


# Artifacts

def artifact(name, folder="target"):
    path = os.path.join(folder, name)
    if os.path.exists(path):
        with open(path) as file:
            return json.load(file)


def invocation():
    return {name: (artifact(name) or {}).get("metadata", {}).get("invocation_id") for name in ("run_results.json", "sources.json")}


def manifest(project_root="."):
    path = os.path.join(project_root, "target", "manifest.json")
    if os.path.exists(path):
        return Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(path))


def replace_manifests():
    """dbt's get_manifest reads a cache of dbt's own making; ours reads the artifact. Tests import it by name."""
    if not os.environ.get("CONFORMANCE_COMMAND"):
        return
    original = dbt.tests.util.get_manifest
    for module in list(sys.modules.values()):
        if getattr(module, "get_manifest", None) is original:
            module.get_manifest = manifest


# Results

class Results(list):
    """A list of results that also answers to `.results`, `.args` and `.elapsed_time`, as dbt's own does."""

    def __init__(self, results, artifact):
        super().__init__(results)
        self.args = artifact.get("args", {})
        self.elapsed_time = artifact.get("elapsed_time", 0)

    @property
    def results(self):
        return self


def result(args, output, before, code):
    words = [word for word in args if not word.startswith("-")]
    name = next((word for word in words if word in dbt.cli.main.cli.commands), "")
    if name in ("ls", "list"):
        return [line for line in output.splitlines() if line.strip()]
    if name == "parse":
        return manifest()
    if name == "debug":
        return code == 0
    if name == "docs":
        catalog = artifact("catalog.json")
        return CatalogArtifact.from_dict(catalog) if catalog else None
    if name in WITHOUT_RESULTS:
        return None
    file = "sources.json" if name == "source" else "run_results.json"
    found = artifact(file)
    if found is None or found["metadata"]["invocation_id"] == before[file]:
        return Results([], {})
    known = manifest()
    results = Results([run_result(entry, known) for entry in found["results"]], found)
    if name == "show":
        for result in results:
            result.agate_table = previewed(output)
    return results


class Row(list):
    def values(self):
        return self


class Preview(list):
    """The rows of a table, which is its own member `rows`, as agate's are."""

    @property
    def rows(self):
        return self


def previewed(output):
    """The rows of the table that `show` prints; numbers as numbers."""
    def value(text):
        try:
            return float(text)
        except ValueError:
            return text
    lines = [line for line in output.splitlines() if line.startswith("|")]
    return Preview(Row(value(cell.strip()) for cell in line.strip("|").split("|")) for line in lines[2:])


class Unlisted:
    """A node that no manifest lists: SQL of the command line."""

    def __init__(self, entry):
        self.unique_id = entry["unique_id"]
        self.name = self.unique_id.split(".")[-1]

    def __getattr__(self, name):
        return None


def run_result(entry, known):
    uid = entry["unique_id"]
    node = known.nodes.get(uid) or known.functions.get(uid) or known.unit_tests.get(uid) or known.sources.get(uid) or known.macros.get(uid) or Unlisted(entry)
    if entry.get("compiled_code") and not getattr(node, "compiled_code", None):
        node.compiled_code = entry["compiled_code"]
    for kind in (RunStatus, TestStatus, FreshnessStatus):
        if entry["status"] in {status.value for status in kind}:
            status = kind(entry["status"])
            break
    return RunResult(
        status=status, timing=[TimingInfo.from_dict(timing) for timing in entry.get("timing", [])], thread_id=entry.get("thread_id", ""),
        execution_time=entry.get("execution_time", 0), adapter_response=entry.get("adapter_response") or {}, message=entry.get("message"),
        failures=entry.get("failures"), node=node, batch_results=None)
