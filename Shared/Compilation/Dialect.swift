internal import Project
internal import WarehouseKit

/// How one adapter writes names and types.
struct Dialect {
    let adapter: String
    private let session: (any WarehouseSession)?

    init(_ adapter: String, session: (any WarehouseSession)?) {
        self.adapter = adapter
        self.session = session
    }

    /// A schema is the beginning of a relation's name and no part of its own.
    var joinsSchema: Bool { adapter == "sqlite" }
    var incrementalStrategies: [String] { ["append", "delete+insert", "merge", "microbatch"] }

    /// The prefixes of macros made for this adapter, its own first.
    var prefixes: [String] { adapter == "redshift" ? ["redshift", "postgres", "default"] : [adapter, "default"] }

    // MARK: Names

    func quote(_ identifier: String) -> String {
        session?.quote(identifier) ?? "\"\(identifier)\""
    }

    func render(_ relation: RelationObject) -> String {
        let identifier = relation.includes.identifier ? relation.identifier : nil
        if joinsSchema {
            guard let identifier else { return quoted(relation.schema ?? "", relation.quotes.schema) }
            guard relation.includes.schema, let schema = relation.schema, let session else { return quoted(identifier, relation.quotes.identifier) }
            return session.render(RelationName(database: relation.database ?? "", schema: schema, identifier: identifier))
        }
        var parts: [String] = []
        if relation.includes.database, let database = relation.database { parts.append(quoted(database, relation.quotes.database)) }
        if relation.includes.schema, let schema = relation.schema { parts.append(quoted(schema, relation.quotes.schema)) }
        if let identifier { parts.append(quoted(identifier, relation.quotes.identifier)) }
        return parts.joined(separator: ".")
    }

    /// What a relation can be renamed to: its own name, without the schema where that is a part of its own.
    func nameInPlace(_ relation: RelationObject) -> String {
        guard joinsSchema, let session else { return quote(relation.identifier ?? "") }
        let name = session.render(relation.name)
        return name.firstIndex(of: "\"").map { String(name[$0...]) } ?? name
    }

    private func quoted(_ part: String, _ isQuoted: Bool) -> String { isQuoted ? quote(part) : part }

    /// What stands behind a subquery that takes a relation's place.
    func alias(_ prefix: String, _ identifier: String?) -> String { " \(prefix)_\(identifier ?? "")" }

    func condition(_ filter: RelationObject.TimeFilter) -> String {
        var parts: [String] = []
        if let start = filter.start { parts.append(boundary(filter.column, ">=", start)) }
        if let end = filter.end { parts.append(boundary(filter.column, "<", end)) }
        return parts.isEmpty ? "1 = 1" : parts.joined(separator: " and ")
    }
    private func boundary(_ column: String, _ comparison: String, _ time: String) -> String {
        adapter == "sqlite" ? "datetime(\(column)) \(comparison) datetime('\(time)')" : "\(column) \(comparison) '\(time)'"
    }

    // MARK: Types

    /// The word for one of dbt's general types; any other word is a type already.
    func translate(_ type: String) -> String { Self.translate(type) }
    static func translate(_ type: String) -> String {
        // Both engines know the other words as they are, so their adapters have one of their own for text alone.
        type.uppercased() == "STRING" ? "TEXT" : type
    }

    /// What a query's column is said to be: PostgreSQL's types by the families that dbt's driver tells apart, without their sizes,
    /// so that a contract's `varchar(20)` holds for a query that gives `text`. Elsewhere the engine's own word.
    func queryType(_ type: String) -> String {
        guard prefixes.contains("postgres") else { return type }
        let isArray = type.hasSuffix("[]")
        var word = isArray ? String(type.dropLast(2)) : type
        if let open = word.firstIndex(of: "("), let close = word.lastIndex(of: ")") { word = String(word[..<open]) + String(word[word.index(after: close)...]) }
        guard let family = Self.postgresFamilies[word.lowercased()] else { return type }
        return isArray ? "\(family)ARRAY" : translate(family)
    }

    private static let postgresFamilies: [String: String] = [
        "boolean": "BOOLEAN", "bytea": "BINARY", "smallint": "INTEGER", "integer": "INTEGER", "bigint": "LONGINTEGER", "oid": "ROWID", "real": "FLOAT",
        "double precision": "FLOAT", "numeric": "DECIMAL", "text": "STRING", "character varying": "STRING", "character": "STRING", "name": "STRING", "\"char\"": "STRING",
        "date": "DATE", "time without time zone": "TIME", "time with time zone": "TIME", "timestamp without time zone": "DATETIME",
        "timestamp with time zone": "DATETIMETZ", "interval": "INTERVAL", "json": "JSON", "jsonb": "JSONB",
    ]

    /// The type of a seed's column.
    func word(for kind: TableKind) -> String {
        switch (kind, adapter) {
        case (.integer, "sqlite"), (.boolean, "sqlite"): "INT"
        case (.number, "sqlite"): "REAL"
        case (_, "sqlite"): "TEXT"
        case (.integer, _): "integer"
        case (.number, _): "float8"
        case (.boolean, _): "boolean"
        case (.date, _): "date"
        case (.timestamp, _): "timestamp without time zone"
        case (.text, _): "text"
        }
    }
}

/// What the values of a table's column are.
public enum TableKind: Hashable, Sendable {
    case integer, number, boolean, date, timestamp, text
}
