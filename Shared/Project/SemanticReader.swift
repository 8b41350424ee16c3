internal import Kernel

/// Makes metrics, semantic models and saved queries of their entries in a schema file, in the words of the manifest.
///
/// Nothing here is queried by us: others read it from the manifest.
struct SemanticReader {
    let package: PackageFile
    /// The project itself.
    let root: PackageFile?
    let problems: ProblemList

    /// The node of an entry, and the metrics that a semantic model creates of its measures.
    func nodes(for entry: YAMLValue, section: String) -> [Node] {
        guard let name = entry["name"]?.text else { return [] }
        switch section {
        case "metrics": return metric(name, entry).map { [$0] } ?? []
        case "saved_queries": return savedQuery(name, entry).map { [$0] } ?? []
        default: return semanticModel(name, entry)
        }
    }

    private func wrong(_ what: String, _ entry: YAMLValue, _ remedy: String) {
        problems.add("project.bad_semantics", what, at: entry.location, remedy: remedy)
    }

    private static func object(_ pairs: [(String, JSON)]) -> JSONObject { JSON(pairs).objectValue ?? JSONObject() }

    private func configured(_ node: inout Node, _ entry: YAMLValue) {
        node.description = entry["description"]?.text ?? ""
        node.config = NodeConfig(entry["config"]?.json.objectValue ?? JSONObject())
        for key in ["meta", "tags"] { if let value = entry[key] { node.beside[key] = value.json } }
    }

    /// A word of one of dbt's lists, in small letters; nil where there is none.
    private func word(_ written: YAMLValue?, of list: SemanticWord) -> String? {
        guard let written, let text = written.text else { return nil }
        if list.words.contains(text.lowercased()) { return text.lowercased() }
        wrong("Invalid enum value: `\(text)` in enum \(list.rawValue)", written, "choose one of: \(list.words.joined(separator: ", "))")
        return nil
    }

    // MARK: Metrics

    private func metric(_ name: String, _ entry: YAMLValue) -> Node? {
        guard let parameters = entry["type_params"], let type = word(entry["type"], of: .metricType) else { return nil }
        var node = ExposureReader.node(.metric, name, entry, package)
        configured(&node, entry)
        let types = typeParameters(parameters, type)
        node.details = Self.object([
            ("label", .string(entry["label"]?.text ?? name)), ("type", .string(type)), ("type_params", .object(types)),
            ("filter", Self.filter(entry["filter"])), ("metadata", .null), ("time_granularity", JSON(entry["time_granularity"]?.text)),
        ])
        // Of what is written only the words of its own type link a metric.
        func lacks(_ what: String, _ remedy: String) { wrong(what, entry, remedy) }
        switch type {
        case "ratio":
            let inputs = ["numerator", "denominator"].compactMap { types[$0]?["name"]?.stringValue }
            if inputs.count < 2 { lacks("Invalid ratio metric. Both a numerator and denominator must be specified", "add numerator: and denominator: to type_params of '\(name)'") }
            node.metrics = inputs.map { [$0] }
        case "derived": node.metrics = (types["metrics"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue.map { [$0] } }
        case "conversion":
            if types["conversion_type_params"]?.isNull ?? true {
                lacks("\(name) is a conversion metric and must have conversion_type_params defined.", "add conversion_type_params: to type_params")
            }
        default:
            if types["measure"]?.isNull ?? true { lacks("\(name) should have a measure defined, but it does not.", "add measure: to type_params") }
        }
        return node
    }

    private func typeParameters(_ written: YAMLValue, _ type: String) -> JSONObject {
        let conversion = written["conversion_type_params"]
        var cumulative: JSON = .null
        if type == "cumulative" {
            let own = written["cumulative_type_params"]
            cumulative = JSON([
                ("window", window(own?["window"] ?? written["window"])), ("grain_to_date", JSON((own?["grain_to_date"] ?? written["grain_to_date"])?.text)),
                ("period_agg", .string(word(own?["period_agg"], of: .periodAggregation) ?? "first")), ("metric", .null),
            ])
        }
        return Self.object([
            ("measure", Self.measure(written["measure"])), ("input_measures", []), ("numerator", input(written["numerator"])),
            ("denominator", input(written["denominator"])), ("expr", Self.expression(written["expr"])),
            ("window", window(written["window"])), ("grain_to_date", JSON(word(written["grain_to_date"], of: .timeGranularity))),
            ("metrics", .array((written["metrics"]?.items ?? []).map(input))),
            ("conversion_type_params", conversion.map { conversion in
                JSON([
                    ("base_measure", Self.measure(conversion["base_measure"])), ("conversion_measure", Self.measure(conversion["conversion_measure"])),
                    ("entity", JSON(conversion["entity"]?.text)), ("calculation", .string(word(conversion["calculation"], of: .conversionCalculation) ?? "conversion_rate")),
                    ("window", window(conversion["window"])), ("constant_properties", conversion["constant_properties"]?.json ?? .null),
                ])
            } ?? .null),
            ("cumulative_type_params", cumulative), ("metric_aggregation_params", .null),
        ])
    }

    private static func measure(_ written: YAMLValue?) -> JSON {
        guard let written, let name = written.text ?? written["name"]?.text else { return .null }
        return JSON([
            ("name", .string(name)), ("filter", filter(written["filter"])), ("alias", JSON(written["alias"]?.text)),
            ("join_to_timespine", written["join_to_timespine"]?.json ?? false), ("fill_nulls_with", written["fill_nulls_with"]?.json ?? .null),
        ])
    }

    private func input(_ written: YAMLValue?) -> JSON {
        guard let written, let name = written.text ?? written["name"]?.text else { return .null }
        return JSON([
            ("name", .string(name)), ("filter", Self.filter(written["filter"])), ("alias", JSON(written["alias"]?.text)),
            ("offset_window", window(written["offset_window"])), ("offset_to_grain", JSON(written["offset_to_grain"]?.text)),
        ])
    }

    private static func filter(_ written: YAMLValue?) -> JSON {
        guard let written, !written.isNull else { return .null }
        return ["where_filters": .array(written.strings.map { ["where_sql_template": .string($0)] })]
    }

    /// `28 days` as a count and a granularity.
    private func window(_ written: YAMLValue?) -> JSON {
        guard let written, let text = written.text else { return .null }
        // As Python splits it: two blanks have nothing between them.
        let parts = text.lowercased().split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        func wrong(_ reason: String) -> JSON {
            self.wrong("Invalid window config given in \(written.file) @ window: {'window': \(PythonText.representation(.string(text)))} - \(reason)", written, "write it as '28 days'")
            return .null
        }
        guard parts.count == 2 else {
            return wrong("Invalid window (\(text)) in cumulative/conversion metric. Should be of the form `<count> <granularity>`, e.g., `28 days`")
        }
        guard !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[0]) else {
            return wrong("Invalid count (\(parts[0])) in cumulative/conversion metric window string: (\(text))")
        }
        let single = parts[1].hasSuffix("s") ? String(parts[1].dropLast()) : parts[1]
        return ["count": JSON(count), "granularity": .string(SemanticManifest.granularities.contains(single) ? single : parts[1])]
    }

