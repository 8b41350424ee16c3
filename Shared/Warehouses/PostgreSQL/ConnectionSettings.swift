internal import CPostgres
internal import Kernel
internal import WarehouseKit

/// What a connection is made with. It holds the password, so it is never printed: `place` is.
struct ConnectionSettings: Sendable {
    /// What libpq takes, by its own names.
    private(set) var parameters: [(key: String, value: String)] = []
    private(set) var schema = "public"
    private(set) var searchPath: String?
    private(set) var role: String?
    private(set) var statementTimeout: String?
    /// Seconds until a server that does not answer is given up.
    private(set) var connectSeconds = 30
    /// `host:port/database`, for messages.
    private(set) var place = ""

    init(_ address: WarehouseAddress) throws {
        // libpq refuses parameters that it does not know, so ours are taken out first.
        var rest = address.rest
        if let question = rest.utf8.lastIndex(of: UInt8(ascii: "?")) {
            var kept: [Substring] = []
            for pair in rest[rest.index(after: question)...].split(separator: "&") where try !takeOwn(pair, address) { kept.append(pair) }
            rest = String(rest[..<question]) + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
        }
        try parse("postgresql://" + rest, address)
        if !parameters.contains(where: { $0.key == "application_name" }) { parameters.append(("fallback_application_name", "sluice")) }
        // Names in SQL and texts of rows are UTF-8 throughout, whatever the database's own encoding is.
        parameters.removeAll { $0.key == "client_encoding" }
        parameters.append(("client_encoding", "UTF8"))
        func value(_ key: String) -> String? { parameters.first { $0.key == key }?.value }
        // libpq reads it into 32 bits.
        connectSeconds = value("connect_timeout").flatMap { Int($0) }.flatMap { $0 > 0 ? min($0, Int(Int32.max)) : nil } ?? connectSeconds
        place = (value("host") ?? value("hostaddr") ?? "localhost") + (value("port").map { ":\($0)" } ?? "") + (value("dbname").map { "/\($0)" } ?? "")
    }

    private mutating func takeOwn(_ pair: Substring, _ address: WarehouseAddress) throws -> Bool {
        guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let key = pair[..<equals]
        guard ["schema", "search_path", "role", "statement_timeout"].contains(key) else { return false }
        guard let value = Self.decoded(pair[pair.index(after: equals)...]), !value.isEmpty else {
            throw PlainProblem(
                "warehouse.bad_address", "the parameter '\(key)' of the warehouse's address cannot be read", at: .named(address.description),
                remedy: "write characters other than letters and digits as %XX")
        }
        switch key {
        case "schema": schema = value
        case "search_path": searchPath = value
        case "role": role = value
        default: statementTimeout = value
        }
        return true
    }

    private mutating func parse(_ url: String, _ address: WarehouseAddress) throws {
        try LibPQ.require()
        var message: UnsafeMutablePointer<CChar>?
        guard let options = libpq.PQconninfoParse(url, &message) else {
            let words = message.map { String(cString: $0) } ?? ""
            libpq.PQfreemem(message)
            // Other messages of libpq quote the part that they stumble over, which may be the password.
            let isKey = words.hasPrefix("invalid URI query parameter")
            throw PlainProblem(
                "warehouse.bad_address", "libpq cannot read the warehouse's address" + (isKey ? ": \(words.split(separator: "\n")[0])" : ""),
                at: .named(address.description),
                remedy: "write it as postgresql://user:password@host:5432/database?schema=name, with %XX for special characters in its parts")
        }
        defer { libpq.PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
    }

    /// Undoes `%XX`; nil where it is broken.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else { bytes.append(byte); continue }
            guard rest.count >= 2, let value = UInt8(String(decoding: Array(rest.prefix(2)), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
