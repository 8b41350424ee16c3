internal import Execution
internal import Kernel
internal import Project

/// What a run tells while it works and at its end.
struct DbtProgress {
    let log: DbtLog
    let manifest: Manifest
    let folder: RunFolder

    private func title(_ node: Node) -> String {
        switch node.resourceType {
        case .test: "test \(node.name)"
        case .unitTest: "unit_test \(node.unitTest?.model ?? "")::\(node.nameOfRun)"
        case .seed: "seed file \(node.schema).\(node.alias)"
        case .snapshot: "snapshot \(node.schema).\(node.alias)"
        case .function: "function \(node.schema).\(node.alias)"
        case .exposure, .savedQuery: "\(node.resourceType == .exposure ? "exposure" : "saved query") \(node.name)"
        case .model where manifest.isBuiltInBatches(node): "sql microbatch model \(node.schema).\(node.alias)"
        default: "sql \(node.config.materialized) model \(node.schema).\(node.alias)"
        }
    }

    func start(_ node: Node, _ place: String) {
        let info = DbtLog.nodeInfo(node, status: "started", startedAt: log.now(), finishedAt: nil)
        log.progress(place, "START \(title(node))", "RUN", name: "LogStartLine", with: [("description", .string(title(node))), ("node_info", info)])
    }

    /// dbt's name of the event that tells how such a node ended.
    private static func event(_ node: Node) -> String {
        switch node.resourceType {
        case .test, .unitTest: "LogTestResult"
        case .seed: "LogSeedResult"
        case .snapshot: "LogSnapshotResult"
        case .function: "LogFunctionResult"
        case .exposure, .savedQuery: "LogNodeNoOpResult"
        default: "LogModelResult"
        }
    }

    /// - Parameter cause: the ephemeral model that a node is skipped for.
    func end(_ result: NodeResult, _ node: Node, _ place: String, for cause: NodeResult? = nil) {
        func tell(_ text: String, _ status: String, _ level: DbtLog.Level = .info) {
            let event = Self.event(node)
            log.progress(place, text, status, seconds: result.seconds, level, name: event, total: event == "LogTestResult" ? "num_models" : "total", with: members(result, node, text, status))
        }
        switch result.status {
        case .success where node.resourceType == .seed: tell("OK loaded \(title(node))", result.message)
        case .success where node.resourceType == .snapshot: tell("OK snapshotted \(node.schema).\(node.alias)", result.message)
        case .success where node.resourceType == .function: tell("OK created \(title(node))", "SUCCESS")
        case .partialSuccess: tell("PARTIALLY created \(title(node))", result.message, .error)
        case .success: tell("OK created \(title(node))", result.message)
        case .pass: tell("PASS \(node.unitTest.map { "\($0.model)::" } ?? "")\(node.nameOfRun)", "PASS")
        case .warn: tell("WARN \(result.failures ?? 0) \(node.name)", "WARN \(result.failures ?? 0)", .warn)
        case .fail: tell("FAIL \(result.failures ?? 0) \(node.unitTest.map { "\($0.model)::" } ?? "")\(node.nameOfRun)", "FAIL \(result.failures ?? 0)", .error)
        case .error:
            let what = switch node.resourceType {
            case .test, .unitTest: "\(node.unitTest.map { "\($0.model)::" } ?? "")\(node.nameOfRun)"
            case .seed: "loading \(title(node))"
            case .snapshot: "snapshotting \(node.schema).\(node.alias)"
            default: "creating \(title(node))"
            }
            tell("ERROR \(what)", "ERROR", .error)
        case .skipped where cause != nil:
            log.progress(
                place, "SKIP relation \(node.schema).\(node.name) due to ephemeral model status '\(cause?.status.rawValue ?? "")'", "ERROR SKIP", .error, name: "LogSkipBecauseError", with: [info(result, node)])
            if let cause, cause.isFailure { failure(cause, isApart: false) }
        case .skipped:
            let isRelation = [.model, .seed, .snapshot].contains(node.resourceType)
            log.progress(place, "SKIP \(isRelation ? "relation \(node.schema)." : "\(node.resourceType.rawValue) ")\(node.name)", "SKIP", name: "SkippingDetails", with: [("node_name", .string(node.name)), ("resource_type", .string(node.resourceType.rawValue)), ("schema", .string(node.schema)), info(result, node)])
        case .noOp: tell("NO-OP \(title(node))", "NO-OP")
        }
    }

