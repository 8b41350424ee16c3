internal import DbtMacros
public import Kernel
public import Project
public import WarehouseKit
internal import Jinja

/// Turns nodes into SQL, in dbt's context. Used from one thread at a time, with the session it was given.
///
/// - A node compiles when its turn comes: `run_query` sees finished parents, and `is_incremental()` looks at the warehouse
///   as it is now. Of relations nothing is remembered between two nodes but which names have capital letters: whether one is there is asked anew.
public final class Compiler: ParseTimeHost {
    public private(set) var manifest: Manifest!
    public private(set) var invocation: Invocation
    /// Where log lines of templates go: `log(…, info=true)`, `print`, `exceptions.warn`.
    public var onMessage: (String) -> Void = { _ in }
    /// Told of a reference that names no version where a newer one is there than it gets.
    public var onUnpinned: (String) -> Void = { _ in }
    /// Told what templates use that is to go, by the name of dbt's event.
    public var onDeprecation: (_ event: String, _ text: String) throws -> Void = { _, _ in }
    /// Where warnings of templates go.
    public var onWarning: (String) -> Void { get { warning ?? onMessage } set { warning = newValue } }
    private var warning: ((String) -> Void)?
    /// Told when a package's materialization takes the place of one of dbt's.
    public var onOverride: (_ package: String, _ materialization: String) throws -> Void = { _, _ in }
    /// Where `print` writes; beside the log, as a person may read it from a pipe.
    public var onPrint: (String) -> Void { get { printing ?? onMessage } set { printing = newValue } }
    private var printing: ((String) -> Void)?
    /// Told each statement of a template before it is sent, with its comment, and on behalf of which node.
    public var onStatement: (_ sql: String, _ node: Node?) -> Void = { _, _ in }
    /// The rows of a seed, for `load_agate_table()`.
    public var readSeed: ((Node) throws -> Table)?
    /// Below which templates may write the rows of tables into files; nil where they may not: a sealed project stays as it was sealed.
    public var tablesFolder: String?
    let variables: [String: String]
    let session: (any WarehouseSession)?
    let interpreter: Interpreter
    private lazy var native = Interpreter(DbtSyntax.native(environment))
    let environment: Environment
    var macros: MacroTable!
    var frames: [Frame] = []
    private(set) lazy var dialect = Dialect(manifest.target.type, session: session)
    var fixedWords: [String: Value] = [:]
    var graphValue: Value?
    /// What those who worked on the same run before have changed in `graph`, oldest first: asked for once, by the first
    /// template that looks at it.
    public var earlierNotes: () -> [JSON] = { [] }
    var notesAtStart: JSON = [:]
    /// What stands for a node or source in a unit test: the name of a common table expression.
    var replacements: [String: String] = [:]
    var variableOverrides = JSONObject()
    var environmentOverrides = JSONObject()
    /// The stretch of time that the model at work is built for.
    public var batch: Batch?
    /// What `compile` last gave: how far a node came that failed afterwards.
    public private(set) var lastCompiled: CompiledNode?
    /// The frame of the materialization that ran last.
    var materialized: Frame?
    /// The statement `main` that was sent last, and for which node: what the warehouse refused where that node fails.
    public internal(set) var lastMain: (node: String, sql: String)?
    var transaction = TemplateTransaction.kept
    /// Whether a statement has begun what `adapter.commit()` ends.
    var isCommittable = false
    /// What dbt calls the connection of what is no node's.
    public var connectionName = "master"
    lazy var comments = QueryComment(manifest.project.queryComment)
    /// Of `namesWithCapitals`.
    var capitals: [String: [String: Set<String>]] = [:]
    private var ephemeralSQL: [String: (sql: String, ephemerals: [String])] = [:]
    /// Whether a template of the project's own asked for what is another thing in each command: the time, ids, flags.
    public var isBoundToCommand: Bool { hasAskedForCommand || WallClock.readings != clockReadings }
    var hasAskedForCommand = false
    private let clockReadings = WallClock.readings
    /// The environment variables that templates asked for.
    public internal(set) var environmentRead: Set<String> = []

    /// A host for reading a project: renders in parse mode, without a warehouse.
    public init(parsing environment: [String: String], invocation: Invocation) {
        self.invocation = invocation
        variables = environment
        session = nil
        var environment = Compiler.jinja()
        // As dbt does while it reads: a macro that is not there is missed when the node runs, and the others run.
        environment.undefined = .forgiving
        self.environment = environment
        interpreter = Interpreter(self.environment)
    }

    public init(_ manifest: Manifest, session: (any WarehouseSession)?, environment: [String: String], invocation: Invocation) throws {
        self.manifest = manifest
        self.invocation = invocation
        self.session = session
        variables = environment
        self.environment = Compiler.jinja()
        interpreter = Interpreter(self.environment)
        try prepare(manifest)
    }

