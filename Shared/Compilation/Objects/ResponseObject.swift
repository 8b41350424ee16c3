internal import Jinja

/// What an engine answers to a statement: `load_result('main').response`.
final class ResponseObject: JinjaObject {
    let message: String
    let code: String?
    let rows: Int?

    init(_ message: String, code: String? = nil, rows: Int? = nil) {
        self.message = message
        self.code = code
        self.rows = rows
    }

    /// By the kind of the statement: PostgreSQL's words; other engines say OK.
    convenience init(_ sql: String, rows: Int, dialect: Dialect) {
        guard dialect.adapter != "sqlite" else {
            self.init("OK", rows: rows)
            return
        }
        let words = Self.firstWords(sql)
        switch words.first {
        case "INSERT": self.init("INSERT 0 \(rows)", code: "INSERT", rows: rows)
        case "UPDATE", "DELETE", "MERGE", "SELECT": self.init("\(words[0]) \(rows)", code: words[0], rows: rows)
        case "CREATE" where words.contains("TABLE") && words.contains("AS"): self.init("SELECT \(rows)", code: "SELECT", rows: rows)
        case "WITH": self.init("SELECT \(rows)", code: "SELECT", rows: rows)
        case "CREATE" where words.contains("FUNCTION"): self.init(withoutRows: "CREATE FUNCTION")
        // Its word for what has no rows has no number either: the driver says -1 for them.
        case "CREATE": self.init(withoutRows: "CREATE \(words.contains("VIEW") ? "VIEW" : "TABLE")")
        default: self.init(withoutRows: words.prefix(2).joined(separator: " "))
        }
    }

    private convenience init(withoutRows answer: String) { self.init(answer, code: answer, rows: -1) }

    private static func firstWords(_ sql: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var isQuoted = false
        for byte in sql.utf8.prefix(2_000) {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            let isLetter = !isQuoted && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            if isLetter { word.append(byte & 0xdf); continue }
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)); word = [] }
            if words.count >= 8 { break }
        }
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }

    var typeName: String { "AdapterResponse" }
    func text(_ interpreter: Interpreter) throws -> String { message }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "_message", "message": .string(message)
        case "code": code.map(Value.string) ?? Value.none
        case "rows_affected": rows.map { .int($0) } ?? .some(.none)
        default: nil
        }
    }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "get": try attribute(arguments.positional.first?.asString ?? "", interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : .none)
        case "to_dict": try jsonValue()
        default: nil
        }
    }
    func jsonValue() throws -> Value? {
        .dict([("_message", .string(message)), ("code", code.map(Value.string) ?? .none), ("rows_affected", rows.map { .int($0) } ?? .none)])
    }
}
