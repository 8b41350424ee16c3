"""What two manifests of one project say differently, member by member."""

# What a program, a moment or a machine makes otherwise: nothing of the project.
METADATA = {"generated_at", "invocation_id", "invocation_started_at", "run_started_at", "user_id", "send_anonymous_usage_stats", "dbt_version"}
MOMENTS = {"created_at"}
# dbt makes a time of a date that stands in yml without quotes; ours leaves it as it is written.
DATES = ("config/begin",)
# dbt's own macros: their texts are each program's own.
LIBRARY = ("macro.dbt.", "macro.dbt_sqlite.", "macro.dbt_postgres.", "doc.dbt.")


def differences(theirs, ours):
    """(where, what dbt has, what ours has) of each member that differs."""
    for key in sorted(set(theirs) | set(ours)):
        there, here = theirs.get(key), ours.get(key)
        if key == "metadata":
            there, here = ({name: value for name, value in side.items() if name not in METADATA} for side in (there, here))
        elif isinstance(there, dict) and key in ("macros", "docs"):
            there, here = ({id: value for id, value in side.items() if not id.startswith(LIBRARY)} for side in (there, here))
        if key in ("child_map", "parent_map", "group_map"):  # sets, written as lists
            there, here = ({id: sorted(value) for id, value in side.items()} for side in (there, here))
        yield from compare(key, there, here)


# Lists that mean sets: their order is that of a hash, or of the reading, and a word may stand twice.
SETS = ("tags", "depends_on/macros", "depends_on/nodes", "/sources")


def compare(place, there, here):
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted(set(there) | set(here), key=str):
            if key in MOMENTS: continue
            if key not in there: yield f"{place}/{key}", "(missing)", here[key]
            elif key not in here: yield f"{place}/{key}", there[key], "(missing)"
            else: yield from compare(f"{place}/{key}", there[key], here[key])
    elif isinstance(there, list) and isinstance(here, list) and place.endswith(SETS):
        if set(map(str, there)) != set(map(str, here)): yield place, there, here
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here) and any(isinstance(item, (dict, list)) for item in there):
        for index, (one, other) in enumerate(zip(there, here)): yield from compare(f"{place}/{index}", one, other)
    elif place.endswith(DATES) and str(there)[:10] == str(here)[:10]: pass
    elif there != here or type(there) is not type(here) and not isinstance(there, (int, float)):
        yield place, there, here
