"""A random dbt project that changes: what `edit` does to it and to the data it reads, and the commands somebody may give next."""
import datetime, json, random

# Yesterday, in UTC: a time in the data lies before every command, on both sides.
TODAY = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
# Columns besides id, word, n and at: a name, and what it may be in one version of a model and in the next.
EXTRAS = {
    "amount": ["id * 2", "cast(id as numeric(10,2))", "cast(id as bigint)", "cast(id as varchar(12))", "cast(n as numeric(6,1))"],
    "code": ["cast(word as varchar(8))", "cast(word as varchar(20))", "word", "cast('x' as varchar(3))", "cast(word as char(9))"],
    "flag": ["id > 2", "cast('a' as varchar(5))", "null"],
    "day": ["cast(at as date)", "at", "cast(null as timestamp)"],
    "Mixed": ["1", "'a'"],
}
TYPES = {"id": "int", "word": "text", "n": "int", "at": "timestamp"}
TYPES_OF_TEXTS = TYPES | {"id * 2": "int", "id > 2": "boolean", "null": "text", "1": "int", "'a'": "text"}
KINDS = ["view", "view", "table", "table", "incremental", "incremental", "incremental", "ephemeral", "materialized_view"]
READERS = ["dbt_test_user_1", "dbt_test_user_2"]
HOOK = "insert into {{ target.schema }}.told values ('%s {{ this.name }}')"


SHIFTING = ["delete+insert", "merge"]
STANDING = ["table", "incremental", "materialized_view"]


def days(number): return str(TODAY + datetime.timedelta(days=number))
def is_seed(input_): return isinstance(input_, dict) and "rows" in input_


