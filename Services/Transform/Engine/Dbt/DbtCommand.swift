internal import Compilation
internal import Contracts
internal import Execution
internal import Glibc
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
    let download: PackageDownload
    let output: (String) -> Void
    let isTerminal: Bool
    let ask: (_ question: String) -> String?

    /// - Parameters:
    ///   - download: of packages that `deps` fetches.
    ///   - isTerminal: whether the output is a person's terminal, which shows colours.
    ///   - ask: the next line of whoever sits there.
    public init(
        warehouses: WarehouseRegistry, environment: [String: String], now: @escaping @Sendable () -> Timestamp,
        download: @escaping PackageDownload = Self.noDownload, isTerminal: Bool = false, ask: @escaping (_ question: String) -> String? = Self.ask, output: @escaping (String) -> Void
    ) {
        self.warehouses = warehouses
        self.environment = environment
        self.now = now
        self.download = download
        self.output = output
        self.isTerminal = isTerminal
        self.ask = ask
    }

    /// Of a program without a network.
    public static let noDownload: @Sendable (String, ProblemLocation) throws -> [UInt8] = { url, place in
        throw PlainProblem("dbt.no_network", "this program does not speak HTTP, so '\(url)' cannot be fetched", at: place, remedy: "put the program sluice-transform beside it, or name the package as git: or local:")
    }

    /// A line of the standard input; the question stands before it.
    public static func ask(_ question: String) -> String? {
        let bytes = Array(question.utf8)
        _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
        return readLine()
    }

    /// A line at a time, so that whoever pipes the output sees it grow.
    public static func say(_ line: String) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// - Returns: the exit code.
    public func run(arguments: [String]) -> Int32 {
        if arguments.contains(where: { ["--version", "-v", "-V"].contains($0) }) {
            output("sluice, as dbt \(ManifestWriter.dbtVersion)")
            return 0
        }
        if let help = DbtHelp(arguments)?.text ?? (arguments.isEmpty ? DbtHelp(["--help"])?.text : nil) {
            output(help)
            return arguments.isEmpty ? 2 : 0
        }
        let parsed: DbtArguments
        do {
            parsed = try DbtArguments(arguments, environment: environment)
            _ = try parsed.sample(endingAt: now())
        } catch {
            output(DbtFailure.text(error))
            return 2
        }
        return run(parsed)
    }

    private func run(_ arguments: DbtArguments) -> Int32 {
        let startedAt = now()
        let id = InvocationRecord.id(of: "\(startedAt)/\(UInt64.random(in: 0...UInt64.max))")
        var arguments = arguments
        let written = ProjectReader.writtenSettings(in: arguments.projectFolder)
        let refused = Result { try arguments.adopt(written.flags) }
        let log = DbtLog(arguments, invocation: id, folder: logFolder(arguments, written.logPath), isTerminal: isTerminal, now: now, output: output)
        func failed(_ error: any Error) -> Int32 {
            let text = DbtFailure.text(error)
            log("Encountered an error:\n\(text)", .error, name: "MainEncounteredError", with: [("exc", .string(text))])
            return 2
        }
        do { try refused.get() } catch { return failed(error) }
        let warnings = DbtWarnings(arguments, log)
        let code: Int32
        do { code = try run(arguments, log, warnings, startedAt, id) } catch {
            code = failed(error)
            // One error is told.
            try? warnings.summarize()
            return code
        }
        do { try warnings.summarize() } catch { return failed(error) }
        return code
    }

    /// nil where the command has no project yet.
    private func logFolder(_ arguments: DbtArguments, _ written: String?) -> String? {
        guard arguments.command != "init", DbtFiles.exists("\(arguments.projectFolder)/dbt_project.yml") else { return nil }
        let path = arguments.value("log-path")
        return path ?? ((written ?? "logs").hasPrefix("/") ? written : "\(arguments.projectFolder)/\(written ?? "logs")")
    }

    private func run(_ arguments: DbtArguments, _ log: DbtLog, _ warnings: DbtWarnings, _ startedAt: Timestamp, _ id: String) throws -> Int32 {
        let isList = arguments.word == "list"
        if !isList { log("Running with sluice, as dbt \(ManifestWriter.dbtVersion)", name: "MainReportVersion", with: [("version", .string("=\(ManifestWriter.dbtVersion)")), ("log_version", 3)]) }
        for warning in arguments.deprecations() { try warnings.tell(warning) }
        if ["clean", "deps"].contains(arguments.command) {
            let project = try? ProjectReader.packageFile(in: arguments.projectFolder, environment: environment, vars: arguments.vars)
            for warning in project?.warnings ?? [] { try warnings.tell(warning) }
        }
        switch arguments.command {
        case "init": return try DbtInit(arguments: arguments, log: log, ask: ask).run()
        case "clean": return try DbtClean(arguments: arguments, environment: environment, log: log, warnings: warnings).run()
        case "deps": return try DbtDeps(arguments: arguments, environment: environment, download: download, log: log, warnings: warnings).run()
        case "debug": return DbtDebug(arguments: arguments, environment: environment, warehouses: warehouses, log: log).run()
        case "retry": return try retry(arguments, log, warnings, startedAt, id)
        default: break
        }
        let site = try DbtSite(arguments, command: self, log: log, warnings: warnings, startedAt: startedAt, id: id)
        return try run(site)
    }

    private func run(_ site: DbtSite) throws -> Int32 {
        // As in dbt, what was read is written, whatever comes of the command; documentation alone is written at its end or not at all.
        defer { if !site.hasWrittenManifest, !site.arguments.command.hasPrefix("docs ") { try? site.writeManifest() } }
        let arguments = site.arguments
        for warning in site.news { try site.warnings.tell(warning) }
        if let path = arguments.command == "source freshness" ? arguments.value("output") : nil {
            try site.warnings.deprecate("Custom output path usage `--output \(path)` usage detected in `dbt source freshness` command.", "CustomOutputPathInSourceFreshnessDeprecation")
        }
        if arguments.word != "list", arguments.command != "parse" {
            let counts = FoundStats.line(site.manifest, isInline: arguments.value("inline") != nil)
            site.log("Found \(counts)", name: "FoundStats", with: [("stat_line", .string(counts))])
        }
        try site.deferToState()
        switch arguments.command {
        case "parse":
            try site.writeManifest()
            try tellPerformance(site)
            return 0
        case "ls", "list":
            try site.writeManifest()
            return try DbtList(site).run()
        case "show": return try DbtShow(site).run()
        case "run-operation": return try DbtOperation(site).run()
        case "source freshness": return try DbtFreshness.run(site)
        case "clone": return try DbtClone(site).run()
        case "docs generate": return try document(site)
        case "docs serve": return try DocsServer(folder: site.folder.path, arguments: arguments, log: site.log).run()
        case "compile" where arguments.value("inline") != nil: return try DbtShow(site).compile()
        default: return try DbtRun.execute(site)
        }
    }

    /// How long the reading took, for those who compare: of the parts dbt measures ours knows the whole alone.
    private func tellPerformance(_ site: DbtSite) throws {
        let count = JSON(site.manifest.fileCount)
        let seconds: (String, JSON) = ("load_all_elapsed", .double(now() - site.invocation.startedAt))
        let counts = ["path_count", "parsed_path_count", "static_analysis_path_count", "static_analysis_parsed_path_count"].map { ($0, count) }
        let parts = ["read_files_elapsed", "load_macros_elapsed", "parse_project_elapsed", "patch_sources_elapsed", "process_manifest_elapsed"].map { ($0, JSON.null) }
        let project = JSON([("project_name", .string(site.manifest.project.name)), ("elapsed", seconds.1), ("parsers", []), ("parsed_path_count", count)])
        let switches: [(String, JSON)] = [("is_partial_parse_enabled", .bool(site.arguments.stated("partial-parse") ?? true)), ("is_static_analysis_enabled", true)]
        try site.folder.write(JSON(counts + switches + parts + [seconds, ("projects", [project])]), as: "perf_info.json")
        let path = DbtFiles.absolute("\(site.folder.path)/perf_info.json")
        site.log("Performance info: \(path)", name: "ParsePerfInfoPath", with: [("path", .string(path))])
    }

    private func document(_ site: DbtSite) throws -> Int32 {
        if site.arguments.flag("compile", byDefault: true) {
            site.tellConcurrency()
            try site.checkDatabases()
        }
        site.log("Building catalog", name: "BuildingCatalog")
        let (compiler, session) = try site.open()
        let docs = DocsWriter(manifest: site.manifest, compiler: compiler, session: session, invocation: site.invocation, now: now)
        let result = try docs.write(
            selected: try site.select(), hasHooks: site.arguments.select.isEmpty && site.arguments.exclude.isEmpty, compile: site.arguments.flag("compile", byDefault: true), isCatalogEmpty: site.arguments.flag("empty-catalog"),
            to: [site.folder], compiledIn: site.folder)
        if site.arguments.flag("compile", byDefault: true) {
            try site.folder.write(SemanticManifestWriter(site.manifest).json, as: "semantic_manifest.json")
            try site.folder.write(
                RunResults(
                    result.nodes, invocationID: site.invocation.id, generatedAt: now(), startedAt: site.invocation.startedAt, command: site.arguments.word,
                    arguments: .object(site.invocation.options), environment: site.manifest.metadataEnvironment))
        }
        for path in site.manifest.project.assetPaths {
            let from = "\(site.arguments.projectFolder)/\(path)"
            let to = "\(site.folder.path)/\(path)"
            guard DbtFiles.isFolder(from) else { continue }
            if DbtFiles.isLinkOrFile(to) { try DbtFiles.remove(to) }
            try DbtFiles.copy(from, to: to)
        }
        for problem in result.problems { site.log(problem, .error) }
        site.log("Catalog written to \(site.folder.path)/catalog.json, the page to \(site.folder.path)/index.html", name: "CatalogWritten", with: [("path", .string("\(site.folder.path)/catalog.json"))])
        return result.problems.isEmpty ? 0 : 1
    }

    /// Runs the last command again, for what failed or was skipped then.
    private func retry(_ arguments: DbtArguments, _ log: DbtLog, _ warnings: DbtWarnings, _ startedAt: Timestamp, _ id: String) throws -> Int32 {
        // The project is read with the variables of the last run, which are not known yet.
        let target = try arguments.value("target-path") ?? ProjectReader.packageFile(in: arguments.projectFolder, environment: environment, vars: arguments.vars).targetPath
        let place = arguments.value("state") ?? target
        let folder = place.hasPrefix("/") || arguments.projectFolder == "." ? place : "\(arguments.projectFolder)/\(place)"
        // As in dbt, a run of nothing is none.
        guard let last = DbtFiles.json("\(folder)/run_results.json"), let which = last["args"]?["which"]?.stringValue, last["results"]?.arrayValue?.isEmpty == false else {
            throw PlainProblem(
                "dbt.nothing_to_retry", "Could not find previous run in '\(place)' target directory", at: .file("\(folder)/run_results.json"),
                remedy: "run a command first, or name the folder of its artifacts with --state")
        }
        let command = DbtArguments.commands.first { $0 == which || $0.hasSuffix(" \(which)") } ?? which
        guard ["build", "clone", "compile", "docs generate", "run", "run-operation", "seed", "snapshot", "test"].contains(command) else {
            throw PlainProblem("dbt.nothing_to_retry", "Previous command '\(which)' cannot be retried", at: .file("\(folder)/run_results.json"), remedy: "run it again")
        }
        let retried = ["error", "fail", "skipped", "runtime error", "partial success"] + (arguments.flag("warn-error") ? ["warn"] : [])
        let failed = (last["results"]?.arrayValue ?? []).filter { result in
            // Hooks run again with the command, and are not what it is about.
            retried.contains(result["status"]?.stringValue ?? "") && (command == "run-operation" || result["unique_id"]?.stringValue?.hasPrefix("operation.") != true)
        }
        var values: [String: [String]] = [:]
        var flags: [String: Bool] = [:]
        for (key, value) in last["args"]?.objectValue?.pairs ?? [] where !["vars", "which", "macro", "select", "exclude", "selector", "invocation_command"].contains(key) && !DbtArguments.ofEachCommand.contains(key) {
            let name = DbtArguments.optionNames[key] ?? DbtArguments.word(key)
            if let flag = value.boolValue { flags[name] = flag } else if let list = value.arrayValue { values[name] = list.compactMap(\.stringValue) }
            else if !value.isNull { values[name] = [value.stringValue ?? value.text()] }
        }
        var repeated = arguments.repeating(command, values: values, flags: flags, vars: last["args"]?["vars"]?.objectValue ?? JSONObject())
        if command == "run-operation", let macro = last["args"]?["macro"]?.stringValue { repeated.repeat(words: [macro]) }
        let firstStart = last["metadata"]?["invocation_started_at"] ?? last["metadata"]?["generated_at"]
        let again = try DbtSite(repeated, command: self, log: log, warnings: warnings, startedAt: startedAt, id: id, asOf: firstStart?.stringValue.flatMap(Timestamp.init(rfc3339:)))
        for result in failed {
            guard let id = result["unique_id"]?.stringValue, let batches = result["batch_results"].flatMap(BatchResults.init(json:)) else { continue }
            // Of a model of which nothing was built, all is built as it would have been.
            if !batches.successful.isEmpty { again.earlierBatches[id] = batches }
        }
        again.only = Set(failed.compactMap { $0["unique_id"]?.stringValue })
        return try run(again)
    }
}
