public import Jinja

extension JinjaError {
    /// By which macros a node came to the error, as dbt tells it: the one that failed, who called it, and so on to the node.
    ///
    /// - Returns: empty where no macro is at fault, and where one of the library is among them, which is made of other macros than dbt's.
    public func calls(of node: Node) -> String {
        func isForeign(_ file: String) -> Bool { ["dbt/", "dbt_"].contains(where: file.hasPrefix) && !file.hasPrefix("dbt_packages/") }
        let files = [template ?? ""] + trace.map(\.template)
        guard !trace.isEmpty, files.last == node.originalFilePath, !files.contains(where: isForeign), !trace.contains(where: { $0.macro == "caller" }) else { return "" }
        let macros = zip(trace, files).map { "macro \($0.macro) (\($1))" } + ["\(node.resourceType.rawValue) \(node.name) (\(node.originalFilePath))"]
        return "\n> in " + macros.joined(separator: "\n> called by ")
    }
}
