import Kernel
import ModellingSupport
import Support
import Testing
import WarehouseKit
import WarehousePostgreSQL

/// What whole projects of teams hold, beside what their models say.
@Suite struct TeamProjectsTests {
    @Test func `a project's own get_test_sql gives truth values, in any of Python's words`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/s.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]",
            "macros/m.sql": "{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}select 3 as failures, 'no' as should_warn, '{{ var('word') }}' as should_error{% endmacro %}",
        ])
        #expect(drill.run("build", "--vars", "word: off").code == 0)
        #expect(drill.run("build", "--vars", "word: 'yes'").text.contains("FAIL 3"))
        let odd = drill.run("build", "--vars", "word: odd").text
        #expect(odd.contains("Macro 'get_test_sql' returns 'odd'.  It is not type 'bool' and cannot not be converted reliably to a bool."), "\(odd)")
    }

    @Test func `a snapshot of a yml file is built and tested, each in its place below the file's name`() throws {
        let drill = try DbtDrill([
            "models/t.sql": "select 1 as id",
            "snapshots/y.yml": "snapshots: [{name: sn, relation: ref('t'), config: {unique_key: id, strategy: check, check_cols: all}, columns: [{name: id, data_tests: [not_null]}]}]",
        ])
        let built = drill.run("build")
        #expect(built.code == 0 && built.text.contains("PASS=3 WARN=0 ERROR=0"), "\(built.text)")
        #expect(!(try drill.project.read("target/run/shop/snapshots/y.yml/y.yml/sn.sql")).isEmpty)
    }

    @Test func `numbers of a seed are read as people write them, and what comes to a whole number is one`() throws {
        let drill = try DbtDrill(["seeds/s.csv": "id,share,price,made,sold,mean\n1,5%,$3.50,1.0,\"1,234\",-.5\n2,6%,€4,2e3,\"2,000\",1e-1\n"])
        #expect(drill.run("seed").code == 0, "\(drill.output)")
        #expect(try drill.query("select share, price, made, sold, mean from s order by id") == [
            [.integer(5), .double(3.5), .integer(1), .integer(1_234), .double(-0.5)], [.integer(6), .double(4), .integer(2_000), .integer(2_000), .double(0.1)],
        ])
    }

    @Test func `on-run-end sees the schemas of kept failures, and a package's macro its own package through context`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\ndata_tests: {+store_failures: true, +schema: kept}\non-run-end: \"{% do print(schemas | join(' ')) %}{{ tools.shown() }}\"\n",
            "packages.yml": "packages: [{local: dbt_packages/tools}]", "dbt_packages/tools/dbt_project.yml": "name: tools\n",
            "dbt_packages/tools/macros/m.sql": "{% macro hidden(n) %}{{ return('own ' ~ n) }}{% endmacro %}{% macro shown() %}{% if execute %}{% do print(context['hidden'](n=2)) %}{% endif %}{% endmacro %}",
            "models/t.sql": "select 1 as id", "models/t.yml": "models: [{name: t, columns: [{name: id, data_tests: [unique]}]}]",
        ])
        #expect(drill.run("build", "--quiet").text.split(separator: "\n") == ["main main_kept", "own 2"], "\(drill.output)")
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a foreign key's target is built first, and a materialized view keeps its description`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try PostgreSQLTests.project(database, [
            "models/z_parent.sql": "{{ config(materialized='table') }} select 1 as id", "models/a_child.sql": "{{ config(materialized='table') }} select 1 as pid",
            "models/seen_now.sql": "{{ config(materialized='materialized_view', persist_docs={'relation': true}) }} select * from {{ ref('z_parent') }}",
            "models/more.yml": """
                models:
                  - {name: z_parent, config: {contract: {enforced: true}}, columns: [{name: id, data_type: integer, constraints: [{type: primary_key}]}]}
                  - {name: a_child, config: {contract: {enforced: true}}, columns: [{name: pid, data_type: integer, constraints: [{type: foreign_key, to: "ref('z_parent')", to_columns: [id]}]}]}
                  - {name: seen_now, description: what is seen}
                """,
        ])
        let built = PostgreSQLTests.dbt(project, "build", "--select", "z_parent", "a_child", "seen_now")
        #expect(built.status == 0, "\(built.output)")
        let keys = "select count(*) from information_schema.table_constraints where constraint_type = 'FOREIGN KEY' and table_name = 'a_child'"
        #expect(try server.psql(database, "\(keys); select obj_description('\"analytics team\".seen_now'::regclass)") == "1\nwhat is seen\n")
        let node = try JSON(parsing: [UInt8](project.read("target/manifest.json")))["nodes"]?["model.shop.a_child"]
        #expect(node?["depends_on"]?["nodes"] == ["model.shop.z_parent"])
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a batch without a key is refused on PostgreSQL, as dbt merges there`() throws {
        let server = try PostgresServer.shared.get()
        let batched = "materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2025-12-30'"
        let project = try PostgreSQLTests.project(try server.makeDatabase(), [
            "models/loose.sql": "{{ config(\(batched)) }} select 1 as id, timestamp '2025-12-31' as at", "models/keyed.sql": "{{ config(\(batched), unique_key='id') }} select 1 as id, timestamp '2025-12-31' as at",
        ])
        let ran = PostgreSQLTests.dbt(project, "run", "--select", "loose", "keyed")
        #expect(ran.status == 1 && ran.output.contains("dbt-postgres 'microbatch' requires a `unique_key` config"), "\(ran.output)")
        #expect(ran.output.contains("OK created sql microbatch model analytics team.keyed"), "\(ran.output)")
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a materialized view whose table an earlier command made again is made of its model's text`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        func model(_ column: String) -> String { "{{ config(materialized='materialized_view') }} select \(column) as seen from {{ ref('made') }}" }
        let project = try PostgreSQLTests.project(database, [
            "models/made.sql": "{{ config(materialized='table') }} select 1 as a, 2 as b", "models/shown.sql": model("a"),
        ])
        let seen = "select seen from \"analytics team\".shown"
        #expect(PostgreSQLTests.dbt(project, "run", "--select", "made", "shown").status == 0)
        try project.write("models/shown.sql", model("b"))
        #expect(PostgreSQLTests.dbt(project, "run", "--select", "made").status == 0)
        #expect(try server.psql(database, seen) == "1\n")
        #expect(PostgreSQLTests.dbt(project, "run", "--select", "shown").output.contains("[SELECT 1 in"))
        #expect(try server.psql(database, seen) == "2\n")
        #expect(PostgreSQLTests.dbt(project, "run", "--select", "shown").output.contains("[REFRESH MATERIALIZED VIEW in"))
    }
}
