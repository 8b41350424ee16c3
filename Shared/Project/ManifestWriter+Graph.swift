public import Kernel

extension ManifestWriter {
    /// What templates see as `graph`.
    public func graph() -> JSON {
        let whole = json()
        let parts = ["nodes", "sources", "exposures", "metrics", "groups", "semantic_models", "saved_queries", "functions"]
        return JSON(parts.map { ($0, whole[$0] ?? [:]) })
    }
}
