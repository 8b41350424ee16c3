import Kernel
import ModellingSupport
import Project
import Testing

/// Models written in Python: what they refer to is read, without Python.
@Suite struct PythonModelTests {
    private func project(_ model: String) -> [String: String] {
        [
            "models/a.sql": "select 1 as id", "models/source.yml": "sources: [{name: raw, tables: [{name: events}]}]\nmodels: [{name: b, config: {threshold: 5}}]",
            "models/b.py": model, "models/c.sql": "select * from {{ ref('b') }}",
        ]
    }
    private func problem(_ model: String) -> String {
        do {
            _ = try TestProject(project(model)).manifest()
            return ""
        } catch let problems as ProjectProblems {
            return problems.problems.map { "\($0.location) \($0.summary)" }.joined(separator: "; ")
        } catch {
            return "\(error)"
        }
    }

    @Test func `references and settings are those of its calls, wherever they stand`() throws {
        let manifest = try TestProject(project(#"""
            """dbt.ref('docs') of the file"""
            import pandas as pd  # dbt.ref('comment')

            def helper(dbt):
                return dbt.source("raw", 'events').filter("dbt.ref('text')")

            def model(dbt, session):
                dbt.config(
                    materialized="table",  # (not a view
                    packages=["numpy==1.23.1", 'a,b'], meta={"owner": None, "n": 1.5}, snowflake=True,
                )
                frame = other.dbt.ref("member").join(dbt.ref("a").select(dbt.config.get("threshold", 3)))
                if dbt.is_incremental:
                    dbt.config.get('other')
                return frame
            """#)).manifest()
        let node = try #require(manifest.nodes["model.shop.b"])
        #expect(node.language == "python" && node.dependsOn == ["source.shop.raw.events", "model.shop.a"])
        #expect(node.config.materialized == "table" && node.config["packages"] == ["numpy==1.23.1", "a,b"] && node.config["snowflake"] == true)
        #expect(node.config["meta"] == ["owner": nil, "n": 1.5] && node.config["threshold"] == 5)
        #expect(node.config["config_keys_used"] == ["threshold", "other"] && node.config["config_keys_defaults"] == [3, nil] && node.config["meta_keys_used"] == [])
        #expect(manifest.nodes["model.shop.c"]?.dependsOn == ["model.shop.b"])
    }

    @Test(arguments: [
        ("def model(dbt, session):\n    name = 'a'\n    return dbt.ref(\n        name)", "models/b.py:3 what dbt.ref() is given must be literals"),
        ("def model(dbt, session):\n    return dbt.ref('{{ x }}')", "models/b.py:1 No jinja in python model code is allowed"),
        ("def other(dbt, session):\n    return 1", "models/b.py:1 dbt allows exactly one model defined per python file, found 0"),
        ("def model(dbt, session):\n    return 1\ndef model(dbt, session):\n    return 1", "models/b.py:1 dbt allows exactly one model defined per python file, found 2"),
        ("def model(dbt, session):\n    return dbt.config.get()", "models/b.py:2 what dbt.config.get() is given must be literals"),
    ])
    func `what cannot be read is told with its line`(model: String, words: String) { #expect(problem(model) == words) }

    @Test(arguments: ["", "def model(", "dbt.ref(", "dbt.ref('a", "def model(dbt, s):\n  return dbt.ref('''a", "#", "dbt.", "dbt.ref", "def", "def model(dbt,s):\n return dbt.ref('a\\", "é dbt.ref(\"a\")\\"])
    func `a file that is torn anywhere is no trap`(model: String) { _ = problem(model) }
}
