import Contracts
import Foundation
import Kernel
import Runs
import Harness
import Testing

/// From files to raw tables with real programs, disturbed and undisturbed.
@Suite struct IngestTests {
    static let pipeline = """
        name: ingest
        steps:
          - name: ingest
            extract:
              - connector: csv
                settings: {folder: "${SLUICE_HOME}/inbox", null_tokens: ["NA"]}
                streams:
                  flights: {path: "flights-*.csv"}
                  airlines: {path: "airlines.csv", disposition: replace}
        """
    static let programs = ["broker", "orchestrator", "extract", "load"]

    static func deliver(_ home: TestHome, days: ClosedRange<Int>) throws {
        for day in days {
            var text = "day,carrier,delay\n"
            for number in 0..<50 { text += "\(day),C\(number % 3),\(number % 7 == 0 ? "NA" : String(number * day))\n" }
            try home.write(text, to: "inbox/flights-\(day).csv")
        }
        try home.write("carrier,name\nC0,Zero\nC1,One\nC2,\"Two, Ltd\"\n", to: "inbox/airlines.csv")
    }

    /// What must be the same whatever happened on the way: tables, ledger, books.
    static func warehouse(_ home: TestHome) throws -> [String] {
        let database = try TestDatabase("\(home.path)/warehouse/ingest.db")
        return try database.rows("select day, carrier, delay from raw__flights order by day, delay, carrier", columns: 3)
            + database.rows("select carrier, name from raw__airlines order by 1", columns: 2)
            + database.rows("select task from _sluice_done order by task", columns: 1)
            + database.rows("select stream, window, rows from _sluice_loads order by 1, 2", columns: 3)
    }

    @Test func `files become rows, a second delivery only adds what is new, and the books balance`() async throws {
        try await TestHome.with { home in
            try home.write(Self.pipeline, to: "pipelines/ingest/pipeline.yml")
            try Self.deliver(home, days: 1...3)
            for program in Self.programs { try await home.start(program) }
            let first = try await home.finish(home.request("ingest"))
            #expect(first.end?.isSuccess == true)
            #expect(first.balance.first { $0.stream == "flights" }?.accounted.count == 150)
            try Self.deliver(home, days: 1...4)
            let second = try await home.finish(home.request("ingest"))
            #expect(second.balance.first { $0.stream == "flights" }?.landed.count == 50)
            let database = try TestDatabase("\(home.path)/warehouse/ingest.db")
            #expect(try database.number("select count(*) from raw__flights") == 200)
            #expect(try database.number("select count(*) from raw__flights where delay is null") == 4 * 8)
            let third = try await home.finish(home.request("ingest"))
            #expect(third.end?.isSuccess == true)
            #expect(try database.number("select count(*) from raw__flights") == 200)
            let shown = try await home.run("sluice", ["runs", "show", second.id.description])
            #expect(shown.output.contains("balance sheet") && shown.output.contains("50 inserted  balanced"), "\(shown.output)")
        }
    }

    @Test func `what a dead attempt left in the landing goes after a week, and the run's event, its page and its people are told which files`() async throws {
        try await TestHome.with { home in
            try home.write(Self.pipeline, to: "pipelines/ingest/pipeline.yml")
            try Self.deliver(home, days: 1...1)
            let month = String(Timestamp(seconds: Date().timeIntervalSince1970).description.prefix(7))
            let dead = "raw/ingest/flights/\(month)/ingest@old.ingest.extract.flights.1abc.0.csv", young = "raw/ingest/flights/\(month)/ingest@new.ingest.extract.flights.2def.0.csv"
            for name in [dead, young] { try home.write("day\n1\n", to: name) }
            try FileManager.default.setAttributes([.modificationDate: Date().addingTimeInterval(-8 * 86_400)], ofItemAtPath: "\(home.path)/\(dead)")
            for program in Self.programs { try await home.start(program) }
            let run = try await home.finish(home.request("ingest"))
            #expect(run.end?.isSuccess == true)
            let note = "1 file of attempts that died, older than 7 days, removed: \(dead.split(separator: "/").last!)"
            let told = try await home.log().compactMap { record -> JSON? in
                guard case .taskSucceeded(let report) = record.event.payload, record.event.task == "ingest.extract.flights" else { return nil }
                return report.details["notes"]
            }
            #expect(told == [[.string(note)]])
            let shown = try await home.run("sluice", ["runs", "show", run.id.description])
            #expect(shown.output.contains(note), "\(shown.output)")
            #expect(!FileManager.default.fileExists(atPath: "\(home.path)/\(dead)") && FileManager.default.fileExists(atPath: "\(home.path)/\(young)"))
        }
    }

