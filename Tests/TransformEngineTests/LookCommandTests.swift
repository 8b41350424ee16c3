import FoundationEssentials
import Kernel
import Testing
import WarehouseKit

/// Commands that read, compile and show, and change nothing.
@Suite struct LookCommandTests {
    @Test func `ls prints what is selected in each form`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("ls", "-s", "+b").text == "shop.a\nshop.b\nshop.unique_a_id")
        #expect(drill.run("ls", "--resource-type", "exposure", "source").text == "exposure:shop.board\nsource:shop.raw.events")
        // By what they are first, and by their names then.
        #expect(drill.run("ls", "-s", "b", "codes", "unique_a_id").text == "shop.b\nshop.codes\nshop.unique_a_id")
        #expect(drill.run("ls", "--output", "path", "--exclude-resource-type", "test", "--select", "a").text == "models/a.sql")
        #expect(drill.run("ls", "-s", "a", "--resource-type", "model", "--output", "json", "--output-keys", "name", "config.materialized").text == #"{"name": "a", "config.materialized": "table"}"#)
        #expect(drill.run("ls", "--output", "name", "-s", "source:*", "b").text == "b\nraw.events")
        #expect(drill.run("ls", "-s", "nobody").text.contains("No nodes selected!"))
    }

    @Test func `parsing again writes the same manifest with the new command's metadata, and says with --debug how it was read`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        func parts() throws -> (nodes: JSON?, metadata: JSON?) { (try drill.artifact("manifest.json")["nodes"], try drill.artifact("manifest.json")["metadata"]) }
        #expect(drill.run("parse", "--debug").text.contains("Unable to do partial parsing because saved manifest not found. Starting full parse."))
        let first = try parts()
        #expect(drill.run("parse", "--debug").text.contains("Partial parsing enabled, no changes found, skipping parsing"))
        let second = try parts()
        #expect(second.nodes == first.nodes && second.metadata?["invocation_id"] != first.metadata?["invocation_id"])
        #expect(second.metadata?["generated_at"] != first.metadata?["generated_at"])
        try drill.project.write("models/b.sql", "select id from {{ ref('a') }}")
        #expect(drill.run("parse", "--debug").text.contains("Partial parsing enabled: 0 files deleted, 0 files added, 1 files changed."))
        #expect(try parts().nodes?["model.shop.b"]?["raw_code"] == "select id from {{ ref('a') }}")
        // What another command wrote there is no beginning for it.
        #expect(drill.run("compile").code == 0)
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == false)
        #expect(!drill.run("parse", "--debug", "--no-partial-parse").text.contains("artial pars"))
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == true)
        drill.run("compile")
        drill.run("parse")
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == true)
    }

    @Test func `compile goes through seeds and snapshots too, without a file of theirs`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "seeds/s.csv": "id\n1\n",
            "snapshots/k.sql": "{% snapshot k %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}",
        ])
        #expect(drill.run("compile").code == 0, "\(drill.output)")
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        #expect(results.map { $0["unique_id"] } == ["model.shop.a", "seed.shop.s", "snapshot.shop.k"])
        #expect(results.map { $0["compiled"]?.boolValue } == [true, nil, true])
        #expect(try drill.artifact("manifest.json")["nodes"]?["snapshot.shop.k"]?["compiled_path"]?.isNull == true)
    }

    @Test func `show prints rows of a model and of SQL on the line, as many as are asked for`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        drill.run("run")
        #expect(drill.run("show", "-s", "b").text.hasSuffix("Previewing node 'b':\n| id | word |\n| -- | ---- |\n|  1 | x    |"))
        let rows = "select 1 as n union all select 2 union all select 3 from {{ ref('a') }}"
        #expect(drill.run("show", "--inline", rows, "--limit", "2").text.hasSuffix("| n |\n| - |\n| 1 |\n| 2 |"))
        #expect(drill.run("show", "--inline", rows, "--limit", "-1", "--output", "json", "-q").text.filter { $0 != " " && $0 != "\n" } == #"{"show":[{"n":1},{"n":2},{"n":3}]}"#)
        #expect(drill.run("compile", "--inline", "select '{{ ref('a').identifier }}'").text.hasSuffix("Compiled inline node is:\nselect 'a'"))
    }

    @Test func `numbers with places are a template's decimals, and a table is printed where it stands`() throws {
        var files = DbtDrill.shop
        files["macros/look.sql"] = """
            {% macro look() %}
            {%- set table = run_query("select 1234.5 as x, 3 as n, 'w' as word union all select 0.25, null, 'v'") -%}
            {{ print(table.rows[0]) }}{{ print(table.rows[0]['x'] * 2) }}{{ print(-table.rows[0].x | round(0)) }}{{ print(table.rows[1]['x'] is number) }}
            {%- do table.print_table() -%}
            {{ print('%d of %s' % (table.rows[0]['x'], table.columns['n'])) }}
            {% endmacro %}
            """
        let text = try DbtDrill(files).run("run-operation", "look", "--quiet").text
        #expect(text == """
            <agate.Row: (Decimal('1234.5'), 3, 'w')>
            2469.0
            -1234
            True
            |        x | n | word |
            | -------- | - | ---- |
            | 1,234.50 | 3 | w    |
            |     0.25 |   | v    |
            1234 of <agate.Column: (3, None)>
            """)
    }

    @Test func `documents leave the results of what was compiled, and compile shows what the first word names`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("run").code == 0 && drill.run("docs", "generate").code == 0)
        #expect(try drill.artifact("run_results.json")["args"]?["which"] == "generate")
        #expect(try drill.statuses["model.shop.b"] == "success")
        let text = drill.run("compile", "-s", "+b", "a").text
        #expect(text.contains("Compiled node 'b' is:") && !text.contains("Compiled node 'a' is:"), "\(text)")
        #expect(drill.run("ls", "--models", "a", "--warn-error-options", "{silence: [Deprecations]}").text == "shop.a")
    }

    @Test func `what the state has stands in for what is not here`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("run", "--target", "dev").code == 0)
        try FileManager.default.moveItem(atPath: "\(drill.project.projectFolder)/target", toPath: "\(drill.project.folder)/state")
        let state = "\(drill.project.folder)/state"
        #expect(drill.run("compile", "--target", "other", "-s", "b").text.contains("from other.\"a\""))
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--state", state).text.contains("from main.\"a\""))
        // Built here by then, it is read here, unless the state is favoured.
        #expect(drill.run("run", "--target", "other", "-s", "a").code == 0)
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--state", state).text.contains("from other.\"a\""))
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--favor-state", "--state", state).text.contains("from main.\"a\""))
        #expect(drill.run("run", "--defer").code == 2)
        #expect(drill.run("ls", "-s", "state:modified", "--state", state).text.contains("does not match any enabled nodes"))
    }

    @Test func `a clone does not read the state from where it writes`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("run").code == 0)
        let cloned = drill.run("clone", "--state", "\(drill.project.projectFolder)/target")
        #expect(cloned.code == 1 && cloned.text.contains("The state and target directories are the same"))
    }

    @Test func `a reference that names no version is told where a newer one is there, and a described analysis where none is`() throws {
        let drill = try DbtDrill([
            "models/d_v1.sql": "select 1 as id", "models/d_v2.sql": "select 1 as id", "models/e.sql": "select * from {{ ref('d') }}",
            "models/s.yml": "models: [{name: d, latest_version: 1, versions: [{v: 1}, {v: 2}]}]\nanalyses: [{name: an, description: x}]",
        ])
        let (code, text) = drill.run("run")
        #expect(code == 0 && text.contains("Did not find matching node for patch with name 'an' in the 'analyses' section of file 'models/s.yml'"), "\(text)")
        #expect(text.contains("While compiling 'e':\nFound an unpinned reference to versioned model 'd' in project 'shop'.\nResolving to latest version: d.v1\n"), "\(text)")
        #expect(text.contains("  Try out v2: {{ ref('shop', 'd', v='2') }}\n  Pin to  v1: {{ ref('shop', 'd', v='1') }}"), "\(text)")
        #expect(!drill.run("run", "-s", "d").text.contains("unpinned"))
    }

    @Test func `SQLite is asked for the time as dbt's adapter asks`() throws {
        let drill = try DbtDrill(["models/a.sql": "select {{ dbt.current_timestamp() }} as t, {{ dbt.current_timestamp_backcompat() }} as u"])
        #expect(drill.run("compile", "-s", "a").text.contains("select datetime() as t, "))
    }

    @Test func `nobody reads a row where only shapes are wanted, not even of an ephemeral model`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/t.sql": "{{ config(materialized='table') }} select * from {{ ref('e') }}"])
        #expect(drill.run("run", "--empty").code == 0)
        #expect(try drill.query("select count(*) from t") == [[.integer(0)]])
    }
}
