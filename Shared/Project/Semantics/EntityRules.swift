/// What entities have to be.
enum EntityRules {
    static func checkNatural(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            let names = Set(model.entities.filter { $0.type == "natural" }.map(\.name))
            if names.count > 1 {
                findings.error(
                    "Semantic models can have at most one natural entity, but semantic model `\(model.name)` has \(names.count) distinct natural entities set! \(PythonList.set(names)).", in: model.node)
            }
            if !names.isEmpty, !model.dimensions.contains(where: { $0.validity != nil }) {
                findings.error(
                    "The use of `natural` entities is currently supported only in conjunction with a validity window defined in the set of time dimensions associated with the semantic model. Semantic model `\(model.name)` uses a natural entity (\(PythonList.set(names))) but does not define a validity window!",
                    in: model.node)
            }
        }
    }

    static func checkPrimary(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            let primaries = model.entities.filter { $0.type == "primary" }.map(\.name)
            if primaries.count > 1 {
                findings.error(
                    "Semantic models can have only one primary entity. The semantic model `\(model.name)` has \(primaries.count): \(primaries.joined(separator: ", "))", in: model.node)
            } else if let primary = primaries.first, let stated = model.primaryEntity {
                findings.error(
                    "The semantic model `\(model.name)` has an entity named `\(primary)` with type primary but it also has the `primary_entity` field set to `\(stated)`. Both should not be present in the model.",
                    in: model.node)
            } else if primaries.isEmpty, model.primaryEntity == nil, !model.dimensions.isEmpty {
                findings.error(
                    "The semantic model \(model.name) contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key.",
                    in: model.node)
            }
        }
    }
}
