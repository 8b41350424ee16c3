internal import Jinja
internal import Kernel
internal import WarehouseKit

extension AdapterObject {
    func relation(_ value: Value?) -> RelationObject? {
        if case .object(let object)? = value { object as? RelationObject } else { nil }
    }

    /// What the warehouse is asked or told; nil for a method that is none of these.
    func callOnWarehouse(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let session = try compiler.openSession()
        switch name {
        case "get_relation": return try getRelation(arguments, session)
        case "get_columns_in_relation":
            return try compiler.call("get_columns_in_relation", [arguments.positional.first ?? arguments["relation"] ?? .none], interpreter)
        case "described_columns":
            // dbt asks by a statement, which begins what may be committed then.
            try compiler.noteStatement("select", begins: true)
            // It asks information_schema, which has none of materialized views.
            guard let relation = relation(arguments.positional.first), try session.relation(relation.name)?.kind != .materializedView else { return [] }
            return .list(try columns(of: relation, session).map { .object($0) })
        case "get_missing_columns":
            let bound = try arguments.bound("get_missing_columns", required: 2, "from_relation", "to_relation")
            let known = Set(try columnObjects(bound[1], interpreter).map { $0.name.lowercased() })
            return .list(try columnObjects(bound[0], interpreter).filter { !known.contains($0.name.lowercased()) }.map { .object($0) })
        case "expand_target_column_types":
            let bound = try arguments.bound("expand_target_column_types", required: 2, "from_relation", "to_relation")
            try expand(bound[0] ?? .none, bound[1] ?? .none, interpreter)
            return Value.none
        case "get_column_schema_from_query":
            let result = try session.query(try interpreter.text(arguments.positional.first ?? arguments["sql"] ?? ""), [], rowsMax: 0)
            return .list(result.columns.indices.map { .object(ColumnObject(result.columns[$0], compiler.dialect.queryType(result.types[$0]), dialect: compiler.dialect)) })
        case "check_schema_exists":
            let bound = try arguments.bound("check_schema_exists", required: 2, "database", "schema")
            let schema = RelationObject(RelationName(database: bound[0]?.asString ?? "", schema: "INFORMATION_SCHEMA", identifier: ""), dialect: compiler.dialect)
            guard case .object(let object)? = try compiler.call("check_schema_exists", [.object(schema), bound[1] ?? .none], interpreter), let table = object as? TableObject
            else { return false }
            return .bool(table.table.rows.first?.first.map { $0 != .integer(0) && $0 != .text("0") } ?? false)
        case "list_schemas":
            guard case .object(let object)? = try compiler.call("list_schemas", [arguments.positional.first ?? .none], interpreter), let table = object as? TableObject else { return [] }
            return .list(table.table.rows.compactMap { $0.first.map { .string($0.shown) } })
        case "list_relations_without_caching":
            return try compiler.call("list_relations_without_caching", [schemaRelation(arguments)], interpreter)
        case "list_relations": return try compiler.call("list_relations_without_caching", [schemaRelation(arguments)], interpreter)
        case "described_relations":
            guard let schema = relation(arguments.positional.first)?.schema else { return [] }
            return .list(try session.relations(inSchema: schema).map { .object(found($0)) })
        case "execute", "run_sql_for_tests": return try execute(arguments, interpreter)
        case "add_query": return try addQuery(arguments, interpreter, session)
        case "insert_rows":
            try insertRows(arguments, session)
            return ""
        case "publish_relation":
            let bound = try arguments.bound("publish_relation", required: 2, "staged", "target")
            if let staged = relation(bound[0]), let target = relation(bound[1]) { try session.publish(staged: staged.name, as: target.name) }
            return ""
        case "may_read":
            let bound = try arguments.bound("may_read", required: 2, "sql", "relation")
            guard let relation = relation(bound[1]) else { return true }
            return .bool(session.mayRead(relation.name, in: try interpreter.text(bound[0] ?? "")))
        case "retire_relation":
            if let old = relation(arguments.positional.first) { try session.drop(old.info) }
            return ""
        case "forget_schema":
            try session.forgetSchema(arguments.positional.first?.asString ?? "")
            return ""
        case "make_schema":
            try session.createSchema(arguments.positional.first?.asString ?? "")
            return ""
        case "name_in_place": return relation(arguments.positional.first).map { .string(compiler.dialect.nameInPlace($0)) } ?? .some(.none)
        case "view_definition":
            guard let relation = relation(arguments.positional.first) else { return Value.none }
            return try viewDefinition(relation, session)
        case "is_put_back": return .bool(try relation(arguments.positional.first).map { try session.isPutBack($0.name) } ?? false)
        default: return try change(name, arguments, interpreter, session)
        }
    }

