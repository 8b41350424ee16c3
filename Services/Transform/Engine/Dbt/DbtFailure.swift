internal import Kernel
internal import Project
internal import WarehouseKit

/// What ends a command before it has done its work, in dbt's kinds of errors.
enum DbtFailure {
    /// `Compilation Error`, and what happened below it.
    static func text(_ error: any Error) -> String {
        guard let problem = error as? any Problem else { return "Runtime Error\n  \(error)" }
        var lines = String(describing: problem).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // The kind says what the code says, so the first line is what happened alone; of several problems the others keep their codes.
        let first = "error[\(problem.code)]: \((error as? ProjectProblems)?.problems[0].summary ?? problem.summary)"
        if lines.first == first.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) {
            lines[0] = String(lines[0].dropFirst("error[\(problem.code)]: ".count))
        } else {
            lines.insert(problem.summary, at: 0)
        }
        if kind(problem.code) == "Database Error" {
            for engine in engines where lines[0].hasPrefix(engine) { lines[0].removeFirst(engine.count) }
            lines[0] = withoutState(lines[0])
        }
        if unframed.contains("\(problem.code)") { return lines.joined(separator: "\n") }
        let subject = (error as? ProjectProblems)?.problems[0].subject ?? (error as? ProjectProblem)?.subject ?? ""
        return "\(kind(problem.code))\(subject.isEmpty || placeless.contains("\(problem.code)") ? "" : " in \(subject)")\n" + lines.map { "  \($0)" }.joined(separator: "\n")
    }

    static func kind(_ code: ProblemCode) -> String {
        let code = "\(code)"
        if code.hasPrefix("warehouse.") || code == "compile.raised_for_warehouse" { return "Database Error" }
        if ["dbt.warn_error"].contains(code) { return "Compilation Error" }
        if code == "compile.fail_fast" { return "FailFast Error" }
        if ["dbt.usage", "compile.bad_sample"].contains(code) { return "Usage Error" }
        if parsing.contains(code) { return "Parsing Error" }
        if runtime.contains(code) || code.hasPrefix("dbt.") { return "Runtime Error" }
        return "Compilation Error"
    }

    /// Of what dbt tells no kind.
    private static let unframed: Set<String> = ["dbt.gone_node", "dbt.other_database", "project.cycle", "dbt.line"]
    /// Of what dbt does not say whose it is.
    private static let placeless: Set<String> = ["compile.secret_variable", "project.env_var_not_set"]
    private static let parsing: Set<String> = [
        "compile.secret_variable", "project.env_var_not_set", "compile.bad_input",
        "project.unreadable_schema", "project.bad_function", "project.bad_microbatch", "project.bad_unit_test", "project.bad_snapshot", "project.bad_contract", "project.unknown_key", "project.missing_name", "project.bad_test",
        "project.bad_exposure", "project.missing_owner", "project.bad_semantics", "project.no_time_spine", "project.bad_entry", "project.bad_config", "project.bad_version", "project.bad_access", "project.group_not_found",
        "project.seed_depends", "project.ref_refused", "project.measure_not_found", "project.metric_not_found", "project.fixture_not_found",
    ]
    private static let runtime: Set<String> = [
        "project.not_found", "project.bad_project", "project.bad_yaml", "project.no_profile", "project.no_profiles", "project.profile_not_found", "project.target_not_found", "project.bad_profile",
        "project.bad_selector", "project.selector_not_found", "project.no_state", "project.bad_state", "project.version_refused",
        "project.bad_package", "project.spaces_in_name", "compile.bad_query_comment", "compile.main_not_called",
    ]

    /// A node's failure as its result has it: the kind, the node, what happened.
    static func message(_ error: any Error, resource: String, name: String, path: String, compiled: String?) -> String {
        let problem = error as? any Problem
        var text = "\(problem.map { kind($0.code) } ?? "Runtime Error") in \(resource) \(name) (\(path))\n  "
        // The line before names the node, and says that it is the database's.
        var summary = problem?.summary ?? "\(error)"
        let isOfWarehouse = problem.map { $0.code.description.hasPrefix("warehouse.") } ?? false
        for prefix in isOfWarehouse ? ["\(resource) '\(name)': "] + engines : [] where summary.hasPrefix(prefix) { summary.removeFirst(prefix.count) }
        if isOfWarehouse { summary = withoutState(summary) }
        let excerpt = (error as? any StatementProblem)?.excerpt.map { "\n\($0)" } ?? ""
        text += (summary + excerpt).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  ")
        // The line before names the file; of the engine's own errors no template is at fault.
        let isNamed = problem.map { $0.location.description == path || isOfWarehouse && $0.location.description.hasPrefix("\(path):") } ?? true
        let hasExcerpt = (error as? any StatementProblem)?.excerpt != nil
        if let problem, !problem.location.description.isEmpty, !isNamed, !hasExcerpt { text += "\n  at \(problem.location)" }
        if let problem, !problem.remedy.isEmpty, !isOfWarehouse || problem.remedy != "correct the statement" { text += "\n  \(advice(problem))" }
        if let compiled, isOfWarehouse { text += "\n  compiled code at \(compiled)" }
        return text
    }

    /// What happened alone, as dbt has it of a hook of the run.
    static func cause(_ error: any Error) -> String {
        guard let problem = error as? any Problem else { return "\(error)" }
        var summary = problem.summary
        if problem.code.description.hasPrefix("warehouse.") {
            for engine in engines where summary.hasPrefix(engine) { summary.removeFirst(engine.count) }
            summary = withoutState(summary)
        }
        let isAdvised = (error as? any StatementProblem)?.isAdvised ?? false
        return summary + ((error as? any StatementProblem)?.excerpt.map { "\n\($0)" } ?? "") + (isAdvised ? "\n\(advice(problem))" : "")
    }

    /// The engine's own is marked as its client marks it.
    private static func advice(_ problem: any Problem) -> String { ((problem as? any StatementProblem)?.isAdvised ?? false ? "HINT:  " : "") + problem.remedy }

    private static let engines = ["PostgreSQL: ", "SQLite: "]

    /// Without PostgreSQL's code at the end, ` (42703)`, which dbt does not tell.
    private static func withoutState(_ summary: String) -> String {
        guard summary.hasSuffix(")"), let start = summary.lastIndex(of: "("), summary[start...].utf8.count == 7, summary[..<start].hasSuffix(" ") else { return summary }
        let code = summary[start...].dropFirst().dropLast()
        return code.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5a) }) ? String(summary[..<start].dropLast()) : summary
    }
}
