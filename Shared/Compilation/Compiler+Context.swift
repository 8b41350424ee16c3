internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

extension Compiler {
    /// A name as a template of `package` means it: dbt's words, then macros by dbt's order of search.
    func value(of name: String, package: String) throws -> Value? {
        if let value = frames.last?.variables[name] { return value }
        if let value = word(name) { return value }
        return try macro(name, package: package)
    }

    func macro(_ name: String, package: String) throws -> Value? {
        for owner in [package, manifest.project.name, "dbt"] {
            if let value = try macros.macro(name, in: owner, interpreter) { return value }
        }
        return macros.packages.contains(name) ? .object(PackageObject(name, macros)) : nil
    }

    private func word(_ name: String) -> Value? {
        if let value = builtin(name) { return value }
        switch name {
        case "builtins":
            return .dict(["ref", "source", "config", "var"].compactMap { name in builtin(name).map { (name, $0) } })
        case "target": return Value(.object(manifest.target.visible))
        case "this": return frame.node.map { .object(relation(of: $0)) } ?? .some(.none)
        case "execute": return .bool(frame.mode == .execute)
        case "model": return frame.node.map { Value(ManifestWriter.json($0)) } ?? .some(.none)
        case "project_name": return .string(manifest.project.name)
        case "schema": return .string(frame.node?.schema ?? manifest.target.schema)
        case "database": return .string(frame.node?.database ?? manifest.target.database)
        case "invocation_id": return .string(invocation.id)
        case "run_started_at": return .object(TimeObject(invocation.startedAt))
        case "dbt_version": return .string(ManifestWriter.dbtVersion)
        case "selected_resources": return .list(invocation.selected.map(Value.string))
        case "flags":
            return .dict([
                ("WHICH", .string(invocation.command)), ("FULL_REFRESH", .bool(invocation.isFullRefresh)), ("STORE_FAILURES", .bool(invocation.storesFailures)),
                ("EMPTY", false), ("USE_COLORS", false), ("DEBUG", false),
            ])
        case "graph": return graph
        case "adapter": return .object(AdapterObject(self))
        case "api": return .dict([("Relation", .object(RelationFactory(self)))])
        case "exceptions": return .object(ExceptionsObject(self))
        case "modules": return .dict([("datetime", .object(DatetimeModule()))])
        case "config": return .object(ConfigObject(self))
        case "sql": return nil
        default: return nil
        }
    }

    private func builtin(_ name: String) -> Value? {
        switch name {
        case "config": .object(ConfigObject(self))
        case "ref": .function("ref") { [unowned self] arguments, _ in try ref(arguments) }
        case "source": .function("source") { [unowned self] arguments, _ in try source(arguments) }
        case "var": .object(VariableFunction(self))
        case "env_var": .function("env_var") { [unowned self] arguments, _ in
            let bound = try arguments.bound("env_var", required: 1, "name", "default")
            return .string(try EnvironmentVariables.value(bound[0]?.asString ?? "", default: bound[1]?.asString, in: variables) { environmentRead.insert($0) })
        }
        case "is_incremental": .function("is_incremental") { [unowned self] _, _ in .bool(try isIncremental()) }
        case "should_full_refresh": .function("should_full_refresh") { [unowned self] _, _ in
            .bool(frame.node.map(isFullRefresh) ?? invocation.isFullRefresh)
        }
        case "should_store_failures": .function("should_store_failures") { [unowned self] _, _ in
            .bool(frame.node.map { failuresRelation(of: $0) != nil } ?? invocation.storesFailures)
        }
        case "return": .function("return") { arguments, interpreter in throw interpreter.returning(arguments.positional.first ?? .none) }
        case "run_query": .function("run_query") { [unowned self] arguments, interpreter in
            guard frame.mode == .execute else { return .none }
            return try run(try interpreter.text(arguments.positional.first ?? .none), fetches: true)
        }
        case "statement": .function("statement") { [unowned self] arguments, interpreter in try statement(arguments, interpreter) }
        case "load_result", "store_result": loadResult
        case "log": .function("log") { [unowned self] arguments, interpreter in
            let bound = try arguments.bound("log", required: 1, "msg", "info")
            if bound[1]?.asBool == true, frame.mode == .execute { onMessage(try interpreter.text(bound[0] ?? .none)) }
            return ""
        }
        case "print": .function("print") { [unowned self] arguments, interpreter in
            if frame.mode == .execute { onMessage(try interpreter.text(arguments.positional.first ?? .none)) }
            return ""
        }
        default: JSONFunctions.function(name)
        }
    }

    // MARK: References

    func relation(of node: Node) -> RelationObject {
        node.isEphemeral
            ? RelationObject(relationName(of: node), expression: "__dbt__cte__\(node.alias)", session: session)
            : RelationObject(relationName(of: node), session: session)
    }

