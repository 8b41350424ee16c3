internal import Jinja

/// What a filter or a grouping refers to, by the names that the semantic models give.
struct QueryReferences {
    /// Of entities, dimensions, time dimensions and metrics, in this order.
    private(set) var elements: [String] = []
    /// Those that are asked for of time dimensions.
    private(set) var granularities: [String] = []

    struct Wrong: Error {
        var message: String
    }

    /// - Parameter customs: the granularities that calendars add.
    init(_ template: String, customs: [String]) throws(Wrong) {
        let items: [QueryItem]
        do { items = try QueryItem.items(in: template) } catch { throw Wrong(message: "Error while parsing Jinja template:\n\(template)") }
        var byKind: [QueryItem.Kind: [String]] = [:]
        for item in items {
            switch item.kind {
            case .dimension where item.granularity == nil && item.datePart == nil:
                byKind[.dimension, default: []].append(try Self.dimension(item.name, DunderedName(item.name)))
            case .dimension, .timeDimension:
                byKind[.timeDimension, default: []].append(try timeDimension(item, customs))
            case .entity:
                let name = DunderedName(item.name)
                if name.granularity != nil { throw Wrong(message: "Name is in an incorrect format: '\(item.name)'. It should not contain a time grain suffix.") }
                byKind[.entity, default: []].append(name.element)
            case .metric:
                if item.groupBy.isEmpty {
                    throw Wrong(message: "`group_by` parameter is required for Metric in where filter. This is needed to determine 1) the granularity to aggregate the metric to and 2) how to join the metric to the rest of the query.")
                }
                byKind[.metric, default: []].append(item.name)
            }
        }
        elements = [.entity, .dimension, .timeDimension, .metric].flatMap { byKind[$0] ?? [] }
    }

    private static func dimension(_ written: String, _ name: DunderedName) throws(Wrong) -> String {
        if name.entityLinks.count != 1, name.element != "metric_time" {
            throw Wrong(message: "Name is in an incorrect format: '\(written)'. It should be of the form: <primary entity name>__<dimension_name>")
        }
        return name.element
    }

    private mutating func timeDimension(_ item: QueryItem, _ customs: [String]) throws(Wrong) -> String {
        let name = DunderedName(item.name, customs: customs)
        let element = try Self.dimension(item.name, name)
        if let suffix = name.granularity, let stated = item.granularity, suffix != stated {
            throw Wrong(
                message: "Received different grains in `time_dimension_name` parameter ('\(item.name)') and `time_granularity_name` parameter ('\(stated)'). Remove the grain suffix (`\(suffix)`) from the time dimension name and use the `time_granularity_name` parameter to specify the intendend grain.")
        }
        if let granularity = name.granularity ?? item.granularity, !granularity.isEmpty { granularities.append(granularity.lowercased()) }
        return element
    }
}
