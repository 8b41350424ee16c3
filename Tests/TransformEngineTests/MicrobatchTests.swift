import Kernel
import Testing
import WarehouseKit

/// Models that are built batch by batch, as `sluice dbt` tells of them.
@Suite struct MicrobatchTests {
    /// `broken` names the days whose batches fail.
    private static let files = [
        "models/events.sql": """
            {{ config(materialized='table', event_time='at') }}
            select 1 as id, '2026-01-01 10:00:00' as at union all select 2, '2026-01-02 10:00:00' union all select 3, '2026-01-03 10:00:00'
            """,
        "models/daily.sql": """
            {{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2026-01-01',
                      pre_hook="insert into hooks values ('before')", post_hook="insert into hooks values ('after')") }}
            select id, at, '{{ model.batch.id }}' as batch, '{{ is_incremental() }}' as inc from {{ ref('events') }}
            {% if model.batch and model.batch.id in var('broken', '') %}where nothing{% endif %}
            """,
        "models/reader.sql": "select * from {{ ref('daily') }}",
        "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: ['create table if not exists hooks (word text)']\n",
    ]
    /// Some seconds into an evening: what is older than the last command would be refused.
    private func evening(_ second: Double = 0) throws -> Timestamp { try #require(Timestamp(sql: "2026-01-03 20:00:00")).adding(seconds: second) }

    private static func stretches(_ results: JSON, _ kind: String) -> [String] {
        results["batch_results"]?[kind]?.arrayValue?.compactMap { $0[0]?.stringValue.map { String($0.prefix(10)) } } ?? []
    }

    @Test func `the bounds of a batch are in the model's configuration as well, as older macros look for them`() throws {
        var files = Self.files
        files["models/daily.sql"]! += "\n-- {{ model.config.__dbt_internal_microbatch_event_time_start }} to {{ config.get('__dbt_internal_microbatch_event_time_end') }}"
        let drill = try DbtDrill(files)
        #expect(try drill.run("run", "--select", "events", "daily", now: evening()).code == 0)
        let compiled = String(decoding: try drill.project.read("target/compiled/shop/models/daily/daily_2026-01-02.sql"), as: UTF8.self)
        #expect(compiled.hasSuffix("-- 2026-01-02 00:00:00+00:00 to 2026-01-03 00:00:00+00:00"), "\(compiled)")
    }

    @Test(arguments: [("day", "999999999999"), ("hour", "9223372036854775807"), ("month", "9223372036854775807"), ("year", "80000000"), ("year", "3000")])
    func `a lookback beyond the calendar fails the model`(size: String, lookback: String) throws {
        var files = Self.files
        files["models/daily.sql"] = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='\(size)', begin='2026-01-01', lookback=\(lookback)) }} select * from {{ ref('events') }}"
        let drill = try DbtDrill(files)
        #expect(try drill.run("run", "--select", "events", "daily", now: evening()).code == 0)
        let again = try drill.run("run", "--select", "daily", now: evening(60))
        #expect(again.code == 1 && again.text.contains("date value out of range"), "\(again.text)")
    }

    @Test func `more batches than anybody would wait for are refused before the first`() throws {
        var files = Self.files
        files["models/daily.sql"] = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='hour', begin='0001-01-01') }} select * from {{ ref('events') }}"
        let run = try DbtDrill(files).run("run", "--select", "events", "daily", now: evening())
        #expect(run.code == 1 && run.text.contains("has more than 876600 batches"), "\(run.text)")
    }

    @Test func `each batch has its line, its file and its place in the results, and hooks run once`() throws {
        let drill = try DbtDrill(Self.files)
        let run = try drill.run("run", "--printer-width", "10", now: evening())
        #expect(run.code == 0)
        for line in ["START sql microbatch model main.daily", "Batch 1 of 3 START batch 2026-01-01 of main.daily", "Batch 3 of 3 OK created batch 2026-01-03 of main.daily", "OK created sql microbatch model main.daily  [SUCCESS in"] {
            #expect(run.text.contains(line), "\(run.text)")
        }
        let result = try #require(try drill.artifact("run_results.json")["results"]?.arrayValue?.first { $0["unique_id"] == "model.shop.daily" })
        #expect(result["status"] == "success" && result["message"] == "SUCCESS" && result["failures"] == 0 && result["compiled"] == false)
        #expect(result["batch_results"]?["successful"]?[0] == ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"])
        #expect(Self.stretches(result, "successful") == ["2026-01-01", "2026-01-02", "2026-01-03"])
        #expect(try drill.query("select count(*) from hooks") == [[.integer(2)]])
        #expect(try String(decoding: drill.project.read("target/compiled/shop/models/daily/daily_2026-01-02.sql"), as: UTF8.self).contains("'20260102' as batch"))
        #expect(try !drill.project.read("target/run/shop/models/daily/daily_2026-01-02.sql").isEmpty)
    }

    @Test func `a batch that fails leaves the others standing, stops what is behind, and is all that a retry builds`() throws {
        let drill = try DbtDrill(Self.files)
        let run = try drill.run("run", "--full-refresh", "--vars", "{broken: '20260102'}", now: evening())
        #expect(run.code == 1 && run.text.contains("PARTIAL SUCCESS (2/3)") && run.text.contains("Completed with 1 partial success and 0 warnings"), "\(run.text)")
        #expect(try drill.statuses == ["model.shop.events": "success", "model.shop.daily": "partial success", "model.shop.reader": "skipped", "operation.shop.shop-on-run-start-0": "success"])
        #expect(try drill.query("select id from daily order by id") == [[.integer(1)], [.integer(3)]])

        // Days later the newest batch is still that of the first run, and what was built is kept, full refresh or not.
        let retry = drill.run("retry", "--vars", "{broken: none}", now: Timestamp(sql: "2026-01-09 08:00:00"))
        #expect(retry.code == 0 && retry.text.contains("Batch 1 of 1 OK created batch 2026-01-02"), "\(retry.text)")
        #expect(try drill.query("select id, inc from daily order by id") == [[.integer(1), .text("False")], [.integer(2), .text("False")], [.integer(3), .text("False")]])
        #expect(try drill.statuses["model.shop.reader"] == "success")
    }

    @Test func `behind a last batch that fails there is no hook, in a retry too`() throws {
        var files = Self.files
        files["models/daily.sql"]! = files["models/daily.sql"]!.replacing("post_hook=\"insert into hooks values ('after')\"", with: "post_hook={'sql': \"insert into hooks values ('late')\", 'transaction': false}")
        let drill = try DbtDrill(files)
        func late() throws -> [[SQLValue]] { try drill.query("select count(*) from hooks where word = 'late'") }
        #expect(try drill.run("run", "--vars", "{broken: '20260102'}", now: evening()).code == 1)
        #expect(try late() == [[.integer(1)]], "the newest was built")
        #expect(try drill.run("retry", now: evening(1)).code == 1)
        #expect(try late() == [[.integer(1)]])
        #expect(try drill.run("retry", "--vars", "{broken: none}", now: evening(2)).code == 0)
        #expect(try late() == [[.integer(2)]])
    }

    @Test func `behind a first batch that fails the rest are skipped and the old table stands`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(try drill.run("run", now: evening()).code == 0)
        let run = try drill.run("run", "-s", "daily", "--full-refresh", "--vars", "{broken: '20260101'}", now: evening(1))
        #expect(run.code == 1 && run.text.contains("Batch 2 of 3 SKIP batch 2026-01-02 of main.daily"), "\(run.text)")
        #expect(try drill.statuses["model.shop.daily"] == "error")
        #expect(try drill.query("select count(*) from daily") == [[.integer(3)]])
    }

    @Test func `the batches are those of the stated times, or look back from the newest`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(try drill.run("run", now: evening()).code == 0)
        #expect(try drill.run("run", "-s", "daily", "--event-time-start", "2026-01-01T06:00:00", "--event-time-end", "2026-01-02 06:00:00", now: evening(1)).text.contains("Batch 2 of 2 OK created batch 2026-01-02"))
        #expect(try drill.run("run", "-s", "daily", now: evening(2)).text.contains("Batch 1 of 2 OK created batch 2026-01-02"))
        for times in [["--event-time-start", "2026-01-01"], ["--event-time-end", "2026-01-01"], ["--event-time-start", "2026-01-02", "--event-time-end", "2026-01-02"]] {
            let wrong = times.count == 2 ? drill.run("run", times[0], times[1]) : drill.run("run", times[0], times[1], times[2], times[3])
            #expect(wrong.code == 2, "\(wrong.text)")
        }
    }

    @Test(arguments: [("event_time='at'", "event_time=none", "'event_time' (string)"), ("begin='2026-01-01'", "begin='soon'", "valid datetime"), ("batch_size='day'", "batch_size='week'", "'batch_size' config that is one of")])
    func `a model that lacks what its batches need does not parse`(_ good: String, _ bad: String, _ words: String) throws {
        var files = Self.files
        files["models/daily.sql"] = files["models/daily.sql"]?.replacing(good, with: bad)
        let parse = try DbtDrill(files).run("parse")
        #expect(parse.code == 2 && parse.text.contains(words), "\(parse.text)")
    }

    @Test func `a strategy of the project's own gets batches only where a flag asks for them`() throws {
        var files = Self.files
        files["macros/own.sql"] = "{% macro get_incremental_microbatch_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_append_sql', 'dbt')(arg_dict)) }}{% endmacro %}"
        #expect(try !DbtDrill(files).run("run", now: evening()).text.contains("Batch 1"))
        files["dbt_project.yml"]? += "flags: {require_batched_execution_for_custom_microbatch_strategy: true}\n"
        #expect(try DbtDrill(files).run("run", now: evening()).text.contains("Batch 1 of 3"))
    }
}
