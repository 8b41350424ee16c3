internal import Jinja
public import Kernel
public import Project
public import WarehouseKit

/// What a materialization did.
public struct MaterializationResult: Sendable {
    /// The engine's answer to the statement `main`.
    public var message: String
    public var rows: Int?
    /// The rows of the statement `main`, where it fetched them: a test's.
    public var table: Table?
    public var adapterResponse: JSON
    /// The statement `main` as it was sent.
    public var sql: String?
}

extension Compiler {
    /// Builds a node by the macro of its materialization. Everything happens on the session's open transaction.
    /// - Parameters:
    ///   - compiled: the node, and its SQL.
    ///   - name: of another materialization than the node's own.
    ///   - other: what a clone stands in for.
    public func materialize(_ compiled: CompiledNode, as name: String? = nil, of other: RelationName? = nil) throws -> MaterializationResult {
        let node = compiled.node
        do {
            let frame = self.frame(of: compiled)
            if let other { frame.variables["defer_relation"] = .object(RelationObject(other, dialect: dialect)) }
            materialized = frame
            return try inside(frame) {
                let result = try interpreter.call(try materialization(name ?? node.config.materialized, of: node))
                // In dbt's order: what it returns is looked at before its answer.
                if let fault = try fault(of: result, from: node) {
                    throw CompilationError("compile.bad_materialization", fault, at: node.location, remedy: "end the materialization with return({'relations': [this]})")
                }
                guard let main = frame.results["main"]?.asDict else {
                    throw CompilationError("compile.main_not_called", "main is not being called during running model", at: node.location, remedy: "run the materialization's statement as {% call statement('main') %}")
                }
                var done = Self.result(main)
                done.sql = frame.mainSQL
                return done
            }
        } catch {
            throw CompilationError.of(error, node: node)
        }
    }

    /// dbt's words for what a materialization returns, where it is not a dictionary of relations.
    private func fault(of result: Value, from node: Node) throws -> String? {
        if result.asString != nil {
            return "The materialization (\"\(node.config.materialized)\") did not explicitly return a list of relations to add to the cache."
        }
        let start = "Invalid return value from materialization, "
        guard let dict = result.asDict else { return "\(start)expected a dict with key \"relations\", got: \(try interpreter.text(result))" }
        guard let relations = dict["relations"] else {
            return "\(start)\"relations\" not found, got keys: \(try interpreter.representation(of: .list(dict.keys)))"
        }
        guard case .list(let list) = relations else { return "\(start)\"relations\" not a list, got: \(try interpreter.text(relations))" }
        let other = list.items.first { if case .object(let object) = $0 { !(object is RelationObject) } else { true } }
        return try other.map { "\(start)\"relations\" contains non-Relation: \(try interpreter.text($0))" }
    }

    /// What its materialization and its hooks see.
    private func frame(of compiled: CompiledNode) -> Frame {
        let frame = Frame(compiled.node, package: compiled.node.packageName, mode: .execute)
        frame.variables = ["sql": .string(compiled.sql), "compiled_code": .string(compiled.sql), "compiled_sql": .string(compiled.sql)]
        frame.modelExtras = modelExtras(compiled)
        return frame
    }

    private func modelExtras(_ compiled: CompiledNode) -> [(String, Value)] {
        var extras: [(String, Value)] = []
        if !compiled.sql.isEmpty {
            let injected = compiled.ephemerals.map { Value.dict([("id", .string($0.id)), ("sql", .string($0.sql))]) }
            extras = [
                ("compiled", true), ("compiled_code", .string(compiled.sql)), ("extra_ctes_injected", true), ("extra_ctes", .list(injected)), ("compiled_sql", .string(compiled.sql)),
            ]
        }
        extras.append(("relation_name", compiled.relationName.map(Value.string) ?? .none))
        return extras + batchExtra(of: compiled.node)
    }

    /// `model.batch`: what the model at work is built for.
    func batchExtra(of node: Node) -> [(String, Value)] {
        guard let batch, batch.node == node.uniqueID else { return [] }
        func time(_ text: String?) -> Value { text.flatMap(PythonTime.read).map { .object(DateTimeObject($0)) } ?? .none }
        return [("batch", .dict([("id", .string(batch.id)), ("event_time_start", time(batch.start)), ("event_time_end", time(batch.end))]))]
    }

    private static func result(_ main: DictValue) -> MaterializationResult {
        var response = ResponseObject("")
        if case .object(let object)? = main["response"], let object = object as? ResponseObject { response = object }
        if let text = main["response"]?.asString { response = ResponseObject(text) }
        var table: Table?
        if case .object(let object)? = main["table"], let found = (object as? TableObject)?.table, !found.names.isEmpty { table = found }
        return MaterializationResult(
            message: response.message, rows: response.rows, table: table, adapterResponse: (try? response.jsonValue()).flatMap(\.?.json) ?? [:])
    }

    /// Runs the hooks that stand outside a node's transaction, one by one.
    public func runHooks(_ hooks: [Hook], of node: Node, _ run: (String) throws -> Void) throws {
        // In dbt one context is before, in and behind the materialization: hooks that follow it see its results.
        let frame = materialized.flatMap { $0.node?.uniqueID == node.uniqueID ? $0 : nil } ?? lastCompiled.flatMap { $0.node.uniqueID == node.uniqueID ? self.frame(of: $0) : nil }
        for hook in hooks where !hook.isInTransaction {
            let sql = try (frame.map { frame in try inside(frame) { try render(hook.sql, name: node.originalFilePath) } } ?? render(hook.sql, for: node)).trimmed
            if !sql.isEmpty { try run(try sending(sql, of: node)) }
        }
    }

    // MARK: Which one

    /// dbt's rule: of the namesakes, the adapter's own goes above the default one, and the project's above a package's above
    /// the library's. A package alone takes the place of one of dbt's only where the project's flags let it.
    private func materialization(_ name: String, of node: Node) throws -> Value {
        let adapters = dialect.prefixes
        if node.resourceType == .model, node.language != "sql" {
            let known = try adapters.map { "materialization_\(name)_\($0)" }.first { try macros.libraryMacro($0, interpreter) != nil }
            throw CompilationError(
                "compile.other_language", "Materialization \"\(known ?? name)\" only supports languages ['sql']; got \"\(node.language)\"", at: node.location,
                remedy: "write the model in SQL, or leave it to an engine that runs it: --exclude \(node.name)")
        }
        let isBuiltin = try adapters.contains { try macros.libraryMacro("materialization_\(name)_\($0)", interpreter) != nil }
        let asksProject = manifest.project.flags["require_explicit_package_overrides_for_builtin_materializations"]?.boolValue ?? true
        for adapter in adapters {
            let macro = "materialization_\(name)_\(adapter)"
            if let value = try macros.macro(macro, in: manifest.project.name, interpreter) { return value }
            for package in manifest.packages.dropFirst() where !isBuiltin || !asksProject {
                guard let value = try macros.macro(macro, in: package.name, interpreter) else { continue }
                if isBuiltin { try onOverride(package.name, name) }
                return value
            }
            if let value = try macros.libraryMacro(macro, interpreter) { return value }
        }
        let words = adapters.reversed().map { "'\($0)'" }.joined(separator: " and ")
        throw CompilationError(
            "compile.no_materialization", "No materialization '\(name)' was found for adapter \(dialect.adapter)! (searched types \(words))", at: node.location,
            remedy: "choose view, table, incremental or ephemeral, or write the materialization as a macro")
    }
}
