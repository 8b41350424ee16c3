internal import Kernel
internal import Project

/// The lines that a command tells people, as dbt writes them: with the time, or one JSON object each.
struct DbtLog {
    enum Level: String { case debug, info, warn, error }

    let output: (String) -> Void
    let now: @Sendable () -> Timestamp
    let invocation: String
    var isJSON = false
    var isQuiet = false
    var isDebug = false
    /// Where the dots end.
    var width = 80

    init(_ arguments: DbtArguments, invocation: String, now: @escaping @Sendable () -> Timestamp, output: @escaping (String) -> Void) {
        self.output = output
        self.now = now
        self.invocation = invocation
        isJSON = arguments.value("log-format") == "json"
        isQuiet = arguments.flag("quiet")
        isDebug = arguments.flag("debug") || arguments.value("log-level") == "debug"
        width = arguments.value("printer-width").flatMap { Int($0) } ?? 80
    }

    func callAsFunction(_ text: String, _ level: Level = .info, name: String = "Note", with members: [(String, JSON)] = []) {
        if level == .debug, !isDebug { return }
        if isQuiet, level != .error { return }
        write(text, level, name, members)
    }

    private func write(_ text: String, _ level: Level, _ name: String, _ members: [(String, JSON)] = []) {
        if isJSON {
            let info: JSON = [
                "category": "", "code": .string(Self.codes[name] ?? ""), "extra": [:], "invocation_id": .string(invocation), "level": .string(level.rawValue), "msg": .string(text), "name": .string(name),
                "pid": 0, "thread": "MainThread", "ts": .string(now().description),
            ]
            return output(JSON([("info", info), ("data", JSON([("msg", .string(text))] + members))]).text())
        }
        let clock = now().civil
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // The time stands before the first line alone, so that what a macro tells can be read, and copied, as it is.
        let time = "\(two(clock.hour)):\(two(clock.minute)):\(two(clock.second))  "
        let lines = text.drop { $0 == "\n" }
        for _ in 0..<(text.count - lines.count) { output(time) }
        let isSpaced = lines.last == "\n"
        output(time + (isSpaced ? lines.dropLast() : lines))
        if isSpaced { output(time) }
    }

    /// dbt's codes of its events, by their names.
    private static let codes = [
        "MainReportVersion": "A001", "MainEncounteredError": "Z002", "FoundStats": "W006", "ConcurrencyLine": "Q027", "LogStartLine": "Q011", "LogModelResult": "Q012",
        "LogTestResult": "Q007", "LogSnapshotResult": "Q015", "LogSeedResult": "Q016", "LogFunctionResult": "Q047", "LogNodeNoOpResult": "Q019", "SkippingDetails": "Q033",
        "LogHookStartLine": "Q032", "LogHookEndLine": "Q007", "FinishedRunningStats": "E047", "EndOfRunSummary": "Z030", "StatsLine": "Z023", "SQLCompiledPath": "Z026",
        "RunResultWarning": "Z021", "RunResultFailure": "Z022", "RunResultError": "Z024", "RunResultWarningMessage": "Z046", "CheckNodeTestFailure": "Z028", "Note": "Z050",
        "SQLQuery": "E016", "PrintEvent": "Z052", "JinjaLogInfo": "I062",
    ]

    /// A statement as it is sent: `On model.shop.orders: /* … */`.
    func statement(_ sql: String, of node: Node?) {
        let name = node?.uniqueID ?? "master"
        self("On \(name): \(sql)", .debug, name: "SQLQuery", with: [("conn_name", .string(name)), ("sql", .string(sql)), ("node_info", Self.info(of: node))])
    }

    private static func info(of node: Node?) -> JSON {
        guard let node else { return [:] }
        return nodeInfo(node, status: nil, startedAt: nil, finishedAt: nil)
    }

    /// What those who follow a run read of a node: where it stands.
    static func nodeInfo(_ node: Node, status: String?, startedAt: Timestamp?, finishedAt: Timestamp?) -> JSON {
        func text(_ time: Timestamp?) -> JSON { .string(time?.description ?? "") }
        return [
            "node_name": .string(node.name), "node_path": .string(node.path), "resource_type": .string(node.resourceType.rawValue), "unique_id": .string(node.uniqueID),
            "materialized": .string(node.config.materialized), "meta": .object(node.meta), "node_checksum": .string(node.checksum), "node_status": .string(status ?? "None"),
            "node_started_at": text(startedAt), "node_finished_at": text(finishedAt),
            "node_relation": ["alias": .string(node.alias), "schema": .string(node.schema), "database": .string(node.database)],
        ]
    }

