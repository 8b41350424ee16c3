import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Support
import Testing

/// The reference pipeline into PostgreSQL: the same files, the same models, two replicas of each role that writes.
@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct PostgreSQLTests {
    static let programs = [
        "broker": "broker", "orchestrator": "orchestrator", "extract": "extract", "quality": "quality",
        "load-1": "load", "load-2": "load", "transform-1": "transform", "transform-2": "transform",
    ]

    static func with(_ extra: [String: String] = [:], _ body: @escaping @Sendable (TestHome, PostgresServer, String) async throws -> Void) async throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        try await TestHome.with(extra.merging(["NYC_FLIGHTS_WAREHOUSE": server.address(database)]) { old, _ in old }) { home in
            try NycFlightsTests.prepare(home)
            try await body(home, server, database)
        }
    }

    @Test func `January's marts are those that psql computes from the files, and a second run adds a day`() async throws {
        try await Self.with { home, server, database in
            for day in 1...30 { try NycFlightsTests.deliver(home, day: day) }
            for (instance, program) in Self.programs { try await home.start(program, instance: instance) }
            let state = try await home.finish(home.request("nyc_flights"))
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(state.balance.count == 5 && state.balance.allSatisfy(\.isBalanced))
            try NycFlightsTests.deliver(home, day: 31)
            let second = try await home.finish(home.request("nyc_flights"))
            #expect(second.end?.isSuccess == true, "\(second.end?.summary.summary ?? "")")

            let all = "\(server.folder)/january-\(database).csv"
            _ = try Tool.run("sh", ["-c", "zcat \(NycFlightsTests.fixtures)/flights_2013_01.csv.gz > \(all) && chmod 644 \(all)"])
            let columns = NycFlightsTests.january.header.split(separator: ",").map { "\"\($0)\" text" }.joined(separator: ", ")
            try server.psql(database, "create schema peer; create table peer.f (\(columns)); \\copy peer.f from '\(all)' with (format csv, header, null 'NA')\n")
            func same(_ ours: String, _ theirs: String) throws {
                let one = try server.psql(database, ours), two = try server.psql(database, theirs)
                #expect(one == two && !one.isEmpty, "\(ours)")
            }
            try same("select count(*) from raw.flights", "select count(*) from peer.f")
            try same("select count(*), count(distinct flight_id) from fct_flight", "select count(*), count(*) from peer.f")
            try same(
                "select carrier_code, count(*), round(avg(arrival_delay_minutes), 6), count(tail_number) from fct_flight group by 1 order by 1",
                "select carrier, count(*), round(avg(arr_delay::int), 6), count(tailnum) from peer.f group by 1 order by 1")
            try same("select sum(flights), count(*) from agg_daily_delay", "select count(*), count(distinct day || origin) from peer.f")
            for (table, count) in [("airlines", 16), ("airports", 1_458), ("planes", 3_322), ("weather", 26_115)] {
                #expect(try server.psql(database, "select count(*) from raw.\(table)") == "\(count)\n")
            }
            // Both replicas of a role took part, and each task was done once.
            let workers = Set(state.tasks.values.compactMap { $0.report?.worker })
            #expect(workers.isSuperset(of: ["load-1", "load-2", "transform-1", "transform-2"]), "\(workers)")
            #expect(try server.psql(database, "select count(*) - count(distinct run || ' ' || task) from _sluice_done") == "0\n")
            // A look by the command for people.
            let shown = try await home.run("sluice", ["query", server.address(database), "select carrier_name, 1.50::numeric(4,2) as price from dim_airline order by 1 limit 1"])
            #expect(shown.status == 0 && shown.output.contains("AirTran") && shown.output.contains("1.50"), "\(shown.output)")
        }
    }

    @Test(arguments: [
        "load.before_commit", "load.after_commit:2", "seal.before_commit", "seal.after_commit", "transform.before_commit:3", "transform.after_commit:4",
        "load.before_complete", "transform.before_complete:3",
    ])
    func `killed at a named point, it goes on to the same tables`(point: String) async throws {
        try await Self.with(["SLUICE_CRASH_AT": point]) { home, server, database in
            try NycFlightsTests.deliver(home, day: 1)
            for (instance, program) in Self.programs where program != "broker" { try home.spawn(program, instance: instance) }
            try await home.start("broker")
            let revival = home.revive(Self.programs)
            defer { revival.cancel() }
            let state = try await home.finish(home.request("nyc_flights"))
            #expect(FileManager.default.fileExists(atPath: "\(home.path)/run/crashed"), "the point was never passed")
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let flights = try #require(NycFlightsTests.january.days[1]?.count)
            #expect(try server.psql(database, "select (select count(*) from raw.flights), (select count(*) from fct_flight), (select count(*) from raw.weather)") == "\(flights)|\(flights)|26115\n")
            #expect(try server.psql(database, "select count(*) from pg_class where relname ~ '_sluice_(stage|merge)|__dbt_tmp'") == "0\n")
        }
    }
}
