import FoundationEssentials
import Kernel
import Testing
import WarehouseKit

/// Commands that build and test nodes.
@Suite struct RunCommandTests {
    @Test func `a build tells each step, and what is idle, and how it ended`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging(["dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"create table if not exists log (n)\"]\non-run-end: [\"insert into log select {{ results | length }}\"]\n"]) { _, new in new })
        let (code, text) = drill.run("build")
        #expect(code == 0, "\(text)")
        #expect(text.contains("1 of 5 START sql table model main.a ............................................ [RUN]"), "\(text)")
        #expect(text.contains("5 of 5 NO-OP exposure board"))
        #expect(text.contains("Done. PASS=6 WARN=0 ERROR=0 SKIP=0 NO-OP=1 TOTAL=7"))
        #expect(try drill.query("select n from log") == [[.integer(5)]], "a hook that ends well is no result, as in dbt")
        #expect(try drill.statuses["operation.shop.shop-on-run-start-0"] == "success")
        #expect(try drill.statuses["exposure.shop.board"] == "no-op")
        // As in dbt, the manifest has what ran: a hook counts from 1 then, and what was compiled is there.
        let nodes = try drill.artifact("manifest.json")["nodes"]
        #expect(nodes?["operation.shop.shop-on-run-end-0"]?["index"] == 1 && nodes?["operation.shop.shop-on-run-end-0"]?["compiled"] == true)
        #expect(nodes?["model.shop.b"]?["compiled_code"]?.stringValue?.isEmpty == false && nodes?["model.shop.b"]?["compiled_path"]?.stringValue?.hasSuffix("target/compiled/shop/models/b.sql") == true)
    }

    @Test func `a hook that the warehouse refuses skips the hooks behind it, and the nodes only where the project says so`() throws {
        let hooks = "name: shop\nprofile: shop\non-run-start: [\"select nothing\", \"select 1\"]\non-run-end: \"create table told as select '{% for r in results %}{{ r.node.name }} {{ r.status }},{% endfor %}' as w\"\n"
        let going = try DbtDrill(DbtDrill.shop.merging(["dbt_project.yml": hooks]) { _, new in new })
        let (code, text) = going.run("run")
        #expect(code == 1)
        #expect(text.contains("2 of 2 SKIP hook: shop.on-run-start.1"), "\(text)")
        #expect(try going.query("select w from told") == [[.text("shop-on-run-start-0 error,a success,b success,")]])
        let drill = try DbtDrill(DbtDrill.shop.merging(["dbt_project.yml": hooks + "flags: {skip_nodes_if_on_run_start_fails: true}\n"]) { _, new in new })
        #expect(drill.run("run").code == 1)
        #expect(try drill.statuses == [
            "operation.shop.shop-on-run-start-0": "error", "operation.shop.shop-on-run-start-1": "skipped", "operation.shop.shop-on-run-end-0": "success", "model.shop.a": "skipped", "model.shop.b": "skipped",
        ])
    }

    @Test func `a hook of the end that cannot be written down ends the command behind what was done`() throws {
        let hooks = "name: shop\nprofile: shop\non-run-end: [\"select 1\", \"{{ exceptions.raise_compiler_error('no') if execute }}\"]\n"
        let drill = try DbtDrill(DbtDrill.shop.merging(["dbt_project.yml": hooks]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 2, "\(text)")
        // dbt's own words for whatever breaks off there.
        let told = ["Exited because of keyboard interrupt", "Done. PASS=3 WARN=0 ERROR=0", "Finished running", "Encountered an error:"].map { text.range(of: $0)?.lowerBound }
        #expect(told.allSatisfy { $0 != nil } && told.compactMap { $0 } == told.compactMap { $0 }.sorted(), "\(text)")
        #expect(try drill.statuses["operation.shop.shop-on-run-end-0"] == "success" && drill.statuses["model.shop.a"] == "success")
    }

    @Test func `the project's hooks run before the packages', and each is told when it is written down`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"{{ log('told', info=true) }}create table log (n)\"]\n",
            "dbt_packages/b/dbt_project.yml": "name: b\non-run-start: insert into log values ('b')\n", "dbt_packages/z/dbt_project.yml": "name: a\non-run-start: [insert into log values ('a')]\n",
        ]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 0, "\(text)")
        #expect(try drill.query("select n from log") == [[.text("a")], [.text("b")]])
        let lines = text.split(separator: "\n").filter { $0.contains("told") || $0.contains("hook:") }.map { $0.dropFirst(10).prefix(34) }
        // Once when the project is read, once when the hook runs.
        #expect(lines.prefix(6) == ["told", "told", "1 of 3 START hook: shop.on-run-sta", "1 of 3 OK hook: shop.on-run-start.", "2 of 3 START hook: a.on-run-start.", "2 of 3 OK hook: a.on-run-start.1 ."], "\(text)")
    }

    @Test func `a package's hook calls its package's macros by their bare names`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging([
            "dbt_packages/tools/dbt_project.yml": "name: tools\non-run-end: \"{{ tell(results) }}\"\n",
            "dbt_packages/tools/macros/tell.sql": "{% macro tell(results) %}create table told as select {{ results | length }} as n{% endmacro %}",
        ]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 0, "\(text)")
        #expect(try drill.query("select n from told") == [[.integer(2)]])
    }

    @Test func `the first node that cannot be compiled ends compile with 2`() throws {
        let drill = try DbtDrill(["models/a.sql": "select {{ run_query('select * from nothing') }}", "models/b.sql": "select 1"])
        let (code, text) = drill.run("compile")
        #expect(code == 2)
        #expect(text.contains("Encountered an error:\nRuntime Error\n  Database Error in model a (models/a.sql)"), "\(text)")
    }

    @Test func `retry runs what failed and what was skipped for it`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging(["models/a.sql": "select nothing as id"]) { _, new in new })
        #expect(drill.run("build", "--vars", "{day: 1}").code == 1)
        try drill.project.write("models/a.sql", "select {{ var('day') }} as id")
        let (code, text) = drill.run("retry")
        #expect(code == 0, "\(text)")
        #expect(try drill.statuses == ["model.shop.a": "success", "model.shop.b": "success", "exposure.shop.board": "no-op", "test.shop.unique_a_id.\(try drill.testHash)": "pass"])
        #expect(try drill.query("select id from b") == [[.integer(1)]])
    }

    @Test func `compile leaves ephemeral models out of their readers where it is told to`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/r.sql": "select * from {{ ref('e') }}"])
        #expect(drill.run("compile", "--select", "r", "--quiet").text.contains("with __dbt__cte__e as ("))
        let plain = drill.run("compile", "--select", "r", "--no-inject-ephemeral-ctes").text
        #expect(plain.hasSuffix("select * from __dbt__cte__e"), "\(plain)")
    }

    @Test func `an ephemeral model that does not compile skips its readers, with its own error`() throws {
        let drill = try DbtDrill([
            "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 {% if execute %}{{ exceptions.raise_compiler_error('broken') }}{% endif %}",
            "models/r.sql": "select * from {{ ref('e') }}",
        ])
        let (code, text) = drill.run("run")
        #expect(code == 1 && text.contains("1 of 1 SKIP relation main.r due to ephemeral model status 'error' .............. [ERROR SKIP]"), "\(text)")
        #expect(text.contains("Failure in model e (models/e.sql)") && text.contains("Compilation Error in model e (models/e.sql)") && text.contains("Completed with 1 error"), "\(text)")
        let result = try drill.artifact("run_results.json")["results"]?[0]
        #expect(result?["status"] == "skipped")
        #expect(result?["message"] == "Compilation Error in model.shop.r, caused by compilation error in referenced ephemeral model model.shop.e")
        // Where it is not selected, its error is that of its reader.
        #expect(drill.run("run", "-s", "r").code == 1)
        let alone = try drill.artifact("run_results.json")["results"]?[0]
        #expect(alone?["status"] == "error" && alone?["message"]?.stringValue?.hasPrefix("Compilation Error in model e (models/e.sql)") == true)
    }

    @Test func `an ephemeral model is compiled by itself, has no result, and hands on what stopped it`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/broken.sql": "select nothing as id", "models/e.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('broken') }}",
            "models/lone.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}", "models/r.sql": "select * from {{ ref('e') }}", "models/s.sql": "select * from {{ ref('r') }}",
        ])
        let (code, text) = drill.run("build")
        #expect(code == 1 && text.contains("3 of 4 SKIP relation main.r due to ephemeral model status 'skipped' ............ [ERROR SKIP]"), "\(text)")
        #expect(text.contains("4 of 4 SKIP relation main.s ....") && text.contains("Completed with 2 errors") && text.contains("SKIP=2"), "\(text)")
        let folder = "\(drill.project.projectFolder)/target/compiled/shop/models"
        #expect(FileManager.default.fileExists(atPath: "\(folder)/lone.sql") && !FileManager.default.fileExists(atPath: "\(folder)/e.sql"))
        // What `run` skips passes no blame on.
        #expect(drill.run("run").text.contains("3 of 4 SKIP relation main.r ....") )
        #expect(drill.run("compile").code == 0)
        let compiled = try drill.artifact("run_results.json")["results"]?.arrayValue?.count
        #expect(compiled == 4)
        #expect(drill.run("compile", "-s", "lone").code == 0)
        #expect(try drill.artifact("run_results.json")["results"]?[0]?["unique_id"] == "model.shop.lone")
    }

    @Test func `a template sees of the line what dbt shows it, and a package is a dict of its macros`() throws {
        let line = """
            {% macro line() %}{% set line = invocation_args_dict %}
            {{ print([line.select, line.get('resource_types'), line.printer_width, line.which, line.full_refresh is defined, line.vars]) }}
            {{ print([flags.SELECT is defined, flags.full_refresh is defined, flags.EMPTY, flags.NO_PRINT is none, flags.WHICH]) }}
            {{ print(['line' in shop, 'run_query' in dbt, 'nobody' in shop, shop is mapping, shop.get('nobody', 1), shop.keys() | list, context['shop']['other'](2)]) }}{% endmacro %}
            {% macro other(n) %}{{ return(n + 1) }}{% endmacro %}
            """
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "macros/line.sql": line, "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: \"{{ line() }}\"\n"])
        let (code, text) = drill.run("build", "-s", "a", "tag:x", "--resource-type", "model", "--vars", "{day: 1}")
        #expect(code == 0 && text.contains("[('a', 'tag:x'), ('model',), 80, 'build', False, {'day': 1}]"), "\(text)")
        #expect(text.contains("[False, False, False, True, 'build']") && text.contains("[True, True, False, True, 1, ['line', 'other'], 3]"), "\(text)")
        #expect(drill.run("run").text.contains("[(), None, 80, 'run', False, {}]"))
    }

    @Test func `the graph of templates has hooks too, in the order in which dbt reads`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: \"{{ walk() }}\"\n", "seeds/codes.csv": "id\n1\n", "tests/lone.sql": "select 1 as id where 1 = 0",
            "models/b.sql": "select 1 as id", "models/a.sql": "select 1 as id", "models/v_v1.sql": "select 1 as id", "analyses/look.sql": "select 1",
            "models/all.yml": "models:\n  - {name: b, columns: [{name: id, data_tests: [unique]}]}\n  - {name: v, versions: [{v: 1}]}\n",
            "macros/walk.sql": "{% macro walk() %}{% if execute %}{{ print(graph.nodes.values() | map(attribute='name') | join(' ')) }}{% endif %}{% endmacro %}",
        ])
        #expect(drill.run("build").text.contains("a b look lone codes shop-on-run-end-0 v unique_b_id"), "\(drill.output)")
        // As `compile` does, the documentation compiles all of them.
        #expect(drill.run("docs", "generate").code == 0)
        let compiled = try drill.artifact("run_results.json")["results"]?.arrayValue?.compactMap { $0["unique_id"]?.stringValue?.split(separator: ".").first.map(String.init) }
        #expect(compiled?.sorted() == ["analysis", "model", "model", "model", "operation", "seed", "test", "test"])
    }

    @Test func `a model in Python fails alone, and what needs it is skipped`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging([
            "models/p.py": "def model(dbt, session):\n    dbt.config(materialized='table')\n    return dbt.ref('a')\n", "models/q.sql": "select * from {{ ref('p') }}",
        ]) { _, new in new })
        let build = drill.run("build")
        #expect(build.code == 1 && build.text.contains("only supports languages ['sql']; got \"python\""), "\(build)")
        let statuses = try drill.statuses
        #expect(statuses["model.shop.p"] == "error" && statuses["model.shop.q"] == "skipped" && statuses["model.shop.b"] == "success")
        #expect(try drill.artifact("manifest.json")["nodes"]?["model.shop.p"]?["language"] == "python")
        #expect(drill.run("build", "--exclude", "p+").code == 0)
    }

    @Test func `a seed's moments keep their zones, its days their form, and what is missing in it is null`() throws {
        let drill = try DbtDrill([
            "seeds/s.csv": "id,zoned,plain,day,mixed,id,\n1,2026-01-01T01:00:00+0200,2026-1-1 9:05:00,2026-1-2,2026-01-01\n\n2,2026-01-01T10:00:00.5Z,2026-01-01 10:00:00, 2026-01-03 ,2026-01-01 10:00:00,x,y\n",
            "seeds/long.csv": "a,b\n1,2\n1,2,3\n",
        ])
        #expect(drill.run("seed", "-s", "s").text.contains("INSERT 3"), "\(drill.output)")
        let text = drill.run("show", "--inline", "select * from {{ ref('s') }} where id is not null order by id", "--output", "json").text
        #expect(text.contains(#""zoned": "2026-01-01 01:00:00+02:00""#) && text.contains(#""zoned": "2026-01-01 10:00:00.500000+00:00""#) && text.contains(#""plain": "2026-01-01 09:05:00""#), "\(text)")
        #expect(text.contains(#""day": "2026-01-02""#) && text.contains(#""mixed": "2026-01-01 10:00:00""#) && text.contains(#""id_2": "x""#) && text.contains(#""g": "y""#), "\(text)")
        #expect(drill.run("seed", "-s", "long").text.contains("Row 1 has 3 values, but Table only has 2 columns."), "\(drill.output)")
    }

    @Test func `what may go wrong with columns is told in dbt's words`() throws {
        let drill = try DbtDrill([
            "models/grown.sql": "{{ config(materialized='incremental', on_schema_change='fail') }} select 1 as id{{ ', 2 as more' if var('more', false) }}",
            "models/bound.sql": "{{ config(materialized='view', contract={'enforced': true}) }} select 1 as id, 2.5 as n",
            "models/s.yml": "models: [{name: bound, columns: [{name: id, data_type: integer, constraints: [{type: not_null}]}, {name: n, data_type: numeric}]}]",
        ])
        let parsed = drill.run("parse").text
        #expect(parsed.contains("Constraint types are not supported for view materializations and will"), "\(parsed)")
        #expect(drill.run("run").code == 0)
        let text = drill.run("run", "--vars", "{more: true}").text
        #expect(text.contains("on this incremental model are out of sync!\n"), "\(text)")
        #expect(text.contains("                 Source columns not in target: [<Column more ("), "\(text)")
    }

    @Test func `what is only read leaves nothing of what its templates write`() throws {
        func writing(_ word: String) -> String { "{% if execute %}{% do run_query(\"insert into told values ('\(word)')\") %}{% endif %}" }
        let drill = try DbtDrill([
            "models/m.sql": writing("model") + "select 1 as id", "tests/alone.sql": writing("test") + "select 1 as id where 1 = 0", "tests/early.sql": writing("early") + "{% do adapter.commit() if execute %}select 1 as id where 1 = 0",
            "macros/m.sql": "{% macro make() %}{% do run_query('create table told (said text)') %}{% endmacro %}",
        ])
        #expect(drill.run("run-operation", "make").code == 0)
        func told() -> String { drill.run("show", "--inline", "select group_concat(said) as said from told", "--output", "json").text }
        for words in [["compile", "-s", "m"], ["show", "-s", "m"], ["show", "--inline", writing("inline") + "select 1 as id"], ["test", "-s", "alone"]] {
            #expect(drill.run(words: words).code == 0 && told().contains("\"said\": null"), "\(words): \(drill.output)")
        }
        #expect(drill.run("test", "-s", "early").text.contains("Tried to commit transaction on connection \"test.shop.early\", but it does not have one open!"), "\(drill.output)")
        #expect(drill.run("run").code == 0 && told().contains("\"said\": \"model\""), "\(drill.output)")
    }

    @Test func `a model without text is left out, and the statement that built one is in the folder run`() throws {
        let drill = try DbtDrill(DbtDrill.shop.merging(["models/empty.sql": "\n"]) { _, new in new })
        #expect(drill.run("run").code == 0)
        #expect(try drill.statuses.keys.sorted() == ["model.shop.a", "model.shop.b"])
        let statement = String(decoding: try drill.project.read("target/run/shop/models/a.sql"), as: UTF8.self)
        #expect(statement.contains("create table") && statement.contains("select 1 as id, 'x' as word"))
    }

    @Test func `a project that is run by its commands alone leaves nothing else in the warehouse, and keeps a ledger's history where one is`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/schema.yml": "models: [{name: a, config: {materialized: table}, columns: [{name: id, data_tests: [unique]}]}]",
        ])
        let names = "select name from sqlite_schema where name like '\\_sluice%' escape '\\' and type = 'table' order by 1"
        #expect(drill.run("build").code == 0)
        #expect(try drill.query(names) == [])
        let session = try drill.project.warehouse.open()
        _ = try Ledger(on: session)
        #expect(drill.run("build").code == 0)
        #expect(try drill.query("select count(*) from _sluice_test_results") == [[.integer(1)]])
    }

    @Test func `run_results.json says when a node was compiled and when it was run, and by whom, as dbt does`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: \"select 1\"\n", "models/a.sql": "select 1 as id", "models/b.sql": "{{ config(materialized='table') }} select absent from {{ ref('a') }}", "models/c.sql": "select * from {{ ref('b') }}",
        ])
        drill.run("build")
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        func result(_ name: String) -> JSON? { results.first { $0["unique_id"]?.stringValue == name } }
        func steps(_ name: String) -> [String] { result("model.shop.\(name)")?["timing"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? ["?"] }
        #expect(steps("a") == ["compile", "execute"] && steps("c") == [])
        #expect(result("model.shop.a")?["thread_id"] == "Thread-1 (worker)")
        let hook = result("operation.shop.shop-on-run-start-0")
        #expect(hook?["message"] == "shop.on-run-start.0 passed" && hook?["thread_id"] == "main" && hook?["compiled_code"] == "select 1" && hook?["failures"] == 0)
        let message = result("model.shop.b")?["message"]?.stringValue ?? ""
        #expect(message.hasPrefix("Database Error in model b (models/b.sql)\n  no such column: absent") && message.contains("compiled code at "), "\(message)")
    }

    @Test func `a hook of the end sees each result with its node`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: [\"{{ tell(results) }}\"]\n",
            "models/a.sql": "select 1 as id", "models/schema.yml": "models: [{name: a, columns: [{name: id, data_tests: [{accepted_values: {arguments: {values: [2]}, name: two}}]}]}]",
            "macros/tell.sql": """
                {% macro tell(results) %}
                    {%- for result in results | selectattr('failures') | selectattr('failures', '>', 0) -%}
                        {%- do print(result.node.fqn | join('.') ~ ' ' ~ result.status ~ ' ' ~ graph['nodes'][result.node.depends_on.nodes[0]].relation_name) -%}
                    {%- endfor -%}
                    {%- for result in results -%}
                        {%- set plain = result.to_dict() -%}
                        {%- do print(plain.node.name ~ ' ' ~ plain.node.config.materialized ~ ' ' ~ result.node.get('relation_name') ~ ' ' ~ result.timing[0].to_dict()['name'] ~ ' ' ~ (result.node.compiled_code is none)) -%}
                    {%- endfor -%}
                {% endmacro %}
                """,
        ])
        #expect(drill.run("build", "--quiet").text.contains("shop.two fail main.\"a\"\na view main.\"a\" compile False\ntwo test None compile False"))
    }

    @Test func `a variable that only the run will set stops no reading, and the model that lacks it is an error`() throws {
        let drill = try DbtDrill(["models/a.sql": "select '{{ word() }}' as word", "macros/word.sql": "{% macro word() %}{{ var('word') }}{% endmacro %}"])
        #expect(drill.run("parse").code == 0)
        #expect(drill.run("run", "--vars", "word: said").code == 0)
        #expect(try drill.query("select word from a") == [[.text("said")]])
        let (code, text) = drill.run("run")
        #expect(code == 1 && text.contains("Required var 'word' not found in config:\n  Vars supplied to a = {}"))
    }

    @Test func `what was compiled is there although the warehouse refuses it, with the ephemeral models inside`() throws {
        let drill = try DbtDrill([
            "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/t.sql": "{{ config(materialized='table') }} select absent from {{ ref('e') }}",
            "models/after.sql": "select * from {{ ref('t') }}",
        ])
        #expect(drill.run("run").code == 1)
        #expect(String(decoding: try drill.project.read("target/compiled/shop/models/t.sql"), as: UTF8.self).contains("select absent from __dbt__cte__e"))
        #expect(String(decoding: try drill.project.read("target/compiled/shop/models/e.sql"), as: UTF8.self).contains("select 1 as id"))
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        #expect(results.count == 2)
        #expect(results[0]["compiled"] == true && results[0]["compiled_code"]?.stringValue?.contains("select absent") == true)
        #expect(results[1]["status"] == "skipped" && results[1]["message"] == .null)
    }

    @Test func `the macros of a generic test configure it, and what is written at the test goes above them`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id union all select 2",
            "models/schema.yml": """
                models:
                  - name: a
                    data_tests:
                      - few
                      - few: {name: many, config: {fail_calc: count(*)}}
                """,
            "macros/few.sql": "{% test few(model) %}{{ return(adapter.dispatch('test_few')(model)) }}{% endtest %}",
            "macros/deep/few.sql": "{% macro default__test_few(model) %}{{ config(fail_calc='sum(id - id)', severity='warn') }}{% if execute %}select id from {{ model }}{% endif %}{% endmacro %}",
        ])
        #expect(drill.run("build").code == 0)
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        let told = results.map { "\($0["unique_id"]?.stringValue?.split(separator: ".")[2] ?? "") \($0["status"]?.stringValue ?? "") \($0["failures"]?.intValue ?? -1)" }
        #expect(told.sorted() == ["a success -1", "few_a_ pass 0", "many warn 2"])
    }
}
