internal import CPostgres
internal import Kernel
internal import WarehouseKit

/// What PostgreSQL refused, without the data that it refused.
///
/// The server's own words stay where they speak of the statement. Where they quote values of rows (class 22 of the SQLSTATE
/// codes, and the details of broken constraints) the quotes are left out.
struct PostgreSQLProblem: StatementProblem {
    let code: ProblemCode
    let summary: String
    let location: ProblemLocation
    let remedy: String
    let response: ProblemResponse
    /// Five characters of the standard; empty where the server did not come to say one.
    let state: String
    let excerpt: String?
    private(set) var isAdvised = false

    /// An error that came as a result. `sql` is the statement, to find the place in it.
    init(_ result: Result, _ connection: Connection, sql: String) {
        state = result.field(sluice_pg_sqlstate) ?? ""
        let message = result.field(sluice_pg_message) ?? Lines.trimmed(String(cString: libpq.PQresultErrorMessage(result.pointer)!))
        let context = result.field(sluice_pg_context) ?? ""
        var words = Self.withoutData(message, state)
        if let detail = Self.detail(result.field(sluice_pg_detail), state) { words += "; \(detail)" }
        if let copied = Self.copyPlace(context) { words += ", in \(copied)" }
        summary = "PostgreSQL: \(words)" + (state.isEmpty ? "" : " (\(state))")
        var place = connection.place
        if let position = result.field(sluice_pg_position).flatMap({ Int($0) }) {
            place = "SQL \(SQLText.lineAndColumn(in: sql, character: position)) in \(place)"
        } else if let function = context.split(separator: "\n").first(where: { $0.hasPrefix("PL/pgSQL function") }) {
            place = "\(function) in \(place)"
        }
        location = .named(place)
        excerpt = Self.excerpt(of: String(cString: libpq.PQresultErrorMessage(result.pointer)!), state)
        (code, response, remedy) = Self.verdict(connection.isLost ? "08006" : state, hint: result.field(sluice_pg_hint))
        isAdvised = result.field(sluice_pg_hint) != nil
    }

    /// A call that failed on this side: the connection is gone.
    init(_ connection: Connection) {
        state = "08006"
        excerpt = nil
        summary = "PostgreSQL: \(Lines.trimmed(libpq.PQerrorMessage(connection.pointer).map { String(cString: $0) } ?? "the connection is lost"))"
        location = .named(connection.place)
        (code, response, remedy) = Self.verdict(state, hint: nil)
    }

