internal import Compilation
internal import Execution
internal import Project

extension Compiler {
    /// How the relation of each node and source is written in SQL, for `manifest.json`.
    func compiledNames() -> [String: ManifestWriter.Compiled] {
        relationNames().mapValues { .init(relationName: $0) }
    }

    /// As in dbt, the ephemeral models inside what was compiled are compiled, whoever asked for them.
    func noteEphemerals(in names: inout [String: ManifestWriter.Compiled], folder: RunFolder) {
        for id in Set(names.values.flatMap { $0.injected.map(\.id) }) where names[id]?.sql == nil {
            guard let node = manifest.nodes[id], let compiled = try? undoing({ try compile(node) }) else { continue }
            let path: @Sendable () -> String = { folder.compiledPath(of: node) }
            names[id] = .init(sql: compiled.sql, path: compiled.sql.isEmpty ? nil : path, injected: compiled.ephemerals.map { ($0.id, $0.sql) })
        }
    }
}
