internal import Kernel

/// What metrics need.
extension ProjectReader {
    /// MetricFlow's rules, and dbt's: who models measures gives them a calendar, by days or finer.
    func checkSemantics(_ manifest: inout Manifest) {
        checkTimeSpine(manifest)
        guard problems.problems.isEmpty, manifest.others.values.contains(where: { $0.resourceType == .metric }) else { return }
        let semantic = SemanticManifest(manifest)
        let findings = SemanticValidator.findings(in: semantic)
        for finding in findings.errors {
            problems.add(
                "project.bad_semantics", finding.message, at: finding.node?.location ?? .file("models"),
                remedy: finding.remedy.isEmpty ? "correct \(finding.node.map { "\(Self.kind(of: $0)) '\($0.name)'" } ?? "it")" : finding.remedy)
        }
        checkOldWords(semantic, manifest.project)
        tellOldWays(semantic, &manifest)
        for finding in findings.warnings {
            manifest.warnings.append(.init(
                "SemanticValidationFailure", finding.message, .plain, in: finding.node?.rootFolder ?? "", finding.node?.originalFilePath ?? "", place: ProjectWarning.ofSemantics + 1))
        }
    }

    private static func kind(of node: Node) -> String { String(decoding: node.resourceType.rawValue.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: " ") : $0 }, as: UTF8.self) }

    /// Where a flag asks for it, the words of cumulative metrics stand where newer projects have them.
    private func checkOldWords(_ semantic: SemanticManifest, _ project: PackageFile) {
        guard project.flags["require_nested_cumulative_type_params"]?.boolValue == true, !semantic.models.isEmpty else { return }
        let old = semantic.metrics.filter { $0.window != nil || $0.grainToDate != nil }
        guard !old.isEmpty else { return }
        problems.add(
            "project.bad_semantics",
            "Cumulative fields `type_params.window` and `type_params.grain_to_date` should be nested under `type_params.cumulative_type_params.window` and `type_params.cumulative_type_params.grain_to_date`. Invalid metrics: \(old.map(\.name).joined(separator: ", ")). See documentation on behavior changes: https://docs.getdbt.com/reference/global-configs/behavior-changes.",
            at: old[0].node.location, remedy: "move them there")
    }

    /// What is told of where no flag refuses it.
    private func tellOldWays(_ semantic: SemanticManifest, _ manifest: inout Manifest) {
        guard !semantic.models.isEmpty else { return }
        func add(_ event: String, _ text: String) { manifest.warnings.append(.init(event, text, .taggedDeprecation, in: manifest.project.folder, "", place: ProjectWarning.ofSemantics)) }
        let flags = manifest.project.flags
        if flags["require_nested_cumulative_type_params"]?.boolValue != true, semantic.metrics.contains(where: { $0.window != nil || $0.grainToDate != nil }) {
            add(
                "MFCumulativeTypeParamsDeprecation",
                "Cumulative fields `type_params.window` and `type_params.grain_to_date` have been moved and will soon be deprecated. Please nest those values under `type_params.cumulative_type_params.window` and `type_params.cumulative_type_params.grain_to_date`. See documentation on behavior changes: https://docs.getdbt.com/reference/global-configs/behavior-changes.")
        }
        let hasDays = manifest.nodes.values.contains { node in
            node.timeSpine["standard_granularity_column"]?.stringValue.map { column in node.columns.contains { $0.name == column && $0.granularity?.lowercased() == "day" } } ?? false
        }
        let hasOld = manifest.nodes.values.contains { $0.resourceType == .model && $0.name == "metricflow_time_spine" }
        if flags["require_yaml_configuration_for_mf_time_spines"]?.boolValue != true, hasOld, !hasDays {
            add(
                "MFTimespineWithoutYamlConfigurationDeprecation",
                "Time spines without YAML configuration are in the process of deprecation. Please add YAML configuration for your 'metricflow_time_spine' model. See documentation on MetricFlow time spines: https://docs.getdbt.com/docs/build/metricflow-time-spine and behavior change documentation: https://docs.getdbt.com/reference/global-configs/behavior-changes.")
        }
    }

    private func checkTimeSpine(_ manifest: Manifest) {
        guard !manifest.others(of: .semanticModel).isEmpty else { return }
        let day = SemanticManifest.rank("day")
        let isThere = manifest.nodes.values.contains { node in
            guard node.resourceType == .model else { return false }
            if node.name == "metricflow_time_spine" { return true }
            guard let column = node.timeSpine["standard_granularity_column"]?.stringValue else { return false }
            return node.columns.contains { $0.name == column && SemanticManifest.rank($0.granularity?.lowercased() ?? "") <= day }
        }
        guard !isThere else { return }
        problems.add(
            "project.no_time_spine", "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found. Guidance on creating this model can be found on our docs site (https://docs.getdbt.com/docs/build/metricflow-time-spine).",
            at: .file("models"), remedy: "add a model with time_spine:")
    }
}
