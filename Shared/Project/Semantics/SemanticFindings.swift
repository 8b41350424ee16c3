internal import Kernel

/// What the rules find, errors and warnings, in dbt's order and words.
struct SemanticFindings {
    struct Finding {
        var message: String
        var node: Node?
        var remedy: String
    }
    private(set) var errors: [Finding] = []
    private(set) var warnings: [Finding] = []

    mutating func error(_ message: String, in node: Node?, try remedy: String = "") { errors.append(Finding(message: message, node: node, remedy: remedy)) }
    mutating func warn(_ message: String, in node: Node?) { warnings.append(Finding(message: message, node: node, remedy: "")) }
}

/// dbt's rules for semantic models, metrics and saved queries: MetricFlow's, one after the other.
enum SemanticValidator {
    /// - Returns: nothing where there are no metrics, or no semantic models: then dbt does not look.
    static func findings(in manifest: SemanticManifest) -> SemanticFindings {
        var findings = SemanticFindings()
        guard !manifest.metrics.isEmpty, !manifest.models.isEmpty else { return findings }
        let rules: [(SemanticManifest, inout SemanticFindings) -> Void] = [
            MeasureRules.checkPercentiles, MetricRules.checkDerived, MeasureRules.checkCounts, MeasureRules.checkUnique, DimensionRules.checkValidity, DimensionRules.checkConsistency,
            NameRules.checkKinds, EntityRules.checkNatural, MeasureRules.checkAliases, MeasureRules.checkReferences, MetricRules.checkCumulative, NameRules.checkNames,
            MeasureRules.checkTimeDimensions, NameRules.checkReserved, MeasureRules.checkNonAdditive, DimensionRules.checkDefaults, EntityRules.checkPrimary,
            DimensionRules.checkPairs, FilterRules.check, SavedQueryRules.check, LabelRules.check, ConversionRules.check, TimeSpineRules.check,
        ]
        for rule in rules { rule(manifest, &findings) }
        return findings
    }
}

/// A Python list or set of texts, as dbt prints it in messages; sets are in order here.
enum PythonList {
    static func list(_ texts: [String]) -> String { PythonText.representation(.array(texts.map(JSON.string))) }
    static func set(_ texts: some Sequence<String>) -> String { "{\(Set(texts).sorted().map { PythonText.representation(.string($0)) }.joined(separator: ", "))}" }
}
