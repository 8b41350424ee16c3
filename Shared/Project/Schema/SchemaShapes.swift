/// The shapes of the entries of schema files, in the order of dbt's classes: what is wrong first is told.
enum SchemaShapes {
    /// Of an entry of the section; nil for a section that has none.
    static func shape(of section: String) -> Shape? { all[section] }

    private static let all: [String: Shape] = [
        "models": .object(described + tested + [Shape.may("columns", .list(column))] + update + model, isOpen: true),
        "seeds": .object(described + tested + [Shape.may("columns", .list(column))] + update, isOpen: true),
        "snapshots": .object(described + tested + [Shape.may("columns", .list(column))] + update, isOpen: true),
        "analyses": .object(described + [Shape.may("columns", .list(.object(described, isOpen: true)))] + Shape.texts("access"), isOpen: true),
        "data_tests": .object(described, isOpen: true),
        "macros": .object(described + [Shape.may("arguments", .list(.object([Shape.must("name", .text)] + Shape.texts("type") + [Shape.may("description", .text)])))], isOpen: true),
        "functions": .object(function, isOpen: true),
        "sources": source, "exposures": exposure, "groups": group, "unit_tests": unitTest, "metrics": SemanticShapes.metric,
        "semantic_models": SemanticShapes.model, "saved_queries": SemanticShapes.savedQuery,
    ]

    // MARK: Nodes and columns

    private static let docs = Shape.object([Shape.may("show", .truth)] + Shape.texts("node_color"))
    static let described: [Shape.Member] =
        [Shape.must("name", .text), Shape.may("description", .text), Shape.may("meta", .map)] + Shape.texts("data_type")
        + [Shape.may("constraints", .list(.map)), Shape.may("docs", docs), Shape.may("config", .map), Shape.may("_extra", .map)]
    private static let test = Shape.either([.map, .text])
    static let tested = [Shape.may("data_tests", .list(test)), Shape.may("tests", .list(test))]
    static let column = Shape.object(described + tested + Shape.truths("quote") + [Shape.may("tags", .list(.text))] + Shape.texts("granularity"), isOpen: true)
    private static let update = Shape.truths("quote_columns") + Shape.texts("access")
    private static let number = Shape.either([.text, .number])
    private static let choice = Shape.object([Shape.must("include", .either([.text, .list(.text)])), Shape.may("exclude", .list(.text))])

    private static let version = Shape.object(
        [Shape.must("v", number)] + Shape.texts("defined_in") + [Shape.may("description", .text)] + Shape.texts("access")
            + [Shape.may("config", .map), Shape.may("constraints", .list(.map)), Shape.may("docs", docs)] + tested.map { Shape.may($0.name, .optional($0.shape)) }
            + [Shape.may("columns", .list(.either([choice, column])))] + Shape.texts("deprecation_date"))
    private static let granularity = Shape.object([Shape.must("name", .text)] + Shape.texts("column_name"))
    private static let model: [Shape.Member] =
        [Shape.may("latest_version", .optional(number)), Shape.may("versions", .list(version))] + Shape.texts("deprecation_date")
        + [Shape.may("time_spine", .optional(.object([Shape.must("standard_granularity_column", .text), Shape.may("custom_granularities", .list(granularity))])))]

    private static let function: [Shape.Member] =
        [Shape.must("returns", .object([Shape.must("data_type", .text)] + Shape.texts("description")))] + described + Shape.texts("access")
        + [Shape.may("arguments", .list(.object([Shape.must("name", .text), Shape.must("data_type", .text)] + Shape.texts("description") + [Shape.may("default_value", .either([.text, .truth, .number, .null, .map, .list(.map)]))])))]

    // MARK: Sources

