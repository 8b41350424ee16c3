import Kernel
import ModellingSupport
import Project
import Testing

/// MetricFlow's rules: one sound project, and one thing of it changed at a time.
@Suite struct SemanticRulesTests {
    private static let sound = """
        models:
          - {name: days, time_spine: {standard_granularity_column: at, custom_granularities: [{name: fiscal}]}, columns: [{name: at, granularity: day}, {name: fiscal}]}
        semantic_models:
          - name: sales
            model: ref('facts')
            defaults: {agg_time_dimension: sold_at}
            entities: [{name: sale, type: primary}, {name: buyer, type: foreign}]
            dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}, {name: kind, type: categorical}]
            measures: [{name: amount, agg: sum}, {name: counted, agg: count, expr: id}]
          - name: visits
            model: ref('facts')
            entities: [{name: visit, type: primary}, {name: buyer, type: foreign}]
            dimensions: [{name: seen_at, type: time, type_params: {time_granularity: day}}]
            measures: [{name: seen, agg: count, expr: '1', agg_time_dimension: seen_at}]
        metrics:
          - {name: total, label: Total, type: simple, type_params: {measure: amount}}
          - {name: number, label: Number, type: simple, type_params: {measure: counted}, filter: "{{ Dimension('sale__kind') }} = 'x'"}
          - {name: each, label: Each, type: ratio, type_params: {numerator: total, denominator: number}}
          - {name: growth, label: Growth, type: derived, type_params: {expr: total - before, metrics: [total, {name: total, alias: before, offset_window: 1 day}]}}
          - {name: so_far, label: So far, type: cumulative, type_params: {measure: amount, cumulative_type_params: {window: 7 days}}}
          - {name: bought, label: Bought, type: conversion, type_params: {conversion_type_params: {base_measure: seen, conversion_measure: counted, entity: buyer, window: 7 days}}}
        saved_queries:
          - {name: weekly, query_params: {metrics: [total], group_by: ["Dimension('sale__kind')"], order_by: ["Metric('total').descending(True)"]}, exports: [{name: out, config: {export_as: table}}]}
        """

    private func read(_ text: String) throws -> Manifest {
        try TestProject(["models/facts.sql": "select 1 as id", "models/days.sql": "select 1 as at", "models/semantics.yml": text]).manifest()
    }

