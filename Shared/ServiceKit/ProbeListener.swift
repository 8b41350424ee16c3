import Glibc
import Kernel
import Platform

/// Answers `/livez`, `/readyz`, `/startupz` and `/metrics` over HTTP/1.1 from a thread of its own.
///
/// Not a web server: one request a connection, no body, at most 8 KiB of header, two seconds of patience for all of it.
/// Whoever sends more, or more slowly, is hung up on: the next one waits behind him.
final class ProbeListener: Sendable {
    static let requestBytesMax = 8192
    static let requestSecondsMax = 2.0

    private let descriptor: Int32
    /// The port that it listens on, chosen by the system where 0 was asked for.
    let port: Int
    private let health: Health
    private let name: String

    init(host: String, port: Int, name: String, health: Health) throws {
        self.health = health
        self.name = name
        (descriptor, self.port) = try Self.listen(host: host, port: port)
        SystemThread.start { [self] in loop() }
    }

    private static func listen(host: String, port: Int) throws -> (descriptor: Int32, port: Int) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        // Left at zero, the address would be all of the machine's: a name that is no address must not open it to the world.
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw PlainProblem(
                "settings.probe_host", "the probes cannot listen on '\(host)': it is no IPv4 address", at: .named("SLUICE_PROBE_HOST"),
                remedy: "set SLUICE_PROBE_HOST to an address such as 127.0.0.1, or to 0.0.0.0 for all of the machine's")
        }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        guard isBound, Glibc.listen(descriptor, 16) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw PlainProblem(
                "settings.probe_port", "the probes cannot listen on \(host):\(port): \(reason)", at: .named("\(host):\(port)"),
                remedy: "stop the other program there, or set SLUICE_PORT_BASE to another range (0 takes free ports)")
        }
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func loop() -> Never {
        while true {
            let client = Descriptors.accept(descriptor)
            guard client >= 0 else {
                if errno != EINTR { usleep(50_000) }
                continue
            }
            serve(client)
            close(client)
        }
    }

    private func serve(_ client: Int32) {
        setPatience(client, SO_SNDTIMEO, seconds: Self.requestSecondsMax)
        let deadline = SystemClock.monotonicSeconds() + Self.requestSecondsMax
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while !request.ends(with: "\r\n\r\n".utf8) {
            // What is left of the whole, not two seconds for each byte.
            let left = deadline - SystemClock.monotonicSeconds()
            guard left > 0.001 else { return }
            setPatience(client, SO_RCVTIMEO, seconds: left)
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0, request.count + count <= Self.requestBytesMax else { return }
            request += buffer[..<count]
        }
        let words = request.prefix { $0 != 0x0d }.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 3, words[0] == "GET" || words[0] == "HEAD" else { return answer(client, 405, "only GET\n") }
        switch words[1] {
        case "/livez": answer(client, health.isAlive ? 200 : 503, health.isAlive ? "alive\n" : "the loop has not moved\n")
        case "/startupz": answer(client, health.isStarted ? 200 : 503, health.isStarted ? "started\n" : "starting\n")
        case "/readyz":
            let unmet = health.unmet
            answer(client, unmet.isEmpty ? 200 : 503, unmet.isEmpty ? "ready\n" : "not ready: \(unmet.joined(separator: ", "))\n")
        case "/metrics":
            let ready = Figure("sluice_ready", .gauge, health.unmet.isEmpty ? 1 : 0, labels: [("program", name)], help: "1 where the program is ready.")
            answer(client, 200, Figure.text(health.figures + [ready]), type: "text/plain; version=0.0.4; charset=utf-8")
        default: answer(client, 404, "try /livez, /readyz, /startupz or /metrics\n")
        }
    }

    private func answer(_ client: Int32, _ status: Int, _ body: String, type: String = "text/plain; charset=utf-8") {
        let reason = [200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"][status] ?? ""
        let text = "HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// How long one call on a socket may wait.
private func setPatience(_ socket: Int32, _ option: Int32, seconds: Double) {
    var patience = timeval(tv_sec: Int(seconds), tv_usec: Int(seconds.truncatingRemainder(dividingBy: 1) * 1_000_000))
    setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
}

extension Collection where Element == UInt8 {
    fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}

/// Asks a probe, for `--probe` and for `sluice up`.
public enum ProbeClient {
    /// The status and body of `GET path` on loopback (or `host`); nil where nobody answers in two seconds.
    public static func get(_ path: String, host: String = "127.0.0.1", port: Int) -> (status: Int, body: String)? {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard client >= 0 else { return nil }
        defer { close(client) }
        setPatience(client, SO_RCVTIMEO, seconds: 2)
        setPatience(client, SO_SNDTIMEO, seconds: 2)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard send(client, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(client, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        return (status, text.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
    }
}
