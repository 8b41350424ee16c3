import Bus
import Contracts
import Foundation
import Harness
import Journal
import Kernel
import Support
import Testing

/// Keys, roles and forgeries, tried by a client that is not ours.
@Suite struct BusSecurityTests {
    /// A home whose bus speaks TCP on free ports with keys.
    static func withKeys(_ extra: [String: String] = [:], _ body: @escaping @Sendable (TestHome, _ commands: String, _ feed: String) async throws -> Void) async throws {
        let base = Int.random(in: 20_000...29_000)
        let commands = "tcp://127.0.0.1:\(base)", feed = "tcp://127.0.0.1:\(base + 1)"
        try await TestHome.with(["SLUICE_BUS_COMMANDS": commands, "SLUICE_BUS_FEED": feed].merging(extra) { $1 }) { home in
            #expect(try await home.run("sluice", ["keys", "--client", "client"]).status == 0)
            try await body(home, commands, feed)
        }
    }

    @Test func `keys are made once, each for its owner's eyes only`() async throws {
        try await TestHome.with { home in
            let first = try await home.run("sluice", ["keys"])
            #expect(first.status == 0 && first.output.contains("made orchestrator, extract, load, transform, quality, notify, console, cli, broker"))
            let folder = "\(home.path)/keys"
            func bytes() throws -> [String: Data] {
                try Dictionary(uniqueKeysWithValues: FileManager.default.contentsOfDirectory(atPath: folder).map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
            }
            let made = try bytes()
            for name in made.keys where name != "broker.pub" {
                let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
            #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
            #expect(try await home.run("sluice", ["keys"]).output.contains("all keys are there"))
            #expect(try bytes() == made)
            // One more client, the others as they were; and a call that does not name it leaves it on the list.
            #expect(try await home.run("sluice", ["keys", "--client", "nightly"]).output.contains("made nightly"))
            _ = try await home.run("sluice", ["keys"])
            #expect(try String(contentsOfFile: "\(folder)/clients", encoding: .utf8).contains(" nightly\n"))
            // For programs that share no disk: each its own and the broker's public half, the command line's with the broker's.
            #expect(try await home.run("sluice", ["keys", "--hand-out", "\(home.path)/out"]).status == 0)
            func handed(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/out\(name)").sorted() }
            #expect(try handed("") == ["broker", "console", "extract", "load", "notify", "orchestrator", "quality", "transform"])
            #expect(try handed("/broker") == ["broker.key", "broker.pub", "cli.key", "clients"] && handed("/load") == ["broker.pub", "load.key"])
            #expect(try FileManager.default.attributesOfItem(atPath: "\(home.path)/out/load/load.key")[.posixPermissions] as? Int == 0o600)
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(home.path)/out/load/load.key")) == made["load.key"])
            // A folder that was named and lacks the key is an error and not a bus without keys.
            let lacking = try await home.run("sluice-load", [], [
                "SLUICE_BUS_COMMANDS": "tcp://127.0.0.1:9", "SLUICE_BUS_FEED": "tcp://127.0.0.1:10", "SLUICE_KEYS": "\(home.path)/out/notify",
            ])
            #expect(lacking.status == 2 && lacking.output.contains("there is none of load here"), "\(lacking.output)")
            // What others may read is no key.
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(folder)/load.key")
            let open = try await home.run("sluice-load", [], ["SLUICE_BUS_COMMANDS": "tcp://127.0.0.1:9", "SLUICE_BUS_FEED": "tcp://127.0.0.1:10"])
            #expect(open.status == 2 && open.output.contains("others may read this key"))
            let secret = try #require(try String(contentsOfFile: "\(folder)/load.key", encoding: .utf8).split(separator: "\n").last?.split(separator: " ").last)
            #expect(!open.output.contains(secret))
        }
    }

    @Test func `off loopback the broker binds with keys, or where it is told in so many words, and not otherwise`() async throws {
        let port = Int.random(in: 30_000...39_000)
        let open = ["SLUICE_BUS_COMMANDS": "tcp://0.0.0.0:\(port)", "SLUICE_BUS_FEED": "tcp://0.0.0.0:\(port + 1)"]
        try await TestHome.with(open) { home in
            let refused = try await home.run("sluice-broker", [])
            #expect(refused.status == 3 && refused.output.contains("would listen off loopback without keys"))
            #expect(try await home.run("sluice", ["keys"]).status == 0)
            try await home.start("broker")
            try await home.until("it is ready") { home.probe("broker", "/readyz")?.status == 200 }
        }
    }

    @Test func `a run goes through a bus with keys, and every program has its own`() async throws {
        try await Self.withKeys { home, _, _ in
            try home.write(BusTests.drill, to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "extract", "load", "notify"] { try await home.start(program) }
            let run = try await home.run("sluice", ["run", "drill"])
            #expect(run.status == 0, "\(run.output)")
            #expect(try await home.run("sluice", ["runs"]).output.contains("succeeded"))
            #expect(home.probe("broker", "/metrics")?.body.contains("sluice_broker_forgeries_total 0") == true)
        }
    }

    /// The table of `Wire.md`, read as a stranger reads it.
    static func table() throws -> [String: (publishes: [String], reads: [String]?, verbs: [String])] {
        let page = try String(contentsOfFile: "\(TestHome.repository)/Shared/Bus/Bus.docc/Wire.md", encoding: .utf8)
        func words(_ cell: String) -> [String] { cell.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) } }
        var table: [String: (publishes: [String], reads: [String]?, verbs: [String])] = [:]
        for line in page.split(separator: "\n").drop(while: { !$0.hasPrefix("| Role |") }).dropFirst(2).prefix(while: { $0.hasPrefix("|") }) {
            // A leading space keeps the first piece outside the quotes.
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { " " + $0 }
            table[words(cells[1])[0]] = (words(cells[2]), cells[3].contains("everything") ? nil : words(cells[3]), words(cells[4]))
        }
        return table
    }

    @Test func `every cell of the table of roles holds, and a foreign key's message never arrives`() async throws {
        let python = ProcessInfo.processInfo.environment["SLUICE_TEST_PYTHON"] ?? ""
        try #require(!python.isEmpty, "set SLUICE_TEST_PYTHON to a python3 with pyzmq; deploy/test does")
        try await Self.withKeys { home, commands, feed in
            try await home.start("broker")
            let result = try await home.run(python, ["\(TestHome.repository)/Tests/EndToEnd/roles.py", "\(home.path)/keys", commands, feed])
            #expect(result.status == 0, "\(result.output)")
            let tries = try result.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
            let table = try Self.table()
            #expect(table.count == BusRole.allCases.count)
            var cells = 0
            for one in tries {
                func text(_ key: String) -> String { one[key]?.stringValue ?? "" }
                guard let row = table[text("role")] else {
                    // The foreign key and the plain connection.
                    #expect(text("result") == "silence", "\(one.text())")
                    continue
                }
                cells += 1
                let what = text("what")
                switch text("kind") {
                case "publish":
                    let may = row.verbs.contains("publish") && row.publishes.contains { what.hasPrefix($0) }
                    #expect((text("result") == "ok") == may && (may || text("result") == "forbidden"), "\(one.text())")
                case "verb":
                    #expect((text("result") != "forbidden") == (what == "inspect" || row.verbs.contains(what)), "\(one.text())")
                default:
                    let may = what.hasPrefix("tick/") || row.reads.map { reads in reads.contains { what.hasPrefix($0) } } ?? true
                    // Only the tick and "" surely hear something; of the others silence is all that can be shown.
                    if !may || what.isEmpty || what.hasPrefix("tick/") { #expect((text("result") == "ok") == may, "\(one.text())") }
                }
            }
            #expect(cells == BusRole.allCases.count * (21 + 12 + 5))
            // What is in the log is what was allowed, and the alerts.
            var environment = home.environment
            environment["SLUICE_HOME"] = home.path
            let status = try await home.run("sluice", ["status"])
            #expect(status.output.contains("newest") && status.output.contains("since yesterday") && status.output.contains("broker.forged"), "\(status.output)")
            home.kill("broker")
            let log = try JournalStore(path: "\(home.path)/journal/journal.db", now: 0).read(after: 0, prefixes: [], limit: 10_000).events
            let envelopes = try log.map { try JSON(parsing: $0.envelope) }, ids = envelopes.map { $0["id"]?.stringValue ?? "" }
            for name in ["foreign/", "plain/"] { #expect(!ids.contains { $0.hasPrefix(name) }) }
            let alerts = log.filter { $0.topic.hasPrefix("alert.") }.map { String(decoding: $0.envelope, as: UTF8.self) }
            #expect(alerts.contains { $0.contains("broker.unknown_key") } && alerts.contains { $0.contains("broker.forged") })
            let forged = zip(log, envelopes).filter { $0.1["source"]?.stringValue == "forger" }.map { "\($0.0.topic)|\($0.1["id"]?.stringValue ?? "")" }
            #expect(!forged.isEmpty)
            for row in forged {
                let role = try #require(row.split(separator: "|").last?.split(separator: "/").first.map(String.init))
                #expect(table[role]?.publishes.contains { row.hasPrefix($0) } == true, "\(row)")
            }
        }
    }

    @Test func `a subscriber that never reads costs little and delays nobody`() async throws {
        let python = ProcessInfo.processInfo.environment["SLUICE_TEST_PYTHON"] ?? ""
        try #require(!python.isEmpty, "set SLUICE_TEST_PYTHON to a python3 with pyzmq; deploy/test does")
        try await TestHome.with { home in
            try await home.start("broker")
            let stuck = try Child(python, ["\(TestHome.repository)/Tests/EndToEnd/stuck.py", "ipc://\(home.path)/run/feed"], output: .pipe)
            defer { stuck.signal(SIGKILL) }
            #expect(stuck.output.map { String(decoding: $0.availableData, as: UTF8.self).contains("subscribed") } == true)
            let pid = try #require(home.allProcesses().first)
            let before = Self.residentKilobytes(pid)
            // 8 KiB is the most that travels on the feed; a hundred times that is left out.
            func events(_ range: Range<Int>, bytes: Int) -> [Event] {
                let filler = JSON.string(String(repeating: "x", count: bytes))
                return range.map { Event(source: "t", id: "\($0)-\(bytes)", time: Timestamp(microseconds: 0), pipeline: "p", payload: .other(type: "a.b.v1", data: ["x": filler])) }
            }
            for part in 0..<30 { try await home.bus.publish(events(part * 500..<(part + 1) * 500, bytes: 7900)) }
            for part in 0..<8 { try await home.bus.publish(events(part * 10..<(part + 1) * 10, bytes: 800_000)) }
            let grown = Self.residentKilobytes(pid) - before
            #expect(grown < 110_000, "\(grown) KiB")
            // Another subscriber hears of the newest at once.
            let newest = try await home.bus.publish(events(0..<1, bytes: 1))[0]
            for await hint in await home.bus.hints() where hint >= newest { break }
        }
    }

    static func residentKilobytes(_ pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") { return Int(line.split(separator: " ")[1]) ?? 0 }
        return 0
    }
}
