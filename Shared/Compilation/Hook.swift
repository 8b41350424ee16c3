internal import Jinja
public import Kernel

/// A statement that runs before or after a node: `pre_hook`, `post_hook`.
public struct Hook: Hashable, Sendable {
    public var sql: String
    /// Whether it runs inside the node's transaction.
    public var isInTransaction: Bool

    public init(sql: String, isInTransaction: Bool = true) {
        self.sql = sql
        self.isInTransaction = isInTransaction
    }

    /// As a configuration writes them: texts, maps with `sql` and `transaction`, or such a map as JSON, which is what
    /// `before_begin` and `after_commit` print.
    public static func all(_ setting: JSON?) -> [Hook] {
        switch setting {
        case .string(let text): [written(text)]
        case .object(let object): [map(object)].compactMap { $0 }
        case .array(let items): items.flatMap { all($0) }
        default: []
        }
    }

    private static func written(_ text: String) -> Hook {
        guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"), let json = try? JSON(parsing: text), let object = json.objectValue, let hook = map(object)
        else { return Hook(sql: text) }
        return hook
    }

    private static func map(_ object: JSONObject) -> Hook? {
        object["sql"]?.stringValue.map { Hook(sql: $0, isInTransaction: object["transaction"]?.boolValue ?? true) }
    }

    var value: Value { .dict([("sql", .string(sql)), ("transaction", .bool(isInTransaction))]) }
}
