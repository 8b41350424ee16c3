import Contracts
import Foundation
import Harness
import Kernel
import Runs
import SandboxWorld
import Support
import Testing

/// The reference pipeline karaoke_social with real programs, against the vendors as the sandbox plays them.
@Suite struct KaraokeTests {
    // K001 K004-K013 K015 K018-K022 K024-K029 K031 K033-K039 K041 K042 K044 K045 K049 K050 K052
    @Test func `the marts hold what the sources say, computed here without any of our programs`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let expected = KaraokeExpectation()
            #expect(try await karaoke.marts() == expected.marts())
            let database = try karaoke.database

            // Raw: what came, under the API's own names, once each; the pages themselves lie beside it.
            let days = 30, pages = 2
            #expect(try database.number("select count(*) from raw__page_insights_daily") == days * pages * 6)
            #expect(try database.number("select count(*) from (select distinct page_id, metric, period, end_time from raw__page_insights_daily)") == days * pages * 6)
            #expect(try database.rows("select distinct metric from raw__page_insights_daily where metric_word = 'reach'", columns: 1) == ["page_total_media_view_unique"])
            #expect(try database.number("select count(*) from raw__ga4_historical_summary") == days)
            #expect(try database.number("select count(*) - count(distinct post_id) from raw__post_performance") == 0)
            let landed = FileManager.default.enumerator(atPath: "\(karaoke.home.path)/raw")?.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") && !$0.contains("manifest") } ?? []
            #expect(landed.contains { $0.contains("page_insights_daily") } && landed.contains { $0.contains("ga4") })
            // More posts than one page of them holds.
            #expect(landed.filter { $0.contains("post_performance") }.count > pages)

