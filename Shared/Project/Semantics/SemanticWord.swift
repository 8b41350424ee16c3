/// dbt's lists of words for metrics and semantic models, by their names in messages.
enum SemanticWord: String {
    case metricType = "MetricType", entityType = "EntityType", dimensionType = "DimensionType", aggregationType = "AggregationType", timeGranularity = "TimeGranularity"
    case periodAggregation = "PeriodAggregation", conversionCalculation = "ConversionCalculationType"

    var words: [String] {
        switch self {
        case .metricType: ["simple", "ratio", "cumulative", "derived", "conversion"]
        case .entityType: ["foreign", "natural", "primary", "unique"]
        case .dimensionType: ["categorical", "time"]
        case .aggregationType: ["sum", "min", "max", "count_distinct", "sum_boolean", "average", "percentile", "median", "count"]
        case .timeGranularity: SemanticManifest.granularities
        case .periodAggregation: ["first", "last", "average"]
        case .conversionCalculation: ["conversions", "conversion_rate"]
        }
    }
}
