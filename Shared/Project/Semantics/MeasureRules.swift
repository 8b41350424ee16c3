internal import Kernel

/// What measures, and the measures that metrics name, have to be.
enum MeasureRules {
    static func checkPercentiles(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            for measure in model.measures {
                let (name, parameters) = (measure.name, measure.parameters)
                switch measure.aggregation {
                case "percentile":
                    guard let parameters, let percentile = parameters.percentile else {
                        findings.error("Measure '\(name)' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided.", in: model.node)
                        continue
                    }
                    if percentile <= 0 || percentile >= 1 {
                        findings.error(
                            "Percentile aggregation parameter for measure '\(name)' is '\(parameters.percentileText)', but must be between 0 and 1 (non-inclusive). For example, to indicate the 65th percentile value, set 'percentile: 0.65'. For percentile values of 0, please use MIN, for percentile values of 1, please use MAX.",
                            in: model.node)
                    }
                case "median":
                    // A percentile of 0 counts as none.
                    if let percentile = parameters?.percentile, percentile != 0, percentile != 0.5 {
                        findings.error(
                            "Measure '\(name)' uses a MEDIAN aggregation, while percentile is set to '\(parameters?.percentileText ?? "")', a conflicting value. Please remove the parameter or set to '0.5'.",
                            in: model.node)
                    }
                    if parameters?.isDiscrete == true {
                        findings.error("Measure '\(name)' uses a MEDIAN aggregation, while use_discrete_percentile is set to true. Please remove the parameter or set to False.", in: model.node)
                    }
                default:
                    var words: [String] = []
                    if let percentile = parameters?.percentile, percentile != 0 { words.append("percentile") }
                    if parameters?.isDiscrete == true { words.append("use_discrete_percentile") }
                    if parameters?.isApproximate == true { words.append("use_approximate_percentile") }
                    guard !words.isEmpty else { continue }
                    findings.error(
                        "Measure '\(name)' with aggregation '\(measure.aggregation)' uses agg_params (\(words.joined(separator: ", "))) only relevant to Percentile measures.", in: model.node)
                }
            }
        }
    }

    static func checkCounts(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            for measure in model.measures where measure.aggregation == "count" {
                guard let expression = measure.expression else {
                    findings.error(
                        "Measure '\(measure.name)' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count of all rows is desired.", in: model.node)
                    continue
                }
                if expression.lowercased().hasPrefix("distinct ") {
                    findings.error(
                        "Measure '\(measure.name)' uses a 'count' aggregation with a DISTINCT expr: '\(expression). This is not supported as it effectively converts an additive measure into a non-additive one, and this could cause certain queries to return incorrect results. Please use the count_distinct aggregation type.",
                        in: model.node)
                }
            }
        }
    }

    static func checkUnique(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        var owners: [String: [String]] = [:]
        for model in manifest.models {
            for measure in model.measures {
                if let others = owners[measure.name] {
                    findings.error("Found measure with name \(measure.name) in multiple semantic models with names (\(PythonList.list(others)))", in: model.node)
                }
                owners[measure.name, default: []].append(model.name)
            }
        }
    }

    // MARK: What metrics name

    static func checkAliases(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        let names = Set(manifest.models.flatMap { $0.measures.map(\.name) })
        var users: [String: [String]] = [:]
        for metric in manifest.metrics {
            checkTwins(of: metric, &findings)
            for measure in metric.inputMeasures {
                guard let alias = measure.alias else { continue }
                NameRules.checkName(alias, in: metric.node, &findings)
                if names.contains(alias) {
                    findings.error(
                        "Alias `\(alias)` for measure `\(measure.name)` conflicts with measure names defined elsewhere in the model! This can cause ambiguity for certain types of query. Please choose another alias.",
                        in: metric.node)
                }
                if let others = users[alias] {
                    findings.error(
                        "Measure alias \(alias) conflicts with a measure alias used elsewhere in the model! This can cause ambiguity for certain types of query. Please choose another alias, or, if the measures are constrained in the same way, consider centralizing that definition in a new semantic model. Measure specification: \(text(of: measure)). Existing metrics with that measure alias used: \(PythonList.list(others))",
                        in: metric.node)
                }
                users[alias, default: []].append(metric.name)
            }
        }
    }

    /// Of one measure under several conditions each that has one needs an alias.
    private static func checkTwins(of metric: SemanticManifest.Metric, _ findings: inout SemanticFindings) {
        var seen: Set<String> = []
        for name in metric.inputMeasures.map(\.name) where seen.insert(name).inserted {
            let twins = metric.inputMeasures.filter { $0.name == name }
            guard twins.count > 1 else { continue }
            if Set(twins).count == 1 {
                findings.warn(
                    "Metric \(metric.name) has multiple identical input measures specifications for measure \(name). This might be hiding a semantic error. Input measure specification: \(text(of: twins[0])).",
                    in: metric.node)
                continue
            }
            let nameless = twins.filter { $0.filters != nil && $0.alias == nil }
            guard !nameless.isEmpty else { continue }
            findings.error(
                "Metric \(metric.name) depends on multiple different constrained versions of measure \(name). In such cases, aliases must be provided, but the following input measures have constraints specified without an alias: [\(nameless.map(text).joined(separator: ", "))].",
                in: metric.node)
        }
    }

    private static func text(of measure: SemanticManifest.InputMeasure) -> String {
        "name='\(measure.name)' filter=\(measure.filters.map(PythonList.list) ?? "None") alias=\(PythonText.representation(JSON(measure.alias))) join_to_timespine=\(PythonText.text(.bool(measure.joinsToTimeSpine))) fill_nulls_with=\(PythonText.text(measure.fillsNullsWith))"
    }

    static func checkReferences(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        let names = Set(manifest.models.flatMap { $0.measures.map(\.name) })
        for metric in manifest.metrics {
            for measure in metric.inputMeasures where !names.contains(measure.name) {
                findings.error("Measure \(measure.name) referenced in metric \(metric.name) is not defined in the model!", in: metric.node)
            }
        }
    }

    // MARK: Time

    private static func lack(of measure: SemanticManifest.Measure) -> String {
        "Aggregation time dimension for measure \(measure.name) is not set! This should either be set directly on the measure specification in the model, or else defaulted to the primary time dimension in the data source containing the measure."
    }

    static func checkTimeDimensions(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            if let measure = model.measures.first(where: { model.timeDimension(of: $0) == nil }) {
                findings.error("An error occurred while checking aggregation time dimension for a semantic model - \(lack(of: measure))", in: model.node)
                continue
            }
            for measure in model.measures {
                guard let name = model.timeDimension(of: measure), !model.hasTimeDimension(name) else { continue }
                findings.error(
                    "In semantic model '\(model.name)', measure '\(measure.name)' has the aggregation time dimension set to '\(name)', which is not a valid time dimension in the semantic model",
                    in: model.node)
            }
        }
    }

    static func checkNonAdditive(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        for model in manifest.models {
            if let measure = model.measures.first(where: { $0.nonAdditive != nil && model.timeDimension(of: $0) == nil }) {
                // As in dbt, nothing is said of the others then.
                findings.error("An error occurred while ensuring that a measure's non_additive_dimensions is valid - \(lack(of: measure))", in: model.node)
                return
            }
        }
        for model in manifest.models {
            for measure in model.measures { if let dimension = measure.nonAdditive { check(dimension, of: measure, model, &findings) } }
        }
    }

    private static func check(
        _ nonAdditive: SemanticManifest.Measure.NonAdditive, of measure: SemanticManifest.Measure, _ model: SemanticManifest.Model, _ findings: inout SemanticFindings
    ) {
        let timeName = model.timeDimension(of: measure) ?? ""
        guard let time = model.dimensions.first(where: { $0.name == timeName }) else {
            findings.error("Measure '\(measure.name)' has a agg_time_dimension of \(timeName) that is not defined as a dimension in semantic model '\(model.name)'.", in: model.node)
            return
        }
        if let match = model.dimensions.first(where: { $0.name == nonAdditive.name }) {
            if match.type != "time" {
                findings.error(
                    "Measure '\(measure.name)' has a non_additive_dimension with name'\(nonAdditive.name)' that is defined as a categorical dimension which is not supported.", in: model.node)
            }
            if let own = match.granularity, let other = time.granularity, own != other {
                findings.error(
                    "Measure '\(measure.name)' has a non_additive_dimension with name '\(nonAdditive.name)' that has a base time granularity (\(own.uppercased())) that is not equal to the measure's agg_time_dimension \(time.name) with a base granularity of (\(other.uppercased())).",
                    in: model.node)
            }
        } else {
            findings.error(
                "Measure '\(measure.name)' has a non_additive_dimension with name '\(nonAdditive.name)' that is not defined as a dimension in semantic model '\(model.name)'.", in: model.node)
        }
        if !["min", "max"].contains(nonAdditive.windowChoice) {
            findings.error(
                "Measure '\(measure.name)' has a non_additive_dimension with an invalid 'window_choice' of '\(nonAdditive.windowChoice)'. Only choices supported are 'min' or 'max'.", in: model.node)
        }
        let unknown = Set(nonAdditive.windowGroupings).subtracting(model.entities.map(\.name))
        if !unknown.isEmpty {
            findings.error(
                "Measure '\(measure.name)' has a non_additive_dimension with an invalid 'window_groupings'. These entities \(PythonList.set(unknown)) do not exist in the semantic model.", in: model.node)
        }
    }
}
