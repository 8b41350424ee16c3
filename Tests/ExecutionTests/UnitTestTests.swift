import Compilation
import Execution
import Kernel
import ModellingSupport
import Project
import Testing
import WarehouseKit

@Suite struct UnitTestTests {
    private static let models = [
        "models/raw.sql": "{{ config(materialized='table') }} select 1 as id, 'a@x' as mail, 10 as amount",
        "models/eph.sql": "{{ config(materialized='ephemeral') }} select id from {{ ref('raw') }}",
        "models/clean.sql": """
            {{ config(materialized='incremental') }}
            select id, upper(mail) as mail, amount * {{ var('factor', 2) }} as amount, '{{ env_var("PLACE", "none") }}' as place
            from {{ ref('raw') }} where id in (select id from {{ ref('eph') }})
            {% if is_incremental() %} and id > (select max(id) from {{ this }}) {% endif %}
            """,
    ]

    private func run(_ yml: String) throws -> NodeResult {
        let project = try TestProject(Self.models.merging(["models/u.yml": yml]) { $1 })
        let session = try project.warehouse.open()
        try session.execute("create table raw (id integer, mail text, amount integer); create table clean (id integer, mail text, amount integer, place text)")
        let compiler = try project.compiler(session)
        let node = try #require(compiler.manifest.others.values.first { $0.unitTest != nil })
        return try NodeRunner(compiler, session: session) { TestProject.startedAt }.unitTest(node)
    }

    private func yml(_ expect: String, more: String = "    overrides: {macros: {is_incremental: false}}") -> String {
        """
        unit_tests:
          - name: t
            model: clean
            given:
              - {input: ref('raw'), rows: [{id: 1, mail: "it's"}, {id: 2, mail: b, amount: 5}]}
              - {input: ref('eph'), rows: [{id: 1}, {id: 2}]}
        \(more)
            expect: {rows: [\(expect)]}
        """
    }

    @Test func `a model is run on the given rows and compared with the expected ones`() throws {
        let result = try run(yml("{id: 2, mail: B, amount: 10}, {id: 1, mail: \"IT'S\", amount: null}"))
        #expect(result.status == .pass && result.message == "")
    }

    @Test func `the text of the model sees the test in the model's place`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(materialized='table', tags=['own']) }} select '{{ model.name }} {{ model.resource_type }} {{ model.tested_node_unique_id }} {{ this }} {{ config.get('materialized') }} {{ model.tags }} {{ model.raw_code | length > 9 }}' as x",
            "macros/m.sql": "{% macro asked() %}{{ is_incremental() }}{% endmacro %}", "models/b.sql": "select {{ asked() }} as x",
            "models/u.yml": "unit_tests: [{name: t, model: a, given: [], expect: {rows: [{x: 1}]}}, {name: u, model: b, given: [], expect: {rows: [{x: 1}]}}]",
        ])
        let compiler = try project.compiler(nil)
        let test = try #require(compiler.manifest.others.values.first { $0.name == "t" })
        #expect(try compiler.compile(unitTest: test).sql.contains("select 't unit_test model.shop.a None unit [] True' as x"))
        let other = try #require(compiler.manifest.others.values.first { $0.name == "u" })
        let problem = try #require(throws: (any Error).self) { try compiler.compile(unitTest: other) }
        #expect("\(problem)".contains("is_incremental"), "\(problem)")
    }

    @Test func `what differs is shown cell by cell`() throws {
        let result = try run(yml("{id: 1, mail: \"IT'S\"}, {id: 2, mail: C}, {id: 3, mail: D}"))
        #expect(result.status == .fail && result.failures == 1)
        #expect(result.message == """


            actual differs from expected:

            @@ ,id,mail
            →  ,2 ,C→B
            ---,3 ,D
               ,1 ,IT'S

            """)
    }

    @Test func `variables, the environment, macros and the model's own table are the test's`() throws {
        let more = """
                  - {input: this, rows: [{id: 1}]}
                overrides: {vars: {factor: 100}, env_vars: {PLACE: here}, macros: {is_incremental: true}}
            """
        #expect(try run(yml("{id: 2, amount: 500, place: here}", more: more)).status == .pass)
    }

    @Test func `what is no macro is replaced by the value itself, and a macro of dbt's by either of its names`() throws {
        let project = try TestProject([
            "models/a.sql": "select 1 as id", "macros/m.sql": "{% macro mine() %}1{% endmacro %}",
            "models/b.sql": "select '{{ invocation_id }}' as i, {{ current_timestamp() }} as c, {{ dbt.current_timestamp() }} as d, {{ mine() }} as m, '{{ nobody is defined }}' as n, '{{ this }}' as t from {{ ref('a') }}",
            "models/u.yml": """
                unit_tests:
                  - name: u
                    model: b
                    given: [{input: ref('a'), rows: [{id: 1}]}]
                    overrides: {macros: {invocation_id: 123, current_timestamp: "'now'", mine: 7, nobody: 5}}
                    expect: {rows: [{i: '123', c: now, d: now, m: 7, n: 'False', t: None}]}
                """,
        ])
        let session = try project.warehouse.open()
        try session.execute("create table a (id integer); create table b (i text, c text, d text, m integer, n text, t text)")
        let compiler = try project.compiler(session)
        let node = try #require(compiler.manifest.others.values.first { $0.unitTest != nil })
        let result = try NodeRunner(compiler, session: session) { TestProject.startedAt }.unitTest(node)
        #expect(result.status == .pass, "\(result.message)")
    }

    @Test func `an input that is not given is not read from the warehouse`() throws {
        let files = ["models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }}", "models/c.sql": "select * from {{ source('s', 't') }}"]
        for (model, what) in [("b", "node named 'a'"), ("c", "source named 's.t'")] {
            let yml = "sources: [{name: s, tables: [{name: t}]}]\nunit_tests: [{name: u, model: \(model), given: [], expect: {rows: [{id: 1}]}}]"
            let project = try TestProject(files.merging(["models/u.yml": yml]) { $1 })
            let session = try project.warehouse.open()
            try session.execute("create table a as select 1 as id; create table s__t as select 1 as id; create table b (id integer); create table c (id integer)")
            let compiler = try project.compiler(session)
            let node = try #require(compiler.manifest.others.values.first { $0.unitTest != nil })
            let error = #expect(throws: CompilationError.self) { try NodeRunner(compiler, session: session) { TestProject.startedAt }.unitTest(node) }
            #expect(error?.summary == "Unit_Test 'unit_test.shop.\(model).u' (models/u.yml) depends on a \(what) which was not found")
        }
    }

    @Test func `a model that asks whether it is incremental needs an answer, and its own rows where that is yes`() throws {
        for (more, told) in [("", "Boolean override for 'is_incremental' must be provided for unit test 't' in model 'clean'"), ("    overrides: {macros: {is_incremental: true}}", "Unit test 't' for incremental model 'clean' must have a 'this' input")] {
            let error = #expect(throws: ProjectProblems.self) { try run(yml("{id: 1}", more: more)) }
            #expect(error?.problems.map(\.summary) == [told])
        }
    }

    @Test func `a column that the model does not have is named`() throws {
        let error = #expect(throws: CompilationError.self) { try run(yml("{nope: 1}")) }
        #expect(error?.summary.contains("Invalid column name: 'nope' in unit test fixture for expected output.") == true)
    }
}