    private func info(_ result: NodeResult, _ node: Node) -> (String, JSON) {
        ("node_info", DbtLog.nodeInfo(node, status: result.status.rawValue, startedAt: result.startedAt, finishedAt: result.finishedAt, relation: result.relationName))
    }

    /// What the event of a node's end says, each kind in its own words.
    private func members(_ result: NodeResult, _ node: Node, _ text: String, _ status: String) -> [(String, JSON)] {
        let told: [(String, JSON)] = switch Self.event(node) {
        case "LogTestResult": [("name", .string(node.nameOfRun)), ("status", .string(result.status.rawValue)), ("num_failures", JSON(result.failures ?? 0)), ("attached_node", .string(node.attachedNode ?? ""))]
        case "LogSeedResult": [("status", .string(result.status.rawValue)), ("result_message", .string(result.message)), ("schema", .string(node.schema)), ("relation", .string(node.alias))]
        case "LogSnapshotResult": [("description", .string(title(node))), ("status", .string(status)), ("cfg", [:]), ("result_message", "")]
        default: [("description", .string(title(node))), ("status", .string(status))]
        }
        return told + [info(result, node)]
    }

    /// `Batch 1 of 5 START batch 2026-11-17 of main.visits ........ [RUN]`
    func batch(_ event: BatchEvent) {
        let place = "Batch \(event.number) of \(event.count)"
        let title = "batch \(event.name) of \(event.node.schema).\(event.node.alias)"
        switch event.kind {
        case .started: log.progress(place, "START \(title)", "RUN")
        case .built(let message): log.progress(place, "OK created \(title)", message, seconds: event.seconds)
        case .skipped: log.progress(place, "SKIP \(title)", "SKIPPED", seconds: 0)
        case .failed(let error):
            let message = DbtFailure.message(error, resource: "model", name: event.node.name, path: event.node.originalFilePath, compiled: nil)
            // The database does not know whose statement it was.
            let text = message.hasPrefix("Database Error in ") ? "Database Error" + message.drop { $0 != "\n" } : message
            log("Unhandled error while executing \nException on worker thread. \(text)", .error, name: "GenericExceptionOnRun", with: [("exc", .string(text)), ("unique_id", .string(event.node.uniqueID))])
            log.progress(place, "ERROR creating \(title)", "ERROR", seconds: event.seconds, .error)
        }
    }

    static func count(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
    /// `0 hours 1 minutes and 2.50 seconds (62.50s)`
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return "\(whole / 3600) hours \(whole / 60 % 60) minutes and \(DbtLog.hundredths(seconds - Double(whole / 60 * 60))) seconds (\(DbtLog.hundredths(seconds))s)"
    }

    /// What was run, and how long it took.
    func finished(_ results: [NodeResult], seconds: Double) {
        Self.tellFinished(kinds(results), seconds, log)
    }

    static func tellFinished(_ kinds: String, _ seconds: Double, _ log: DbtLog) {
        let duration = Self.duration(seconds)
        let words = " in " + duration.prefix { $0 != "(" }.dropLast()
        log("\nFinished running \(kinds) in \(duration).", name: "FinishedRunningStats", with: [("stat_line", .string(kinds)), ("execution", .string(words)), ("execution_time", .double(seconds))])
    }