    /// Says what the command works on, where it was not known at the start: `selected_resources`.
    public func select(_ ids: [String]) { invocation.selected = ids }

    private static func jinja() -> Environment { DbtSyntax.environment }

    public func prepare(_ manifest: Manifest) throws {
        self.manifest = manifest
        macros = MacroTable(environment, files: manifest.macroFiles, macros: Array(manifest.macros.values), adapter: manifest.target.type)
        macros.contextOf = { [unowned self] package in
            Context { [unowned self] name in try value(of: name, package: package) }
        }
    }

    // MARK: Parse mode

    public func libraryTexts(for adapter: String) -> [String] { MacroLibrary.packages(for: adapter).flatMap { MacroLibrary.macros(of: $0).map(\.text) } }

    /// How many macros come with dbt.
    public static func libraryCount(for adapter: String) -> Int {
        functionsOfTheLibrary.count + MacroLibrary.packages(for: adapter).reduce(0) { $0 + MacroLibrary.macros(of: $1).count { !MacroLibrary.isOwn($0.name) } }
    }

    public func libraryMacro(_ name: String, in package: String?, for adapter: String) -> String? {
        if Self.functionsOfTheLibrary.contains(name), package ?? "dbt" == "dbt" { return "macro.dbt.\(name)" }
        let owners = MacroLibrary.packages(for: adapter).filter { package == nil || package == $0 }
        return owners.first { MacroLibrary.macro(name, in: $0) != nil }.map { "macro.\($0).\(name)" }
    }

    public func capture(_ node: Node) throws -> Capture {
        let frame = Frame(node, package: node.packageName, mode: .parse)
        _ = try inside(frame) {
            if let test = node.test { frame.variables["_dbt_generic_test_kwargs"] = try arguments(of: test) }
            return try render(node.rawCode, name: node.originalFilePath)
        }
        return frame.capture
    }

    public func generatedName(_ macro: String, of package: String, custom: String?, node: Node) throws -> String {
        try generatedName(macro, in: Frame(nil, package: package, mode: .parse), custom: custom, subject: Value(ManifestWriter.json(node))) ?? node.name
    }

    public func generatedName(_ macro: String, of package: String, custom: String?, export: JSON) throws -> String {
        try generatedName(macro, in: Frame(nil, package: package, mode: .parse), custom: custom, subject: .object(ExportObject(export))) ?? export["name"]?.stringValue ?? ""
    }

    private func generatedName(_ macro: String, in frame: Frame, custom: String?, subject: Value) throws -> String? {
        frame.isOfMacro = true
        frame.macro = manifest.macros["macro.\(frame.package).\(macro)"]
        return try inside(frame) {
            guard let callee = try self.macro(macro, package: frame.package) else { return custom }
            return try interpreter.text(interpreter.call(callee, Arguments([custom.map(Value.string) ?? .none, subject])))
        }
    }

    // MARK: Compiling

    /// The SQL of a model, test or analysis.
    public func compile(_ node: Node) throws -> CompiledNode {
        (lastCompiled, materialized) = (nil, nil)
        isCommittable = false
        do {
            let frame = Frame(node, package: node.packageName, mode: .execute)
            frame.modelExtras = batchExtra(of: node)
            let body = try inside(frame) {
                if let test = node.test { frame.variables["_dbt_generic_test_kwargs"] = try arguments(of: test) }
                return node.language == "sql" ? try render(node.rawCode, name: node.originalFilePath) : node.rawCode
            }
            let ephemerals = try (invocation.injectsEphemerals ? withParents(frame.ephemerals) : []).map { id in
                CompiledNode.Injection(id: id, sql: CommonTableExpressions.text("__dbt__cte__\(manifest.nodes[id]?.alias ?? "")", try ephemeral(id).sql))
            }
            let isStored = node.resourceType.isReferable || failuresRelation(of: node) != nil
            let compiled = CompiledNode(
                node: frame.node ?? node, sql: CommonTableExpressions.inject(ephemerals.map(\.sql), into: body),
                relationName: isStored && !node.isEphemeral ? relationText(of: node) : nil, ephemerals: ephemerals)
            lastCompiled = compiled
            return compiled
        } catch {
            throw CompilationError.of(error, node: node)
        }
    }

    /// A text of the project's own, for example a hook, rendered for a node or for the run as a whole.
    /// - Parameter extra: names that the text sees besides; the items of `results` are records, with `node` and `to_dict()`.
    public func render(_ text: String, for node: Node?, with extra: [(String, JSON)] = []) throws -> String {
        do {
            let frame = Frame(node, package: node?.packageName ?? manifest.project.name, mode: .execute)
            for (name, value) in extra { frame.variables[name] = Self.word(name, value) }
            return try inside(frame) { try render(text, name: node?.originalFilePath ?? "dbt_project.yml") }
        } catch {
            throw CompilationError.of(error, node: node)
        }
    }

