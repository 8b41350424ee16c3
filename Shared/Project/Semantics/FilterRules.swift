internal import Kernel

/// Filters can be read, and name granularities that there are.
enum FilterRules {
    static func check(_ manifest: SemanticManifest, _ findings: inout SemanticFindings) {
        let known = SemanticManifest.granularities + manifest.customGranularities
        for metric in manifest.metrics {
            check(metric.filters, "filter of metric `\(metric.name)`", metric, known, &findings)
            if let measure = metric.measure { check(measure.filters, "filter of measure input `\(measure.name)` on metric `\(metric.name)`", metric, known, &findings) }
            check(metric.numerator?.filters, "the numerator filter on metric `\(metric.name)`", metric, known, &findings)
            check(metric.denominator?.filters, "the denominator filter on metric `\(metric.name)`", metric, known, &findings)
            for input in metric.metrics { check(input.filters, "filter for input metric `\(input.name)` on metric `\(metric.name)`", metric, known, &findings) }
        }
        for query in manifest.savedQueries { check(query, known, &findings) }
    }

    private static func check(_ filters: [String]?, _ what: String, _ metric: SemanticManifest.Metric, _ known: [String], _ findings: inout SemanticFindings) {
        var found: [QueryReferences] = []
        var lines: [String] = []
        for filter in filters ?? [] {
            do throws(QueryReferences.Wrong) { found.append(try QueryReferences(filter, customs: known)) } catch {
                lines += ["Filter:", indented(filter), "Error Message:", indented(error.message)]
            }
        }
        guard lines.isEmpty else {
            findings.error("An error occurred while trying to parse \(what) - Encountered error(s) while parsing:\n\n\(lines.joined(separator: "\n"))", in: metric.node)
            return
        }
        for references in found { checkGranularities(of: references, "metric", metric.node, known, &findings) }
    }

    private static func check(_ query: SemanticManifest.SavedQuery, _ known: [String], _ findings: inout SemanticFindings) {
        for filter in query.filters ?? [] {
            do throws(QueryReferences.Wrong) {
                checkGranularities(of: try QueryReferences(filter, customs: known), "saved query", query.node, known, &findings)
            } catch {
                findings.error("An error occurred while trying to parse a filter in saved query `\(query.name)` - \(error.message)", in: query.node)
            }
        }
    }

    private static func checkGranularities(of references: QueryReferences, _ kind: String, _ node: Node, _ known: [String], _ findings: inout SemanticFindings) {
        for granularity in references.granularities where !known.contains(granularity) {
            findings.warn(
                "Filter for \(kind) `\(node.name)` is not valid. `\(granularity)` is not a valid granularity name. Valid granularity options: \(PythonList.list(known))", in: node)
        }
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.allSatisfy { $0 == " " } ? String($0) : "    \($0)" }.joined(separator: "\n")
    }
}
