"""Random small dbt projects, and selections on them. Everything comes from one `random.Random`."""
import random

from generate_more import enrich
from generate_wider import widen

TAGS = ["red", "green", "blue"]
FOLDERS = ["staging", "marts", "marts/fin"]
TESTS = ["unique", "not_null", "accepted_values"]


class Project:
    """Files by path; `mutate` changes some of them, so that a state has something to say."""

    def __init__(self, random_: random.Random):
        self.random = random_
        self.models, self.files, self.schema = [], {}, {}
        self.seeds = [f"s{i}" for i in range(self.random.randint(1, 2))]
        self.sources = [("raw", "t1"), ("raw", "t2"), ("web", "t1")][: self.random.randint(1, 3)]
        self.versioned = []
        for number in range(self.random.randint(5, 11)):
            self.model(f"m{number}")
        self.rest()
        enrich(self)
        widen(self)

    def chance(self, part):
        return self.random.random() < part

    def tags(self):
        return self.random.choice([self.random.choice(TAGS), self.random.sample(TAGS, self.random.randint(1, 2))])

    def config(self, isYAML, isModel=True):
        """A few words of configuration. In a file of SQL they are arguments, in YAML a map."""
        pairs = {}
        if self.chance(0.3): pairs["tags"] = self.tags()
        if self.chance(0.3): pairs["meta"] = {self.random.choice(["owner", "team"]): self.random.choice(["ann", "bob", 3])}
        if isModel:
            if self.chance(0.3): pairs["materialized"] = self.random.choice(["view", "table", "incremental", "ephemeral"])
            if self.chance(0.06): pairs["enabled"] = self.random.choice([False, True])
            if self.chance(0.1): pairs["schema"] = self.random.choice(["one", "two"])
            if self.chance(0.08): pairs["alias"] = f"alias_{self.random.randint(1, 99999)}"
            if self.chance(0.1): pairs["unique_key"] = "id"
            if self.chance(0.1): pairs["post_hook" if not isYAML else "post-hook"] = "select 1"
            if self.chance(0.1): pairs["docs"] = {"show": False}
            if self.chance(0.1): pairs["persist_docs"] = {"relation": True}
        return pairs

    def reference(self):
        choices = [f"{{{{ ref('{name}') }}}}" for name in self.models[-4:]] + [f"{{{{ ref('{name}') }}}}" for name in self.seeds]
        choices += [f"{{{{ source('{source}', '{table}') }}}}" for source, table in self.sources]
        choices += [f"{{{{ ref('hunted', '{name}') }}}}" for name in self.models[-2:]]
        choices += [f"{{{{ ref('{name}', v={self.random.choice([1, 2])}) }}}}" for name in self.versioned[-1:]]
        return self.random.choice(choices)

    def body(self):
        parts = [f"select {self.random.choice(['1 as id', 'id', '{{ var(`depth`, 7) }} as id'.replace('`', chr(39))])} from {self.reference()}"]
        while self.chance(0.4):
            parts.append(f"select id from {self.reference()}")
        text = "\nunion all\n".join(parts)
        if self.chance(0.2): text = "with own as (\n" + text + "\n)\nselect * from own"
        if self.chance(0.2): text = "{# words #}\n" + text
        if self.chance(0.15): text += "\n{% if is_incremental() %} where 1 = 1 {% endif %}"
        if self.chance(0.15): text += "\n-- {{ config.get('materialized') }} {{ model.name }} {{ this.identifier }} {{ model.tags | sort | join('/') }}"
        return text

    def model(self, name):
        folder = self.random.choice(FOLDERS)
        path = f"models/{folder}/{name}.sql"
        config = self.config(False)
        head = "{{ config(" + ", ".join(f"{key}={value!r}" for key, value in config.items()) + ") }}\n" if config else ""
        entry = {"name": name}
        if self.chance(0.5): entry["description"] = f"what {name} is"
        if self.chance(0.4): entry["config"] = self.config(True)
        if self.chance(0.25): entry["access"] = self.random.choice(["protected", "public"])
        if self.chance(0.2): entry.setdefault("config", {})["group"] = "finance"
        if self.chance(0.5): entry["columns"] = [self.column() for _ in range(self.random.randint(1, 2))]
        if self.chance(0.15) and config.get("materialized") != "ephemeral" and entry.get("config", {}).get("materialized") != "ephemeral":
            entry["versions"] = [{"v": 1, **({"config": self.config(True)} if self.chance(0.4) else {})}, {"v": 2}]
            if self.chance(0.4): entry["latest_version"] = 1
            for version in (1, 2): self.files[path.replace(".sql", f"_v{version}.sql")] = head.replace("alias=", "static_alias=") + self.body()
            entry.get("config", {}).pop("alias", None)
            self.versioned.append(name)
        else:
            self.files[path] = head + self.body()
        self.models.append(name)
        self.schema.setdefault(folder, []).append(entry)

    def column(self):
        column = {"name": self.random.choice(["id", "word"])}
        if self.chance(0.3): column["meta" if self.chance(0.0) else "description"] = "a column"
        if self.chance(0.7):
            column["data_tests"] = []
            for test in self.random.sample(TESTS, self.random.randint(1, 2)):
                body = {"arguments": {"values": [1, 2]}} if test == "accepted_values" else {}
                if self.chance(0.3): body["config"] = {**self.config(True, isModel=False), **({"severity": "warn"} if self.chance(0.5) else {}), **({"where": "id > 0"} if self.chance(0.3) else {})}
                if self.chance(0.15): body["name"] = f"named_{self.random.randint(1, 99999)}"
                column["data_tests"].append({test: body} if body else test)
        return column

    def rest(self):
        tree = {}
        for folder in [None] + FOLDERS:
            here = tree
            for part in (folder or "").split("/"):
                if part: here = here.setdefault(part, {})
            for key, value in self.config(True).items():
                if key in ("alias", "enabled") or (key == "materialized" and value == "ephemeral"): continue
                here["+" + key] = value
        project = {
            "name": "hunted", "version": "1.0", "profile": "hunted", "models": {"hunted": tree}, "vars": {"depth": 2},
            "seeds": {"+tags": ["seeded"]}, "data_tests": {"hunted": {"+tags": ["checked"]}} if self.chance(0.3) else {},
        }
        if self.chance(0.4): project["vars"] = {"hunted": {"depth": 3}, "depth": 5}
        if self.chance(0.3): project["flags"] = {"indirect_selection": self.random.choice(["cautious", "buildable"])}
        self.files["dbt_project.yml"] = project
        for folder, entries in self.schema.items(): self.files[f"models/{folder}/schema.yml"] = {"models": entries}
        for name in self.seeds: self.files[f"seeds/{name}.csv"] = "id,word\n1,a\n2,b\n"
        groups = {}
        for source, table in self.sources:
            entry = groups.setdefault(source, {"name": source, "schema": "hunted_raw", "tables": []})
            if self.chance(0.3): entry["config"] = self.config(True, isModel=False)
            given = {"name": table, **({"config": self.config(True, isModel=False)} if self.chance(0.4) else {})}
            if self.chance(0.3): given["columns"] = [self.column()]
            entry["tables"].append(given)
        self.files["models/sources.yml"] = {"sources": list(groups.values()), "groups": [{"name": "finance", "owner": {"name": "ann"}}]}
        if self.chance(0.7):
            self.files["models/boards.yml"] = {"exposures": [
                {"name": "board", "type": "dashboard", "owner": {"name": "ann"}, "depends_on": [f"ref('{self.random.choice(self.models)}')"], "config": {"tags": self.random.sample(TAGS, 1)}}]}
        if self.chance(0.7): self.files["tests/single.sql"] = ("{{ config(tags='red') }} " if self.chance(0.5) else "") + f"select * from {self.reference()} where 1 = 0"
        if self.chance(0.6):
            self.files["snapshots/kept.yml"] = {"snapshots": [{
                "name": "kept", "relation": f"ref('{self.seeds[0]}')",
                "config": {"unique_key": "id", "strategy": "check", "check_cols": "all", **self.config(True, isModel=False)},
            }]}
        if self.chance(0.4): self.files["analyses/look.sql"] = f"select * from {self.reference()}"
        self.files["selectors.yml"] = {"selectors": [
            {"name": "plain", "definition": {"method": "tag", "value": self.random.choice(TAGS), "parents": self.chance(0.5)}},
            {
                "name": "both",
                "definition": {"union": [
                    {"method": "path", "value": "models/marts"},
                    {"intersection": [{"method": "tag", "value": "red"}, {"method": "config.materialized", "value": "table"}]},
                    {"exclude": [{"method": "tag", "value": "blue", "children": True}]},
                ]},
            },
            {"name": "text", "definition": self.criterion()},
            {"name": "nested", "definition": {"union": [{"method": "selector", "value": "plain"}, {"method": "fqn", "value": self.random.choice(self.models), "childrens_parents": True}]}},
        ]}

    def mutate(self):
        """Another moment of the same project."""
        for path in sorted(self.files):
            text = self.files[path]
            if path.endswith(".sql") and self.chance(0.2): self.files[path] = text + "\n-- changed"
            if path.endswith("schema.yml"):
                for entry in text.get("models", []):
                    if self.chance(0.15): entry["description"] = "changed"
                    if self.chance(0.15): entry.setdefault("config", {})["meta"] = {"owner": "new"}
                    if self.chance(0.1): entry.setdefault("config", {})["tags"] = ["fresh"]
                    if self.chance(0.1): entry.setdefault("columns", []).append(self.column())
        if self.chance(0.5): self.files["seeds/s0.csv"] += "3,c\n"
        if self.chance(0.5): self.files["models/staging/added.sql"] = f"select * from {self.reference()}"
        if self.chance(0.3): self.files["dbt_project.yml"]["models"]["hunted"]["+schema"] = "moved"

    # What is selected

    def criterion(self, isStateful=False):
        pick = self.random.choice
        name = pick(self.models + self.seeds + self.versioned)
        methods = [
            name, name, name[:1] + "*", f"{name}*", "m[0-3]", "m?", f"tag:{pick(TAGS + ['seeded', 'checked', 'nothing', '*e*'])}", f"path:models/{pick(FOLDERS)}", f"models/{pick(FOLDERS)}/*",
            f"config.materialized:{pick(['view', 'table', 'incremental', 'ephemeral', '*'])}", f"config.meta.owner:{pick(['ann', 'bob'])}",
            f"config.tags:{pick(TAGS)}", f"config.schema:{pick(['one', 'two'])}",
            "config.severity:warn", f"resource_type:{pick(['model', 'seed', 'snapshot', 'test', 'source', 'exposure', 'analysis'])}",
            f"source:{pick(['raw', 'raw.t1', '*', 'web.*', 'hunted.raw.t2'])}",
            "exposure:*", "exposure:board", f"test_type:{pick(['generic', 'singular', 'data', 'unit'])}", f"test_name:{pick(TESTS)}", f"fqn:hunted.{pick(['staging', 'marts', 'marts.fin', '*'])}",
            f"package:{pick(['hunted', 'this', 'none', 'h*'])}", f"file:{name}.sql", f"file:{name}", f"group:{pick(['finance', 'none'])}", f"access:{pick(['public', 'protected', 'private'])}",
            f"version:{pick(['latest', 'prerelease', 'old', 'none'])}", f"hunted.{pick(['staging', 'marts.fin'])}", "marts", "marts.fin.*", f"{name}_v1", f"{name}.v2", "single", "kept", "unit_test:*",
        ]
        if isStateful:
            methods = [f"state:{pick(['modified', 'new', 'old', 'unmodified', 'modified.body', 'modified.configs', 'modified.relation', 'modified.persisted_descriptions', 'modified.macros', 'modified.contract'])}" for _ in range(3)]
            methods += [f"result:{pick(['success', 'error', 'fail', 'pass', 'warn', 'skipped'])}", f"source_status:{pick(['fresher', 'error', 'warn', 'pass'])}", name]
        text = pick(methods)
        front = pick(["", "", "", "+", "1+", "2+", "@"])
        behind = pick(["", "", "", "+", "+1", "+2"]) if front != "@" else ""
        return front + text + behind

    def selection(self, isStateful=False):
        """The words of one `ls`."""
        def expression():
            return ",".join(self.criterion(isStateful) for _ in range(self.random.choice([1, 1, 1, 2, 3])))
        words = []
        if self.chance(0.12) and not isStateful: return ["--selector", self.random.choice(getattr(self, "selectors", []) + ["plain", "both", "text", "nested", "nothing"])]
        if self.chance(0.85): words += ["--select"] + [expression() for _ in range(self.random.choice([1, 1, 2, 3]))]
        if self.chance(0.35) or not words: words += ["--exclude"] + [expression() for _ in range(self.random.choice([1, 1, 2]))]
        if self.chance(0.15): words += ["--resource-type", self.random.choice(["model", "test", "seed", "source", "snapshot", "exposure", "all", "analysis"])]
        if self.chance(0.1): words += ["--exclude-resource-type", self.random.choice(["test", "model", "seed"])]
        if self.chance(0.2): words += ["--indirect-selection", self.random.choice(["eager", "cautious", "buildable", "empty"])]
        if self.chance(0.15): words += ["--output", self.random.choice(["name", "path", "json"])]
        return words
