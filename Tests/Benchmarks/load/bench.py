#!/usr/bin/env python3
"""Times `sluice load` beside `sqlite3 .import`, `psql \\copy` and dlt, in turn: a table, and a line of JSON.

bench.py SCRATCH --rows N --rounds N --ours PROGRAM [--dlt PYTHON] [--postgres URL]

Every table is compared with the generator's sums before its time counts. The peers' own tools get a table that is ready, typed by
hand, and keep no ledger and no books; `.import` leaves empty texts where nulls belong. Ours lands the file, infers the types, and
keeps ledger, books and audit columns; SQLite syncs fully on both sides. CPU is the client's, memory its peak resident set.
"""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import generate

parser = argparse.ArgumentParser()
parser.add_argument("scratch")
parser.add_argument("--rows", type=int, required=True)
parser.add_argument("--rounds", type=int, required=True)
parser.add_argument("--ours", required=True)
parser.add_argument("--dlt")
parser.add_argument("--postgres")
parser.add_argument("--pipe-rows")
options = parser.parse_args()
here = os.path.dirname(os.path.abspath(__file__))
scratch = options.scratch
figures = {}

COLUMNS = [
    ("event_id", "integer", "bigint"), ("user_id", "text", "text"), ("campaign_id", "integer", "bigint"), ("event_at", "text", "timestamptz"),
    ("event_date", "text", "date"), ("channel", "text", "text"), ("country", "text", "text"), ("cost", "real", "double precision"),
    ("revenue", "real", "double precision"), ("clicks", "integer", "bigint"), ("is_conversion", "text", "boolean"), ("ad_text", "text", "text"),
]


def table(engine, has_key):
    index = {"sqlite": 1, "postgres": 2}[engine]
    columns = [f"{column[0]} {column[index]}" for column in COLUMNS]
    if has_key:
        columns[0] += " primary key"
    return f"create table events ({', '.join(columns)})"


