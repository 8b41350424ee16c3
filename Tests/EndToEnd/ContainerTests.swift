import Foundation
import Harness
import Kernel
import Support
import Testing

/// Each program in its own container, by the compose file that users have. Needs a Docker engine that answers.
@Suite(.serialized, .enabled(if: Containers.isEngineUp, "no Docker engine answers `docker info`")) struct ContainerTests {
    @Test func `a compose of scaled programs shares the work and loses nothing when any of them is killed`() async throws {
        let containers = try Containers()
        defer { containers.down() }
        try containers.buildImage()

        let begin = Date()
        try containers.compose(["up", "-d", "--wait", "--wait-timeout", "60", "--scale", "load=3", "--scale", "transform=2"])
        let healthySeconds = Date().timeIntervalSince(begin)
        #expect(healthySeconds < 30, "healthy after \(healthySeconds) s")
        try containers.deliver()

        // Every service in turn is killed in the middle of a run, the first run included.
        for service in ["load", "transform", "extract", "quality", "orchestrator", "broker"] {
            let run = try containers.compose(["exec", "-T", "notify", "sluice", "run", "nyc_flights", "--detach"]).trimmed
            try await Task.sleep(for: .milliseconds(400))
            try containers.docker(["kill", "\(containers.project)-\(service)-1"])
            try containers.compose(["up", "-d", "--wait", "--wait-timeout", "60", "--no-recreate", "--scale", "load=3", "--scale", "transform=2"])
            try await containers.until("\(run) ended after the kill of \(service)") {
                try containers.compose(["exec", "-T", "notify", "sluice", "runs"]).split(separator: "\n").contains { $0.contains(run) && $0.contains("succeeded") }
            }
        }
        for (relation, count) in [("raw__flights", 27_004), ("fct_flight", 27_004), ("raw__airlines", 16), ("raw__weather", 26_115)] {
            #expect(try containers.query("select count(*) from \(relation)") == count)
        }
        #expect(try containers.query("select count(*) - count(distinct run || ' ' || task) from _sluice_done") == 0)
        for service in ["load", "transform"] {
            let logs = try containers.compose(["logs", "--no-log-prefix", service])
            let workers = Set(logs.split(separator: "\n").compactMap { line in line.split(separator: " ").dropFirst(2).first }).filter { logs.contains("\($0) nyc_flights@") }
            #expect(workers.count >= 2, "\(service): \(workers)")
        }

        // Only the console is reachable from outside, and stopping drains: every program ends by itself.
        #expect(TestHTTP.get("http://127.0.0.1:\(containers.consolePort)/api/runs")?.status == 200)
        try containers.compose(["stop", "-t", "30"])
        let codes = try containers.compose(["ps", "-a", "--format", "{{.Service}} {{.ExitCode}}"]).split(separator: "\n")
        #expect(codes.count == 11 && codes.allSatisfy { $0.hasSuffix(" 0") }, "\(codes)")
    }
}

/// A compose project of its own name, gone with its volumes after the test.
struct Containers {
    static let isEngineUp: Bool = (try? Tool.run("sh", ["-c", "docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && echo up"]))?.trimmed == "up"

    let project = "sluice-test-\(UInt32.random(in: 0 ... .max))"
    let consolePort = Int.random(in: 20_000...29_999)
    private var file: String { "\(TestHome.repository)/deploy/docker-compose.yml" }

    init() throws {}

    struct Failure: Error, CustomStringConvertible { let description: String }

    @discardableResult func shell(_ command: String) throws -> String {
        let output = try Tool.run("sh", ["-c", "cd '\(TestHome.repository)' && \(command) 2>&1; echo \"status $?\""])
        guard let mark = output.range(of: "status ", options: .backwards), output[mark.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines) == "0" else {
            throw Failure(description: "\(command)\n\(output.suffix(3000))")
        }
        return String(output[..<mark.lowerBound])
    }
    @discardableResult func docker(_ words: [String]) throws -> String { try shell("docker " + words.map(quoted).joined(separator: " ")) }
    @discardableResult func compose(_ words: [String]) throws -> String {
        try shell(
            "SLUICE_IMAGE=\(project) SLUICE_LEASE_SECONDS=2 SLUICE_CONSOLE_PORT=\(consolePort) docker compose -p \(project) -f '\(file)' --progress quiet "
                + words.map(quoted).joined(separator: " "))
    }
    private func quoted(_ word: String) -> String { "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'" }

    /// The image takes the programs that the test was built with.
    func buildImage() throws {
        let stage = "\(NSTemporaryDirectory())/\(project)"
        try shell("deploy/stage '\(TestHome.binaries)' '\(stage)'")
        defer { try? FileManager.default.removeItem(atPath: stage) }
        try shell("docker build -q -f deploy/Dockerfile -t \(project) --build-context programs='\(stage)' .")
    }

    func deliver() throws {
        try compose(["exec", "-T", "extract", "mkdir", "-p", "/var/lib/sluice/inbox/nyc_flights"])
        for table in ["flights_2013_01", "airlines", "airports", "planes", "weather"] {
            try shell(
                "docker exec -i \(project)-extract-1 sh -c 'cat > /var/lib/sluice/inbox/nyc_flights/\(table).csv.gz' < Tests/Fixtures/nycflights13/\(table).csv.gz")
        }
    }

    func query(_ sql: String) throws -> Int {
        let text = try compose(["exec", "-T", "load", "sluice-load", "query", "sqlite:////var/lib/sluice/warehouse/nyc_flights.db", sql])
        return Int(text.split(separator: "\n").last.map(String.init)?.trimmed ?? "") ?? -1
    }

    func until(_ what: String, _ condition: () throws -> Bool) async throws {
        let deadline = Date().addingTimeInterval(90)
        while try !condition() {
            guard Date() < deadline else { throw Failure(description: "not within 90 s: \(what)\n\(try compose(["logs", "--tail", "20"]))") }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    func down() {
        _ = try? compose(["down", "-v", "-t", "2"])
        _ = try? docker(["rmi", project])
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
