import Contracts
import Foundation
import Harness
import Kernel
import Landing
import LoadEngine
import Runs
import SandboxWorld
import Support
import Testing
import WarehouseKit
import WarehouseSQLite

/// What the raw tables of karaoke_social are, and what can be made of them without asking anybody again.
@Suite struct KaraokeRowTests {
    static let tables = ["raw__page_insights_daily", "raw__post_performance", "raw__ga4_historical_summary"]

    /// Loads what landed for these runs into an empty warehouse, task by task as it was done, by a loader in this process.
    private func rebuild(_ karaoke: KaraokeHome, _ runs: [RunState]) async throws -> String {
        let path = "\(karaoke.home.path)/rebuilt.db"
        let environment = ["SLUICE_HOME": karaoke.home.path, "KARAOKE_SOCIAL_WAREHOUSE": "sqlite://\(path)"]
        let loader = Loader(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), store: LandingStore(home: karaoke.home.path), environment: environment,
            now: { Timestamp(rfc3339: "2030-01-01T00:00:00Z")! })
        let sequences = Dictionary(
            try await karaoke.home.log().compactMap { entry -> (String, UInt64)? in
                guard case .taskReady = entry.event.payload, let run = entry.event.run, let task = entry.event.task else { return nil }
                return ("\(run)/\(task)", entry.sequence)
            }, uniquingKeysWith: { first, _ in first })
        for run in runs {
            let tasks = run.inOrder.filter { ["load_batch", "seal"].contains($0.spec.kind) }
            for task in tasks.sorted(by: { ($0.report?.startedAt.microseconds ?? 0) < ($1.report?.startedAt.microseconds ?? 0) }) {
                _ = try loader.load(
                    Assignment(
                        run: run.id, pipeline: run.pipeline, spec: task.spec, attempt: 1, logicalDate: run.started.logicalDate, isFullRefresh: false,
                        token: sequences["\(run.id)/\(task.spec.id)"] ?? 0, worker: "rebuild"))
            }
        }
        return path
    }

    // K001 K024 K025 K026 K027 K028 K031 K048
    @Test func `raw is what landed, byte for byte, staging is made of it without a request, and a row that cannot be counted is kept with its reason`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            let first = try await karaoke.run()
            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02"])
            let second = try await karaoke.run()
            #expect(first.end?.isSuccess == true && second.end?.isSuccess == true)
            let connectors = second.inOrder.filter { $0.spec.kind == "extract_stream" && $0.spec.step == "run_ingestion" }.compactMap { $0.spec.args["connector"]?.stringValue }
            #expect(Set(connectors) == ["facebook_pages", "ga4"] && connectors.count == 3)

            // The landed pages alone give the raw tables, with the rows in their places.
            let warehouse = "\(karaoke.home.path)/warehouse/karaoke_social.db"
            let rebuilt = try await rebuild(karaoke, [first, second])
            for table in Self.tables {
                let there = try Tool.run("sqlite3", [warehouse, ".dump \(table)"]), again = try Tool.run("sqlite3", [rebuilt, ".dump \(table)"])
                #expect(there.utf8.count > 2000 && there == again, "\(table)")
            }
            try expectColumns(karaoke)
            try expectSums(karaoke)

            // Staging and marts are gone, the sources are not asked, and all is there again.
            let expected = try await KaraokeExpectation(today: KaraokeHome.today + 1).marts()
            let database = try karaoke.database
            for name in try database.rows("select name from sqlite_master where type = 'table' and (name like 'fct%' or name like 'dim%')", columns: 1) {
                _ = try database.rows("drop table \(name)", columns: 0)
            }
            for name in try database.rows("select name from sqlite_master where type = 'view' and name like 'stg%'", columns: 1) {
                _ = try database.rows("drop view \(name)", columns: 0)
            }
            try karaoke.edit("pipeline.yml") { text in
                let start = text.range(of: "  - name: run_ingestion")!.lowerBound, end = text.range(of: "  - {name: run_dbt_models")!.lowerBound
                return String(text[..<start] + text[end...])
            }
            try karaoke.sandbox.control("DELETE", "requests")
            let without = try await karaoke.run()
            #expect(without.end?.isSuccess == true && without.started.steps.first == "run_dbt_models")
            #expect(try karaoke.requests("/").isEmpty)
            #expect(try karaoke.marts() == expected)

            try await expectQuarantine(karaoke, expected)
        }
    }

    private func expectColumns(_ karaoke: KaraokeHome) throws {
        let database = try karaoke.database
        func columns(_ table: String) throws -> [String] { try database.rows("select name || ' ' || type from pragma_table_info('\(table)')", columns: 1) }
        let insights = try columns(Self.tables[0])
        #expect(insights == [
            "page_id TEXT", "metric TEXT", "metric_word TEXT", "period TEXT", "end_time TEXT", "value TEXT", "fetched_at TIMESTAMP",
            "_sluice_batch INTEGER", "_sluice_row INTEGER",
        ])
        // A metric that is served no more has a column all the same, whose type nothing has told yet.
        let posts = try columns(Self.tables[1])
        #expect(posts == [
            "page_id TEXT", "post_id TEXT", "message TEXT", "created_time TEXT", "permalink_url TEXT", "status_type TEXT", "shares INTEGER",
            "comments INTEGER", "clicks INTEGER", "impressions INTEGER", "reach INTEGER", "reactions JSON_TEXT", "engaged_users ", "insights JSON_TEXT",
            "snapshot_at TIMESTAMP", "_sluice_batch INTEGER", "_sluice_row INTEGER",
        ])
        let traffic = try columns(Self.tables[2])
        #expect(traffic == [
            "property_id TEXT", "date TEXT", "sessions INTEGER", "active_users INTEGER", "event_count INTEGER", "fetched_at TIMESTAMP",
            "_sluice_batch INTEGER", "_sluice_row INTEGER",
        ])
        for table in Self.tables {
            // The load's id is in the row; when it was, by which run and from which page is one row of _sluice_loads.
            let traced = "from \(table) join _sluice_loads on batch = _sluice_batch where loaded_at > '2020' and run <> '' and file <> '' and sha256 <> ''"
            #expect(try database.number("select count(*) \(traced)") == database.number("select count(*) from \(table)"))
        }
        #expect(try database.rows("select distinct period, typeof(value) from \(Self.tables[0])", columns: 2) == ["day|text"])
        // A second delivery of the same keys is the same rows.
        #expect(try database.number("select count(*) - count(distinct page_id || metric || period || end_time) from \(Self.tables[0])") == 0)
    }

    /// Cumulative totals are the sums of the dates, at each date.
    private func expectSums(_ karaoke: KaraokeHome) throws {
        let database = try karaoke.database
        var sessions = 0, events = 0
        let lines = try database.rows("select date, sessions, event_count from raw__ga4_historical_summary order by date", columns: 3).map { row in
            let parts = row.split(separator: "|").map(String.init)
            sessions += Int(parts[1])!
            events += Int(parts[2])!
            return "\(parts[0].prefix(4))-\(parts[0].dropFirst(4).prefix(2))-\(parts[0].suffix(2))|\(sessions)|\(events)"
        }
        #expect(lines.count == 31)
        #expect(try database.rows("select traffic_date, sessions_to_date, events_to_date from fct_daily_web_traffic order by 1", columns: 3) == lines)
    }

    private func expectQuarantine(_ karaoke: KaraokeHome, _ expected: [String]) async throws {
        let database = try karaoke.database
        let before = try database.number("select count(*) from stg_page_insights")
        let planted: [(value: String, time: String, reason: String)] = [
            (#"'{"like": 3,'"#, "2026-07-01T07:00:00+0000", "the value is no JSON"), ("'abc'", "2026-07-02T07:00:00+0000", "the value is no JSON"),
            (#"'"12"'"#, "2026-07-03T07:00:00+0000", "the value is no number"), ("'[1]'", "2026-07-04T07:00:00+0000", "the value is no number"),
            (#"'{"like": "x"}'"#, "2026-07-05T07:00:00+0000", "a member of the value is no number"), ("null", "2026-07-06T07:00:00+0000", "there is no value"),
            ("'7'", "yesterday", "end_time is no time"),
        ]
        for row in planted {
            _ = try database.rows(
                """
                insert into raw__page_insights_daily (page_id, metric, metric_word, period, end_time, value, fetched_at)
                values ('\(World.defaultPages[0])', 'page_views_total', 'views', 'day', '\(row.time)', \(row.value), '2026-09-02T00:00:00Z')
                """, columns: 0)
        }
        let state = try await karaoke.run()
        #expect(state.end?.isSuccess == true && state.end?.summary.warned == 1, "\(state.end?.summary.summary ?? "")")
        #expect(state.end?.summary.warnings.first?.contains("nothing_is_in_quarantine") == true)
        #expect(try database.rows("select end_time, reason from stg_page_insights_quarantine order by end_time", columns: 2) == planted.map { "\($0.time)|\($0.reason)" })
        #expect(try database.number("select count(*) from stg_page_insights") == before)
        #expect(try karaoke.marts() == expected)
    }

    // K012
    @Test func `while the API counts engaged users they are its own, and not flagged as derived`() async throws {
        try await KaraokeHome.with { karaoke in
            let today = Day(2024, 1, 10)
            try karaoke.sandbox.control("POST", "today", #"{"today": "2024-01-10"}"#)
            karaoke.home.environment["SOCIAL_AS_OF"] = "\(today)"
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(!state.inOrder.contains { $0.report?.message.contains("engaged_users") == true })
            let database = try karaoke.database
            #expect(try database.rows("select distinct is_engaged_users_derived from fct_post_analytics", columns: 1) == ["0"])

            // Asked from a second sandbox, one post after the other.
            let sandbox = Sandbox(settings: Sandbox.Settings(today: today))
            let lines = try database.rows("select post_id, engaged_users, printf('%.9f', engagement_rate) from fct_post_analytics order by post_id limit 20", columns: 3)
            #expect(lines.count == 20)
            for line in lines {
                let id = String(line.prefix { $0 != "|" })
                func metric(_ name: String) async throws -> Int {
                    let answer = await sandbox.answer(
                        SandboxRequest("GET", "/v26.0/\(id)/insights?metric=\(name)&period=lifetime&access_token=sandbox-page-token"), now: 0)
                    return try JSON(parsing: answer.body)["data"]?[0]?["values"]?[0]?["value"]?.intValue ?? -1
                }
                let engaged = try await metric("post_engaged_users"), impressions = try await metric("post_media_view")
                #expect(engaged >= 0 && line == "\(id)|\(engaged)|\(impressions == 0 ? "·" : String(format: "%.9f", Double(engaged) / Double(impressions)))")
            }
        }
    }
}
