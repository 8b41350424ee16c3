"""What dbt and ours write about how things ended: run_results.json, sources.json and catalog.json, member by member.

usage: ends.py OURS postgres
The project every_end is taken through the commands by each, on a warehouse of its own; nodes build, fail, warn and are skipped there.
POSTGRES_TEST_PORT and its fellows say where the server is. On SQLite dbt's adapter has no freshness, no contracts and no md5 for snapshots,
so there is nothing to compare with. The last line is `N passed, N failed, 0 skipped`.
"""
import json, os, pathlib, re, shutil, subprocess, sys, tempfile

import yaml

COMMANDS = [
    ["seed"], ["run"], ["run", "--full-refresh", "-s", "grown", "tabled"], ["test"], ["snapshot"], ["compile", "-s", "plain", "unseen"], ["build"], ["source", "freshness"], ["run"],
    ["docs", "generate"], ["docs", "generate", "--empty-catalog"],
]
# Of the machine and the moment.
LEFT_OUT = {
    "generated_at", "invocation_id", "invocation_started_at", "execution_time", "elapsed_time", "started_at", "completed_at", "snapshotted_at",
    "max_loaded_at_time_ago_in_s", "user_id", "dbt_version",
}

BROKEN = "select {{ exceptions.raise_compiler_error('no') if execute }} from {{ ref('plain') }}\n"


def profile(adapter, home, side):
    if adapter == "sqlite": return {
        "type": "sqlite", "threads": 1, "database": "house", "schema": "main", "schemas_and_paths": {"main": f"{home}/{side}.db"},
        "schema_directory": f"{home}/schemas_{side}",
    }
    setting = lambda word: os.environ[f"POSTGRES_TEST_{word}"]
    return {
        "type": "postgres", "threads": 1, "host": setting("HOST"), "port": int(setting("PORT")), "user": setting("USER"), "password": setting("PASS"),
        "dbname": setting("DATABASE"), "schema": "ends",
    }


def run(command, words, home, side):
    target = home / f"target_{side}"
    # dbt writes no catalog where a model does not compile.
    broken = home / "p/models/uncompiled.sql"
    broken.write_text("select 1 as id" if words[0] == "docs" else BROKEN)
    environment = {**os.environ, "DBT_PROFILES_DIR": str(home / side), "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(home / "logs")}
    done = subprocess.run(command + words, cwd=home / "p", capture_output=True, text=True, env=environment)
    found = {"exit code": done.returncode}
    for name in ("run_results", "sources", "catalog"):
        path = target / f"{name}.json"
        if path.exists(): found[name] = json.loads(path.read_text())
        if path.exists() and name != "run_results": path.unlink()
    return found, done.stdout + done.stderr


def plain(value, key=""):
    """Without what each program, run or machine has of its own."""
    if isinstance(value, dict): return {name: plain(item, name) for name, item in value.items() if name not in LEFT_OUT}
    if isinstance(value, list):
        items = [plain(item, key) for item in value]
        return {item["unique_id"]: item for item in items} if items and all(isinstance(item, dict) and "unique_id" in item for item in items) else items
    if isinstance(value, str): return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+Z]+", "TIME", value)
    return value


def compare(place, there, here):
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted(set(there) | set(here)):
            if is_left_out(f"{place}/{key}", there, here, key): continue
            if key not in here: yield f"{place}/{key}", there[key], "(missing)"
            elif key not in there: yield f"{place}/{key}", "(missing)", here[key]
            else: yield from compare(f"{place}/{key}", there[key], here[key])
    elif there == -1 and place.endswith("rows_affected"): pass  # dbt's sqlite adapter does not count
    elif "/test." in place and place.endswith(("/compiled_code", "/raw_code")) or "/unit_test." in place and place.endswith("/compiled_code"): pass  # each library has its own text
    elif str(there).startswith("INSERT") and str(here).startswith(("UPDATE", "DELETE")): pass  # of several statements
    elif place.endswith("/message") and words_of(there) == words_of(here): pass
    elif there != here: yield place, there, here


def is_left_out(place, there, here, key):
    """What Compilation's and TransformEngine's articles say is otherwise."""
    if place.endswith(("args/profiles_dir", "args/target_path")): return True  # each side has its own
    if place.startswith("docs generate") and "run_results" in place: return True  # dbt has the hooks, seeds and snapshots in it, which have no SQL to show
    if key == "adapter_response" and ("/test." in place or "/unit_test." in place): return True  # ours tells what the test counted
    if key == "timing" and place.startswith("compile"): return True  # dbt leaves one of two steps out
    # dbt drops a source that could not be asked.
    return "/sources/results/" in place and key not in there and here[key].get("status") == "runtime error"


def words_of(message):
    """The beginning of an error, which is the database's; without colours, a line of the SQL, and PostgreSQL's code."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message or "").replace("\r", "").split("\n  compiled code at")[0].split("\n  LINE ")[0].split("\n  at ")[0].split("\n  \n  \n  > in macro")[0].split("\n  the project's own template")[0]
    text = re.sub(r" \(\w{5}\)$", "", text)
    return re.sub(r"\s+", " ", text).strip()


def main():
    ours, adapter = sys.argv[1:]
    home = pathlib.Path(tempfile.mkdtemp(prefix="ends."))
    shutil.copytree(pathlib.Path(__file__).parent / "every_end", home / "p")
    for side in ("dbt", "ours"):
        (home / side).mkdir()
        (home / f"schemas_{side}").mkdir()
        (home / side / "profiles.yml").write_text(yaml.safe_dump({"ends": {"target": "dev", "outputs": {"dev": profile(adapter, home, side)}}}))
    theirs = [f"{pathlib.Path(sys.executable).parent}/dbt"]
    there, here = [], []
    for side, command, found in (("dbt", theirs, there), ("ours", ours.split(), here)):
        if adapter == "postgres": clear()
        for words in COMMANDS: found.append(run(command, words, home, side))
    passed = failed = 0
    for words, (one, text), (other, own) in zip(COMMANDS, there, here):
        found = list(compare(" ".join(words), plain(one), plain(other)))
        passed, failed = (passed + 1, failed) if not found else (passed, failed + len(found))
        for place, left, right in found: print(f"✘ {adapter}: {place}\n    dbt  {json.dumps(left)[:900]}\n    ours {json.dumps(right)[:900]}")
        if os.environ.get("VERBOSE"): print(text[-1500:], own[-1500:])
    shutil.rmtree(home)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


def clear():
    import psycopg2
    setting = lambda word: os.environ[f"POSTGRES_TEST_{word}"]
    connection = psycopg2.connect(host=setting("HOST"), port=setting("PORT"), user=setting("USER"), password=setting("PASS"), dbname=setting("DATABASE"))
    connection.autocommit = True
    for schema in ("ends", "ends_dbt_test__audit"): connection.cursor().execute(f"drop schema if exists {schema} cascade")
    connection.close()


main()