def run(command, **environment):
    """Seconds of the wall, seconds of CPU, megabytes."""
    log = f"{scratch}/log"
    begin = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    if status:
        sys.exit(f"{command[0]} failed: {open(log, errors='replace').read()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def psql(database, sql):
    command = ["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", f"{options.postgres}/{database}"]
    return subprocess.run(command, input=sql, text=True, capture_output=True, check=True).stdout.strip()


class Side:
    """One contestant on one engine. A place is a SQLite file or a database; `work` is what it keeps beside it."""

    def __init__(self, engine, name):
        self.engine, self.name = engine, name
        self.schema = "dlt" if name == "dlt" and engine == "postgres" else None

    def place(self, label):
        return f"{scratch}/{self.name}-{label}.db" if self.engine == "sqlite" else f"{self.name}_{label}".replace("-", "_")

    def work(self, label):
        return f"{scratch}/work-{self.engine}-{self.name}-{label}"

    def make(self, label, like=None):
        """An empty place, or a copy of another one."""
        self.remove(label)
        if like is None:
            os.makedirs(self.work(label))
        else:
            shutil.copytree(self.work(like), self.work(label))
        if self.engine == "postgres":
            psql("postgres", f"create database {self.place(label)} {f'template {self.place(like)}' if like else ''}")
        elif like is not None:
            shutil.copy(self.place(like), self.place(label))

    def remove(self, label):
        shutil.rmtree(self.work(label), ignore_errors=True)
        if self.engine == "postgres":
            psql("postgres", f"drop database if exists {self.place(label)}")
        else:
            for path in glob.glob(self.place(label) + "*"):
                os.remove(path)

    def settle(self):
        """What one contestant has left to the disk is not waited for in the next one's time."""
        if self.engine == "postgres":
            psql("postgres", "checkpoint")
        os.sync()

    def load(self, label, has_key):
        """The events into an empty place; with a key where a merge is to follow."""
        return self.put("events", label, "first" if has_key else "load")

    def put(self, file, label, what):
        path, place = f"{scratch}/{file}.csv", self.place(label)
        if self.name == "ours":
            address = f"sqlite://{place}" if self.engine == "sqlite" else f"{options.postgres}/{place}"
            words = [] if what == "load" else ["--disposition", "merge", "--key", "event_id"]
            return run([options.ours, "load", path, "--into", "events", "--warehouse", address, *words], SLUICE_HOME=self.work(label))
        if self.name == "dlt":
            address = place if self.engine == "sqlite" else f"{options.postgres}/{place}"
            return run([options.dlt, f"{here}/with_dlt.py", path, address, self.work(label), "merge" if what == "merge" else "replace"])
        return self.tool(path, place, what)

    def tool(self, path, place, what):
        names = [column[0] for column in COLUMNS]
        if self.engine == "sqlite":
            if what != "merge":
                subprocess.run(["sqlite3", place, table("sqlite", what == "first")], check=True)
                return run(["sqlite3", "-bail", place, ".mode csv", f".import --skip 1 {path} events"])
            return run([
                "sqlite3", "-bail", place, "create temp table changes as select * from events limit 0", "begin", ".mode csv",
                f".import --skip 1 --schema temp {path} changes", "insert or replace into events select * from changes", "commit"])
        client = ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", f"{options.postgres}/{place}"]
        if what != "merge":
            psql(place, table("postgres", what == "first"))
            return run([*client, "-c", f"\\copy events from '{path}' csv header"])
        script = f"{self.work('base')}.sql"
        with open(script, "w") as file:
            file.write(
                "begin; create temp table changes (like events) on commit drop;\n" f"\\copy changes from '{path}' csv header\n"
                "insert into events select * from changes on conflict (event_id) do update set "
                + ", ".join(f"{name} = excluded.{name}" for name in names[1:]) + ";\ncommit;\n")
        return run([*client, "-f", script])

    def check(self, label, expected):
        sql = f"select count(*), sum(cost), sum(clicks), sum(length(ad_text)) from {self.schema + '.' if self.schema else ''}events"
        if self.engine == "sqlite":
            text = subprocess.run(["sqlite3", "-separator", "\t", self.place(label), sql], text=True, capture_output=True, check=True).stdout
        else:
            text = psql(self.place(label), sql)
        found = [float(word or 0) for word in text.split("\t")]
        wanted = [expected[0], expected[1] / 10_000, expected[2], expected[3]]
        if any(abs(a - b) > abs(b) * 1e-9 for a, b in zip(found, wanted)):
            sys.exit(f"{self.name} on {self.engine}: rows and sums are {found}, and the file's {wanted}")


def measure(side, what, label, expected, work):
    side.settle()
    figures.setdefault((side.engine, what, side.name), []).append(work())
    side.check(label, expected[what])


begin = time.monotonic()
expected = generate.write(scratch, options.rows)
size = os.path.getsize(f"{scratch}/events.csv") / 1e6
print(f"{options.rows:,} rows of 12 columns, {size:.0f} MB, written in {time.monotonic() - begin:.0f} s; seconds, medians of {options.rounds} rounds", flush=True)
engines = ["sqlite"] + (["postgres"] if options.postgres else [])
sides = [Side(engine, name) for engine in engines for name in ["ours", "tool"] + (["dlt"] if options.dlt else [])]
for _ in range(options.rounds):
    for side in sides:
        side.make("load")
        measure(side, "load", "load", expected, lambda: side.load("load", False))
        side.remove("load")
for side in sides:
    side.make("base")
    side.load("base", True)
    side.check("base", expected["load"])
for _ in range(options.rounds):
    for side in sides:
        side.make("merge", like="base")
        measure(side, "merge", "merge", expected, lambda: side.put("changes", "merge", "merge"))
        side.remove("merge")

# What the books cost: the CPU of our load with and without their hashes and sums, by turns.
books = {"on": [], "off": []}
for _ in range(max(options.rounds, 5)):
    for state, environment in (("on", {}), ("off", {"SLUICE_TEST": "1", "SLUICE_BOOKS": "off"})):
        os.environ.update(environment)
        sides[0].make("load")
        sides[0].settle()
        books[state].append(sides[0].load("load", False)[1])
        sides[0].remove("load")
        for name in environment:
            del os.environ[name]
with_books, without = statistics.median(books["on"]), statistics.median(books["off"])

TOOLS = {("sqlite", "load"): "sqlite3 .import", ("sqlite", "merge"): "sqlite3 insert or replace", ("postgres", "load"): "psql \\copy",
         ("postgres", "merge"): "psql \\copy, on conflict"}
NAMES = {"ours": "sluice load", "dlt": "dlt, Arrow"}


def median(engine, what, name, place=0):
    found = figures.get((engine, what, name))
    return statistics.median(figure[place] for figure in found) if found else None


def ratio(engine, what, peer):
    ours, theirs = median(engine, what, "ours"), median(engine, what, peer)
    return round(theirs / ours, 2) if ours and theirs else None


for engine in engines:
    for what, title in (("load", f"{options.rows:,} rows"), ("merge", f"{options.rows // 10:,} merged")):
        print(f"\n{'SQLite' if engine == 'sqlite' else 'PostgreSQL'}, {title:24}{'wall':>10}{'CPU':>8}{'MB':>8}{'/ ours':>8}")
        for name in ("ours", "tool", "dlt"):
            if (wall := median(engine, what, name)) is not None:
                cpu, memory = median(engine, what, name, 1), median(engine, what, name, 2)
                print(f"  {NAMES.get(name) or TOOLS[engine, what]:36}{wall:>8.2f}{cpu:>8.2f}{memory:>8.0f}{wall / median(engine, what, 'ours'):>8.2f}")
print(f"\nbooks: {with_books:.2f} s of CPU with and {without:.2f} s without their hashes and sums, {(with_books / without - 1) * 100:.1f} %")
memory = [figure[2] for (_, _, name), found in figures.items() if name == "ours" for figure in found]
if options.pipe_rows:
    found = json.loads(subprocess.run([sys.executable, f"{here}/memory.py", options.ours, scratch, options.pipe_rows], capture_output=True, check=True).stdout)
    print(f"\n{int(options.pipe_rows):,} rows from a pipe: {found[options.pipe_rows]:.0f} MB")
    memory += found.values()
print(json.dumps({
    "sqlite_vs_import": ratio("sqlite", "load", "tool"), "sqlite_vs_dlt": ratio("sqlite", "load", "dlt"),
    "postgres_vs_copy": ratio("postgres", "load", "tool"), "postgres_vs_dlt": ratio("postgres", "load", "dlt"),
    "merge_sqlite_vs_sqlite3": ratio("sqlite", "merge", "tool"), "merge_sqlite_vs_dlt": ratio("sqlite", "merge", "dlt"),
    "merge_postgres_vs_psql": ratio("postgres", "merge", "tool"), "merge_postgres_vs_dlt": ratio("postgres", "merge", "dlt"),
    "books_percent": round((with_books / without - 1) * 100, 1), "rss_mb": round(max(memory)),
}))
