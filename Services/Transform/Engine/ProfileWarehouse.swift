internal import Kernel
internal import Project

/// The warehouse that a profile's target means, as the address of an engine.
struct ProfileWarehouse {
    private let target: Target
    private init(_ target: Target) { self.target = target }

    static func url(of target: Target) throws -> String {
        if let url = target.values["url"]?.stringValue { return url }
        let profile = ProfileWarehouse(target)
        switch target.type {
        case "sqlite": return try profile.sqlite()
        case "postgres": return try profile.postgres()
        default: throw profile.problem("dbt.unsupported", "a profile of type '\(target.type)' is not supported yet", remedy: "use type: sqlite or type: postgres")
        }
    }

    private func problem(_ code: ProblemCode, _ summary: String, remedy: String) -> PlainProblem {
        PlainProblem(code, summary, at: .named("profile \(target.profileName), target \(target.name)"), remedy: remedy)
    }

    // MARK: SQLite

    private func sqlite() throws -> String {
        let files = target.values["schemas_and_paths"]?.objectValue
        guard let path = files?["main"]?.stringValue ?? target.values["path"]?.stringValue else {
            throw problem(
                "dbt.no_path", "the profile does not say where its SQLite file is", remedy: "add schemas_and_paths: {main: /path/to/file.db}")
        }
        // A schema directory is how the existing adapter keeps schemas: each in a file of its own.
        guard let folder = text("schema_directory") else { return "sqlite://\(path)" }
        let others = (files?.pairs ?? []).filter { $0.key != "main" }.map { "&schema.\(Self.escaped($0.key))=\(Self.escaped($0.value.stringValue ?? ""))" }
        return "sqlite://\(Self.escaped(path))?schemas=\(Self.escaped(folder))\(others.joined())"
    }

    private static func escaped(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if "%?&=".utf8.contains(byte) { out += Array("%\(String(byte, radix: 16, uppercase: true))".utf8) } else { out.append(byte) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    // MARK: PostgreSQL

    /// Members that libpq knows by the same name.
    private static let parameters = [
        "sslmode", "sslcert", "sslkey", "sslrootcert", "connect_timeout", "keepalives_idle", "application_name", "role", "search_path",
    ]
    /// What dbt's adapter says where the profile does not: ten seconds to connect, and its name.
    private static let defaults = ["connect_timeout": "10", "application_name": "dbt"]

    /// As dbt's adapter reads it: `password` may be `pass`, `dbname` may be `database`; a `keepalives_idle` of 0 is the system's.
    private func postgres() throws -> String {
        let host = try required("host"), user = try required("user"), database = try required("dbname", "database")
        _ = try required("schema")
        var query = [("host", host), ("port", text("port") ?? "5432"), ("user", user), ("schema", target.schema)]
        if let password = text("password") ?? text("pass") { query.append(("password", password)) }
        for name in Self.parameters {
            guard let value = text(name) ?? Self.defaults[name], !value.isEmpty, name != "keepalives_idle" || value != "0" else { continue }
            query.append((name, value))
        }
        return "postgresql:///\(Self.encoded(database))?" + query.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
    }

    private func required(_ names: String...) throws -> String {
        for name in names { if let value = text(name), !value.isEmpty { return value } }
        throw problem("dbt.bad_profile", "the profile does not say its '\(names[0])'", remedy: "add \(names[0]): … to the target")
    }

    private func text(_ name: String) -> String? {
        guard let value = target.values[name], !value.isNull else { return nil }
        return value.stringValue ?? value.text()
    }

    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isPlain = (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || "-._~".utf8.contains(byte)
            if isPlain { encoded.unicodeScalars.append(Unicode.Scalar(byte)) } else { encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        }
        return encoded
    }
}
