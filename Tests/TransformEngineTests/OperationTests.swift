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