    /// What changes relations: each is a macro that a project may have its own version of.
    private func change(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter, _ session: any WarehouseSession) throws -> Value? {
        switch name {
        case "drop_relation":
            guard let relation = relation(arguments.positional.first ?? arguments["relation"]) else { return "" }
            guard relation.kind != nil else {
                throw CompilationError(
                    "compile.no_type", "Tried to drop relation \(try interpreter.text(.object(relation))), but its type is null.",
                    remedy: "take it from adapter.get_relation, or give it a type: relation.incorporate(type='table')")
            }
            _ = try compiler.call("drop_relation", [.object(relation)], interpreter)
        case "truncate_relation":
            _ = try compiler.call("truncate_relation", [arguments.positional.first ?? arguments["relation"] ?? .none], interpreter)
        case "rename_relation":
            let bound = try arguments.bound("rename_relation", required: 2, "from_relation", "to_relation")
            guard let from = relation(bound[0]) else { return "" }
            _ = try compiler.call("rename_relation", [.object(try known(from, session)), bound[1] ?? .none], interpreter)
        case "create_schema": _ = try compiler.call("create_schema", [arguments.positional.first ?? arguments["relation"] ?? .none], interpreter)
        case "drop_schema":
            let hasLedger = try Ledger.existing(on: session) != nil
            _ = try compiler.call("drop_schema", [arguments.positional.first ?? arguments["relation"] ?? .none], interpreter)
            // It may have been the one with the note of what this node does.
            if hasLedger, let node = compiler.frame.node, node.resourceType != .operation { try Ledger.restore(on: session) }
        default: return nil
        }
        return ""
    }

    /// The relation with its kind, which templates need not state.
    private func known(_ relation: RelationObject, _ session: any WarehouseSession) throws -> RelationObject {
        guard relation.kind == nil, let info = try session.relation(compiler.catalogueName(of: relation.name)) else { return relation }
        let copy = relation.copy()
        copy.kind = info.kind.rawValue
        return copy
    }

    // MARK: Relations

    private func getRelation(_ arguments: Arguments, _ session: any WarehouseSession) throws -> Value {
        let bound = try arguments.bound("get_relation", "database", "schema", "identifier")
        let name = compiler.catalogueName(of: RelationName(database: bound[0]?.asString ?? "", schema: bound[1]?.asString ?? "", identifier: bound[2]?.asString ?? ""))
        // An operation has no cache of relations: dbt asks for it by a statement.
        if compiler.frame.node == nil { try compiler.noteStatement("select", begins: true) }
        if let other = try nearMatch(of: name, session) { throw other.isNearly(found(RelationInfo(name: name, kind: .table))) }
        guard let info = try session.relation(name) else { return .none }
        return .object(found(RelationInfo(name: name, kind: info.kind)))
    }

    /// Another relation beside this one, whose name differs in case alone: as in dbt, nobody can be sure which is meant.
    private func nearMatch(of name: RelationName, _ session: any WarehouseSession) throws -> RelationObject? {
        guard compiler.dialect.adapter == "postgres" else { return nil }
        let small = name.identifier.lowercased()
        let near = try compiler.namesWithCapitals(in: name.schema, session)[small] ?? []
        for identifier in near.union([small]).subtracting([name.identifier]).sorted() {
            let other = RelationInfo(name: RelationName(database: name.database, schema: name.schema, identifier: identifier), kind: .table)
            if try session.relation(other.name) != nil { return found(other) }
        }
        return nil
    }

    private func found(_ info: RelationInfo) -> RelationObject {
        let relation = RelationObject(info.name, kind: info.kind.rawValue, dialect: compiler.dialect)
        compiler.quote(relation)
        return relation
    }

    private func schemaRelation(_ arguments: Arguments) throws -> Value {
        if let relation = arguments.positional.first ?? arguments["schema_relation"], case .object = relation { return relation }
        let bound = try arguments.bound("list_relations", "database", "schema")
        let name = RelationName(database: bound[0]?.asString ?? "", schema: (bound[1] ?? bound[0])?.asString ?? "", identifier: "")
        return .object(RelationObject(name, dialect: compiler.dialect))
    }

    private func viewDefinition(_ relation: RelationObject, _ session: any WarehouseSession) throws -> Value {
        let rendered = relation.plainSQL
        let name = compiler.dialect.nameInPlace(relation)
        let plain = name.filter { $0 != "\"" }
        let schema = rendered == name ? "" : String(rendered.dropLast(name.count))
        guard case .text(let sql)? = try session.query("select sql from \(schema)sqlite_schema where type = 'view' and name = ? collate nocase", [.text(plain)], rowsMax: 1).rows.first?.first,
            let range = sql.lowercased().firstRange(ofWord: "as")
        else {
            throw CompilationError("compile.missing_relation", "there is no view \(relation.sql)", remedy: "look it up with adapter.get_relation first")
        }
        return .string(String(decoding: Array(sql.utf8).dropFirst(range), as: UTF8.self))
    }

    // MARK: Columns

