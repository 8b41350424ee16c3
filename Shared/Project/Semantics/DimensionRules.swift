internal import Kernel

/// What dimensions have to be, in one semantic model and across all.
enum DimensionRules {
    static func checkConsistency(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        var known: [String: SemanticManifest.Dimension] = [:]
        for model in manifest.models {
            for dimension in model.dimensions {
                guard let first = known[dimension.name] else {
                    known[dimension.name] = dimension
                    continue
                }
                if first.type != dimension.type {
                    findings.error(
                        "In semantic model `\(model.name)`, type conflict for dimension `\(dimension.name)` - already in model as type `\(first.type)` but got `\(dimension.type)`", in: model.node)
                }
                if first.isPartition != dimension.isPartition {
                    findings.error(
                        "In semantic model `\(model.name), conflicting is_partition attribute for dimension `\(dimension.name)` - already in model with is_partition as `\(PythonText.text(.bool(first.isPartition)))` but got `\(PythonText.text(.bool(dimension.isPartition)))``",
                        in: model.node)
                }
            }
        }
    }

    static func checkDefaults(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            guard let name = model.timeDimension, !model.hasTimeDimension(name) else { continue }
            findings.error(
                "Default aggregation time dimension was specified as '\(name)' which doesn't exist as a time dimension in semantic model named '\(model.name)'.", in: model.node)
        }
    }

    /// A dimension is found by its primary entity and its name.
    static func checkPairs(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        var owners: [String: [String: String]] = [:]
        for model in manifest.models {
            guard let entity = model.primaryEntity ?? model.entities.first(where: { $0.type == "primary" })?.name else { continue }
            let isFirst = owners[entity] == nil
            for dimension in model.dimensions {
                if let owner = owners[entity]?[dimension.name], !isFirst {
                    findings.error(
                        "Duplicate dimension + primary entity pairing detected, dimension + primary entity pairings must be unique. Semantic model `\(model.name)` has a primary entity of `\(entity)` and dimension `\(dimension.name)`, but this pairing is already in use on semantic model `\(owner)`.",
                        in: model.node)
                } else {
                    owners[entity, default: [:]][dimension.name] = model.name
                }
            }
        }
    }

    // MARK: Validity windows

    private static let windowRule =
        "Semantic models using dimension validity params to define a validity window must have exactly two time dimensions with validity params specified - one marked `is_start` and the other marked `is_end`."

    static func checkValidity(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            let dimensions = model.dimensions.filter { $0.validity != nil }
            guard !dimensions.isEmpty else { continue }
            let names = PythonList.list(dimensions.map(\.name))
            let starts = dimensions.filter { $0.validity?.isStart == true }, ends = dimensions.filter { $0.validity?.isEnd == true }
            if dimensions.count == 1, starts.count == 1, ends.count == 1 {
                findings.error(
                    "Semantic model \(model.name) has a single validity param dimension that defines its window: `\(dimensions[0].name)`. This is not a currently supported configuration! \(windowRule) If you have one column defining a window, as in a daily snapshot table, you can define a separate dimension and increment the time value in the `expr` field as a work-around.",
                    in: model.node)
            } else if dimensions.count != 2 {
                findings.error(
                    "Semantic model \(model.name) has \(dimensions.count) dimensions defined with validity params. They are: \(names). There must be either zero or two! If you wish to define a validity window for this semantic model, please follow these requirements: \(windowRule)",
                    in: model.node)
            } else if starts.count != 1 || ends.count != 1 {
                // dbt names no start here, whichever there is.
                findings.error(
                    "Semantic model \(model.name) has two validity param dimensions defined, but does not have exactly one each marked with is_start and is_end! Dimensions: \(names). is_start dimensions: []. is_end dimensions: \(PythonList.list(ends.map(\.name))). \(windowRule)",
                    in: model.node)
            }
            let keys = model.entities.filter { ["primary", "unique"].contains($0.type) }
            if !model.entities.contains(where: { $0.type == "natural" }) {
                findings.error(
                    "Semantic model \(model.name) has validity param dimensions defined, but does not have an entity with type `natural` set. The natural key for this semantic model is what we use to process a validity window join. Primary or unique entities, if any, might be suitable for use as natural keys: (\(PythonList.list(keys.map(\.name)))).",
                    in: model.node)
            }
            if !keys.isEmpty {
                findings.error(
                    "Semantic model \(model.name) has validity param dimensions defined and also has one or more entities designated as `primary` or `unique`. This is not yet supported, as we do not currently process joins against these key types for semantic models with validity windows specified.",
                    in: model.node)
            }
            if !model.measures.isEmpty {
                findings.error(
                    "Semantic model \(model.name) has both measures and validity param dimensions defined. This is not currently supported! Please remove either the measures or the validity params. Measure names: \(PythonList.list(model.measures.map(\.name))). Validity param dimension names: \(names).",
                    in: model.node)
            }
        }
    }
}
