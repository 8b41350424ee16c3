import Dispatch
import FoundationEssentials
import Glibc
import Testing

/// `docs serve`, as a browser meets it.
@Suite struct DocsServerTests {
    /// A server that lives as long as the tests do: only an interrupt ends it.
    private static func serve() throws -> (port: UInt16, folder: String) {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        #expect(drill.run("docs", "generate").code == 0)
        let isServing = DispatchSemaphore(value: 0)
        drill.onLine = { if $0.contains("Serving docs at") { isServing.signal() } }
        // Safe: the thread alone runs it, and what it has told is behind a lock.
        nonisolated(unsafe) let lent = drill
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box { _ = lent.run("docs", "serve", "--port", "0") })
        pthread_create(&thread, nil, { Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body(); return nil }, box.toOpaque())
        pthread_detach(thread)
        guard isServing.wait(timeout: .now() + 30) == .success, let said = drill.output.split(separator: "Serving docs at 127.0.0.1:").dropFirst().first,
            let port = UInt16(said.prefix { $0.isNumber })
        else { throw Silent(output: drill.output) }
        return (port, "\(drill.project.projectFolder)/target")
    }
    private struct Silent: Error { let output: String }
    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private static func ask(_ method: String, _ path: String, _ port: UInt16) -> (head: String, body: [UInt8]) {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(connection) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        _ = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } }
        let request = Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        send(connection, request, request.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(connection, &piece, piece.count, 0), count > 0 { answer += piece[..<count] }
        let end = answer.indices.first { answer[$0...].starts(with: Array("\r\n\r\n".utf8)) } ?? answer.count
        return (String(decoding: answer[..<end], as: UTF8.self), Array(answer.dropFirst(end + 4)))
    }

    @Test func `files are served byte for byte, and HEAD tells their length`() throws {
        let (port, folder) = try Self.serve()
        let picture = [0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00, 0x80] + (0...255).map { UInt8($0) }
        try Data(picture).write(to: URL(filePath: "\(folder)/picture.png"))
        let got = Self.ask("GET", "/picture.png", port)
        #expect(got.body == picture && got.head.hasPrefix("HTTP/1.1 200 OK") && got.head.contains("Content-Type: image/png"))
        let head = Self.ask("HEAD", "/picture.png", port)
        #expect(head.body.isEmpty && head.head.contains("Content-Length: \(picture.count)"), "\(head.head)")
        #expect(Self.ask("HEAD", "/nothing", port).head.contains("Content-Length: 9"))
        #expect(Self.ask("GET", "/../dbt_project.yml", port).head.hasPrefix("HTTP/1.1 404"))
        #expect(Self.ask("POST", "/", port).head.hasPrefix("HTTP/1.1 405"))
    }

    @Test(arguments: ["70000", "-1", "65536"]) func `a port that is none is refused`(port: String) throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        #expect(drill.run("docs", "generate").code == 0)
        let run = drill.run("docs", "serve", "--port=\(port)")
        #expect(run.code == 2 && run.text.contains("'\(port)' is no port"), "\(run.text)")
    }
}
