internal import Kernel

/// Which warnings are errors, and which are not told, by the names of dbt's events: `--warn-error`, `--warn-error-options`.
///
/// A name counts before `Deprecations`, which stands for all of them, and that before `all`; of one rank silence comes before warnings,
/// and these before errors.
struct WarningRules: Sendable {
    enum Verdict { case warn, fail, silence }

    private var takesAll = false
    private var errors: Set<String> = []
    private var warnings: Set<String> = []
    private var silenced: Set<String> = []
    /// As they count: lists, or `all`.
    private(set) var options = JSONObject(distinct: [("error", []), ("silence", []), ("warn", [])])
    /// Whether the options were said under the names that they had before.
    private(set) var saysInclude = false
    private(set) var saysExclude = false

    static let allErrors = {
        var rules = WarningRules()
        rules.takesAll = true
        return rules
    }()

    init() {}

    /// - Parameter options: `error`, `warn` and `silence`; the first two also as `include` and `exclude`.
    /// - Throws: where a name is no event's, or the options do not go together, as dbt has it.
    init(_ options: JSONObject) throws {
        (saysInclude, saysExclude) = (options["include"] != nil, options["exclude"] != nil)
        for (key, old) in [("error", "include"), ("warn", "exclude")] where options[key].map(Self.isSaid) == true && options[old].map(Self.isSaid) == true {
            throw DbtArguments.wrong("Only `\(old)` or `\(key)` can be specified in `warn_error_options`, not both", "leave \(old) out")
        }
        let wanted = options["include"] ?? options["error"]
        if let word = wanted?.stringValue {
            guard ["all", "*"].contains(word) else { throw DbtArguments.wrong("error must be one of ('all', '*') or a list of strings", "write error: all, or a list of names") }
            takesAll = true
        }
        func names(_ value: JSON?) -> Set<String> { Set(value?.arrayValue?.compactMap(\.stringValue) ?? []) }
        if let wanted, !wanted.isNull { self.options["error"] = wanted }
        for (key, value) in [("warn", options["exclude"] ?? options["warn"]), ("silence", options["silence"])] { if let value, !value.isNull { self.options[key] = value } }
        errors = names(wanted)
        warnings = names(options["exclude"] ?? options["warn"])
        silenced = names(options["silence"])
        if !warnings.isEmpty, !takesAll, !errors.contains(DbtEvents.deprecations), !silenced.contains(DbtEvents.deprecations) {
            throw DbtArguments.wrong("`warn` can only be specified if `error` is one of ('all', '*') or Deprecations is in `error` or silence.", "write error: all too")
        }
        for name in errors.sorted() + warnings.sorted() + silenced.sorted() where !DbtEvents.isName(name) {
            throw DbtArguments.wrong("\(name) is not a valid dbt error name.", "write the name of one of dbt's events, such as NoNodesForSelectionCriteria")
        }
    }

    private static func isSaid(_ value: JSON) -> Bool { value.stringValue?.isEmpty == false || value.arrayValue?.isEmpty == false }

    func verdict(of name: String) -> Verdict {
        let isDeprecation = DbtEvents.isDeprecation(name)
        func has(_ names: Set<String>) -> Bool { isDeprecation && names.contains(DbtEvents.deprecations) }
        let isNamedElsewhere = warnings.contains(name) || silenced.contains(name)
        let isElsewhere = isNamedElsewhere || has(warnings) || has(silenced)
        if errors.contains(name), !isNamedElsewhere { return .fail }
        if has(errors) || takesAll, !isElsewhere { return .fail }
        return silenced.contains(name) || has(silenced) && !errors.contains(name) && !warnings.contains(name) ? .silence : .warn
    }
}
