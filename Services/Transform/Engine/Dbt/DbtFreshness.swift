internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt source freshness`: how old the newest rows of the sources are, and whether that is too old; leaves `sources.json`.
struct DbtFreshness {
    private let site: DbtSite
    private let compiler: Compiler
    private let session: any WarehouseSession

    private init(_ site: DbtSite) throws {
        self.site = site
        (compiler, session) = try site.open()
    }

    static func run(_ site: DbtSite) throws -> Int32 {
        let chosen = try site.select().compactMap { site.manifest.sources[$0] }.filter(\.hasFreshness).sorted { $0.uniqueID < $1.uniqueID }
        site.narrow(to: chosen.map(\.uniqueID))
        // As in dbt, nobody asks the warehouse for nothing, so it need not be there.
        guard chosen.isEmpty else { return try DbtFreshness(site).run(chosen) }
        try site.writeManifest()
        try site.tellNothing()
        try write([], of: site)
        site.log("Done.", name: "FreshnessCheckComplete")
        return 0
    }

    private enum Status: String {
        case pass, warn, error, skipped
        case runtimeError = "runtime error"
    }

    /// How one source came off.
    private struct Result {
        var source: SourceTable
        var status = Status.runtimeError
        var message: String?
        /// As `sources.json` has it; nil for what could not be asked, which as in dbt is not in there.
        var entry: JSON?
        var startedAt: Timestamp
        var finishedAt: Timestamp
    }

    private func run(_ chosen: [SourceTable]) throws -> Int32 {
        try site.writeManifest(compiled: compiler.compiledNames())
        site.tellConcurrency()
        let lane = try DbtLane(compiler, session, folder: site.folder, now: site.command.now, name: NodeResult.thread(1), earlierBatches: [:], onBatch: { _ in })
        var hooks = try told([], []) { try self.hooks(atStart: true, lane, []) }
        let skips = hooks.contains(where: \.isFailure) && site.manifest.project.flags["skip_nodes_if_on_run_start_fails"]?.boolValue == true
        let results = try chosen.enumerated().map { try skips ? skip($1, "\($0 + 1) of \(chosen.count)") : ask($1, "\($0 + 1) of \(chosen.count)") }
        hooks += try told(hooks, results) {
            do { return try self.hooks(atStart: false, lane, results) } catch {
                try write(results)
                throw error
            }
        }
        try write(results)
        finished(hooks, results)
        tellFailures(hooks, results)
        site.log("Done.", name: "FreshnessCheckComplete")
        return hooks.contains(where: \.isFailure) || results.contains { $0.status == .error || $0.status == .runtimeError } ? 1 : 0
    }

    // MARK: Hooks

    private func hooks(atStart: Bool, _ lane: DbtLane, _ results: [Result]) throws -> [NodeResult] {
        if site.manifest.project.flags["source_freshness_run_project_hooks"]?.boolValue == false {
            if site.manifest.hooks.contains(where: { $0.isAtStart == atStart }) {
                try site.warnings.deprecate(
                    "In a future version of dbt, the `source freshness` command will start running `on-run-start` and `on-run-end` hooks by default. For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors",
                    "SourceFreshnessProjectHooksNotRun", isHeaded: false)
            }
            return []
        }
        do { return try DbtHooks(site, compiler, session, lane).run(atStart: atStart, records: results.map(record)) } catch let stopped as DbtHooks.Stopped {
            throw stopped.cause
        }
    }

    /// What stops the command comes behind the line that says what was done.
    private func told(_ hooks: [NodeResult], _ results: [Result], _ body: () throws -> [NodeResult]) throws -> [NodeResult] {
        do { return try body() } catch {
            finished(hooks, results)
            throw error
        }
    }

    /// As a hook of the end sees it.
    private func record(_ result: Result) -> JSON {
        let entry = result.entry
        var pairs: [(String, JSON)] = [
            ("status", .string(result.status.rawValue)), ("timing", timing(result)), ("thread_id", .string(NodeResult.thread(1))), ("execution_time", .double(result.finishedAt - result.startedAt)),
            ("adapter_response", entry?["adapter_response"] ?? [:]), ("message", result.message.map(JSON.string) ?? .null), ("failures", .null),
            ("node", ManifestWriter.json(result.source, relationName: session.render(RelationName(database: result.source.database, schema: result.source.schema, identifier: result.source.identifier)))),
        ]
        if let entry {
            for (name, key) in [("max_loaded_at", "max_loaded_at"), ("snapshotted_at", "snapshotted_at"), ("age", "max_loaded_at_time_ago_in_s")] { pairs.append((name, entry[key] ?? .null)) }
        }
        return JSON(pairs)
    }

    // MARK: One source

    private func skip(_ source: SourceTable, _ place: String) -> Result {
        site.log.progress(place, "SKIP source \(source.name)", "SKIP", name: "SkippingDetails", with: [
            ("node_name", .string(source.name)), ("resource_type", "source"), ("schema", .string(source.schema)), ("node_info", DbtLog.sourceInfo(source)),
        ])
        return Result(source: source, status: .skipped, startedAt: site.command.now(), finishedAt: site.command.now())
    }

    private func ask(_ source: SourceTable, _ place: String) throws -> Result {
        let name = "freshness of \(source.sourceName).\(source.name)"
        let info = DbtLog.sourceInfo(source)
        site.log.progress(place, "START \(name)", "RUN", name: "LogStartLine", with: [("description", .string(name)), ("node_info", info)])
        var result = Result(source: source, startedAt: site.command.now(), finishedAt: site.command.now())
        do {
            // What a macro has begun and left open, or broken, must not reach the next one.
            defer { session.rollback() }
            try check(&result)
        } catch {
            // What the engine says is all that there is to say.
            let isOfWarehouse = (error as? any Problem)?.code.description.hasPrefix("warehouse.") ?? false
            result.message = isOfWarehouse ? "Database Error in source \(source.name) (\(source.originalFilePath))\n  \(DbtFailure.cause(error).replacing("\n", with: "\n  "))"
                : DbtFailure.message(error, resource: "source", name: source.name, path: source.originalFilePath, compiled: nil)
        }
        result.finishedAt = site.command.now()
        if var entry = result.entry {
            entry["execution_time"] = .double(result.finishedAt - result.startedAt)
            entry["timing"] = timing(result)
            result.entry = entry
        }
        let word = switch result.status {
        case .pass: "PASS"
        case .warn: "WARN"
        case .error: "ERROR STALE"
        case .runtimeError, .skipped: "ERROR"
        }
        site.log.progress(
            place, "\(word) \(name)", word, seconds: result.finishedAt - result.startedAt, result.status == .pass ? .info : result.status == .warn ? .warn : .error, name: "LogFreshnessResult",
            with: [("status", .string(result.status.rawValue)), ("source_name", .string(source.sourceName)), ("table_name", .string(source.name)), ("node_info", info)])
        return result
    }

    private func check(_ result: inout Result) throws {
        let source = result.source
        guard source.loadedAtField != nil || source.loadedAtQuery != nil else {
            throw PlainProblem(
                "dbt.no_freshness", "Could not compute freshness for source \(source.name): no 'loaded_at_field' provided and \(site.manifest.target.type) adapter does not support metadata-based freshness checks.", remedy: "")
        }
        let answer = try compiler.freshness(of: source)
        if answer.isBare {
            try site.warnings.tell(
                .init(
                    "CollectFreshnessReturnSignature",
                    "Deprecated functionality\n\nThe 'collect_freshness' macro signature has changed to return the full query result, rather than just a table of values. See the v1.5 migration guide for details on how to update your custom macro: https://docs.getdbt.com/guides/migration/versions/upgrading-to-v1.5",
                    .taggedThenWrapped))
        }
        if let kind = answer.kind { throw Self.noTime("last_modified", kind) }
        // No row at all is as old as can be.
        let newest = answer.newest == .null ? Self.never : try Self.time(answer.newest, "last_modified")
        let at = try Self.time(answer.at, "snapshotted_at")
        let age = at - newest
        result.status = Self.exceeds(source.freshness["error_after"], age) ? .error : Self.exceeds(source.freshness["warn_after"], age) ? .warn : .pass
        result.entry = [
            "unique_id": .string(source.uniqueID), "max_loaded_at": Self.text(newest), "snapshotted_at": Self.text(at), "max_loaded_at_time_ago_in_s": .double(age),
            "status": .string(result.status.rawValue),
            "criteria": ["warn_after": source.freshness["warn_after"] ?? .null, "error_after": source.freshness["error_after"] ?? .null, "filter": source.freshness["filter"] ?? .null],
            "adapter_response": answer.response, "timing": [], "thread_id": .string(NodeResult.thread(1)), "execution_time": 0,
        ]
    }

    private func timing(_ result: Result) -> JSON {
        .array([("compile", result.startedAt, result.startedAt), ("execute", result.startedAt, result.finishedAt)].map {
            ["name": .string($0.0), "started_at": .string($0.1.description), "completed_at": .string($0.2.description)]
        })
    }

    private static let never = Timestamp(rfc3339: "0001-01-01T00:00:00Z") ?? Timestamp(microseconds: 0)

    /// As Python writes it: `2026-01-02T00:00:00+00:00`.
    private static func text(_ time: Timestamp) -> JSON {
        let text = time.description
        return .string("\(text.prefix { $0 != "." && $0 != "Z" })\(time.microseconds % 1_000_000 == 0 ? "" : String(text.dropFirst(19).dropLast()))+00:00")
    }

    private static func exceeds(_ limit: JSON?, _ age: Double) -> Bool {
        guard let count = limit?["count"]?.intValue, let period = limit?["period"]?.stringValue, let seconds = ["minute": 60, "hour": 3_600, "day": 86_400][period] else { return false }
        return age > Double(count) * Double(seconds)
    }

    /// A time as engines write it; one without a zone is UTC.
    private static func time(_ value: SQLValue, _ field: String) throws -> Timestamp {
        guard case .text(let text) = value else { throw noTime(field, value == .null ? "NoneType" : "int") }
        var written = String(decoding: text.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "T") : $0 }, as: UTF8.self)
        if written.utf8.count == 10 { written += "T00:00:00" }
        let zone = written.dropFirst(11).utf8
        let hasZone = zone.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        // PostgreSQL writes a zone of whole hours with two digits.
        if hasZone, let sign = written.lastIndex(where: { $0 == "+" || $0 == "-" }), written[sign...].utf8.count == 3 { written += ":00" }
        guard let time = Timestamp(rfc3339: hasZone ? written : written + "Z") else { throw noTime(field, "str") }
        return time
    }

    /// As in dbt, whichever table it is.
    private static func noTime(_ field: String, _ kind: String) -> PlainProblem {
        PlainProblem("warehouse.no_time", "Expected a timestamp value when querying field '\(field)' of table None but received value of type '\(kind)' instead", remedy: "")
    }

    // MARK: The end

    private func finished(_ hooks: [NodeResult], _ results: [Result]) {
        let progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
        DbtProgress.tellFinished(progress.kinds(hooks, sources: results.count), site.command.now() - site.invocation.startedAt, site.log)
    }

    private func tellFailures(_ hooks: [NodeResult], _ results: [Result]) {
        let progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
        func tell(atStart: Bool) {
            for result in hooks where result.isFailure && site.manifest.hooks.contains(where: { $0.node.uniqueID == result.uniqueID && $0.isAtStart == atStart }) { progress.failure(result) }
        }
        tell(atStart: true)
        for result in results {
            let (source, info) = (result.source, ("node_info", DbtLog.sourceInfo(result.source)))
            if result.status == .error {
                site.log(
                    "\nFailure in source \(source.name) (\(source.originalFilePath))", .error, name: "RunResultFailure",
                    with: [("resource_type", "source"), ("node_name", .string(source.name)), ("path", .string(source.originalFilePath)), info])
                site.log("  Status: error", .error, name: "RunResultErrorNoMessage", with: [("status", "error"), info])
            } else if let message = result.message {
                site.log("\n  \(message)", .error, name: "RunResultError", with: [("msg", .string(message)), info])
            }
        }
        tell(atStart: false)
    }

    private func write(_ results: [Result]) throws { try Self.write(results, of: site) }

    private static func write(_ results: [Result], of site: DbtSite) throws {
        guard site.arguments.flag("write-json", byDefault: true) else { return }
        let now = site.command.now()
        let json: JSON = [
            "metadata": [
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json", "dbt_version": .string(ManifestWriter.dbtVersion), "generated_at": .string(now.description),
                "invocation_id": .string(site.invocation.id), "invocation_started_at": .string(site.invocation.startedAt.description), "env": [:],
            ],
            "results": .array(results.compactMap(\.entry)), "elapsed_time": .double(now - site.invocation.startedAt),
        ]
        if let path = site.arguments.value("output") { try DbtFiles.write(json.text(), to: path) } else { try site.folder.write(json, as: "sources.json") }
    }
}
