import Foundation
import Kernel
import ModellingSupport
import Support
import Testing
import WarehousePostgreSQL

/// What packages do that watch a whole run: they keep notes in `graph`, put themselves before dbt's own materializations, ask for
/// the run's configuration, and say `begin` and `commit`.
@Suite struct PackageWaysTests {
    private static let watching = [
        "macros/watch.sql": """
            {% macro begin_watch() %}{% if execute %}{% do graph.setdefault('watch', {'tests': {}}) %}{% endif %}{% endmacro %}
            {% macro end_watch() %}
                {%- if execute -%}
                    {%- do print('watched ' ~ graph['watch'].tests | length) -%}
                    {%- for name, rows in graph['watch'].tests.items() -%}{%- do print(name ~ ' ' ~ rows) -%}{%- endfor -%}
                {%- endif -%}
            {% endmacro %}
            {% materialization test, default %}
                {%- set done = dbt.materialization_test_default.call_macro() -%}
                {%- set row = load_result('main').table.rows[0] -%}
                {%- do graph['watch'].tests.update({model.name: row['failures'] | int}) -%}
                {%- do return(done) -%}
            {% endmaterialization %}
            """,
        "dbt_project.yml": "name: watch\non-run-start: \"{{ watch.begin_watch() }}\"\non-run-end: \"{{ watch.end_watch() }}\"\n",
    ]

    private static func project(_ flags: String) -> [String: String] {
        var files = [
            "dbt_project.yml": "name: shop\nprofile: shop\nflags: {\(flags)}\nmodels: {+materialized: table}\n",
            "models/a.sql": "select 1 as id union all select null", "models/b.sql": "select * from {{ ref('a') }} where id > 0",
            "models/schema.yml": "models: [{name: b, columns: [{name: id, data_tests: [unique, not_null]}]}]",
        ]
        for (path, text) in watching { files["dbt_packages/watch/\(path)"] = text }
        return files
    }

    @Test func `a package takes the place of dbt's materializations where the project's flags let it, and no sooner`() throws {
        let allowed = try DbtDrill(Self.project("require_explicit_package_overrides_for_builtin_materializations: false"))
        #expect(allowed.run("build", "--quiet").text.contains("watched 2\nnot_null_b_id 0\nunique_b_id 0"), "\(allowed.output)")
        let refused = try DbtDrill(Self.project(""))
        #expect(refused.run("build", "--quiet").text == "watched 0", "\(refused.output)")
    }

    @Test func `a package that takes the place of one of dbt's materializations is told of once, and is an error where warnings are`() throws {
        let drill = try DbtDrill(Self.project("require_explicit_package_overrides_for_builtin_materializations: false"))
        let told = drill.run("build").text
        #expect(told.components(separatedBy: "[WARNING]: Installed package 'watch' is overriding").count == 2 && told.contains("- PackageMaterializationOverrideDeprecation: 2 occurrences"), "\(told)")
        #expect(drill.run("test", "--warn-error").text.contains("Compilation Error in test unique_b_id"), "\(drill.output)")
    }

