"""Real dbt and ours on a small project with one thing changed: the exit code and what is told of it must be the same.

usage: mutate.py OURS [--kinds semantics,schema,snapshot,project,profile,written] [--part I/N] [--only WORDS] [--known FILE] [--show]
dbt runs inside this process, as its start takes seconds; no server is asked. --known keeps what dbt said, by what it was asked.
The last line is `N passed, N failed, N skipped`.
"""
import argparse, hashlib, json, os, pathlib, re, shutil, subprocess, sys, tempfile

import yaml
from dbt.cli.main import dbtRunner

from mutations import PROFILE, PROJECT, changed, mutations

parser = argparse.ArgumentParser()
parser.add_argument("ours")
parser.add_argument("--kinds", default="semantics,schema,snapshot,project,profile,written")
parser.add_argument("--part", default="0/1")
parser.add_argument("--only", help="words of titles, apart by |")
parser.add_argument("--known")
parser.add_argument("--show", action="store_true")
parser.add_argument("--learn", action="store_true", help="run dbt alone")
options = parser.parse_args()
known = pathlib.Path(options.known) if options.known else None
if known: known.mkdir(parents=True, exist_ok=True)


def write(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False))


def theirs(words):
    """Exit code, what was told as errors and warnings, and the semantic manifest."""
    told = []
    def note(event):
        if event.info.level in ("warn", "error"): told.append((event.info.level, event.info.name, event.info.msg))
    hidden, sys.stdout = sys.stdout, open(os.devnull, "w")
    try: result = dbtRunner(callbacks=[note]).invoke(words + ["--quiet", "--log-level-file", "none", "--target-path", "target_theirs"])
    finally: sys.stdout = hidden
    code = 0 if result.success else 2 if result.exception else 1
    semantic = pathlib.Path("target_theirs/semantic_manifest.json")
    return {
        "code": code, "told": told, "error": str(result.exception) if result.exception else None, "kind": type(result.exception).__name__,
        "semantic": json.loads(semantic.read_text()) if code == 0 and semantic.exists() else None,
    }


def asked(title, files, words):
    key = hashlib.sha256(json.dumps([files, words], sort_keys=False, default=str).encode()).hexdigest()[:24]
    if known and (known / key).exists(): return json.loads((known / key).read_text())
    shutil.rmtree("target_theirs", ignore_errors=True)
    said = theirs(words)
    if known: (known / key).write_text(json.dumps(said))
    return said


def ours(words):
    shutil.rmtree("target_ours", ignore_errors=True)
    run = subprocess.run(options.ours.split() + words + ["--target-path", "target_ours", "--log-path", "logs_ours"], capture_output=True, text=True)
    semantic = pathlib.Path("target_ours/semantic_manifest.json")
    return run.returncode, run.stdout + run.stderr, json.loads(semantic.read_text()) if run.returncode == 0 and semantic.exists() else None


# What Python alone says: names of its classes, tracebacks, members of enumerations, how it prints an object.
PYTHON = [
    (r"\x1b\[\d+m", ""), (r"Traceback:.*?(?=Filter:|$)", ""), (r"\b(?:\w+\.)*\w+(?:Exception|Error|Syntax): ", ""), (r"<\w+\.\w+: '(\w+)'>", r"'\1'"),
    (r"\w+Reference\(element_name='(\w+)'\)", r"\1"), (r"PydanticMetric", "Metric"), (r"(easure specification: ).*?(?=\. Existing|\.$|$)", r"\1"),
    (r"(specified without an alias: \[).*?\]\.$", r"\1"), (r"^Metric\(.*\) should", "should"), (r" Got: \[.*?\]$", ""), (r"/\S*mutate\.\w+/\d+/", ""),
    (r"FilePath\(searched_path='(\w+)', relative_path='([^']*)'.*?\)(?= @)", r"\1/\2"), (r"PydanticMetricTimeWindow\((.*?)\)", r"\1"),
]
MEMBERS = re.compile(r"\b(?:SemanticModelElementType|SemanticManifestNodeType|DimensionType|AggregationType|TimeGranularity|NodeType|UnitTestFormat)\.(\w+)")
# Where Python stumbles, dbt says no more than where.
STUMBLES = (
    "AttributeError", "TypeError", "KeyError", "RecursionError", "IndexError", "UnboundLocalError", "MissingField", "InvalidFieldValue", "ValueError",
    "AssertionError", "UnserializableDataError",
)


