internal import Jinja
internal import Kernel
internal import WarehouseKit

/// A table, view or ephemeral model as templates handle it: prints as SQL, tells its parts.
final class RelationObject: JinjaObject {
    let name: RelationName
    let kind: RelationInfo.Kind?
    /// The name of a common table expression, which stands for the relation; nil for one in the warehouse.
    let expression: String?
    private let includes: (schema: Bool, identifier: Bool)
    private let session: (any WarehouseSession)?

    init(
        _ name: RelationName, kind: RelationInfo.Kind? = nil, expression: String? = nil,
        includes: (schema: Bool, identifier: Bool) = (true, true), session: (any WarehouseSession)?
    ) {
        self.name = name
        self.kind = kind
        self.expression = expression
        self.includes = includes
        self.session = session
    }

    var typeName: String { "Relation" }

    var sql: String {
        if let expression { return expression }
        guard let session else {
            return [name.schema, name.identifier].filter { !$0.isEmpty }.map { "\"\($0)\"" }.joined(separator: ".")
        }
        if !includes.identifier || name.identifier.isEmpty { return session.quote(name.schema) }
        return session.render(includes.schema ? name : RelationName(schema: session.defaultSchema, identifier: name.identifier))
    }

    func text(_ interpreter: Interpreter) throws -> String { sql }

    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        switch attribute {
        case "database": name.database.isEmpty ? Value.none : .string(name.database)
        case "schema": .string(name.schema)
        case "identifier", "name", "table": .string(name.identifier)
        case "type": kind.map { .string($0.rawValue) } ?? (expression == nil ? Value.none : "cte")
        case "is_table": .bool(kind == .table)
        case "is_view": .bool(kind == .view)
        case "is_cte": .bool(expression != nil)
        case "is_materialized_view", "is_dynamic_table": false
        default: nil
        }
    }

    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "render": return .string(sql)
        case "include":
            let schema = arguments["schema"]?.asBool ?? includes.schema
            let identifier = arguments["identifier"]?.asBool ?? includes.identifier
            return .object(RelationObject(name, kind: kind, expression: expression, includes: (schema, identifier), session: session))
        case "without_identifier":
            return .object(RelationObject(RelationName(database: name.database, schema: name.schema, identifier: ""), includes: (true, false), session: session))
        case "quote": return .object(self)
        case "incorporate":
            var changed = name
            let path = arguments["path"]?.asDict
            if let schema = path?["schema"]?.asString { changed.schema = schema }
            if let identifier = path?["identifier"]?.asString { changed.identifier = identifier }
            if let database = path?["database"]?.asString { changed.database = database }
            let kind = arguments["type"]?.asString.flatMap(RelationInfo.Kind.init(rawValue:)) ?? self.kind
            return .object(RelationObject(changed, kind: kind, includes: includes, session: session))
        default: return nil
        }
    }

    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let relation = object as? RelationObject else { return false }
        return relation.name == name && relation.expression == expression
    }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
    func jsonValue() throws -> Value? { .string(sql) }
}

extension Value {
    var asBool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
}

/// A column as `adapter.get_columns_in_relation` gives it.
final class ColumnObject: JinjaObject {
    let info: ColumnInfo
    private let quoted: String

    init(_ info: ColumnInfo, quoted: String) {
        self.info = info
        self.quoted = quoted
    }

    var typeName: String { "Column" }
    func text(_ interpreter: Interpreter) throws -> String { "<Column \(info.name) (\(info.type))>" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "name", "column": .string(info.name)
        case "quoted": .string(quoted)
        case "dtype", "data_type": .string(info.type)
        default: nil
        }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let type = info.type.lowercased()
        let isInteger = type.contains("int")
        let isFloat = ["real", "floa", "doub"].contains { type.contains($0) }
        let isNumeric = ["numeric", "decimal"].contains { type.contains($0) }
        switch name {
        case "is_string": return .bool(["text", "char", "clob"].contains { type.contains($0) })
        case "is_integer": return .bool(isInteger)
        case "is_float": return .bool(isFloat)
        case "is_numeric": return .bool(isNumeric)
        case "is_number": return .bool(isInteger || isFloat || isNumeric)
        default: return nil
        }
    }
}
