import Contracts
import Foundation
import Harness
import Kernel
import Support
import Testing

/// `sluice events tail` as a process, on a broker that comes and goes.
@Suite(.serialized) struct EventTailTests {
    /// A tail whose output goes to a file.
    private final class Tail: @unchecked Sendable {
        // Safe: used from the one task of its test.
        let process: Child
        let file: String

        init(_ home: TestHome, _ arguments: [String]) throws {
            file = "\(home.path)/tail-\(UInt32.random(in: 0 ... .max))"
            process = try Child("\(TestHome.binaries)/sluice", ["events", "tail"] + arguments, environment: home.environment, output: .file(file), errors: .nothing)
        }
        deinit {
            process.signal(SIGKILL)
            process.wait()
        }

        var lines: [String] { ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init) }
        /// The sequences of whole lines of JSON.
        var sequences: [Int] { lines.compactMap { try? JSON(parsing: $0)["sequence"]?.intValue } }
        func interrupt() async -> Int32 {
            process.signal(SIGINT)
            return await process.end()
        }
    }

    private func publish(_ home: TestHome, _ numbers: Range<Int>, pipeline: String = "shop", type: String = "drill.tick.v1") async throws {
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        try await home.bus.publish(numbers.map {
            Event(
                source: "test", id: "\(pipeline)/\(type)/\($0)", time: now, pipeline: pipeline, run: RunID("\(pipeline)@\($0 % 2)"),
                payload: .other(type: type, data: ["n": JSON($0)]))
        })
    }

    @Test func `history and what comes later join without a gap or a double, over a broker that is killed and comes back`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            try await publish(home, 0..<1000)
            let tail = try Tail(home, ["--json", "-n", "700"])
            // While it still reads its history.
            for round in 0..<10 { try await publish(home, 1000 + round * 20..<1020 + round * 20) }
            let newest = try await home.log().last.map { Int($0.sequence) }
            try await home.until("it has all") { tail.sequences.last == newest }
            home.kill("broker")
            try await home.start("broker")
            for round in 0..<10 { try await publish(home, 1200 + round * 20..<1220 + round * 20) }
            let log = try await home.log().map { Int($0.sequence) }
            try await home.until("it has the newest") { tail.sequences.last == log.last }
            let first = try #require(tail.sequences.first)
            #expect(tail.sequences == log.filter { $0 >= first } && log.count == 1400)
            #expect(log.firstIndex(of: first).map { (300...500).contains($0) } == true, "it began with the last 700 of when it asked")
            #expect(await tail.interrupt() == 0)
        }
    }

    @Test func `it begins where it is told, and shows only what is asked for`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            try await publish(home, 0..<30)
            try await publish(home, 0..<30, pipeline: "bakery")
            try await publish(home, 0..<3, type: "drill.end.v1")
            let log = try await home.log()
            func look(_ arguments: String...) async throws -> [JSON] {
                let result = try await home.run("sluice", ["events", "tail", "--json", "--no-follow"] + arguments)
                #expect(result.status == 0)
                return try result.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
            }
            #expect(try await look().count == 20)
            #expect(try await look("-n", "0").isEmpty)
            #expect(try await look("-n", "500").count == 63)
            #expect(try await look("--topic", "drill.end.").count == 3)
            #expect(try await look("--pipeline", "bakery", "-n", "5").map { $0["data"]?["n"]?.intValue } == [25, 26, 27, 28, 29])
            #expect(try await look("--run", "shop@1", "-n", "100").count == 16)
            let since = try #require(log.dropFirst(40).first?.sequence)
            #expect(try await look("--since", "\(since)").map { $0["sequence"]?.intValue } == log.dropFirst(40).map { Int($0.sequence) })
            #expect(try await look("--since", "\(since)", "-n", "2").count == 2)
            #expect(try await look("--since", "\(log.last!.sequence + 1)").isEmpty)
            // The newest of a pipeline that has been silent for long lie far back.
            try await publish(home, 100..<1600, pipeline: "noise")
            #expect(try await look("--pipeline", "bakery", "-n", "2").map { $0["data"]?["n"]?.intValue } == [28, 29])
            let words = try await home.run("sluice", ["events", "tail", "--no-follow", "-n", "1", "--topic", "drill.end."]).output
            #expect(words.hasSuffix("drill.end           shop@0  {\"n\":2}\n") && !words.contains("\u{1b}"))
        }
    }

    @Test func `it ends when its reader has gone, news or none`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            try await publish(home, 0..<30)
            let result = try await home.run("/usr/bin/timeout", ["20", "/bin/bash", "-c", "set -o pipefail; \(TestHome.binaries)/sluice events tail | head -n 3"])
            #expect(result.status == 0 && result.output.split(separator: "\n").count == 3, "\(result.output)")
        }
    }

    @Test func `without a broker it waits for one, or looks into the log by itself`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            try await publish(home, 0..<3)
            await home.forget()
            home.kill("broker")
            #expect(try await home.run("sluice", ["events", "tail", "--no-follow", "-n", "2"]).output.split(separator: "\n").count == 2)
            let tail = try Tail(home, ["--json"])
            try await home.start("broker")
            try await home.until("it has the three") { tail.sequences.count == 3 }
            #expect(await tail.interrupt() == 0)
        }
    }
}
