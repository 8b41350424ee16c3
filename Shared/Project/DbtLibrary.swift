import Kernel

/// The macros and docs that come with dbt, as a manifest of dbt's own has them.
///
/// Real dbt compares the texts of its own macros too when it looks for what is modified, and takes whatever calls one that is not in the
/// state for modified: nearly every test. Our macros have texts of their own, so a manifest that real dbt shall compare with borrows them.
public struct DbtLibrary: Sendable {
    var macros: [String: JSON] = [:]
    var docs: [String: JSON] = [:]
    var isEmpty: Bool { macros.isEmpty && docs.isEmpty }

    public init() {}

    /// - Parameter path: a `manifest.json` that dbt wrote, of any project on the same adapter.
    public init(manifest path: String) throws(ProjectProblem) {
        guard let bytes = FileTree.bytes(path), let json = try? JSON(parsing: bytes) else {
            throw ProjectProblem("project.no_dbt_manifest", "there is no manifest that can be read", at: .file(path), remedy: "name a manifest.json that dbt wrote in SLUICE_DBT_MACROS, or unset it")
        }
        let adapter = "dbt_\(json["metadata"]?["adapter_type"]?.stringValue ?? "")"
        func own(_ part: String) -> [String: JSON] {
            let entries = (json[part]?.objectValue?.pairs ?? []).filter { $0.value["package_name"] == "dbt" || $0.value["package_name"]?.stringValue == adapter }
            return Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
        }
        macros = own("macros")
        docs = own("docs")
        guard !macros.isEmpty else {
            throw ProjectProblem("project.no_dbt_manifest", "the manifest has none of the macros that come with dbt", at: .file(path), remedy: "name a manifest.json that dbt wrote in SLUICE_DBT_MACROS, or unset it")
        }
    }
}