class Growing:
    """`files` is the project of the moment; `edit` gives what it did in words, and the SQL for the data."""

    def __init__(self, random_: random.Random, adapter):
        self.random, self.adapter, self.next, self.rows = random_, adapter, 0, 6
        self.models, self.snapshots, self.seeds, self.tests = [], [], [], set()
        for _ in range(self.random.randint(1, 2)): self.add_seed()
        for _ in range(self.random.randint(4, 8)): self.add_model()
        # On SQLite dbt's adapter has no snapshots, as it asks for a function md5.
        if self.is_postgres:
            for _ in range(self.random.randint(1, 3)): self.add_snapshot()

    @property
    def is_postgres(self): return self.adapter == "postgres"

    def chance(self, part): return self.random.random() < part
    def pick(self, choices): return self.random.choice(choices)

    def some(self, *choices, part=0.25):
        """Each of the pairs with a chance, one word after another."""
        found = {}
        for pairs in choices:
            if self.chance(part): found.update(pairs)
        return found

    def beginning(self):
        """The data before the first command."""
        rows = ", ".join(f"({i}, '{'abc'[i % 3]}', {i * 10}, '{days(i - self.rows)} 0{i}:00:00')" for i in range(1, self.rows + 1))
        return ["create table raw_events (id int, word text, n int, at timestamp)", f"insert into raw_events values {rows}", "create table told (said text)"]

    # Seeds

    def add_seed(self):
        config = self.some({"column_types": {"n": "bigint", "word": "varchar(9)"}}, {"full_refresh": False}, {"full_refresh": True}, {"quote_columns": True})
        if self.is_postgres: config |= self.some({"grants": {"select": READERS[:1]}})
        self.seeds.append({"name": f"seed{len(self.seeds)}", "rows": [[i, word, i * 3] for i, word in enumerate("abc")], "config": config})

    # Models

    def add_model(self):
        self.next += 1
        model = {"name": f"m{self.next}", "extras": {}, "broken": None, "rest": "", "tests": []}
        model["input"] = self.input(self.models)
        self.models.append(model)
        self.become(model)
        for _ in range(self.random.randint(0, 2)): self.widen(model)
        self.test(model)
        return model

    def input(self, models):
        snapshots = [each for each in self.snapshots if each["input"] not in models]
        return self.pick(["source", "source"] + self.seeds + models[-4:] * 2 + snapshots[:1])

    def become(self, model):
        """Another way of standing in the warehouse."""
        model["kind"] = self.pick(KINDS)
        if model["kind"] == "materialized_view" and not self.is_postgres: model["kind"] = "table"
        config = self.growth() if model["kind"] == "incremental" else {}
        if self.is_postgres and model["kind"] in STANDING and self.chance(0.25): config["indexes"] = self.indexes(model["kind"])
        if model["kind"] == "materialized_view": config |= self.some({"on_configuration_change": self.pick(["apply", "continue", "fail"])})
        if model["kind"] != "ephemeral": config |= self.some(*self.dress(model["name"]), part=0.1)
        model["config"], model["typed"] = config, dict(model["extras"])
        model["contract"] = self.is_postgres and model["kind"] in ("table", "incremental", "view") and self.chance(0.1)

    def dress(self, name):
        """What any relation may have besides."""
        common = [{"pre_hook": HOOK % "before"}, {"alias": f"alias_{name}"}]
        # On SQLite dbt's adapter has one schema, and no hooks outside the transaction.
        if not self.is_postgres: return common + [{"post_hook": [HOOK % "after"]}]
        return common + [
            {"post_hook": [HOOK % "after", {"sql": HOOK % "late", "transaction": False}]},
            {"schema": "more"},
            {"grants": self.grants()},
            {"persist_docs": {"relation": True, "columns": True}},
        ]

    def grants(self): return {"select": self.random.sample(READERS, self.random.randint(0, 2))}

    def growth(self):
        config = self.some({"full_refresh": self.pick([True, False])}, part=0.1)
        # On SQLite dbt's adapter knows one way alone.
        if not self.is_postgres: return config | self.some({"unique_key": self.pick(["id", "word"])}, part=0.7)
        strategy = self.pick(["append", "microbatch", None, *SHIFTING])
        if strategy: config["incremental_strategy"] = strategy
        if strategy == "microbatch":
            config |= {"event_time": "at", "batch_size": "day", "begin": days(-3), "unique_key": "id"}
            config |= self.some({"lookback": self.random.randint(0, 2)}, {"concurrent_batches": False})
        elif self.chance(0.8): config["unique_key"] = self.pick(["id", "id", ["id"], ["id", "word"], "word"])
        if strategy == "merge":
            config |= self.some({"merge_update_columns": ["word", "at"]}, part=0.3) or self.some({"merge_exclude_columns": ["word"]}, part=0.3)
        if strategy in SHIFTING:
            config |= self.some({"incremental_predicates": ["DBT_INTERNAL_DEST.id > 2" if strategy == "merge" else "id > 2"]}, part=0.2)
        return config | self.some({"on_schema_change": self.pick(["ignore", "fail", "append_new_columns", "sync_all_columns"])}, part=0.7)

    def indexes(self, kind):
        # dbt's macros stumble over the type of a materialized view's new index.
        word = {"columns": ["word"]} if kind == "materialized_view" else {"columns": ["word"], "type": "hash"}
        choices = [word, {"columns": ["id"]}, {"columns": ["id", "word"]}, {"columns": ["id"], "unique": True}]
        return [self.pick(choices) for _ in range(self.random.randint(1, 2))]

    def widen(self, model):
        name = self.pick(list(EXTRAS))
        model["extras"][name] = self.pick(EXTRAS[name])

    def test(self, model):
        """One test more, or one less."""
        if model["tests"] and self.chance(0.4):
            model["tests"].pop()
        elif self.chance(0.5):
            model["tests"].append(self.pick(self.choices_of_tests(model["name"])))

    def choices_of_tests(self, name):
        known = {"arguments": {"values": ["a", "b"]}}
        found = [
            {"unique": {"name": f"unique_{name}"}},
            {"not_null": {"name": f"filled_{name}", "config": {"store_failures": True}}},
            {"accepted_values": {"name": f"known_{name}", **known, "config": {"store_failures": True, "severity": "warn"}}},
        ]
        if not self.is_postgres: return found
        return found + [{"accepted_values": {"name": f"viewed_{name}", **known, "config": {"store_failures_as": "view", "severity": self.pick(["warn", "error"])}}}]

    def quoted(self, name): return f'"{name}"' if name != name.lower() else name

    def query(self, model):
        columns = [*TYPES] + [f"{text} as {self.quoted(name)}" for name, text in model["extras"].items()]
        if model["broken"]: columns.append(model["broken"])
        return f"select {', '.join(columns)} from {self.rows_of(model['input'])} {model['rest']}".strip()

    def rows_of(self, input_):
        if input_ == "source": return "{{ source('raw', 'raw_events') }}"
        name = f"{{{{ ref('{input_['name']}') }}}}"
        if not is_seed(input_): return name
        # A seed has no time.
        at = f"cast('{days(-2)}' as timestamp) + id * interval '1 hour'" if self.is_postgres else f"'{days(-2)} 00:00:00'"
        return f"(select id, word, n, {at} as at from {name}) as seeded"

    def text(self, model):
        config = {"materialized": model["kind"], **model["config"]}
        is_incremental = model["kind"] == "incremental"
        if model["contract"] and is_incremental and config.get("on_schema_change") != "fail": config["on_schema_change"] = "append_new_columns"
        head = "{{ config(" + ", ".join(f"{key}={value!r}" for key, value in config.items()) + ") }}\n"
        has_since = is_incremental and config.get("incremental_strategy") != "microbatch" and model.get("since")
        return head + self.query(model) + ("\n{% if is_incremental() %} where at > (select max(at) from {{ this }}) {% endif %}" if has_since else "")

    def properties(self, model):
        told = model.get("told", 0)
        columns = [{"name": name, "description": f"{name} {told}", "data_type": type_} for name, type_ in TYPES.items()]
        if model["kind"] != "ephemeral": columns[1]["data_tests"] = model["tests"]
        entry = {"name": model["name"], "description": f"what {model['name']} is, {told}", "columns": columns}
        if not model["contract"]: return entry
        if model.get("bound") == "check": columns[0]["constraints"] = [{"type": "check", "expression": "id > 1"}]
        elif model.get("bound"): columns[0]["constraints"] = [{"type": "not_null"}, {"type": model["bound"]}]
        for name, text in model["typed"].items():
            # `cast(word as text)`, or one of the others.
            data_type = text.split(" as ")[1][:-1] if text.startswith("cast") else TYPES_OF_TEXTS[text]
            columns.append({"name": name, "data_type": data_type} | ({"quote": True} if name != name.lower() else {}))
        return entry | {"config": {"contract": {"enforced": True}}}

    # Snapshots

    def add_snapshot(self):
        self.next += 1
        standing = [model for model in self.models if model["kind"] != "ephemeral"]
        input_ = self.pick(["source", "source"] + self.seeds[:1] + standing[:4])
        config = {"unique_key": self.pick(["id", "id", "id", ["id", "word"]])} | self.strategy(input_)
        config |= self.some({"hard_deletes": self.pick(["ignore", "invalidate", "new_record"])}, part=0.6)
        names = {"dbt_valid_to": "until", "dbt_scd_id": "scd", "dbt_is_deleted": "gone", "dbt_updated_at": "changed"}
        config |= self.some({"dbt_valid_to_current": "cast('9999-12-31' as timestamp)"}, {"snapshot_meta_column_names": names}, part=0.2)
        config |= self.some({"grants": {"select": READERS[:1]}}, {"persist_docs": {"relation": True, "columns": True}}, {"schema": "kept"}, part=0.12)
        self.snapshots.append({"name": f"s{self.next}", "extras": {}, "rest": "", "is_block": self.chance(0.3), "input": input_, "config": config})

    def strategy(self, input_):
        if not is_seed(input_) and self.chance(0.5): return {"strategy": "timestamp", "updated_at": "at"}
        config = {"strategy": "check", "check_cols": self.pick(["all", ["word"], ["word", "n"]])}
        return config if is_seed(input_) else config | self.some({"updated_at": "at"}, part=0.15)

    def snapshot(self, snapshot):
        """Its file: a path, and what is in it."""
        name, config, input_ = snapshot["name"], snapshot["config"], snapshot["input"]
        input_ = "source('raw', 'raw_events')" if input_ == "source" else f"ref('{input_['name']}')"
        if not (snapshot["is_block"] or snapshot["extras"] or snapshot["rest"]):
            return f"snapshots/{name}.yml", json.dumps({"snapshots": [{"name": name, "relation": input_, "description": name, "config": config}]})
        more = "".join(f", {text} as {self.quoted(column)}" for column, text in snapshot["extras"].items())
        words = ", ".join(f"{key}={value!r}" for key, value in config.items())
        query = f"select *{more} from {{{{ {input_} }}}} {snapshot['rest']}"
        return f"snapshots/{name}.sql", f"{{% snapshot {name} %}}{{{{ config({words}) }}}} {query} {{% endsnapshot %}}"

    # Everything

    @property
    def files(self):
        seeds = {each["name"]: {f"+{key}": value for key, value in each["config"].items()} for each in self.seeds}
        schema = "{{ target.schema if target.name == 'dev' else 'history' }}" if self.is_postgres else "main"
        source = {"name": "raw", "schema": schema, "tables": [{"name": "raw_events", "config": {"event_time": "at"}}]}
        found = {
            "dbt_project.yml": json.dumps({"name": "growing", "version": "1.0.0", "profile": "growing", "seeds": {"growing": seeds}}),
            "models/sources.yml": json.dumps({"sources": [source]}),
            "models/models.yml": json.dumps({"models": [self.properties(each) for each in self.models]}),
        }
        for each in self.models: found[f"models/{each['name']}.sql"] = self.text(each)
        for each in self.seeds: found[f"seeds/{each['name']}.csv"] = "id,word,n\n" + "".join(",".join(map(str, row)) + "\n" for row in each["rows"])
        for name in self.tests:
            model = name.removeprefix("small_")
            found[f"tests/{name}.sql"] = f"{{{{ config(store_failures=true) }}}} select * from {{{{ ref('{model}') }}}} where id > 4"
        return found | dict(self.snapshot(each) for each in self.snapshots)

    # Edits

    def edit(self):
        """What was done, and SQL for the data."""
        edits = [self.edit_rows] * 4 + [self.edit_model] * 5 + [self.edit_seed, self.edit_set]
        # On SQLite dbt's adapter drops what it is about to make, and loses it where that fails.
        if self.is_postgres: edits += [self.edit_snapshot] * 2 + [self.edit_breakage]
        done, sql = [], []
        for _ in range(self.random.randint(1, 4)):
            edit = self.pick(edits)()
            words, *statements = edit if isinstance(edit, tuple) else (edit,)
            done.append(words)
            sql += statements
        return done, sql

    def edit_rows(self):
        self.rows += 1
        id = self.random.randint(1, self.rows)
        def at(hour): return f"'{days(0)} {hour:02}:{self.rows:02}:00'"
        return self.pick([
            ("rows more", f"insert into raw_events select {self.rows}, '{self.pick('abcd')}', {self.rows}, {at(0)}"),
            ("rows changed", f"update raw_events set word = '{self.pick('xyz')}', at = {at(1)} where id = {id}"),
            ("rows changed quietly", f"update raw_events set n = n + 1 where id >= {id}"),
            ("rows gone", f"delete from raw_events where id = {id}"),
            ("rows back", f"insert into raw_events values ({id}, 'back', 0, {at(2)})"),
            ("a null", f"update raw_events set word = null where id = {id}"),
            ("a late row", f"insert into raw_events values ({self.rows + 100}, 'late', 1, '{days(-2)} 03:00:00')"),
            ("a long word", f"update raw_events set word = 'a long word' where id = {id}"),
        ])

    def edit_model(self):
        model = self.pick(self.models)
        edits = [self.become, self.widen, self.growing] * 2
        edits += [self.narrow, self.retype, self.since, self.retell, self.bind, self.test, self.rename, self.trim, self.hook]
        if self.is_postgres: edits += [self.contract, self.grant, self.reindex]
        edit = self.pick(edits)
        edit(model)
        if model["kind"] == "incremental": model["rest"] = ""
        return f"{model['name']}: {edit.__name__}"

    def growing(self, model):
        if model["kind"] == "incremental": model["config"] = self.growth()
    def narrow(self, node): node["extras"].pop(self.pick(list(node["extras"]) or [""]), None)
    def retype(self, node):
        for extra in node["extras"]: node["extras"][extra] = self.pick(EXTRAS[extra])
    def since(self, model): model["since"] = not model.get("since")
    def retell(self, model): model["told"] = model.get("told", 0) + 1
    def bind(self, model): model["bound"] = self.pick([None, "unique", "primary_key", "check"])
    def trim(self, model): model["rest"] = self.pick(["", "", "order by id", "limit 0"])
    def contract(self, model):
        model["typed"] = dict(model["extras"])
        model["contract"] = not model["contract"] and model["kind"] in ("view", "table", "incremental")
    def rename(self, model):
        if model["kind"] != "ephemeral": model["config"]["alias"] = f"alias_{model['name']}_{self.rows}"
    def hook(self, model):
        if model["kind"] != "ephemeral": model["config"]["post_hook"] = [HOOK % "after"]
    def grant(self, model):
        if model["kind"] != "ephemeral": model["config"]["grants"] = self.grants()
    def reindex(self, model):
        if model["kind"] in STANDING: model["config"]["indexes"] = self.indexes(model["kind"])

    def edit_snapshot(self):
        snapshot = self.pick(self.snapshots)
        edit = self.pick([self.restrategize, self.bury, self.watch, self.widen_snapshot, self.retype, self.narrow, self.filter, self.rename_columns, self.date_current])
        edit(snapshot)
        return f"{snapshot['name']}: {edit.__name__}"

    def restrategize(self, snapshot):
        kept = {key: value for key, value in snapshot["config"].items() if key not in ("strategy", "check_cols", "updated_at")}
        snapshot["config"] = kept | self.strategy(snapshot["input"])
    def bury(self, snapshot): snapshot["config"]["hard_deletes"] = self.pick(["ignore", "invalidate", "new_record"])
    def watch(self, snapshot):
        if snapshot["config"]["strategy"] == "check": snapshot["config"]["check_cols"] = self.pick(["all", ["word"], ["n"], ["word", "n"]])
    def filter(self, snapshot): snapshot["rest"] = self.pick(["", "where id > 2", "where id <> 3"])
    def rename_columns(self, snapshot):
        if self.chance(0.3): snapshot["config"]["snapshot_meta_column_names"] = {"dbt_valid_to": "ends"}
    def date_current(self, snapshot):
        if self.chance(0.3): snapshot["config"]["dbt_valid_to_current"] = "cast('9999-12-31' as timestamp)"

    def widen_snapshot(self, snapshot):
        taken = snapshot["input"]["extras"] if isinstance(snapshot["input"], dict) and "extras" in snapshot["input"] else {}
        name = self.pick([name for name in EXTRAS if name not in taken and name != "day"])
        snapshot["extras"][name] = self.pick(EXTRAS[name])

    def edit_seed(self):
        seed = self.pick(self.seeds)
        rows, config = seed["rows"], seed["config"]
        what = self.pick(["row", "row", "changed", "gone", "types"] + ["grants"] * self.is_postgres)
        if what == "row": rows.append([len(rows) + 5, self.pick("abc"), self.random.randint(1, 99)])
        elif what == "changed": self.pick(rows)[1] = self.pick("uvw")
        elif what == "gone" and len(rows) > 1: rows.pop(0)
        elif what == "types": config["column_types"] = self.pick([{"n": "bigint"}, {"word": "varchar(30)"}, {"n": "text"}])
        elif what == "grants": config["grants"] = self.grants()
        return f"{seed['name']}: {what}"

    def edit_set(self):
        """Models that come, go, and have other names."""
        what = self.pick(["add", "remove", "rename", "test"])
        if what == "add": return f"{self.add_model()['name']}: new"
        model = self.pick(self.models)
        if what == "remove" and len(self.models) > 2 and not any(each["input"] is model for each in self.models + self.snapshots):
            self.models.remove(model)
            self.tests.discard(f"small_{model['name']}")
            return f"{model['name']}: gone"
        if what == "rename":
            old = model["name"]
            self.tests.discard(f"small_{old}")
            model["name"] = f"{old}r"
            return f"{old}: renamed"
        if what == "test": self.tests ^= {f"small_{model['name']}"}
        return f"{model['name']}: {what}"

    def edit_breakage(self):
        model = self.pick([each for each in self.models if each["kind"] != "ephemeral"] or self.models)
        model["broken"] = None if model["broken"] else self.pick(["1 / (n - n) as broken", "nothing as broken", "(1 as broken", "cast(word as int) as broken"])
        return f"{model['name']}: {'broken' if model['broken'] else 'mended'}"

    # Commands

    def command(self, has_state, has_failed):
        """The words of what is done next."""
        if has_failed and self.chance(0.35): return ["retry"]
        name = self.pick([each["name"] for each in self.models + self.snapshots + self.seeds])
        word = self.pick(["build"] * 4 + ["run"] * 5 + ["seed", "snapshot", "snapshot", "test", "test"])
        if has_state and word in ("build", "run") and self.chance(0.35): return [word] + self.options(word) + self.by_state(name)
        if has_state and self.is_postgres and self.chance(0.1): return ["clone", "--state", "state", "--target", "other"] + self.pick([[], ["--full-refresh"], ["-s", name]])
        chosen = [f"{name}+", f"+{name}", f"+{name}+", name, f"@{name}", "config.materialized:incremental+", "source:raw+"]
        return [word] + self.options(word) + (["-s", self.pick(chosen)] if self.chance(0.4) else [])

    def options(self, word):
        if word == "seed" and self.chance(0.3): return ["--full-refresh"]
        if word not in ("build", "run"): return []
        if self.chance(0.2): return ["--full-refresh"]
        if self.chance(0.08): return ["--empty"]
        if self.chance(0.1): return ["--event-time-start", days(-2), "--event-time-end", days(self.pick([0, 1]))]
        if self.chance(0.08): return ["--sample", self.pick(["2 days", f"{{'start': '{days(-2)}', 'end': '{days(0)}'}}"])]
        return []

    def by_state(self, name):
        other = "other" if self.is_postgres else "dev"
        return ["--state", "state"] + self.pick([
            ["-s", "state:modified+"],
            ["-s", "result:error+", "result:fail+"],
            ["-s", "state:modified+", "result:error+"],
            ["-s", "state:new", "state:modified.configs"],
            ["--defer", "-s", name],
            ["--defer", "--favor-state", "-s", name],
            ["--defer", "--target", other, "-s", f"{name}+"],
        ])
