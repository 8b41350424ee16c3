import Foundation
import Harness
import Kernel
import Testing

/// `sluice simulate` as people type it.
@Suite struct SimulateTests {
    private static let month = ["simulate", "--from", "2026-03-01", "--days", "31", "--faults", "net,disk,429,late,duplicate"]

    private func define(_ home: TestHome) throws {
        try home.write("""
            name: often
            schedule: {every: 1h, catch_up: all}
            sla: 10m
            steps: [{name: read, noop: extract, seconds: 60}, {name: put, noop: load, seconds: 20}]
            """, to: "pipelines/often/pipeline.yml")
        try home.write("name: after\ntriggers: {any: [{pipeline: often}]}\nsteps: [{name: m, noop: transform, seconds: 5}]\n", to: "pipelines/after/pipeline.yml")
    }

    @Test func `a seed gives the same bytes in every process, another seed others, and nothing is left in the home`() async throws {
        try await TestHome.with { home in
            try define(home)
            let words = try await home.run("sluice", Self.month + ["--seed", "7"]), json = try await home.run("sluice", Self.month + ["--seed", "7", "--json"])
            #expect(words.status == 0 && words.output.contains("31 days, 2026-03-01 to 2026-03-31 (UTC), seed 7, faults net, disk, 429, late, duplicate"))
            for word in ["often", "SLA missed", "told by its source to wait (429)", "the worst day: ", "every promise was kept"] { #expect(words.output.contains(word), "\(word): \(words.output)") }
            #expect(try await home.run("sluice", Self.month + ["--seed", "7"]).output == words.output)
            #expect(try await home.run("sluice", Self.month + ["--seed", "7", "--json"]).output == json.output)
            #expect(try await home.run("sluice", Self.month + ["--seed", "8", "--json"]).output != json.output)
            let report = try JSON(parsing: Array(json.output.utf8))
            #expect(report["violations"] == 0 && report["pipelines"]?[1]?["name"] == "often" && report["pipelines"]?[1]?["runs"]?.intValue == 31 * 24)
            let some = try await home.run("sluice", Self.month + ["after", "--json"])
            #expect(try JSON(parsing: Array(some.output.utf8))["pipelines"]?.arrayValue?.count == 1)
            #expect(!FileManager.default.fileExists(atPath: "\(home.path)/journal"))
        }
    }

    @Test(arguments: [
        (["--days", "-3"], "--days '-3' is no number from 1 to"), (["--days", "0"], "--days '0'"), (["--days", "many"], "--days 'many'"), (["--seed", "-1"], "--seed '-1'"),
        (["--faults", "net,dusk"], "no fault is named 'dusk'"), (["--from", "2026-02-30"], "--from '2026-02-30' is no date"), (["--scale", "loader=2"], "--scale 'loader=2'"),
        (["nobody"], "no pipeline is named 'nobody'"), (["--pipelines", "/nowhere"], "the folder of pipelines does not exist"),
    ])
    func `what cannot be simulated is one error with a way out and status 2`(words: [String], error: String) async throws {
        try await TestHome.with { home in
            try define(home)
            let result = try await home.run("sluice", ["simulate"] + words)
            #expect(result.status == 2 && result.output.contains(error) && result.output.contains("try  "), "\(result)")
            #expect(result.output.components(separatedBy: "error[").count == 2, "\(result.output)")
        }
    }

    @Test func `a folder without pipelines and a definition with mistakes are told as they are`() async throws {
        try await TestHome.with { home in
            let empty = try await home.run("sluice", ["simulate"])
            #expect(empty.status == 2 && empty.output.contains("the folder holds no pipelines"), "\(empty)")
            try define(home)
            try home.write("name: broken\nschedule: {cron: \"0 25 * * *\"}\nsteps: [{name: a, noop: lod}]\n", to: "pipelines/broken/pipeline.yml")
            let broken = try await home.run("sluice", ["simulate"])
            #expect(broken.status == 2 && broken.output.contains("'25' is no hour") && broken.output.contains("noop names no role"), "\(broken)")
        }
    }

    @Test func `tasks take as long as they did in the runs of this home`() async throws {
        try await TestHome.with { home in
            try home.write("""
                name: real
                warehouse: sqlite:///\(home.path)/warehouse/real.db
                schedule: {every: 1h}
                steps:
                  - name: load
                    extract: [{connector: csv, settings: {folder: "\(home.path)/inbox"}, streams: {users: {path: users.csv}}}]
                """, to: "pipelines/real/pipeline.yml")
            try home.write("id\n1\n", to: "inbox/users.csv")
            for program in ["broker", "orchestrator", "extract", "load"] { try await home.start(program) }
            #expect(try await home.finish(home.request("real")).end?.isSuccess == true)
            let ask = ["simulate", "--from", "2026-03-01", "--days", "2", "--json"]
            let known = try await home.run("sluice", ask), unknown = try await home.run("sluice", ask + ["--no-history"])
            func line(_ output: String) throws -> JSON { try #require(JSON(parsing: Array(output.utf8))["pipelines"]?[0]) }
            #expect(try line(known.output)["known_runs"]?.intValue == 1 && line(known.output)["runs"]?.intValue == 48, "\(known.output)")
            // One row needs no minute.
            #expect(try line(known.output)["median_seconds"]?.doubleValue ?? 60 < 20 && line(unknown.output)["median_seconds"]?.doubleValue ?? 0 > 30)
            #expect(try line(unknown.output)["known_runs"]?.intValue == 0)
        }
    }
}
