"""dbt's commands and ours on the same projects, one after another: how each ends, what it tells, what it leaves.

usage: commands.py OURS ADAPTER [ONLY]
dbt runs inside this process, as its start takes seconds. POSTGRES_TEST_PORT and its fellows say where the server is.
On SQLite the scenes of ON_SQLITE alone are played: the others are about the database, and its adapter's views cannot read another file.
The last line is `N passed, N failed, N skipped`, the last of commands that always fail with dbt's adapter; a difference names the scene and the command.
"""
import difflib, io, json, os, pathlib, re, shutil, sqlite3, subprocess, sys, tempfile

import click, yaml
import dbt.clients.registry, dbt.deprecations
from dbt.cli.main import cli, dbtRunner

from hub import Hub
from scenes import NOT_ON_SQLITE, ON_SQLITE, SCENES

ADAPTER = sys.argv[2]
SETTING = {name: os.environ[f"POSTGRES_TEST_{name}"] for name in ("HOST", "PORT", "USER", "PASS", "DATABASE")} if ADAPTER == "postgres" else {}
passed = failed = skipped = 0


def check(title, theirs, ours):
    global passed, failed
    if theirs == ours:
        passed += 1
        return
    failed += 1
    if isinstance(theirs, list) and isinstance(ours, list): text = "\n".join("    " + line for line in difflib.unified_diff([str(x) for x in theirs], [str(x) for x in ours], "dbt", "ours", lineterm="", n=1))
    else: text = f"    dbt  {theirs}\n    ours {ours}"
    print(f"✘ {title}\n{text}", flush=True)


def sql(text):
    import psycopg2
    connection = psycopg2.connect(host=SETTING["HOST"], port=SETTING["PORT"], user=SETTING["USER"], password=SETTING["PASS"], dbname=SETTING["DATABASE"])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(text)
    rows = cursor.fetchall() if cursor.description else None
    connection.close()
    return rows


def clear():
    if ADAPTER == "sqlite": return  # each side has files of its own
    for (name,) in sql("select nspname from pg_namespace where nspname ~ '^scene'"): sql(f'drop schema "{name}" cascade')


def relations():
    if ADAPTER == "sqlite":
        rows = sqlite3.connect("../scene.db").execute("select name, type from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by 1")
        return [["scene", name.split("__")[-1], {"table": "BASE TABLE", "view": "VIEW"}[kind]] for name, kind in rows]
    return [list(row) for row in sql("select table_schema, table_name, table_type from information_schema.tables where table_schema ~ '^scene' order by 1, 2")]


def rows():
    """Each table with its columns, their types and its rows."""
    found = []
    if ADAPTER == "sqlite":
        connection = sqlite3.connect("../scene.db")
        for (name,) in connection.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1").fetchall():
            columns = connection.execute(f'pragma table_info("{name}")').fetchall()
            found.append([name] + [f"{column[1]} {column[2]}" for column in columns])
            words = ", ".join(f'"{column[1]}", typeof("{column[1]}")' for column in columns)
            found += sorted(([name, *row] for row in connection.execute(f'select {words} from "{name}"').fetchall()), key=str)
        return found
    for (name,) in sql("select relname from pg_class where relnamespace::regnamespace::text = 'scene' and relkind = 'r' order by 1"):
        columns = sql(f"select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'scene.\"{name}\"'::regclass and attnum > 0 and not attisdropped order by attnum")
        found.append([name] + [" ".join(column) for column in columns])
        words = ", ".join(f'"{column}"::text' for column, _ in columns)
        found += sorted(([name, *row] for row in sql(f'select {words} from scene."{name}"')), key=str)
    return found


# For steps that look further.
relations.sql, relations.rows = sql, rows


def profile():
    if ADAPTER == "sqlite":
        # Beside the project: it is looked at from there.
        output = {"type": "sqlite", "threads": 1, "database": "scene", "schema": "main", "schemas_and_paths": {"main": "../scene.db"}, "schema_directory": ".."}
        return {"scene": {"target": "dev", "outputs": {"dev": output, "other": output}}}
    output = lambda schema: {
        "type": "postgres", "threads": 1, "host": SETTING["HOST"], "port": int(SETTING["PORT"]), "user": SETTING["USER"], "password": SETTING["PASS"],
        "dbname": SETTING["DATABASE"], "schema": schema,
    }
    return {"scene": {"target": "dev", "outputs": {"dev": output("scene"), "other": output("scene_other")}}}


