internal import Jinja
internal import Kernel
internal import WarehouseKit

/// A table, view or ephemeral model as templates handle it: prints as SQL, tells its parts.
final class RelationObject: JinjaObject {
    /// Which of the three parts are written, or quoted.
    struct Parts: Hashable {
        var database = true, schema = true, identifier = true

        mutating func set(_ flags: JSONObject?) {
            database = flags?["database"]?.boolValue ?? database
            schema = flags?["schema"]?.boolValue ?? schema
            identifier = flags?["identifier"]?.boolValue ?? identifier
        }
    }
    /// Rows of one stretch of time: `select * from … where column >= start and column < end`.
    struct TimeFilter: Hashable {
        var column: String
        var start: String?
        var end: String?
    }

    var database: String?
    var schema: String?
    var identifier: String?
    /// dbt's word: `table`, `view`, `materialized_view`, `cte`, `external`; nil where nobody has looked.
    var kind: String?
    /// The name of a common table expression, which stands for the relation; nil for one in the warehouse.
    var expression: String?
    var includes = Parts()
    var quotes = Parts()
    var limit: Int?
    var timeFilter: TimeFilter?
    let dialect: Dialect

    init(_ name: RelationName, kind: String? = nil, expression: String? = nil, dialect: Dialect) {
        database = name.database.isEmpty ? nil : name.database
        schema = name.schema.isEmpty ? nil : name.schema
        identifier = name.identifier.isEmpty ? nil : name.identifier
        self.kind = kind
        self.expression = expression
        self.dialect = dialect
    }

    func copy() -> RelationObject {
        let copy = RelationObject(name, kind: kind, expression: expression, dialect: dialect)
        (copy.database, copy.schema, copy.identifier) = (database, schema, identifier)
        (copy.includes, copy.quotes, copy.limit, copy.timeFilter) = (includes, quotes, limit, timeFilter)
        return copy
    }

    var name: RelationName { RelationName(database: database ?? "", schema: schema ?? "", identifier: identifier ?? "") }
    var info: RelationInfo { RelationInfo(name: name, kind: RelationInfo.Kind(rawValue: kind ?? "") ?? .table) }
    var typeName: String { "Relation" }
    /// Packages tell a relation from a text by this, and by `metadata`.
    var isMapping: Bool { true }

    // MARK: As SQL

    /// The relation itself, without limits.
    var plainSQL: String { expression ?? dialect.render(self) }

    var sql: String {
        var text = plainSQL
        if let limit {
            let rows = limit == 0 ? "where false limit 0" : "limit \(limit)"
            text = "(select * from \(text) \(rows))\(dialect.alias("_dbt_limit_subq", identifier))"
        }
        guard let timeFilter else { return text }
        return "(select * from \(text) where \(dialect.condition(timeFilter)))\(dialect.alias("_dbt_et_filter_subq", identifier))"
    }

    func text(_ interpreter: Interpreter) throws -> String { sql }
    func representation(_ interpreter: Interpreter) throws -> String { "<\(className) \(plainSQL)>" }
    /// As dbt's adapter names the class.
    private var className: String { dialect.adapter == "postgres" ? "PostgresRelation" : dialect.adapter == "sqlite" ? "SQLiteRelation" : "BaseRelation" }

