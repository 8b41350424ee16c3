"""What one project's manifests say, and what `state:` selects, in dbt and in ours, each reading its own and the other's.

usage: states.py OURS ADAPTER PROJECT…
PROJECT is a folder with its dbt_project.yml; where it is every_word, its edits are made too, one after another.
A manifest is compared member by member (manifests.py says what is left out). Then an unchanged project is unmodified for each of
the four pairs of reader and manifest, and after each edit all four select the same, or all refuse.
The last line is `N passed, N failed, 0 skipped`.
"""
import concurrent.futures, json, os, pathlib, random, re, shutil, subprocess, sys, tempfile

import yaml
from dbt.cli.main import dbtRunner
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts import state

from manifests import differences

KINDS = ["modified", "new", "old", "unmodified", "modified.body", "modified.configs", "modified.relation", "modified.persisted_descriptions", "modified.macros", "modified.contract"]
SELECTIONS = [f"state:{kind}" for kind in KINDS] + ["state:modified+", "1+state:modified.body"]
PROFILES = {
    "sqlite": {"type": "sqlite", "threads": 1, "database": "house", "schema": "main", "schemas_and_paths": {"main": "/nowhere/main.db"}, "schema_directory": "/nowhere"},
    "postgres": {"type": "postgres", "threads": 1, "host": "127.0.0.1", "port": 1, "user": "nobody", "password": "", "dbname": "house", "schema": "main"},
}


# Every command of dbt reads the manifest of the state anew, which is most of its time; here it is the same from edit to edit.
reading, known = state.Manifest.from_writable_manifest, {}
state.WritableManifest = type("Unread", (), {"read_and_check_versions": staticmethod(lambda path: path)})


def remembered(path):
    key = path, os.stat(path).st_mtime_ns
    if key not in known: known[key] = reading(WritableManifest.read_and_check_versions(path))
    return known[key]


state.Manifest = type("Remembered", (), {"from_writable_manifest": staticmethod(remembered)})


class Bench:
    """One project in a folder of its own, which both read."""

    def __init__(self, ours, title, report):
        self.ours_command, self.title, self.report = ours.split(), title, report
        self.manifest = None
        self.meanwhile = concurrent.futures.ThreadPoolExecutor(1)

    def theirs(self, words, manifest=None):
        hidden, errors = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = open(os.devnull, "w")
        try: result = dbtRunner(manifest=manifest).invoke(words + ["--quiet", "--log-level-file", "none", "--target-path", "target_theirs"])
        finally: sys.stdout, sys.stderr = hidden, errors
        return (2 if result.exception else 0 if result.success else 1), result.result if result.result is not None else str(result.exception)

    def ours(self, words):
        environment = {**os.environ, "SLUICE_DBT_MACROS": str(pathlib.Path("target_theirs/manifest.json").resolve())}
        run = subprocess.run(self.ours_command + words + ["--quiet", "--target-path", "target_ours"], capture_output=True, text=True, env=environment)
        return run.returncode, run.stdout + run.stderr

    def parse(self, words=()):
        """Whether both read the project; or both refuse it."""
        code, manifest = self.theirs(["parse", "--no-partial-parse", *words])
        own, text = self.ours(["parse", "--no-partial-parse", *words])
        self.report(f"{self.title}: parse", code, own, f"dbt {manifest if code else 'reads it'}, ours {text[-700:]}")
        self.manifest = manifest if code == own == 0 else None
        return self.manifest is not None

    def compare_manifests(self):
        load = lambda folder: json.loads(pathlib.Path(folder, "manifest.json").read_text())
        found = list(differences(load("target_theirs"), load("target_ours")))
        for place, there, here in found: self.report(f"{self.title}: {place}", there, here)
        if not found: self.report(f"{self.title}: the manifests", "equal", "equal")

    def keep(self):
        """The manifests as they are now are the state."""
        for side in ("theirs", "ours"):
            os.makedirs(f"state_{side}", exist_ok=True)
            shutil.copy(f"target_{side}/manifest.json", f"state_{side}/manifest.json")

    def select(self, selections, words=()):
        """What each selection finds, of all four pairs."""
        def line(selection, side):
            return ["ls", "--select", selection, "--indirect-selection", "empty", "--resource-type", "all", "--output", "json", "--output-keys", "unique_id", *words, "--state", f"state_{side}"]

        def listed(code, entries): return sorted(json.loads(entry)["unique_id"] for entry in entries or [] if entry.startswith("{")) if code == 0 else f"exit code {code}"

        # dbt is in this process; ours goes on meanwhile.
        asked = {(selection, side): self.meanwhile.submit(self.ours, line(selection, side)) for selection in selections for side in ("theirs", "ours")}
        for selection in selections:
            found = {}
            for side in ("theirs", "ours"):
                found["dbt", side] = listed(*self.theirs(line(selection, side), self.manifest))
                code, text = asked[selection, side].result()
                found["ours", side] = listed(code, text.split("\n"))
            expected = found["dbt", "theirs"]
            for (reader, side), ids in found.items():
                if (reader, side) != ("dbt", "theirs"): self.report(
                    f"{self.title}: {reader} on {'its own' if (reader == 'ours') == (side == 'ours') else 'the other'} manifest, {selection}", expected, ids,
                )

    def unchanged(self):
        self.keep()
        self.select(["state:modified", "state:new"])


