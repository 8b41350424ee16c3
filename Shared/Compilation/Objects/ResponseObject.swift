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

    /// By the engine's own word: `INSERT 0 5` is of five rows. What has no rows has no number there, and -1 here, as the driver says.
    convenience init(_ answer: String?, rows: Int) {
        guard let answer else {
            self.init("OK", rows: rows)
            return
        }
        let words = answer.split(separator: " ")
        self.init(answer, code: words.filter { Int($0) == nil }.joined(separator: " "), rows: words.last.flatMap { Int($0) } ?? -1)
    }

    var typeName: String { "AdapterResponse" }
    func text(_ interpreter: Interpreter) throws -> String { message }
    func representation(_ interpreter: Interpreter) throws -> String {
        let members: [(String, Value)] = [("_message", .string(message)), ("code", code.map(Value.string) ?? Value.none), ("rows_affected", rows.map(Value.int) ?? Value.none)]
        let words = try members.map { "\($0.0)=\(try interpreter.representation(of: $0.1))" }
        return "AdapterResponse(\(words.joined(separator: ", ")), query_id=None)"
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        // Jinja keeps what begins so to itself.
        case "_message": nil
        case "code": code.map(Value.string) ?? Value.none
        case "rows_affected": rows.map { .int($0) } ?? .some(.none)
        case "query_id": Value.none
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
