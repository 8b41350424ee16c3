internal import Kernel

extension SemanticManifest {
    init(_ manifest: Manifest) {
        let relations = RelationText(manifest)
        let measures = Dictionary(manifest.others(of: .semanticModel).values.map { model in
            ("\(model.originalFilePath):\(model.line)", (model.details["measures"]?.arrayValue ?? []).map { $0["name"]?.stringValue })
        }) { first, _ in first }
        func inOrder(_ nodes: some Sequence<Node>) -> [Node] {
            let packages = Dictionary(manifest.packages.enumerated().map { ($1.name, $0) }) { first, _ in first }
            func key(_ node: Node) -> (Int, String, Int, Int) {
                // A file's metrics are read before its semantic models, and those that measures ask for with the latter.
                let place = node.resourceType == .metric ? measures["\(node.originalFilePath):\(node.line)"]?.firstIndex(of: node.name) : nil
                return (packages[node.packageName] ?? 0, node.originalFilePath, place == nil ? 0 : node.line, place ?? node.line)
            }
            return nodes.sorted { key($0) < key($1) }
        }
        models = inOrder(manifest.others(of: .semanticModel).values).map { node in
            Model(node, relationName: node.dependsOn.first.flatMap { manifest.nodes[$0] }.flatMap(relations.text) ?? "")
        }
        metrics = inOrder(manifest.others(of: .metric).values).map(Metric.init)
        savedQueries = inOrder(manifest.others(of: .savedQuery).values).map(SavedQuery.init)
        timeSpines = inOrder(manifest.nodes.values.filter { $0.resourceType == .model && !$0.timeSpine.isNull }).compactMap { node in
            guard let column = node.timeSpine["standard_granularity_column"]?.stringValue, let granularity = node.columns.first(where: { $0.name == column })?.granularity else { return nil }
            return TimeSpine(
                node: node, relationName: relations.text(of: node) ?? "", column: column, granularity: granularity.lowercased(),
                customGranularities: (node.timeSpine["custom_granularities"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0["column_name"]?.stringValue) })
        }
    }

    /// The texts of `{where_filters: [{where_sql_template: …}]}`.
    static func filters(_ json: JSON?) -> [String]? {
        json?["where_filters"]?.arrayValue.map { $0.compactMap { $0["where_sql_template"]?.stringValue } }
    }
    static func window(_ json: JSON?) -> Window? {
        guard let json, let count = json["count"]?.intValue, let granularity = json["granularity"]?.stringValue else { return nil }
        return Window(count: count, granularity: granularity)
    }
    static func texts(_ json: JSON?) -> [String] { json?.arrayValue?.compactMap(\.stringValue) ?? [] }
}

extension SemanticManifest.Model {
    fileprivate init(_ node: Node, relationName: String) {
        let details = node.details
        func items(_ key: String) -> [JSON] { details[key]?.arrayValue ?? [] }
        self.init(
            node: node, name: node.name, label: details["label"]?.stringValue, timeDimension: details["defaults"]?["agg_time_dimension"]?.stringValue,
            primaryEntity: details["primary_entity"]?.stringValue, relationName: relationName,
            entities: items("entities").map { .init(name: $0["name"]?.stringValue ?? "", type: $0["type"]?.stringValue ?? "", label: $0["label"]?.stringValue) },
            dimensions: items("dimensions").map(SemanticManifest.Dimension.init), measures: items("measures").map(SemanticManifest.Measure.init))
    }
}

extension SemanticManifest.Dimension {
    fileprivate init(_ json: JSON) {
        let validity = json["type_params"]?["validity_params"]
        self.init(
            name: json["name"]?.stringValue ?? "", type: json["type"]?.stringValue ?? "", label: json["label"]?.stringValue, isPartition: json["is_partition"]?.boolValue ?? false,
            granularity: json["type_params"]?["time_granularity"]?.stringValue,
            validity: validity?.objectValue.map { Validity(isStart: $0["is_start"]?.boolValue ?? false, isEnd: $0["is_end"]?.boolValue ?? false) })
    }
}