    /// What a command was asked for, without the time and however quiet it is: `ls`, `show`, `compile --inline`, a macro's `print`.
    func result(_ text: String, name: String) {
        if isJSON { write(text, .info, name) } else { output(text) }
    }

    /// A line of a node at work: `1 of 3 START sql view model main.orders ........ [RUN]`.
    func progress(_ place: String, _ text: String, _ status: String, seconds: Double? = nil, _ level: Level = .info, name: String = "Note", with members: [(String, JSON)] = []) {
        let left = "\(place) \(text) "
        let dots = String(repeating: ".", count: max(0, width - left.unicodeScalars.count))
        let time = seconds.map { " in \(Self.hundredths($0))s" } ?? ""
        let numbers = place.split(separator: " ").compactMap { Int($0) }
        let counted: [(String, JSON)] = numbers.count == 2 ? [("index", JSON(numbers[0])), ("total", JSON(numbers[1]))] : []
        self(
            "\(left)\(dots) [\(status)\(time)]", level, name: name,
            with: [("description", .string(text)), ("status", .string(status))] + counted + (seconds.map { [("execution_time", .double($0))] } ?? []) + members)
    }

    static func hundredths(_ seconds: Double) -> String {
        let number = Int((seconds * 100).rounded())
        return "\(number / 100).\(number % 100 < 10 ? "0" : "")\(number % 100)"
    }
}

/// What ends a command before it has done its work, in dbt's kinds of errors.
enum DbtFailure {
    /// `Compilation Error`, and what happened below it.
    static func text(_ error: any Error) -> String {
        guard let problem = error as? any Problem else { return "Runtime Error\n  \(error)" }
        var lines = String(describing: problem).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // The kind says what the code says, so the first line is what happened alone; of several problems each keeps its code.
        let first = "error[\(problem.code)]: \(problem.summary)"
        if lines.first == first.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) {
            lines[0] = String(lines[0].dropFirst("error[\(problem.code)]: ".count))
        } else {
            lines.insert(problem.summary, at: 0)
        }
        return "\(kind(problem.code))\n" + lines.map { "  \($0)" }.joined(separator: "\n")
    }

    static func kind(_ code: ProblemCode) -> String {
        let code = "\(code)"
        if code.hasPrefix("warehouse.") { return "Database Error" }
        if ["dbt.usage", "compile.bad_sample"].contains(code) { return "Usage Error" }
        if parsing.contains(code) { return "Parsing Error" }
        if runtime.contains(code) || code.hasPrefix("dbt.") { return "Runtime Error" }
        return "Compilation Error"
    }

    private static let parsing: Set<String> = [
        "project.bad_yaml", "project.bad_microbatch", "project.bad_unit_test", "project.bad_snapshot", "project.bad_contract", "project.unknown_key", "project.missing_name", "project.bad_test",
        "project.bad_exposure", "project.missing_owner", "project.bad_semantics", "project.bad_version", "project.bad_access", "project.group_not_found",
        "project.seed_depends", "project.measure_not_found", "project.metric_not_found", "project.fixture_not_found",
    ]
    private static let runtime: Set<String> = [
        "project.not_found", "project.bad_name", "project.no_profile", "project.no_profiles", "project.profile_not_found", "project.target_not_found", "project.bad_profile",
        "project.bad_selector", "project.selector_not_found", "project.no_state", "project.bad_state", "project.packages_missing", "project.version_refused", "project.cycle",
        "project.ref_refused", "compile.bad_query_comment",
    ]

    /// A node's failure as its result has it: the kind, the node, what happened.
    static func message(_ error: any Error, resource: String, name: String, path: String, compiled: String?) -> String {
        let problem = error as? any Problem
        var text = "\(problem.map { kind($0.code) } ?? "Runtime Error") in \(resource) \(name) (\(path))\n  "
        // The line before names the node, and says that it is the database's.
        var summary = problem?.summary ?? "\(error)"
        let isOfWarehouse = problem.map { $0.code.description.hasPrefix("warehouse.") } ?? false
        for prefix in isOfWarehouse ? ["\(resource) '\(name)': ", "PostgreSQL: ", "SQLite: "] : [] where summary.hasPrefix(prefix) { summary.removeFirst(prefix.count) }
        text += summary.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  ")
        if let problem, !problem.location.description.isEmpty, problem.location.description != path { text += "\n  at \(problem.location)" }
        if let problem, !problem.remedy.isEmpty, !isOfWarehouse || problem.remedy != "correct the statement" { text += "\n  \(problem.remedy)" }
        if let compiled { text += "\n  compiled code at \(compiled)" }
        return text
    }
}
