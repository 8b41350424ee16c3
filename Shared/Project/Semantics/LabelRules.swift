/// Labels tell things apart.
enum LabelRules {
    static func check(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        checkTop(manifest.metrics.map { ($0.label, $0.name, $0.node) }, "metric", &findings)
        var known: [String: String] = [:]
        for model in manifest.models {
            checkTop([(model.label, model.name, model.node)], "semantic model", &known, &findings)
            checkWithin(model.dimensions.map(\.label), "Dimension", "dimensions", model, &findings)
            checkWithin(model.entities.map(\.label), "Entity", "entities", model, &findings)
            checkWithin(model.measures.map(\.label), "Measure", "measures", model, &findings)
        }
        checkEntities(manifest, &findings)
    }

    private static func checkTop(_ things: [(String?, String, Node)], _ kind: String, _ findings: inout SemanticFindings) {
        var known: [String: String] = [:]
        checkTop(things, kind, &known, &findings)
    }

    private static func checkTop(_ things: [(String?, String, Node)], _ kind: String, _ known: inout [String: String], _ findings: inout SemanticFindings) {
        for (label, name, node) in things {
            guard let label else { continue }
            if let other = known[label] {
                findings.error("Can't use label `\(label)` for  \(kind) `\(name)` as it's already used for \(kind) `\(other)`", in: node)
            } else {
                known[label] = name
            }
        }
    }

    private static func checkWithin(_ labels: [String?], _ kind: String, _ plural: String, _ model: SemanticManifest.Model, _ findings: inout SemanticFindings) {
        var seen: Set<String> = []
        for label in labels.compactMap({ $0 }) where seen.insert(label).inserted {
            let count = labels.count { $0 == label }
            guard count > 1 else { continue }
            findings.error(
                "\(kind) labels must be unique within a semantic model. The label `\(label)` was used for \(count) \(plural) on semantic model `\(model.name)", in: model.node)
        }
    }

    /// An entity is one thing wherever it is named.
    private static func checkEntities(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        var known: [String: (label: String, model: String)] = [:]
        for model in manifest.models {
            for entity in model.entities {
                guard let label = entity.label else { continue }
                guard let other = known[entity.name] else {
                    known[entity.name] = (label, model.name)
                    continue
                }
                guard other.label != label else { continue }
                findings.error(
                    "Entities with the same name must have the same label or the label must be `None`. Entity `\(entity.name)` on semantic model `\(model.name)` has label `\(label)` but the same entity on semantic model `\(other.model)`",
                    in: model.node)
            }
        }
    }
}
