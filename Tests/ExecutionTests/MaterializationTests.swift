import Compilation
import Execution
import Kernel
import ModellingSupport
import Project
import Testing
import WarehouseKit

@Suite struct MaterializationTests {
    @discardableResult
    private func build(_ project: TestProject, _ names: String..., isFullRefresh: Bool = false, at time: Timestamp = TestProject.startedAt) throws -> (any WarehouseSession, [NodeResult]) {
        let session = try project.warehouse.open()
        let compiler = try project.compiler(session, isFullRefresh: isFullRefresh)
        let runner = NodeRunner(compiler, session: session) { time }
        var results: [NodeResult] = []
        for name in names {
            let node = try #require(compiler.manifest.nodes.values.first { $0.name == name })
            results.append(try runner.run(node) { _, body in try session.transaction(body) })
        }
        return (session, results)
    }
    private func rows(_ session: any WarehouseSession, _ sql: String) throws -> [[SQLValue]] { try session.query(sql).rows }

    // MARK: Macros decide

    @Test func `a project's own materialization builds its models`() throws {
        let project = try TestProject([
            "macros/twice.sql": """
                {% materialization twice, default %}
                    {%- set target = this.incorporate(type='table') -%}
                    {%- set backup = make_backup_relation(target, 'table') -%}
                    {%- set staged = make_intermediate_relation(target) -%}
                    {%- set old = load_cached_relation(this) -%}
                    {{ drop_relation_if_exists(load_cached_relation(staged)) }}
                    {{ run_hooks(pre_hooks, inside_transaction=True) }}
                    {% call statement('main') %}{{ create_table_as(False, staged, sql ~ ' union all ' ~ sql) }}{% endcall %}
                    {% if old is not none %}{{ adapter.rename_relation(old, backup) }}{% endif %}
                    {{ adapter.rename_relation(staged, target) }}
                    {{ run_hooks(post_hooks, inside_transaction=True) }}
                    {{ adapter.commit() }}
                    {{ drop_relation_if_exists(load_cached_relation(backup)) }}
                    {{ return({'relations': [target]}) }}
                {% endmaterialization %}
                """,
            "models/a.sql": "{{ config(materialized='twice', post_hook='insert into {{ this }} select 9') }} select 1 as n",
        ])
        try build(project, "a")
        let (session, _) = try build(project, "a")
        #expect(try rows(session, "select n from a order by n") == [[.integer(1)], [.integer(1)], [.integer(9)]])
        #expect(try session.relations(inSchema: "main").map(\.name.identifier).contains("a__dbt_backup") == false)
    }

    @Test func `hooks before and behind the transaction see what the materialization sees`() throws {
        let project = try TestProject([
            "models/a.sql": """
                {{ config(materialized='table', pre_hook=[{'sql': 'create table if not exists said (word text)'}, {'sql': "insert into said values ('{{ sql | trim | length }} {{ model.compiled }}')", 'transaction': false}],
                    post_hook={'sql': "insert into said values ('{{ load_result('main') is none }} {{ compiled_code == sql }}')", 'transaction': false}) }}
                select 1 as n
                """,
        ])
        let session = try project.warehouse.open()
        try session.execute("create table said (word text)")
        try build(project, "a")
        let said = try rows(session, "select word from said order by word")
        #expect(said == [[.text("13 True")], [.text("False True")]])
    }

    @Test func `a project's own create_table_as takes three arguments, and its own names do not take the place of the engine's`() throws {
        let project = try TestProject([
            "macros/own.sql": """
                {% macro sqlite__create_table_as(temporary, relation, sql) %}create table {{ relation }} as select *, 7 as more from ({{ sql }}){% endmacro %}
                {% macro build_table(name) %}{{ name.nothing.at_all }}{% endmacro %}
                {% macro unique_keys(name) %}{{ name.nothing.at_all }}{% endmacro %}
                """,
            "models/a.sql": "{{ config(materialized='table') }} select 1 as n",
            "models/b.sql": "{{ config(materialized='incremental', unique_key='n') }} select 1 as n",
        ])
        try build(project, "a", "b")
        let (session, _) = try build(project, "a", "b")
        #expect(try rows(session, "select n, more from a union all select n, more from b") == [[.integer(1), .integer(7)], [.integer(1), .integer(7)]])
    }

    @Test func `a view whose query ends its statement itself is refused, a table is not`() throws {
        let project = try TestProject(["models/v.sql": "select 1 as n;", "models/t.sql": "{{ config(materialized='table') }} select 1 as n;"])
        try build(project, "t")
        #expect(throws: CompilationError.self) { try self.build(project, "v") }
    }

