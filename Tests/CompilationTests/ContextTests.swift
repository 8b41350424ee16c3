import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

/// Which of dbt's words a template knows, by what it is the template of.
@Suite struct ContextTests {
    private func compiled(_ model: String, more: [String: String] = [:]) throws -> String {
        let project = try TestProject(more.merging(["models/a.sql": model]) { first, _ in first })
        let compiler = try project.compiler(nil)
        return try compiler.compile(#require(compiler.manifest.nodes["model.shop.a"])).sql
    }

    @Test func `a model knows all words of its own, also those that only its materialization fills`() throws {
        let words = ["sql", "compiled_code", "defer_relation", "pre_hooks", "post_hooks", "_sql_results", "context_macro_stack", "metric", "env", "sql_now", "adapter_macro"]
        #expect(try compiled(words.map { "{{ \($0) is defined }}" }.joined()) == String(repeating: "True", count: words.count))
        #expect(try compiled("{{ config(post_hook='select 1') }}{{ sql }} {{ compiled_code }} {{ pre_hooks }} {{ post_hooks }} {{ _sql_results }} {{ env.name }} {{ sql_now }}")
            == "None None [] [{'sql': 'select 1', 'transaction': True}] {} dev date()")
    }

    @Test func `words of no template are not there`() throws {
        #expect(try compiled("{{ doc is defined }} {{ debug is defined }} {{ source_node is defined }} {{ dbt_sqlite is defined }} {{ dbt is defined }}") == "False False False False True")
    }

    @Test func `what dbt brings is there under builtins, macros are not`() throws {
        #expect(try compiled("{% for word in ['ref', 'this', 'model', 'sql', 'run_query', 'doc'] %}{{ word in builtins.keys() }} {% endfor %}{{ builtins.this.identifier }} {{ builtins.execute }}")
            == "True True True True False False a True")
    }

    @Test func `an ephemeral model names itself as a relation, its readers name the expression`() throws {
        let files = ["models/e.sql": "{{ config(materialized='ephemeral') }}select '{{ this.identifier }} {{ this }}' as x"]
        #expect(try compiled("select * from {{ ref('e') }}", more: files).contains("select 'e \"e\"' as x"))
        #expect(try compiled("select * from {{ ref('e') }}", more: files).hasSuffix("select * from __dbt__cte__e"))
    }

    @Test func `the macros under way are known by their ids, without the blocks handed to them`() throws {
        let macros = "{% macro inner() %}{{ context_macro_stack.call_stack }}{{ context_macro_stack.depth }}{% endmacro %}{% macro outer() %}{{ caller() }}{% endmacro %}"
        #expect(try compiled("{{ inner() }} {% call outer() %}{{ inner() }}{% endcall %}", more: ["macros/m.sql": macros])
            == "['macro.shop.inner']1 ['macro.shop.outer', 'macro.shop.inner']2")
    }

    @Test func `a name's macro sees itself as the model, and no relation`() throws {
        let macro = "{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ return(node.name ~ '_' ~ model.resource_type ~ '_' ~ model.name ~ (this is defined) ~ config.get('materialized', 'none')) }}{% endmacro %}"
        let manifest = try TestProject(["macros/m.sql": macro, "models/a.sql": "select 1"]).manifest()
        #expect(manifest.nodes["model.shop.a"]?.alias == "a_macro_generate_alias_nameFalsenone")
    }

    @Test func `a model depends on the metrics that it names, which print as their names`() throws {
        let yml = """
            semantic_models:
              - {name: sm, model: ref('facts'), defaults: {agg_time_dimension: ds}, entities: [{name: id, type: primary}], measures: [{name: cnt, agg: count, expr: id}],
                 dimensions: [{name: ds, type: time, type_params: {time_granularity: day}}]}
            metrics: [{name: orders, label: All orders, type: simple, type_params: {measure: cnt}}]
            models: [{name: spine, time_spine: {standard_granularity_column: day}, columns: [{name: day, granularity: day}]}]
            """
        let files = ["models/s.yml": yml, "models/facts.sql": "select 1 as id", "models/spine.sql": "select 1 as day", "models/a.sql": "-- {{ metric('orders') }} {{ metric('orders').label }}"]
        let project = try TestProject(files)
        let compiler = try project.compiler(nil)
        let node = try #require(compiler.manifest.nodes["model.shop.a"])
        #expect(node.dependsOn == ["metric.shop.orders"])
        #expect(try compiler.compile(node).sql == "-- orders All orders")
    }

    @Test func `yml files may ask for the thread and the flags before there is a project`() throws {
        let manifest = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+meta: {said: '{{ flags.WHICH is defined }} {{ thread_id }}'}}",
            "models/a.sql": "select 1", "models/s.yml": "models: [{name: a, config: {meta: {more: '{{ thread_id }} {{ exceptions is defined }}'}}}]",
        ]).manifest()
        #expect(manifest.nodes["model.shop.a"]?.meta["said"] == "True MainThread")
        #expect(manifest.nodes["model.shop.a"]?.meta["more"] == "MainThread False")
    }

    @Test func `the model's own members are those that say something, with the moment of reading`() throws {
        #expect(try compiled("{{ 'created_at' in model }} {{ 'version' in model }} {{ model.created_at }}") == "True False 1767225600.0")
    }

    private func answered(_ template: String) throws -> String { try TestProject.rendered(template, opensWarehouse: true) }

    @Test func `a statement's result is given once, and has an empty table where nothing was fetched`() throws {
        let once = "{% call statement('a') %}select 1 as x{% endcall %}{% set r = load_result('a') %}{{ r.table.columns | length }} {{ r.data }} {{ load_result('b') }}"
        #expect(try answered(once) == "0 [] None")
        #expect(throws: (any Error).self) { try answered(once + "{{ load_result('a') }}") }
        #expect(try answered("{% do store_result('c', response='fine') %}{{ load_result('c').response }}") == "fine")
    }
}
