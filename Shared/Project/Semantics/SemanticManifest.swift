internal import Kernel

/// What MetricFlow sees of a project: its semantic models, metrics, saved queries and calendars, in the order in which they are read.
struct SemanticManifest {
    var models: [Model]
    var metrics: [Metric]
    var savedQueries: [SavedQuery]
    var timeSpines: [TimeSpine]

    /// The granularities that there are without a calendar's own, finest first.
    static let granularities = ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"]
    /// Where one stands among the others, finer before coarser.
    static func rank(_ granularity: String) -> Int { granularities.firstIndex(of: granularity) ?? granularities.count }

    /// The granularities that calendars add, in their order.
    var customGranularities: [String] { timeSpines.flatMap { $0.customGranularities.map(\.name) } }

    struct Model {
        var node: Node
        var name: String
        var label: String?
        /// The default of `agg_time_dimension`.
        var timeDimension: String?
        var primaryEntity: String?
        var relationName: String
        var entities: [Entity]
        var dimensions: [Dimension]
        var measures: [Measure]

        func hasTimeDimension(_ name: String) -> Bool { dimensions.contains { $0.name == name && $0.type == "time" } }
        /// By which a measure is added up over time; nil where nothing says.
        func timeDimension(of measure: Measure) -> String? { measure.timeDimension ?? timeDimension }
    }

    struct Entity {
        var name: String
        var type: String
        var label: String?
    }

    struct Dimension {
        var name: String
        var type: String
        var label: String?
        var isPartition: Bool
        var granularity: String?
        var validity: Validity?

        struct Validity {
            var isStart: Bool
            var isEnd: Bool
        }
    }

    struct Measure {
        var name: String
        var aggregation: String
        var expression: String?
        var label: String?
        var timeDimension: String?
        var parameters: Parameters?
        var nonAdditive: NonAdditive?

        struct Parameters {
            var percentile: Double?
            /// As it is written, for messages.
            var percentileText: String
            var isDiscrete: Bool
            var isApproximate: Bool
        }
        struct NonAdditive {
            var name: String
            var windowChoice: String
            var windowGroupings: [String]
        }
    }

    struct Metric {
        var node: Node
        var name: String
        var label: String?
        var type: String
        var timeGranularity: String?
        var filters: [String]?
        var expression: String?
        var window: Window?
        var grainToDate: String?
        var measure: InputMeasure?
        var numerator: InputMetric?
        var denominator: InputMetric?
        var metrics: [InputMetric]
        var conversion: Conversion?
        var cumulative: Cumulative?
        /// Its own, and those of the metrics that it is made of.
        var inputMeasures: [InputMeasure]
    }

    struct InputMeasure: Hashable {
        var name: String
        var filters: [String]?
        var alias: String?
        var joinsToTimeSpine: Bool
        var fillsNullsWith: JSON
    }

    struct InputMetric {
        var name: String
        var filters: [String]?
        var alias: String?
        var offsetWindow: Window?
        var offsetToGrain: String?
    }

    struct Window: Hashable {
        var count: Int
        var granularity: String
    }

    struct Conversion {
        var base: InputMeasure
        var conversion: InputMeasure
        var entity: String
        var window: Window?
        var properties: [(base: String, conversion: String)]
    }

    struct Cumulative {
        var window: Window?
        var grainToDate: String?
    }

    struct SavedQuery {
        var node: Node
        var name: String
        var metrics: [String]
        var groupBy: [String]
        var filters: [String]?
        var orderBy: [String]
        var limit: Int?
    }

    struct TimeSpine {
        var node: Node
        var relationName: String
        var column: String
        var granularity: String
        var customGranularities: [(name: String, column: String?)]
    }
}
