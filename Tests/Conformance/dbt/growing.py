"""A random dbt project that changes: what `edit` does to it and to the data it reads, and the commands somebody may give next."""
import datetime, json, random

TODAY = datetime.date.today()
# Columns besides id, word, n and at: a name, and what it may be in one version of a model and in the next.
EXTRAS = {
    "amount": ["id * 2", "cast(id as numeric(10,2))", "cast(id as bigint)", "cast(id as varchar(12))", "cast(n as numeric(6,1))"],
    "code": ["cast(word as varchar(8))", "cast(word as varchar(20))", "word", "cast('x' as varchar(3))", "cast(word as char(9))"],
    "flag": ["id > 2", "cast('a' as varchar(5))", "null"],
    "day": ["cast(at as date)", "at", "cast(null as timestamp)"],
    "Mixed": ["1", "'a'"],
}
TYPES = {"id": "int", "word": "text", "n": "int", "at": "timestamp"}
KINDS = ["view", "view", "table", "table", "incremental", "incremental", "incremental", "ephemeral", "materialized_view"]
READERS = ["dbt_test_user_1", "dbt_test_user_2"]
HOOK = "insert into {{ target.schema }}.told values ('%s {{ this.name }}')"


def days(number): return str(TODAY + datetime.timedelta(days=number))


