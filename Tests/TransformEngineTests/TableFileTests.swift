import Foundation
import Kernel
import ModellingSupport
import Testing

@testable import TransformEngine

/// What operations write of a query, and what they see of a node.
@Suite struct TableFileTests {
    @Test func `a table is written as csv and as json, below the project's folder`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id",
            "macros/op.sql": """
            {% macro op() %}
              {% set t = run_query("select 1 as a, 'x' as b, null as c union all select 2, 'y,z', 1.5") %}
              {% do t.to_csv('out/t.csv') %}{% do t.to_json('t.json') %}{% do t.to_json('keyed.json', key='b', indent=2) %}{% do t.to_json('lines.json', newline=True) %}
            {% endmacro %}
            {% macro twice() %}{% do run_query("select 1 as a union all select 1").to_json('x.json', key='a') %}{% endmacro %}
            """,
        ])
        let run = drill.run("run-operation", "op")
        try #require(run.code == 0, "\(run.text)")
        func text(_ path: String) throws -> String { String(decoding: try drill.project.read(path), as: UTF8.self) }
        #expect(try text("out/t.csv") == "a,b,c\n1,x,\n2,\"y,z\",1.5\n")
        #expect(try text("t.json") == #"[{"a": 1, "b": "x", "c": null}, {"a": 2, "b": "y,z", "c": 1.5}]"#)
        #expect(try text("keyed.json") == "{\n  \"x\": {\n    \"a\": 1,\n    \"b\": \"x\",\n    \"c\": null\n  },\n  \"y,z\": {\n    \"a\": 2,\n    \"b\": \"y,z\",\n    \"c\": 1.5\n  }\n}")
        #expect(try text("lines.json") == #"{"a": 1, "b": "x", "c": null}"# + "\n" + #"{"a": 2, "b": "y,z", "c": 1.5}"# + "\n")
        #expect(drill.run("run-operation", "twice").text.contains("Value 1 is not unique in the key column."))
    }

    @Test func `in a pipeline's run no file is written, into the sealed project least of all`() throws {
        let project = try TestProject(["models/a.sql": "{% do run_query('select 1 as a').to_csv('models/t.csv') %} select 1 as id"])
        let error = #expect(throws: (any Error).self) { try Drill(project).perform("shop@1") }
        #expect((error as? any Problem)?.code == "compile.no_files", "\(String(describing: error))")
        #expect(try FileManager.default.subpathsOfDirectory(atPath: project.folder).filter { $0.hasSuffix("t.csv") } == [])
    }

    @Test func `a relation makes another with the quotes that it is told, and a table says what it can do`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id",
            "macros/op.sql": """
            {% macro op() %}
              {% set r = ref('a').create(schema='s', identifier='i', quote_policy={'identifier': false}, type='pointer') %}
              {{ print(r.quote_policy.schema ~ ' ' ~ r.quote_policy.identifier ~ ' ' ~ r.is_pointer) }}
              {% set t = run_query('select 1 as a') %}{{ print((t.to_csv is defined) ~ ' ' ~ (t.to_json is defined)) }}
            {% endmacro %}
            """,
        ])
        #expect(drill.run("run-operation", "op", "--quiet").text.contains("True False True\nTrue True"))
    }

    @Test func `a node of the graph tells when it was read and what its calls of config say`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "{{ config(materialized='table', tags=['x', var('t', 'y')]) }} select 1 as id", "models/a.yml": "models: [{name: a, config: {alias: other}}]",
            "macros/op.sql": """
            {% macro op() %}{% set n = graph.nodes['model.shop.a'] %}{{ print('created ' ~ (n.created_at > 1000000000)) }}{{ print('call ' ~ n.config_call_dict) }}{{ print('unrendered ' ~ n.unrendered_config_call_dict) }}{% endmacro %}
            """,
        ])
        for _ in 1...2 {
            let text = drill.run("run-operation", "op", "--quiet").text
            #expect(text.contains("created True\ncall {'materialized': 'table', 'tags': ['x', 'y']}\nunrendered {}"), "\(text)")
        }
    }
}
