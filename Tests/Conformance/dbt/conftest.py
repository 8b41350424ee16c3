"""Puts our command in the place of dbt's runner, and counts only what real dbt passes.

Every helper of dbt's suite ends in `dbtRunner.invoke`, so that one method is replaced. The fixtures that look into the
database stay dbt's own.
"""
import datetime
import importlib.metadata
import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
pytest_plugins = ["dbt.tests.fixtures.project"]

import dbt.cli.main
import dbt_common.behavior_flags
import dbt.tests.util

import adapters
import runner

HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND = os.environ.get("CONFORMANCE_COMMAND", "").split()
TARGET = os.path.join(HERE, f"target-{adapters.name}.txt")

# dbt walks the whole stack for each flag to say who set it: four fifths of the time below pytest, and no test looks at it.
dbt_common.behavior_flags.BehaviorFlagRendered._default_source = staticmethod(lambda: "conformance")

adapters.prepare()
if COMMAND:
    runner.replace_dbt(COMMAND)


@pytest.fixture(scope="class")
def dbt_profile_target(tmpdir_factory):
    return adapters.target(str(tmpdir_factory.mktemp("warehouse")))


@pytest.fixture(scope="class")
def test_data_dir(request):
    """Beside the module that dbt wrote the case in."""
    return pathlib.Path(sys.modules[request.cls.__bases__[0].__module__].__file__).parent / "data"


# The cases

def case(item):
    return f"{item.cls.case}::{item.name}"


def passed_by_dbt():
    if not os.path.exists(TARGET):
        return None
    with open(TARGET) as file:
        return {line.strip() for line in file if line.strip() and not line.startswith("#")}


def pytest_collection_modifyitems(config, items):
    runner.replace_manifests()
    wanted = passed_by_dbt()
    if not COMMAND or wanted is None:
        return
    for item in items:
        for prefix, reason in adapters.in_process.items():
            if case(item).startswith(prefix):
                item.add_marker(pytest.mark.skip(reason=reason))
    kept = [item for item in items if case(item) in wanted]
    config.hook.pytest_deselected(items=[item for item in items if case(item) not in wanted])
    items[:] = kept


# What is told

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().case = case(item)


outcomes = {}  # case -> (passed | failed | skipped, reason)


def pytest_runtest_logreport(report):
    name = report.case
    if report.outcome == "skipped":
        outcomes[name] = ("skipped", str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr))
    elif report.outcome == "failed":
        outcomes[name] = ("failed", "")
    elif report.when == "call":
        outcomes.setdefault(name, ("passed", ""))


def pytest_unconfigure(config):
    """Behind everything that pytest itself says, so that the closing line is the last one."""
    if hasattr(config, "workerinput") or not outcomes:
        return
    write = print
    named = {word: sorted(name for name, (outcome, _) in outcomes.items() if outcome == word) for word in ("passed", "failed", "skipped")}
    for name in named["skipped"]:
        write(f"skipped {name}: {outcomes[name][1]}")
    for name in named["failed"]:
        write(f"failed {name}")
    if not COMMAND and not config.option.keyword:
        write_target(named["passed"], named["failed"])
    write(", ".join(f"{len(named[word])} {word}" for word in ("passed", "failed", "skipped")))


def write_target(passed, failed):
    version = importlib.metadata.version
    with open(TARGET, "w") as file:
        file.write(f"# Cases of dbt-tests-adapter that real dbt passes: {len(passed)}; it fails {len(failed)} more.\n")
        file.write(f"# Measured {datetime.date.today()} with dbt-core {version('dbt-core')}, dbt-{adapters.name} {version('dbt-' + adapters.name)}, ")
        file.write(f"dbt-tests-adapter {version('dbt-tests-adapter')}. Written by: Tests/Conformance/run --adapter {adapters.name} --dbt\n")
        file.writelines(f"{name}\n" for name in passed)
