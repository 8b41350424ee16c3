internal import Compilation
internal import Contracts
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// What the commands that read a project share: the manifest, the selection, the target folder, the warehouse.
final class DbtSite {
    let arguments: DbtArguments
    let command: DbtCommand
    let log: DbtLog
    let warnings: DbtWarnings
    private(set) var manifest: Manifest
    private(set) var invocation: Invocation
    let folder: RunFolder
    /// What the reading has to tell.
    private(set) var news: [ProjectWarning] = []
    /// Of `retry`: nothing else is run.
    var only: Set<String>?
    /// Of `retry`: models that were built in part.
    var earlierBatches: [String: BatchResults] = [:]
    private var opened: (Compiler, any WarehouseSession)?
    /// For a manifest that real dbt shall compare with.
    private let library: DbtLibrary

    /// - Parameter asOf: when what is repeated began: its newest batch is the newest one now.
    init(_ arguments: DbtArguments, command: DbtCommand, log: DbtLog, warnings: DbtWarnings, startedAt: Timestamp, id: String, asOf: Timestamp? = nil) throws {
        self.arguments = arguments
        self.command = command
        self.log = log
        self.warnings = warnings
        var invocation = Invocation(id: id, startedAt: startedAt, command: arguments.word, isFullRefresh: arguments.isFullRefresh)
        invocation.failsOnWarnings = arguments.warnings.verdict(of: "LogTestResult") == .fail
        invocation.failsOnTemplateWarnings = arguments.warnings.verdict(of: "JinjaLogWarning") == .fail
        invocation.storesFailures = arguments.flag("store-failures")
        invocation.injectsEphemerals = arguments.flag("inject-ephemeral-ctes", byDefault: true)
        invocation.isEmpty = arguments.isEmpty
        invocation.favorsState = arguments.flag("favor-state")
        invocation.options = arguments.json.objectValue ?? JSONObject()
        invocation.options["invocation_command"] = .string((["dbt"] + arguments.line).joined(separator: " "))
        // Templates see them, and artifacts keep them.
        invocation.options = arguments.secrets.masked(.object(invocation.options)).objectValue ?? JSONObject()
        // For rehearsals: what is new depends on it, and the order of commands does not.
        invocation.asOf = try Self.rehearsedNow(command.environment) ?? asOf
        if ["run", "build", "retry"].contains(arguments.command), let text = arguments.value("sample") {
            let fields = text.hasPrefix("{") ? (try? YAMLValue.object(text)) ?? nil : nil
            let sample = try SampleWindow(text, fields: fields, now: invocation.asOf ?? startedAt)
            invocation.options["sample"] = ["start": .string(sample.start.sql.replacing(" ", with: "T")), "end": .string(sample.end.sql.replacing(" ", with: "T"))]
            invocation.sample = sample
        }
        self.invocation = invocation
        library = try command.environment["SLUICE_DBT_MACROS"].map { path throws(ProjectProblem) in try DbtLibrary(manifest: path) } ?? DbtLibrary()
        var settings = ReaderSettings(projectFolder: arguments.projectFolder, environment: command.environment)
        settings.profilesFolder = arguments.value("profiles-dir")
        settings.profileName = arguments.value("profile")
        settings.targetName = arguments.value("target")
        (settings.vars, settings.dates) = (arguments.vars, arguments.dates)
        settings.checksVersion = arguments.flag("version-check", byDefault: true)
        settings.keepsCache = true
        settings.usesCache = arguments.stated("partial-parse")
        settings.targetPath = arguments.value("target-path")
        let host = Compiler(parsing: command.environment, invocation: invocation)
        var used: [ProjectWarning] = []
        host.onDeprecation = {
            _ = try warnings.judge.deprecation($1, $0)
            used.append(.init($0, $1, .namelessDeprecation))
        }
        // What templates say while they are read is said, as it is again when they run.
        let prints = arguments.flag("print", byDefault: true)
        host.onMessage = { log($0, name: "JinjaLogInfo") }
        host.onWarning = { try? warnings.tell($0, "JinjaLogWarning") }
        host.onPrint = { if prints { log.result($0, name: "PrintEvent") } }
        let reader = ProjectReader(settings, host: host)
        defer { if let note = reader.cacheNote { log(note, .debug, name: "PartialParsing") } }
        do { manifest = try reader.read() } catch {
            for warning in reader.fileWarnings + used + reader.news { try warnings.tell(warning) }
            throw error
        }
        // What templates use is told where they are read: behind the macros.
        let ofMacros = reader.news.prefix { $0.event == "UnexpectedJinjaBlockDeprecation" }
        news = manifest.packages.flatMap(\.warnings) + ofMacros + used + reader.news.dropFirst(ofMacros.count) + manifest.standingWarnings(now: command.now(), tellsAll: log.isDebug)
        if let threads = try arguments.threads { manifest.target.threads = threads }
        let target = settings.targetPath ?? manifest.project.targetPath
        folder = RunFolder(target.hasPrefix("/") || arguments.projectFolder == "." ? target : "\(arguments.projectFolder)/\(target)")
    }