    /// `words` are libpq's, with the server's code in them: `FATAL:  28P01: password authentication failed for user "x"`.
    init(connecting words: String, to place: String) {
        let lines = words.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("LOCATION:") }
        var state = ""
        var told: [String] = []
        for line in lines {
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            if let place = parts.firstIndex(where: Self.isState), place > 0 {
                state = String(parts[place].dropLast())
                told.append(parts[(place + 1)...].joined(separator: " "))
            } else {
                told.append(Lines.trimmed(line))
            }
        }
        self.state = state
        excerpt = nil
        summary = "PostgreSQL: " + (told.isEmpty ? "no connection" : told.joined(separator: "; ")) + (state.isEmpty ? "" : " (\(state))")
        location = .named(place)
        if state.isEmpty {
            (code, response) = ("warehouse.unreachable", .retry(afterSeconds: 5))
            remedy = "check that the server runs, and its host, port and sslmode in the address; a password may be missing"
        } else {
            // "could not write init file" has no code of its own: what the server keeps of a database's catalog is written by the
            // first session to come, and a disk without room ends it there (write_item of PostgreSQL's relcache.c).
            (code, response, remedy) = Self.verdict(state == "XX000" && summary.contains("init file") ? "53100" : state, hint: nil)
        }
    }

    /// `28P01:`, and not `FATAL:`.
    private static func isState(_ word: Substring) -> Bool {
        let bytes = Array(word.utf8)
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        return bytes.count == 6 && bytes[5] == UInt8(ascii: ":") && bytes[..<5].contains(where: isDigit)
            && bytes[..<5].allSatisfy { isDigit($0) || ($0 >= 0x41 && $0 <= 0x5a) }
    }

    // MARK: Words

    /// `invalid input syntax for type integer: "abc"`, `value "99" is out of range for type smallint` without the part in quotes.
    private static func withoutData(_ message: String, _ state: String) -> String {
        guard state.hasPrefix("22") else { return message }
        let bytes = Array(message.utf8)
        guard let quote = bytes.firstIndex(of: UInt8(ascii: "\"")), let end = bytes.lastIndex(of: UInt8(ascii: "\"")) else { return message }
        let start = Lines.trimmed(String(decoding: bytes[..<quote], as: UTF8.self)).trimmingColon
        return Lines.trimmed("\(start) \(Lines.trimmed(String(decoding: bytes[(end + 1)...], as: UTF8.self)))")
    }

    private static func detail(_ detail: String?, _ state: String) -> String? {
        guard var detail, !detail.isEmpty else { return nil }
        if state.hasPrefix("22") { return nil }
        if state.hasPrefix("23") {
            // `Key (id)=(5) already exists.` and `Failing row contains (5, Ann).`
            guard detail.hasPrefix("Key ("), let values = detail.firstRange(of: ")=(") else { return nil }
            let end = detail[values.upperBound...].lastIndex(of: ")") ?? detail.endIndex
            detail = String(detail[..<values.lowerBound]) + ")" + String(detail[end...].dropFirst())
        }
        return detail.split(separator: "\n").joined(separator: ", ")
    }

    /// `LINE 3: select nothing from …` and the mark below it, as libpq draws them; not where the line may hold values of rows.
    private static func excerpt(of message: String, _ state: String) -> String? {
        guard !state.hasPrefix("22"), !state.hasPrefix("23") else { return nil }
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        guard let line = lines.firstIndex(where: { $0.hasPrefix("LINE ") }) else { return nil }
        return lines[line...].prefix(2).joined(separator: "\n")
    }

    /// `row 7, column a` from `COPY t, line 7, column a: "…"`.
    private static func copyPlace(_ context: String) -> String? {
        guard let line = context.split(separator: "\n").first(where: { $0.hasPrefix("COPY ") }), let start = line.firstRange(of: ", line ") else { return nil }
        let number = line[start.upperBound...].prefix { $0.isNumber }
        guard let column = line.firstRange(of: ", column ") else { return "row \(number)" }
        let name = line[column.upperBound...]
        return "row \(number), column \(name[..<(name.firstRange(of: ": \"")?.lowerBound ?? name.endIndex)])"
    }

    // MARK: What to do

    private static func verdict(_ state: String, hint: String?) -> (ProblemCode, ProblemResponse, String) {
        let verdict = verdict(state)
        return (verdict.0, verdict.1, hint.map { "\($0.split(separator: "\n").joined(separator: " "))" } ?? verdict.2)
    }

    private static func verdict(_ state: String) -> (ProblemCode, ProblemResponse, String) {
        switch state {
        case "40001", "40P01": return (WarehouseConflict.code, .retry(afterSeconds: 1), "try again: another transaction was first")
        case "55P03": return ("warehouse.busy", .retry(afterSeconds: 5), "another session holds the table; wait for it or end it (pg_stat_activity tells which)")
        case "57014": return ("warehouse.canceled", .stop, "the statement was canceled, or ran longer than statement_timeout allows: raise it, or make the statement cheaper")
        case "57P01", "57P02", "57P03", "25P03": return ("warehouse.connection_lost", .retry(afterSeconds: 2), "the server ended the connection; see its log")
        case "53100": return ("warehouse.disk_full", .retry(afterSeconds: 30), "free space on the server's disk")
        case "53300": return ("warehouse.busy", .retry(afterSeconds: 5), "the server has no connection left: raise max_connections, or run fewer writers")
        case "53200": return ("warehouse.busy", .retry(afterSeconds: 30), "the server has no memory left")
        case "58030": return ("warehouse.io", .retry(afterSeconds: 5), "check the server's disk")
        case "42501": return ("warehouse.forbidden", .stop, "grant this user the right, or name another user")
        case "3D000", "3F000", "25006": return ("warehouse.cannot_open", .stop, "check the database and the schema of the address")
        case "XX001", "XX002": return ("warehouse.damaged", .stop, "restore the database from a backup")
        default: break
        }
        switch state.prefix(2) {
        case "08": return ("warehouse.connection_lost", .retry(afterSeconds: 2), "the connection broke off; see that the server runs and its log")
        case "28": return ("warehouse.credentials_rejected", .stop, "check the user and the password of the address, and the server's pg_hba.conf")
        case "23": return ("warehouse.constraint", .stop, "correct the data or the constraint")
        default: return ("warehouse.sql", .stop, "correct the statement")
        }
    }
}

extension String {
    fileprivate var trimmingColon: String { hasSuffix(":") ? String(dropLast()) : self }
}
