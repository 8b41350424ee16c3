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
        try containers.checkKeys()
        try containers.deliver()

        // Every service in turn is killed in the middle of a run, the first run included.
        for service in ["load", "transform", "extract", "quality", "orchestrator", "broker"] {
            let run = try containers.compose(["exec", "-T", "broker", "sluice", "run", "nyc_flights", "--detach"]).trimmed
            try await Task.sleep(for: .milliseconds(400))
            try containers.docker(["kill", "\(containers.project)-\(service)-1"])
            try containers.compose(["up", "-d", "--wait", "--wait-timeout", "60", "--no-recreate", "--scale", "load=3", "--scale", "transform=2"])
            try await containers.until("\(run) ended after the kill of \(service)") {
                try containers.compose(["exec", "-T", "broker", "sluice", "runs"]).split(separator: "\n").contains { $0.contains(run) && $0.contains("succeeded") }
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
        #expect(codes.count == 12 && codes.allSatisfy { $0.hasSuffix(" 0") }, "\(codes)")
    }

    @Test func `with the sandbox beside it karaoke_social runs in containers from the APIs to its marts, its token in a file`() throws {
        var containers = try Containers()
        defer { containers.down() }
        try containers.buildImage()
        try containers.buildImage(target: "sandbox")
        containers.outerWorld = "sandbox.env"
        let token = "planted-\(UInt64.random(in: 0 ... .max))"
        try containers.keepSecret(token, as: "fb_access_token")
        containers.variables = ["FB_ACCESS_TOKEN": "", "FB_ACCESS_TOKEN_FILE": "/run/secrets/fb_access_token", "SANDBOX_TOKEN": token]

        let first = try containers.compose(["run", "--rm", "-T", "init"])
        #expect(first.contains("made   /var/lib/sluice/raw") && first.contains("karaoke_social/pipeline.yml"), "\(first)")
        let second = try containers.compose(["run", "--rm", "-T", "init"])
        #expect(second.contains("nothing to do: all was there") && !second.contains("made "), "\(second)")

        try containers.compose(["up", "-d", "--wait", "--wait-timeout", "60"])
        let doctor = try containers.compose(["exec", "-T", "extract", "sluice", "doctor", "karaoke_social"])
        #expect(doctor.contains("facebook_pages token") && !doctor.contains("failed"), "\(doctor)")
        let report = try containers.compose(["exec", "-T", "broker", "sluice", "run", "karaoke_social"])
        // How many tests the project has is KaraokeTests' affair; here they have run, and each was passed.
        #expect(report.contains("succeeded") && report.contains(#/✓ \d\d tests passed/#) && !report.contains("✗"), "\(report)")
        #expect(try containers.query("select count(*) from fct_daily_page_metrics", in: "karaoke_social") == 60)
        let published = try containers.compose(["ps", "--format", "{{.Service}} {{.Ports}}"]).split(separator: "\n").filter { $0.contains("->") }
        #expect(published.count == 1 && published.allSatisfy { $0.hasPrefix("console 127.0.0.1:") }, "\(published)")

        // What is set for one program is not seen by the others, and a program of the product is not the outer world.
        for service in ["broker", "orchestrator", "load", "transform", "quality", "notify", "console"] {
            #expect(try containers.compose(["exec", "-T", service, "sh", "-c", "env | grep -E '^(FB|GA4|GOOGLE)_' || echo none"]).trimmed == "none", "\(service)")
            if service != "notify" { #expect(try containers.compose(["exec", "-T", service, "sh", "-c", "cat /run/secrets/fb* 2>/dev/null || echo none"]).trimmed == "none") }
        }
        #expect(try containers.docker(["run", "--rm", containers.project, "sh", "-c", "ls /usr/bin | grep -c sluice-sandbox || echo none"]).contains("none"))

        let leak = "grep -rl \(token) /var/lib/sluice; true"
        #expect(try containers.compose(["exec", "-T", "extract", "sh", "-c", leak]).trimmed == "")
        #expect(try containers.compose(["exec", "-T", "broker", "sh", "-c", leak]).trimmed == "")
        #expect(try !containers.compose(["logs"]).contains(token))

        // The service account's key outlives the container that made it.
        try containers.compose(["up", "-d", "--wait", "--wait-timeout", "60", "--force-recreate", "--no-deps", "sandbox"])
        let again = try containers.compose(["exec", "-T", "broker", "sluice", "run", "karaoke_social"])
        #expect(again.contains("succeeded"), "\(again)")
    }
}

/// A compose project of its own name, gone with its volumes after the test.
struct Containers {
    static let isEngineUp: Bool = (try? Tool.run("sh", ["-c", "docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && echo up"]))?.trimmed == "up"

    let project = "sluice-test-\(UInt32.random(in: 0 ... .max))"
    let consolePort = Int.random(in: 20_000...29_999)
    /// The file beside the compose file that says who the vendors are; nil where there are none.
    var outerWorld: String?
    var variables: [String: String] = [:]
    private var deploy: String { "\(TestHome.repository)/deploy" }
    private var folder: String { "\(NSTemporaryDirectory())/\(project)" }
    private var secrets: String { "\(folder)/secrets" }
    private var inbox: String { "\(folder)/inbox" }

    init() throws {
        for path in ["\(secrets)/warehouse", inbox] { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    }

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
        let own = [
            "SLUICE_IMAGE": project, "SLUICE_SANDBOX_IMAGE": "\(project)-sandbox", "SLUICE_LEASE_SECONDS": "2", "SLUICE_CONSOLE_PORT": "\(consolePort)",
            "SLUICE_SECRETS": secrets, "SLUICE_INBOX": inbox,
        ]
        let environment = own.merging(variables) { _, new in new }.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: " ")
        let outer = outerWorld.map { "--env-file '\(deploy)/\($0)' " } ?? ""
        return try shell(
            "\(environment) docker compose -p \(project) -f '\(deploy)/docker-compose.yml' \(outer)--progress quiet " + words.map(quoted).joined(separator: " "))
    }
    private func quoted(_ word: String) -> String { "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'" }

    /// The image takes the programs that the test was built with.
    func buildImage(target: String = "product") throws {
        let stage = "\(folder)/programs"
        if !FileManager.default.fileExists(atPath: stage) { try shell("deploy/stage '\(TestHome.binaries)' '\(stage)'") }
        let name = target == "product" ? project : "\(project)-\(target)"
        try shell("docker build -q -f deploy/Dockerfile --target \(target) -t \(name) --build-context programs='\(stage)' .")
    }

    /// Programs in containers run as another user.
    func keepSecret(_ text: String, as name: String) throws {
        try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: "\(secrets)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(secrets)/\(name)")
    }

    /// Beside the compose file it would be deploy/inbox.
    func deliver() throws { try shell("mkdir -p '\(inbox)/nyc_flights' && cp Tests/Fixtures/nycflights13/*.csv.gz '\(inbox)/nyc_flights'") }

    /// Each program holds its own key and the broker's public half, and none of them is told anywhere.
    func checkKeys() throws {
        func held(_ service: String) throws -> [String] {
            try compose(["exec", "-T", service, "ls", "/etc/sluice/keys"]).split(separator: "\n").map(String.init).sorted()
        }
        #expect(try held("broker") == ["broker.key", "broker.pub", "cli.key", "clients"])
        var secrets: [Substring] = []
        for service in ["orchestrator", "extract", "load", "transform", "quality", "notify", "console"] {
            #expect(try held(service) == ["\(service).key", "broker.pub"].sorted(), "\(service)")
            secrets += try compose(["exec", "-T", service, "sed", "-n", "s/^secret //p", "/etc/sluice/keys/\(service).key"]).split(separator: "\n")
        }
        #expect(Set(secrets).count == 7)
        let logs = try compose(["logs"])
        #expect(logs.contains("keys of /etc/sluice/keys/clients come in") && secrets.allSatisfy { !logs.contains($0) })
        // Who has no key for it is told where to speak from.
        let refused = try Tool.run("sh", ["-c", "docker exec \(project)-load-1 sluice runs 2>&1; true"])
        #expect(refused.contains("there is none of cli here") && refused.contains("among containers that is the broker's"), "\(refused)")
    }

    func query(_ sql: String, in pipeline: String = "nyc_flights") throws -> Int {
        let text = try compose(["exec", "-T", "load", "sluice-load", "query", "sqlite:////var/lib/sluice/warehouse/\(pipeline).db", sql])
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
        _ = try? compose(["--profile", "*", "down", "-v", "-t", "2"])
        for image in [project, "\(project)-sandbox"] { _ = try? docker(["rmi", image]) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
