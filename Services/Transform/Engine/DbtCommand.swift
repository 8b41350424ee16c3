internal import Compilation
internal import Contracts
internal import Execution
public import Kernel
internal import Project
public import WarehouseKit

/// `sluice dbt …` in one process: dbt's commands, flags, log lines, artifacts and exit codes.
///
/// 0: all went well. 1: a node or test failed. 2: the project, the settings or the command line are wrong.
public struct DbtCommand {
    let warehouses: WarehouseRegistry
    let environment: [String: String]
    let now: @Sendable () -> Timestamp
    let output: (String) -> Void

    public init(
        warehouses: WarehouseRegistry, environment: [String: String], now: @escaping @Sendable () -> Timestamp, output: @escaping (String) -> Void
    ) {
        self.warehouses = warehouses
        self.environment = environment
        self.now = now
        self.output = output
    }

    /// - Returns: the exit code.
    public func run(arguments: [String]) -> Int32 {
        let parsed: DbtArguments
        do { parsed = try DbtArguments(arguments) } catch {
            output(String(describing: error))
            return 2
        }
        do {
            return try run(parsed)
        } catch {
            log(String(describing: error))
            return 2
        }
    }

    private func log(_ text: String) {
        let clock = now().civil
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            output("\(two(clock.hour)):\(two(clock.minute)):\(two(clock.second))  \(line)")
        }
    }

    private func run(_ arguments: DbtArguments) throws -> Int32 {
        let startedAt = now()
        let id = InvocationRecord.id(of: "\(startedAt)/\(UInt64.random(in: 0...UInt64.max))")
        // `flags.WHICH` is the last word of a command.
        let word = arguments.command == "docs generate" ? "generate" : arguments.command
        var invocation = Invocation(id: id, startedAt: startedAt, command: word, isFullRefresh: arguments.isFullRefresh)
        invocation.storesFailures = arguments.storesFailures
        let manifest = try read(arguments, invocation)
        if arguments.command != "ls", arguments.command != "list" {
            log("Running with sluice, as dbt \(ManifestWriter.dbtVersion)")
            for warning in manifest.warnings { log("[WARNING]: \(warning)") }
            log("Found \(Self.counts(manifest))")
        }
        let target = arguments.targetPath ?? manifest.project.targetPath
        let folder = RunFolder(target.hasPrefix("/") ? target : "\(arguments.projectFolder)/\(target)")
        try folder.write(ManifestWriter(manifest, invocationID: id, generatedAt: startedAt).bytes, as: "manifest.json")
        let selected = try Selector(manifest).select(arguments.select, exclude: arguments.exclude)
        invocation.selected = selected.sorted()
        for criterion in arguments.select + arguments.exclude where try Selector(manifest).select([criterion]).isEmpty {
            log("[WARNING]: The selection criterion '\(criterion)' does not match any enabled nodes")
        }
        switch arguments.command {
        case "parse": return 0
        case "ls", "list": return try list(manifest, selected, arguments)
        default:
            let session = try warehouses.warehouse(at: try ProfileWarehouse.url(of: manifest.target, projectFolder: arguments.projectFolder)).open()
            let compiler = try Compiler(manifest, session: session, environment: environment, invocation: invocation)
            compiler.onMessage = { log($0) }
            // Once more, now that the warehouse can say how relations are written.
            let names = compiler.relationNames(on: session)
            try folder.write(ManifestWriter(manifest, invocationID: id, generatedAt: startedAt, compiled: names).bytes, as: "manifest.json")
            if arguments.command == "docs generate" {
                let docs = DocsWriter(manifest: manifest, compiler: compiler, session: session, invocation: invocation, now: now)
                return try document(docs, selected, arguments, folder)
            }
            guard let command = RunPlan.Command(rawValue: arguments.command) else { return 2 }
            let plan = RunPlan(command, manifest: manifest, selected: selected)
            let run = DbtRun(manifest: manifest, plan: plan, compiler: compiler, session: session, folder: folder, invocation: invocation, now: now, log: log)
            return try run.execute(failsFast: arguments.failsFast)
        }
    }

    private func document(_ docs: DocsWriter, _ selected: Set<String>, _ arguments: DbtArguments, _ folder: RunFolder) throws -> Int32 {
        log("Building catalog")
        let result = try docs.write(
            selected: selected, compile: arguments.isCompiled, isCatalogEmpty: arguments.isCatalogEmpty, to: [folder], compiledIn: folder)
        for problem in result.problems { log(problem) }
        log("Catalog written to \(folder.path)/catalog.json, the page to \(folder.path)/index.html")
        return result.problems.isEmpty ? 0 : 1
    }

    private func read(_ arguments: DbtArguments, _ invocation: Invocation) throws -> Manifest {
        var settings = ReaderSettings(projectFolder: arguments.projectFolder, environment: environment)
        settings.profilesFolder = arguments.profilesFolder
        settings.profileName = arguments.profile
        settings.targetName = arguments.target
        settings.vars = arguments.vars
        return try ProjectReader(settings, host: Compiler(parsing: environment, invocation: invocation)).read()
    }

    private func list(_ manifest: Manifest, _ selected: Set<String>, _ arguments: DbtArguments) throws -> Int32 {
        func wanted(_ type: ResourceType) -> Bool {
            arguments.resourceTypes.isEmpty || arguments.resourceTypes.contains(type.rawValue) || arguments.resourceTypes.contains("all")
        }
        guard arguments.output == "selector" || arguments.output == "name" else {
            throw DbtArguments.wrong("ls --output \(arguments.output) is not supported yet", "choose selector or name")
        }
        var lines: [String] = []
        for id in selected {
            if let node = manifest.nodes[id], wanted(node.resourceType) {
                lines.append(arguments.output == "name" ? node.name : node.fqn.joined(separator: "."))
            } else if let source = manifest.sources[id], wanted(.source) {
                lines.append(arguments.output == "name" ? source.name : "source:\(source.packageName).\(source.sourceName).\(source.name)")
            }
        }
        for line in lines.sorted() { output(line) }
        return 0
    }

    private static func counts(_ manifest: Manifest) -> String {
        let groups = Dictionary(grouping: manifest.nodes.values, by: \.resourceType)
        let words: [(ResourceType, String)] = [(.model, "model"), (.seed, "seed"), (.test, "data test"), (.analysis, "analysis")]
        var parts = words.compactMap { type, word in groups[type].map { "\($0.count) \(word)\($0.count == 1 || type == .analysis ? "" : "s")" } }
        if !manifest.sources.isEmpty { parts.append("\(manifest.sources.count) source\(manifest.sources.count == 1 ? "" : "s")") }
        return (parts + ["\(manifest.macros.count) macro\(manifest.macros.count == 1 ? "" : "s")"]).joined(separator: ", ")
    }
}

/// The warehouse that a profile's target means.
enum ProfileWarehouse {
    static func url(of target: Target, projectFolder: String) throws -> String {
        if let url = target.values["url"]?.stringValue { return url }
        guard target.type == "sqlite" else {
            throw PlainProblem(
                "dbt.unsupported", "a profile of type '\(target.type)' is not supported yet", at: .named("profile \(target.profileName), target \(target.name)"),
                remedy: "use type: sqlite")
        }
        let files = target.values["schemas_and_paths"]?.objectValue
        if let other = files?.keys.first(where: { $0 != "main" }) {
            throw PlainProblem(
                "dbt.unsupported", "the profile attaches a file for the schema '\(other)'; attached files are not supported yet",
                at: .named("profile \(target.profileName), target \(target.name)"), remedy: "keep main alone under schemas_and_paths")
        }
        guard let path = files?["main"]?.stringValue ?? target.values["path"]?.stringValue else {
            throw PlainProblem(
                "dbt.no_path", "the profile does not say where its SQLite file is", at: .named("profile \(target.profileName), target \(target.name)"),
                remedy: "add schemas_and_paths: {main: /path/to/file.db}")
        }
        return "sqlite://\(path)"
    }
}