def theirs(words, environment):
    told, hidden, old = io.StringIO(), (sys.stdout, sys.stderr), dict(os.environ)
    dbt.deprecations.reset_deprecations()
    # What a process keeps of the hub: each command is one of its own.
    registry = dbt.clients.registry
    registry.DEFAULT_REGISTRY_BASE_URL = os.environ["DBT_PACKAGE_HUB_URL"]
    registry._get_cached = dbt.utils.memoized(registry._get_package_with_retries)
    os.environ.update(environment)
    sys.stdout = sys.stderr = told
    try: result = dbtRunner().invoke(words)
    finally:
        sys.stdout, sys.stderr = hidden
        os.environ.clear()
        os.environ.update(old)
    # What the runner throws for the line, its program prints otherwise.
    text = told.getvalue() + (f"Usage Error\n{result.exception}" if type(result.exception).__name__ == "DbtUsageException" else "")
    return (2 if result.exception else 0 if result.success else 1), text


def ours(command, words, environment):
    run = subprocess.run(command + words, capture_output=True, text=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL)
    return run.returncode, run.stdout + run.stderr


# Of one program alone: versions, macros, what was parsed; our hints; where files lie; what the statement looked like.
LEFT_OUT = re.compile(
    r"={30}|\s+at \S.*\.db$|Running with (dbt|sluice)|Registered adapter|Unable to do partial|\s+(at   |try  )|\s+LINE \d|\s*\^$|CANCEL query|Catalog written"
    r"|(python|adapter) (version|path)|os info|  (dbname|schema|connect_timeout|role|search_path|keepalives_idle|ssl\w+|application_name|autocommit|retries): ")


def lines(text):
    found = []
    for line in text.split("\n"):
        if line.startswith("{") and '"invocation_id"' in line:
            event = json.loads(line)
            info = event["info"]
            # dbt tells its adapter's name besides.
            if info["name"] not in ("AdapterRegistered", "UnableToPartialParse") and info["level"] != "debug": found.append(" ".join([info["name"], info["code"], info["level"], *sorted(info), *sorted(event["data"])]))
            continue
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).replace("\r", "")
        line = re.sub(r"^\d\d:\d\d:\d\d(\.\d+)? {0,2}(\[[^]]*\] \[[^]]*\]: ?)?", "", line)
        line = re.sub(r" in \d+\.\d+s", " in Ts", re.sub(r" \.{2,}", " ...", line))
        line = re.sub(r"in \d+ hours.*", "in T", line)
        line = re.sub(r"/(theirs|ours)/", "/SIDE/", line).rstrip()
        # Those of dbt-sqlite are other ones than ours.
        if ADAPTER == "sqlite": line = re.sub(r"\d+ macros", "N macros", line)
        # dbt's order changes with what it has read again since.
        if line.startswith("Found "): line = "Found " + ", ".join(sorted(line.removeprefix("Found ").split(", ")))
        if line and not LEFT_OUT.match(line): found.append(line)
    # The reason is the same; each program has its own frame around it.
    if any("Usage Error" in line or line.startswith(("Usage: sluice dbt", "Error: Option ")) for line in found): return ["Usage Error", *reason(found)]
    return found


def reason(lines_):
    """What is wrong with the line: behind `Error:` where somebody says so, else the lines that neither frame nor help is."""
    told = [line.strip().removeprefix("Error: ") for line in lines_ if not re.match(r"Usage|Try |The YAML provided in |error\[|\s*(at|try) ", line)]
    # dbt as a library leaves out which option it is, and what its program prints before.
    return [re.sub(r"^Invalid value for '--[\w-]+'( / '-\w')?: ", "", line) for line in told]


def results(path):
    """Node by node, as far as it is no moment's."""
    if not path.exists(): return None
    text = lambda message: re.sub(r"\x1b\[[0-9;]*m|\r", "", message or "").split("\n  compiled code")[0].split("\n  LINE ")[0].strip()
    return sorted([entry["unique_id"], entry["status"], text(entry["message"]), entry["failures"] or 0, entry["relation_name"]] for entry in json.loads(path.read_text())["results"])