    @Test func `what a source has done to its columns is in the event of the load, and people are told`() async throws {
        try await TestHome.with { home in
            try home.write(Self.pipeline, to: "pipelines/ingest/pipeline.yml")
            try home.write("day,carrier,delay,note\n1,C1,5,{}\n", to: "inbox/flights-1.csv")
            try home.write("carrier,name\nC0,Zero\n", to: "inbox/airlines.csv")
            for program in Self.programs { try await home.start(program) }
            #expect(try await home.finish(home.request("ingest")).end?.isSuccess == true)
            // A title that differs, a column that is gone, one that is new, and a value of another type.
            try home.write("day,Carrier Code,delay,gate\n2,C1,late,7\n", to: "inbox/flights-2.csv")
            let run = try await home.finish(home.request("ingest"))
            #expect(run.end?.isSuccess == true)
            let drift = try await home.log().compactMap { record -> JSON? in
                guard case .taskSucceeded(let report) = record.event.payload, record.event.run == run.id else { return nil }
                return report.details["drift"]
            }
            #expect(drift == [[
                ["column": "carrier", "kind": "renamed", "to": "carrier_code"], ["column": "delay", "from": "integer", "kind": "widened", "to": "text"],
                ["column": "gate", "kind": "new", "type": "integer"], ["column": "note", "kind": "missing"],
            ]])
            let shown = try await home.run("sluice", ["runs", "show", run.id.description])
            #expect(shown.output.contains("column 'gate' is new, integer") && shown.output.contains("column 'note' is not in the batch"), "\(shown.output)")
        }
    }

    @Test func `a lost journal costs the history and nothing else: later runs write on`() async throws {
        try await TestHome.with { home in
            try home.write(Self.pipeline, to: "pipelines/ingest/pipeline.yml")
            try Self.deliver(home, days: 1...1)
            for program in Self.programs { try await home.start(program) }
            #expect(try await home.finish(home.request("ingest", id: "ingest@1")).end?.isSuccess == true)
            for program in Self.programs { home.kill(program) }
            try FileManager.default.removeItem(atPath: "\(home.path)/journal")
            try Self.deliver(home, days: 2...2)
            await home.forget()
            for program in Self.programs { try await home.start(program) }
            let state = try await home.finish(home.request("ingest", id: "ingest@2"))
            #expect(state.end?.isSuccess == true)
            #expect(!state.tasks.values.contains { $0.report?.details["superseded"]?.boolValue == true })
            #expect(try TestDatabase("\(home.path)/warehouse/ingest.db").number("select count(*) from raw__flights") == 100)
        }
    }

    @Test(arguments: [
        "extract.before_manifest", "extract.after_manifest", "extract.before_complete", "extract.after_complete",
        "load.before_commit", "load.after_commit", "load.before_complete", "load.after_complete", "seal.before_commit", "seal.after_commit",
        "broker.after_commit:4", "broker.after_commit:9", "orchestrator.after_publish:2", "orchestrator.after_publish:4",
    ])
    func `killed at a named point, it goes on to the same tables, ledger and books`(point: String) async throws {
        try await TestHome.with(["SLUICE_CRASH_AT": point]) { home in
            try home.write(Self.pipeline, to: "pipelines/ingest/pipeline.yml")
            try Self.deliver(home, days: 1...2)
            for program in Self.programs where program != "broker" { try home.spawn(program, instance: program) }
            try await home.start("broker")
            let revival = home.revive(Dictionary(uniqueKeysWithValues: Self.programs.map { ($0, $0) }))
            defer { revival.cancel() }
            let state = try await home.finish(home.request("ingest"))
            #expect(FileManager.default.fileExists(atPath: "\(home.path)/run/crashed"), "the point was never passed")
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(state.balance.allSatisfy { $0.isBalanced && $0.landed.count > 0 })
            #expect(state.balance.map(\.landed.count).sorted() == [3, 100])
            #expect(try Self.warehouse(home) == Self.undisturbed())
        }
    }

    /// What an undisturbed run leaves.
    static func undisturbed() -> [String] {
        var rows: [(Int, Int?, String)] = []
        for day in 1...2 { for number in 0..<50 { rows.append((day, number % 7 == 0 ? nil : number * day, "C\(number % 3)")) } }
        rows.sort { a, b in a.0 != b.0 ? a.0 < b.0 : (a.1 ?? .min, a.2) < (b.1 ?? .min, b.2) }
        return rows.map { "\($0.0)|\($0.2)|\($0.1.map(String.init) ?? "·")" } + ["C0|Zero", "C1|One", "C2|Two, Ltd"]
            + ["ingest.load.airlines.0", "ingest.load.flights.0", "ingest.load.flights.1", "ingest.seal.airlines", "ingest.seal.flights"]
            + ["airlines|airlines.csv|3", "flights|flights-1.csv|50", "flights|flights-2.csv|50"]
    }
}
