import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Support
import Testing

/// The reference pipeline whole: files, raw tables, a dbt project, tests as gates, with real programs.
@Suite struct NycFlightsTests {
    static let programs = ["broker", "orchestrator", "extract", "load", "transform", "quality"]
    static let fixtures = "\(TestHome.repository)/Tests/Fixtures/nycflights13"

    static func prepare(_ home: TestHome) throws {
        try FileManager.default.removeItem(atPath: "\(home.path)/pipelines")
        try FileManager.default.createDirectory(atPath: "\(home.path)/inbox/nyc_flights", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(home.path)/pipelines", withDestinationPath: "\(TestHome.repository)/deploy/pipelines")
        for table in ["airlines", "airports", "planes", "weather"] {
            try FileManager.default.copyItem(atPath: "\(fixtures)/\(table).csv.gz", toPath: "\(home.path)/inbox/nyc_flights/\(table).csv.gz")
        }
    }

    /// The lines of January, by day, with the header first.
    static let january: (header: String, days: [Int: [String]]) = {
        let text = (try? Tool.run("zcat", ["\(fixtures)/flights_2013_01.csv.gz"])) ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        var days: [Int: [String]] = [:]
        for line in lines.dropFirst() { days[Int(line.split(separator: ",", omittingEmptySubsequences: false)[2]) ?? 0, default: []].append(line) }
        return (lines.first ?? "", days)
    }()

    static func deliver(_ home: TestHome, day: Int, lines: [String]? = nil) throws {
        let rows = [january.header] + (lines ?? january.days[day] ?? [])
        try home.write(rows.joined(separator: "\n") + "\n", to: "inbox/nyc_flights/flights-2013-01-\(day).csv")
    }

    @Test func `January's counts and aggregates are those that the sqlite3 shell computes from the files`() async throws {
        try await TestHome.with { home in
            try Self.prepare(home)
            for day in 1...31 { try Self.deliver(home, day: day) }
            for program in Self.programs { try await home.start(program) }
            let state = try await home.finish(home.request("nyc_flights"))
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let balanced = state.balance.filter(\.isBalanced)
            #expect(balanced.count == 5)

            let all = "\(home.path)/january.csv"
            _ = try Tool.run("sh", ["-c", "zcat \(Self.fixtures)/flights_2013_01.csv.gz > \(all)"])
            func shell(_ sql: String) throws -> String {
                try Tool.run("sqlite3", [":memory:", "-cmd", ".mode csv", "-cmd", ".import \(all) f", "-cmd", ".mode list", sql])
            }
            func ours(_ sql: String, _ columns: Int) throws -> String {
                try TestDatabase("\(home.path)/warehouse/nyc_flights.db").rows(sql, columns: columns).map { $0 + "\n" }.joined()
            }
            for (table, count) in [("flights", 27_004), ("airlines", 16), ("airports", 1_458), ("planes", 3_322), ("weather", 26_115)] {
                #expect(try ours("select count(*) from raw__\(table)", 1) == "\(count)\n")
            }
            #expect(try ours("select count(*) from fct_flight", 1) == "27004\n")
            #expect(
                try ours("select carrier_code, count(*) from fct_flight group by 1 order by 1", 2)
                    == shell("select carrier, count(*) from f group by 1 order by 1"))
            #expect(
                try ours("select substr(flight_date, 6, 2) + 0, printf('%.9f', avg(arrival_delay_minutes)) from fct_flight group by 1", 2)
                    == shell("select month + 0, printf('%.9f', avg(arr_delay)) from f where arr_delay <> 'NA' group by 1"))
            #expect(try ours("select count(*) from fct_flight where tail_number is null", 1) == shell("select count(*) from f where tailnum = 'NA'"))
            #expect(try ours("select min(time_hour) from raw__flights", 1).hasPrefix("2013-01-01"))
        }
    }

    @Test func `a planted bad file stops exactly what is downstream of it`() async throws {
        try await TestHome.with { home in
            try Self.prepare(home)
            try Self.deliver(home, day: 1)
            for program in Self.programs { try await home.start(program) }
            #expect(try await home.finish(home.request("nyc_flights")).end?.isSuccess == true)
            let database = try TestDatabase("\(home.path)/warehouse/nyc_flights.db")
            let before = try database.rows("select * from fct_flight order by 1", columns: 12)

            // A day whose first flight leaves from an airport that is not New York's.
            var lines = try #require(Self.january.days[2])
            lines[0] = lines[0].split(separator: ",", omittingEmptySubsequences: false).enumerated().map { $0.offset == 12 ? "XXX" : String($0.element) }.joined(separator: ",")
            try Self.deliver(home, day: 2, lines: lines)
            let state = try await home.finish(home.request("nyc_flights"))
            #expect(state.end?.isSuccess == false)
            let failed = state.inOrder.filter { $0.phase == .failed }.map(\.spec.title)
            #expect(failed.count == 1 && failed[0].contains("accepted_values_stg_flights_origin"), "\(failed)")
            let models = state.inOrder.filter { $0.spec.kind == "node" }
            func named(_ phase: TaskState.Phase) -> Set<String> { Set(models.filter { $0.phase == phase }.map { String($0.spec.title.split(separator: " ").last!) }) }
            // Those that read stg_flights, directly or through another model; and no other.
            #expect(named(.skipped) == ["fct_flight", "agg_daily_delay", "dim_airport", "dim_date", "dim_plane"])
            #expect(named(.succeeded) == ["stg_flights", "stg_airlines", "stg_airports", "stg_planes", "stg_weather", "dim_airline", "us_holiday"])
            #expect(state.inOrder.last { $0.spec.kind == "close" }?.phase == .succeeded)
            #expect(try database.rows("select * from fct_flight order by 1", columns: 12) == before)
            let problem = state.inOrder.first { $0.phase == .failed }?.report?.problem
            #expect(problem?.summary.contains("1") == true && problem?.isRetryable == false, "\(problem?.text ?? "")")

            // The file comes again, mended: its window is replaced, and all is built.
            try Self.deliver(home, day: 2)
            let mended = try await home.finish(home.request("nyc_flights"))
            #expect(mended.end?.isSuccess == true, "\(mended.end?.summary.summary ?? "")")
            #expect(try database.number("select count(*) from fct_flight") == Self.january.days[1]!.count + Self.january.days[2]!.count)
        }
    }

    @Test(arguments: [
        "transform.after_seal", "transform.before_commit", "transform.after_commit", "transform.after_commit:6", "transform.after_artifacts",
        "transform.before_complete:3", "transform.after_complete", "transform.after_complete:5", "quality.after_query", "quality.before_complete:2",
        "quality.after_complete:2", "broker.after_commit:40", "orchestrator.after_publish:20",
    ])
    func `killed at a named point of the dbt step, it goes on to the same marts`(point: String) async throws {
        try await TestHome.with(["SLUICE_CRASH_AT": point]) { home in
            try Self.prepare(home)
            try Self.deliver(home, day: 1)
            for program in Self.programs where program != "broker" { try home.spawn(program, instance: program) }
            try await home.start("broker")
            let revival = home.revive(Dictionary(uniqueKeysWithValues: Self.programs.map { ($0, $0) }))
            defer { revival.cancel() }
            let state = try await home.finish(home.request("nyc_flights"))
            #expect(FileManager.default.fileExists(atPath: "\(home.path)/run/crashed"), "the point was never passed")
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let isBalanced = state.balance.allSatisfy(\.isBalanced)
            #expect(isBalanced)
            let database = try TestDatabase("\(home.path)/warehouse/nyc_flights.db")
            let marts = try Self.marts(database)
            #expect(marts == Self.undisturbed)
            #expect(try database.number("select count(*) - count(distinct run || task) from _sluice_done") == 0)
        }
    }

    static func marts(_ database: TestDatabase) throws -> [Int] {
        let questions = [
            "select count(*) from fct_flight", "select coalesce(sum(arrival_delay_minutes), 0) from fct_flight", "select count(*) from dim_airport",
            "select count(*) from dim_plane", "select sum(flights) from agg_daily_delay", "select count(*) from dim_date",
        ]
        return try questions.map { try database.number($0) }
    }

    /// The marts of 1 January, computed here from the file.
    static let undisturbed: [Int] = {
        let rows = (january.days[1] ?? []).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let airports = ((try? Tool.run("zcat", ["\(fixtures)/airports.csv.gz"])) ?? "").split(separator: "\n").dropFirst().map { String($0.split(separator: ",")[0]) }
        let named = Set(rows.flatMap { [$0[12], $0[13]] })
        return [
            rows.count, rows.compactMap { Int($0[8]) }.reduce(0, +), Set(airports).union(named).count,
            Set(rows.map { $0[11] }.filter { $0 != "NA" }).count, rows.count, 1,
        ]
    }()
}
