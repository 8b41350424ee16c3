import Foundation
import Harness

/// A server and the program that publishes to it.
struct Contestant: Sendable {
    let name: String
    let client: String
    /// Nil where it cannot be measured here, with the reason.
    let obstacle: String?
    /// Starts it in a folder, on a port.
    let server: @Sendable (_ folder: String, _ port: Int) throws -> (path: String, arguments: [String], environment: [String: String])

    static let tools = ProcessInfo.processInfo.environment["SLUICE_BENCH_CONTESTANTS"] ?? ""

    static func find(_ names: [String]) -> String? { names.first { FileManager.default.isExecutableFile(atPath: $0) } }

    static func missing(_ client: String, _ server: String?) -> String? {
        if server == nil { return "it is not installed" }
        return FileManager.default.isExecutableFile(atPath: "\(tools)/\(client)") ? nil : "its client library is not installed"
    }

    static let ours = Contestant(name: "sluice", client: "client_sluice", obstacle: nil) { folder, port in
        ("\(TestHome.binaries)/sluice-broker", [], [
            "SLUICE_HOME": folder, "SLUICE_PORT_BASE": "0", "SLUICE_BUS_COMMANDS": "tcp://127.0.0.1:\(port)", "SLUICE_BUS_FEED": "tcp://127.0.0.1:\(port + 1)",
        ])
    }
    static let floor = Contestant(name: "floor", client: "client_sluice", obstacle: nil) { folder, port in ("\(tools)/floor", ["\(folder)/log", "\(port)"], [:]) }

    static let redis: Contestant = {
        let path = find(["/usr/bin/redis-server", "/usr/local/bin/redis-server"])
        return Contestant(name: "redis", client: "client_redis", obstacle: missing("client_redis", path)) { folder, port in
            (path ?? "", ["--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"], [:])
        }
    }()

    static let nats: Contestant = {
        let path = find([ProcessInfo.processInfo.environment["SLUICE_BENCH_NATS"] ?? "", "/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"])
        @Sendable func settings(_ folder: String, _ port: Int) -> String { "listen: \"127.0.0.1:\(port)\"\njetstream { store_dir: \"\(folder)/js\", sync_interval: always }\n" }
        var obstacle = missing("client_nats", path)
        if let path, obstacle == nil {
            // An old one does not know the word, and would sync every two minutes.
            let file = NSTemporaryDirectory() + "nats-\(UInt32.random(in: 0 ... .max)).conf"
            try? settings("/tmp", 4222).write(toFile: file, atomically: true, encoding: .utf8)
            if !Shell.succeeds(path, ["-t", "-c", file]) { obstacle = "this version cannot sync always (2.10 or newer can; set SLUICE_BENCH_NATS)" }
            try? FileManager.default.removeItem(atPath: file)
        }
        return Contestant(name: "nats", client: "client_nats", obstacle: obstacle) { folder, port in
            try settings(folder, port).write(toFile: "\(folder)/nats.conf", atomically: true, encoding: .utf8)
            return (path ?? "", ["-c", "\(folder)/nats.conf"], [:])
        }
    }()

    static let rabbit: Contestant = {
        let path = find(["/usr/lib/rabbitmq/bin/rabbitmq-server"])
        return Contestant(name: "rabbitmq", client: "client_rabbit", obstacle: missing("client_rabbit", path)) { folder, port in
            (path ?? "", [], [
                "HOME": folder, "RABBITMQ_NODENAME": "sluicebench@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": "\(port)",
                "RABBITMQ_DIST_PORT": "\(port + 2)", "RABBITMQ_MNESIA_BASE": "\(folder)/m", "RABBITMQ_LOG_BASE": "\(folder)/l", "RABBITMQ_ENABLED_PLUGINS_FILE": "\(folder)/p",
                "RABBITMQ_PID_FILE": "\(folder)/pid", "ERL_EPMD_PORT": "\(port + 3)", "ERL_EPMD_ADDRESS": "127.0.0.1",
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}", "RABBITMQ_CONFIG_FILE": "\(folder)/none",
            ])
        }
    }()
}

enum Shell {
    static func succeeds(_ path: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A server that runs, and is ended with everything that it started.
final class Running {
    let process = Process()
    let folder: String
    let port: Int
    private let contestant: Contestant

    init(_ contestant: Contestant) throws {
        self.contestant = contestant
        port = Self.freePort()
        folder = "/tmp/sluice-bench-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try contestant.server(folder, port)
        // In a session of its own, so that its children can be ended with it.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["--wait", server.path] + server.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(server.environment) { $1 }
        let log = "\(folder)/out"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
        let deadline = Date().addingTimeInterval(90)
        while !isListening {
            guard Date() < deadline, process.isRunning else { throw TestHome.Failure("\(contestant.name) did not start, see \(log)") }
            usleep(20_000)
        }
    }

    private var isListening: Bool { Self.isListening(port) }
    private static func isListening(_ port: Int) -> Bool { Shell.succeeds("/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]) }

    /// Nobody listens there, nor at the three behind it.
    private static func freePort() -> Int {
        while true {
            let port = Int.random(in: 21_000...29_000)
            if !(port...port + 3).contains(where: isListening) { return port }
        }
    }

    struct Result: Decodable { var failed: Int; var per_s: Double; var p50_us: Double; var p99_us: Double }

    func publish(_ publishers: Int, _ count: Int) throws -> Result { try measure(["\(publishers)", "\(count)"]) }
    /// Work that is taken and acknowledged.
    func claims(_ workers: Int, _ count: Int) throws -> Result { try measure(["--claims", "\(workers)", "\(count)"]) }
    /// From a publish to its consumer.
    func latency(_ count: Int) throws -> Result { try measure(["--latency", "\(count)"]) }

    private func measure(_ arguments: [String]) throws -> Result {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "\(Contestant.tools)/\(contestant.client)")
        client.arguments = arguments + ["\(port)"]
        let output = Pipe()
        client.standardOutput = output
        let begin = Date()
        try client.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        let result = try JSONDecoder().decode(Result.self, from: bytes)
        guard result.failed == 0 else { throw TestHome.Failure("\(contestant.name): \(arguments.joined(separator: " ")) failed after \(Int(-begin.timeIntervalSinceNow)) s") }
        return result
    }

    func stop() {
        // The session is named after its first process, a child of setsid.
        if let child = Self.children(of: process.processIdentifier).first { kill(-child, SIGTERM); usleep(200_000); kill(-child, SIGKILL) }
        process.waitUntilExit()
        // Erlang's directory of nodes outlives the node that started it.
        if contestant.name == Contestant.rabbit.name { _ = Shell.succeeds("/usr/bin/epmd", ["-port", "\(port + 3)", "-kill"]) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func children(of pid: Int32) -> [Int32] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}
