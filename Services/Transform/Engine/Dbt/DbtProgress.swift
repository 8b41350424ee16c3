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
        case .unitTest: "unit_test \(node.unitTest?.model ?? "")::\(node.name)"
        case .seed: "seed file \(node.schema).\(node.alias)"
        case .snapshot: "snapshot \(node.schema).\(node.alias)"
        case .function: "function \(node.schema).\(node.alias)"
        case .exposure, .savedQuery: "\(node.resourceType == .exposure ? "exposure" : "saved query") \(node.name)"
        default: "sql \(node.config.materialized) model \(node.schema).\(node.alias)"
        }
    }

    func start(_ node: Node, _ place: String) { log.progress(place, "START \(title(node))", "RUN") }

    func end(_ result: NodeResult, _ node: Node, _ place: String) {
        func tell(_ text: String, _ status: String, _ level: DbtLog.Level = .info) { log.progress(place, text, status, seconds: result.seconds, level) }
        switch result.status {
        case .success where node.resourceType == .seed: tell("OK loaded \(title(node))", result.message)
        case .success where node.resourceType == .snapshot: tell("OK snapshotted \(node.schema).\(node.alias)", result.message)
        case .success where node.resourceType == .function: tell("OK created \(title(node))", "SUCCESS")
        case .success, .partialSuccess: tell("OK created \(title(node))", result.message)
        case .pass: tell("PASS \(node.unitTest.map { "\($0.model)::" } ?? "")\(node.name)", "PASS")
        case .warn: tell("WARN \(result.failures ?? 0) \(node.name)", "WARN \(result.failures ?? 0)", .warn)
        case .fail: tell("FAIL \(result.failures ?? 0) \(node.unitTest.map { "\($0.model)::" } ?? "")\(node.name)", "FAIL \(result.failures ?? 0)", .error)
        case .error: tell("ERROR \([.test, .unitTest].contains(node.resourceType) ? node.name : "creating \(title(node))")", "ERROR", .error)
        case .skipped:
            let isRelation = node.resourceType.isReferable
            log.progress(place, "SKIP \(isRelation ? "relation \(node.schema).\(node.alias)" : title(node))", "SKIP")
        case .noOp: log.progress(place, "NO-OP \(title(node))", "NO-OP")
        }
    }

    /// - Returns: the exit code.
    func summary(_ results: [NodeResult], seconds: Double) -> Int32 {
        func count(_ statuses: NodeResult.Status...) -> Int { results.filter { statuses.contains($0.status) }.count }
        func plural(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        let whole = Int(seconds)
        log("\nFinished running \(kinds(results)) in \(whole / 3600) hours \(whole / 60 % 60) minutes and \(DbtLog.hundredths(seconds - Double(whole / 60 * 60))) seconds (\(DbtLog.hundredths(seconds))s).", name: "FinishedRunningStats")
        let (errors, warnings) = (count(.error, .fail), count(.warn))
        if errors == 0, warnings == 0 {
            log("\nCompleted successfully", name: "EndOfRunSummary")
        } else {
            let partial = "\(count(.partialSuccess)) partial success\(count(.partialSuccess) == 1 ? "" : "es")"
            log("\nCompleted with \(plural(errors, "error")), \(partial), and \(plural(warnings, "warning")):", errors > 0 ? .error : .warn, name: "EndOfRunSummary")
        }
        for result in results where result.isFailure || result.status == .warn { failure(result) }
        log(
            "\nDone. PASS=\(count(.success, .pass)) WARN=\(warnings) ERROR=\(errors) SKIP=\(count(.skipped)) NO-OP=\(count(.noOp)) TOTAL=\(results.count)", name: "StatsLine")
        return errors > 0 ? 1 : 0
    }

    private func failure(_ result: NodeResult) {
        let node = manifest[result.uniqueID] ?? manifest.hooks.first { $0.node.uniqueID == result.uniqueID }?.node
        guard let node else { return }
        let level: DbtLog.Level = result.status == .warn ? .warn : .error
        log("\n\(result.status == .warn ? "Warning" : "Failure") in \(node.resourceType.rawValue) \(node.name) (\(node.originalFilePath))", level, name: "RunResultFailure")
        log("  \(result.message.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  "))", level, name: "RunResultError")
        guard result.compiledSQL != nil else { return }
        log("\n  compiled code at \(folder.compiledPath(of: node))", level, name: "SQLCompiledPath")
        if node.resourceType == .test, let relation = result.relationName {
            log("\n  See test failures:\n  -------------------------\n  select * from \(relation)\n  -------------------------", level, name: "CheckNodeTestFailure")
        }
    }

    /// `1 seed, 2 view models, 3 data tests`
    private func kinds(_ results: [NodeResult]) -> String {
        var counts: [String: Int] = [:]
        for result in results {
            let node = manifest[result.uniqueID]
            let word = switch node?.resourceType {
            case nil, .operation?: "project hook"
            case .model?: "\(node?.config.materialized ?? "") model"
            case .test?: "data test"
            case .unitTest?: "unit test"
            case let type?: type.rawValue
            }
            counts[word, default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\($0.value == 1 ? "" : "s")" }.joined(separator: ", ")
    }
}