    private static let quoting = Shape.object(Shape.truths("database", "schema", "identifier", "column"))
    private static let limit = Shape.optional(.object([Shape.may("count", .optional(.whole)), Shape.may("period", .optional(.word(["minute", "hour", "day"])))]))
    private static let freshness = Shape.optional(.object([Shape.may("warn_after", limit), Shape.may("error_after", limit)] + Shape.texts("filter")))
    private static let loaded = Shape.texts("loaded_at_field") + Shape.truths("loaded_at_field_present") + Shape.texts("loaded_at_query")
    private static let partition = Shape.object([Shape.may("_extra", .map), Shape.may("name", .text), Shape.may("description", .text), Shape.may("data_type", .text), Shape.may("meta", .map)], isOpen: true)
    private static let external = Shape.object(
        [Shape.may("_extra", .map)] + Shape.texts("location", "file_format", "row_format", "tbl_properties") + [Shape.may("partitions", .either([.list(.text), .list(partition), .null]))], isOpen: true)
    private static let table = Shape.object(
        described + tested + [Shape.may("columns", .list(column))] + loaded + Shape.texts("identifier")
            + [Shape.may("quoting", quoting), Shape.may("freshness", freshness), Shape.may("external", .optional(external)), Shape.may("tags", .list(.text))], isOpen: true)
    private static let source = Shape.object(
        [Shape.must("name", .text), Shape.may("description", .text), Shape.may("meta", .map)] + Shape.texts("database", "schema")
            + [Shape.may("loader", .text), Shape.may("quoting", quoting), Shape.may("freshness", freshness)] + loaded
            + [Shape.may("tables", .list(table)), Shape.may("tags", .list(.text)), Shape.may("config", .map)] + Shape.texts("unrendered_database", "unrendered_schema"))

    private static let tableOverride = Shape.object(
        [Shape.must("name", .text)] + Shape.texts("description") + [Shape.may("meta", .optional(.map))] + Shape.texts("data_type") + [Shape.may("docs", .optional(docs))] + loaded + Shape.texts("identifier")
            + [Shape.may("quoting", quoting), Shape.may("freshness", freshness), Shape.may("external", .optional(external)), Shape.may("tags", .optional(.list(.text)))]
            + tested.map { Shape.may($0.name, .optional($0.shape)) } + [Shape.may("columns", .optional(.list(column)))])
    /// Of an entry that changes a package's source.
    static let override = Shape.object(
        [Shape.must("name", .text), Shape.must("overrides", .text), Shape.may("config", .map)] + Shape.texts("description") + [Shape.may("meta", .optional(.map))] + Shape.texts("database", "schema", "loader")
            + [Shape.may("quoting", .optional(quoting)), Shape.may("freshness", freshness)] + loaded + [Shape.may("tables", .optional(.list(tableOverride))), Shape.may("tags", .optional(.list(.text)))])

    // MARK: Exposures, groups, unit tests

    private static let owner = Shape.object([Shape.may("_extra", .map), Shape.may("email", .either([.text, .list(.text), .null]))] + Shape.texts("name"), isOpen: true)
    private static let exposure = Shape.object(
        [Shape.must("name", .text), Shape.must("type", .word(["dashboard", "notebook", "analysis", "ml", "application"])), Shape.must("owner", owner), Shape.may("description", .text)]
            + Shape.texts("label") + [Shape.may("maturity", .optional(.word(["low", "medium", "high"]))), Shape.may("meta", .map), Shape.may("tags", .list(.text))]
            + Shape.texts("url") + [Shape.may("depends_on", .list(.text)), Shape.may("config", .map)])
    private static let group = Shape.object([Shape.must("name", .text), Shape.must("owner", owner)] + Shape.texts("description") + [Shape.may("config", .map)])

    private static let fixture: [Shape.Member] =
        [Shape.may("rows", .either([.text, .list(.map), .null])), Shape.may("format", .word(["csv", "dict", "sql"]))] + Shape.texts("fixture")
    private static let numbers = Shape.optional(.list(number))
    private static let unitTest = Shape.object(
        [Shape.must("name", .text), Shape.must("model", .text), Shape.must("given", .list(.object([Shape.must("input", .text)] + fixture))), Shape.must("expect", .object(fixture)), Shape.may("description", .text)]
            + [Shape.may("overrides", .optional(.object([Shape.may("macros", .map), Shape.may("vars", .map), Shape.may("env_vars", .map)]))), Shape.may("config", .map)]
            + [Shape.may("versions", .optional(.object([Shape.may("include", numbers), Shape.may("exclude", numbers)])))])
}
