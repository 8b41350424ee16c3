import Glibc
import Platform

/// Listens at `ipc://PATH`, `ipc://@NAME` (Linux's abstract names) or `tcp://HOST:PORT`, where `*` stands for any host or port.
final class Listener {
    let descriptor: Int32
    let endpoint: String
    /// Of a socket that is a file.
    private let path: String?

    init(_ endpoint: String) throws(WireError) {
        func failure(_ number: Int32) -> WireError { WireError(number: number, action: "bind", endpoint: endpoint) }
        if let name = Self.rest(of: endpoint, after: "ipc://") {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
            path = name.hasPrefix("@") ? nil : name
            self.endpoint = endpoint
            // One that was left by a process that was killed.
            if let path { unlink(path) }
            guard Self.bindFile(descriptor, name) else { throw failure(Self.ended(descriptor)) }
        } else if let address = Self.rest(of: endpoint, after: "tcp://") {
            path = nil
            (descriptor, self.endpoint) = try Self.bindHost(address, failure)
        } else {
            throw failure(EPROTONOSUPPORT)
        }
        guard listen(descriptor, SOMAXCONN) == 0 else { throw failure(Self.ended(descriptor)) }
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    private static let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)

    private static func rest(of endpoint: String, after scheme: String) -> String? {
        endpoint.hasPrefix(scheme) ? String(endpoint.dropFirst(scheme.count)) : nil
    }

    /// The last error, and the descriptor closed.
    private static func ended(_ descriptor: Int32) -> Int32 {
        let number = errno
        if descriptor >= 0 { close(descriptor) }
        return number
    }

    private static func bindFile(_ descriptor: Int32, _ name: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8), room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else {
            errno = ENAMETOOLONG
            return false
        }
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: bytes)
            // An abstract name begins with a zero, and nothing ends it but its length.
            if bytes.first == UInt8(ascii: "@") { place[0] = 0 }
        }
        let isAbstract = bytes.first == UInt8(ascii: "@")
        let size = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(size)) == 0 }
        }
    }

    private static func bindHost(_ address: String, _ failure: (Int32) -> WireError) throws(WireError) -> (Int32, String) {
        guard let colon = address.lastIndex(of: ":") else { throw failure(EINVAL) }
        var host = String(address[..<colon]), port = String(address[address.index(after: colon)...])
        let isSix = host.hasPrefix("[") && host.hasSuffix("]")
        if isSix { host = String(host.dropFirst().dropLast()) }
        if host == "*" { host = "0.0.0.0" }
        if port == "*" { port = "0" }
        var hints = addrinfo()
        hints.ai_family = isSix ? AF_INET6 : AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let found else { throw failure(EADDRNOTAVAIL) }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype | flags, 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else { throw failure(ended(descriptor)) }
        guard let bound = name(of: descriptor) else { throw failure(ended(descriptor)) }
        return (descriptor, bound)
    }

    /// With the port that the system chose.
    private static func name(of descriptor: Int32) -> String? {
        var address = sockaddr_storage(), size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST)), port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isTold = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                getsockname(descriptor, pointer, &size) == 0
                    && getnameinfo(pointer, size, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        guard isTold else { return nil }
        func text(_ characters: [CChar]) -> String { String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) }
        return Int32(address.ss_family) == AF_INET6 ? "tcp://[\(text(host))]:\(text(port))" : "tcp://\(text(host)):\(text(port))"
    }

    /// The next connection that is there. Nil where none is, or, with `isShort`, where the system has no descriptor for it.
    func accept(isShort: inout Bool) -> Int32? {
        while true {
            let accepted = Descriptors.accept(descriptor)
            if accepted >= 0 {
                var yes: Int32 = 1
                // Answers are small and awaited; and who vanished is found out some day. A file's socket knows neither.
                setsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &yes, socklen_t(MemoryLayout<Int32>.size))
                return accepted
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: isShort = true
            default: break
            }
            return nil
        }
    }
}
