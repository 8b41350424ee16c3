#!/usr/bin/env python3
"""Times `sluice dbt` beside dbt-core and dbt's own Rust engine on generated projects, in turn: a table, and a line of JSON.

bench.py SCRATCH --sizes 100,500 --rounds 2 --ours "COMMAND" [--sqlite DBT] [--postgres DBT --pg-port PORT] [--rust "COMMAND"]

CPU is user + system of the command and its children, memory the peak resident set of the command. Each figure is the best of
its rounds. A ratio is peer / ours at the largest size: more is better.
"""
import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("scratch")
parser.add_argument("--sizes", default="100,500")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--ours", required=True)
parser.add_argument("--sqlite")
parser.add_argument("--postgres")
parser.add_argument("--pg-port", default="")
parser.add_argument("--rust")
options = parser.parse_args()
here = os.path.dirname(os.path.abspath(__file__))
best = {}

STEPS = {
    "parse": ["parse", "--no-partial-parse"], "parse again": ["parse"], "parse edited": ["parse"], "compile": ["compile"],
    "build": ["build"], "build again": ["build"],
}


def forget(target, work):
    """The next build finds an empty warehouse."""
    shutil.rmtree(f"{work}/data", ignore_errors=True)
    os.makedirs(f"{work}/data/schemas")
    if target == "postgres":
        subprocess.run(["psql", "-q", "-h", "127.0.0.1", "-p", options.pg_port, "-U", "postgres", "-c", "drop schema if exists bench cascade"],
                       check=True, stderr=subprocess.DEVNULL)


def edit(project):
    """One model of the first layer says something else."""
    path = min(pathlib.Path(project, "models").rglob("*.sql"))
    path.write_text(path.read_text() + f"\n-- {time.monotonic_ns()}\n")


def measure(who, command, target, size, steps):
    work = f"{options.scratch}/{who}-{target}-{size}"
    if not os.path.isdir(f"{work}/project"):
        subprocess.run([sys.executable, f"{here}/generate.py", f"{work}/project", str(size)], check=True)
    environment = dict(os.environ, BENCH_FOLDER=f"{work}/data", BENCH_PG_PORT=options.pg_port, DBT_SEND_ANONYMOUS_USAGE_STATS="false", NO_COLOR="1")
    for step in steps:
        if step in ("parse", "compile"):
            shutil.rmtree(f"{work}/project/target", ignore_errors=True)
        if step == "parse edited":
            edit(f"{work}/project")
        if step == "build" or not os.path.isdir(f"{work}/data"):
            forget(target, work)
        arguments = STEPS[step] + ["--project-dir", f"{work}/project", "--profiles-dir", f"{work}/project", "--target", target]
        with open(f"{work}/{step.replace(' ', '_')}.log", "w") as log:
            started = time.monotonic()
            process = subprocess.Popen(shlex.split(command) + arguments, cwd=f"{work}/project", env=environment, stdout=log, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - started
        if process.returncode:
            with open(log.name) as log:
                print(f"{who}: {step} of {size} models on {target} failed ({process.returncode}): …{log.read()[-600:]}", flush=True)
            return
        figures = (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)
        key = (who, target, size, step)
        best[key] = tuple(map(min, best.get(key, figures), figures))
        print(f"{size:>6}  {target:8}  {step:12} {who:9} {figures[0]:8.2f} s CPU {figures[1]:8.2f} s wall {figures[2]:7.0f} MB", flush=True)


sizes = [int(size) for size in options.sizes.split(",")]
for size in sizes:
    for _ in range(options.rounds):
        if options.sqlite:
            measure("dbt-core", options.sqlite, "sqlite", size, list(STEPS))
        measure("ours", options.ours, "sqlite", size, list(STEPS))
        if options.rust:
            measure("rust", options.rust, "duckdb", size, ["parse", "compile"])
        if options.postgres:
            measure("dbt-core", options.postgres, "postgres", size, ["build", "build again"])
        if options.pg_port:
            measure("ours", options.ours, "postgres", size, ["build", "build again"])


def ratio(peer, target, step, figure=0, of=None):
    """Peer's best by ours at the largest size; None where one of them could not be measured."""
    theirs, ours = best.get((peer, target, sizes[-1], step)), best.get(("ours", of or target, sizes[-1], step))
    return round(theirs[figure] / max(ours[figure], 0.001), 2) if theirs and ours else None


result = {
    "parse_ratio": ratio("dbt-core", "sqlite", "parse"), "parse_warm_ratio": ratio("dbt-core", "sqlite", "parse again"),
    "compile_ratio": ratio("dbt-core", "sqlite", "compile"),
    "build_ratio_sqlite": ratio("dbt-core", "sqlite", "build"), "build_ratio_postgres": ratio("dbt-core", "postgres", "build"),
    "memory_ratio": ratio("dbt-core", "sqlite", "build", figure=2),
    "parse_cpu_vs_rust": ratio("rust", "duckdb", "parse", of="sqlite"), "compile_cpu_vs_rust": ratio("rust", "duckdb", "compile", of="sqlite"),
    "compile_memory_vs_rust": ratio("rust", "duckdb", "compile", figure=2, of="sqlite"),
}
print("\n(peer / ours at", sizes[-1], "models)")
for name, value in result.items():
    print(f"  {name:24} {'not measured' if value is None else value}")
print(json.dumps(result))