    // MARK: Members

    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        switch attribute {
        case "database": return text(database)
        case "schema": return text(schema)
        case "identifier", "name", "table": return text(identifier)
        case "type": return text(kind ?? (expression == nil ? nil : "cte"))
        case "is_table": return .bool(kind == "table")
        case "is_view": return .bool(kind == "view")
        case "is_cte": return .bool(expression != nil || kind == "cte")
        case "is_materialized_view": return .bool(kind == "materialized_view")
        case "is_pointer": return .bool(kind == "pointer")
        case "can_be_renamed": return .bool(Self.renameable.contains(kind ?? ""))
        case "can_be_replaced": return .bool(Self.renameable.contains(kind ?? ""))
        case "is_function": return .bool(kind == "function")
        case "limit": return limit.map { .int($0) } ?? .some(.none)
        case "path": return .object(RelationPartsObject("Path", text(database), text(schema), text(identifier)))
        case "include_policy": return Self.value(includes)
        case "quote_policy": return Self.value(quotes)
        case "quote_character": return "\""
        case "dbt_created": return false
        case "require_alias": return true
        case "catalog": return .some(.none)
        case "event_time_filter":
            return timeFilter.map { .dict([("field_name", .string($0.column)), ("start", text($0.start)), ("end", text($0.end))]) } ?? .some(.none)
        case "renameable_relations", "replaceable_relations": return ["table", "view"]
        case "metadata": return .dict([("type", .string(className))])
        case "Table", "View", "CTE", "MaterializedView", "External", "PointerTable", "Function", "get_relation_type": return RelationFactory.kind(attribute)
        default: return nil
        }
    }

    /// Which dbt's PostgreSQL adapter also calls replaceable.
    private static let renameable: Set<String> = ["table", "view"]
    private func text(_ part: String?) -> Value { part.map(Value.string) ?? Value.none }
    private static func value(_ parts: Parts) -> Value {
        .object(RelationPartsObject("Policy", .bool(parts.database), .bool(parts.schema), .bool(parts.identifier)))
    }

    /// What decides by which macro a function is made.
    private static func functionConfig(_ model: Value) throws -> Value {
        let config = model.asDict?["config"]?.asDict
        let language = model.asDict?["language"]?.asString ?? "sql"
        if language == "python" {
            for word in ["runtime_version", "entry_point"] where config?[word]?.asString == nil {
                throw CompilationError(
                    "compile.bad_function", "\(word == "entry_point" ? "An" : "A") `\(word)` is required for python functions", remedy: "add \(word) to the function's config")
            }
        }
        var found: [(String, Value)] = [("language", .string(language)), ("type", config?["type"] ?? "scalar")]
        for word in ["runtime_version", "entry_point"] { found.append((word, config?[word] ?? Value.none)) }
        return .dict(found)
    }

    static let methodNames: Set<String> = [
        "render", "render_limited", "include", "quote", "without_identifier", "incorporate", "replace_path", "replace", "matches", "information_schema",
        "information_schema_only", "quoted", "get", "to_dict", "relation_max_name_length", "get_function_config", "get_function_macro_name",
        "get_materialized_view_config_change_collection",
    ]
    var methods: Set<String> { Self.methodNames.union(RelationFactory.methodNames) }

    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "render": return .string(sql)
        case "render_limited": return .string(sql)
        case "include": return .object(try changed { try Self.set(&$0.includes, arguments, method) })
        case "quote": return .object(try changed { try Self.set(&$0.quotes, arguments, method) })
        case "without_identifier": return .object(changed { ($0.includes.identifier, $0.expression) = (false, nil) })
        case "incorporate": return .object(try incorporate(arguments))
        case "replace_path": return .object(changed { relation in for (name, value) in arguments.named { relation.set(name, value) } })
        case "replace":
            return .object(try incorporate(arguments))
        case "matches": return .bool(try matches(arguments))
        case "information_schema":
            let view = arguments.positional.first?.asString ?? arguments["view_name"]?.asString
            let relation = RelationObject(RelationName(database: database ?? "", schema: "INFORMATION_SCHEMA", identifier: view ?? ""), dialect: dialect)
            relation.quotes = Parts(database: true, schema: false, identifier: false)
            return .object(relation)
        case "information_schema_only":
            return .object(RelationObject(RelationName(database: database ?? "", schema: "INFORMATION_SCHEMA", identifier: ""), dialect: dialect))
        case "quoted":
            return .string(dialect.quote(try interpreter.text(arguments.positional.first ?? "")))
        case "get_function_config": return try Self.functionConfig(arguments.positional.first ?? arguments["model"] ?? .none)
        case "get_function_macro_name":
            let config = arguments.positional.first?.asDict ?? arguments["config"]?.asDict
            return .string("\(config?["type"]?.asString ?? "scalar")_function_\(config?["language"]?.asString ?? "sql")")
        case "relation_max_name_length": return .int(63)
        case "get_materialized_view_config_change_collection":
            let bound = try arguments.bound(method, required: 2, "relation_results", "relation_config")
            return IndexChanges.between(bound[0] ?? .none, and: bound[1] ?? .none)
        case "get": return try attribute(arguments.positional.first?.asString ?? "", interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : .none)
        case "to_dict":
            var fields: [(String, Value)] = []
            for name in ["path", "type", "quote_character", "include_policy", "quote_policy", "dbt_created", "limit", "event_time_filter", "require_alias", "catalog", "renameable_relations", "replaceable_relations"] {
                let value = try attribute(name, interpreter) ?? .none
                if case .object(let parts as RelationPartsObject) = value { fields.append((name, .dict(parts.fields))) } else { fields.append((name, value)) }
            }
            return .dict(fields)
        default: return try RelationFactory(dialect).callMethod(method, arguments, interpreter)
        }
    }

    /// Whether the parts that are given are this relation's, in the same case.
    private func matches(_ arguments: Arguments) throws -> Bool {
        let bound = try arguments.bound("matches", "database", "schema", "identifier")
        let wanted = zip(["database", "schema", "identifier"], bound).compactMap { name, value in value?.asString.map { (name, $0) } }
        guard !wanted.isEmpty else {
            throw CompilationError("compile.bad_relation", "Tried to match relation, but no search path was passed!", remedy: "pass a database, a schema or an identifier")
        }
        if wanted.allSatisfy({ name, value in part(name) == value }) { return true }
        func bare(_ text: String?) -> String { var text = (text ?? "None").lowercased()[...]; while text.first == "\"" { text = text.dropFirst() }; while text.last == "\"" { text = text.dropLast() }; return String(text) }
        guard wanted.allSatisfy({ name, value in bare(part(name)) == bare(value) }) else { return false }
        let target = RelationObject(
            RelationName(database: bound[0]?.asString ?? "", schema: bound[1]?.asString ?? "", identifier: bound[2]?.asString ?? ""), dialect: dialect)
        throw isNearly(target)
    }

    /// What is wrong where somebody looks for a relation whose name differs from this one's in case alone.
    func isNearly(_ target: RelationObject) -> CompilationError {
        CompilationError(
            "compile.approximate_match",
            "When searching for a relation, dbt found an approximate match. Instead of guessing \nwhich relation to use, dbt will move on. Please delete \(plainSQL), or rename it to be less ambiguous.\nSearched for: \(target.plainSQL)\nFound: \(plainSQL)",
            remedy: "")
    }

    private func part(_ name: String) -> String? { name == "database" ? database : name == "schema" ? schema : name == "identifier" ? identifier : nil }

    private func changed(_ change: (RelationObject) throws -> Void) rethrows -> RelationObject {
        let copy = copy()
        try change(copy)
        return copy
    }

    private static func set(_ parts: inout Parts, _ arguments: Arguments, _ method: String) throws {
        let bound = try arguments.bound("BaseRelation.\(method)", "database", "schema", "identifier")
        func flag(_ value: Value?, _ old: Bool) -> Bool { value.flatMap { $0.isNone ? nil : $0.asInt }.map { $0 != 0 } ?? old }
        parts.database = flag(bound[0], parts.database)
        parts.schema = flag(bound[1], parts.schema)
        parts.identifier = flag(bound[2], parts.identifier)
    }

    private func set(_ name: String, _ value: Value) {
        switch name {
        case "database": database = value.asString
        case "schema": schema = value.asString
        case "identifier": identifier = value.asString
        default: break
        }
    }

    private func incorporate(_ arguments: Arguments) throws -> RelationObject {
        let copy = copy()
        for (name, value) in arguments.named {
            switch name {
            case "path": for (key, part) in RelationPartsObject.pairs(of: value) { copy.set(key, part) }
            case "type": copy.kind = value.asString
            case "quote_policy": Self.set(&copy.quotes, value)
            case "include_policy": Self.set(&copy.includes, value)
            default: break
            }
        }
        return copy
    }

    private static func set(_ parts: inout Parts, _ value: Value) {
        for (key, flag) in RelationPartsObject.pairs(of: value) {
            switch key {
            case "database": parts.database = flag.asInt != 0
            case "schema": parts.schema = flag.asInt != 0
            case "identifier": parts.identifier = flag.asInt != 0
            default: break
            }
        }
    }

    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let relation = object as? RelationObject else { return false }
        return relation.name == name && relation.expression == expression && relation.kind == kind && relation.includes == includes && relation.quotes == quotes
            && relation.limit == limit && relation.timeFilter == timeFilter
    }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
    func isTrue() throws -> Bool { true }
    func jsonValue() throws -> Value? { .string(sql) }
}
