/// What derived and cumulative metrics have to be.
enum MetricRules {
    private static let notYet = "Custom granularities are not supported for this field yet."

    /// A window's granularity is known; a calendar's own only where it may be.
    static func check(_ window: SemanticManifest.Window, of metric: SemanticManifest.Metric, customs: [String], allowsCustom: Bool = false, _ findings: inout SemanticFindings) {
        let standard = SemanticManifest.granularities
        var granularity = window.granularity
        if granularity.hasSuffix("s"), (standard + customs).contains(String(granularity.dropLast())) { granularity.removeLast() }
        let message = "Invalid time granularity '\(granularity)' in window: '\(window.count) \(window.granularity)'"
        if !(standard + customs).contains(granularity) {
            findings.error(message, in: metric.node)
        } else if !allowsCustom, !standard.contains(granularity) {
            findings.error("\(message) \(notYet)", in: metric.node)
        }
    }

    // MARK: Cumulative

    static func checkCumulative(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for metric in manifest.metrics where metric.type == "cumulative" {
            if let outer = metric.window, let inner = metric.cumulative?.window, outer != inner {
                findings.error(
                    "Got differing values for `window` on cumulative metric '\(metric.name)'. In `type_params.window`, got '\(text(outer))'. In `type_params.cumulative_type_params.window`, got '\(text(inner))'. Please remove the value from `type_params.window`.",
                    in: metric.node)
            }
            let window = metric.cumulative?.window ?? metric.window
            let grain = metric.cumulative?.grainToDate ?? metric.grainToDate
            if let grain, !SemanticManifest.granularities.contains(grain) {
                findings.error("Invalid time granularity found in `grain_to_date`: '\(grain)'. \(notYet)", in: metric.node)
            }
            if window != nil, grain != nil { findings.error("Both window and grain_to_date set for cumulative metric. Please set one or the other.", in: metric.node) }
            if let window { check(window, of: metric, customs: manifest.customGranularities, &findings) }
        }
    }

    private static func text(_ window: SemanticManifest.Window) -> String { "count=\(window.count) granularity='\(window.granularity)'" }

    // MARK: Derived

    static func checkDerived(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        let names = Set(manifest.metrics.map(\.name))
        for metric in manifest.metrics where metric.type == "derived" {
            if metric.metrics.isEmpty {
                findings.error("No input metrics found for derived metric '\(metric.name)'. Please add metrics to type_params.metrics.", in: metric.node)
            }
            for input in metric.metrics where !names.contains(input.name) {
                findings.error("For metric: \(metric.name), input metric: '\(input.name)' does not exist as a configured metric in the model.", in: metric.node)
            }
        }
        for metric in manifest.metrics {
            if metric.type == "derived" { checkAliases(metric, &findings) }
            for input in metric.metrics { checkOffset(input, of: metric, manifest.customGranularities, &findings) }
            if metric.type == "derived" { checkExpression(metric, &findings) }
        }
    }

    private static func checkAliases(_ metric: SemanticManifest.Metric, _ findings: inout SemanticFindings) {
        var used = Set(metric.metrics.map(\.name))
        for input in metric.metrics {
            guard let alias = input.alias, !alias.isEmpty else { continue }
            NameRules.checkName(alias, in: metric.node, &findings)
            guard used.contains(alias) else { continue }
            findings.error("Alias '\(alias)' for input metric: '\(input.name)' is already being used. Please choose another alias.", in: metric.node)
            used.insert(alias)
        }
    }

    private static func checkOffset(_ input: SemanticManifest.InputMetric, of metric: SemanticManifest.Metric, _ customs: [String], _ findings: inout SemanticFindings) {
        if let window = input.offsetWindow { check(window, of: metric, customs: customs, allowsCustom: true, &findings) }
        guard let grain = input.offsetToGrain, !grain.isEmpty else { return }
        if !SemanticManifest.granularities.contains(grain) {
            findings.error("Invalid time granularity found in `offset_to_grain`: '\(grain)'. \(notYet)", in: metric.node)
        }
        if input.offsetWindow != nil {
            findings.error("Both offset_window and offset_to_grain set for derived metric '\(metric.name)' on input metric '\(input.name)'. Please set one or the other.", in: metric.node)
        }
    }

    private static func checkExpression(_ metric: SemanticManifest.Metric, _ findings: inout SemanticFindings) {
        guard let expression = metric.expression, !expression.isEmpty else {
            findings.warn("No `expr` set for derived metric \(metric.name). Please add an `expr` that references all input metrics.", in: metric.node)
            return
        }
        for input in metric.metrics {
            let alias = input.alias ?? ""
            let name = alias.isEmpty ? input.name : alias
            guard !expression.contains(name) else { continue }
            findings.warn(
                "Input metric '\(name)' is not used in `expr`: '\(expression)' for derived metric '\(metric.name)'. Please update the `expr` or remove the input metric.", in: metric.node)
        }
    }
}
