/// What calendars have to be.
enum TimeSpineRules {
    static func check(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        guard !manifest.timeSpines.isEmpty else { return }
        let byGranularity = Dictionary(grouping: manifest.timeSpines, by: \.granularity)
        let twice = byGranularity.filter { $0.value.count > 1 }
        if !twice.isEmpty {
            let list = twice.sorted { $0.key < $1.key }.map { "'\($0.key.uppercased())': \(PythonList.list($0.value.map(\.relationName)))" }.joined(separator: ", ")
            findings.warn("Only one time spine is supported per granularity. Got duplicates: {\(list)}", in: twice.values.first?.last?.node)
        }
        let finest = manifest.models.flatMap { $0.dimensions.compactMap(\.granularity) }.min { SemanticManifest.rank($0) < SemanticManifest.rank($1) }
        guard let finest else {
            findings.error(
                "An error occurred while running model validation to ensure that time spines are valid - no dimension of a semantic model has a time_granularity", in: manifest.models.first?.node,
                try: "add a dimension of type time, with type_params: {time_granularity: day}")
            return
        }
        guard let spine = byGranularity.keys.min(by: { SemanticManifest.rank($0) < SemanticManifest.rank($1) }), SemanticManifest.rank(finest) < SemanticManifest.rank(spine) else { return }
        findings.warn(
            "To avoid unexpected query errors, configuring a time spine at or below the smallest time dimension granularity is recommended. Smallest time dimension granularity: \(finest.uppercased()); Smallest time spine granularity: \(spine)",
            in: manifest.timeSpines.first?.node)
    }
}
