import Testing

@testable import Jinja

/// Block tags of the host's own, and reading a template without running it.
@Suite struct BlockTagTests {
    let environment: Environment = {
        var environment = Environment()
        environment.blockTags = [
            BlockTag("materialization", body: .macro { "materialization_\($0.name)_\($0.text(of: "adapter") ?? "default")" }),
            BlockTag("test", endNames: ["endtest", "enddata_test"], body: .macro { "test_\($0.name)" }),
            BlockTag("data_test", endNames: ["endtest", "enddata_test"], body: .macro { "test_\($0.name)" }),
            BlockTag("snapshot", body: .macro { "snapshot_\($0.name)" }),
            BlockTag("docs", body: .verbatim),
        ]
        return environment
    }()

    @Test func `a host block becomes a macro under a derived name`() throws {
        let text = """
            {% materialization view, adapter='duck', supported_languages=['sql', 'python'] -%}create {{ x }}{% endmaterialization %}
            {% materialization view, default %}generic{% endmaterialization %}
            {% test not_null(model, column_name='id') %}{{ model }}.{{ column_name }}{% endtest %}
            {% data_test unique(model) %}u{% enddata_test %}
            """
        let template = try environment.parse(text)
        #expect(template.definitions.map(\.tag) == ["materialization", "materialization", "test", "data_test"])
        #expect(template.definitions.map(\.macroName) == ["materialization_view_duck", "materialization_view_default", "test_not_null", "test_unique"])
        #expect(template.definitions[0].options.map(\.name) == ["adapter", "supported_languages"])
        #expect(template.definitions[0].options[1].value?.constant?.asList?.count == 2)
        #expect(template.definitions[2].parameters.map(\.name.text) == ["model", "column_name"])
        #expect(template.definitions.map(\.line) == [1, 2, 3, 4])
        let interpreter = Interpreter(environment)
        let module = try interpreter.load(template, Context(["x": "it"]))
        #expect(module.renderedText == "\n\n\n")
        #expect(try interpreter.call(#require(module["materialization_view_duck"])).asString == "create it")
        #expect(try interpreter.call(#require(module["test_not_null"]), Arguments(["m"])).asString == "m.id")
    }

    @Test func `a verbatim block keeps its text and prints nothing`() throws {
        let text = "a{% docs orders %}\n# {{ not jinja {% nor this\n{% enddocs %}b{% docs empty %}{% enddocs %}"
        let template = try environment.parse(text)
        #expect(try Interpreter(environment).render(template) == "ab")
        #expect(template.definitions.map(\.name) == ["orders", "empty"])
        #expect(template.bodyText(of: template.definitions[0]) == "\n# {{ not jinja {% nor this\n")
        #expect(template.bodyText(of: template.definitions[1]) == "")
        #expect(throws: JinjaError.self) { try environment.parse("{% docs x %} never closed") }
    }

    @Test func `definitions tell the bytes they span`() throws {
        let text = "é {% macro m(a, b=1) -%} body {%- endmacro %} {% snapshot s %}{{ config(x=1) }}select 1{% endsnapshot %}"
        let template = try environment.parse(text)
        #expect(template.definitions.map { template.text(of: $0) } == [
            "{% macro m(a, b=1) -%} body {%- endmacro %}",
            "{% snapshot s %}{{ config(x=1) }}select 1{% endsnapshot %}",
        ])
        #expect(template.definitions.map { template.bodyText(of: $0) } == [" body ", "{{ config(x=1) }}select 1"])
        #expect(template.definitions[0].parameters.map { $0.defaultValue?.constant?.asInt } == [nil, 1])
    }

    @Test func `only top-level blocks are listed`() throws {
        let template = try environment.parse("{% if x %}{% macro hidden() %}{% endmacro %}{% endif %}{% macro seen() %}{% macro inner() %}{% endmacro %}{% endmacro %}")
        #expect(template.definitions.map(\.name) == ["seen"])
    }

    @Test func `calls are found without running, wherever they stand`() throws {
        let text = """
            {{ config(materialized='table', tags=['a', 'b'], meta={'x': {'y': -1}}) }}
            {% if is_incremental() %}{% set r = ref('orders') %}{% endif %}
            {% for t in [source('raw', 'x'), ref('pkg', 'y')] %}{{ adapter.dispatch('m', 'p')(ref(t)) | upper }}{% endfor %}
            {% macro z(a=ref('dflt')) %}{% call w(source('s', 't')) %}{{ ref('deep') if ref('cond') else -ref('neg') }}{% endcall %}{% endmacro %}
            """
        let template = try environment.parse(text)
        let refs = template.calls(to: ["ref"])
        #expect(refs.map { $0.arguments.positional.last?.constant?.asString } == ["orders", "y", nil, "dflt", "cond", "deep", "neg"])
        #expect(template.calls(to: ["source"]).count == 2)
        #expect(template.calls(to: ["adapter.dispatch"]).count == 1)
        let config = try #require(template.calls(to: ["config"]).first)
        #expect(config.arguments.named.map(\.name) == ["materialized", "tags", "meta"])
        let meta = try #require(config.arguments.named[2].value.constant)
        #expect(try Interpreter().text(of: meta) == "{'x': {'y': -1}}")
        #expect(template.source.position(of: refs[0].offset).line == 2)
    }

    @Test func `carriage returns are newlines before anything else looks`() throws {
        let template = try environment.parse("a\r\n{% macro m() %}x\ry{% endmacro %}")
        #expect(template.definitions[0].line == 2)
        #expect(template.bodyText(of: template.definitions[0]) == "x\ny")
    }
}
