"""Real dbt and ours on random projects: what they read, list and compile must be the same.

usage: hunt.py OURS [--projects 2] [--selections 30] [--seed N] [--keep FOLDER]
dbt runs inside this process, as its start takes seconds. POSTGRES_TEST_PORT and its fellows say where the server is.
The last line is `N passed, N failed, N skipped`; a failure names the seed and the words that show it.
"""
import argparse, json, os, pathlib, random, shutil, subprocess, sys, tempfile

import yaml
from dbt.cli.main import dbtRunner

from generate import Project
from manifests import differences

parser = argparse.ArgumentParser()
parser.add_argument("ours")
parser.add_argument("--projects", type=int, default=2)
parser.add_argument("--selections", type=int, default=30)
parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
parser.add_argument("--keep")
options = parser.parse_args()

PROFILE = """hunted:
  target: dev
  outputs:
    dev: {type: postgres, threads: 1, host: 127.0.0.1, port: %s, user: %s, password: %s, dbname: %s, schema: hunted}
""" % tuple(os.environ[f"POSTGRES_TEST_{name}"] for name in ("PORT", "USER", "PASS", "DATABASE"))
passed, failed = 0, 0


def check(title, theirs, ours):
    global passed, failed
    if theirs == ours:
        passed += 1
        return
    failed += 1
    print(f"✘ {title}\n    dbt  {theirs}\n    ours {ours}", flush=True)


def write(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False))


def theirs(manifest, words):
    """Exit code and what is listed."""
    hidden = sys.stdout
    sys.stdout = open(os.devnull, "w")
    try: result = dbtRunner(manifest=manifest).invoke(words + ["--quiet", "--log-level-file", "none", "--target-path", "target_theirs"])
    finally: sys.stdout = hidden
    return (2 if result.exception else 0 if result.success else 1), result.result if result.exception is None else str(result.exception)


def ours(words):
    # What real dbt shall compare with needs the texts of dbt's own macros.
    environment = {**os.environ, "SLUICE_DBT_MACROS": "target_theirs/manifest.json"} if os.path.exists("target_theirs/manifest.json") else None
    run = subprocess.run(options.ours.split() + words + ["--quiet", "--target-path", "target_ours"], capture_output=True, text=True, env=environment)
    return run.returncode, run.stdout


def sealed(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.sql")} if folder.exists() else {}


def parse(title):
    """dbt's manifest, or None where the project is refused; then ours has to refuse it too."""
    shutil.rmtree("target_theirs", ignore_errors=True)
    code, manifest = theirs(None, ["parse", "--no-partial-parse"])
    own, text = ours(["parse"])
    check(f"{title}: parse", code if code == own else f"{code} {str(manifest)[-600:] if code else ''}", own if code == own else f"{own} {text[-600:]}")
    if code or own: return None
    load = lambda side: json.loads(pathlib.Path(f"target_{side}/manifest.json").read_text())
    found = list(differences(load("theirs"), load("ours")))
    for place, there, here in found: check(f"{title}: {place}", there, here)
    if not found: check(f"{title}: the manifests", "equal", "equal")
    return manifest


def plain(line):
    """A line of `--output json` with sets in order."""
    if not line.startswith("{"): return line
    node = json.loads(line)
    for place in (node, node.get("config", {})):
        if "tags" in place: place["tags"] = sorted(set(place["tags"]))
    for key in ("macros", "nodes"): node.get("depends_on", {}).get(key, []).sort()
    return json.dumps(node, sort_keys=True)


def compare_lists(title, manifest, project, isStateful):
    """dbt and ours, on the state that dbt wrote; and on the one that ours wrote."""
    words = project.selection(isStateful)
    line = ["ls"] + words
    expected = None
    for state in ("state", "state_ours") if isStateful else (None,):
        whole = line + (["--state", state] if state else [])
        code, listed = theirs(manifest, whole)
        own, text = ours(whole)
        lines = text.strip().split("\n") if own == 0 and text.strip() else []
        there = code or sorted(map(plain, listed or []))
        here = own or sorted(map(plain, lines))
        if state == "state_ours": check(f"{title}: dbt, {' '.join(whole)}", expected, there)
        else: expected = there
        check(f"{title}: {' '.join(whole)}", expected, here if own == 0 or own == code else f"{own} {text[-300:]}")


def results(random_, manifest):
    """What an earlier run may have left."""
    runs = [{
        "unique_id": id, "status": random_.choice(["pass", "fail", "warn"] if id.startswith("test.") else ["success", "error", "skipped"]), "timing": [],
        "thread_id": "x", "execution_time": 0, "adapter_response": {}, "message": None, "failures": None, "compiled": None, "compiled_code": None,
        "relation_name": None,
    } for id in manifest.nodes]
    return {"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"}, "results": runs, "elapsed_time": 0, "args": {}}


def ages(random_, manifest):
    def source(id):
        return {"unique_id": id, "max_loaded_at": f"2026-01-0{random_.randint(1, 3)}T00:00:00+00:00", "snapshotted_at": "2026-01-04T00:00:00+00:00", "max_loaded_at_time_ago_in_s": 1.0,
                "status": random_.choice(["pass", "warn", "error"]), "criteria": {"warn_after": {"count": 1, "period": "day"}, "error_after": {"count": None, "period": None}, "filter": None}, "adapter_response": {}, "timing": [], "thread_id": "x", "execution_time": 0.0}
    return {"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json"}, "results": [source(id) for id in manifest.sources], "elapsed_time": 0.0}


def hunt(seed, home):
    random_ = random.Random(seed)
    project = Project(random_)
    title = f"seed {seed}"
    home.mkdir(parents=True)
    os.chdir(home)
    (home / "profiles.yml").write_text(PROFILE)
    write(home, project.files)
    manifest = parse(title)
    if manifest is None: return
    for _ in range(options.selections): compare_lists(title, manifest, project, False)
    code, _ = theirs(manifest, ["compile"])
    own, text = ours(["compile"])
    check(f"{title}: compile", code, own if code == own else f"{own} {text[-600:]}")
    if code == own == 0:
        there, here = sealed(home / "target_theirs/compiled"), sealed(home / "target_ours/compiled")
        check(f"{title}: compiled files", sorted(there), sorted(here))
        for path in sorted(set(there) & set(here)):
            # Each library has its own text of a test.
            if ".yml/" not in path: check(f"{title}: {path}", there[path], here[path])
    for state in ("state", "state_ours"): (home / state).mkdir()
    shutil.copy("target_theirs/manifest.json", "state/manifest.json")
    # Not the one in the target folder: compiling has written there since.
    ours(["parse", "--no-partial-parse"])
    shutil.copy("target_ours/manifest.json", "state_ours/manifest.json")
    for name, words in (("run_results", results(random_, manifest)), ("sources", ages(random_, manifest))):
        for state in ("state", "state_ours"): (home / state / f"{name}.json").write_text(json.dumps(words))
    project.mutate()
    write(home, project.files)
    manifest = parse(f"{title}, changed")
    if manifest is None: return
    for target in ("target_theirs", "target_ours"): (home / target / "sources.json").write_text(json.dumps(ages(random.Random(seed), manifest)))
    for _ in range(options.selections): compare_lists(f"{title}, changed", manifest, project, True)


scratch = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="hunt."))
for seed in range(options.seed, options.seed + options.projects): hunt(seed, scratch / str(seed))
os.chdir("/")
if not options.keep: shutil.rmtree(scratch)
print(f"{options.projects} projects from --seed {options.seed}")
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
