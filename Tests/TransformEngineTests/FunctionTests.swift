import Contracts
import Kernel
import ModellingSupport
import Support
import Testing

/// Functions of the project's own: `functions/`.
@Suite struct FunctionTests {
    static let files = [
        "functions/twice.sql": "select price * 2",
        "functions/functions.yml": """
            functions:
              - name: twice
                description: two of them
                config: {volatility: deterministic, tags: [math]}
                arguments: [{name: price, data_type: float, description: of one}, {name: more, data_type: int, default_value: 7}]
                returns: {data_type: float}
            """,
        "models/a.sql": "select {{ function('twice') }}(21) as x",
    ]

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a function that is not built is called where the state has it`() throws {
        let project = try PostgreSQLTests.project(PostgresServer.shared.get().makeDatabase(), Self.files.merging(["dbt_project.yml": "name: shop\nprofile: shop\nfunctions: {+schema: \"{{ var('place', 'one') }}\"}\n"]) { _, new in new })
        let state = "\(project.projectFolder)/kept"
        #expect(PostgreSQLTests.dbt(project, "parse", "--target-path", state).status == 0)
        let here = PostgreSQLTests.dbt(project, "compile", "-s", "a", "--vars", "{place: two}").output
        #expect(here.contains("_two\".\"twice\""), "\(here)")
        let there = PostgreSQLTests.dbt(project, "compile", "-s", "a", "--vars", "{place: two}", "--defer", "--state", state).output
        #expect(there.contains("_one\".\"twice\""), "\(there)")
        let both = PostgreSQLTests.dbt(project, "compile", "-s", "a", "twice", "--vars", "{place: two}", "--defer", "--state", state).output
        #expect(both.contains("_two\".\"twice\""), "\(both)")
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a function is made before the model that calls it`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try PostgreSQLTests.project(database, Self.files)
        for _ in 1...2 {
            let built = PostgreSQLTests.dbt(project, "build", "--select", "+a")
            #expect(built.status == 0 && built.output.contains("OK created function analytics team.twice") && built.output.contains("Finished running 1 function, 1 view model"), "\(built.output)")
        }
        #expect(try server.psql(database, "select x from \"analytics team\".a; select provolatile, pronargdefaults from pg_proc where proname = 'twice'") == "42\ni|1\n")
        let manifest = try JSON(parsing: [UInt8](project.read("target/manifest.json")))
        let function = manifest["functions"]?["function.shop.twice"]
        #expect(function?["returns"] == ["data_type": "float", "description": .null] && function?["config"]?["volatility"] == "deterministic" && function?["language"] == "sql")
        #expect(function?["arguments"]?.arrayValue?.last == ["name": "more", "data_type": "int", "description": .null, "default_value": 7])
        #expect(manifest["nodes"]?["function.shop.twice"] == nil && manifest["nodes"]?["model.shop.a"]?["functions"] == [["twice"]])
        #expect(manifest["parent_map"]?["model.shop.a"] == ["function.shop.twice"])
        let results = try JSON(parsing: [UInt8](project.read("target/run_results.json")))["results"]?.arrayValue
        #expect(results?.first?["message"] == "CREATE FUNCTION" && results?.first?["relation_name"] == .null)
        #expect(PostgreSQLTests.dbt(project, "ls", "--select", "resource_type:function").output.hasSuffix("shop.twice"))
        #expect(PostgreSQLTests.dbt(project, "ls", "--select", "tag:math+", "--resource-type", "model").output.hasSuffix("shop.a"))
        #expect(PostgreSQLTests.dbt(project, "show", "--inline", "select {{ function('shop', 'twice') }}(2, 1) as y").output.contains("| 4 |"))
    }

    @Test func `a function is a task of a pipeline, and what calls it waits for it`() throws {
        let tasks = try Drill(TestProject(Self.files)).plan("shop@1").adds
        let function = try #require(tasks.first { $0.title == "function twice" })
        let model = try #require(tasks.first { $0.title == "model a" })
        #expect(function.kind == "node" && function.role == .transform && model.after.contains(.task(function.id)))
    }

    @Test(arguments: [
        ([:], "SQLite has no functions that SQL defines, so 'twice' cannot be made there"),
        (["functions/twice.sql": nil, "functions/twice.py": "def twice(price):\n  return price * 2"], "A `runtime_version` is required for python functions"),
        (
            [
                "functions/twice.sql": nil, "functions/twice.py": "def twice(price):\n  return '{{' * 2",
                "dbt_project.yml": "name: shop\nprofile: shop\nfunctions: {+runtime_version: '3.11', +entry_point: twice}",
            ], "No macro named 'scalar_function_python' found within namespace: 'dbt'"
        ),
        (["dbt_project.yml": "name: shop\nprofile: shop\nfunctions: {+type: table}"], "No macro named 'table_function_sql' found within namespace: 'dbt'"),
    ] as [([String: String?], String)])
    func `a function that cannot be made fails with the reason, and its callers are skipped`(_ changes: [String: String?], _ reason: String) throws {
        var files = Self.files
        for (path, text) in changes { files[path] = text }
        let built = try DbtDrill(files).run("build")
        #expect(built.code == 1 && built.text.contains(reason) && built.text.contains("ERROR=1 SKIP=1"), "\(built.text)")
    }

    @Test func `a name that no function has, and a function that does not say what it returns, are told by line`() throws {
        var files = Self.files
        files["models/b.sql"] = "select\n  {{ function('twise') }}(1) as x"
        files["functions/functions.yml"] = "functions:\n  - {name: twice, arguments: [{name: price}]}"
        let read = try DbtDrill(files).run("parse")
        #expect(read.code == 2 && read.text.contains("model 'b' calls the function 'twise', which this project does not define") && read.text.contains("models/b.sql:2"), "\(read.text)")
        #expect(read.text.contains("did you mean 'twice'?") && read.text.contains("at path ['arguments'][0]: 'data_type' is a required property"), "\(read.text)")
    }
}
