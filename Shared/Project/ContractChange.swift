internal import Kernel

/// What has become of a model's contract since an earlier manifest, by dbt's rules: a change that readers may break of is refused for a
/// model with versions, which has a way out: a new one.
struct ContractChange {
    private let new: JSON?
    private let old: JSON
    private let adapter: String

    /// - Parameter new: as the manifest has it now; nil where the model is gone or turned off.
    init(_ new: JSON?, since old: JSON, adapter: String) {
        self.new = new
        self.old = old
        self.adapter = adapter
    }

    /// Whether the contract is another one, which may be all right.
    func isChanged() throws(ProjectProblem) -> Bool {
        guard let new else { return try checkRemoval() }
        let (isNow, was) = (new["contract"]?["enforced"] == true, old["contract"]?["enforced"] == true)
        guard was else { return isNow }
        if isNow, new["contract"]?["checksum"] == old["contract"]?["checksum"] { return false }
        let breaking = breakingChanges(from: old, to: new, isStillEnforced: isNow)
        if !breaking.isEmpty, new["version"]?.isNull == false { throw problem(breaking) }
        return true
    }

    private func checkRemoval() throws(ProjectProblem) -> Bool {
        guard old["contract"]?["enforced"] == true, old["version"]?.isNull == false else { return false }
        let id = old["unique_id"]?.stringValue ?? ""
        throw problem([old["config"]?["enabled"] == false ? "Contracted model '\(id)' was disabled." : "Contracted model '\(id)' was deleted or renamed."])
    }

    private func problem(_ changes: [String]) -> ProjectProblem {
        ProjectProblem(
            "project.contract_broken",
            "While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - \(changes.joined(separator: "\n  - "))",
            at: .file(old["original_file_path"]?.stringValue ?? ""), remedy: "make a change that only adds, or a new version of the model")
    }

    private func breakingChanges(from old: JSON, to new: JSON, isStillEnforced: Bool) -> [String] {
        var changes: [String] = []
        func note(_ title: String, _ items: [String]) { if !items.isEmpty { changes.append("\(title): \n    - \(items.joined(separator: "\n    - "))") } }
        if !isStillEnforced {
            changes.append(
                "Contract enforcement was removed: Previously, this model had an enforced contract. It is no longer configured to enforce its contract, and this is a breaking change.")
        }
        let columns = (old["columns"]?.objectValue?.pairs ?? []).sorted { $0.key < $1.key }
        let kept = new["columns"]?.objectValue ?? JSONObject()
        note("Columns were removed", columns.filter { kept[$0.key] == nil }.map(\.key))
        note("Columns with data_type changes", columns.compactMap { name, column in
            guard let now = kept[name], Self.type(column) != Self.type(now) else { return nil }
            return "\(name) (\(column["data_type"]?.stringValue ?? "None") -> \(now["data_type"]?.stringValue ?? "None"))"
        })
        func title(_ constraint: JSON) -> String { "'\(constraint["name"]?.stringValue ?? "ConstraintType.\(constraint["type"]?.stringValue ?? "")")' constraint" }
        func lost(_ before: JSON?, _ now: JSON?) -> [JSON] {
            let now = now?.arrayValue ?? []
            return (before?.arrayValue ?? []).filter { !now.contains($0) && isEnforced($0["type"]?.stringValue ?? "") }
        }
        if Self.bearsConstraints(old) {
            note("Enforced column level constraints were removed", columns.flatMap { name, column in
                kept[name].map { lost(column["constraints"], $0["constraints"]) }.map { $0.map { "\(title($0)) on column \(name)" } } ?? []
            })
            note("Enforced model level constraints were removed", lost(old["constraints"], new["constraints"]).map { "\(title($0)) on columns \(PythonText.text($0["columns"] ?? []))" })
            let isConstrained = old["constraints"]?.arrayValue?.isEmpty == false || columns.contains { $0.value["constraints"]?.arrayValue?.isEmpty == false }
            if isConstrained, !Self.bearsConstraints(new) {
                note("Materialization changed with enforced constraints", ["\(old["config"]?["materialized"]?.stringValue ?? "") -> \(new["config"]?["materialized"]?.stringValue ?? "")"])
            }
        }
        return changes
    }

    /// Without its size and scale, which may change.
    private static func type(_ column: JSON) -> String? {
        column["data_type"]?.stringValue.map { ProjectReader.trimmed(String($0.prefix { $0 != "(" })).lowercased() }
    }

    private static func bearsConstraints(_ node: JSON) -> Bool { ["table", "incremental"].contains(node["config"]?["materialized"]?.stringValue ?? "") }

    /// Whether the adapter's engine sees to such a constraint, as dbt's adapters say.
    private func isEnforced(_ type: String) -> Bool { adapter == "postgres" ? type != "custom" : ["not_null", "foreign_key"].contains(type) }
}
