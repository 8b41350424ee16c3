internal import Kernel
internal import Project

/// `dbt ls`: what a selection names, one line each.
struct DbtList {
    private let site: DbtSite
    init(_ site: DbtSite) { self.site = site }

    private static let keys: Set<String> = [
        "alias", "name", "package_name", "depends_on", "tags", "config", "resource_type", "source_name", "original_file_path", "unique_id",
    ]

    func run() throws -> Int32 {
        if site.arguments.namesModels {
            for (option, word) in [("select", "select"), ("resource-type", "resource_type")] where site.arguments.names(option) {
                throw PlainProblem("dbt.models_and_more", "\"models\" and \"\(word)\" are mutually exclusive arguments", at: .named("ls --models"), remedy: "say one of them")
            }
        }
        let output = site.arguments.value("output") ?? "selector"
        let keys = site.arguments.list("output-keys").flatMap { $0.split { $0 == " " || $0 == "," }.map(String.init) }
        let isAnalysisWanted = !site.arguments.list("resource-type").isEmpty
        var chosen = try site.select().filter { isAnalysisWanted || site.manifest.nodes[$0]?.resourceType != .analysis }
        if site.arguments.namesModels { chosen = chosen.filter { site.manifest.nodes[$0]?.resourceType == .model } }
        guard !chosen.isEmpty else {
            try site.warn("No nodes selected!", "NoNodesSelected")
            return 0
        }
        for id in chosen.sorted() { site.log.result(line(id, output, keys), name: "PrintEvent") }
        return 0
    }

    private func line(_ id: String, _ output: String, _ keys: [String]) -> String {
        let node = site.manifest[id]
        let source = site.manifest.sources[id]
        switch output {
        case "name":
            if let source { return "\(source.sourceName).\(source.name)" }
            return (node?.resourceType == .unitTest ? node?.name : node?.nameWithVersion) ?? id
        case "path": return node?.originalFilePath ?? source?.originalFilePath ?? id
        case "json": return json(id, keys).pythonText
        default:
            if let source { return "source:\(source.packageName).\(source.sourceName).\(source.name)" }
            guard let node else { return id }
            switch node.resourceType {
            case .exposure, .metric, .semanticModel, .savedQuery: return "\(node.resourceType.rawValue):\(node.packageName).\(node.name)"
            case .unitTest: return "unit_test:\(node.packageName).\(node.version.map { "\(node.name)_v\($0.stringValue ?? $0.text())" } ?? node.name)"
            default: return node.fqn.joined(separator: ".")
            }
        }
    }

    private func json(_ id: String, _ keys: [String]) -> JSON {
        let whole: JSON = site.manifest.nodes[id].map { ManifestWriter.json($0) } ?? site.manifest.others[id].map { ManifestWriter.json(other: $0) }
            ?? site.manifest.sources[id].map { ManifestWriter.json($0) } ?? [:]
        var found: [(String, JSON)] = []
        for key in keys {
            var value: JSON? = whole
            for part in key.split(separator: ".") { value = value?[String(part)] }
            if let value { found.append((key, value)) }
        }
        if keys.isEmpty { found = (whole.objectValue?.pairs ?? []).filter { Self.keys.contains($0.key) }.map { ($0.key, $0.value) } }
        return JSON(found)
    }
}
