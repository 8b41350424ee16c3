internal import Kernel
internal import Project

/// Tells the warnings of a command. `--warn-error` and `--warn-error-options` make some of them errors, or silence them.
///
/// Of deprecations each kind is told the first time alone, unless `--show-all-deprecations` asks for all; ``summarize()`` counts them.
final class DbtWarnings {
    private let rules: WarningRules
    private let log: DbtLog
    private let showsAll: Bool
    private let width: Int
    private var deprecations: [(name: String, count: Int)] = []

    init(_ arguments: DbtArguments, _ log: DbtLog) {
        rules = arguments.warnings
        self.log = log
        showsAll = arguments.flag("show-all-deprecations")
        width = arguments.value("printer-width").flatMap { Int($0) } ?? 80
    }

    /// - Parameter name: of dbt's event.
    func tell(_ text: String, _ name: String, isTagged: Bool = false, with members: [(String, JSON)] = []) throws {
        let text = isTagged ? "[WARNING]: \(text)" : text
        switch rules.verdict(of: name) {
        case .silence: return
        case .fail: throw Self.refusal(text)
        case .warn: log(text, .warn, name: name, with: members)
        }
    }

    private static func refusal(_ text: String) -> PlainProblem {
        PlainProblem("dbt.warn_error", text, at: .named("--warn-error"), remedy: "correct it, or leave --warn-error out")
    }

    func tell(_ warning: ProjectWarning) throws {
        switch warning.frame {
        case .plain: try tell(warning.text, warning.event)
        case .tagged: try tell(warning.text, warning.event, isTagged: true)
        case .wrappedThenTagged: try tell(LineWrap.paragraphs(warning.text, width: width), warning.event, isTagged: true)
        case .taggedThenWrapped: try tell(LineWrap.paragraphs("[WARNING]: \(warning.text)", width: width), warning.event)
        case .deprecation: try deprecate(warning.text, warning.event)
        case .namelessDeprecation: try deprecate(warning.text, warning.event, isNamed: false)
        case .taggedDeprecation: try count(LineWrap.paragraphs("[WARNING]: \(warning.text)", width: width), warning.event)
        // As in dbt, whatever is asked of warnings.
        case .note: log(warning.text, .warn, name: warning.event)
        case .hint: return
        }
    }

    /// - Parameters:
    ///   - isNamed: whether the line has the event's name.
    ///   - isHeaded: whether it says first that something is deprecated.
    func deprecate(_ description: String, _ name: String, isNamed: Bool = true, isHeaded: Bool = true) throws {
        try count(isHeaded ? Self.text(description, isNamed ? name : nil, width: width) : LineWrap.paragraphs("[WARNING]: \(description)", width: width), name)
    }

    private func count(_ text: String, _ name: String) throws {
        let index = deprecations.firstIndex { $0.name == name }
        if index == nil || showsAll { try tell(text, name) }
        if let index { deprecations[index].count += 1 } else { deprecations.append((name, 1)) }
    }

    /// What templates use that is to go, on any thread. Where it is an error, it is one of the node that met it.
    struct Judge: Sendable {
        static let overrideEvent = "PackageMaterializationOverrideDeprecation"
        fileprivate let rules: WarningRules
        fileprivate let width: Int

        func deprecation(_ description: String, _ event: String) throws -> String { try judged(DbtWarnings.text(description, nil, width: width), event) }

        /// A package's materialization in the place of one of dbt's.
        func override(of materialization: String, by package: String) throws -> String {
            let text = "[WARNING]: Installed package '\(package)' is overriding the built-in materialization '\(materialization)'. Overrides of built-in materializations from installed packages will be deprecated in future versions of dbt. For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors"
            return try judged(LineWrap.paragraphs(text, width: width), Self.overrideEvent)
        }

        private func judged(_ text: String, _ event: String) throws -> String {
            if rules.verdict(of: event) == .fail { throw DbtWarnings.refusal(text) }
            return text
        }
    }
    var judge: Judge { Judge(rules: rules, width: width) }
    func tell(deprecation event: String, _ text: String) throws { try count(text, event) }

    /// Behind everything else that a command tells.
    func summarize() throws {
        guard !deprecations.isEmpty else { return }
        var text = "Summary of encountered deprecations:"
        for (name, count) in deprecations { text += "\n\n- \(name): \(count) \(count == 1 ? "occurrence" : "occurrences")" }
        if !showsAll {
            text += "\n\nTo see all deprecation instances instead of just the first occurrence of each, run command again with the `--show-all-deprecations` flag. You may also need to run with `--no-partial-parse` as some deprecations are only encountered during parsing."
        }
        let summaries = deprecations.map { name, count in JSON([("event_name", .string(name)), ("event_code", .string(DbtEvents.code(of: name))), ("occurrences", JSON(count))]) }
        try tell(Self.text(text, "DeprecationsSummary", width: width), "DeprecationsSummary", with: [("summaries", .array(summaries)), ("show_all_hint", .bool(!showsAll))])
    }

    private static func text(_ description: String, _ name: String?, width: Int) -> String {
        LineWrap.paragraphs("[WARNING]\(name.map { "[\($0)]" } ?? ""): Deprecated functionality\n\n\(description)", width: width)
    }
}