class Growing:
    """`files` is the project of the moment; `edit` gives what it did in words, and the SQL for the data."""

    def __init__(self, random_: random.Random, adapter):
        self.random, self.adapter, self.next, self.rows = random_, adapter, 0, 6
        self.models, self.snapshots, self.seeds, self.tests = [], [], [], set()
        self.wide = []  # columns that the source has besides
        for _ in range(self.random.randint(1, 2)): self.seeds.append({"name": f"seed{len(self.seeds)}", "rows": [[i, w, i * 3] for i, w in enumerate("abc")], "config": self.some({"column_types": {"n": "bigint", "word": "varchar(9)"}}, {"full_refresh": False}, {"full_refresh": True}, {"quote_columns": True}, *[{"grants": {"select": READERS[:1]}}] * (adapter == "postgres"))})
        for _ in range(self.random.randint(4, 8)): self.add_model()
        # On SQLite dbt's adapter has no snapshots, as it asks for a function md5.
        if adapter == "postgres":
            for _ in range(self.random.randint(1, 3)): self.add_snapshot()

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
        choices = ["source", "source"] + self.seeds + [each for each in models[-4:] for _ in (0, 1)] + [each for each in self.snapshots if each["input"] not in models][:1]
        return self.pick(choices)

    def become(self, model):
        """Another way of standing in the warehouse."""
        model["kind"] = self.pick(KINDS)
        if model["kind"] == "materialized_view" and self.adapter == "sqlite": model["kind"] = "table"
        config = {}
        if model["kind"] == "incremental": config = self.growth()
        if model["kind"] in ("table", "incremental", "materialized_view") and self.adapter == "postgres" and self.chance(0.25): config["indexes"] = self.indexes(model["kind"])
        if model["kind"] == "materialized_view": config |= self.some({"on_configuration_change": self.pick(["apply", "continue", "fail"])})
        if model["kind"] != "ephemeral":
            config |= self.some({"pre_hook": HOOK % "before"}, {"post_hook": [HOOK % "after", {"sql": HOOK % "late", "transaction": False}]}, {"alias": f"alias_{model['name']}"}, {"schema": "more"}, part=0.08)
            if self.adapter == "postgres": config |= self.some({"grants": {"select": self.random.sample(READERS, self.random.randint(0, 2))}}, {"persist_docs": {"relation": True, "columns": True}}, part=0.15)
        if self.adapter == "sqlite" and "schema" in config: config.pop("schema")
        if self.adapter == "sqlite" and "post_hook" in config: config["post_hook"].pop()
        model["config"], model["contract"] = config, self.adapter == "postgres" and model["kind"] in ("table", "incremental", "view") and self.chance(0.1)
        model["typed"] = dict(model["extras"])

    def growth(self):
        # On SQLite dbt's adapter knows one way alone.
        if self.adapter == "sqlite": return self.some({"unique_key": self.pick(["id", "word"])}, part=0.7) | self.some({"full_refresh": self.pick([True, False])}, part=0.1)
        strategy = self.pick(["append", "delete+insert", "merge", "microbatch", None])
        config = {"incremental_strategy": strategy} if strategy else {}
        if strategy == "microbatch":
            config |= {"event_time": "at", "batch_size": "day", "begin": days(-3), "unique_key": "id"} | self.some({"lookback": self.random.randint(0, 2)}, {"concurrent_batches": False})
        elif self.chance(0.8): config["unique_key"] = self.pick(["id", "id", ["id"], ["id", "word"], "word"])
        if strategy == "merge": config |= self.some({"merge_update_columns": ["word", "at"]}, part=0.3) or self.some({"merge_exclude_columns": ["word"]}, part=0.3)
        if strategy in ("merge", "delete+insert"): config |= self.some({"incremental_predicates": ["DBT_INTERNAL_DEST.id > 2" if strategy == "merge" else "id > 2"]}, part=0.2)
        config |= self.some({"on_schema_change": self.pick(["ignore", "fail", "append_new_columns", "sync_all_columns"])}, part=0.7) | self.some({"full_refresh": self.pick([True, False])}, part=0.1)
        return config

    def indexes(self, kind):
        # dbt's macros stumble over the type of a materialized view's new index.
        choices = [{"columns": ["id"]}, {"columns": ["word"], **({} if kind == "materialized_view" else {"type": "hash"})}, {"columns": ["id", "word"]}, {"columns": ["id"], "unique": True}]
        return [self.pick(choices) for _ in range(self.random.randint(1, 2))]

    def widen(self, model):
        name = self.pick(list(EXTRAS))
        model["extras"][name] = self.pick(EXTRAS[name])

    def test(self, model):
        """One test more, or one less."""
        tests = [{"unique": {"name": f"unique_{model['name']}"}}, {"not_null": {"name": f"filled_{model['name']}", "config": {"store_failures": True}}}, {"accepted_values": {"name": f"known_{model['name']}", "arguments": {"values": ["a", "b"]}, "config": {"store_failures": True, "severity": "warn"}}},
                 {"accepted_values": {"name": f"viewed_{model['name']}", "arguments": {"values": ["a", "b"]}, "config": {"store_failures_as": "view", "severity": self.pick(["warn", "error"])}}}]
        if self.adapter == "sqlite": tests.pop()
        if model["tests"] and self.chance(0.4): model["tests"].pop()
        elif self.chance(0.5): model["tests"].append(self.pick(tests))

    def quoted(self, name): return f'"{name}"' if name != name.lower() else name

    def query(self, model):
        columns = [*TYPES] + [f"{text} as {self.quoted(name)}" for name, text in model["extras"].items()]
        if model["broken"]: columns.append(model["broken"])
        input_ = "{{ source('raw', 'raw_events') }}" if model["input"] == "source" else f"{{{{ ref('{model['input']['name']}') }}}}"
        # A seed has no time.
        if "rows" in (model["input"] if model["input"] != "source" else {}): input_ = f"(select id, word, n, cast('{days(-2)}' as timestamp) + id * interval '1 hour' as at from {input_}) as seeded" if self.adapter == "postgres" else f"(select id, word, n, '{days(-2)} 00:00:00' as at from {input_}) as seeded"
        return f"select {', '.join(columns)} from {input_} {model['rest']}".strip()

    def text(self, model):
        config = {"materialized": model["kind"], **model["config"]}
        if model["contract"] and model["kind"] == "incremental" and config.get("on_schema_change") != "fail": config["on_schema_change"] = "append_new_columns"
        head = "{{ config(" + ", ".join(f"{key}={value!r}" for key, value in config.items() if key != "contract") + ") }}\n"
        more = "\n{% if is_incremental() %} where at > (select max(at) from {{ this }}) {% endif %}" if model["kind"] == "incremental" and model["config"].get("incremental_strategy") != "microbatch" and model.get("since") else ""
        return head + self.query(model) + more

    def properties(self, model):
        entry = {"name": model["name"], "description": f"what {model['name']} is, {model.get('told', 0)}", "data_tests": []}
        columns = [{"name": name, "description": f"{name} {model.get('told', 0)}", "data_type": type_} for name, type_ in TYPES.items()]
        columns[1]["data_tests"] = [test for test in model["tests"] if model["kind"] != "ephemeral"]
        if model["contract"]:
            entry["config"] = {"contract": {"enforced": True}}
            if model.get("bound"): columns[0]["constraints"] = [{"type": "not_null"}, {"type": model["bound"]}] if model["bound"] != "check" else [{"type": "check", "expression": "id > 1"}]
            for name, text in model["typed"].items():
                type_ = text.split(" as ")[1][:-1] if text.startswith("cast") else {"id * 2": "int", "word": "text", "id > 2": "boolean", "null": "text", "at": "timestamp", "1": "int", "'a'": "text"}[text]
                columns.append({"name": name, "data_type": type_, **({"quote": True} if name != name.lower() else {})})
        return entry | {"columns": columns}

    # Snapshots

    def add_snapshot(self):
        self.next += 1
        snapshot = {"name": f"s{self.next}", "extras": {}, "rest": "", "isBlock": self.chance(0.3), "broken": None}
        snapshot["input"] = self.pick(["source", "source"] + self.seeds[:1] + [model for model in self.models if model["kind"] != "ephemeral"][:4])
        snapshot["config"] = {"unique_key": self.pick(["id", "id", "id", ["id", "word"]])} | self.strategy(snapshot["input"])
        snapshot["config"] |= self.some({"hard_deletes": self.pick(["ignore", "invalidate", "new_record"])}, part=0.6)
        snapshot["config"] |= self.some({"dbt_valid_to_current": "cast('9999-12-31' as timestamp)"}, {"snapshot_meta_column_names": {"dbt_valid_to": "until", "dbt_scd_id": "scd", "dbt_is_deleted": "gone", "dbt_updated_at": "changed"}}, part=0.2)
        if self.adapter == "postgres": snapshot["config"] |= self.some({"grants": {"select": READERS[:1]}}, {"persist_docs": {"relation": True, "columns": True}}, {"schema": "kept"}, part=0.12)
        self.snapshots.append(snapshot)

    def strategy(self, input_):
        if isinstance(input_, dict) and "rows" in input_ or self.chance(0.5): return {"strategy": "check", "check_cols": self.pick(["all", ["word"], ["word", "n"]])} | (self.some({"updated_at": "at"}, part=0.15) if not (isinstance(input_, dict) and "rows" in input_) else {})
        return {"strategy": "timestamp", "updated_at": "at"}

    def snapshot(self, snapshot):
        """Its file: a path, and what is in it."""
        input_ = "source('raw', 'raw_events')" if snapshot["input"] == "source" else f"ref('{snapshot['input']['name']}')"
        if snapshot["isBlock"] or snapshot["extras"] or snapshot["rest"]:
            more = "".join(f", {text} as {self.quoted(name)}" for name, text in snapshot["extras"].items())
            words = ", ".join(f"{key}={value!r}" for key, value in snapshot["config"].items())
            query = f"select *{more} from {{{{ {input_} }}}} {snapshot['rest']}"
            return f"snapshots/{snapshot['name']}.sql", f"{{% snapshot {snapshot['name']} %}}{{{{ config({words}) }}}} {query} {{% endsnapshot %}}"
        return f"snapshots/{snapshot['name']}.yml", json.dumps({"snapshots": [{"name": snapshot["name"], "relation": input_, "description": snapshot["name"], "config": snapshot["config"]}]})

    # Everything

    @property
    def files(self):
        project = {"name": "growing", "version": "1.0.0", "profile": "growing", "seeds": {"growing": {each["name"]: {f"+{key}": value for key, value in each["config"].items()} for each in self.seeds}}}
        source = {"name": "raw", "schema": "{{ target.schema if target.name == 'dev' else 'history' }}", "tables": [{"name": "raw_events", "config": {"event_time": "at"}}]}
        if self.adapter == "sqlite": source["schema"] = "main"
        found = {"dbt_project.yml": json.dumps(project), "models/sources.yml": json.dumps({"sources": [source]}), "models/models.yml": json.dumps({"models": [self.properties(each) for each in self.models]})}
        for each in self.models: found[f"models/{each['name']}.sql"] = self.text(each)
        for each in self.seeds: found[f"seeds/{each['name']}.csv"] = "id,word,n\n" + "".join(",".join(map(str, row)) + "\n" for row in each["rows"])
        for name in self.tests: found[f"tests/{name}.sql"] = f"{{{{ config(store_failures=true) }}}} select * from {{{{ ref('{name[6:]}') }}}} where id > 4"
        return found | dict(self.snapshot(each) for each in self.snapshots)

    # Edits

    def edit(self):
        """What was done, and SQL for the data."""
        edits = [self.edit_rows] * 4 + [self.edit_model] * 5 + [self.edit_seed, self.edit_set]
        # On SQLite dbt's adapter drops what it is about to make, and loses it where that fails.
        if self.adapter == "postgres": edits += [self.edit_snapshot] * 2 + [self.edit_breakage]
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
        return self.pick([
            ("rows more", f"insert into raw_events select {self.rows}, '{self.pick('abcd')}', {self.rows}, '{days(0)} 00:{self.rows:02}:00'"),
            ("rows changed", f"update raw_events set word = '{self.pick('xyz')}', at = '{days(0)} 01:{self.rows:02}:00' where id = {id}"),
            ("rows changed quietly", f"update raw_events set n = n + 1 where id >= {id}"), ("rows gone", f"delete from raw_events where id = {id}"),
            ("rows back", f"insert into raw_events values ({id}, 'back', 0, '{days(0)} 02:{self.rows:02}:00')"),
            ("a null", f"update raw_events set word = null where id = {id}"), ("a late row", f"insert into raw_events values ({self.rows + 100}, 'late', 1, '{days(-2)} 03:00:00')"),
            ("a long word", f"update raw_events set word = 'a long word' where id = {id}"),
        ])

    def edit_model(self):
        model = self.pick(self.models)
        name, what = model["name"], self.pick(["become", "become", "widen", "widen", "narrow", "retype", "since", "told", "contract", "growth", "growth", "grants", "indexes", "test", "alias", "rest", "bound", "hook"])
        if what == "become": self.become(model)
        elif what == "widen": self.widen(model)
        elif what == "narrow": model["extras"].pop(self.pick(list(model["extras"]) or [""]), None)
        elif what == "retype":
            for extra in model["extras"]: model["extras"][extra] = self.pick(EXTRAS[extra])
        elif what == "since": model["since"] = not model.get("since")
        elif what == "told": model["told"] = model.get("told", 0) + 1
        elif what == "contract": model["contract"], model["typed"] = self.adapter == "postgres" and not model["contract"] and model["kind"] in ("view", "table", "incremental"), dict(model["extras"])
        elif what == "growth" and model["kind"] == "incremental": model["config"] = self.growth()
        elif what == "grants" and self.adapter == "postgres" and model["kind"] != "ephemeral": model["config"]["grants"] = {"select": self.random.sample(READERS, self.random.randint(0, 2))}
        elif what == "indexes" and self.adapter == "postgres" and model["kind"] in ("table", "incremental", "materialized_view"): model["config"]["indexes"] = self.indexes(model["kind"])
        elif what == "test": self.test(model)
        elif what == "alias" and model["kind"] != "ephemeral": model["config"]["alias"] = f"alias_{name}_{self.rows}"
        elif what == "rest": model["rest"] = self.pick(["", "", "order by id", "limit 0"]) if model["kind"] != "incremental" else ""
        elif what == "bound": model["bound"] = self.pick([None, "unique", "primary_key", "check"])
        elif what == "hook" and model["kind"] != "ephemeral": model["config"]["post_hook"] = [HOOK % "after"]
        if model["kind"] == "incremental": model["rest"] = ""
        return f"{name}: {what}"

    def edit_snapshot(self):
        snapshot = self.pick(self.snapshots)
        what = self.pick(["strategy", "deletes", "check", "widen", "retype", "narrow", "rest", "names", "current"])
        if what == "strategy": snapshot["config"] = {key: value for key, value in snapshot["config"].items() if key not in ("strategy", "check_cols", "updated_at")} | self.strategy(snapshot["input"])
        elif what == "deletes": snapshot["config"]["hard_deletes"] = self.pick(["ignore", "invalidate", "new_record"])
        elif what == "check" and snapshot["config"]["strategy"] == "check": snapshot["config"]["check_cols"] = self.pick(["all", ["word"], ["n"], ["word", "n"]])
        elif what == "widen": self.widen_snapshot(snapshot)
        elif what == "retype":
            for extra in snapshot["extras"]: snapshot["extras"][extra] = self.pick(EXTRAS[extra])
        elif what == "narrow": snapshot["extras"].pop(self.pick(list(snapshot["extras"]) or [""]), None)
        elif what == "rest": snapshot["rest"] = self.pick(["", "where id > 2", "where id <> 3"])
        elif what == "names" and self.chance(0.3): snapshot["config"]["snapshot_meta_column_names"] = {"dbt_valid_to": "ends"}
        elif what == "current" and self.chance(0.3): snapshot["config"]["dbt_valid_to_current"] = "cast('9999-12-31' as timestamp)"
        return f"{snapshot['name']}: {what}"

    def widen_snapshot(self, snapshot):
        taken = snapshot["input"]["extras"] if isinstance(snapshot["input"], dict) and "extras" in snapshot["input"] else {}
        name = self.pick([name for name in EXTRAS if name not in taken and name != "day"] or ["more"])
        snapshot["extras"][name] = self.pick(EXTRAS.get(name, ["1"]))

    def edit_seed(self):
        seed = self.pick(self.seeds)
        what = self.pick(["row", "row", "changed", "gone", "types", "grants"])
        if what == "row": seed["rows"].append([len(seed["rows"]) + 5, self.pick("abc"), self.random.randint(1, 99)])
        elif what == "changed": self.pick(seed["rows"])[1] = self.pick("uvw")
        elif what == "gone" and len(seed["rows"]) > 1: seed["rows"].pop(0)
        elif what == "types": seed["config"]["column_types"] = self.pick([{"n": "bigint"}, {"word": "varchar(30)"}, {"n": "text"}])
        elif what == "grants" and self.adapter == "postgres": seed["config"]["grants"] = {"select": self.random.sample(READERS, self.random.randint(0, 2))}
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

    def command(self, hasState, hasFailed):
        """The words of what is done next."""
        if hasFailed and self.chance(0.35): return ["retry"]
        name = self.pick([each["name"] for each in self.models + self.snapshots + self.seeds])
        word = self.pick(["build"] * 4 + ["run"] * 5 + ["seed", "snapshot", "snapshot", "test", "test"])
        words, more = [word], []
        if self.chance(0.4): more = ["-s", self.pick([f"{name}+", f"+{name}", f"+{name}+", name, f"@{name}", "config.materialized:incremental+", "source:raw+"])]
        if word in ("build", "run"):
            if self.chance(0.2): words.append("--full-refresh")
            elif self.chance(0.08): words.append("--empty")
            elif self.chance(0.1): words += ["--event-time-start", days(-2), "--event-time-end", days(self.pick([0, 1]))]
            elif self.chance(0.08): words += ["--sample", self.pick(["2 days", f"{{'start': '{days(-2)}', 'end': '{days(0)}'}}"])]
        if word == "seed" and self.chance(0.3): words.append("--full-refresh")
        if hasState and word in ("build", "run") and self.chance(0.35):
            more = self.pick([["-s", "state:modified+"], ["-s", "result:error+", "result:fail+"], ["-s", "state:modified+", "result:error+"], ["-s", "state:new", "state:modified.configs"], ["--defer", "-s", name], ["--defer", "--favor-state", "-s", name], ["--defer", "--target", "other" if self.adapter == "postgres" else "dev", "-s", f"{name}+"]]) + ["--state", "state"]
        elif hasState and self.adapter == "postgres" and self.chance(0.1): return ["clone", "--state", "state", "--target", "other"] + self.pick([[], ["--full-refresh"], ["-s", name]])
        return words + more