    private func ref(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard (1...2).contains(names.count), names.count == arguments.positional.count else {
            throw CompilationError("compile.bad_ref", "ref() takes a model's name, or a package's and a model's", remedy: "write ref('model')")
        }
        let version = (arguments["v"] ?? arguments["version"])?.json.flatMap { $0.isNull ? nil : $0.stringValue ?? $0.text() }
        let ref = Ref(name: names[names.count - 1], package: names.count == 2 ? names[0] : nil, version: version)
        if frame.mode == .parse {
            frame.capture.refs.append(ref)
            return .object(RelationObject(RelationName(schema: "", identifier: ref.name), session: session))
        }
        guard let node = manifest.node(for: ref, from: frame.package) else {
            throw CompilationError("compile.ref_not_found", "there is no model '\(ref.name)'", remedy: "add it, or correct the name")
        }
        // The order of the run is made of what parsing saw; a reference that shows up only now may come too early.
        if let reader = frame.node, reader.resourceType != .operation, !reader.dependsOn.contains(node.uniqueID) {
            throw CompilationError(
                "compile.hidden_ref", "'\(reader.name)' refers to '\(ref.name)', which did not show when the project was read",
                remedy: "add this line to the model: -- depends_on: {{ ref('\(ref.name)') }}")
        }
        if node.isEphemeral, !frame.ephemerals.contains(node.uniqueID) { frame.ephemerals.append(node.uniqueID) }
        return .object(try deferred(node) ?? relation(of: node))
    }

    private func source(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard names.count == 2 else {
            throw CompilationError("compile.bad_source", "source() takes a source's and a table's name", remedy: "write source('source', 'table')")
        }
        let ref = SourceRef(source: names[0], table: names[1])
        if frame.mode == .parse {
            frame.capture.sources.append(ref)
            return .object(RelationObject(RelationName(schema: names[0], identifier: names[1]), session: session))
        }
        guard let table = manifest.source(for: ref, from: frame.package) else {
            throw CompilationError("compile.source_not_found", "there is no source table '\(names[0]).\(names[1])'", remedy: "add it to a schema file")
        }
        return .object(RelationObject(RelationName(database: table.database, schema: table.schema, identifier: table.identifier), session: session))
    }

    /// True where the table is there, is to be kept, and the model is incremental: dbt's rule.
    private func isIncremental() throws -> Bool {
        guard frame.mode == .execute, let node = frame.node, node.resourceType == .model, node.config.materialized == "incremental",
            !isFullRefresh(node), let session
        else { return false }
        return try session.relation(relationName(of: node))?.kind == .table
    }

    // MARK: Queries

    func run(_ sql: String, fetches: Bool) throws -> Value {
        guard let session else {
            throw CompilationError("compile.no_warehouse", "a template asks the warehouse, and none is open", remedy: "run the command with a warehouse")
        }
        if fetches { return .object(TableObject(try session.query(sql, [], rowsMax: nil))) }
        return .int(try session.execute(sql))
    }

    private func statement(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        guard frame.mode == .execute else { return "" }
        let name = arguments.positional.first?.asString ?? arguments["name"]?.asString
        let fetches = arguments["fetch_result"]?.asBool ?? (arguments.positional.count > 1 ? arguments.positional[1].asBool ?? false : false)
        guard let caller = arguments["caller"] else { return "" }
        let sql = try interpreter.text(try interpreter.call(caller))
        let result = try run(sql, fetches: fetches)
        guard let name else { return "" }
        let table = fetches ? result : .none
        let rows: Value = if case .object(let object) = table, let object = object as? TableObject { .list(object.rows) } else { .list([]) }
        frame.results[name] = .dict([("table", table), ("data", rows), ("response", .dict([("_message", "OK")]))])
        return ""
    }

    private var loadResult: Value {
        .function("load_result") { [unowned self] arguments, _ in
            frame.results[arguments.positional.first?.asString ?? ""] ?? .none
        }
    }

    private var graph: Value {
        .dict([
            ("nodes", .dict(manifest.nodes.keys.sorted().compactMap { id in manifest.nodes[id].map { (id, Value(ManifestWriter.json($0))) } })),
            ("sources", .dict(manifest.sources.keys.sorted().compactMap { id in manifest.sources[id].map { (id, Value(ManifestWriter.json($0))) } })),
            ("exposures", [:]), ("metrics", [:]), ("groups", [:]),
        ])
    }
}

extension Interpreter {
    /// A value as printing it in a template would show it.
    func text(_ value: Value) throws -> String {
        if case .string(let text) = value { return text }
        if case .object(let object) = value { return try object.text(self) }
        return value.isNone ? "None" : value.json?.text() ?? ""
    }
}
