internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt source freshness`: how old the newest rows of the sources are, and whether that is too old; leaves `sources.json`.
struct DbtFreshness {
    private let site: DbtSite
    init(_ site: DbtSite) { self.site = site }

    private enum Status: String {
        case pass, warn, error
        case runtimeError = "runtime error"
    }

    func run() throws -> Int32 {
        let (compiler, session) = try site.open()
        try site.writeManifest(compiled: compiler.compiledNames(on: session))
        let chosen = try site.select().compactMap { site.manifest.sources[$0] }.filter(Self.isChecked).sorted { $0.uniqueID < $1.uniqueID }
        guard !chosen.isEmpty else {
            try site.warn("Nothing to do. Try checking your model configs and model specification args", "NothingToDo")
            try write([])
            site.log("\nDone.")
            return 0
        }
        site.tellConcurrency()
        var results: [JSON] = []
        var worst: [Status] = []
        var failures: [(title: String, text: String)] = []
        for (index, source) in chosen.enumerated() {
            let place = "\(index + 1) of \(chosen.count)"
            let name = "freshness of \(source.sourceName).\(source.name)"
            let info = DbtLog.sourceInfo(source)
            site.log.progress(place, "START \(name)", "RUN", name: "LogStartLine", with: [("description", .string(name)), ("node_info", info)])
            let startedAt = site.command.now()
            var status = Status.runtimeError
            do {
                let (found, json) = try check(source, compiler, session, startedAt)
                status = found
                results.append(json)
                if found == .error { failures.append(("\nFailure in source \(source.name) (\(source.originalFilePath))", "  Status: error")) }
            } catch {
                let text = DbtFailure.message(error, resource: "source", name: source.name, path: source.originalFilePath, compiled: nil)
                results.append(["unique_id": .string(source.uniqueID), "error": .string(text), "status": "runtime error"])
                failures.append(("", "  \(text)"))
            }
            worst.append(status)
            let word = switch status {
            case .pass: "PASS"
            case .warn: "WARN"
            case .error: "ERROR STALE"
            case .runtimeError: "ERROR"
            }
            site.log.progress(place, "\(word) \(name)", word, seconds: site.command.now() - startedAt, status == .pass ? .info : status == .warn ? .warn : .error, name: "LogFreshnessResult",
                with: [("status", .string(status.rawValue)), ("source_name", .string(source.sourceName)), ("table_name", .string(source.name)), ("node_info", info)])
        }
        try write(results)
        DbtProgress.tellFinished(DbtProgress.count(chosen.count, "source"), site.command.now() - site.invocation.startedAt, site.log)
        for failure in failures {
            if !failure.title.isEmpty { site.log(failure.title, .error) }
            site.log(failure.text, .error, name: "RunResultError")
        }
        site.log("\nDone.", name: "FreshnessCheckComplete")
        return worst.contains { $0 == .error || $0 == .runtimeError } ? 1 : 0
    }

    private static func isChecked(_ source: SourceTable) -> Bool {
        let isLimited = ["warn_after", "error_after"].contains { source.freshness[$0]?["count"]?.intValue != nil }
        return isLimited && (source.loadedAtField != nil || source.loadedAtQuery != nil)
    }

    private func check(_ source: SourceTable, _ compiler: Compiler, _ session: any WarehouseSession, _ startedAt: Timestamp) throws -> (Status, JSON) {
        let relation = session.render(RelationName(database: source.database, schema: source.schema, identifier: source.identifier))
        let filter = source.freshness["filter"]?.stringValue.map { " where \($0)" } ?? ""
        let sql = try compiler.loadedAtQuery(of: source) ?? "select max(\(source.loadedAtField ?? "")) as max_loaded_at from \(relation)\(filter)"
        // As in dbt, a macro of the project's or of a package's goes above the query that everyone has.
        let collected = try compiler.freshness(of: source)
        let value = try collected?.newest ?? session.query(sql).rows.first?.first ?? .null
        let at = try collected.map { try Self.time($0.at, source) } ?? site.command.now()
        // No row at all is as old as can be.
        let newest = value == .null ? Timestamp(microseconds: 0) : try Self.time(value, source)
        let age = at - newest
        let status: Status = Self.exceeds(source.freshness["error_after"], age) ? .error : Self.exceeds(source.freshness["warn_after"], age) ? .warn : .pass
        func limit(_ key: String) -> JSON { source.freshness[key]?.isNull == false ? source.freshness[key] ?? .null : ["count": .null, "period": .null] }
        return (status, [
            "unique_id": .string(source.uniqueID), "max_loaded_at": Self.text(newest), "snapshotted_at": Self.text(at), "max_loaded_at_time_ago_in_s": .double(age),
            "status": .string(status.rawValue), "criteria": ["warn_after": limit("warn_after"), "error_after": limit("error_after"), "filter": source.freshness["filter"] ?? .null],
            "adapter_response": site.manifest.target.type == "postgres" ? ["_message": "SELECT 1", "code": "SELECT", "rows_affected": 1] : [:], "thread_id": .string(NodeResult.thread(1)), "execution_time": .double(site.command.now() - startedAt),
            "timing": .array([("compile", startedAt, startedAt), ("execute", startedAt, site.command.now())].map {
                ["name": .string($0.0), "started_at": .string($0.1.description), "completed_at": .string($0.2.description)]
            }),
        ])
    }

    /// As Python writes it: `2026-01-02T00:00:00+00:00`.
    private static func text(_ time: Timestamp) -> JSON {
        let text = time.description
        return .string("\(text.prefix { $0 != "." && $0 != "Z" })\(time.microseconds % 1_000_000 == 0 ? "" : String(text.dropFirst(19).dropLast()))+00:00")
    }

    private static func exceeds(_ limit: JSON?, _ age: Double) -> Bool {
        guard let count = limit?["count"]?.intValue, let period = limit?["period"]?.stringValue, let seconds = ["minute": 60, "hour": 3_600, "day": 86_400][period] else { return false }
        return age > Double(count * seconds)
    }

    /// A time as engines write it; one without a zone is UTC.
    private static func time(_ value: SQLValue, _ source: SourceTable) throws -> Timestamp {
        if case .text(let text) = value {
            var written = String(decoding: text.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "T") : $0 }, as: UTF8.self)
            if written.utf8.count == 10 { written += "T00:00:00" }
            let zone = written.dropFirst(11).utf8
            let hasZone = zone.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            // PostgreSQL writes a zone of whole hours with two digits.
            if hasZone, let sign = written.lastIndex(where: { $0 == "+" || $0 == "-" }), written[sign...].utf8.count == 3 { written += ":00" }
            if let time = Timestamp(rfc3339: hasZone ? written : written + "Z") { return time }
        }
        throw PlainProblem(
            "dbt.no_time", "Expected a timestamp value when querying field '\(source.loadedAtField ?? "")' of table \(source.sourceName).\(source.name), and got something else",
            at: .file(source.originalFilePath, line: source.line), remedy: "name a column of times in loaded_at_field, or cast it there")
    }

    private func write(_ results: [JSON]) throws {
        let now = site.command.now()
        let json: JSON = [
            "metadata": [
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json", "dbt_version": .string(ManifestWriter.dbtVersion), "generated_at": .string(now.description),
                "invocation_id": .string(site.invocation.id), "invocation_started_at": .string(site.invocation.startedAt.description), "env": [:],
            ],
            "results": .array(results), "elapsed_time": .double(now - site.invocation.startedAt),
        ]
        if let path = site.arguments.value("output") { try DbtFiles.write(json.text(), to: path) } else { try site.folder.write(json, as: "sources.json") }
    }
}
