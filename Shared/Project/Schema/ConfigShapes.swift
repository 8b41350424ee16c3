internal import Kernel

/// The shapes of dbt's words of configuration, which dbt checks when all that is said of a node has been laid together.
enum ConfigShapes {
    /// dbt's words for the first of these that is wrong; nil where none is.
    /// - Parameter keys: nil for all.
    static func fault(in config: JSONObject, of type: ResourceType, keys: Set<String>? = nil) -> String? {
        let words = words(of: type)
        for (key, value) in config.pairs where keys?.contains(key) ?? true {
            // What is no tag is left out, and told.
            if key == "tags", type == .source, value.isNull { continue }
            // What is no map is none.
            if key == "freshness", type == .model, value.objectValue == nil { continue }
            if key == "pre-hook" || key == "post-hook", words[key] != nil, value.arrayValue?.contains(.null) ?? value.isNull { return "the JSON object must be str, bytes or bytearray, not NoneType" }
            if maps.contains(key), value.objectValue == nil, words[key] != nil {
                // What is null of a test is left out, and a source says itself what its tables have.
                if value.isNull, type == .source { continue }
                if value.isNull, key == "persist_docs" { return "Field \"persist_docs\" of type Dict[str, Any] in \(className(of: type)) has invalid value None" }
                return "expected dict, got \(PythonText.text(value))"
            }
            if type == .function, let (name, members) = memberships[key], !value.isNull || key == "type", !members.contains(value) {
                return "Field \"\(key)\" of type \(name) in FunctionConfig has invalid value \(PythonText.representation(value))"
            }
            if key == "severity", type == .test, let text = value.stringValue, words[key]?.fault(in: value) != nil { return "at path []: Severity must be either 'warn' or 'error'. Got '\(text)'" }
            if key == "freshness", type == .model, words[key]?.fault(in: value) == nil, let reason = halfAge(value["build_after"]) { return reason }
            if let fault = words[key]?.fault(in: value) { return Shape.Fault(path: [.string(key)] + fault.path, message: fault.message).description }
        }
        return nil
    }

    /// Of a function: what dbt calls the words that are one of a few, and these.
    private static let memberships: [String: (name: String, members: [JSON])] = [
        "type": ("FunctionType", ["scalar", "aggregate", "table"]), "volatility": ("Optional[FunctionVolatility]", ["deterministic", "stable", "non-deterministic"]),
    ]

    /// A model's age is a count of periods: one of the two alone is none.
    private static func halfAge(_ age: JSON?) -> String? {
        let (hasCount, hasPeriod) = (age?["count"].map { !$0.isNull } ?? false, age?["period"].map { !$0.isNull } ?? false)
        guard hasCount != hasPeriod else { return nil }
        return "`freshness.build_after` must have a value for `\(hasCount ? "period" : "count")` if a `\(hasCount ? "count" : "period")` is provided"
    }

    /// What is merged has to be a map before it is looked at.
    private static let maps: Set<String> = ["meta", "docs", "column_types", "contract", "quoting", "persist_docs", "grants"]

    private static func className(of type: ResourceType) -> String {
        switch type {
        case .seed: "SeedConfig"
        case .snapshot: "SnapshotConfig"
        case .function: "FunctionConfig"
        case .analysis, .operation: "NodeConfig"
        default: "ModelConfig"
        }
    }

    private static func words(of type: ResourceType) -> [String: Shape] {
        switch type {
        case .model: models
        case .seed: seeds
        case .snapshot: snapshots
        case .test: tests
        case .exposure: exposures
        case .unitTest: unitTests
        case .metric, .semanticModel: metrics
        case .savedQuery: savedQueries
        case .source: sources
        case .function: functions
        default: stored
        }
    }

    private static let text = Shape.optional(.text)
    private static let tags = Shape.either([.list(.text), .text])
    private static let common: [String: Shape] = [
        "enabled": .truth, "alias": text, "schema": text, "database": text, "tags": tags, "meta": .map, "group": text, "static_analysis": text, "materialized": .text,
    ]
    private static let hooks = Shape.list(.object([Shape.must("sql", .text), Shape.may("transaction", .truth), Shape.may("index", .optional(.whole))]))
    private static let stored = common.merging([
        "incremental_strategy": text, "persist_docs": .map, "quoting": .map, "column_types": .map, "full_refresh": .optional(.truth), "unique_key": .either([.text, .list(.text), .null]),
        "on_schema_change": text, "on_configuration_change": .word(["apply", "continue", "fail"]), "grants": .map, "packages": .list(.text),
        "docs": .object([Shape.may("show", .truth), Shape.may("node_color", text)], isOpen: true),
        "contract": .object([Shape.may("enforced", .truth), Shape.may("alias_types", .truth)], isOpen: true),
        "post-hook": hooks, "pre-hook": hooks,
    ]) { first, _ in first }
    private static let models = stored.merging([
        "freshness": .optional(.object([Shape.must("build_after", .object([Shape.may("count", .optional(.whole)), Shape.may("period", .optional(.word(["minute", "hour", "day"]))), Shape.may("updates_on", .word(["all", "any"]))], isOpen: true))], isOpen: true)),
    ]) { first, _ in first }
    private static let seeds = stored.merging(["delimiter": .text, "quote_columns": .optional(.truth)]) { first, _ in first }
    private static let columnNames = Shape.object(Shape.texts("dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"), isOpen: true)
    private static let snapshots = stored.merging([
        "strategy": text, "target_schema": text, "target_database": text, "updated_at": text, "check_cols": .either([.text, .list(.text), .null]),
        "snapshot_meta_column_names": columnNames, "dbt_valid_to_current": text,
    ]) { first, _ in first }
    private static let functions = stored.merging(["runtime_version": text, "entry_point": text]) { first, _ in first }
    private static let severity = Shape.pattern("^([Ww][Aa][Rr][Nn]|[Ee][Rr][Rr][Oo][Rr])$") { ["warn", "error"].contains($0.lowercased()) }
    private static let tests = common.merging([
        "severity": severity, "store_failures": .optional(.truth), "store_failures_as": text, "where": text, "limit": .optional(.countable), "fail_calc": .text, "warn_if": .text, "error_if": .text,
    ]) { first, _ in first }
    private static let exposures: [String: Shape] = ["enabled": .truth, "tags": .either([.list(.text), .text, .map]), "meta": .map]
    private static let unitTests: [String: Shape] = ["enabled": .truth, "tags": tags, "meta": .map, "static_analysis": text]
    private static let metrics: [String: Shape] = ["enabled": .truth, "group": text, "meta": .map]
    private static let savedQueries = metrics.merging([
        "export_as": .optional(.word(["table", "view"])), "schema": text, "cache": .object([Shape.may("enabled", .truth)], isOpen: true),
    ]) { first, _ in first }
    private static let limit = Shape.optional(.object([Shape.may("count", .optional(.countable)), Shape.may("period", .optional(.word(["minute", "hour", "day"])))], isOpen: true))
    private static let sources: [String: Shape] = [
        "enabled": .truth, "freshness": .optional(.object([Shape.may("warn_after", limit), Shape.may("error_after", limit), Shape.may("filter", text)], isOpen: true)), "loaded_at_field": text, "loaded_at_query": text,
        "meta": .map, "tags": tags, "static_analysis": text,
    ]
}