    @Test func `a project's own macros limit what a test reads and look at how new a source is`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\n", "models/a.sql": "select '2020-01-01' as at union all select null",
            "models/s.yml": """
                sources: [{name: raw, schema: main, tables: [{name: a, config: {loaded_at_field: at, freshness: {warn_after: {count: 1, period: day}}}}]}]
                models: [{name: a, columns: [{name: at, data_tests: [not_null: {config: {limit: 5}}]}]}]
                """,
            "macros/own.sql": """
                {% macro default__get_limit_sql(sql, limit) %}{% do print('limited to ' ~ limit) %}{{ sql }} limit 0{% endmacro %}
                {% macro sqlite__collect_freshness(source, loaded_at_field, filter) %}
                    {%- do print('asked ' ~ loaded_at_field) -%}
                    {{ return(dbt.default__collect_freshness(source, loaded_at_field, filter)) }}
                {% endmacro %}
                """,
        ])
        #expect(drill.run("build", "--quiet").text == "limited to 5", "\(drill.output)")
        #expect(drill.run("source", "freshness", "--quiet").text.contains("asked at"), "\(drill.output)")
    }

    @Test func `in a source's own query for its newest row, this is the source`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\n", "models/a.sql": "select '2020-01-01' as at",
            "models/s.yml": "sources: [{name: raw, schema: main, tables: [{name: a, config: {loaded_at_query: 'select max(at) from {{ this }}', freshness: {warn_after: {count: 1, period: day}}}}]}]",
        ])
        drill.run("build")
        #expect(drill.run("source", "freshness").text.contains("WARN freshness of raw.a"), "\(drill.output)")
    }

    @Test func `a project's own macros make the schemas and mark the places of a seed's values`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\n", "models/a.sql": "{{ config(schema='far') }} select 1 as id", "seeds/s.csv": "id,word\n1,a\n2,b\n",
            "macros/own.sql": """
                {% macro create_schema(relation) %}{% do print('made ' ~ relation.schema) %}{{ return(dbt.create_schema(relation)) }}{% endmacro %}
                {% macro sqlite__get_binding_char() %}{% do print('bound') %}{{ return('?') }}{% endmacro %}
                """,
        ])
        #expect(drill.run("build", "--quiet").text.split(separator: "\n") == ["made main_far", "bound", "bound", "bound", "bound"], "\(drill.output)")
    }

    @Test func `the configuration of the run is reached through ref and source`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": """
                name: shop
                version: 1.2.0
                profile: shop
                flags: {validate_macro_args: true}
                on-run-end: "select 1"
                models: {shop: {+materialized: view}}
                vars: {depth: 3, shop: {own: x}}
                """,
            "dbt_packages/near/dbt_project.yml": "name: near\nversion: 0.4.1\n", "models/a.sql": "select 1 as id", "packages.yml": "packages: [{local: dbt_packages/near}]",
            "macros/tell.sql": """
                {% macro tell() %}
                    {%- set run = builtins.ref.config -%}
                    {%- do print([run.project_name, run.version, run.target_name, run.model_paths, run.models.shop, run.on_run_end] | join(' ')) -%}
                    {%- do print([source.config.vars.to_dict().depth, run.vars.vars.shop.own, run.cli_vars, run.args.which, run.args.validate_macro_args] | join(' ')) -%}
                    {%- do print([run.dependencies['near'].version, run.packages.packages[0].local, run.nothing is defined, ref is callable] | join(' ')) -%}
                {% endmacro %}
                """,
        ])
        #expect(drill.run("run-operation", "tell", "--quiet", "--vars", "depth: 4").text == """
            shop 1.2.0 dev ['models'] {'+materialized': 'view'} ['select 1']
            3 x {'depth': 4} run-operation True
            0.4.1 dbt_packages/near False True
            """)
    }

    @Test func `what a variable of the environment falls back on keeps its type, and none is no fallback`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {off: \"{{ env_var('ABSENT', False) }}\"}\nmodels: {+enabled: \"{{ env_var('ABSENT', true) }}\"}\n",
            "models/a.sql": "select {{ env_var('ABSENT', 4) + 1 }} as n, '{{ var('off') }}' as off{% if env_var('ABSENT', false) %}, 1 as wrong{% endif %}",
        ])
        #expect(drill.run("run").code == 0, "\(drill.output)")
        #expect(try drill.query("select * from a") == [[.integer(5), .text("False")]])
        try drill.project.write("models/a.sql", "select {{ env_var('ABSENT', none) }}")
        #expect(drill.run("run").text.contains("ABSENT"))
    }

    @Test func `results of a run have moments, and a configuration answers none to what it has not`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: \"{{ tell(results) }}\"\n", "models/a.sql": "select 1 as id",
            "macros/tell.sql": """
                {% macro tell(results) %}
                    {%- set result = results[0] -%}
                    {%- set step = result.timing | selectattr('name', 'eq', 'execute') | first -%}
                    {%- do print([step.completed_at.tzinfo is none, (step.completed_at - step.started_at).total_seconds() >= 0, step.to_dict().started_at is string] | join(' ')) -%}
                    {%- do print([result.status.name, result.status.value, result.node.resource_type.value, result.node.name.value is defined] | join(' ')) -%}
                    {%- do print([result.node.config.no_such is none, result.node.config.to_dict().materialized, database_schemas[0] | length] | join(' ')) -%}
                    {%- set table = run_query("select 'x' as word, 1 as n union all select 'y,z', 2") -%}
                    {%- do print(table.columns['word'] == ['x', 'y,z']) -%}
                {% endmacro %}
                """,
        ])
        #expect(drill.run("run", "--quiet").text == "True True True\nSuccess success model False\nTrue view 2\nTrue", "\(drill.output)")
    }

    @Test func `a table falls into groups, its rows and columns are sequences, and its types write values as JSON has them`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "macros/tell.sql": """
            {% macro tell() %}
                {%- set table = run_query("select 1 as n, 'p' as word union all select 2, 'q' union all select 1, 'r'") -%}
                {%- for group in table.group_by('n') -%}{%- do print(group.columns['word'].values() | join('+') ~ ' ' ~ group.rows.values() | length) -%}{%- endfor -%}
                {%- do print(table.group_by('n').keys() ~ ' ' ~ table.rename(table.column_names | map('upper')).column_names ~ ' ' ~ table.rows[1:] | length) -%}
                {%- do print(tojson(table.columns['n'].data_type.jsonify(table.rows[0]['n'])) ~ ' ' ~ (table.columns[0].data_type == table.column_types[0])) -%}
                {%- do print(toyaml({'n': 'y', 'no': 'on'})) -%}
            {% endmacro %}
            """])
        #expect(drill.run("run-operation", "tell", "--quiet").text == "p+r 2\nq 1\n(1, 2) ('N', 'WORD') 2\n1 True\nn: y\n'no': 'on'\n", "\(drill.output)")
    }

    @Test func `a package's macro is what the adapter does something by, and the project's goes above it`() throws {
        let macros = [
            "dbt_packages/care/dbt_project.yml": "name: care\n",
            "dbt_packages/care/macros/care.sql": """
                {% macro collect_freshness(source, loaded_at_field, filter) %}{{ return(adapter.dispatch('collect_freshness')(source, loaded_at_field, filter)) }}{% endmacro %}
                {% macro default__collect_freshness(source, loaded_at_field, filter) %}
                    {%- do print('asked ' ~ source.identifier ~ ' ' ~ loaded_at_field ~ ' ' ~ filter) -%}
                    {%- call statement('collect_freshness', fetch_result=true) -%}select '2026-01-01 00:00:00' as max_loaded_at, '2026-01-02 00:00:00' as snapshotted_at{%- endcall -%}
                    {{ return(load_result('collect_freshness')) }}
                {% endmacro %}
                """,
            "models/a.sql": "select 1 as id",
            "models/sources.yml": "sources: [{name: raw, schema: main, tables: [{name: absent, loaded_at_field: at, freshness: {filter: id > 0, error_after: {count: 12, period: hour}}}]}]",
            "packages.yml": "packages: [{local: dbt_packages/care}]",
        ]
        let drill = try DbtDrill(macros)
        let told = drill.run("source", "freshness")
        #expect(told.code == 1 && told.text.contains("asked absent at id > 0") && told.text.contains("ERROR STALE"), "\(told.text)")
        try drill.project.write("macros/own.sql", "{% macro collect_freshness(source, loaded_at_field, filter) %}{{ return(run_query(\"select '2026-01-01 00:00:00', '2026-01-01 01:00:00'\")) }}{% endmacro %}")
        #expect(drill.run("source", "freshness").text.contains("PASS freshness of raw.absent"), "\(drill.output)")
        try drill.project.write("macros/own.sql", "{% macro collect_freshness(source, loaded_at_field, filter) %}{{ return('soon') }}{% endmacro %}")
        #expect(drill.run("source", "freshness").text.contains("Got an invalid result from \"collect_freshness\" macro"), "\(drill.output)")
    }

    @Test func `the hooks of a run are compiled with the rest, and lie among what is compiled`() throws {
        let drill = try DbtDrill(["dbt_project.yml": "name: shop\nprofile: shop\non-run-start: \"select '{{ target.name }}'\"\n", "models/a.sql": "select 1 as id"])
        #expect(drill.run("compile").code == 0, "\(drill.output)")
        let file = "target/compiled/shop/dbt_project.yml/hooks/shop-on-run-start-0.sql"
        #expect(String(decoding: try drill.project.read(file), as: UTF8.self) == "select 'dev'")
        #expect(String(decoding: try drill.project.read("target/run_results.json"), as: UTF8.self).contains("operation.shop.shop-on-run-start-0"))
    }

    @Test func `a macro that names itself with its package calls itself, without it does not, and a method counts as the macro of its name`() throws {
        let drill = try DbtDrill([
            "macros/m.sql": "{% macro far(n) %}{{ shop.far(n - 1) if n else '' }}{% endmacro %}{% macro near(n) %}{{ near(n - 1) if n else '' }}{% endmacro %}{% macro tidy(word) %}{{ word.replace('a', 'b').upper() }}{% endmacro %}", "models/a.sql": "select 1 as id",
        ])
        #expect(drill.run("parse").code == 0)
        let macros = try JSON(parsing: try drill.project.read("target/manifest.json"))["macros"]
        #expect(macros?["macro.shop.far"]?["depends_on"]?["macros"] == ["macro.shop.far"])
        #expect(macros?["macro.shop.near"]?["depends_on"]?["macros"] == [])
        #expect(macros?["macro.shop.tidy"]?["depends_on"]?["macros"] == ["macro.dbt.replace"])
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `a macro may say begin and commit, and a test that leaves a transaction broken harms no other`() throws {
        let database = try PostgresServer.shared.get().makeDatabase()
        let project = try PostgreSQLTests.project(
            database,
            [
                "macros/note.sql": """
                    {% macro note() %}{% if execute %}{% do run_query('begin') %}{% do run_query('create table ' ~ this.schema ~ '.notes as select 1 as n') %}{% do run_query('commit') %}{% endif %}{% endmacro %}
                    {% test opens(model) %}{% if execute %}{% do run_query('begin') %}{% endif %}select absent from {{ model }}{% endtest %}
                    """,
                "models/noted.sql": "{{ config(materialized='table', schema='notes', post_hook='{{ note() }}') }} select 1 as id",
                "macros/names.sql": "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}",
                "models/more.yml": "models: [{name: noted, data_tests: [opens], columns: [{name: id, data_tests: [unique]}]}]",
            ])
        let built = PostgreSQLTests.dbt(project, "build", "--select", "noted", "--threads", "1")
        #expect(built.output.contains("PASS=2 WARN=0 ERROR=1"), "\(built.output)")
        #expect(!built.output.contains("transaction"), "\(built.output)")
        #expect(try PostgresServer.shared.get().psql(database, "select n from notes.notes") == "1\n")
    }

    // MARK: In a pipeline, task by task

    @Test func `in a pipeline what one task notes in the graph is there for those behind it, once`() throws {
        var files = Self.project("require_explicit_package_overrides_for_builtin_materializations: false")
        files["dbt_packages/watch/macros/watch.sql"] = """
            {% macro begin_watch() %}{% if execute %}{% do graph.setdefault('watch', {'tests': {}, 'order': []}) %}{% endif %}{% endmacro %}
            {% macro end_watch() %}{% if execute -%}
                create table seen as select {{ graph.watch.tests | length }} as tests, '{{ graph.watch.order | join(' ') }}' as built,
                  '{{ graph.watch.order | map(attribute='identifier') | join }} {{ graph.watch.at.year }}' as names
            {%- endif %}{% endmacro %}
            {% macro note() %}{% if execute %}{% do graph.watch.order.append(this) %}{% do graph.watch.update({'at': modules.datetime.datetime(2026, 1, 31)}) %}{% endif %}{% endmacro %}
            {% materialization test, default %}
                {%- set done = dbt.materialization_test_default.call_macro() -%}
                {%- do graph['watch'].tests.update({model.name: load_result('main').table.rows[0]['failures'] | int}) -%}
                {%- do return(done) -%}
            {% endmaterialization %}
            """
        files["dbt_project.yml"] = """
            name: shop
            profile: shop
            flags: {require_explicit_package_overrides_for_builtin_materializations: false}
            models: {+materialized: table, +post-hook: "{{ watch.note() }}"}
            """
        let project = try TestProject(files)
        let drill = Drill(project)
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome())
        let seen = try project.warehouse.open().query("select tests, built, names from seen").rows
        #expect(seen == [[.integer(2), .text("\"a\" \"b\""), .text("ab 2026")]])
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `in a pipeline a macro may say begin and commit, and a task whose worker died behind its commit is done`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: \"{{ note('ended') }}\"\nmodels: {+materialized: table}\n",
            "macros/note.sql": """
                {% macro note(word) %}{% if execute %}
                    {%- do run_query("begin; create table if not exists notes (word text); insert into notes values ('" ~ word ~ "'); commit") -%}
                {% endif %}{% endmacro %}
                """,
            "models/a.sql": "{{ config(post_hook=\"{{ note('built') }}\") }} select 1 as id", "models/b.sql": "select * from {{ ref('a') }}",
        ])
        let drill = Drill(project, warehouse: server.address(database))
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome())
        #expect(try server.psql(database, "select word from notes; select id from b") == "built\nended\n1\n", "a second delivery does nothing")
        // As a worker leaves it that dies between the macro's commit and its own note.
        try server.psql(database, "update _sluice_done set report = '' where task like '%.model.shop.a'")
        let spec = try #require(drill.specs["model a"])
        #expect(try drill.transformer.perform(drill.assignment(spec, run: "shop@1")).report.problem == nil)
        #expect(try server.psql(database, "select count(*) from notes; select count(*) from _sluice_done where report = ''") == "3\n0\n")
    }
}
