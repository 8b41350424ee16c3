import Kernel
import ModellingSupport
import Project
import Support
import Synchronization
import Testing
@testable import TransformEngine
import WarehouseKit
import WarehousePostgreSQL

/// A dbt project whose profile is of type postgres, by dbt's own commands.
@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct PostgreSQLTests {
    static func project(_ database: String, _ more: [String: String] = [:]) throws -> TestProject {
        let server = try PostgresServer.shared.get()
        return try TestProject([
            "profiles.yml": """
                shop:
                  target: dev
                  outputs:
                    dev:
                      {type: postgres, host: 127.0.0.1, port: \(server.port), user: \(PostgresServer.user), dbname: \(database), schema: "analytics team",
                       pass: "{{ env_var('PG_PASSWORD') }}", sslmode: require, threads: 4, connect_timeout: 5, keepalives_idle: 0, search_path: "raw, public"}
                """,
            "seeds/prices.csv": "item,cents\napple,30\npear,45\n",
            "models/stg.sql": "{{ config(materialized='view') }} select item, cents from {{ ref('prices') }}",
            "models/total.sql": "{{ config(materialized='table') }} select sum(cents) as cents, count(*) as items from {{ ref('stg') }}",
            "models/seen.sql": "{{ config(materialized='incremental', unique_key='item') }} select * from {{ ref('stg') }}",
            "models/schema.yml": "version: 2\nmodels:\n  - name: stg\n    columns:\n      - {name: item, data_tests: [unique, not_null]}\n",
        ].merging(more) { _, new in new })
    }

    private static let commands = Mutex(0)

    static func dbt(_ project: TestProject, _ arguments: String...) -> (status: Int32, output: String) {
        let lines = Mutex<[String]>([])
        // Each command is a minute later than the one before it.
        let now = TestProject.startedAt.adding(seconds: 60 * Double(commands.withLock { $0 += 1; return $0 }))
        let command = DbtCommand(
            warehouses: WarehouseRegistry([PostgreSQLWarehouse.self]), environment: ["PG_PASSWORD": PostgresServer.password], now: { now },
            output: { line in lines.withLock { $0.append(line) } })
        let status = command.run(arguments: arguments + ["--project-dir", project.projectFolder, "--profiles-dir", project.projectFolder])
        return (status, lines.withLock { $0.joined(separator: "\n") })
    }

    @Test func `a project builds, twice, over a view of somebody else's`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database)
        for round in 1...2 {
            let built = Self.dbt(project, "build")
            #expect(built.status == 0, "\(built.output)")
            #expect(!built.output.contains(PostgresServer.password))
            if round == 1 { try server.psql(database, "create view public.report as select cents / items as mean from \"analytics team\".total") }
        }
        let rows = try server.psql(database, "select cents, items, (select mean from report) from \"analytics team\".total; select count(*) from \"analytics team\".seen")
        #expect(rows == "75|2|37\n2\n")
        let manifest = try JSON(parsing: [UInt8](project.read("target/manifest.json")))
        let node = manifest["nodes"]?["model.shop.total"]
        #expect(node?["relation_name"]?.stringValue == "\"\(database)\".\"analytics team\".\"total\"")
        #expect(manifest["metadata"]?["adapter_type"]?.stringValue == "postgres")
    }

    @Test func `a result has its relation as the project quotes it, whatever came of it`() throws {
        let database = try PostgresServer.shared.get().makeDatabase()
        let project = try Self.project(database, [
            "dbt_project.yml": "name: shop\nprofile: shop\nquoting: {identifier: false}\n", "models/broken.sql": "select nothing", "models/skipped.sql": "select * from {{ ref('broken') }}",
        ])
        #expect(Self.dbt(project, "run", "-s", "stg", "broken+").status == 1)
        let results = try JSON(parsing: [UInt8](project.read("target/run_results.json")))["results"]?.arrayValue ?? []
        let names = results.map { $0["relation_name"]?.stringValue ?? "" }.sorted()
        #expect(names == ["broken", "skipped", "stg"].map { "\"\(database)\".\"analytics team\".\($0)" })
    }

    @Test func `the manifest that a run leaves says what it compiled and built, and what was refused`() throws {
        let project = try Self.project(PostgresServer.shared.get().makeDatabase(), [
            "models/whole.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/part.sql": "select * from {{ ref('whole') }}",
            "models/broken.sql": "select nothing", "models/skipped.sql": "select * from {{ ref('broken') }}",
        ])
        #expect(Self.dbt(project, "build", "-s", "prices", "whole", "part", "broken+").status == 1)
        let nodes = try JSON(parsing: [UInt8](project.read("target/manifest.json")))["nodes"]
        func told(_ id: String) -> [String?] { ["compiled_path", "build_path"].map { nodes?[id]?[$0]?.stringValue.map { String($0.split(separator: "target/").last ?? "") } } }
        #expect(told("model.shop.part") == ["compiled/shop/models/part.sql", "run/shop/models/part.sql"])
        #expect(told("model.shop.broken") == ["compiled/shop/models/broken.sql", "run/shop/models/broken.sql"])
        #expect(told("model.shop.whole") == ["compiled/shop/models/whole.sql", nil])
        #expect(told("model.shop.skipped") == [nil, nil])
        #expect(told("seed.shop.prices") == [nil, "run/shop/seeds/prices.csv"])
        #expect(nodes?["model.shop.broken"]?["compiled_code"] == "select nothing" && nodes?["model.shop.whole"]?["compiled"] == true)
    }

    @Test func `what the library's macros write has dbt's white space, and dbt's weeks`() throws {
        let database = try PostgresServer.shared.get().makeDatabase()
        let project = try Self.project(database, [
            "models/words.sql": "[{{ dbt.dateadd('day', 1, 'a') }}|{{ dbt.split_part('a', \"','\", 1) }}|{{ dbt.length('a') }}|{{ dbt.safe_cast('a', 'int') }}|{{ dbt.datediff('a', 'b', 'month') }}]",
            "models/weeks.sql": "{{ config(materialized='table') }} select {{ dbt.datediff(\"'2024-01-10'\", \"'2024-01-03'\", 'week') }} as back, {{ dbt.datediff(\"'2024-01-03'\", \"'2024-01-10'\", 'week') }} as forth",
        ])
        let words = Self.dbt(project, "compile", "-s", "words").output
        let written = "[\n\n    a + ((interval '1 day') * (1))\n\n|\n\n  \n    \n\n    split_part(\n        a,\n        ',',\n        1\n        )\n\n\n  \n\n|\n\n    length(\n        a\n    )|\n    \n    cast(a as int)\n|\n"
            + "        (\n        (date_part('year', (b)::date) - date_part('year', (a)::date))\n     * 12 + date_part('month', (b)::date) - date_part('month', (a)::date))\n    ]"
        #expect(words.contains(written), "\(words)")
        #expect(Self.dbt(project, "run", "-s", "weeks").status == 0)
        #expect(try PostgresServer.shared.get().psql(database, "select * from \"analytics team\".weeks") == "-2|1\n")
    }

    @Test func `a contract goes by families of types, and comments come back in the catalog`() throws {
        let database = try PostgresServer.shared.get().makeDatabase()
        let project = try Self.project(database, [
            "models/named.sql": "{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}) }} select 'pear' as name, 1 as \"Size\"",
            "models/schema.yml": """
                models:
                  - name: named
                    description: What is sold
                    config: {contract: {enforced: true}}
                    columns: [{name: name, data_type: varchar(20), description: In words}, {name: Size, data_type: smallint, quote: true, description: In litres}]
                """,
        ])
        let built = Self.dbt(project, "run", "-s", "named")
        #expect(built.status == 0, "\(built.output)")
        #expect(Self.dbt(project, "docs", "generate", "-s", "named").status == 0)
        let node = try JSON(parsing: [UInt8](project.read("target/catalog.json")))["nodes"]?["model.shop.named"]
        #expect(node?["metadata"]?["comment"] == "What is sold" && node?["metadata"]?["type"] == "BASE TABLE" && node?["metadata"]?["owner"]?.stringValue == PostgresServer.user)
        #expect(node?["columns"]?["name"]?["comment"] == "In words" && node?["columns"]?["Size"]?["comment"] == "In litres")
        try project.write("models/named.sql", "{{ config(materialized='table') }} select now() as name, 1 as \"Size\"")
        #expect(Self.dbt(project, "run", "-s", "named").output.contains("| name        | DATETIMETZ      | TEXT          | data type mismatch |"))
    }

    @Test func `a described column that is not there is told, one in another case has no comment, and the others keep theirs`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, [
            "models/named.sql": "{{ config(materialized='table', persist_docs={'columns': true}) }} select 'pear' as name, 1 as size",
            "models/schema.yml": """
                models: [{name: named, columns: [{name: name, description: In words}, {name: SIZE, description: x}, {name: Size, quote: true, description: x}, {name: colour, description: x}]}]
                """,
        ])
        let built = Self.dbt(project, "run", "-s", "named")
        #expect(built.status == 0 && built.output.contains("are not present in the database: Size, colour"), "\(built.output)")
        #expect(try server.psql(database, "select col_description('\"analytics team\".named'::regclass, 1), col_description('\"analytics team\".named'::regclass, 2) is null") == "In words|t\n")
    }

    @Test func `a name that differs from another's in case alone is refused`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, ["models/a.sql": "{{ config(alias='same') }} select 1 as id", "models/c.sql": "{{ config(alias='SAME') }} select 1 as id"])
        let built = Self.dbt(project, "run", "-s", "a", "c", "--threads", "1")
        #expect(built.status == 1)
        #expect(built.output.contains("dbt found an approximate match") && built.output.contains("Please delete \"\(database)\".\"analytics team\".\"same\""), "\(built.output)")
        #expect(try server.psql(database, "select count(*) from pg_class where relname = 'SAME'") == "0\n")
    }

    @Test func `a name that is written without quotes is looked for as it lies in the catalogue`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, [
            "dbt_project.yml": "name: shop\nprofile: shop\nquoting: {identifier: false}\n",
            "models/Grown.sql": "{{ config(materialized='incremental') }} select {{ is_incremental() }} as again",
        ])
        for _ in 0..<2 { #expect(Self.dbt(project, "run", "-s", "Grown").status == 0) }
        #expect(try server.psql(database, "select again from \"analytics team\".grown order by 1") == "f\nt\n")
        try server.psql(database, "create view \"analytics team\".\"GROWN\" as select 1")
        #expect(Self.dbt(project, "run", "-s", "Grown").output.contains("dbt found an approximate match"))
    }

    @Test func `a snapshot in the target's schema keeps what was, and unit tests give texts longer than their column`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, [
            "snapshots/history.sql": """
                {% snapshot history %}{{ config(target_schema=schema, strategy='check', check_cols=['cents'], unique_key=['item', 'part'], hard_deletes='new_record') }}
                select item, 1 as part, cents from {{ ref('prices') }}{% endsnapshot %}
                """,
            "models/short.sql": "select cast('ab' as varchar(2)) as code", "models/long.sql": "select length(code) as size from {{ ref('short') }}",
            "models/units.yml": "unit_tests: [{name: sizes, model: long, given: [{input: ref('short'), rows: [{code: abcdef}]}], expect: {rows: [{size: 6}]}}]",
        ])
        let first = Self.dbt(project, "build")
        #expect(first.status == 0, "\(first.output)")
        try project.write("seeds/prices.csv", "item,cents\napple,31\n")
        let second = Self.dbt(project, "build", "--select", "prices+")
        #expect(second.status == 0, "\(second.output)")
        let rows = try server.psql(database, "select item, cents, dbt_valid_to is null, dbt_is_deleted from \"analytics team\".history order by 1, 2, dbt_valid_from, 4")
        #expect(rows == "apple|30|f|False\napple|31|t|False\npear|45|f|False\npear|45|t|True\n")
        let chosen = Self.dbt(project, "test", "--select", "test_name:sizes")
        #expect(chosen.output.contains("PASS=1 "), "\(chosen.output)")
    }

    @Test func `a model that drops the schema of everything and makes it anew is built`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, ["models/again.sql": "{% if execute %}{% do adapter.drop_schema(this) %}{% do adapter.create_schema(this) %}{% endif %}select 1 as x"])
        for _ in 1...2 {
            let built = Self.dbt(project, "run", "--select", "again")
            #expect(built.status == 0, "\(built.output)")
        }
        #expect(try server.psql(database, "select x from \"analytics team\".again") == "1\n")
    }

    @Test func `a wrong model says where, keeps the old relation and leaves the rest`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database)
        #expect(Self.dbt(project, "build").status == 0)
        try project.write("models/total.sql", "{{ config(materialized='table') }}\nselect sum(cents) as cents,\n  nonsense from {{ ref('stg') }}")
        let failed = Self.dbt(project, "run")
        #expect(failed.status == 1 && failed.output.contains("  column \"nonsense\" does not exist\n  LINE "), "\(failed.output)")
        #expect(try server.psql(database, "select items from \"analytics team\".total") == "2\n")
    }

    @Test func `a profile that lacks something, or has a wrong password, says so and shows nothing`() throws {
        let server = try PostgresServer.shared.get()
        let project = try Self.project(server.makeDatabase())
        let text = String(decoding: try project.read("profiles.yml"), as: UTF8.self)
        for (old, new, words) in [
            ("dbname:", "dbnam:", "target \"dev\" invalid: 'database' is a required property"), ("host: 127.0.0.1, ", "", "target \"dev\" invalid: 'host' is a required property"),
            ("type: postgres", "type: oracle", "Could not find adapter type oracle!"), ("pass: \"{{ env_var('PG_PASSWORD') }}\"", "password: [planted-wr0ng]", "invalid: the password is not of type 'string'"),
            ("pass: \"{{ env_var('PG_PASSWORD') }}\"", "password: planted-wr0ng", "password authentication failed"),
        ] {
            try project.write("profiles.yml", text.replacing(old, with: new))
            let result = Self.dbt(project, "run")
            #expect(result.status == 2 && result.output.contains(words) && !result.output.contains("wr0ng") && !result.output.contains("planted p@ss"), "\(result.output)")
        }
    }

    @Test func `the address of a profile holds each part, whatever is in it`() throws {
        let values: JSON = [
            "host": "db.example", "user": "us/er@x", "password": "p:@/?&#% ü", "dbname": "my db", "schema": "analytics", "port": 6_543, "sslmode": "verify-full",
            "role": "builder", "keepalives_idle": 0,
        ]
        let target = Target(profileName: "p", name: "t", type: "postgres", schema: "analytics", database: "my db", values: values.objectValue!)
        let url = try ProfileWarehouse.url(of: target)
        #expect(url == "postgresql:///my%20db?host=db.example&port=6543&user=us%2fer%40x&schema=analytics&password=p%3a%40%2f%3f%26%23%25%20%c3%bc&sslmode=verify-full&connect_timeout=10&application_name=dbt&role=builder")
        #expect(try PostgreSQLWarehouse(address: WarehouseAddress(url)).defaultSchema == "analytics")
        #expect(try WarehouseAddress(url).description == "postgresql:///my%20db")
    }
}
