import Compilation
import Kernel
import Testing
import WarehouseKit

/// `--sample`: models read a stretch of time of their inputs.
@Suite struct SampleTests {
    private static let files = [
        "models/raw.sql": "{{ config(materialized='table', event_time='at') }} select 1 as id, '2026-01-01 10:00:00' as at union all select 2, '2026-01-02 10:00:00' union all select 3, '2026-01-03 10:00:00'",
        "models/a.sql": "{{ config(materialized='table') }} select id from {{ ref('raw') }}",
    ]

    @Test func `a sample holds what lies in its window`() throws {
        let drill = try DbtDrill(Self.files)
        func ids() throws -> [[SQLValue]] { try drill.project.warehouse.open().query("select group_concat(id) from a").rows }
        #expect(drill.run("run").code == 0)
        #expect(try ids() == [[.text("1,2,3")]])
        #expect(drill.run("run", "--sample", "{start: 2026-01-02, end: 2026-01-03}").code == 0)
        #expect(try ids() == [[.text("2")]])
        let now = try #require(Timestamp(sql: "2026-01-03 12:00:00"))
        #expect(drill.run("run", "--sample=2 days", now: now).code == 0)
        #expect(try ids() == [[.text("2,3")]])
    }

    @Test(arguments: [("foo", "Cannot load SAMPLE_WINDOW from 'foo'. Must be of form 'DAYS_INT GRAIN_SIZE'."), ("1 week", "Invalid grain size 'week'."),
        ("x days", "Unable to convert 'x' to an integer."), ("999999999999999999 years", "signed integer is less than minimum"), ("5000 years", "year -2974 is out of range"), ("99999999 days", "date value out of range"),
        ("1000000000 days", "days=-1000000000; must have magnitude <= 999999999"), ("9223372036854775807 hours", "Python int too large to convert to C int"), ("99999999999999999999 days", "Python int too large to convert to C int"),
        ("9223372036854775807 months", "signed integer is less than minimum")])
    func `a window that nobody can read is a wrong use`(_ text: String, _ words: String) throws {
        let run = try DbtDrill(Self.files).run("run", "--sample", text)
        #expect(run.code == 2 && run.text.contains("Error: Invalid value for '--sample': ") && run.text.contains(words), "\(run.text)")
    }

    @Test(arguments: [
        ("2 Hours", "2025-03-31 00:03:04+00:00"), ("1 day", "2025-03-30 02:03:04+00:00"), ("1 month", "2025-02-28 02:03:04+00:00"),
        ("13 months", "2024-02-29 02:03:04+00:00"), ("1 year", "2024-03-31 02:03:04+00:00"),
    ])
    func `a window ends now and begins as dbt has it`(_ text: String, _ start: String) throws {
        let now = try #require(Timestamp(sql: "2025-03-31 02:03:04"))
        let window = try SampleWindow(text, fields: nil, now: now)
        #expect(window.start.sql == start && window.end == now)
    }
}