def replaced(path, old, new):
    def edit():
        text = pathlib.Path(path).read_text()
        assert old in text, (path, old)
        pathlib.Path(path).write_text(text.replace(old, new, 1))
    return edit


def written(path, text): return lambda: pathlib.Path(path).write_text(text)
def appended(path, text): return lambda: pathlib.Path(path).write_text(pathlib.Path(path).read_text() + text)
def removed(path): return lambda: pathlib.Path(path).unlink()


STG, MARTS, PROJECT = "models/staging/stg.yml", "models/marts/marts.yml", "dbt_project.yml"
EDITS = [
    ("a body", appended("models/marts/loud.sql", "\n-- more")),
    ("white space at the end of a body", appended("models/marts/loud.sql", "\n\n")),
    ("a configuration in the file", replaced("models/staging/stg_events.sql", "tags=['sql']", "tags=['sql'], materialized='table'")),
    ("a tag in the file", replaced("models/staging/stg_events.sql", "tags=['sql']", "tags=['other']")),
    ("a configuration in the yml", replaced(MARTS, "config: {meta: {level: 3}, tags: b", "config: {meta: {level: 4}, tags: b")),
    ("a hook in the yml", replaced(MARTS, 'post-hook: {sql: "select 1"', 'post-hook: {sql: "select 2"')),
    ("a folder's configuration", replaced(PROJECT, "+materialized: view", "+materialized: table")),
    ("a folder's template that gives the same", replaced(PROJECT, "{{ var('where', 'landed') }}", "{{ 'landed' }}")),
    ("a folder's tags", replaced(PROJECT, '+tags: "staged"', "+tags: [once, more]")),
    ("where a folder goes", replaced(PROJECT, "helper: {+schema: lent}", "helper: {+schema: kept}")),
    ("a package's configuration", replaced("dbt_packages/helper/dbt_project.yml", "+materialized: table", "+materialized: view")),
    ("an alias", replaced(MARTS, "alias: fct_two", "alias: fct_three")),
    ("a schema in the file", replaced("models/marts/dim.sql", "schema='dims'", "schema='dimensions'")),
    ("a description that is persisted", replaced(MARTS, 'description: "one"', 'description: "two"')),
    ("a column's description that is persisted", replaced(MARTS, "description: the key", "description: a key")),
    ("a description that is not", replaced(STG, "description: events", "description: happenings")),
    ("a docs block", replaced("models/words.md", "more", "much more")),
    ("a contract's column grows", replaced(MARTS, "- {name: day, data_type: date, meta: {z: 1}}", "- {name: day, data_type: date, meta: {z: 1}}\n      - {name: more, data_type: text}")),
    ("a contract's type", replaced(MARTS, "{name: day, data_type: date,", "{name: day, data_type: text,")),
    ("a contract's column goes", replaced(MARTS, "      - {name: day, data_type: date, meta: {z: 1}}\n", "")),
    ("a contract's constraint", replaced(MARTS, "{type: not_null}, {type: unique", "{type: unique")),
    ("a contract ends", replaced(MARTS, "contract: {enforced: true}", "contract: {enforced: false}")),
    ("access", replaced(MARTS, "access: public", "access: protected")),
    ("a group", replaced(MARTS, "config: {group: finance, contract", "config: {contract")),
    ("a date of deprecation", replaced(MARTS, "deprecation_date: 2030-01-02", "deprecation_date: 2030-01-03")),
    ("the latest version", replaced(MARTS, "latest_version: 1", "latest_version: 2")),
    ("a version's description", replaced(MARTS, "description: newer", "description: newest")),
    ("a macro that models call", replaced("macros/all.sql", "'{{ who }}'", "'{{ who }}!'")),
    ("white space within a macro", replaced("macros/all.sql", "{% macro default__shape() %}", "{% macro default__shape() %} ")),
    ("white space around a macro", replaced("macros/all.sql", "{%- endmacro -%}\n\n", "{%- endmacro -%}\n\n\n")),
    ("a macro that is dispatched", replaced("macros/all.sql", "{% macro postgres__shape() %}p", "{% macro postgres__shape() %}q")),
    ("a macro that one of dbt's calls", replaced("macros/all.sql", "{% do return(relation) %}", "{% do  return(relation) %}")),
    ("a package's macro, deep down", replaced("dbt_packages/helper/macros/lend.sql", "{% macro deep() %}", "{% macro deep() %}{# #}")),
    ("a test's macro", replaced("tests/generic/even.sql", "<> 0", "!= 0")),
    ("a new macro that nothing calls", written("macros/new.sql", "{% macro fresh() %}{% endmacro %}")),
    ("a macro's description", replaced(STG, "description: whom", "description: who it is")),
    ("a test's severity", replaced(STG, "severity: error, meta", "severity: warn, meta")),
    ("a test's condition", replaced(STG, "id > {{ var('depth') }}", "id > 7")),
    ("a test's argument", replaced(STG, 'arguments: {by: "{{ var(\'depth\') }}"}', "arguments: {by: 9}")),
    (
        "a test more",
        replaced(
            MARTS, "{name: id, description: the key, data_tests: [unique, not_null]}",
            "{name: id, description: the key, data_tests: [unique, not_null, {accepted_values: {arguments: {values: [1]}}}]}",
        ),
    ),
    ("a test less", replaced(MARTS, "{name: id, description: the key, data_tests: [unique, not_null]}", "{name: id, description: the key, data_tests: [unique]}")),
    ("a singular test", appended("tests/alone.sql", " and 1 = 1")),
    ("a singular test's description", replaced("tests/alone.yml", "alone it stands", "it stands alone")),
    ("a seed's rows", appended("seeds/codes.csv", "2,b\n")),
    ("a seed's configuration", replaced("seeds/seeds.yml", "delimiter: ','", "delimiter: ';'")),
    ("a snapshot's query", replaced("snapshots/old.sql", "2 as a", "3 as a")),
    ("a snapshot's configuration", replaced("snapshots/snap.yml", "check_cols: all", "check_cols: [id]")),
    ("what a snapshot in yml is of", replaced("snapshots/snap.yml", "source('raw', 'events')", "source('raw', 'pages')")),
    ("where snapshots go", replaced(PROJECT, "kept_{{ target.name }}", "held_{{ target.name }}")),
    ("a source's schema", replaced(STG, "{{ var('where') }}_raw", "{{ var('where') }}_in")),
    ("a source's template that gives the same", replaced(STG, "{{ var('where') }}_raw", "landing_raw")),
    ("a source's freshness", replaced(STG, "warn_after: {count: 1", "warn_after: {count: 3")),
    ("a source's field", replaced(STG, "loaded_at_field: other", "loaded_at_field: another")),
    ("a source's identifier", replaced(STG, "identifier: events_v2", "identifier: events_v3")),
    ("a source's quoting", replaced(STG, "quoting: {schema: true}", "quoting: {schema: false}")),
    ("a source's description and tags", replaced(STG, "tags: [own]", "tags: [owned]")),
    ("a source's external words", replaced(STG, "file_format: csv", "file_format: json")),
    ("an exposure's owner", replaced(MARTS, "slack: \"#a\"", "slack: \"#b\"")),
    ("an exposure's url and label", replaced(MARTS, "label: The Board", "label: A Board")),
    ("an exposure's tags", replaced(MARTS, "tags: [seen]", "tags: [unseen]")),
    ("what an exposure depends on", replaced(MARTS, "depends_on: [ref('dim'), ", "depends_on: [")),
    ("a unit test", replaced(MARTS, "{id: 1, amount: 2.5}", "{id: 2, amount: 2.5}")),
    ("a unit test's description", replaced(MARTS, "description: it counts", "description: it adds up")),
    ("a unit test's model", appended("models/marts/fct_new.sql", " -- changed")),
    ("an analysis", appended("analyses/look.sql", "-- more")),
    ("a hook of the run", replaced(PROJECT, "greet('a')", "greet('z')")),
    ("a variable of the project", replaced(PROJECT, "depth: 3", "depth: 4")),
    ("a model more", written("models/marts/fresh.sql", "select * from {{ ref('loud') }}")),
    ("a model less", lambda: (removed("models/marts/batch.sql")(), replaced(MARTS, "  - {name: batch,", "  - {name: batched,")())),
    ("a model that is turned off", replaced("models/staging/stg_pages.sql", "select *", "{{ config(enabled=target.name != 'dev') }} select *")),
    ("a model that is moved", lambda: shutil.move("models/marts/late.sql", "models/staging/late.sql")),
    ("quoting", replaced(PROJECT, "quoting: {identifier: true}", "quoting: {identifier: false}")),
]
WORDS = [("a variable of the line", ["--vars", "{where: shore, depth: 8}"], {}), ("an environment variable", [], {"WORDS_NOTE": "some"})]


