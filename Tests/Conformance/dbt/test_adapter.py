"""Makes a concrete test class of every class in dbt-tests-adapter that has tests.

The classes are dbt's, their assertions too; `adapters.py` says where an adapter's own package changes their expectations.
"""
import importlib
import inspect
import os

import dbt.tests.adapter

import adapters


def modules():
    root = list(dbt.tests.adapter.__path__)[0]
    for folder, _, files in sorted(os.walk(root)):
        for file in sorted(files):
            if file.endswith(".py") and file.startswith(("test_", "base")):
                yield os.path.relpath(os.path.join(folder, file), root)[:-3]


for path in modules():
    try:
        module = importlib.import_module("dbt.tests.adapter." + path.replace("/", "."))
    except Exception as error:  # a module for another adapter's drivers
        print(f"left out: {path}: {error}")
        continue
    for name, base in list(vars(module).items()):
        if not inspect.isclass(base) or base.__module__ != module.__name__:
            continue
        if not any(member.startswith("test_") for member in dir(base)):
            continue
        # `class TestX(BaseX): pass` would run the same twice.
        if base.__bases__[0].__module__ == module.__name__ and not any(not member.startswith("__") for member in vars(base)):
            continue
        case = f"{path}/{name}"
        members = dict(adapters.changes.get(case, {}), case=case, __module__=__name__)
        title = "Test_" + case.replace("/", "_")
        globals()[title] = type(title, (base,), members)
