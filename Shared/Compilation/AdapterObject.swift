internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// `adapter`: what templates ask of the warehouse.
final class AdapterObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }

    var typeName: String { "Adapter" }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "dispatch": return try dispatch(arguments, interpreter)
        case "type": return .string(compiler.manifest.target.type)
        case "quote":
            let text = try interpreter.text(arguments.positional.first ?? "")
            return .string(compiler.session?.quote(text) ?? "\"\(text)\"")
        case "commit", "clear_transaction": return ""
        default: break
        }
        // Parse mode has no warehouse: questions are answered with nothing, as in dbt.
        guard compiler.frame.mode == .execute else { return ["get_columns_in_relation", "list_relations"].contains(name) ? [] : Value.none }
        guard let session = compiler.session else { return nil }
        let relation = arguments.positional.first.flatMap(Self.relation) ?? arguments["relation"].flatMap(Self.relation)
        switch name {
        case "get_relation", "load_relation": return try getRelation(arguments, session)
        case "get_columns_in_relation":
            guard let relation else { return [] }
            return .list(try session.columns(of: relation.name).map { .object(ColumnObject($0, quoted: session.quote($0.name))) })
        case "get_missing_columns":
            guard let relation, arguments.positional.count > 1, let other = Self.relation(arguments.positional[1]) else { return [] }
            let known = Set(try session.columns(of: other.name).map { $0.name.lowercased() })
            return .list(try session.columns(of: relation.name).filter { !known.contains($0.name.lowercased()) }.map { .object(ColumnObject($0, quoted: session.quote($0.name))) })
        case "check_schema_exists": return true
        case "create_schema":
            if let relation { try session.createSchema(relation.name.schema) }
            return ""
        case "drop_relation":
            if let relation, let info = try session.relation(relation.name) { try session.drop(info) }
            return ""
        case "rename_relation":
            guard let relation, arguments.positional.count > 1, let target = Self.relation(arguments.positional[1]) else { return "" }
            try session.publish(staged: relation.name, as: target.name)
            return ""
        case "truncate_relation":
            if let relation { try session.execute("delete from \(session.render(relation.name))") }
            return ""
        case "list_relations_without_caching", "list_relations":
            guard let schema = relation?.name.schema ?? arguments["schema"]?.asString else { return [] }
            return .list(try session.relations(inSchema: schema).map { .object(RelationObject($0.name, kind: $0.kind, session: session)) })
        default: return nil
        }
    }

    private static func relation(_ value: Value) -> RelationObject? {
        if case .object(let object) = value { object as? RelationObject } else { nil }
    }

    private func getRelation(_ arguments: Arguments, _ session: any WarehouseSession) throws -> Value {
        let bound = try arguments.bound("get_relation", "database", "schema", "identifier")
        let name = RelationName(database: bound[0]?.asString ?? "", schema: bound[1]?.asString ?? "", identifier: bound[2]?.asString ?? "")
        guard let info = try session.relation(name) else { return .none }
        return .object(RelationObject(name, kind: info.kind, session: session))
    }

    /// The macro of the running adapter, or the default one: `sqlite__name`, `default__name`, in dbt's order of packages.
    private func dispatch(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("dispatch", required: 1, "macro_name", "macro_namespace", "packages")
        let name = bound[0]?.asString ?? ""
        if name.contains(".") {
            throw CompilationError("compile.bad_dispatch", "dispatch() takes the package as its second argument", remedy: "write adapter.dispatch('\(name.split(separator: ".").last ?? "")', '\(name.split(separator: ".").first ?? "")')")
        }
        let namespace = bound[1]?.asString
        var packages = compiler.manifest.searchOrder(namespace: namespace)
        if !packages.contains(compiler.frame.package), namespace == nil { packages.insert(compiler.frame.package, at: 0) }
        if !packages.contains("dbt") { packages.append("dbt") }
        let type = compiler.manifest.target.type
        var tried: [String] = []
        for prefix in Self.prefixes(of: type) {
            for package in packages {
                let full = "\(prefix)__\(name)"
                if let macro = try compiler.macros.macro(full, in: package, interpreter) { return macro }
                tried.append("\(package).\(full)")
            }
        }
        throw CompilationError(
            "compile.dispatch_failed", "no macro '\(name)' fits the adapter '\(type)'", remedy: "define one of: \(tried.prefix(6).joined(separator: ", "))")
    }

    private static func prefixes(of type: String) -> [String] {
        switch type {
        case "redshift": ["redshift", "postgres", "default"]
        default: [type, "default"]
        }
    }
}
