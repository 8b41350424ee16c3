import Glibc
import Kernel
@testable import ServiceKit
import Support
import Synchronization
import Testing

@Suite struct FigureTests {
    @Test func `figures are told as Prometheus reads them`() {
        let text = Figure.text([
            Figure("sluice_b", .gauge, 0.25, help: "two\nlines and a \\"),
            Figure("sluice_a_total", .counter, 3, labels: [("role", "load"), ("path", "C:\\ \"x\"\ny")], help: "counts"),
            Figure("sluice_a_total", .counter, 1e15, labels: [("role", "extract")], help: "counts"),
        ])
        #expect(text == #"""
            # HELP sluice_a_total counts
            # TYPE sluice_a_total counter
            sluice_a_total{role="load",path="C:\\ \"x\"\ny"} 3
            sluice_a_total{role="extract"} 1000000000000000.0
            # HELP sluice_b two\nlines and a \\
            # TYPE sluice_b gauge
            sluice_b 0.25

            """#)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.leastNonzeroMagnitude])
    func `no number is too odd to be told`(number: Double) {
        let words = Figure.text([Figure("x", .gauge, number, help: "h")]).split(whereSeparator: \.isWhitespace)
        #expect(Double(words.last ?? "").map { $0 == number || $0.isNaN && number.isNaN } == true)
    }
}

/// A client of the probes that may be as rude as it likes.
struct RawClient: ~Copyable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        try #require(isConnected)
    }
    deinit { close(descriptor) }

    /// False where the other side has hung up.
    @discardableResult func say(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
    /// All that comes until the other side hangs up.
    func hear() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ProbeListenerTests {
    let health = Health()
    let listener: ProbeListener
    init() throws { listener = try ProbeListener(host: "127.0.0.1", port: 0, name: "load", health: health) }

    @Test func `the probes tell how the program is`() throws {
        #expect(ProbeClient.get("/livez", port: listener.port)?.status == 200)
        #expect(ProbeClient.get("/startupz", port: listener.port)?.status == 503)
        let flag = Flag()
        health.require("broker") { flag.isSet }
        #expect(ProbeClient.get("/readyz", port: listener.port)?.body == "not ready: started, broker\n")
        health.markStarted()
        #expect(ProbeClient.get("/startupz", port: listener.port)?.status == 200)
        #expect(ProbeClient.get("/readyz", port: listener.port)?.body == "not ready: broker\n")
        #expect(ProbeClient.get("/metrics", port: listener.port)?.body.hasSuffix("sluice_ready{program=\"load\"} 0\n") == true)
        flag.set()
        #expect(ProbeClient.get("/readyz", port: listener.port)?.status == 200)
        health.expose { [Figure("sluice_x", .gauge, 7, help: "seven")] }
        #expect(ProbeClient.get("/metrics", port: listener.port)?.body.contains("\nsluice_x 7\n") == true)
        #expect(ProbeClient.get("/other", port: listener.port)?.status == 404)
    }

    @Test(arguments: [
        "POST /livez HTTP/1.1\r\n\r\n", "\r\n\r\n", "GET /livez\r\n\r\n", "GET a b c\r\n\r\n", "\u{0}\u{1}\u{2} \u{ff} x\r\n\r\n",
    ])
    func `a request that is none is answered with 405 and the next one is served`(text: String) throws {
        let client = try RawClient(port: listener.port)
        client.say(Array(text.utf8))
        #expect(client.hear().hasPrefix("HTTP/1.1 405 "))
        #expect(ProbeClient.get("/livez", port: listener.port)?.status == 200)
    }

    @Test func `garbage of any kind harms nobody`() throws {
        var random = Seed("garbage")
        for _ in 0..<50 {
            let client = try RawClient(port: listener.port)
            client.say((0..<Int.random(in: 0...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            client.say(Array("\r\n\r\n".utf8))
        }
        #expect(ProbeClient.get("/livez", port: listener.port)?.status == 200)
    }

    @Test func `a header beyond the bound is hung up on`() throws {
        let client = try RawClient(port: listener.port)
        client.say(Array("GET /livez HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 0x61, count: ProbeListener.requestBytesMax))
        #expect(client.hear().isEmpty)
        let fits = try RawClient(port: listener.port)
        let head = "GET /livez HTTP/1.1\r\nX: "
        fits.say(Array(head.utf8) + [UInt8](repeating: 0x61, count: ProbeListener.requestBytesMax - head.utf8.count - 4) + Array("\r\n\r\n".utf8))
        #expect(fits.hear().hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `a client that drips is hung up on in time for those behind it`() throws {
        let slow = try RawClient(port: listener.port)
        let start = ContinuousClock.now
        var child: Child?
        defer {
            child?.signal(SIGKILL)
            child?.wait()
        }
        // One byte at a time, for as long as the other side listens: patience is for the whole request and not for each byte.
        while slow.say([0x61]) {
            usleep(100_000)
            // What the program starts in the meantime must not hold on to the caller.
            if child == nil, ContinuousClock.now - start > .seconds(0.5) { child = try Child("sleep", ["60"], output: .nothing, errors: .nothing) }
            guard ContinuousClock.now - start < .seconds(20) else { break }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(ProbeClient.get("/livez", port: listener.port)?.status == 200)
    }

    @Test func `a port that is taken and an address that is none are problems with a way out`() {
        #expect { try ProbeListener(host: "127.0.0.1", port: listener.port, name: "x", health: health) } throws: { "\($0)".contains("SLUICE_PORT_BASE") }
        for host in ["localhost", "", "::1"] {
            #expect { try ProbeListener(host: host, port: 0, name: "x", health: health) } throws: { "\($0)".contains("no IPv4 address") }
        }
        #expect(ProbeClient.get("/livez", host: "nowhere", port: listener.port) == nil)
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