    /// Calls a macro by itself: `model` is the macro then.
    ///
    /// - Parameters:
    ///   - macro: nil for one that comes with dbt.
    ///   - call: as a template writes it.
    public func run(_ macro: Project.Macro?, _ call: String, with arguments: JSON) throws {
        do {
            let frame = Frame(nil, package: manifest.project.name, mode: .execute)
            frame.isOfMacro = true
            frame.variables["_operation_arguments"] = Value(arguments)
            frame.macro = macro
            _ = try inside(frame) { try render("{{ \(call) }}", name: "dbt_project.yml") }
        } catch {
            throw CompilationError.of(error, node: nil)
        }
    }

    private static func word(_ name: String, _ value: JSON) -> Value {
        switch name {
        case "results": RecordObject.list(value)
        case "database_schemas": .list(value.arrayValue?.map { .tuple($0.arrayValue?.map { Value($0) } ?? []) } ?? [])
        default: Value(value)
        }
    }

    public func relationName(of node: Node) -> RelationName {
        RelationName(database: node.database, schema: node.schema, identifier: node.alias)
    }

    /// A name as the catalogue has it: on PostgreSQL what is written without quotes lies there in small letters.
    public func catalogueName(of name: RelationName) -> RelationName {
        guard dialect.adapter == "postgres" else { return name }
        func kept(_ text: String, _ part: String) -> String { manifest.project.quoting[part]?.boolValue == false ? text.lowercased() : text }
        return RelationName(database: name.database, schema: kept(name.schema, "schema"), identifier: kept(name.identifier, "identifier"))
    }

    /// `table` or `view` where a test's failing rows are kept.
    public func failuresRelation(of test: Node) -> String? { test.failuresRelation(byDefault: invocation.storesFailures) }

    /// Whether templates and the executor should build `node` from nothing.
    public func isFullRefresh(_ node: Node) -> Bool {
        if let batch, batch.node == node.uniqueID, batch.keepsTable { return false }
        return node.config.fullRefresh ?? invocation.isFullRefresh
    }

    // MARK: Inside

    func inside<T>(_ frame: Frame, _ body: () throws -> T) throws -> T {
        frames.append(frame)
        defer { frames.removeLast() }
        return try body()
    }

    var frame: Frame { frames[frames.count - 1] }

    func render(_ text: String, name: String) throws -> String {
        // A node's text is read for one node, once or twice: to keep it would only fill the memory.
        let template = try environment.parse(text, name: name)
        let package = frame.package
        return try interpreter.render(template, Context { [unowned self] name in try notedValue(of: name, package: package) })
    }

    /// The arguments of a generic test: texts are templates of their own, and `ref('x')` needs no braces.
    private func arguments(of test: TestMetadata) throws -> Value {
        .dict(try test.arguments.pairs.map { key, value in (key, key == "column_name" ? Value(value) : try argument(value)) })
    }
    private func argument(_ value: JSON) throws -> Value {
        switch value {
        case .string(let text):
            let isCall = ["ref", "source", "var", "env_var", "doc"].contains { text.hasPrefix("\($0)(") } && text.hasSuffix(")")
            guard isCall || text.contains("{{") || text.contains("{%") else { return .string(text) }
            let package = frame.package
            let template = try environment.parse(isCall ? "{{ \(text) }}" : text, name: frame.node?.originalFilePath ?? "")
            return try native.renderNative(template, Context { [unowned self] name in try self.value(of: name, package: package) })
        case .array(let items): return .list(try items.map(argument))
        case .object(let object): return .dict(try object.pairs.map { ($0.key, try argument($0.value)) })
        default: return Value(value)
        }
    }

    /// An ephemeral model's own SQL, without the ones it reads.
    private func ephemeral(_ id: String) throws -> (sql: String, ephemerals: [String]) {
        if let known = ephemeralSQL[id] { return known }
        guard let node = manifest.nodes[id] else { return ("", []) }
        let frame = Frame(node, package: node.packageName, mode: .execute)
        let sql = try inside(frame) { try render(node.rawCode, name: node.originalFilePath) }
        ephemeralSQL[id] = (sql, frame.ephemerals)
        return (sql, frame.ephemerals)
    }

    /// Ephemeral models with those that they read, each after what it reads.
    private func withParents(_ ids: [String]) throws -> [String] {
        var order: [String] = []
        func visit(_ id: String) throws {
            guard !order.contains(id) else { return }
            for parent in try ephemeral(id).ephemerals { try visit(parent) }
            order.append(id)
        }
        for id in ids { try visit(id) }
        return order
    }

    func warn(_ message: String) throws {
        if invocation.failsOnTemplateWarnings { throw CompilationError("compile.warned", message, remedy: "correct it, or leave --warn-error out") }
        onWarning(message)
    }
}
