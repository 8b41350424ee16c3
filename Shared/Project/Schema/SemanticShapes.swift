/// The shapes of metrics, semantic models and saved queries.
enum SemanticShapes {
    private static let filter = Shape.either([.text, .list(.text), .null])

    // MARK: Metrics

    private static let measure = Shape.object(
        [Shape.must("name", .text), Shape.may("filter", filter)] + Shape.texts("alias") + [Shape.may("join_to_timespine", .truth), Shape.may("fill_nulls_with", .optional(.whole))])
    private static let input = Shape.object([Shape.must("name", .text), Shape.may("filter", filter)] + Shape.texts("alias", "offset_window", "offset_to_grain"))
    private static let conversion = Shape.object(
        [Shape.must("base_measure", .either([measure, .text])), Shape.must("conversion_measure", .either([measure, .text])), Shape.must("entity", .text), Shape.may("calculation", .text)]
            + Shape.texts("window") + [Shape.may("constant_properties", .optional(.list(.object([Shape.must("base_property", .text), Shape.must("conversion_property", .text)]))))])
    private static let cumulative = Shape.object(Shape.texts("window", "grain_to_date") + [Shape.may("period_agg", .text)])
    private static let parameters = Shape.object(
        [Shape.may("measure", .either([measure, .text, .null])), Shape.may("numerator", .either([input, .text, .null])), Shape.may("denominator", .either([input, .text, .null]))]
            + [Shape.may("expr", .either([.text, .truth, .null]))] + Shape.texts("window", "grain_to_date")
            + [Shape.may("metrics", .optional(.list(.either([input, .text])))), Shape.may("conversion_type_params", .optional(conversion)), Shape.may("cumulative_type_params", .optional(cumulative))])
    static let metric = Shape.object(
        [Shape.must("name", .text), Shape.must("label", .text), Shape.must("type", .text), Shape.must("type_params", parameters), Shape.may("description", .text), Shape.may("filter", filter)]
            + Shape.texts("time_granularity") + [Shape.may("meta", .map), Shape.may("tags", .list(.text)), Shape.may("config", .map)])

    // MARK: Semantic models

    private static let entity = Shape.object([Shape.must("name", .text), Shape.must("type", .text)] + Shape.texts("description", "label", "role", "expr") + [Shape.may("config", .map)])
    private static let aggregation = Shape.object([Shape.may("percentile", .optional(.number)), Shape.may("use_discrete_percentile", .truth), Shape.may("use_approximate_percentile", .truth)])
    private static let nonAdditive = Shape.object([Shape.must("name", .text), Shape.must("window_choice", .text), Shape.may("window_groupings", .list(.text))])
    private static let aggregated = Shape.object(
        [Shape.must("name", .text), Shape.must("agg", .text)] + Shape.texts("description", "label")
            + [Shape.may("expr", .either([.text, .truth, .whole, .null])), Shape.may("agg_params", .optional(aggregation)), Shape.may("non_additive_dimension", .optional(nonAdditive))]
            + Shape.texts("agg_time_dimension") + [Shape.may("create_metric", .truth), Shape.may("config", .map)])
    private static let validity = Shape.object([Shape.may("is_start", .truth), Shape.may("is_end", .truth)])
    private static let dimension = Shape.object(
        [Shape.must("name", .text), Shape.must("type", .text)] + Shape.texts("description", "label")
            + [Shape.may("is_partition", .truth), Shape.may("type_params", .optional(.object([Shape.must("time_granularity", .text), Shape.may("validity_params", .optional(validity))])))]
            + Shape.texts("expr") + [Shape.may("config", .map)])
    static let model = Shape.object(
        [Shape.must("name", .text), Shape.must("model", .text), Shape.may("config", .map)] + Shape.texts("description", "label")
            + [Shape.may("defaults", .optional(.object(Shape.texts("agg_time_dimension")))), Shape.may("entities", .list(entity)), Shape.may("measures", .list(aggregated)), Shape.may("dimensions", .list(dimension))]
            + Shape.texts("primary_entity"))

    // MARK: Saved queries

    private static let query = Shape.object(
        [Shape.may("metrics", .list(.text)), Shape.may("group_by", .list(.text)), Shape.may("where", filter), Shape.may("order_by", .list(.text)), Shape.may("limit", .optional(.whole))])
    static let savedQuery = Shape.object(
        [Shape.must("name", .text), Shape.must("query_params", query)] + Shape.texts("description", "label")
            + [Shape.may("exports", .list(.object([Shape.must("name", .text), Shape.may("config", .map)]))), Shape.may("config", .map), Shape.may("tags", .either([.text, .list(.text)]))])
}
