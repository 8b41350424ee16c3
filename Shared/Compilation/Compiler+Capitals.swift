internal import Project
internal import WarehouseKit

extension Compiler {
    /// The names of a schema's relations that have capital letters, by what they are in small ones: those that were there when it was
    /// first asked, and those of the project, which may come at any time.
    ///
    /// Kept, as a search of the catalogue in any case reads all of it, and each node searches several times.
    func namesWithCapitals(in schema: String, _ session: any WarehouseSession) throws -> [String: Set<String>] {
        if let known = capitals[schema] { return known }
        let there = try session.relations(inSchema: schema).map(\.name.identifier)
        let own = manifest.nodes.values.lazy.filter { $0.schema == schema }.map(\.alias)
        var names: [String: Set<String>] = [:]
        for name in there + own {
            let small = name.lowercased()
            if small != name { names[small, default: []].insert(name) }
        }
        capitals[schema] = names
        return names
    }
}
