internal import Glibc
internal import Kernel
internal import Platform

/// `dbt docs serve`: the target folder over HTTP on 127.0.0.1, until it is interrupted. For one person at a time.
struct DocsServer {
    let folder: String
    let arguments: DbtArguments
    let log: DbtLog

    private static let requestBytesMax = 16_384
    private static let types = [
        "html": "text/html; charset=utf-8", "json": "application/json", "css": "text/css", "js": "text/javascript", "sql": "text/plain; charset=utf-8",
        "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml", "webp": "image/webp",
    ]

    func run() throws -> Int32 {
        guard DbtFiles.exists("\(folder)/index.html") else {
            throw PlainProblem("dbt.no_docs", "there is no index.html in \(folder)", at: .file("\(folder)/index.html"), remedy: "make it with docs generate")
        }
        let host = arguments.value("host") ?? "127.0.0.1"
        let port = try port
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(listener) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1 else { throw DbtArguments.wrong("--host is no IPv4 address: \(host)", "write 127.0.0.1") }
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 } }
        guard isBound, listen(listener, 16) == 0 else {
            throw PlainProblem("dbt.port_taken", "the port \(port) cannot be opened: \(String(cString: strerror(errno)))", at: .named("\(host):\(port)"), remedy: "choose another with --port")
        }
        var own = sockaddr_in()
        var ownLength = length
        _ = withUnsafeMutablePointer(to: &own) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &ownLength) } }
        log("Serving docs at \(host):\(UInt16(bigEndian: own.sin_port))\nTo access from your browser, navigate to: http://\(host):\(UInt16(bigEndian: own.sin_port))\n\nPress Ctrl+C to exit.")
        while true {
            let connection = Descriptors.accept(listener)
            if connection < 0 {
                // Whoever called has gone again; all else stays as it is, however often it is tried.
                guard [EINTR, ECONNABORTED].contains(errno) else {
                    throw PlainProblem("dbt.no_connection", "no connection can be taken: \(String(cString: strerror(errno)))", at: .named("\(host):\(port)"), remedy: "start it again")
                }
                continue
            }
            answer(connection)
            close(connection)
        }
    }

    private var port: UInt16 {
        get throws {
            guard let text = arguments.value("port") else { return 8080 }
            guard let port = UInt16(text) else { throw DbtArguments.wrong("Invalid value for '--port': '\(text)' is no port.", "write a number from 0 to 65535") }
            return port
        }
    }

    private func answer(_ connection: Int32) {
        // One that sends nothing must not hold up the next.
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var bytes = [UInt8](repeating: 0, count: Self.requestBytesMax)
        let count = recv(connection, &bytes, bytes.count, 0)
        guard count > 0 else { return }
        let words = String(decoding: bytes[..<count], as: UTF8.self).prefix { $0 != "\r" && $0 != "\n" }.split(separator: " ")
        guard words.count >= 2, words[0] == "GET" || words[0] == "HEAD" else { return send("405 Method Not Allowed", "text/plain", [], to: connection) }
        let isHead = words[0] == "HEAD"
        let path = words[1].prefix { $0 != "?" && $0 != "#" }.split(separator: "/").map(String.init)
        let file = path.isEmpty ? "index.html" : path.joined(separator: "/")
        guard !path.contains(".."), let body = DbtFiles.bytes("\(folder)/\(file)") else { return send("404 Not Found", "text/plain", Array("not found".utf8), isHead: isHead, to: connection) }
        let kind = file.split(separator: ".").last.flatMap { Self.types[String($0)] } ?? "application/octet-stream"
        send("200 OK", kind, body, isHead: isHead, to: connection)
    }

    /// - Parameter isHead: the length alone is told, and nothing follows.
    private func send(_ status: String, _ type: String, _ body: [UInt8], isHead: Bool = false, to connection: Int32) {
        var rest = (Array("HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + (isHead ? [] : body))[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