def edit(bench, home):
    title = bench.title
    bench.keep()
    pristine = pathlib.Path(tempfile.mkdtemp(prefix="states."))
    shutil.copytree(home, pristine / "p", ignore=shutil.ignore_patterns("target*", "logs"))
    only = os.environ.get("STATES_ONLY", "")
    count = int(os.environ.get("STATES_EDITS", len(EDITS)))
    chosen = EDITS if count >= len(EDITS) else random.Random(os.environ.get("SLUICE_TEST_SEED")).sample(EDITS, count)
    for name, change in chosen:
        if only not in name: continue
        for entry in list(home.iterdir()):
            if entry.name not in ("target_theirs", "target_ours", "logs"): shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(pristine / "p", home, dirs_exist_ok=True)
        change()
        bench.title = f"{title}, {name}"
        if bench.parse(): bench.select(SELECTIONS)
    for entry in list(home.iterdir()):
        if entry.name not in ("target_theirs", "target_ours", "logs"): shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    shutil.copytree(pristine / "p", home, dirs_exist_ok=True)
    for name, words, environment in WORDS:
        if only not in name: continue
        os.environ.update(environment)
        bench.title = f"{title}, {name}"
        if bench.parse(words): bench.select(SELECTIONS, words)
        for key in environment: del os.environ[key]
    shutil.rmtree(pristine)