    @Test func `a contract's type may be one of dbt's general ones, unless the contract says otherwise`() throws {
        func column(_ contract: String) throws -> String {
            let project = try TestProject([
                "models/a.sql": "{{ config(materialized='table') }} select 'x' as t",
                "models/a.yml": "models: [{name: a, config: {contract: \(contract)}, columns: [{name: t, data_type: string}]}]",
            ])
            let (session, _) = try build(project, "a")
            return try #require(session.columns(of: RelationName(database: "", schema: "main", identifier: "a")).first).type
        }
        #expect(try column("{enforced: true}").uppercased() == "TEXT")
        #expect(try column("{enforced: true, alias_types: false}").uppercased() == "STRING")
    }

    @Test(arguments: [
        ("{'columns': 'n'}", "at path ['columns']: 'n' is not of type 'array'"), ("'n'", "at path []: 'n' is not of type 'object'"),
        ("{'columns': ['n'], 'unique': 'yes'}", "at path ['unique']: 'yes' is not of type 'boolean'"), ("{'columns': [1]}", "at path ['columns'][0]: 1 is not of type 'string'"),
        ("{'columns': ['n'], 'name': 'x'}", "at path []: Additional properties are not allowed ('name' was unexpected)"),
        ("{'unique': true}", "at path []: 'columns' is a required property"),
    ]) func `an index that is not written as one says what is wrong with it`(index: String, fault: String) throws {
        let project = try TestProject(["models/a.sql": "select 1 as n {% if execute %}{% do adapter.parse_index(\(index)) %}{% endif %}"])
        let error = #expect(throws: CompilationError.self) { try self.build(project, "a") }
        #expect(error?.summary == "Could not parse index config: \(fault)")
    }

    @Test(arguments: ["table", "view"]) func `where the project has its own steps for taking a place, they are taken`(kind: String) throws {
        let project = try TestProject([
            "macros/own.sql": """
                {% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
                    {{ return(dbt.default__make_backup_relation(base_relation, backup_relation_type, '__old')) }}
                {% endmacro %}
                {% macro sqlite__drop_relation(relation) %}{{ return(dbt.default__drop_relation(relation) if not relation.identifier.endswith('__old') else '') }}{% endmacro %}
                """,
            "models/a.sql": "{{ config(materialized='\(kind)') }} select 1 as n",
        ])
        try build(project, "a")
        let (session, _) = try build(project, "a")
        #expect(try session.relations(inSchema: "main").map(\.name.identifier).sorted() == ["a", "a__old"])
        #expect(try rows(session, "select n from a") == [[.integer(1)]])
    }

    @Test func `a table that is built again renames nothing, one that reads itself still finds its old rows`() throws {
        let project = try TestProject([
            "models/plain.sql": "{{ config(materialized='table') }} select 1 as n",
            "models/reader.sql": "select n from {{ ref('plain') }}",
            "models/counter.sql": """
                {{ config(materialized='table') }}
                select 1 as n {% if adapter.get_relation(this.database, this.schema, this.identifier) %} union all select n + 1 from {{ this }} {% endif %}
                """,
        ])
        try build(project, "plain", "reader", "counter")
        let session = try project.warehouse.open()
        let compiler = try project.compiler(session)
        var statements: [String] = []
        compiler.onStatement = { sql, _ in statements.append(sql) }
        let runner = NodeRunner(compiler, session: session) { TestProject.startedAt }
        for name in ["plain", "counter"] {
            let node = try #require(compiler.manifest.nodes.values.first { $0.name == name })
            statements = []
            _ = try runner.run(node) { _, body in try session.transaction(body) }
            #expect(statements.contains { $0.contains("create table") })
            #expect(statements.contains { $0.contains("__dbt_tmp") } == (name == "counter"))
        }
        #expect(try rows(session, "select n from reader") == [[.integer(1)]])
        #expect(try rows(session, "select n from counter order by n") == [[.integer(1)], [.integer(2)]])
    }

