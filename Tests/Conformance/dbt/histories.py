"""Real dbt and ours through the same history of a random project, each on a database of its own: after each step the warehouse must be the same.

usage: histories.py OURS ADAPTER [--projects 2] [--steps 4] [--seed N] [--keep FOLDER]
POSTGRES_TEST_PORT and its fellows say where the server is. On SQLite the project has what dbt's adapter can do alone.
A project stops at its first difference, as all that follows would differ. Lines are compared without their order, and not at all where both refuse.
The last line is `N passed, N failed, N skipped`; a failure names the seed, and what was done since the beginning.
"""
import argparse, datetime, json, os, pathlib, random, re, shutil, sqlite3, sys, tempfile

import commands
from growing import Growing

parser = argparse.ArgumentParser()
parser.add_argument("ours")
parser.add_argument("adapter")
parser.add_argument("--projects", type=int, default=2)
parser.add_argument("--steps", type=int, default=4)
parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
parser.add_argument("--keep")
options = parser.parse_args()
SIDES = ("theirs", "ours")
# As long as the other, as lines are broken by their length.
DATABASES = {"theirs": f"history_{os.getpid()}_a", "ours": f"history_{os.getpid()}_b"}

CATALOG = {
    "relations": """
        select n.nspname || '.' || c.relname, c.relkind::text, obj_description(c.oid), (select array_agg(a::text order by 1) from unnest(c.relacl) a where a::text !~ '^root='), case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname ~ '^history' and c.relkind in ('r', 'v', 'm', 'S') order by 1""",
    "columns": """
        select n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where n.nspname ~ '^history' and c.relkind in ('r', 'v', 'm') and a.attnum > 0 and not a.attisdropped order by 1, a.attnum""",
    "indexes": r"select regexp_replace(indexdef, 'INDEX \S+ ON', 'INDEX ON') from pg_indexes where schemaname ~ '^history' order by 1",
    "constraints": "select conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) from pg_constraint where connamespace::regnamespace::text ~ '^history' order by 1, 2, 3",
}


class PostgreSQL:
    def __init__(self, side):
        import psycopg2
        self.name = DATABASES[side]
        where = {"host": commands.SETTING["HOST"], "port": commands.SETTING["PORT"], "user": commands.SETTING["USER"], "password": commands.SETTING["PASS"]}
        if not commands.sql(f"select 1 from pg_database where datname = '{self.name}'"): commands.sql(f"create database {self.name}")
        self.connection = psycopg2.connect(**where, dbname=self.name)
        self.connection.autocommit = True
        for (schema,) in self.sql("select nspname from pg_namespace where nspname ~ '^history'"): self.sql(f'drop schema "{schema}" cascade')
        self.sql("create schema history")
        output = lambda schema: {"type": "postgres", "threads": 1, "host": where["host"], "port": int(where["port"]), "user": where["user"], "password": where["password"], "dbname": self.name, "schema": schema}
        self.profile = {"growing": {"target": "dev", "outputs": {"dev": output("history"), "other": output("history_other")}}}

    def sql(self, text):
        cursor = self.connection.cursor()
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else None

    def edit(self, text): self.sql("set search_path = history; " + text)

    def look(self):
        self.sql("set search_path = ''")
        found = {name: [list(row) for row in self.sql(query)] for name, query in CATALOG.items()}
        rows = []
        for relation, kind, *_ in found["relations"]:
            if kind == "S": continue
            schema, name = relation.split(".")
            names = ", ".join(f'"{column}"::text' for each, column, *_ in found["columns"] if each == relation)
            # A view may be of what is a division by zero.
            try: rows += [[relation, *row] for row in self.sql(f'select {names} from {schema}."{name}"')]
            except Exception as problem: rows.append([relation, str(problem).split("\n")[0]])
        return found | {"rows": rows}

    def views(self, found): return {row[0]: row[1] for row in found["relations"] if row[1] in "vm"}

    def drop(self, relation, kind):
        schema, name = relation.split(".")
        self.sql(f'drop {"materialized view" if kind == "m" else "view"} if exists {schema}."{name}" cascade')


