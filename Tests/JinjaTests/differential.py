"""Renders the cases of a request file with Jinja2 and prints what came out.

The request is JSON: a list of {"template": text, "options": {...}, "templates": {name: text}}.
Options: trim, lstrip, keep (white space), undefined ("strict" or "chainable").
The answer is JSON on standard output: a list of {"text": ...} or {"error": ...}, in the same order.
"""
import json
import re
import signal
import sys

import jinja2

VARIABLES = {
    "name": "World",
    "n": 42,
    "f": 3.5,
    "zero": 0,
    "text": "the quick brown-fox JUMPS\nover <b>the</b> lazy dog",
    "items": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "users": [
        {"name": "Ann", "age": 31, "active": True, "team": "x"},
        {"name": "bob", "age": 25, "active": False, "team": "y"},
        {"name": "Cy", "age": 31, "active": True, "team": "X"},
    ],
    "d": {"b": 2, "a": 1, "C": 3},
    "nested": {"list": [[1, 2], [3, [4, 5]]], "dict": {"k": {"deep": "v"}}},
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}, {"v": 5, "kids": []}],
    "empty": [],
    "nothing": None,
    "yes": True,
    "accents": "Ünïcødé ß ñ 日本",
}

UNDEFINED = {"strict": jinja2.StrictUndefined, "chainable": jinja2.ChainableUndefined}


class TooSlow(Exception):
    pass


def give_up(*_):
    raise TooSlow()


def fresh_variables():
    return json.loads(json.dumps(VARIABLES))


def render(case):
    options = case.get("options", {})
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
        trim_blocks=options.get("trim", False),
        lstrip_blocks=options.get("lstrip", False),
        keep_trailing_newline=options.get("keep", False),
        undefined=UNDEFINED.get(options.get("undefined"), jinja2.Undefined),
        loader=jinja2.DictLoader(case.get("templates") or {}),
    )
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        return {"text": environment.from_string(case["template"]).render(fresh_variables())}
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, re.sub(r"\s+", " ", str(error))[:300])}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    signal.signal(signal.SIGALRM, give_up)
    with open(sys.argv[1], encoding="utf-8") as request:
        cases = json.load(request)
    json.dump([render(case) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()