    private func findings(_ text: String) -> [String] {
        do {
            return try read(text).warnings.map(\.text)
        } catch let problems as ProjectProblems {
            return problems.problems.map(\.summary)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `a sound project is read, and nothing is said of it`() {
        #expect(findings(Self.sound) == [])
    }

    @Test(arguments: [
        ("name: amount, agg: sum", "name: Amount, agg: sum", "A semantic model having a measure `amount` does not exist but was referenced."),
        ("{name: kind, type: categorical}", "{name: metric_time, type: categorical}", "Invalid name `metric_time` - this name is reserved by MetricFlow. Reason: Used as the query input for creating time series metrics from measures with different time dimension names."),
        ("{name: kind, type: categorical}", "{name: select, type: categorical}", "'select' is an SQL reserved keyword, and thus cannot be used as a dimension 'name'."),
        ("{name: kind, type: categorical}", "{name: seen_at, type: categorical}", "In semantic model `visits`, type conflict for dimension `seen_at` - already in model as type `categorical` but got `time`"),
        ("{name: kind, type: categorical}", "{name: amount, type: categorical}", "In semantic model `sales`, can't use name `amount` for a dimension when it was already used for a measure"),
        ("agg: count, expr: id", "agg: count", "Measure 'counted' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count of all rows is desired."),
        ("name: amount, agg: sum", "name: amount, agg: percentile", "Measure 'amount' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided."),
        ("name: amount, agg: sum", "name: amount, agg: mode", "Invalid enum value: `mode` in enum AggregationType"),
        ("defaults: {agg_time_dimension: sold_at}", "description: none", "An error occurred while checking aggregation time dimension for a semantic model - Aggregation time dimension for measure amount is not set! This should either be set directly on the measure specification in the model, or else defaulted to the primary time dimension in the data source containing the measure."),
        ("agg_time_dimension: seen_at}", "agg_time_dimension: nowhere}", "In semantic model 'visits', measure 'seen' has the aggregation time dimension set to 'nowhere', which is not a valid time dimension in the semantic model"),
        ("name: amount, agg: sum", "name: amount, agg: sum, non_additive_dimension: {name: sold_at, window_choice: sum}", "Measure 'amount' has a non_additive_dimension with an invalid 'window_choice' of 'sum'. Only choices supported are 'min' or 'max'."),
        ("{name: sale, type: primary}", "{name: sale, type: foreign}", "The semantic model sales contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key."),
        ("{name: sale, type: primary}", "{name: sale, type: natural}", "The use of `natural` entities is currently supported only in conjunction with a validity window defined in the set of time dimensions associated with the semantic model. Semantic model `sales` uses a natural entity ({'sale'}) but does not define a validity window!"),
        ("{name: visit, type: primary}", "{name: visit, type: primary, label: One}, {name: other, type: unique, label: One}", "Entity labels must be unique within a semantic model. The label `One` was used for 2 entities on semantic model `visits"),
        ("label: Number", "label: Total", "Can't use label `Total` for  metric `number` as it's already used for metric `total`"),
        ("denominator: number", "denominator: nowhere", "The metric `nowhere` does not exist but was referenced by metric `each`."),
        (", denominator: number", "", "Invalid ratio metric. Both a numerator and denominator must be specified"),
        ("alias: before", "alias: total", "Alias 'total' for input metric: 'total' is already being used. Please choose another alias."),
        ("offset_window: 1 day", "offset_window: 1 decade", "Invalid time granularity 'decade' in window: '1 decade'"),
        ("{window: 7 days}", "{window: 7 fiscals}", "Invalid time granularity 'fiscal' in window: '7 fiscals' Custom granularities are not supported for this field yet."),
        ("{window: 7 days}", "{window: 7 days, grain_to_date: month}", "Both window and grain_to_date set for cumulative metric. Please set one or the other."),
        ("entity: buyer", "entity: sale", "Entity: sale not found in base semantic model: visits."),
        ("conversion_measure: counted", "conversion_measure: amount", "For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: amount is agg type: sum"),
        ("Dimension('sale__kind') }}", "Dimension('kind') }}", "An error occurred while trying to parse filter of metric `number` - Encountered error(s) while parsing:\n\nFilter:\n    {{ Dimension('kind') }} = 'x'\nError Message:\n    Name is in an incorrect format: 'kind'. It should be of the form: <primary entity name>__<dimension_name>"),
        ("metrics: [total], group_by", "metrics: [nowhere], group_by", "Saved_Query 'saved_query.shop.weekly' (models/semantics.yml) depends on a metric named 'nowhere' which was not found"),
        ("[\"Dimension('sale__kind')\"]", "[\"Dimension('sale__nowhere')\"]", "`Dimension('sale__nowhere')` is not a valid group-by name."),
        ("Metric('total').desc", "Metric('number').desc", "Metric('number').descending(True) does not match any of the listed metrics or group-by items. "),
        ("export_as: table", "export_as: cache", "at path ['exports']['config']['export_as']: 'cache' is not one of ['table', 'view']"),
        ("custom_granularities: [{name: fiscal}]", "custom_granularities: [{name: nowhere}]", "Time spine custom granularity columns do not exist in the model. Columns not found: ['nowhere']; Available columns: ['at', 'fiscal']"),
        ("custom_granularities: [{name: fiscal}]", "custom_granularities: [{name: kind, column_name: fiscal}]", "Can't use name `kind` for a custom granularity when it was already used for a dimension."),
        ("{name: at, granularity: day}", "{name: at}", "Time spine standard granularity column must have a granularity defined. Please add one for column 'at' in model 'days'."),
    ])
    func `what breaks a rule is told in dbt's words`(_ sound: String, _ broken: String, _ message: String) throws {
        let text = Self.sound.split(separator: sound, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: broken)
        try #require(text != Self.sound)
        #expect(findings(text).contains(message), "\(findings(text))")
    }

    @Test func `what is only unwise is warned of`() throws {
        let unused = Self.sound.replacing("expr: total - before", with: "expr: total")
        #expect(findings(unused) == ["Input metric 'before' is not used in `expr`: 'total' for derived metric 'growth'. Please update the `expr` or remove the input metric."])
        let finer = Self.sound.replacing("{name: at, granularity: day}", with: "{name: at, granularity: hour}").replacing("time_granularity: day", with: "time_granularity: minute", maxReplacements: 1)
        #expect(findings(finer).map { String($0.drop { $0 != "T" }) } == [
            "To avoid unexpected query errors, configuring a time spine at or below the smallest time dimension granularity is recommended. Smallest time dimension granularity: MINUTE; Smallest time spine granularity: hour",
        ])
    }

    @Test func `a project without metrics, or without semantic models, is not looked at`() throws {
        let lines = Self.sound.split(separator: "\n", omittingEmptySubsequences: false)
        let metrics = try #require(lines.firstIndex(of: "metrics:"))
        let broken = lines[..<metrics].joined(separator: "\n").replacing("{name: kind, type: categorical}", with: "{name: metric_time, type: categorical}")
        #expect(findings(broken) == [])
    }

