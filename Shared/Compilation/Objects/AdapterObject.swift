internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// `adapter`: what templates ask of the warehouse. What it does to relations goes through the macro of that name, so that a
/// project's own version is the one that runs.
final class AdapterObject: JinjaObject {
    unowned let compiler: Compiler
    /// Whether a node's own text asks.
    private let isNoting: Bool
    init(_ compiler: Compiler, isNoting: Bool = false) {
        self.compiler = compiler
        self.isNoting = isNoting
    }

    var typeName: String { "Adapter" }
    private var dialect: Dialect { compiler.dialect }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "Relation": .object(RelationFactory(compiler))
        case "Column": .object(ColumnFactory(compiler))
        case "behavior": .object(BehaviorObject())
        case "config": .dict([("project_name", .string(compiler.manifest.project.name)), ("credentials", compiler.word("target") ?? .none)])
        default: nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        if let value = try callAlways(name, arguments, interpreter) { return value }
        // Parse mode has no warehouse: questions are answered with nothing, as in dbt.
        guard compiler.frame.mode == .execute else { return Self.answersInParseMode[name] ?? .string("") }
        return try callOnWarehouse(name, arguments, interpreter) ?? callForMaterialization(name, arguments, interpreter)
    }

    private static var answersInParseMode: [String: Value] {
        [
            "get_columns_in_relation": [], "list_relations": [], "list_relations_without_caching": [], "get_missing_columns": [], "get_relation": .none,
            "get_column_schema_from_query": [], "check_schema_exists": false, "list_schemas": [],
        ]
    }

    /// What needs no warehouse.
    private func callAlways(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "dispatch": return try dispatch(arguments, interpreter)
        case "type": return .string(dialect.adapter)
        case "quote": return .string(dialect.quote(try interpreter.text(arguments.positional.first ?? arguments["identifier"] ?? "")))
        case "quote_as_configured":
            let bound = try arguments.bound("quote_as_configured", required: 1, "identifier", "quote_key")
            return .string(dialect.quote(try interpreter.text(bound[0] ?? "")))
        case "quote_seed_column":
            let bound = try arguments.bound("quote_seed_column", required: 1, "column", "quote_config")
            let column = try interpreter.text(bound[0] ?? "")
            return .string(bound[1]?.asInt == 0 ? column : dialect.quote(column))
        case "is_overridden": return .bool(compiler.isOverridden(arguments.positional.compactMap(\.asString)))
        // One node is one transaction, which its runner ends; there is no cache of relations to keep.
        case "commit":
            try compiler.commit()
            return ""
        case "clear_transaction", "cache_added", "cache_dropped", "cache_renamed", "commit_if_has_connection", "nice_connection_name", "release_connection",
            "pre_model_hook", "post_model_hook", "set_query_header", "clear_macro_resolver":
            return ""
        case "verify_database": return ""
        case "valid_incremental_strategies", "builtin_incremental_strategies": return .list(dialect.incrementalStrategies.map(Value.string))
        case "convert_type":
            let bound = try arguments.bound(name, required: 2, "agate_table", "col_idx")
            guard case .object(let object)? = bound[0], let table = (object as? TableObject)?.table else {
                throw JinjaError(.undefined, "'\(bound[0]?.typeName ?? "") object' has no attribute 'column_types'")
            }
            guard let index = bound[1]?.asInt else { throw JinjaError(.type, "tuple indices must be integers or slices, not \(bound[1]?.typeName ?? "")") }
            guard (-table.kinds.count..<table.kinds.count).contains(index) else { throw JinjaError(.value, "tuple index out of range") }
            return .string(dialect.word(for: table.kinds[index < 0 ? index + table.kinds.count : index]))
        case "get_hard_deletes_behavior": return .string(try hardDeletes())
        case "parse_index":
            let written = arguments.positional.first ?? arguments["raw_index"] ?? .none
            return written.isNone ? Value.none : .object(try IndexObject(written, interpreter))
        case "standardize_grants_dict": return standardizedGrants(arguments)
        case "render_raw_columns_constraints":
            return .list(try ConstraintWriter(compiler, interpreter).columns(arguments["raw_columns"] ?? arguments.positional.first ?? .none).map(Value.string))
        case "render_raw_model_constraints":
            return .list(try ConstraintWriter(compiler, interpreter).model(arguments["raw_constraints"] ?? arguments.positional.first ?? .none).map(Value.string))
        case "rows_of":
            let bound = try arguments.bound(name, required: 2, "rows", "columns")
            let rows = bound[0]?.asList?.map { $0.asList?.map(SQLValue.init) ?? [] } ?? []
            let columns = bound[1]?.asList?.compactMap(\.asString) ?? []
            guard rows.allSatisfy({ $0.count == columns.count }) else { throw JinjaError(.value, "each row needs one value for each of \(columns.count) columns") }
            return .object(compiler.object(Table(ResultSet(columns: columns, types: [], rows: rows))))
        default: return nil
        }
    }

    // MARK: Dispatch

    /// The macro of the running adapter, or the default one: `sqlite__name`, `default__name`, package by package.
    private func dispatch(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("dispatch", required: 1, "macro_name", "macro_namespace", "packages")
        let name = bound[0]?.asString ?? ""
        if name.contains(".") {
            throw CompilationError(
                "compile.bad_dispatch", "In adapter.dispatch, got a macro name of \"\(name)\", but \".\" is not a valid macro name component",
                remedy: "write adapter.dispatch('\(name.split(separator: ".").last ?? "")', '\(name.split(separator: ".").first ?? "")')")
        }
        let namespace = bound[1]?.asString
        let packages: [String?] = compiler.dispatchOrder(of: namespace)
        for package in packages {
            for prefix in dialect.prefixes {
                let full = "\(prefix)__\(name)"
                let own = compiler.frame.callee ?? compiler.frame.package
                let found = try package.map { try compiler.macros.macro(full, in: $0, interpreter) } ?? compiler.macro(full, package: own)
                guard let found else { continue }
                if isNoting, let id = compiler.macros.id(of: full, in: package.map { [$0] } ?? [own, compiler.manifest.project.name]) ?? compiler.libraryMacro(full, in: nil, for: dialect.adapter) {
                    compiler.noteMacro(id)
                }
                return found
            }
        }
        let tried = packages.flatMap { package in dialect.prefixes.map { "\(package.map { "\($0)." } ?? "")\($0)__\(name)" } }
        throw CompilationError(
            "compile.dispatch_failed", "In dispatch: No macro named '\(name)' found within namespace: '\(namespace ?? "None")'",
            remedy: "define one of: \(tried.joined(separator: ", "))")
    }

    // MARK: Questions of a materialization

    private func hardDeletes() throws -> String {
        let config = compiler.frame.node?.config
        let stated = config?["hard_deletes"]?.stringValue
        if config?["invalidate_hard_deletes"]?.boolValue == true {
            guard stated == nil else {
                throw CompilationError("compile.bad_config", "You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.", remedy: "keep hard_deletes")
            }
            return "invalidate"
        }
        guard let stated else { return "ignore" }
        guard ["ignore", "invalidate", "new_record"].contains(stated) else {
            throw CompilationError("compile.bad_config", "Invalid setting for property hard_deletes.", remedy: "choose ignore, invalidate or new_record")
        }
        return stated
    }

    private func callForMaterialization(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "get_incremental_strategy_macro": return try strategyMacro(arguments, interpreter)
        case "assert_valid_snapshot_target_given_strategy", "valid_snapshot_target":
            try checkSnapshotTarget(arguments, interpreter)
            return ""
        case "submit_python_job", "generate_python_submission_response":
            throw CompilationError("compile.unsupported", "models in Python are not supported", remedy: "write the model in SQL, or disable it")
        default: return nil
        }
    }

    private func strategyMacro(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("get_incremental_strategy_macro", required: 2, "model_context", "strategy")
        let strategy = bound[1]?.asString ?? "default"
        let builtin = ["append", "delete+insert", "merge", "insert_overwrite", "microbatch"]
        if builtin.contains(strategy), !dialect.incrementalStrategies.contains(strategy) {
            throw CompilationError(
                "compile.bad_strategy", "The incremental strategy '\(strategy)' is not valid for this adapter", remedy: "choose one of: \(dialect.incrementalStrategies.joined(separator: ", "))")
        }
        let macro = "get_incremental_\(strategy.map { $0 == "+" ? "_" : String($0) }.joined())_sql"
        guard let found = try compiler.macro(macro, package: compiler.frame.package) else {
            throw CompilationError(
                "compile.bad_strategy", "dbt could not find an incremental strategy macro with the name \"\(macro)\" in \(compiler.manifest.project.name)",
                remedy: "define that macro, or choose one of: \(dialect.incrementalStrategies.joined(separator: ", "))")
        }
        return found
    }

    /// A snapshot's table has the columns that the strategy will write.
    private func checkSnapshotTarget(_ arguments: Arguments, _ interpreter: Interpreter) throws {
        guard case .object(let object)? = arguments.positional.first, let relation = object as? RelationObject, let session = compiler.session else { return }
        let names = arguments.positional.count > 1 ? arguments.positional[1].asDict : nil
        let strategy = arguments.positional.count > 2 ? arguments.positional[2].asDict : nil
        let present = Set(try session.columns(of: relation.name).map { $0.name.lowercased() })
        func check(_ keys: [String], folds: Bool) throws {
            let missing = keys.map { names?[$0]?.asString ?? $0 }.filter { !present.contains(folds ? $0.lowercased() : $0) }
            guard !missing.isEmpty else { return }
            throw CompilationError(
                "compile.bad_snapshot_target",
                "Snapshot target is missing configured columns (missing \(missing.map { "\"\($0)\"" }.joined(separator: ", "))). See https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for more information.",
                remedy: "")
        }
        try check(["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"], folds: true)
        if strategy?["hard_deletes"]?.asString == "new_record" { try check(["dbt_is_deleted"], folds: false) }
    }

    /// `{privilege: [grantees]}` of what the warehouse lists.
    private func standardizedGrants(_ arguments: Arguments) -> Value {
        guard case .object(let object)? = arguments.positional.first ?? arguments["grants_table"], let table = (object as? TableObject)?.table,
            let grantee = table.names.firstIndex(of: "grantee"), let privilege = table.names.firstIndex(of: "privilege_type")
        else { return [:] }
        let grants = DictValue()
        for row in table.rows {
            let key = row[privilege].shown
            grants[key] = .list((grants[key]?.asList ?? []) + [.string(row[grantee].shown)])
        }
        return .dict(grants)
    }
}