class SQLite:
    def __init__(self, side):
        self.path = pathlib.Path("..").resolve() / f"{DATABASES[side]}.db"
        output = {"type": "sqlite", "threads": 1, "database": "history", "schema": "main", "schemas_and_paths": {"main": str(self.path)}, "schema_directory": str(self.path.parent)}
        self.profile = {"growing": {"target": "dev", "outputs": {"dev": output}}}

    def sql(self, text):
        connection = sqlite3.connect(self.path)
        try:
            with connection: return connection.execute(text).fetchall()
        finally: connection.close()

    def edit(self, text): self.sql(text)

    def look(self):
        found = {
            "relations": [list(row) for row in self.sql("select name, type, case when type = 'view' then sql end from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by 1")],
            "columns": [], "rows": [], "indexes": [list(row) for row in self.sql("select tbl_name, name from sqlite_master where type = 'index' and name not like 'sqlite_%' order by 1, 2")],
        }
        for relation, *_ in found["relations"]:
            try:
                columns = self.sql(f'pragma table_info("{relation}")')
                found["columns"] += [[relation, *column[1:4]] for column in columns]
                names = ", ".join(f'"{column[1]}", typeof("{column[1]}")' for column in columns)
                found["rows"] += [[relation, *row] for row in self.sql(f'select {names} from "{relation}"')]
            except sqlite3.Error as problem: found["rows"].append([relation, str(problem)])
        return found

    def views(self, found): return {}


# What differs from moment to moment

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+00(:00)?|Z)?")


class Moments:
    """The times of one side's commands: a moment in a row is called by the step in which it was."""

    def __init__(self): self.begins = []
    def begin(self): self.begins.append(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None))

    def name(self, match):
        moment = datetime.datetime.fromisoformat(re.sub(r"(\+00(:00)?|Z)$", "", match.group()))
        step = sum(begin <= moment for begin in self.begins)
        return f"<step {step}>" if step else match.group()

    def plain(self, row):
        found = [MOMENT.sub(self.name, cell) if isinstance(cell, str) else cell for cell in row]
        # What is hashed with a moment.
        is_of_now = any(isinstance(cell, str) and "<step" in cell for cell in found)
        return [re.sub(r"^[0-9a-f]{32}$", "<hash>", cell) if is_of_now and isinstance(cell, str) else cell for cell in found]


# Each has its own frame around an error of a template, and values of rows are in none of our messages.
FRAME = re.compile(r"\s*(> in macro |> called by |the project's own template raised|DETAIL: |correct the data or)|\s*$")


def plain(line):
    line = re.sub(r"; Key \(.*|(invalid input syntax for type \w+): \".*", r"\1", re.sub(r"\b[0-9a-f]{32}\b", "<hash>", line))
    # What is skipped ends so soon that dbt's threads decide what comes next.
    return re.sub(r"^\d+ of (\d+) ", r"N of \1 ", line)


def neutral(value):
    return json.loads(re.sub(r"history_\d+_[ab]\b|/(theirs|ours)/", "history", json.dumps(value, default=str)))


def results():
    path = pathlib.Path("target/run_results.json")
    # dbt's adapter of SQLite does not count rows.
    answers = {entry["unique_id"]: {key: value for key, value in entry["adapter_response"].items() if options.adapter == "postgres" or key != "rows_affected"} for entry in json.loads(path.read_text())["results"]}
    return [[id, status, [plain(line) for line in message.split("\n") if not FRAME.match(line)], *rest, answers[id]] for id, status, message, *rest in commands.results(path)]


class Side:
    def __init__(self, name, home):
        self.name, self.folder, self.moments = name, home / name / "p", Moments()
        self.folder.mkdir(parents=True)
        os.chdir(self.folder)
        self.warehouse = (SQLite if options.adapter == "sqlite" else PostgreSQL)(name)
        (self.folder / "profiles.yml").write_text(json.dumps(self.warehouse.profile))

    def write(self, files):
        for kind in ("models", "seeds", "snapshots", "tests"): shutil.rmtree(self.folder / kind, ignore_errors=True)
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def step(self, words):
        # What is told of a file that is read again depends on when it was written.
        words = words + ["--no-partial-parse"] * (words[0] != "retry")
        os.chdir(self.folder)
        path = pathlib.Path("target/run_results.json")
        before = path.read_text() if path.exists() else None
        self.moments.begin()
        code, text = commands.theirs(words, {}) if self.name == "theirs" else commands.ours(options.ours.split(), words, {})
        (self.folder / "told.txt").write_text(text)
        is_written = path.exists() and path.read_text() != before
        told = sorted(plain(line) for line in commands.lines(text) if not FRAME.match(line))
        return neutral({"exit code": code, "results": results() if is_written else None, "told": told}) | self.look()

    def look(self):
        found = self.warehouse.look()
        return neutral(found | {"rows": sorted(map(self.moments.plain, found["rows"]), key=str)})

    def keep(self):
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        if (self.folder / "target").exists(): shutil.copytree(self.folder / "target", self.folder / "state")


