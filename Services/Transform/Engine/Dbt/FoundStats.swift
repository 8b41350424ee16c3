internal import Compilation
internal import Project

/// What a project holds, as dbt tells it once it is read: `2 models, 1 seed, 502 macros`.
enum FoundStats {
    /// - Parameter isInline: whether a query of the line is among the nodes.
    static func line(_ manifest: Manifest, isInline: Bool = false) -> String {
        let groups = Dictionary(grouping: Array(manifest.nodes.values) + manifest.others.values, by: \.resourceType).mapValues(\.count)
        func word(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
        func counted(_ types: [(ResourceType, String, String)]) -> [String] { types.compactMap { type, one, many in groups[type].map { word($0, one, many) } } }
        typealias Kind = (type: ResourceType, one: String, many: String)
        let (tests, snapshots): (Kind, Kind) = ((.test, "test", "data tests"), (.snapshot, "snapshot", "snapshots"))
        // In the order in which dbt comes upon the first of each: tests and snapshots of a file each before seeds, those of schema files behind all.
        let hasSingular = manifest.nodes.values.contains { $0.resourceType == .test && $0.test == nil }
        let hasBlocks = manifest.nodes.values.contains { $0.resourceType == .snapshot && $0.originalFilePath.hasSuffix(".sql") }
        var parts = counted([(.model, "model", "models")] + (hasBlocks ? [snapshots] : []) + [(.analysis, "analysis", "analyses")] + (hasSingular ? [tests] : []) + [(.seed, "seed", "seeds")])
        if !manifest.hooks.isEmpty { parts.append(word(manifest.hooks.count, "operation", "operations")) }
        func firstFile(_ type: ResourceType) -> String { manifest.nodes.values.filter { $0.resourceType == type }.map(\.originalFilePath).min() ?? "" }
        let written: [Kind] = firstFile(.snapshot) < firstFile(.test) ? [snapshots, tests] : [tests, snapshots]
        parts += counted(written.filter { !($0.type == .test ? hasSingular : hasBlocks) })
        if isInline { parts.append("1 sql operation") }
        if !manifest.sources.isEmpty { parts.append(word(manifest.sources.count, "source", "sources")) }
        parts += counted([(.exposure, "exposure", "exposures"), (.metric, "metric", "metrics")])
        parts.append(word(manifest.macros.count + Compiler.libraryCount(for: manifest.target.type), "macro", "macros"))
        if !manifest.groups.isEmpty { parts.append(word(manifest.groups.count, "group", "groups")) }
        parts += counted([(.semanticModel, "semantic model", "semantic models"), (.savedQuery, "saved query", "saved queries"), (.unitTest, "unit test", "unit tests")])
        return parts.joined(separator: ", ")
    }
}