    @Test func `a table whose query fails stays as it was`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table', pre_hook='create table if not exists runs (n)', post_hook='insert into runs select 1') }} select {{ var('n', '1') }} as n"
        ])
        try build(project, "a")
        let session = try project.warehouse.open()
        // Prepared without an error, and fails while it runs: behind the drop.
        project.vars["n"] = "abs(-9223372036854775807 - 1)"
        let compiler = try project.compiler(session)
        let node = try #require(compiler.manifest.nodes.values.first { $0.name == "a" })
        let runner = NodeRunner(compiler, session: session) { TestProject.startedAt }
        #expect(throws: (any Error).self) { try runner.run(node) { _, body in try session.transaction(body) } }
        #expect(try rows(session, "select n from a") == [[.integer(1)]])
        #expect(try rows(session, "select n from runs") == [[.integer(1)]])
    }

    @Test func `a project overrides dbt's own materialization, a package does not`() throws {
        let override = "{% materialization view, default %}{% call statement('main') %}create table {{ this }} as {{ sql }}{% endcall %}{{ return({'relations': [this]}) }}{% endmaterialization %}"
        let model = ["models/a.sql": "select 1 as n"]
        let own = try TestProject(model.merging(["macros/m.sql": override]) { $1 })
        #expect(try build(own, "a").0.relation(RelationName(schema: "main", identifier: "a"))?.kind == .table)
        let package = try TestProject(model.merging(["dbt_packages/p/dbt_project.yml": "name: p", "dbt_packages/p/macros/m.sql": override]) { $1 })
        #expect(try build(package, "a").0.relation(RelationName(schema: "main", identifier: "a"))?.kind == .view)
    }

    @Test(arguments: [
        ("{% materialization odd, default %}{{ return({'relations': []}) }}{% endmaterialization %}", "main is not being called during running model"),
        ("{% materialization odd, default %}{% endmaterialization %}", "The materialization (\"odd\") did not explicitly return a list of relations to add to the cache."),
        ("{% materialization odd, default %}{{ return({'relations': ['x']}) }}{% endmaterialization %}", "Invalid return value from materialization, \"relations\" contains non-Relation: x"),
        ("{% materialization odd, default %}{{ return({'relations': (this,)}) }}{% endmaterialization %}", "Invalid return value from materialization, \"relations\" not a list, got: ("),
        ("{% materialization odd, default %}{% call statement('main') %}select 1{% endcall %}{% endmaterialization %}", "The materialization (\"odd\") did not explicitly return a list of relations to add to the cache."),
        ("{% materialization odd, default %}{% call statement('main') %}select 1{% endcall %}{{ return({'a': 1}) }}{% endmaterialization %}", "Invalid return value from materialization, \"relations\" not found, got keys: ['a']"),
    ])
    func `a materialization that does not keep its side says so`(_ macro: String, _ message: String) throws {
        let project = try TestProject(["macros/m.sql": macro, "models/a.sql": "{{ config(materialized='odd') }} select 1 as n"])
        let error = #expect(throws: CompilationError.self) { try build(project, "a") }
        #expect(error?.summary.hasPrefix(message) == true)
    }

    @Test func `a project's macro takes the place of dbt's in what dbt's call`() throws {
        let project = try TestProject([
            "macros/m.sql": "{% macro sqlite__create_view_as(relation, sql) %}create view {{ relation }} as select 'mine' as by, * from ({{ sql }}){% endmacro %}",
            "models/a.sql": "select 1 as n",
        ])
        #expect(try rows(try build(project, "a").0, "select by, n from a") == [[.text("mine"), .integer(1)]])
    }

    @Test func `hooks outside the transaction run before it begins and after its commit`() throws {
        let project = try TestProject([
            "models/a.sql": """
                {{ config(materialized='table', pre_hook=[{'sql': 'create table log (n)', 'transaction': false}],
                    post_hook=[after_commit('insert into log select count(*) from {{ this }}'), 'insert into {{ this }} values (2)']) }}
                select 1 as n
                """,
        ])
        let (session, _) = try build(project, "a")
        #expect(try rows(session, "select n from log") == [[.integer(2)]])
    }

    @Test func `a header of a model stands before its statement`() throws {
        let project = try TestProject([
            "models/a.sql": "{% call set_sql_header(config) %}create table if not exists seen (n); insert into seen values (5);{% endcall %} {{ config(materialized='table') }} select n from seen",
        ])
        #expect(try rows(try build(project, "a").0, "select n from a") == [[.integer(5)]])
    }

    // MARK: Incremental

    @Test func `a strategy of the project's own writes the new rows`() throws {
        let project = try TestProject([
            "macros/m.sql": """
                {% macro get_incremental_newest_sql(arg_dict) %}
                    delete from {{ arg_dict.target_relation }};
                    insert into {{ arg_dict.target_relation }} select * from {{ arg_dict.temp_relation }}
                {% endmacro %}
                """,
            "models/a.sql": "{{ config(materialized='incremental', incremental_strategy='newest') }} select {% if is_incremental() %}2{% else %}1{% endif %} as n",
        ])
        try build(project, "a")
        let (session, _) = try build(project, "a")
        #expect(try rows(session, "select n from a") == [[.integer(2)]])
        #expect(try session.relation(RelationName(schema: "main", identifier: "a__dbt_tmp")) == nil)
    }

    @Test(arguments: [
        ("merge_update_columns=['v']", [SQLValue.text("new"), .text("old")]), ("merge_exclude_columns=['w']", [.text("new"), .text("old")]),
        ("incremental_predicates=['DBT_INTERNAL_DEST.id > 5']", [.text("old"), .text("old")]), ("unique_key=['id']", [.text("new"), .text("new")]),
    ])
    func `a merge writes the columns and rows that it may`(_ config: String, _ expected: [SQLValue]) throws {
        let key = config.contains("unique_key") ? "" : "unique_key='id', "
        let project = try TestProject([
            "models/a.sql": """
                {{ config(materialized='incremental', incremental_strategy='merge', \(key)\(config)) }}
                select 1 as id, '{{ "new" if is_incremental() else "old" }}' as v, '{{ "new" if is_incremental() else "old" }}' as w
                """,
        ])
        try build(project, "a")
        let (session, _) = try build(project, "a")
        #expect(try rows(session, "select v, w from a where id = 1 limit 1") == [expected])
    }

    @Test func `all columns follow the query where the model says so`() throws {
        func model(_ columns: String) -> String { "{{ config(materialized='incremental', on_schema_change='sync_all_columns') }} select \(columns)" }
        let project = try TestProject(["models/a.sql": model("1 as id, 'x' as gone")])
        try build(project, "a")
        try project.write("models/a.sql", model("2 as id, 'y' as fresh"))
        let (session, _) = try build(project, "a")
        #expect(try session.columns(of: RelationName(schema: "main", identifier: "a")).map(\.name) == ["id", "fresh"])
        #expect(try rows(session, "select id, fresh from a order by id") == [[.integer(1), .null], [.integer(2), .text("y")]])
    }

    @Test func `batches take the place of the rows of their time`() throws {
        let project = try TestProject([
            "models/events.sql": "{{ config(materialized='table', event_time='at') }} select 1 as id, '2025-12-29 10:00:00' as at union all select 2, '2025-12-30 10:00:00' union all select 3, '2025-12-31 10:00:00'",
            "models/daily.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2025-12-29') }} select id, at, '{{ model.batch.id }}' as batch from {{ ref('events') }}",
        ])
        let noon = try #require(Timestamp(rfc3339: "2025-12-31T12:00:00Z"))
        let (session, _) = try build(project, "events", "daily", at: noon)
        let first = try rows(session, "select id, batch from daily order by id")
        #expect(first == [
            [.integer(1), .text("20251229")], [.integer(2), .text("20251230")], [.integer(3), .text("20251231")],
        ])
        // Of the next run only the newest batch and the one before are read again.
        try session.execute("update daily set batch = 'kept'; insert into events values (4, '2025-12-31 11:00:00'), (5, '2025-12-29 11:00:00')")
        try build(project, "daily", at: noon)
        #expect(try rows(session, "select id, batch from daily order by id") == [
            [.integer(1), .text("kept")], [.integer(2), .text("20251230")], [.integer(3), .text("20251231")], [.integer(4), .text("20251231")],
        ])
    }

    // MARK: Seeds

    @Test func `a seed that exists is filled again and keeps what hangs on it`() throws {
        let project = try TestProject([
            "seeds/s.csv": "id;name\n1;a\n2;b\n", "dbt_project.yml": "name: shop\nprofile: shop\nseeds: {+delimiter: ';', +column_types: {id: text}, +quote_columns: false}\n",
        ])
        let (session, _) = try build(project, "s")
        try session.execute("create index names on s (name); create view v as select * from s")
        try project.write("seeds/s.csv", "id;name\n3;c\n")
        let (_, results) = try build(project, "s")
        #expect(results[0].message == "INSERT 1")
        #expect(try rows(session, "select id, typeof(id), name from v") == [[.text("3"), .text("text"), .text("c")]])
        #expect(try rows(session, "select count(*) from sqlite_schema where name = 'names'") == [[.integer(1)]])
        #expect(try build(project, "s", isFullRefresh: true).1[0].message == "CREATE 1")
    }

    // MARK: Contracts

    @Test func `a contract's columns and constraints are the table's`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table') }} select 'x' as name, 1 as id",
            "models/schema.yml": """
                models:
                  - name: a
                    config: {contract: {enforced: true}}
                    constraints: [{type: unique, columns: [name]}]
                    columns:
                      - {name: id, data_type: integer, constraints: [{type: not_null}, {type: check, expression: id > 0}]}
                      - {name: name, data_type: text}
                """,
        ])
        let (session, _) = try build(project, "a")
        #expect(try rows(session, "select id, name from a") == [[.integer(1), .text("x")]])
        #expect(throws: (any Error).self) { try session.execute("insert into a values (0, 'y')") }
        #expect(throws: (any Error).self) { try session.execute("insert into a values (2, 'x')") }
        try project.write("models/a.sql", "{{ config(materialized='table') }} select 'x' as title, 1 as id")
        let error = #expect(throws: CompilationError.self) { try build(project, "a") }
        #expect(error?.summary.hasSuffix("""
            | column_name | definition_type | contract_type | mismatch_reason       |
            | ----------- | --------------- | ------------- | --------------------- |
            | name        |                 | text          | missing in definition |
            | title       |                 |               | missing in contract   |
            """) == true, "\(error?.summary ?? "")")
    }
}