class History:
    """One project's; `done` is what was done since its beginning."""

    def __init__(self, seed, home):
        self.seed, self.random, self.done, self.steps, self.refused = seed, random.Random(seed), [], 0, 0
        self.project, self.sides = Growing(self.random, options.adapter), [Side(name, home) for name in SIDES]
        self.change(self.project.beginning())

    def change(self, statements):
        for side in self.sides:
            for statement in statements: side.warehouse.edit(statement)

    def run(self):
        words, has_state, has_failed, before = ["build"], False, False, {}
        for _ in range(options.steps):
            there, here = self.step(words)
            if not self.is_comparable(there, here, before) or not self.is_equal(there, here): return
            # What a clone left is tried all at once here, and dbt skips what lies behind a failure then.
            has_failed = there["exit code"] == 1 and words[0] != "clone" and (words[0] != "retry" or has_failed)
            if self.random.random() < 0.4 and there["exit code"] < 2:
                for side in self.sides: side.keep()
                has_state = True
                self.done.append("(state kept)")
            before = self.sides[0].warehouse.views(there)
            edits, statements = self.project.edit()
            self.done.append(f"[{', '.join(edits)}]")
            self.change(statements)
            words = self.project.command(has_state, has_failed)

    def step(self, words):
        for side in self.sides: side.write(self.project.files)
        self.done.append(" ".join(words))
        self.steps += 1
        return [side.step(words) for side in self.sides]

    def is_comparable(self, there, here, before):
        """Views that dbt lost with a table's old self, and we keep, are dropped: a difference that is meant. False where dbt failed over it."""
        theirs, ours = self.sides
        kept = ours.warehouse.views(here)
        lost = kept.keys() & before.keys() - {row[0] for row in there["relations"]}
        if not lost: return True
        commands.skipped += 1
        self.done.append(f"(dbt lost {', '.join(sorted(lost))})")
        if there["exit code"] > here["exit code"]:
            print(f"skipped: seed {self.seed}: dbt failed over a view that it lost, after {'; '.join(self.done)}", flush=True)
            return False
        for relation in lost: ours.warehouse.drop(relation, kept[relation])
        there.update(theirs.look())
        here.update(ours.look())
        return True

    def is_equal(self, there, here):
        is_refused = there["exit code"] == here["exit code"] == 2
        if is_refused:
            self.refused += 1
            commands.skipped += 1
            self.done.append("(refused)")
        failures = commands.failed
        for key in there:
            # What reads no project is told in other words; `mutations` compares that.
            if is_refused and key in ("told", "results"): continue
            commands.check(f"seed {self.seed}, {key}, after {'; '.join(self.done)}", there[key], here[key])
        return commands.failed == failures


def main():
    print(f"seed {options.seed}", flush=True)
    os.environ["DBT_PACKAGE_HUB_URL"] = "http://127.0.0.1:9"  # nothing is installed
    home = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="histories.")).resolve()
    steps = refused = 0
    try:
        for seed in range(options.seed, options.seed + options.projects):
            folder = home / str(seed)
            shutil.rmtree(folder, ignore_errors=True)
            history = History(seed, folder)
            history.run()
            steps, refused = steps + history.steps, refused + history.refused
    finally:
        os.chdir("/")
        if options.adapter == "postgres":
            for name in DATABASES.values(): commands.sql(f"drop database if exists {name} with (force)")
    if not options.keep: shutil.rmtree(home)
    # Projects that both refuse compare little: where they are many, the generator writes what is no project.
    if steps >= 8: commands.check("no more than a third of all steps are refused", True, refused <= steps / 3)
    print(f"{commands.passed} passed, {commands.failed} failed, {commands.skipped} skipped")
    sys.exit(1 if commands.failed else 0)


if __name__ == "__main__": main()
