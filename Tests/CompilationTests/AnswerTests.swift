import Compilation
import ModellingSupport
import Testing

/// Tables of answers as templates handle them; each expectation is what dbt shows.
@Suite struct AnswerTests {
    private func said(_ template: String) throws -> String { try TestProject.rendered(template, opensWarehouse: true) }

    @Test func `an answer without rows is as good as none`() throws {
        #expect(try said("{% set t = run_query('select 1 as a where 1 = 0') %}{{ 'some' if t else 'none' }} {{ t is none }} {{ t.columns | length }}") == "none False 1")
    }

    @Test func `columns of one name are numbered`() throws {
        #expect(try said("{{ run_query('select 1 as a, 2 as a, 3 as b').column_names }}") == "('a', 'a_2', 'b')")
    }

    @Test func `what is cut from rows is a tuple, what is sorted is a list`() throws {
        #expect(try said("{% set t = run_query('select 2 as a union all select 1') %}{{ t.rows[:1] }} {{ t.columns[0].values_sorted() }}") == "(<agate.Row: (2)>,) [1, 2]")
    }

    @Test func `a table prints as its columns, side by side`() throws {
        #expect(try said("{{ run_query(\"select 1 as number, 'x' as w\") }}") == "| column | data_type |\n| ------ | --------- |\n| number | Integer   |\n| w      | Text      |\n")
    }
}