    // MARK: Semantic models

    private func semanticModel(_ name: String, _ entry: YAMLValue) -> [Node] {
        guard let model = entry["model"]?.text else { return [] }
        var node = ExposureReader.node(.semanticModel, name, entry, package)
        configured(&node, entry)
        node.rawCode = "{{ \(model) }}"
        let shared = sharedMeta(entry, fqn: node.fqn)
        func element(_ item: YAMLValue, _ more: [(String, JSON)]) -> JSON {
            var meta = shared
            for (key, value) in item["config"]?["meta"]?.json.objectValue?.pairs ?? [] { meta[key] = value }
            return JSON([
                ("name", JSON(item["name"]?.text)), ("description", JSON(item["description"]?.text)), ("label", JSON(item["label"]?.text)),
                ("expr", Self.expression(item["expr"])), ("config", ["meta": .object(meta)]),
            ] + more)
        }
        func items(_ key: String) -> [YAMLValue] { entry[key]?.items ?? [] }
        node.details = Self.object([
            ("model", .string(model)), ("node_relation", .null), ("label", JSON(entry["label"]?.text)),
            ("defaults", entry["defaults"].flatMap { $0.isMap ? $0 : nil }.map { ["agg_time_dimension": JSON($0["agg_time_dimension"]?.text)] } ?? .null),
            ("entities", .array(items("entities").map { element($0, [("type", JSON(word($0["type"], of: .entityType))), ("role", JSON($0["role"]?.text))]) })),
            ("measures", .array(items("measures").map { item in
                element(item, [
                    ("agg", JSON(word(item["agg"], of: .aggregationType))), ("create_metric", false),
                    ("agg_params", item["agg_params"].flatMap { $0.isMap ? $0 : nil }.map(Self.aggregation) ?? .null), ("non_additive_dimension", nonAdditive(item["non_additive_dimension"])),
                    ("agg_time_dimension", JSON(item["agg_time_dimension"]?.text)),
                ])
            })),
            ("dimensions", .array(items("dimensions").map { item in
                element(item, [
                    ("type", JSON(word(item["type"], of: .dimensionType))), ("is_partition", item["is_partition"]?.json ?? false), ("metadata", .null),
                    ("type_params", item["type_params"].flatMap { $0.isMap ? $0 : nil }.map {
                        ["time_granularity": JSON(word($0["time_granularity"], of: .timeGranularity)), "validity_params": $0["validity_params"]?.json ?? .null]
                    } ?? .null),
                ])
            })),
            ("metadata", .null), ("primary_entity", JSON(entry["primary_entity"]?.text)),
        ])
        return [node] + items("measures").filter { $0["create_metric"]?.json.boolValue == true }.map { created(of: $0, entry, meta: shared) }
    }

