/// What metrics of conversions have to be.
enum ConversionRules {
    static func check(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for metric in manifest.metrics where metric.type == "conversion" {
            guard let conversion = metric.conversion else { continue }
            func owner(of measure: SemanticManifest.InputMeasure) -> SemanticManifest.Model? { manifest.models.first { $0.measures.contains { $0.name == measure.name } } }
            guard let base = owner(of: conversion.base), let converted = owner(of: conversion.conversion) else {
                findings.error("For metric '\(metric.name)', conversion measures specified was not found.", in: metric.node)
                continue
            }
            if !base.entities.contains(where: { $0.name == conversion.entity }) {
                findings.error("Entity: \(conversion.entity) not found in base semantic model: \(base.name).", in: metric.node)
            }
            if !converted.entities.contains(where: { $0.name == conversion.entity }) {
                findings.error("Entity: \(conversion.entity) not found in conversion semantic model: \(converted.name).", in: metric.node)
            }
            check(conversion.base, in: base, metric, &findings)
            check(conversion.conversion, in: converted, metric, &findings)
            if conversion.conversion.filters != nil {
                findings.warn(
                    "Measure input \(conversion.conversion.name) has a filter. For conversion metrics, filtering on a conversion input measure is not fully supported yet.", in: metric.node)
            }
            if let window = conversion.window { MetricRules.check(window, of: metric, customs: manifest.customGranularities, &findings) }
            for property in conversion.properties { check(property.base, in: base, metric, &findings) }
            for property in conversion.properties { check(property.conversion, in: converted, metric, &findings) }
        }
    }

    /// Only what counts rows can be converted.
    private static func check(_ input: SemanticManifest.InputMeasure, in model: SemanticManifest.Model, _ metric: SemanticManifest.Metric, _ findings: inout SemanticFindings) {
        guard let measure = model.measures.first(where: { $0.name == input.name }) else { return }
        let counts = ["count", "count_distinct"].contains(measure.aggregation) || (measure.aggregation == "sum" && measure.expression == "1")
        guard !counts else { return }
        findings.error(
            "For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: \(measure.name) is agg type: \(measure.aggregation)", in: metric.node)
    }

    private static func check(_ property: String, in model: SemanticManifest.Model, _ metric: SemanticManifest.Metric, _ findings: inout SemanticFindings) {
        guard !(model.entities.map(\.name) + model.dimensions.map(\.name)).contains(property) else { return }
        findings.error("The provided constant property: \(property), cannot be found in semantic model \(model.name)", in: metric.node)
    }
}
