internal import Compilation
internal import Execution
internal import Kernel
internal import Markup
internal import Project
internal import WarehouseKit

/// Makes a project's documentation: `manifest.json`, `catalog.json` and `index.html`, which needs nothing beside itself.
///
/// It only reads the warehouse. Each file is replaced whole, the page last, so a reader finds the old one or the new one.
struct DocsWriter {
    let manifest: Manifest
    let compiler: Compiler
    let session: any WarehouseSession
    let invocation: Invocation
    let now: () -> Timestamp

    struct Result {
        var models = 0, sources = 0, tests = 0
        /// What could not be compiled, one line each. The documentation is written all the same, without its SQL.
        var problems: [String] = []
        /// What was compiled, and how that ended.
        var nodes: [NodeResult] = []

        var message: String {
            func words(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
            return "\(words(models, "model")), \(words(sources, "source")), \(words(tests, "test"))"
        }
    }

    /// - Parameters:
    ///   - selected: what is compiled and looked up; everything else is described as far as the project itself says.
    ///   - hasHooks: whether the hooks of a run are compiled too.
    ///   - folders: where the three files go.
    func write(selected: Set<String>, hasHooks: Bool = false, compile: Bool = true, isCatalogEmpty: Bool = false, to folders: [RunFolder], compiledIn folder: RunFolder) throws -> Result {
        var result = Result()
        var compiled = compiler.compiledNames()
        let nodes = RunPlan(.compile, manifest: manifest, selected: selected, takesEmpty: true).order.sorted().compactMap { manifest.nodes[$0] }
        for node in nodes + (hasHooks ? manifest.hooks.map(\.node).sorted { $0.uniqueID < $1.uniqueID } : []) where compile {
            let (id, startedAt) = (node.uniqueID, now())
            do {
                let made = try compiler.undoing { try compiler.compile(node) }
                let sql = made.sql
                if !node.isEphemeral { result.nodes.append(NodeResult(
                    uniqueID: id, status: .success, message: "", startedAt: startedAt, finishedAt: now(), compiledSQL: sql, relationName: made.relationName)) }
                compiled[id] = .init(
                    sql: sql, path: ManifestWriter.Compiled.place(try DbtLane.write(made, in: folder, by: compiler)), relationName: made.relationName ?? compiled[id]?.relationName,
                    injected: made.ephemerals.map { ($0.id, $0.sql) })
            } catch {
                result.problems.append(String(describing: error))
                result.nodes.append(NodeResult(uniqueID: id, status: .error, message: String(describing: error), startedAt: startedAt, finishedAt: now()))
            }
        }
        compiler.noteEphemerals(in: &compiled, folder: folder)
        var catalog = try Catalog(compiler, selected: isCatalogEmpty ? [] : selected, session: session)
        if let table = try compiler.catalog(of: catalog.relations) { catalog.describe(by: table) }
        let generatedAt = now()
        let page = DocsPage(
            manifest: manifest, catalog: catalog, sql: compiled.compactMapValues(\.sql), relations: compiled.compactMapValues(\.relationName),
            results: try TestHistory(on: session).latest(), generatedAt: generatedAt)
        let manifestBytes = ManifestWriter(manifest, invocationID: invocation.id, generatedAt: generatedAt, startedAt: invocation.startedAt, compiled: compiled).bytes
        let catalogJSON = catalog.json(invocationID: invocation.id, generatedAt: generatedAt, startedAt: invocation.startedAt, environment: manifest.metadataEnvironment)
        let html = Array(page.html.text.utf8)
        for folder in folders {
            // As in dbt, a catalog alone leaves the manifest to the command that compiled.
            if compile { try folder.write(manifestBytes, as: "manifest.json") }
            try folder.write(catalogJSON, as: "catalog.json")
            try folder.write(html, as: "index.html")
        }
        let types = manifest.nodes.values.map(\.resourceType)
        result.models = types.count { $0 == .model }
        result.tests = types.count { $0 == .test }
        result.sources = manifest.sources.count
        return result
    }
}