extension SemanticManifest.Measure {
    fileprivate init(_ json: JSON) {
        self.init(
            name: json["name"]?.stringValue ?? "", aggregation: json["agg"]?.stringValue ?? "", expression: json["expr"]?.stringValue, label: json["label"]?.stringValue,
            timeDimension: json["agg_time_dimension"]?.stringValue,
            parameters: json["agg_params"]?.objectValue.map { words in
                Parameters(
                    percentile: words["percentile"]?.doubleValue, percentileText: words["percentile"]?.doubleValue.map { PythonText.text(.double($0)) } ?? "",
                    isDiscrete: words["use_discrete_percentile"]?.boolValue ?? false, isApproximate: words["use_approximate_percentile"]?.boolValue ?? false)
            },
            nonAdditive: json["non_additive_dimension"]?.objectValue.map { words in
                NonAdditive(name: words["name"]?.stringValue ?? "", windowChoice: words["window_choice"]?.stringValue ?? "", windowGroupings: SemanticManifest.texts(words["window_groupings"]))
            })
    }
}

extension SemanticManifest.Metric {
    fileprivate init(_ node: Node) {
        let (details, parameters) = (node.details, node.details["type_params"])
        let conversion = parameters?["conversion_type_params"]
        let cumulative = parameters?["cumulative_type_params"]?.objectValue
        self.init(
            node: node, name: node.name, label: details["label"]?.stringValue, type: details["type"]?.stringValue ?? "", timeGranularity: details["time_granularity"]?.stringValue,
            filters: SemanticManifest.filters(details["filter"]), expression: parameters?["expr"]?.stringValue, window: SemanticManifest.window(parameters?["window"]),
            grainToDate: parameters?["grain_to_date"]?.stringValue, measure: parameters?["measure"].flatMap(SemanticManifest.InputMeasure.init),
            numerator: parameters?["numerator"].flatMap(SemanticManifest.InputMetric.init), denominator: parameters?["denominator"].flatMap(SemanticManifest.InputMetric.init),
            metrics: (parameters?["metrics"]?.arrayValue ?? []).compactMap(SemanticManifest.InputMetric.init),
            conversion: conversion.flatMap { conversion in
                guard let base = conversion["base_measure"].flatMap(SemanticManifest.InputMeasure.init), let converted = conversion["conversion_measure"].flatMap(SemanticManifest.InputMeasure.init)
                else { return nil }
                return SemanticManifest.Conversion(
                    base: base, conversion: converted, entity: conversion["entity"]?.stringValue ?? "", window: SemanticManifest.window(conversion["window"]),
                    properties: (conversion["constant_properties"]?.arrayValue ?? []).map { ($0["base_property"]?.stringValue ?? "", $0["conversion_property"]?.stringValue ?? "") })
            },
            // MetricFlow reads this word in small letters.
            cumulative: cumulative.map { .init(window: SemanticManifest.window($0["window"]), grainToDate: $0["grain_to_date"]?.stringValue?.lowercased()) },
            inputMeasures: (parameters?["input_measures"]?.arrayValue ?? []).compactMap(SemanticManifest.InputMeasure.init))
    }
}

extension SemanticManifest.InputMeasure {
    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        self.init(
            name: name, filters: SemanticManifest.filters(json["filter"]), alias: json["alias"]?.stringValue, joinsToTimeSpine: json["join_to_timespine"]?.boolValue ?? false,
            fillsNullsWith: json["fill_nulls_with"] ?? .null)
    }
}

extension SemanticManifest.InputMetric {
    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        self.init(
            name: name, filters: SemanticManifest.filters(json["filter"]), alias: json["alias"]?.stringValue, offsetWindow: SemanticManifest.window(json["offset_window"]),
            offsetToGrain: json["offset_to_grain"]?.stringValue?.lowercased())
    }
}

extension SemanticManifest.SavedQuery {
    fileprivate init(_ node: Node) {
        let query = node.details["query_params"]
        self.init(
            node: node, name: node.name, metrics: SemanticManifest.texts(query?["metrics"]), groupBy: SemanticManifest.texts(query?["group_by"]),
            filters: SemanticManifest.filters(query?["where"]), orderBy: SemanticManifest.texts(query?["order_by"]), limit: query?["limit"]?.intValue)
    }
}
