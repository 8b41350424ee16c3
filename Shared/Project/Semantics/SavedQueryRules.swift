internal import Jinja
internal import Kernel

/// What a saved query asks for exists, and it sorts by what it shows.
enum SavedQueryRules {
    static func check(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        let metrics = Set(manifest.metrics.map(\.name))
        let elements = metrics.union(["metric_time"]).union(manifest.models.flatMap { $0.dimensions.map(\.name) + $0.entities.map(\.name) })
        for query in manifest.savedQueries {
            for name in query.metrics where !metrics.contains(name) { findings.error("`\(name)` is not a valid metric name.", in: query.node) }
            for item in query.groupBy {
                do throws(QueryReferences.Wrong) {
                    let found = try QueryReferences("{{\(item)}}", customs: manifest.customGranularities).elements
                    if found.count != 1 || !elements.contains(found[0]) { findings.error("`\(item)` is not a valid group-by name.", in: query.node) }
                } catch {
                    findings.error("An error occurred while trying to parse a group-by in saved query `\(query.name)` - \(error.message)", in: query.node)
                }
            }
            if !query.orderBy.isEmpty { checkOrder(of: query, &findings) }
            if let limit = query.limit, limit < 0 { findings.error("Invalid limit value: \(limit) (should be >= 0)", in: query.node) }
        }
    }

    private static func checkOrder(of query: SemanticManifest.SavedQuery, _ findings: inout SemanticFindings) {
        var shown: Set<QueryItem> = []
        var isSound = true
        for item in query.metrics.map({ "Metric('\($0)')" }) + query.groupBy {
            if let item = read(item, sorts: false, of: query, &findings) { shown.insert(item) } else { isSound = false }
        }
        // What is not known is not searched.
        guard isSound else { return }
        for item in query.orderBy {
            guard let read = read(item, sorts: true, of: query, &findings), !shown.contains(read.unsorted) else { continue }
            findings.error("\(item) does not match any of the listed metrics or group-by items. ", in: query.node)
        }
    }

    private static func read(_ text: String, sorts: Bool, of query: SemanticManifest.SavedQuery, _ findings: inout SemanticFindings) -> QueryItem? {
        do throws(JinjaError) {
            let items = try QueryItem.items(in: "{{ \(text) }}", sorts: sorts)
            guard items.count == 1 else { throw JinjaError(.value, "Did not get exactly one query item from: \(PythonText.representation(.string(text)))") }
            return items[0]
        } catch {
            findings.error(
                "An error occurred while parsing a field in '\(query.name)'. Note that metrics need to be specified using the object-builder syntax (`Metric('metric_name')`) and if `.descending(...)` is specified, it should be at the end. - \(error.message)",
                in: query.node)
            return nil
        }
    }
}