def step(command, side, step_):
    """What a command of the line leaves behind it."""
    words, environment, leaving = step_
    path = pathlib.Path("target/run_results.json")
    before = path.read_text() if path.exists() else None
    code, text = theirs(words, environment) if side == "theirs" else ours(command, words, environment)
    written = path.exists() and path.read_text() != before
    # dbt counts what it found before a list that is asked for as `ls`, which ours is sparing of.
    found = {"exit code": code, "told": [line for line in lines(text) if words[0] != "ls" or not line.startswith("Found ")], "results": results(path) if written else None}
    # Every flag with its value, but for the sides' own folders and words.
    if written and words[0] != "retry": found["args"] = [f"{key} {json.dumps(value, sort_keys=True)}" for key, value in sorted(json.loads(path.read_text())["args"].items()) if key not in ("log_path", "profiles_dir", "project_dir", "invocation_command")]
    return {key: value for key, value in found.items() if key not in leaving}


def scene(command, home, name, files, steps):
    global skipped
    if ADAPTER == "sqlite":
        kept = [step_ for step_ in steps if callable(step_) or not any(step_[0][: len(words)] == words for words in NOT_ON_SQLITE)]
        skipped, steps = skipped + len(steps) - len(kept), kept
        # Its `ref` takes one name alone.
        files = {path: re.sub(r"ref\('(\w+)', v=\d\)", r"ref('\1')", text) for path, text in files.items()}
    seen = {}
    for side in ("theirs", "ours"):
        folder = home / name / side / "p"
        for path, text in {**files, "profiles.yml": yaml.safe_dump(profile())}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        clear()
        os.chdir(folder)
        seen[side] = [({"left": step_(relations)} if callable(step_) else step(command, side, step_)) for step_ in steps]
    for step_, there, here in zip(steps, seen["theirs"], seen["ours"]):
        title = f"{name}, a look" if callable(step_) else f"{name}: {' '.join(step_[0])} {step_[1] or ''}".strip()
        for key in there: check(f"{title}: {key}", there[key], here[key])


def options(command):
    """Which options each command reads: what dbt's parser knows, and what `--help` and refusals say of ours."""
    def walk(group, path):
        for word, below in group.commands.items():
            if isinstance(below, click.Group): yield from walk(below, path + [word])
            else: yield path + [word], below
    for path, below in walk(cli, []):
        if path[-1] == "snapshot-freshness": continue
        known = {word: option for option in below.params if isinstance(option, click.Option) for word in option.opts + option.secondary_opts if word.startswith("--") and not word.startswith("--deprecated")}
        refused = []
        for word, option in known.items():
            # A word behind that no command has: whoever gets that far has read the option.
            value = [] if option.is_flag else [{"integer": "1", "YAML": "{}", "WarnErrorOptionsType": "{}", "SqlParseOptionsType": "{}"}.get(
                getattr(option.type, "name", ""), option.type.choices[0] if isinstance(option.type, click.Choice) else "x",
            )]
            if word != "--version" and f"No such option '{word}'." in ours(command, path + [word] + value + ["--no-such-thing"], {})[1] + "\n": refused.append(word)
        check(f"{' '.join(path)}: dbt's options that are refused", [], refused)
        told = set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", ours(command, path + ["--help"], {})[1])) - {"--help"}
        check(f"{' '.join(path)}: options that dbt does not have", [], sorted(told - set(known)))


def main():
    command, only = sys.argv[1].split(), sys.argv[3] if len(sys.argv) > 3 else ""
    home = pathlib.Path(tempfile.mkdtemp(prefix="scenes."))
    if only in "options" and ADAPTER == "postgres": options(command)
    with Hub() as os.environ["DBT_PACKAGE_HUB_URL"]:
        for name, (files, steps) in SCENES.items():
            if only in name and (ADAPTER == "postgres" or name in ON_SQLITE): scene(command, home, name, files, steps)
    clear()
    os.chdir("/")
    shutil.rmtree(home)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__": main()