    /// How it ended.
    /// - Parameter isInterrupted: whether what was to follow the nodes broke off, for which dbt has one word.
    /// - Returns: the exit code.
    func end(_ results: [NodeResult], isInterrupted: Bool = false) -> Int32 {
        func count(_ statuses: NodeResult.Status...) -> Int { results.filter { statuses.contains($0.status) }.count }
        let plural = Self.count
        // What is skipped for a reason of its own counts as an error, but for exposures, as in dbt.
        let upset = results.filter { [.error, .fail].contains($0.status) || $0.status == .skipped && !$0.message.isEmpty && manifest[$0.uniqueID]?.resourceType != .exposure }
        let (errors, failures, partials, warnings) = (upset.count, count(.error, .fail), count(.partialSuccess), count(.warn))
        let numbers: [(String, JSON)] = [("num_errors", JSON(errors)), ("num_warnings", JSON(warnings)), ("num_partial_success", JSON(partials)), ("keyboard_interrupt", .bool(isInterrupted))]
        let partial = "\(partials) partial success\(partials == 1 ? "" : "es")"
        if isInterrupted {
            log("\nExited because of keyboard interrupt", name: "EndOfRunSummary", with: numbers)
        } else if errors == 0, partials > 0 {
            log("\nCompleted with \(partial) and \(plural(warnings, "warning"))", name: "EndOfRunSummary", with: numbers)
        } else if errors == 0, warnings == 0 {
            log("\nCompleted successfully", name: "EndOfRunSummary", with: numbers)
        } else if errors == 0 {
            log("\nCompleted with \(plural(warnings, "warning")):", name: "EndOfRunSummary", with: numbers)
        } else {
            log("\nCompleted with \(plural(errors, "error")), \(partial), and \(plural(warnings, "warning")):", name: "EndOfRunSummary", with: numbers)
        }
        for result in upset where result.status != .skipped { failure(result) }
        for result in results where result.status == .warn { failure(result) }
        let stats: JSON = [
            "pass": JSON(count(.success, .pass)), "warn": JSON(warnings), "error": JSON(failures + partials), "skip": JSON(count(.skipped)), "noop": JSON(count(.noOp)), "total": JSON(results.count),
        ]
        log(
            "\nDone. PASS=\(count(.success, .pass)) WARN=\(warnings) ERROR=\(failures + partials) SKIP=\(count(.skipped)) NO-OP=\(count(.noOp)) TOTAL=\(results.count)", name: "StatsLine", with: [("stats", stats)])
        return errors + partials > 0 ? 1 : 0
    }

    /// A node that failed or warned, with its message and where its SQL lies.
    /// - Parameter isApart: whether a blank line stands before it.
    func failure(_ result: NodeResult, isApart: Bool = true) {
        let node = manifest[result.uniqueID] ?? manifest.hooks.first { $0.node.uniqueID == result.uniqueID }?.node
        guard let node else { return }
        let level: DbtLog.Level = result.status == .warn ? .warn : .error
        let isWarning = result.status == .warn
        let info = info(result, node)
        log(
            "\(isApart ? "\n" : "")\(isWarning ? "Warning" : "Failure") in \(node.resourceType.rawValue) \(node.nameOfRun) (\(node.originalFilePath))", level, name: isWarning ? "RunResultWarning" : "RunResultFailure",
            with: [("resource_type", .string(node.resourceType.rawValue)), ("node_name", .string(node.name)), ("path", .string(node.originalFilePath)), info])
        log(isWarning ? result.message : "  \(result.message)", level, name: isWarning ? "RunResultWarningMessage" : "RunResultError", with: [("msg", .string(result.message)), info])
        // A snapshot's SQL has no file.
        guard result.compiledSQL?.isEmpty == false, node.resourceType != .snapshot else { return }
        let path = folder.compiledPath(of: node)
        log("\n  compiled code at \(path)", name: "SQLCompiledPath", with: [("path", .string(path)), info])
        if node.resourceType == .test, let relation = result.relationName {
            let query = "select * from \(relation)"
            let rule = String(repeating: "-", count: query.count)
            log("\n  See test failures:\n  \(rule)\n  \(query)\n  \(rule)", name: "CheckNodeTestFailure", with: [("relation_name", .string(relation)), info])
        }
    }

    /// `1 seed, 2 view models, 3 data tests`; and, as in dbt, `1 test`
    /// - Parameter sources: how many were looked at besides.
    func kinds(_ results: [NodeResult], sources: Int = 0) -> String {
        var counts = sources > 0 ? ["source": sources] : [:]
        for result in results {
            let node = manifest[result.uniqueID]
            let word = switch node?.resourceType {
            case nil, .operation?: "project hook"
            case .model?: "\(node?.config.materialized.replacing("_", with: " ") ?? "") model"
            case .unitTest?: "unit test"
            case let type?: type.rawValue
            }
            counts[word.replacing("_", with: " "), default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key == "test" && $0.value > 1 ? "data test" : $0.key)\($0.value == 1 ? "" : "s")" }.joined(separator: ", ")
    }
}
