public import Kernel

/// Writes `semantic_manifest.json`, which MetricFlow reads: semantic models, metrics, saved queries and calendars, in dbt's shape.
public struct SemanticManifestWriter {
    private let manifest: Manifest
    private let semantic: SemanticManifest
    private let relations: RelationText

    public init(_ manifest: Manifest) {
        self.manifest = manifest
        semantic = SemanticManifest(manifest)
        relations = RelationText(manifest)
    }

    public var json: JSON {
        JSON([
            ("semantic_models", .array(semantic.models.map(model))), ("metrics", .array(semantic.metrics.map { metric($0.node) })), ("project_configuration", configuration),
            ("saved_queries", .array(semantic.savedQueries.map { savedQuery($0.node) })),
        ])
    }

    /// These members of a value, null where it has none.
    private static func pick(_ value: JSON?, _ keys: String...) -> [(String, JSON)] { keys.map { ($0, value?[$0] ?? .null) } }

    // MARK: Semantic models

    private func relation(of node: Node) -> JSON {
        JSON([("alias", .string(node.alias)), ("schema_name", .string(node.schema)), ("database", .string(node.database)), ("relation_name", JSON(relations.text(of: node)))])
    }

    private func model(_ model: SemanticManifest.Model) -> JSON {
        let details = JSON.object(model.node.details)
        func elements(_ key: String, _ json: (JSON) -> JSON) -> (String, JSON) { (key, .array((details[key]?.arrayValue ?? []).map(json))) }
        return JSON([
            ("name", .string(model.name)), ("defaults", details["defaults"] ?? .null), ("description", model.node.description.isEmpty ? .null : .string(model.node.description)),
            ("node_relation", model.node.dependsOn.first.flatMap { manifest.nodes[$0] }.map(relation) ?? .null), ("primary_entity", details["primary_entity"] ?? .null),
            elements("entities") { JSON(Self.pick($0, "name", "description", "type", "role", "expr", "metadata", "label", "config")) },
            elements("measures") { measure in
                var json = JSON(Self.pick(measure, "name", "agg", "description", "create_metric", "expr", "agg_params", "metadata", "non_additive_dimension", "agg_time_dimension", "label", "config"))
                if let dimension = json["non_additive_dimension"], !dimension.isNull {
                    json["non_additive_dimension"] = JSON(Self.pick(dimension, "name", "window_choice") + [("window_groupings", dimension["window_groupings"] ?? [])])
                }
                if let number = json["agg_params"]?["percentile"]?.doubleValue { json["agg_params"]?["percentile"] = .double(number) }
                return json
            },
            elements("dimensions") { dimension in
                var json = JSON(Self.pick(dimension, "name", "description", "type", "is_partition", "type_params", "expr", "metadata", "label", "config"))
                if let validity = json["type_params"]?["validity_params"]?.objectValue {
                    json["type_params"]?["validity_params"] = ["is_start": validity["is_start"] ?? false, "is_end": validity["is_end"] ?? false]
                }
                return json
            },
            ("label", details["label"] ?? .null), ("metadata", .null), ("config", meta(of: model.node)),
        ])
    }

    private func meta(of node: Node) -> JSON { ["meta": .object(node.meta)] }

    // MARK: Metrics

    private func metric(_ node: Node) -> JSON {
        let details = JSON.object(node.details)
        let parameters = details["type_params"]
        var types = JSON(Self.pick(parameters, "measure", "numerator", "denominator", "expr", "window", "grain_to_date", "metrics", "conversion_type_params"))
        types["cumulative_type_params"] = parameters?["cumulative_type_params"].map { cumulative in
            guard !cumulative.isNull else { return .null }
            return JSON(Self.pick(cumulative, "window") + [("grain_to_date", JSON(cumulative["grain_to_date"]?.stringValue?.lowercased())), ("period_agg", cumulative["period_agg"] ?? .null)])
        } ?? .null
        types["metrics"] = .array((parameters?["metrics"]?.arrayValue ?? []).map { input in
            var input = input
            input["offset_to_grain"] = JSON(input["offset_to_grain"]?.stringValue?.lowercased())
            return input
        })
        types["input_measures"] = parameters?["input_measures"] ?? []
        return JSON([
            ("name", .string(node.name)), ("description", .string(node.description)), ("type", details["type"] ?? .null), ("type_params", types), ("filter", details["filter"] ?? .null),
            ("metadata", .null), ("label", details["label"] ?? .null), ("config", meta(of: node)), ("time_granularity", details["time_granularity"] ?? .null),
        ])
    }

    // MARK: Calendars and saved queries

    private var configuration: JSON {
        let spines = semantic.timeSpines.map { spine in
            JSON([
                ("node_relation", relation(of: spine.node)), ("primary_column", ["name": .string(spine.column), "time_granularity": .string(spine.granularity)]),
                ("custom_granularities", .array(spine.customGranularities.map { ["name": .string($0.name), "column_name": JSON($0.column)] })),
            ])
        }
        // The calendar of older projects goes by its name alone.
        let legacy = semantic.models.isEmpty ? nil : manifest.nodes.values.first { $0.resourceType == .model && $0.name == "metricflow_time_spine" && $0.timeSpine.isNull }
        return JSON([
            ("time_spine_table_configurations", .array((legacy.map { [$0] } ?? []).map { ["location": JSON(relations.text(of: $0)), "column_name": "date_day", "grain": "day"] })), ("metadata", .null),
            // Of the library whose shape this is.
            ("dsi_package_version", ["major_version": "0", "minor_version": "9", "patch_version": "0"]), ("time_spines", .array(spines)),
        ])
    }

    private func savedQuery(_ node: Node) -> JSON {
        let details = JSON.object(node.details)
        let query = details["query_params"]
        return JSON([
            ("name", .string(node.name)),
            ("query_params", JSON(Self.pick(query, "metrics", "group_by", "order_by", "limit", "where"))), ("description", node.description.isEmpty ? .null : .string(node.description)), ("metadata", .null),
            ("label", details["label"] ?? .null),
            ("exports", .array((details["exports"]?.arrayValue ?? []).map { JSON([("name", $0["name"] ?? .null), ("config", JSON(Self.pick($0["config"], "export_as", "schema_name", "alias")))]) })),
            ("tags", .array(node.tags.sorted().map(JSON.string))),
        ])
    }
}
