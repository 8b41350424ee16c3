public import Jinja
internal import Project
internal import WarehouseKit

extension Compiler {
    /// A name as a template of `package` means it. As in dbt, macros go above dbt's own words: first those of the node's
    /// package, then the project's, then those of the package that the text is of, then the library's.
    func value(of name: String, package: String) throws -> Value? {
        if let value = frames.last?.variables[name] { return value }
        if let value = try projectMacro(name, package: package) { return value }
        if name == "context" { return .object(ContextObject(self, package: package)) }
        if let value = word(name) { return value }
        return try macros.libraryMacro(name, interpreter)
    }

    /// As `value(of:)`, for a node's own text: while it is read, each macro that it names is noted as one that it calls.
    func notedValue(of name: String, package: String) throws -> Value? {
        let value = try value(of: name, package: package)
        guard frame.mode == .parse, let value, frame.variables[name] == nil else { return value }
        if case .object(let object) = value, let found = object as? PackageObject { return .object(PackageObject(found.name, self, isNoting: true)) }
        // What is dispatched by the node's own text is what it calls.
        if name == "adapter" { return .object(AdapterObject(self, isNoting: true)) }
        if let id = macros.id(of: name, in: [frame.package, manifest.project.name, package]) {
            noteMacro(id)
        } else if ["ref", "source"].contains(name), manifest.target.type == "sqlite", let type = frame.node?.resourceType, Self.rendered.contains(type), frame.node?.test == nil {
            // dbt's sqlite adapter has a macro in the place of this word.
            noteMacro("macro.dbt_sqlite.\(name)")
        } else if Self.functionsOfTheLibrary.contains(name) || (word(name) == nil && macros.isInLibrary(name)) {
            noteMacro("macro.dbt.\(name)")
        }
        return value
    }

    private static let rendered: Set<ResourceType> = [.model, .test, .snapshot, .analysis, .operation]

    func noteMacro(_ id: String) {
        if frame.mode == .parse, !frame.capture.macros.contains(id) { frame.capture.macros.append(id) }
    }

    private func projectMacro(_ name: String, package: String) throws -> Value? {
        let own = frames.last?.package ?? package
        if let value = try macros.macro(name, in: own, interpreter), own != "dbt" { return value }
        let root = manifest.project.name
        if root != own, let value = try macros.macro(name, in: root, interpreter) { return value }
        if package != own, package != root, package != "dbt", let value = try macros.macro(name, in: package, interpreter) { return value }
        return macros.isNamespace(name) ? .object(PackageObject(name, self)) : nil
    }

    /// A macro by dbt's order of search, the library's included.
    func macro(_ name: String, package: String) throws -> Value? {
        for owner in package == manifest.project.name ? [package] : [package, manifest.project.name] where owner != "dbt" {
            if let value = try macros.macro(name, in: owner, interpreter) { return value }
        }
        return try macros.libraryMacro(name, interpreter)
    }

    /// Calls the macro by which the adapter does something: the project's goes above any package's, and that above the library's.
    func call(_ name: String, _ arguments: [Value], _ interpreter: Interpreter) throws -> Value? {
        for package in manifest.packages {
            guard let macro = try macros.macro(name, in: package.name, interpreter) else { continue }
            let earlier = frame.callee
            frame.callee = package.name
            defer { frame.callee = earlier }
            return try interpreter.call(macro, Arguments(arguments))
        }
        return try macros.libraryMacro(name, interpreter).map { try interpreter.call($0, Arguments(arguments)) }
    }

    /// Where `adapter.dispatch` looks, in order; nil stands for the order of a plain name.
    func dispatchOrder(of namespace: String?) -> [String?] {
        guard let namespace else { return [nil] }
        if let stated = manifest.project.dispatch.first(where: { $0.namespace == namespace }) { return stated.order }
        guard macros.isPackage(namespace) else { return [nil] }
        return [manifest.project.name, namespace]
    }

    // MARK: Words

    /// dbt's macros that are functions here, and are found below `dbt.` too.
    static let functionsOfTheLibrary: Set<String> = [
        "statement", "run_query", "is_incremental", "should_full_refresh", "should_store_failures",
    ]

    /// One of dbt's own words; those that never change are made once.
    func word(_ name: String) -> Value? {
        if session == nil, Self.wordsOfCommand.contains(name) { hasAskedForCommand = true }
        if let value = fixedWords[name] { return value }
        if let make = Self.fixed[name] {
            let value = make(self)
            if manifest != nil { fixedWords[name] = value }
            return value
        }
        return Self.changing[name]?(self) ?? Self.ofNodes[name]?(self)
    }

    static func isWord(_ name: String) -> Bool { fixed[name] != nil || changing[name] != nil || ofNodes[name] != nil }