def plain(text):
    """What is told, without where, and without what Python alone says."""
    for pattern, other in PYTHON: text = re.sub(pattern, other, text, flags=re.S)
    text = MEMBERS.sub(lambda found: found.group(1).lower().replace("_", " "), text)
    text = re.sub(r"\{('[^{}:]*')\}", lambda found: "{" + ", ".join(sorted(found.group(1).split(", "))) + "}", text)
    return " ".join(text.split())


def essence(said):
    """What a person has to be told: each semantic problem, else the last part of dbt's message."""
    failures = [msg for level, name, msg in said["told"] if name == "SemanticValidationFailure" and level == "error"]
    if failures: return [plain(words) for words in failures]
    if said["code"] == 0: return []
    text = said["error"] or ""
    if said["kind"] in STUMBLES and "Invalid enum value" not in text and "should have a measure" not in text: return []
    text = re.sub(r"^\w+( \w+)? Error( in [^\n]*)?\n", "", text)
    text = re.split(
        r"\n\s*line \d+\n|\n\s*Failed validating |\n\s*Since these resources|To fix this|Raw Error|Run \"dbt deps\"|Check for a different version|Searched for|-{20,}|To specify a profile|\nError encountered in|\n\s*> in macro ",
        text,
    )[0]
    text = re.split(r"\s@: ", text.strip())[0]
    if text.startswith("dbt found two"): text = text.strip().rstrip(".")
    text = re.sub(r"Runtime Error\n *", "", text)
    # Where a file is, ours says behind what happened.
    text = re.sub(r"^Error reading \w+: \S+ - ", "", text)
    text = re.sub(r"^Could not read selector file data: (?='\w+' is not a valid method)", "", text)
    # Ours shows no secret.
    if "invalid: " in text and "password" in said.get("title", ""): return []
    found = re.search(r" - (at path \[.*?\]: .*|.*)$", text, re.S) if "config given in" in text else None
    return [plain(found.group(1) if found else text)]


def ordered(semantic):
    """The parts by name: their order is that of the files, which is each program's own."""
    if semantic is None: return None
    parts = {key: sorted(value, key=lambda item: item["name"]) if isinstance(value, list) else value for key, value in semantic.items()}
    for metric in parts["metrics"]: metric["type_params"]["input_measures"].sort(key=str)
    return parts


def warned(said):
    return [plain(msg) for level, name, msg in said["told"] if name == "SemanticValidationFailure" and level == "warn" and said["code"] == 0]


index, count = map(int, options.part.split("/"))
passed = failed = 0
other_words = 0
home = pathlib.Path(tempfile.mkdtemp(prefix="mutate."))
for number, (title, file, change) in enumerate(mutations(options.kinds.split(","))):
    if number % count != index or options.only and not any(words in title for words in options.only.split("|")): continue
    files = {**PROJECT, "profiles.yml": PROFILE}
    try: files = changed(file, change, files)
    except (KeyError, IndexError, TypeError): continue
    words = files.pop("words", ["parse", "--no-partial-parse"])
    folder = home / str(number)
    folder.mkdir()
    os.chdir(folder)
    write(folder, files)
    said = asked(title, files, words)
    if not options.learn:
        code, text, semantic = ours(words)
        told = plain(text)
        missing = [line for line in essence(said) + warned(said) if line.lower() not in told.lower()]
        if said["code"] != code:
            failed += 1
            print(f"✘ {title}\n    dbt  {said['code']} {plain(said['error'] or '')[-400:]}\n    ours {code} {told[-400:]}", flush=True)
        elif code == 0 and ordered(said["semantic"]) != ordered(semantic):
            failed += 1
            print(f"✘ {title}: semantic_manifest.json differs", flush=True)
        elif missing:
            failed += 1; other_words += 1
            print(f"≠ {title}\n    dbt  {missing[0][:300]}\n    ours {told[-300:]}", flush=True)
        else: passed += 1
        if options.show: print(title, "\n", json.dumps(said)[:3000], "\n", text)
    elif options.show: print(title, json.dumps(said)[:2000])
    os.chdir(home)
    shutil.rmtree(folder)
shutil.rmtree(home)
print(f"{other_words} in other words")
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
