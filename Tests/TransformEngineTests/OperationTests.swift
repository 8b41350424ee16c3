import FoundationEssentials
import Kernel
import Testing

/// What a macro that is run by itself sees, and what hooks leave behind.
@Suite struct OperationTests {
    @Test(arguments: [("", "\"\" in any package"), (".", "\"\" in the \"\" package"), ("a.b.c", "\"b.c\" in the \"a\" package"), (".x", "\"x\" in the \"\" package")])
    func `a name that names no macro is not found`(name: String, words: String) throws {
        let run = try DbtDrill(["macros/m.sql": "{% macro m() %}{% endmacro %}"]).run("run-operation", name)
        #expect(run.code != 0 && run.text.contains("dbt could not find a macro with the name \(words)"), "\(run.text)")
    }

    @Test func `a macro that is run by itself is its own model, and is about no relation`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id",
            "macros/m.sql": """
                {% macro look(n) %}{{ print(model.unique_id ~ ' ' ~ model.macro_sql | length ~ ' ' ~ (this is defined) ~ ' ' ~ n) }}{% endmacro %}
                {% macro halved(n) %}{{ return(n / 0) }}{% endmacro %}
                {% macro careful() %}{% do try_or_compiler_error('no half of it', halved, 3) %}{% endmacro %}
                """,
        ])
        #expect(drill.run("run-operation", "look", "--args", "{n: 3}").text.contains("macro.shop.look 130 False 3"), "\(drill.output)")
        let (code, text) = drill.run("run-operation", "careful")
        #expect(code == 1 && text.contains("no half of it") && !text.contains("zero"), "\(text)")
    }

    @Test func `a macro that is not there is told without its package, which is told of the program's line alone`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        let (code, text) = drill.run("run-operation", "tools.nope")
        #expect(code == 2 && text.contains("with the name \"nope\" in the \"tools\" package") && text.contains("with the name 'nope' in any package."), "\(text)")
    }

    @Test func `what failed and is gone since cannot be run again`() throws {
        let drill = try DbtDrill(["models/a.sql": "select nothing", "models/b.sql": "select 1 as id"])
        #expect(drill.run("run").code == 1)
        try FileManager.default.removeItem(atPath: "\(drill.project.projectFolder)/models/a.sql")
        let (code, text) = drill.run("retry")
        #expect(code == 2 && text.contains("Encountered an error:\nCouldn't find model 'model.shop.a' -- does it exist or is it disabled?"), "\(text)")
    }

    @Test func `a unit test of a versioned model is called by its version, and one that is skipped by its name`() throws {
        let drill = try DbtDrill([
            "models/a_v1.sql": "select 1 as id", "models/a_v2.sql": "select 1 as id", "models/bad.sql": "select nothing", "models/late.sql": "select * from {{ ref('bad') }}",
            "models/s.yml": """
            models: [{name: a, versions: [{v: 1}, {v: 2}]}]
            unit_tests: [{name: u, model: a, given: [], expect: {rows: [{id: 1}]}}, {name: w, model: late, given: [{input: ref('bad'), rows: []}], expect: {rows: []}}]
            """,
        ])
        let (_, text) = drill.run("build")
        #expect(text.contains("PASS a::u_v1 .") && text.contains("PASS a::u_v2 .") && text.contains("SKIP unit_test w ."), "\(text)")
        #expect(throws: Never.self) { try drill.project.read("target/compiled/shop/models/s.yml/models/u_v2.sql") }
    }

    @Test func `what is shown is limited by the project's macro, and stands in the manifest as what was compiled`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id union all select 2", "macros/m.sql": "{% macro sqlite__get_limit_sql(sql, limit) %}select 7 as id -- {{ sql }} {{ limit }}{% endmacro %}"])
        #expect(drill.run("show", "-s", "a").text.contains("|  7 |"))
        let node = try JSON(parsing: try drill.project.read("target/manifest.json"))["nodes"]?["model.shop.a"]
        #expect(node?["compiled_code"]?.stringValue?.contains("select 7 as id") == true && node?["depends_on"]?["macros"] == ["macro.dbt.get_limit_subquery_sql"], "\(node ?? .null)")
    }

    @Test func `parsing tells where it says how long it took, and counts nothing`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "models/s.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]"])
        let text = drill.run("parse").text
        #expect(text.contains("Performance info: ") && text.contains("target/perf_info.json") && !text.contains("Found"), "\(text)")
        #expect(try JSON(parsing: try drill.project.read("target/perf_info.json"))["parsed_path_count"] == 2)
        #expect(drill.run("compile").text.contains("Found 1 model, 1 test, "))
        let test = try JSON(parsing: try drill.project.read("target/manifest.json"))["nodes"]?.objectValue?.pairs.first { $0.key.hasPrefix("test.") }?.value
        #expect(test?["depends_on"]?["macros"] == ["macro.dbt.test_unique", "macro.dbt.get_where_subquery"])
    }

    @Test func `what a macro raises is told with the macros that led there, and what a node names in vain with a guess`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select {{ outer() }} as id", "models/b.sql": "select {{ nothing_there() }} as id",
            "macros/m.sql": "{% macro outer() %}{{ inner() }}{% endmacro %}\n{% macro inner() %}{% if execute or var('now', false) %}{{ exceptions.raise_compiler_error('no') }}{% endif %}1{% endmacro %}",
        ])
        let chain = ["> in macro inner (macros/m.sql)", "> called by macro outer (macros/m.sql)", "> called by model a (models/a.sql)"]
        let (_, run) = drill.run("run")
        #expect(run.contains((["no"] + chain).joined(separator: "\n  ")), "\(run)")
        #expect(run.contains("'nothing_there' is undefined. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with \"dbt deps\"."), "\(run)")
        #expect(drill.run("parse", "--vars", "{now: true}").text.contains((["no"] + chain).joined(separator: "\n  ")), "\(drill.output)")
    }

    @Test func `an input that is none is told when the unit test runs`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "models/s.yml": "unit_tests: [{name: u, model: a, given: [{input: '', rows: []}], expect: {rows: []}}, {name: w, model: a, given: [{input: ref('b'), rows: []}], expect: {rows: []}}]"])
        let (code, text) = drill.run("test")
        #expect(code == 1 && text.contains("Parsing Error in unit_test u (models/s.yml)") && text.contains("Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: ''."), "\(text)")
        #expect(text.contains("Unit test 'w' had an input (ref('b')) which was not found in the manifest."), "\(text)")
    }

    @Test func `nodes that are skipped for a hook are told one by one, and hooks are children of what they read`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\nflags: {skip_nodes_if_on_run_start_fails: true}\non-run-start: [\"select 1 -- {{ ref('b') }}\", select nothing_there]\n", "models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }}",
        ])
        let (code, text) = drill.run("run")
        #expect(code == 1 && text.contains("1 of 2 SKIP relation main.a ..") && text.contains("2 of 2 SKIP relation main.b .."), "\(text)")
        let manifest = try JSON(parsing: try drill.project.read("target/manifest.json"))
        #expect(manifest["child_map"]?["model.shop.b"] == ["operation.shop.shop-on-run-start-0"] && manifest["parent_map"]?["operation.shop.shop-on-run-start-0"] == ["model.shop.b"])
        #expect(manifest["nodes"]?["operation.shop.shop-on-run-start-0"]?["compiled_path"]?.stringValue?.hasSuffix("target/compiled/shop/./dbt_project.yml/hooks/shop-on-run-start-0.sql") == true)
    }
}
