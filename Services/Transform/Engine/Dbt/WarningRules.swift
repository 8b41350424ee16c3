internal import Kernel

/// Which warnings are errors, and which are not told, by the names of dbt's events: `--warn-error`, `--warn-error-options`.
struct WarningRules {
    enum Verdict { case warn, fail, silence }

    /// nil means none; an empty set means all.
    private var errors: Set<String>?
    private var warnings: Set<String> = []
    private var silenced: Set<String> = []

    static let allErrors = {
        var rules = WarningRules()
        rules.errors = []
        return rules
    }()

    init() {}

    /// - Parameter options: `error`, `warn` and `silence`; the first two also under the names that they had before, `include` and `exclude`.
    init(_ options: JSONObject) {
        func names(_ key: String, _ old: String?) -> JSON? { options[key] ?? old.flatMap { options[$0] } }
        func list(_ value: JSON?) -> Set<String> { Set(value?.arrayValue?.compactMap(\.stringValue) ?? []) }
        let wanted = names("error", "include")
        if ["all", "*"].contains(wanted?.stringValue ?? "") { errors = [] } else if let named = wanted?.arrayValue, !named.isEmpty { errors = list(wanted) }
        warnings = list(names("warn", "exclude"))
        silenced = list(options["silence"])
    }

    func verdict(of name: String) -> Verdict {
        if silenced.contains(name) { return .silence }
        guard let errors, !warnings.contains(name) else { return .warn }
        return errors.isEmpty || errors.contains(name) ? .fail : .warn
    }
}
