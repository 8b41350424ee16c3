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

    @Test func `a column that the model does not have is named`() throws {
        let error = #expect(throws: CompilationError.self) { try run(yml("{nope: 1}")) }
        #expect(error?.summary.contains("Invalid column name: 'nope' in unit test fixture for expected output.") == true)
    }
}
