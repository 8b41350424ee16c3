internal import Compilation
internal import Project
internal import WarehouseKit

extension Compiler {
    /// How the relation of each node and source is written in SQL, for `manifest.json`.
    func compiledNames(on session: any WarehouseSession) -> [String: ManifestWriter.Compiled] {
        relationNames(on: session).mapValues { .init(relationName: $0) }
    }
}