def simplify(home):
    """dbt's sqlite adapter has a `ref` of its own, which takes one name alone."""
    for file in home.rglob("*"):
        if file.suffix not in (".sql", ".yml"): continue
        text = file.read_text()
        simple = re.sub(r"ref\('(\w+)', v=\d\)", r"ref('\1')", re.sub(r"ref\('\w+', '(\w+)'\)", r"ref('\1')", text))
        if simple != text: file.write_text(simple)


def main():
    ours, adapter, *projects = sys.argv[1:]
    passed, failed = 0, 0

    def report(title, there, here, detail=None):
        nonlocal passed, failed
        if there == here:
            passed += 1
            return
        failed += 1
        print(f"✘ {title}\n    {detail}" if detail else f"✘ {title}\n    dbt  {json.dumps(there)[:700]}\n    ours {json.dumps(here)[:700]}", flush=True)

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="states."))
    for folder in map(pathlib.Path, projects):
        home = scratch / str(len(list(scratch.iterdir()))) / "p"
        shutil.copytree(folder, home, ignore=shutil.ignore_patterns("target*", "logs"))
        profile = yaml.safe_load((home / "dbt_project.yml").read_text())["profile"]
        (home / "profiles.yml").write_text(yaml.safe_dump({profile: {"target": "dev", "outputs": {"dev": PROFILES[adapter]}}}))
        if adapter == "sqlite": simplify(home)
        os.chdir(home)
        bench = Bench(ours, f"{adapter}, {folder.name if folder.name != 'dbt' else folder.parent.name}", report)
        if not bench.parse():
            report(f"{bench.title}: both read it", True, False)
            continue
        bench.compare_manifests()
        bench.unchanged()
        if folder.name == "every_word": edit(bench, home)
    os.chdir("/")
    shutil.rmtree(scratch)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__": main()