    /// What they mean differs from command to command, so a project that is read with them is read again by the next.
    private static let wordsOfCommand: Set<String> = ["invocation_id", "run_started_at", "invocation_args_dict", "flags", "selected_resources"]

    public func word(ofSchemas name: String) -> Value? { Self.wordsOfSchemas.contains(name) ? word(name) : nil }
    private static let wordsOfSchemas = Set(DataFunctions.names).union(["return", "modules", "flags", "invocation_id", "run_started_at", "thread_id", "log", "print"])

    private static let fixed: [String: @Sendable (Compiler) -> Value] = {
        var words: [String: @Sendable (Compiler) -> Value] = [
            "target": { Value(.object($0.manifest.target.visible)) },
            "env": { Value(.object($0.manifest.target.visible)) },
            "project_name": { .string($0.manifest.project.name) },
            "invocation_id": { .string($0.invocation.id) },
            "run_started_at": { .object(DateTimeObject(PythonTime($0.invocation.startedAt, zone: .utc))) },
            "dbt_version": { _ in .string(ManifestWriter.dbtVersion) },
            "selected_resources": { .list($0.invocation.selected.map(Value.string)) },
            "flags": { .object(FlagsObject($0.invocation, of: $0.manifest?.project)) },
            "invocation_args_dict": { FlagsObject($0.invocation, of: $0.manifest.project).arguments },
            "dbt_metadata_envs": { compiler in
                let prefix = "DBT_ENV_CUSTOM_ENV_"
                let names = compiler.variables.keys.filter { $0.hasPrefix(prefix) }.sorted()
                return .dict(names.map { (String($0.dropFirst(prefix.count)), .string(compiler.variables[$0] ?? "")) })
            },
            "adapter": { .object(AdapterObject($0)) },
            "sql_now": { .string($0.manifest.target.type == "sqlite" ? "date()" : "now()") },
            "api": { .dict([("Relation", .object(RelationFactory($0))), ("Column", .object(ColumnFactory($0)))]) },
            "column": { .object(ColumnFactory($0)) },
            "exceptions": { .object(ExceptionsObject($0)) },
            "validation": { _ in .dict([("any", .object(AnyValidation()))]) },
            "modules": { compiler in
                let tell = { [unowned compiler] in try compiler.onDeprecation("ModulesItertoolsUsageDeprecation", "Usage of itertools modules is deprecated. Please use the built-in functions instead.") }
                return .dict([
                    ("datetime", .object(DatetimeModule())), ("pytz", .object(ZonesModule())), ("re", .object(RegexModule())), ("itertools", .object(IterationModule(onCall: tell))),
                ])
            },
            "builtins": { .object(BuiltinsObject($0)) },
            "config": { .object(ConfigObject($0)) },
            "var": { .object(VariableFunction($0)) },
            "ref": { .object(ResolverObject("ref", $0) { compiler, arguments in try compiler.ref(arguments) }) },
            "source": { .object(ResolverObject("source", $0) { compiler, arguments in try compiler.source(arguments) }) },
        ]
        for (name, body) in functions {
            words[name] = { compiler in .function(name) { [unowned compiler] arguments, interpreter in try body(compiler, arguments, interpreter) } }
        }
        for name in DataFunctions.names { words[name] = { _ in DataFunctions.function(name) } }
        return words
    }()

    /// The words that are known here, without the functions that are macros in dbt.
    var knownWords: [String] { Self.wordNames.filter { Self.ofNodes[$0] == nil || word($0) != nil } }
    private static let wordNames = (Array(fixed.keys) + changing.keys + ofNodes.keys).filter { !functionsOfTheLibrary.contains($0) }.sorted()

    private static let changing: [String: @Sendable (Compiler) -> Value] = [
        "execute": { .bool($0.frame.mode == .execute) },
        "thread_id": { compiler in (compiler.session == nil || compiler.frames.last?.node.map { $0.resourceType == .operation } ?? true) ? "MainThread" : "Thread-1 (worker)" },
        "model": { $0.model },
        "schema": { .string($0.frame.place(\.schema) ?? $0.manifest.target.schema) },
        "database": { .string($0.frame.place(\.database) ?? $0.manifest.target.database) },
        "graph": { $0.graph },
    ]