    @Test func `a word that is null is as one that is not there`() throws {
        let nulls = Self.sound.replacing("{name: kind, type: categorical}", with: "{name: kind, type: categorical, type_params: null, expr: null}").replacing("{name: amount, agg: sum}", with: "{name: amount, agg: sum, expr: null, agg_params: null}")
        #expect(SemanticManifestWriter(try read(nulls)).json == SemanticManifestWriter(try read(Self.sound)).json)
    }

    @Test func `semantic_manifest.json has models, metrics, saved queries and calendars as MetricFlow reads them`() throws {
        let json = SemanticManifestWriter(try read(Self.sound)).json
        #expect(json["semantic_models"]?.arrayValue?.map { $0["name"] } == ["sales", "visits"])
        #expect(json["semantic_models"]?[0]?["measures"]?[1] == [
            "name": "counted", "agg": "count", "description": .null, "create_metric": false, "expr": "id", "agg_params": .null, "metadata": .null, "non_additive_dimension": .null,
            "agg_time_dimension": .null, "label": .null, "config": ["meta": [:]],
        ])
        #expect(json["metrics"]?.arrayValue?.map { $0["name"] } == ["total", "number", "each", "growth", "so_far", "bought"])
        #expect(json["metrics"]?[2]?["type_params"]?["input_measures"]?.arrayValue?.map { $0["name"] } == ["amount", "counted"])
        #expect(json["metrics"]?[4]?["type_params"]?["cumulative_type_params"] == ["window": ["count": 7, "granularity": "day"], "grain_to_date": .null, "period_agg": "first"])
        #expect(json["project_configuration"]?["time_spines"]?[0]?["custom_granularities"] == [["name": "fiscal", "column_name": .null]])
        #expect(json["project_configuration"]?["time_spines"]?[0]?["primary_column"] == ["name": "at", "time_granularity": "day"])
        #expect(json["saved_queries"]?[0]?["exports"]?[0]?["name"] == "out")
    }

    private func read(_ exports: String, metric: String = "label: Total", _ files: [String: String]) throws -> Manifest {
        let text = Self.sound.replacing("{export_as: table}", with: exports).replacing("label: Total", with: metric)
        return try TestProject(["models/facts.sql": "select 1 as id", "models/days.sql": "select 1 as at", "models/semantics.yml": text].merging(files) { _, new in new }).manifest()
    }

    @Test func `an export is named by the project's macros, as far as it and its saved query do not say it`() throws {
        let files = [
            "dbt_project.yml": "name: shop\nprofile: shop\nsaved-queries: {shop: {+export_as: view, +schema: reports}}\n",
            "macros/names.sql": """
                {% macro generate_alias_name(custom, node) %}{{ custom or node.name ~ '_' ~ node.version ~ node.schema }}{% endmacro %}
                {% macro generate_schema_name(custom, node) %}s_{{ custom or node.config.export_as }}{% endmacro %}
                {% macro generate_database_name(custom, node) %}d_{{ custom }}{% endmacro %}
                """,
        ]
        func config(_ exports: String, _ files: [String: String]) throws -> JSON? { try read(exports, files).others["saved_query.shop.weekly"]?.details["exports"]?[0]?["config"] }
        #expect(try config("{}", files) == ["export_as": "view", "schema_name": "reports", "alias": "out_s_view", "database": "d_None"])
        #expect(try config("{export_as: table, schema: x, alias: y, database: z}", files) == ["export_as": "table", "schema_name": "x", "alias": "y", "database": "d_z"])
        #expect(try config("{export_as: table}", [:]) == ["export_as": "table", "schema_name": "main", "alias": "out", "database": .null])
        #expect(throws: ProjectProblems.self) { try config("{}", files.merging(["macros/names.sql": "{% macro generate_alias_name(custom, node) %}{{ node.config.get('x') }}{% endmacro %}"]) { _, new in new }) }
    }

    @Test func `what stands beside a metric's configuration is no part of it`() throws {
        let metric = try #require(try read("{export_as: table}", metric: "label: T, tags: [a], meta: {k: 1}, config: {tags: [b]}", [:]).others["metric.shop.total"])
        #expect(metric.tags == ["a"] && metric.meta["k"] == 1 && metric.config["meta"] == [:] && metric.config["tags"] == ["b"])
        let other = try #require(try read("{export_as: table}", metric: "label: T, meta: {k: 1}, config: {meta: {j: 1}}", [:]).others["metric.shop.total"])
        #expect(other.meta.keys == ["j"])
    }

    @Test func `templates see where a semantic model lies, and metrics in the order of their file`() throws {
        let graph = ManifestWriter.graph(of: try read(Self.sound))
        #expect(graph["semantic_models"]?["semantic_model.shop.sales"]?["node_relation"]?["relation_name"] == "\"facts\"")
        #expect(graph["metrics"]?.objectValue?.keys.first == "metric.shop.total")
    }
}