    private func columns(of relation: RelationObject, _ session: any WarehouseSession) throws -> [ColumnObject] {
        try session.columns(of: relation.name).map { ColumnObject($0.name, described: $0.type, dialect: compiler.dialect) }
    }

    private func columnObjects(_ relation: Value?, _ interpreter: Interpreter) throws -> [ColumnObject] {
        let columns = try compiler.call("get_columns_in_relation", [relation ?? .none], interpreter)
        return columns?.asList?.compactMap { if case .object(let object) = $0 { object as? ColumnObject } else { nil } } ?? []
    }

    private func expand(_ from: Value, _ to: Value, _ interpreter: Interpreter) throws {
        // Only text of a stated length can be too short.
        guard compiler.dialect.adapter != "sqlite" else { return }
        let wanted = Dictionary(try columnObjects(from, interpreter).map { ($0.name, $0) }) { first, _ in first }
        for column in try columnObjects(to, interpreter) {
            guard let other = wanted[column.name], column.canExpand(to: other) else { continue }
            let type = ColumnObject.string(other.charSize ?? 256)
            _ = try compiler.call("alter_column_type", [to, .string(column.name), .string(type)], interpreter)
        }
    }

    // MARK: Statements

    private func execute(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("execute", required: 1, "sql", "auto_begin", "fetch", "limit")
        let (response, table) = try compiler.run(try interpreter.text(bound[0] ?? ""), fetches: bound[2]?.asInt == 1, begins: bound[1]?.asInt == 1)
        return .tuple([.object(response), .object(table ?? compiler.object(Table(names: [], kinds: [], rows: [])))])
    }

    private func addQuery(_ arguments: Arguments, _ interpreter: Interpreter, _ session: any WarehouseSession) throws -> Value {
        let bound = try arguments.bound("add_query", required: 1, "sql", "auto_begin", "bindings", "abridge_sql_log")
        let sql = try interpreter.text(bound[0] ?? "")
        guard let bindings = bound[2]?.asList else {
            _ = try compiler.run(sql, fetches: false, begins: bound[1]?.asInt != 0)
            return ""
        }
        // A place for a value is %s for some engines and ? for others; a session's own is always ?.
        let places = sql.split(separator: "%s", omittingEmptySubsequences: false).joined(separator: "?")
        try compiler.noteStatement(sql, begins: bound[1]?.asInt != 0)
        try session.execute(try compiler.sending(places), bindings.map(SQLValue.init))
        return ""
    }

    /// Fewer than any engine's bound on the values of one statement.
    private static let valuesMax = 900

    private func insertRows(_ arguments: Arguments, _ session: any WarehouseSession) throws {
        let bound = try arguments.bound("insert_rows", required: 3, "relation", "columns", "table")
        guard let relation = relation(bound[0]), let columns = bound[1]?.asString, case .object(let object)? = bound[2], let table = (object as? TableObject)?.table, !table.names.isEmpty
        else { return }
        let places = "(" + table.names.map { _ in "?" }.joined(separator: ", ") + ")"
        let insert = "insert into \(relation.sql) (\(columns)) values "
        let rowsPerStatement = max(1, Self.valuesMax / table.names.count)
        var start = 0
        while start < table.rows.count {
            let chunk = table.rows[start..<min(start + rowsPerStatement, table.rows.count)]
            try session.execute(insert + chunk.map { _ in places }.joined(separator: ", "), Array(chunk.joined()))
            start += rowsPerStatement
        }
    }
}

extension SQLValue {
    /// A template's value on its way into a statement.
    init(_ value: Value) {
        switch value {
        case .none, .undefined: self = .null
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .int(let number): self = .integer(Int64(number))
        case .big(let number): self = .text(number.digits)
        case .double(let number): self = .double(number)
        case .string(let text): self = .text(text)
        case .object(let object as DecimalObject):
            let number = object.number
            if number.exponent >= 0, let whole = number.integer { self = .integer(Int64(whole)) } else { self = .text(number.text) }
        default:
            if case .object(let object) = value, let text = (try? object.jsonValue())?.asString { self = .text(text) } else { self = .text(value.json?.text() ?? "") }
        }
    }
}

extension String {
    /// The place behind the first `word` that stands alone.
    fileprivate func firstRange(ofWord word: String) -> Int? {
        let bytes = Array(utf8)
        let wanted = Array(word.utf8)
        var isQuoted = false
        for place in bytes.indices.dropFirst() {
            if bytes[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard !isQuoted, bytes[place...].starts(with: wanted), bytes[place - 1] <= 0x20 || bytes[place - 1] == UInt8(ascii: "\""),
                place + wanted.count < bytes.count, bytes[place + wanted.count] <= 0x20 || bytes[place + wanted.count] == UInt8(ascii: "(")
            else { continue }
            return place + wanted.count
        }
        return nil
    }
}
