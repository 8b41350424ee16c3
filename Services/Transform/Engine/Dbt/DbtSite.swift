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
        if let sample = try arguments.sample(endingAt: invocation.asOf ?? startedAt) {
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
        guard node.resourceType == .test else { return [] }
        let names = (node.test == nil ? [] : ["get_where_subquery"]) + (isRun ? ["get_limit_subquery_sql", "should_store_failures", "statement"] : [])
        if let known = macrosOfTests[names] { return known }
        macrosOfTests[names] = names.map(macroID)
        return macrosOfTests[names] ?? []
    }
    /// By what they are named: each list is held for every test of its kind until the manifest is written.
    private var macrosOfTests: [[String]: [String]] = [:]

    func tellConcurrency() {
        log(
            "\nConcurrency: \(manifest.target.threads) threads (target='\(manifest.target.name)')\n", name: "ConcurrencyLine",
            with: [("num_threads", JSON(manifest.target.threads)), ("target_name", .string(manifest.target.name)), ("node_count", JSON(invocation.selected.count))])
    }

    func warn(_ text: String, _ name: String, isTagged: Bool = false) throws { try warnings.tell(text, name, isTagged: isTagged) }
    func tellNothing() throws { try warn("Nothing to do. Try checking your model configs and model specification args", "NothingToDo") }

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

    /// Where a session reaches one database alone: as in dbt, a command that looks for what is there refuses a project with a node in another, chosen or not.
    ///
    /// - Parameter made: the nodes whose schemas the command makes.
    func checkDatabases(making made: [Node] = []) throws {
        guard try !warehouse().capabilities.reachesOtherDatabases else { return }
        func refuse(_ nodes: [Node], _ code: ProblemCode) throws {
            let own = manifest.target.database
            guard let other = nodes.map(\.database).sorted().first(where: { $0.lowercased() != own.lowercased() }) else { return }
            throw PlainProblem(code, "ERROR: Cross-db references not allowed in \(manifest.target.type) (\(other) vs \(own))", remedy: "leave the node's database out, or turn the node off")
        }
        func isRelation(_ node: Node) -> Bool { node.resourceType.isReferable && !node.isEphemeral || node.failuresRelation() != nil }
        try refuse(made.filter { isRelation($0) || $0.resourceType == .function }, "dbt.other_database_made")
        if arguments.flag("populate-cache", byDefault: true) { try refuse(manifest.nodes.values.filter(isRelation), "dbt.other_database") }
    }

    /// Of what was chosen the command does only this: `selected_resources`.
    func narrow(to ids: [String]) {
        invocation.selected = ids.sorted()
        if let opened { opened.0.select(invocation.selected) }
    }

    /// `--defer`: what is not built here is read where the state has it.
    func deferToState() throws { if arguments.flag("defer") { manifest.deferred = try deferred() } }
}