    private static let functions: [String: @Sendable (Compiler, Arguments, Interpreter) throws -> Value] = [
        "function": { compiler, arguments, _ in try compiler.function(arguments) },
        "metric": { compiler, arguments, _ in try compiler.metric(arguments) },
        "adapter_macro": { compiler, arguments, interpreter in
            let name = try interpreter.text(arguments.positional.first ?? arguments["name"] ?? .none)
            throw CompilationError(
                "compile.raised",
                "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to find a macro and call the result.  For more information, see: https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch) adapter_macro was called for: \(name)",
                remedy: "")
        },
        "env_var": { compiler, arguments, _ in try compiler.environmentVariable(arguments) },
        "is_incremental": { compiler, _, _ in .bool(try compiler.isIncremental()) },
        "should_full_refresh": { compiler, _, _ in .bool(compiler.frame.node.map(compiler.isFullRefresh) ?? compiler.invocation.isFullRefresh) },
        "should_store_failures": { compiler, _, _ in
            .bool(compiler.frame.node.map { compiler.failuresRelation(of: $0) != nil } ?? compiler.invocation.storesFailures)
        },
        "return": { _, arguments, interpreter in throw interpreter.returning(arguments.positional.first ?? arguments["data"] ?? .none) },
        "run_query": { compiler, arguments, interpreter in
            guard compiler.frame.mode == .execute else { return .none }
            let (_, table) = try compiler.run(try interpreter.text(arguments.positional.first ?? arguments["sql"] ?? .none), fetches: true)
            return table.map { .object($0) } ?? .none
        },
        "statement": { compiler, arguments, interpreter in try compiler.statement(arguments, interpreter) },
        "load_result": { compiler, arguments, _ in try compiler.loadResult(arguments.positional.first?.asString ?? arguments["name"]?.asString ?? "") },
        "store_result": { compiler, arguments, _ in try compiler.storeResult(arguments) },
        "store_raw_result": { compiler, arguments, _ in try compiler.storeRawResult(arguments) },
        "load_agate_table": { compiler, _, _ in
            guard compiler.frame.mode == .execute, let node = compiler.frame.node, let table = try compiler.readSeed?(node) else { return .none }
            return .object(compiler.object(table))
        },
        "render": { compiler, arguments, interpreter in .string(try compiler.rendered(try interpreter.text(arguments.positional.first ?? ""))) },
        // What a materialization sends is written by whoever runs it.
        "write": { _, _, _ in "" },
        "try_or_compiler_error": { _, arguments, interpreter in
            let message = try interpreter.text(arguments.positional.first ?? arguments["message_if_exception"] ?? .none)
            guard let callee = arguments.positional.dropFirst().first ?? arguments["func"] else { throw CompilationError("compile.bad_call", "try_or_compiler_error() needs a function", remedy: "write try_or_compiler_error('message', function)") }
            do {
                return try interpreter.call(callee, Arguments(Array(arguments.positional.dropFirst(2)), named: arguments.named.filter { !["message_if_exception", "func"].contains($0.name) }))
            } catch {
                throw CompilationError("compile.raised", message, remedy: "")
            }
        },
        "log": { compiler, arguments, interpreter in
            let bound = try arguments.bound("log", required: 1, "msg", "info")
            if bound[1]?.asInt == 1 { compiler.onMessage(try interpreter.text(bound[0] ?? .none)) }
            return ""
        },
        "print": { compiler, arguments, interpreter in
            compiler.onPrint(try interpreter.text(arguments.positional.first ?? arguments["msg"] ?? .none))
            return ""
        },
        "submit_python_job": { _, _, _ in
            throw CompilationError("compile.unsupported", "models in Python are not supported", remedy: "write the model in SQL, or disable it")
        },
    ]

    private func environmentVariable(_ arguments: Arguments) throws -> Value {
        let bound = try arguments.bound("env_var", required: 1, "var", "default")
        let name = bound[0]?.asString ?? ""
        // A secret may stand in profiles and packages only: whatever is rendered here ends in artifacts and logs.
        guard !name.hasPrefix("DBT_ENV_SECRET") else {
            throw CompilationError(
                "compile.secret_variable", "Secret env vars are allowed only in profiles.yml or packages.yml. Found '\(name)' referenced elsewhere.",
                remedy: "give it a name that does not begin with DBT_ENV_SECRET, or do not use it here")
        }
        if let value = environmentOverrides[name] { return .string(value.stringValue ?? value.text()) }
        let fallback = bound[1].flatMap { $0.isNone ? nil : $0 }
        return try EnvironmentVariables.value(name, isOptional: fallback != nil, in: variables) { environmentRead.insert($0) }.map(Value.string) ?? fallback ?? .none
    }

    private var graph: Value {
        if let graphValue { return graphValue }
        // While the project is being read there is none yet, and a template that looks at it then sees nothing, as in dbt.
        guard frame.mode == .execute else { return Value(ManifestWriter.emptyGraph) }
        let value = Value(ManifestWriter.graph(of: manifest, relations: session == nil ? [:] : relationNames(), readAt: Double(invocation.startedAt.microseconds) / 1_000_000))
        addEarlierNotes(to: value)
        graphValue = value
        return value
    }
}

extension Interpreter {
    /// A value as printing it in a template would show it.
    func text(_ value: Value) throws -> String { try text(of: value) }
}