    /// What a semantic model's parts and the metrics of its measures have of it: its own, over what dbt_project.yml says of it.
    private func sharedMeta(_ entry: YAMLValue, fqn: [String]) -> JSONObject {
        var config = JSONObject()
        for layer in ConfigMerge.layers(in: package.sections["semantic-models"], fqn: fqn).layers { ConfigMerge.lay(layer, over: &config) }
        var meta = config["meta"]?.objectValue ?? JSONObject()
        for (key, value) in entry["config"]?["meta"]?.json.objectValue?.pairs ?? [] { meta[key] = value }
        guard let root, root.name != package.name else { return meta }
        for layer in ConfigMerge.layers(in: root.sections["semantic-models"], fqn: fqn).layers {
            for (key, value) in layer["meta"]?.objectValue?.pairs ?? [] { meta[key] = value }
        }
        return meta
    }

    private func nonAdditive(_ written: YAMLValue?) -> JSON {
        guard let written, written.isMap else { return .null }
        var json = written.json
        if json["window_groupings"]?.arrayValue == nil { json["window_groupings"] = [] }
        json["window_choice"] = JSON(word(written["window_choice"], of: .aggregationType))
        return json
    }

    /// As Python prints it; what is null is none.
    private static func expression(_ written: YAMLValue?) -> JSON { JSON(written.flatMap { $0.isNull ? nil : PythonText.text($0.json) }) }

    private static func aggregation(_ written: YAMLValue) -> JSON {
        [
            "percentile": written["percentile"]?.json ?? .null, "use_discrete_percentile": written["use_discrete_percentile"]?.json ?? false,
            "use_approximate_percentile": written["use_approximate_percentile"]?.json ?? false,
        ]
    }

    private func created(of measure: YAMLValue, _ entry: YAMLValue, meta: JSONObject) -> Node {
        let name = measure["name"]?.text ?? ""
        var node = ExposureReader.node(.metric, name, entry, package)
        node.description = measure["description"]?.text ?? "Metric created from measure \(name)"
        node.config = NodeConfig(Self.object([("enabled", true), ("meta", .object(meta))]))
        // What Python takes for false is no expression.
        let own = measure["expr"].flatMap { [JSON.null, false, "", 0].contains($0.json) ? nil : $0 }
        let text = YAMLValue(
            .map([
                .init(key: "measure", line: measure.line, value: YAMLValue(.scalar(.string(name)), file: measure.file, line: measure.line, column: 1)),
                .init(key: "expr", line: measure.line, value: own ?? YAMLValue(.scalar(.string(name)), file: measure.file, line: measure.line, column: 1)),
            ]), file: measure.file, line: measure.line, column: 1)
        node.details = Self.object([
            ("label", .string(measure["label"]?.text ?? name)), ("type", "simple"), ("type_params", .object(typeParameters(text, "simple"))), ("filter", .null),
            ("metadata", .null), ("time_granularity", .null),
        ])
        return node
    }

    // MARK: Saved queries

    private func savedQuery(_ name: String, _ entry: YAMLValue) -> Node? {
        guard let parameters = entry["query_params"] else { return nil }
        var node = ExposureReader.node(.savedQuery, name, entry, package)
        configured(&node, entry)
        node.metrics = (parameters["metrics"]?.strings ?? []).map { [$0] }
        let texts: (String) -> JSON = { key in .array((parameters[key]?.strings ?? []).map(JSON.string)) }
        node.details = Self.object([
            (
                "query_params",
                JSON([
                    ("metrics", texts("metrics")), ("group_by", texts("group_by")), ("where", Self.filter(parameters["where"])),
                    ("order_by", texts("order_by")), ("limit", parameters["limit"]?.json ?? .null),
                ])
            ),
            ("exports", .array((entry["exports"]?.items ?? []).map { item in
                let config = item["config"]
                return JSON([
                    ("name", JSON(item["name"]?.text)),
                    (
                        "config",
                        JSON([
                            ("export_as", config?["export_as"]?.json ?? .null), ("schema_name", JSON((config?["schema_name"] ?? config?["schema"])?.text)), ("alias", JSON(config?["alias"]?.text)),
                            ("database", JSON(config?["database"]?.text)),
                        ])
                    ),
                    ("unrendered_config", config?.json ?? [:]),
                ])
            })),
            ("label", JSON(entry["label"]?.text)), ("metadata", .null),
        ])
        return node
    }
}