    /// - Throws: where it is no time: a rehearsal at the real one would build other batches than were meant.
    private static func rehearsedNow(_ environment: [String: String]) throws -> Timestamp? {
        guard let text = environment["SLUICE_NOW"], !text.isEmpty else { return nil }
        guard let time = Timestamp(sql: text) else { throw DbtArguments.wrong("Invalid value for 'SLUICE_NOW': '\(text)' is no date or time", "write 2026-01-31 or 2026-01-31 12:00:00") }
        return time
    }

    private(set) var hasWrittenManifest = false
    func writeManifest(compiled: [String: ManifestWriter.Compiled] = [:]) throws {
        hasWrittenManifest = true
        guard arguments.flag("write-json", byDefault: true) else { return }
        try folder.write(
            ManifestWriter(manifest, invocationID: invocation.id, generatedAt: command.now(), startedAt: invocation.startedAt, compiled: compiled, library: library))
        try folder.write(SemanticManifestWriter(manifest).json, as: "semantic_manifest.json")
    }

    /// The macro of a name: a package's, or the one that comes with dbt.
    func macroID(_ name: String) -> String { manifest.packages.lazy.map { "macro.\($0.name).\(name)" }.first { self.manifest.macros[$0] != nil } ?? "macro.dbt.\(name)" }

    /// What dbt finds out that a test calls when it compiles it, and when it runs it.
    func macros(ofTest node: Node, isRun: Bool) -> [String] {
        let names = (node.test == nil ? [] : ["get_where_subquery"]) + (isRun ? ["get_limit_subquery_sql", "should_store_failures", "statement"] : [])
        return node.resourceType == .test ? names.map(macroID) : []
    }

    func tellConcurrency() {
        log(
            "\nConcurrency: \(manifest.target.threads) threads (target='\(manifest.target.name)')\n", name: "ConcurrencyLine",
            with: [("num_threads", JSON(manifest.target.threads)), ("target_name", .string(manifest.target.name)), ("node_count", JSON(invocation.selected.count))])
    }

    func warn(_ text: String, _ name: String, isTagged: Bool = false) throws { try warnings.tell(text, name, isTagged: isTagged) }

    /// The compiler and the session of the profile's warehouse.
    func open() throws -> (Compiler, any WarehouseSession) {
        if let opened { return opened }
        let session = try warehouse().open()
        let compiler = try Compiler(manifest, session: session, environment: command.environment, invocation: invocation)
        compiler.tablesFolder = manifest.project.folder
        DbtMessage.connect(compiler, session, warnings.judge, tellsStatements: log.tellsStatements) { [unowned self] in tell($0) }
        // A comment that cannot be written ends the command before anything is sent.
        try compiler.checkQueryComment()
        opened = (compiler, session)
        return (compiler, session)
    }

    func tell(_ message: DbtMessage) {
        switch message {
        case .logged(let text): log(text, name: "JinjaLogInfo")
        case .unpinned(let text): log(text, name: "UnpinnedRefNewVersionAvailable")
        // Where it is an error, the template has failed by then.
        case .warned(let text): try? warnings.tell(text, "JinjaLogWarning")
        case .noticed(let text): log(text, .warn)
        case .printed(let text): if arguments.flag("print", byDefault: true) { log.result(text, name: "PrintEvent") }
        case .deprecated(let event, let text): try? warnings.tell(deprecation: event, text)
        case .sent(let sql, let node): log.statement(sql, of: node)
        }
    }

