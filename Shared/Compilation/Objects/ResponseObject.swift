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

    /// Of PostgreSQL's words, of several statements the last one's: `INSERT 0 2`, `SELECT 3`, `CREATE VIEW`.
    convenience init(answer: String, rows: Int) {
        let words = answer.split(separator: " ").filter { Int($0) == nil }.joined(separator: " ")
        // Where the words have no number, the driver says -1.
        self.init(answer, code: words, rows: words == answer ? -1 : rows)
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
