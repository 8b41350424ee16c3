import Compilation
import Execution
import Kernel
import ModellingSupport
import Project
import Testing
import WarehouseKit

@Suite struct NodeRunnerTests {
    /// Builds models in order, each in a transaction of its own, as a task would.
    private func build(_ project: TestProject, _ names: [String], isFullRefresh: Bool = false) throws -> any WarehouseSession {
        let session = try project.warehouse.open()
        let compiler = try project.compiler(session, isFullRefresh: isFullRefresh)
        let runner = NodeRunner(compiler, session: session) { TestProject.startedAt }
        for name in names {
            let node = try #require(compiler.manifest.nodes.values.first { $0.name == name })
            try session.transaction { _ = try runner.build(node) }
        }
        return session
    }
    private func rows(_ session: any WarehouseSession, _ sql: String) throws -> [[SQLValue]] { try session.query(sql).rows }

    @Test func `a view reads its parents as they are now`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table') }} select {{ var('n', 1) }} as n", "models/b.sql": "select n * 10 as n from {{ ref('a') }}",
        ])
        let session = try build(project, ["a", "b"])
        #expect(try rows(session, "select n from b") == [[.integer(10)]])
        project.vars["n"] = 2
        _ = try build(project, ["a"])
        #expect(try rows(session, "select n from b") == [[.integer(20)]])
    }

    @Test func `a table that fails keeps its old rows`() throws {
        let project = try TestProject(["models/a.sql": "{{ config(materialized='table') }} select 1 as n"])
        let session = try build(project, ["a"])
        try project.write("models/a.sql", "{{ config(materialized='table', post_hook=['insert into nowhere values (1)']) }} select 2 as n")
        #expect(throws: (any Error).self) { _ = try build(project, ["a"]) }
        #expect(try rows(session, "select n from a") == [[.integer(1)]])
    }

    @Test func `an ephemeral model becomes a part of its readers`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='ephemeral') }} select 7 as n", "models/b.sql": "{{ config(materialized='table') }} select * from {{ ref('a') }}",
        ])
        let session = try build(project, ["b"])
        #expect(try rows(session, "select n from b") == [[.integer(7)]])
        #expect(try session.relation(RelationName(schema: "main", identifier: "a")) == nil)
    }

    private static let incremental = """
        {{ config(materialized='incremental', unique_key='id', incremental_strategy=var('strategy')) }}
        select id, value from {{ source('main', 'raw') }}
        {% if is_incremental() %} where id >= (select max(id) from {{ this }}) {% endif %}
        """

    @Test(arguments: ["append", "delete+insert", "merge"])
    func `an incremental model takes the new rows, and a second time nothing changes`(_ strategy: String) throws {
        let project = try TestProject([
            "models/facts.sql": Self.incremental, "models/schema.yml": "sources: [{name: main, tables: [{name: raw}]}]",
        ])
        project.vars["strategy"] = .string(strategy)
        let session = try project.warehouse.open()
        try session.execute("create table raw (id integer, value text); insert into raw values (1, 'a'), (2, 'b')")
        _ = try build(project, ["facts"])
        try session.execute("update raw set value = 'new' where id = 2; insert into raw values (3, 'c')")
        _ = try build(project, ["facts"])
        let found = try rows(session, "select id, value from facts order by id, value")
        let old: [[SQLValue]] = strategy == "append" ? [[.integer(2), .text("b")]] : []
        #expect(found == [[.integer(1), .text("a")]] + old + [[.integer(2), .text("new")], [.integer(3), .text("c")]])
        _ = try build(project, ["facts"])
        let again = try rows(session, "select distinct id, value from facts order by id, value")
        #expect(again == found)
        _ = try build(project, ["facts"], isFullRefresh: true)
        #expect(try rows(session, "select count(*) from facts") == [[.integer(3)]])
    }

    @Test func `a changed column follows on_schema_change`() throws {
        func sql(_ rule: String, _ columns: String) -> String {
            "{{ config(materialized='incremental', on_schema_change='\(rule)') }} select \(columns)"
        }
        let project = try TestProject(["models/a.sql": sql("ignore", "1 as id")])
        let session = try build(project, ["a"])
        try project.write("models/a.sql", sql("ignore", "2 as id, 'x' as extra"))
        _ = try build(project, ["a"])
        #expect(try session.columns(of: RelationName(schema: "main", identifier: "a")).map(\.name) == ["id"])
        try project.write("models/a.sql", sql("fail", "3 as id, 'x' as extra"))
        let error = #expect(throws: CompilationError.self) { _ = try build(project, ["a"]) }
        #expect(error?.summary.contains("Source columns not in target: [<Column extra (") == true)
        try project.write("models/a.sql", sql("append_new_columns", "4 as id, 'x' as extra"))
        _ = try build(project, ["a"])
        #expect(try rows(session, "select id, extra from a order by id") == [[.integer(1), .null], [.integer(2), .null], [.integer(4), .text("x")]])
    }

    @Test func `a seed's types are read off its values`() throws {
        let project = try TestProject(["seeds/s.csv": "id,amount,flag,name,day\n1,1.5,true,\"a, \"\"b\"\"\",2026-01-31\n2,,false,null,\n"])
        let session = try build(project, ["s"])
        #expect(try session.columns(of: RelationName(schema: "main", identifier: "s")).map(\.type) == ["INT", "REAL", "INT", "TEXT", "TEXT"])
        #expect(try rows(session, "select * from s order by id") == [
            [.integer(1), .double(1.5), .integer(1), .text("a, \"b\""), .text("2026-01-31")], [.integer(2), .null, .integer(0), .null, .null],
        ])
    }

    @Test func `a seed's quotes, line ends and gaps are those of Python's csv and of agate`() throws {
        let project = try TestProject([
            "seeds/s.csv": "a,b,c\r\n\"x\"y\"z,2,\"l1\r\nl2\"\r\n\"q\"\"r\" , NULL ,\" Tr,ue\"\rz\"z,\" \",\"4\"\"",
            "seeds/open.csv": "a,b\n1,\"open\n2,3\n",
            "seeds/truth.csv": "a,b\n true,1\n\"FAL,SE \",3\n",
            "seeds/far.csv": "a\n1e9223372036854775807\n1.5e-9223372036854775807\n",
        ])
        let session = try build(project, ["s", "open", "truth", "far"])
        #expect(try rows(session, "select * from s") == [
            [.text("xy\"z"), .integer(2), .text("l1\nl2")], [.text("q\"r "), .null, .text(" Tr,ue")], [.text("z\"z"), .null, .text("4\"")],
        ])
        #expect(try rows(session, "select * from open") == [[.integer(1), .text("open\n2,3\n")]])
        #expect(try rows(session, "select a from truth") == [[.integer(1)], [.integer(0)]])
        #expect(try rows(session, "select * from far") == [[.text("1e9223372036854775807")], [.text("1.5e-9223372036854775807")]])
    }

    @Test func `hooks run around their model, and see it`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table', pre_hook='create table if not exists audit (n)', post_hook=\"insert into audit select count(*) from {{ this }}\") }} select 1 as n",
        ])
        let session = try build(project, ["a"])
        #expect(try rows(session, "select n from audit") == [[.integer(1)]])
    }

    @Test func `a test counts failing rows and heeds its limits`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table') }} select 1 as id union all select 1 union all select null",
            "models/schema.yml": """
                models:
                  - name: a
                    columns:
                      - name: id
                        data_tests:
                          - not_null
                          - unique: {config: {severity: warn}}
                          - not_null: {name: some_nulls, config: {error_if: "> 5", warn_if: "> 3"}}
                          - not_null: {name: where_there_are_none, config: {where: "id = 1"}}
                """,
        ])
        let session = try build(project, ["a"])
        let compiler = try project.compiler(session)
        let runner = NodeRunner(compiler, session: session) { TestProject.startedAt }
        var statuses: [String: NodeResult.Status] = [:]
        for node in compiler.manifest.nodes.values where node.resourceType == .test { statuses[node.name] = try runner.test(node).status }
        #expect(statuses == ["not_null_a_id": .fail, "unique_a_id": .warn, "some_nulls": .pass, "where_there_are_none": .pass])
    }

    @Test func `what is not supported says so`() throws {
        for (config, code) in [
            ("materialized='materialized_view'", "compile.raised"),
            ("materialized='incremental', incremental_strategy='insert_overwrite'", "compile.bad_strategy"),
            ("materialized='incremental', incremental_strategy='unheard_of'", "compile.bad_strategy"),
        ] {
            let project = try TestProject(["models/a.sql": "{{ config(\(config)) }} select 1 as n"])
            let error = #expect(throws: CompilationError.self) { _ = try build(project, ["a"]) }
            #expect(error?.code.description == code && error?.location.description == "models/a.sql")
        }
    }
}