    /// What a lane beside this thread begins with.
    func team() throws -> DbtTeam.Start {
        DbtTeam.Start(
            manifest: manifest, invocation: invocation, environment: command.environment, warehouse: try warehouse(), folder: folder, now: command.now,
            tellsStatements: log.tellsStatements, earlierBatches: earlierBatches, judge: warnings.judge)
    }

    /// How many lanes the engine bears: one where it has one writer.
    var writersMax: Int { (try? warehouse())?.capabilities.writersMax ?? 1 }

    private func warehouse() throws -> any Warehouse { try command.warehouses.warehouse(at: try ProfileWarehouse.url(of: manifest.target)) }

    /// PostgreSQL reaches one database alone: as in dbt, a command that looks for what is there refuses a project with a node in another, chosen or not.
    ///
    /// - Parameter made: the nodes whose schemas the command makes.
    func checkDatabases(making made: [Node] = []) throws {
        guard manifest.target.type == "postgres" else { return }
        func refuse(_ nodes: [Node], _ code: ProblemCode) throws {
            let own = manifest.target.database
            guard let other = nodes.map(\.database).sorted().first(where: { $0.lowercased() != own.lowercased() }) else { return }
            throw PlainProblem(code, "ERROR: Cross-db references not allowed in postgres (\(other) vs \(own))", remedy: "leave the node's database out, or turn the node off")
        }
        func isRelation(_ node: Node) -> Bool { node.resourceType.isReferable && !node.isEphemeral || node.failuresRelation() != nil }
        try refuse(made.filter { isRelation($0) || $0.resourceType == .function }, "dbt.other_database_made")
        if arguments.flag("populate-cache", byDefault: true) { try refuse(manifest.nodes.values.filter(isRelation), "dbt.other_database") }
    }

    // MARK: Selection

    /// The unique ids that the command is about.
    func select() throws -> Set<String> {
        let state = arguments.value("state").map { PreviousState(folder: $0, targetFolder: folder.path) }
        var selector = Selector(manifest, state: state, indirect: arguments.indirect ?? .eager)
        var nothing: [String] = []
        selector.onNothing = { nothing.append($0) }
        var chosen: Set<String>
        if let name = arguments.value("selector") {
            chosen = try selector.ids(of: manifest.selectors.selection(named: name))
        } else if arguments.select.isEmpty, arguments.exclude.isEmpty, let name = manifest.selectors.byDefault {
            log("Using default selector \(name)", name: "DefaultSelector")
            chosen = try selector.ids(of: manifest.selectors.selection(named: name))
        } else {
            chosen = try selector.select(arguments.select, exclude: arguments.exclude)
        }
        for criterion in nothing { try warnings.tell("The selection criterion '\(criterion)' does not match any enabled nodes", "NoNodesForSelectionCriteria", with: [("spec_raw", .string(criterion))]) }
        let (wanted, unwanted) = (arguments.list("resource-type"), arguments.list("exclude-resource-type"))
        chosen = chosen.filter { id in
            let type = manifest[id]?.resourceType ?? .source
            return (wanted.isEmpty || Self.fits(type, wanted)) && !Self.fits(type, unwanted)
        }
        if let only {
            if let gone = only.sorted().first(where: { manifest[$0] == nil && manifest.sources[$0] == nil }) {
                throw PlainProblem("dbt.gone_node", "Couldn't find model '\(gone)' -- does it exist or is it disabled?", remedy: "run the command itself again")
            }
            chosen.formIntersection(only)
        }
        invocation.selected = chosen.sorted()
        if let opened { opened.0.select(invocation.selected) }
        return chosen
    }

    /// Of what was chosen the command does only this: `selected_resources`.
    func narrow(to ids: [String]) {
        invocation.selected = ids.sorted()
        if let opened { opened.0.select(invocation.selected) }
    }