            // A value that is an object is a number in staging, and stays what it is beside it.
            #expect(
                try database.number(
                    """
                    select count(*) from stg_page_insights where metric = 'page_actions_post_reactions_total' and metric_value =
                    coalesce(json_extract(raw_value, '$.like'), 0) + coalesce(json_extract(raw_value, '$.love'), 0) + coalesce(json_extract(raw_value, '$.haha'), 0)
                    + coalesce(json_extract(raw_value, '$.wow'), 0) + coalesce(json_extract(raw_value, '$.sorry'), 0)
                    """) == days * pages)
            // Midnight in California is 07:00 UTC in summer, and the value is about the day before.
            #expect(try database.rows("select distinct end_time from stg_page_insights where metric_date = '2026-08-31'", columns: 1) == ["2026-09-01T07:00:00Z"])

            // Some posts have no words, some are cut; each is flagged, for the API counts no engaged users any more.
            let posts = try await expected.posts()
            #expect(posts.contains { $0.message == nil } && posts.contains { $0.message?.hasSuffix("👩🏽‍🎤") == true })
            #expect(try database.number("select count(*) from fct_post_analytics where is_engaged_users_derived = 1") == posts.count)
            #expect(state.inOrder.contains { $0.report?.message.contains("post_engaged_users") == true })

            // The dates have no gap, and are those of another calendar.
            try Self.expectCalendar(database, from: "2026-01-01", until: "2026-12-31")

            // Sums to date are the sums of the dates.
            #expect(
                try database.rows("select max(sessions_to_date), max(events_to_date) from fct_daily_web_traffic", columns: 2)
                    == database.rows("select sum(sessions), sum(event_count) from raw__ga4_historical_summary", columns: 2))

            // Each step began when all of the one before it was done.
            #expect(state.started.steps.map { $0.prefix(7) } .prefix(3) == ["run_ing", "run_dbt", "run_dbt"])
            for (before, after) in zip(state.started.steps, state.started.steps.dropFirst()) {
                let ends = state.inOrder.filter { $0.spec.step == before }.compactMap { $0.report?.finishedAt }
                let begins = state.inOrder.filter { $0.spec.step == after }.compactMap { $0.report?.startedAt }
                #expect(ends.max()! <= begins.min()!, "\(before) and \(after)")
            }
            let isBalanced = state.balance.allSatisfy(\.isBalanced)
            #expect(isBalanced && state.balance.count == 3)
            let tests = state.inOrder.filter { $0.spec.role == .quality && $0.phase == .succeeded }
            #expect(tests.count >= 40)
        }
    }

    // K025 K026 K032 K046 K047
    @Test func `the next day reads only from the mark minus the look-back, and restated values win`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            #expect(try await karaoke.run().end?.isSuccess == true)
            #expect(try karaoke.cursors.allSatisfy { $0.contains("2026-08-31") })
            let snapshots = try karaoke.database.number("select count(*) from raw__post_performance")
            let stale = try await KaraokeExpectation().pageMetrics().filter { $0.day == KaraokeHome.today - 1 }.map(\.values)

            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try karaoke.sandbox.control("DELETE", "requests")
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02"])
            let second = try await karaoke.run()
            #expect(second.end?.isSuccess == true, "\(second.end?.summary.summary ?? "")")

            let windows = try karaoke.requests("/insights").compactMap { $0["query"] }.map { "\($0["since"]?.stringValue ?? "") \($0["until"]?.stringValue ?? "")" }
            #expect(Set(windows).isSubset(of: ["2026-08-29 2026-09-02", "2026-08-29 2026-08-30"]) && windows.contains("2026-08-29 2026-09-02"), "\(windows)")
            let ranges = try karaoke.requests(":runReport").compactMap { $0["body"]?["dateRanges"]?[0] }
            #expect(ranges.map { $0["startDate"]?.stringValue } == ["2026-08-29"] && ranges.map { $0["endDate"]?.stringValue } == ["2026-09-01"])

            let expected = KaraokeExpectation(today: KaraokeHome.today + 1)
            #expect(try await karaoke.marts() == expected.marts())
            let restated = try await expected.pageMetrics().filter { $0.day == KaraokeHome.today - 1 }.map(\.values)
            #expect(restated != stale)
            let database = try karaoke.database
            #expect(try database.number("select count(*) from raw__page_insights_daily") == 31 * 2 * 6)
            #expect(try database.number("select count(*) from raw__ga4_historical_summary") == 31)
            // Each fetch adds one snapshot of each post, and the marts show the last.
            #expect(try database.number("select count(distinct snapshot_at) from raw__post_performance") == 2)
            #expect(try database.number("select count(*) from raw__post_performance") > snapshots)
            #expect(try database.number("select count(*) - count(distinct post_id) from fct_post_analytics") == 0)
        }
    }

    // K045 K046: the mark lies in the warehouse, beside the rows that it speaks of.
    @Test func `the mark is known where all else is lost, and is the one that the rows say`() async throws {
        try await KaraokeHome.with { karaoke in
            let words = [
                "up", "--pipelines", "\(karaoke.home.path)/pipelines", "--run", "karaoke_social", "--exit", "--show",
                "karaoke_social=select count(*) || ' rows' as metrics from fct_daily_page_metrics", "--show", "select 'last' as shown",
            ]
            let first = try await karaoke.home.run("sluice", words)
            #expect(first.status == 0 && first.output.contains("60 rows") && first.output.contains("last"), "\(first.output)")
            // What the source would not give is said where people look.
            #expect(first.output.contains("post_engaged_users"), "\(first.output)")
            // Each stream with its rows, in the report of the run.
            for (stream, rows) in [("page_insights_daily", "360"), ("ga4_historical_summary", "30")] {
                #expect(first.output.range(of: "✓ \(stream) [a-z0-9_]+ +\(rows) ", options: .regularExpression) != nil, "\(first.output)")
            }
            let database = try karaoke.database
            let days = try database.rows("select page_id, max(date(substr(end_time, 1, 10), '-1 day')) from raw__page_insights_daily group by 1 order by 1", columns: 2)
            #expect(days == World.defaultPages.map { "\($0)|2026-08-31" })
            let marks = try karaoke.cursors
            for page in World.defaultPages { #expect(marks.contains { $0.hasPrefix("page_insights_daily|") && $0.contains("\"\(page)\":\"2026-08-31\"") }, "\(marks)") }
            #expect(try database.rows("select max(date) from raw__ga4_historical_summary", columns: 1) == ["20260831"])
            #expect(marks.contains { $0.hasPrefix("ga4_historical_summary|") && $0.contains("2026-08-31") })
            // Nothing is kept but the warehouse, and the secrets of the sandbox lie elsewhere.
            for folder in ["journal", "raw", "projects", "run"] { try? FileManager.default.removeItem(atPath: "\(karaoke.home.path)/\(folder)") }
            #expect(try karaoke.cursors == marks)
            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try karaoke.sandbox.control("DELETE", "requests")
            let second = try await karaoke.home.run("sluice", words, ["SOCIAL_AS_OF": "2026-09-02"])
            #expect(second.output.contains("incremental"), "\(second.output)")
            let asked = try karaoke.requests("/insights")
            #expect(!asked.isEmpty && asked.allSatisfy { $0["query"]?["since"]?.stringValue == "2026-08-29" })
        }
    }

    // K014 K016
    @Test func `a token that is refused fails at once and for good, and the cursor stays`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            #expect(try await karaoke.run().end?.isSuccess == true)
            let cursors = try karaoke.cursors
            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try karaoke.sandbox.control("DELETE", "requests")
            // The first run's own comes on its own time, and must not be taken for the failure's.
            try await karaoke.home.until("a notice of the first run") { try Self.notices(karaoke) == 1 }
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02", "FB_ACCESS_TOKEN": Sandbox.expiredToken])
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == false)
            let failed = state.inOrder.filter { $0.phase == .failed }
            #expect(failed.count == 2 && failed.allSatisfy { $0.attempt == 1 && $0.report?.problem?.isRetryable == false })
            let problem = try #require(failed.first?.report?.problem)
            #expect(problem.text.contains("extract.credentials_rejected") && problem.text.contains("expired") && problem.text.contains("FB_ACCESS_TOKEN"), "\(problem.text)")
            #expect(!problem.text.contains(Sandbox.expiredToken))
            // One question for each stream, and no more after the answer.
            #expect(try karaoke.requests("/v26.0/").count == 2)
            #expect(try karaoke.cursors.filter { $0.hasPrefix("page") } == cursors.filter { $0.hasPrefix("page") })
            #expect(state.inOrder.filter { $0.spec.step == "run_dbt_models" }.allSatisfy { $0.phase == .skipped })
            try await karaoke.home.until("one notice of the failure") { try Self.notices(karaoke) == 2 }

            // The same again is no news.
            #expect(try await karaoke.run().end?.isSuccess == false)
            #expect(try karaoke.requests("/v26.0/").count == 4)
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02"])
            #expect(try await karaoke.run().end?.isSuccess == true)
            #expect(try await karaoke.marts() == KaraokeExpectation(today: KaraokeHome.today + 1).marts())
            try await karaoke.home.until("its end is told") { try Self.log(karaoke).contains("karaoke_social works again") }
            #expect(try Self.notices(karaoke) == 2)
        }
    }

    // K006 T10
    @Test func `a metric that the API takes away is named and left out, and the others load`() async throws {
        try await KaraokeHome.with { karaoke in
            try karaoke.sandbox.control("POST", "faults", #"[{"kind": "metric_gone", "metric": "page_media_view"}, {"kind": "metric_gone", "metric": "post_clicks"}]"#)
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let words = state.inOrder.compactMap { $0.report?.message }.joined(separator: "\n")
            #expect(words.contains("'impressions' (tried page_media_view, page_impressions)") && words.contains("post_clicks"), "\(words)")
            let shown = try await karaoke.home.run("sluice", ["runs", "show", state.id.description]).output
            #expect(shown.contains("page_media_view"))
            let database = try karaoke.database
            let lines = try database.rows(
                "select page_id, metric_date, views, likes, reach, impressions, engagements from fct_daily_page_metrics order by 1, 2", columns: 7)
            let expected = try await KaraokeExpectation().pageMetrics().map { line in
                "\(line.page)|\(line.day)|\(line.values[0])|\(line.values[1])|\(line.values[2])|·|\(line.values[4])"
            }
            #expect(lines == expected)
            #expect(try database.number("select count(*) from fct_post_analytics where clicks is not null or engagement_rate is not null") == 0)
            #expect(try database.number("select count(*) from fct_post_analytics where impressions > 0 and reactions >= 0") > 100)
        }
    }

    // K010 K017 K021 K022
    @Test func `limits are waited for, and pages that come broken, late or empty are no loss`() async throws {
        try await KaraokeHome.with { karaoke in
            try karaoke.sandbox.control(
                "POST", "faults",
                """
                [{"kind": "rate_limit", "code": 32, "match": "/insights", "skip": 1, "retry_after": 1}, {"kind": "rate_limit", "code": 4, "match": "/posts", "retry_after": 1},
                 {"kind": "rate_limit", "code": 17, "match": "/posts", "regain_minutes": 0.02},
                 {"kind": "rate_limit", "code": 613, "match": "/posts", "retry_after": 1}, {"kind": "half_body", "match": "/posts", "skip": 1},
                 {"kind": "usage", "percent": 90, "regain_minutes": 0.02, "match": "/posts", "skip": 2},
                 {"kind": "usage", "percent": 89, "regain_minutes": 60, "match": "/posts", "skip": 2},
                 {"kind": "status", "status": 500, "match": "/posts", "skip": 3}, {"kind": "empty_page", "match": "/posts", "skip": 4},
                 {"kind": "html", "match": ":runReport"}, {"kind": "status", "status": 429, "retry_after": 1, "match": ":runReport"},
                 {"kind": "status", "status": 503, "match": "/token"}]
                """)
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(try karaoke.sandbox.control("GET", "faults").contains("\"faults\": []"))
            // After each limit, and after an answer that has used up as much as the threshold, nobody asks for as long as was said.
            let asked = try karaoke.requests("/v26.0/")
            let limited = asked.indices.filter { asked[$0]["fault"]?.stringValue == "rate_limit" }
            let used = asked.indices.filter { asked[$0]["fault"]?.stringValue == "usage" }
            #expect(limited.count == 4 && used.count == 2)
            func pause(_ place: Int) -> Double { (asked[place + 1]["at"]?.doubleValue ?? 0) - (asked[place]["at"]?.doubleValue ?? 0) }
            for place in limited {
                #expect(pause(place) >= 1, "asked again after \(pause(place)) s")
                // The same question again: nothing is left out.
                #expect(asked[place + 1]["query"] == asked[place]["query"] && asked[place + 1]["path"] == asked[place]["path"])
            }
            #expect(pause(used[0]) >= 1.2 && pause(used[1]) < 1, "\(used.map(pause))")
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
            #expect(state.inOrder.filter { $0.spec.kind == "extract_stream" }.allSatisfy { $0.attempt == 1 })
        }
    }

    // K002
    @Test(arguments: ["extract.after_manifest", "extract.after_manifest:3", "load.after_commit", "load.after_commit:4", "seal.after_commit:2", "transform.after_commit:3", "quality.after_complete:9"])
    func `killed at a named point, it goes on to the same marts`(point: String) async throws {
        try await KaraokeHome.with(["SLUICE_CRASH_AT": point]) { karaoke in
            for program in KaraokeHome.programs where program != "broker" { try karaoke.home.spawn(program, instance: program) }
            try await karaoke.home.start("broker")
            let revival = karaoke.home.revive(Dictionary(uniqueKeysWithValues: KaraokeHome.programs.map { ($0, $0) }))
            defer { revival.cancel() }
            let state = try await karaoke.run()
            #expect(FileManager.default.fileExists(atPath: "\(karaoke.home.path)/run/crashed"), "the point was never passed")
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
            let database = try karaoke.database
            #expect(try database.number("select count(*) from raw__page_insights_daily") == 30 * 2 * 6)
            #expect(try database.number("select count(*) - count(distinct post_id) from raw__post_performance") == 0)
            #expect(try database.number("select count(*) - count(distinct run || task) from _sluice_done") == 0)
        }
    }

    // K015 K022 T9
    @Test func `each variable that is missing is named`() async throws {
        try await KaraokeHome.with { karaoke in
            for name in ["FB_PAGE_ID", "FB_ACCESS_TOKEN_FILE", "GA4_PROPERTY_ID", "GOOGLE_APPLICATION_CREDENTIALS"] { karaoke.home.environment[name] = nil }
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == false)
            let problems = state.inOrder.compactMap { $0.report?.problem }
            #expect(problems.count == 3 && problems.allSatisfy { !$0.isRetryable && $0.code.description == "settings.variable_not_set" }, "\(problems.map(\.text))")
            let words = problems.map(\.summary).joined(separator: "\n")
            for name in ["FB_PAGE_ID", "FB_ACCESS_TOKEN", "GA4_PROPERTY_ID", "GOOGLE_APPLICATION_CREDENTIALS"] { #expect(words.contains(name), "\(words)") }
            #expect(try karaoke.requests("/").isEmpty)

            try #"{"type": "service_account", "client_email": "nobody@synthetic.invalid"}"#.write(
                toFile: "\(karaoke.secrets)/half.json", atomically: true, encoding: .utf8)
            try await karaoke.restartExtract([
                "FB_PAGE_ID": World.defaultPages[0], "FB_ACCESS_TOKEN": KaraokeHome.token, "GA4_PROPERTY_ID": World.defaultProperties[0],
                "GOOGLE_APPLICATION_CREDENTIALS": "\(karaoke.secrets)/half.json",
            ])
            let halved = try await karaoke.run()
            let key = halved.inOrder.compactMap { $0.report?.problem }
            #expect(!halved.inOrder.contains { $0.attempt > 1 })
            #expect(key.count == 1 && key.first?.summary.contains("private_key") == true && key.first?.isRetryable == false, "\(key.map(\.text))")
        }
    }

    // K020 K029 K037 K038 K040 K042 K050
    @Test func `a metric more is a column more, and a planted defect of each kind is caught and named`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            #expect(try await karaoke.run().end?.isSuccess == true)
            try karaoke.edit("dbt/dbt_project.yml") {
                $0.replacingOccurrences(of: "engagements]", with: "engagements, page_actions_post_reactions_total]").replacingOccurrences(of: "dates_from: \"\"", with: "dates_from: \"2024-01-01\"")
            }
            try karaoke.edit("pipeline.yml") {
                $0.replacingOccurrences(of: "          ga4_historical_summary:", with: "          ga4_events: {dimensions: [eventName], metrics: [eventCount]}\n          ga4_historical_summary:")
            }
            #expect(try await karaoke.run().end?.isSuccess == true)
            let database = try karaoke.database
            #expect(
                try database.rows("select date, sum(event_count) from raw__ga4_events group by 1 order by 1", columns: 2)
                    == database.rows("select date, event_count from raw__ga4_historical_summary order by 1", columns: 2))
            #expect(try database.number("select count(distinct event_name) from raw__ga4_events") > 5)
            #expect(try database.number("select count(page_actions_post_reactions_total) from fct_daily_page_metrics") == 60)
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
            // Three years with a leap day and New Years of every kind.
            try Self.expectCalendar(database, from: "2024-01-01", until: "2026-12-31")

            // A post that nobody saw has no rate.
            _ = try database.rows(
                """
                insert into raw__post_performance (page_id, post_id, permalink_url, created_time, impressions, clicks, comments, reactions, snapshot_at)
                values ('\(World.defaultPages[0])', 'unseen', 'https://example.invalid', '2026-08-30T10:00:00+0000', 0, 0, 0, '{}', '2026-08-31T00:00:00Z')
                """, columns: 0)
            try karaoke.edit("dbt/models/marts/dim_page.sql") { "select * from (\n\($0)\n) where page_id <> '\(World.defaultPages[1])'\n" }
            try karaoke.edit("dbt/models/staging/stg_posts.sql") { $0.replacingOccurrences(of: "    permalink_url,\n    status_type,\n    message,", with: "    nullif(permalink_url, permalink_url) as permalink_url,\n    status_type,\n    message,") }
            try karaoke.edit("dbt/models/marts/fct_daily_page_metrics.sql") { $0.replacingOccurrences(of: "page_id || '-' || metric_date", with: "metric_date") }
            try karaoke.edit("dbt/models/staging/stg_ga4_summary.sql") { $0 + "where property_id in (select property_id from {{ source('raw', 'ga4_historical_summary') }}) and 0 < (select count(*) from {{ source('raw', 'post_performance') }})\n" }
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == false)
            let failed = state.inOrder.filter { $0.phase == .failed }.map(\.spec.title).joined(separator: "\n")
            for name in ["not_null_stg_posts_permalink_url", "unique_fct_daily_page_metrics_page_date_id", "relationships_fct_daily_page_metrics_page_id", "staging_models_read_one_source"] {
                #expect(failed.contains(name), "\(failed)")
            }
            #expect(try database.rows("select impressions, engaged_users, engagement_rate, message from fct_post_analytics where post_id = 'unseen'", columns: 4) == ["0|0|·|·"])
        }
    }

    /// Every day of the span is there once, and says what Foundation's calendar says.
    private static func expectCalendar(_ database: TestDatabase, from first: String, until last: String) throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        let names = DateFormatter()
        names.locale = Locale(identifier: "en_US_POSIX")
        names.timeZone = calendar.timeZone
        names.dateFormat = "yyyy-MM-dd|MMMM|EEEE"
        var lines: [String] = []
        var date = try Date("\(first)T00:00:00Z", strategy: .iso8601)
        let end = try Date("\(last)T00:00:00Z", strategy: .iso8601)
        while date <= end {
            let parts = calendar.dateComponents([.year, .month, .day, .weekday, .weekOfYear, .yearForWeekOfYear], from: date)
            let weekday = (parts.weekday! + 5) % 7 + 1
            lines.append(
                "\(names.string(from: date))|\(parts.year!)|\((parts.month! + 2) / 3)|\(parts.month!)|\(parts.day!)|\(calendar.ordinality(of: .day, in: .year, for: date)!)"
                    + "|\(weekday)|\(parts.yearForWeekOfYear!)|\(parts.weekOfYear!)|\(weekday >= 6 ? 1 : 0)")
            date = date.addingTimeInterval(86_400)
        }
        let columns = "date_day, month_name, weekday_name, year_number, quarter_number, month_number, day_of_month, day_of_year, iso_weekday, iso_year, iso_week, is_weekend"
        #expect(try database.rows("select \(columns) from dim_date order by 1", columns: 12) == lines)
    }

    private static func log(_ karaoke: KaraokeHome) throws -> String { try String(contentsOfFile: "\(karaoke.home.path)/logs/notify.log", encoding: .utf8) }

    /// How many notices of this pipeline the console channel has printed.
    private static func notices(_ karaoke: KaraokeHome) throws -> Int {
        try log(karaoke).split(separator: "\n").filter { $0.contains("karaoke_social succeeded") || $0.contains("karaoke_social failed") }.count
    }
}