/// `adapter.behavior`: dbt's switches for behaviour that will change. All are off.
final class BehaviorObject: JinjaObject {
    private let isFlag: Bool
    init(isFlag: Bool = false) { self.isFlag = isFlag }
    var typeName: String { isFlag ? "BehaviorFlagRendered" : "Behavior" }
    func isTrue() throws -> Bool { !isFlag }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        isFlag ? (name == "no_warn" || name == "setting" ? false : nil) : .object(BehaviorObject(isFlag: true))
    }
}

/// `adapter.parse_index(…)`: an entry of the configuration `indexes`.
final class IndexObject: JinjaObject {
    private let columns: [String]
    private let isUnique: Bool
    private let type: String?

    /// - Throws: what dbt's schema of an index says of one that does not have its form.
    init(_ value: Value, _ interpreter: Interpreter) throws {
        func refuse(_ path: String, _ value: Value, _ fault: String) throws -> Never {
            throw CompilationError(
                "compile.bad_index", "Could not parse index config: at path [\(path)]: \(try interpreter.representation(of: value)) \(fault)",
                remedy: "write indexes: [{columns: [id], unique: true}]")
        }
        guard let dict = value.asDict else { try refuse("", value, "is not of type 'object'") }
        guard let stated = dict["columns"] else { try refuse("", "columns", "is a required property") }
        guard let columns = stated.asList else { try refuse("'columns'", stated, "is not of type 'array'") }
        for (place, column) in columns.enumerated() where column.asString == nil { try refuse("'columns'][\(place)", column, "is not of type 'string'") }
        if let unique = dict["unique"] { guard case .bool = unique else { try refuse("'unique'", unique, "is not of type 'boolean'") } }
        if let type = dict["type"], !type.isNone, type.asString == nil { try refuse("'type'", type, "is not valid under any of the given schemas") }
        if let other = dict.keys.compactMap(\.asString).first(where: { !["columns", "unique", "type"].contains($0) }) {
            throw CompilationError(
                "compile.bad_index", "Could not parse index config: at path []: Additional properties are not allowed ('\(other)' was unexpected)",
                remedy: "keep columns, unique and type")
        }
        self.columns = columns.compactMap(\.asString)
        isUnique = dict["unique"]?.asInt == 1
        type = dict["type"]?.asString
    }
    var typeName: String { "PostgresIndexConfig" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "columns": .list(columns.map(Value.string))
        case "unique": .bool(isUnique)
        case "type": type.map(Value.string) ?? Value.none
        default: nil
        }
    }
    /// A name that is as good as its definition, and new each time: an old table's index may still have the last one.
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "render" else { return nil }
        var relation = ""
        if case .object(let object)? = arguments.positional.first, let object = object as? RelationObject { relation = object.sql }
        let parts = columns + [relation, isUnique ? "True" : "False", type ?? "None", "\(WallClock.now().microseconds)"]
        return .string(Checksum.md5(parts.joined(separator: "_")))
    }
}
