internal import Compilation
internal import Project

extension Compiler {
    /// How the relation of each node and source is written in SQL, for `manifest.json`.
    func compiledNames() -> [String: ManifestWriter.Compiled] {
        relationNames().mapValues { .init(relationName: $0) }
    }
}