    /// `test` means data tests and unit tests; `all` and `default` mean everything.
    private static func fits(_ type: ResourceType, _ words: [String]) -> Bool {
        words.contains { word in
            switch word {
            case "all": true
            case "default": type != .analysis
            case "test", "data_test": type == .test
            default: type.rawValue == word
            }
        }
    }

    /// `--defer`: what is not built here is read where the state has it.
    func deferToState() throws { if arguments.flag("defer") { manifest.deferred = try deferred() } }

    /// Where the nodes of the state lie.
    private func deferred() throws -> [String: Manifest.DeferredRelation] {
        guard let folder = arguments.value("defer-state") ?? arguments.value("state") else {
            throw PlainProblem(
                "dbt.no_state", "Received a --defer argument, but no value was provided to --state.", at: .named("--defer"), remedy: "name the folder of the other environment's artifacts with --state")
        }
        let old = try PreviousState(folder: folder, targetFolder: self.folder.path).manifest()
        var found: [String: Manifest.DeferredRelation] = [:]
        for (id, node) in old["nodes"]?.objectValue?.pairs ?? [] where ["model", "seed", "snapshot"].contains(node["resource_type"]?.stringValue ?? "") {
            guard node["config"]?["materialized"] != "ephemeral" else { continue }
            found[id] = .init(database: node["database"]?.stringValue ?? "", schema: node["schema"]?.stringValue ?? "", identifier: node["alias"]?.stringValue ?? "")
        }
        for (id, function) in old["functions"]?.objectValue?.pairs ?? [] {
            found[id] = .init(database: function["database"]?.stringValue ?? "", schema: function["schema"]?.stringValue ?? "", identifier: function["alias"]?.stringValue ?? "")
        }
        return found
    }

    // MARK: Words

    /// - Parameter isInline: whether a query of the line is among the nodes.
    static func counts(_ manifest: Manifest, isInline: Bool = false) -> String {
        let groups = Dictionary(grouping: Array(manifest.nodes.values) + manifest.others.values, by: \.resourceType).mapValues(\.count)
        func word(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
        func counted(_ types: [(ResourceType, String, String)]) -> [String] { types.compactMap { type, one, many in groups[type].map { word($0, one, many) } } }
        typealias Kind = (type: ResourceType, one: String, many: String)
        let (tests, snapshots): (Kind, Kind) = ((.test, "test", "data tests"), (.snapshot, "snapshot", "snapshots"))
        // In the order in which dbt comes upon the first of each: tests and snapshots of a file each before seeds, those of schema files behind all.
        let hasSingular = manifest.nodes.values.contains { $0.resourceType == .test && $0.test == nil }
        let hasBlocks = manifest.nodes.values.contains { $0.resourceType == .snapshot && $0.originalFilePath.hasSuffix(".sql") }
        var parts = counted([(.model, "model", "models")] + (hasBlocks ? [snapshots] : []) + [(.analysis, "analysis", "analyses")] + (hasSingular ? [tests] : []) + [(.seed, "seed", "seeds")])
        if !manifest.hooks.isEmpty { parts.append(word(manifest.hooks.count, "operation", "operations")) }
        func firstFile(_ type: ResourceType) -> String { manifest.nodes.values.filter { $0.resourceType == type }.map(\.originalFilePath).min() ?? "" }
        let written: [Kind] = firstFile(.snapshot) < firstFile(.test) ? [snapshots, tests] : [tests, snapshots]
        parts += counted(written.filter { !($0.type == .test ? hasSingular : hasBlocks) })
        if isInline { parts.append("1 sql operation") }
        if !manifest.sources.isEmpty { parts.append(word(manifest.sources.count, "source", "sources")) }
        parts += counted([(.exposure, "exposure", "exposures"), (.metric, "metric", "metrics")])
        parts.append(word(manifest.macros.count + Compiler.libraryCount(for: manifest.target.type), "macro", "macros"))
        if !manifest.groups.isEmpty { parts.append(word(manifest.groups.count, "group", "groups")) }
        parts += counted([(.semanticModel, "semantic model", "semantic models"), (.savedQuery, "saved query", "saved queries"), (.unitTest, "unit test", "unit tests")])
        return parts.joined(separator: ", ")
    }
}
