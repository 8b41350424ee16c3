internal import Kernel

/// How resources may be called.
extension ProjectReader {
    /// No blank in a name, and no name twice in a package, as far as the project's flags ask for it.
    func checkNames(_ manifest: Manifest) {
        let spaced = manifest.spacedNames
        if manifest.refusesSpaces, !spaced.isEmpty {
            let list = spaced.map { "  * '\($0.uniqueID)' (\($0.originalFilePath))" }.joined(separator: "\n")
            problems.add("project.spaces_in_name", "Resource names cannot contain spaces:\n\(list)\nPlease rename the invalid model(s) so that their name(s) do not contain any spaces.", at: .file(spaced[0].originalFilePath), remedy: "rename them")
        }
        guard manifest.project.flags["require_unique_project_resource_names"]?.boolValue == true else { return }
        for (first, second) in manifest.namesakes {
            problems.add(
                "project.duplicate_name",
                "dbt found two resources with the name \"\(first.name)\".\n\nSince these resources have the same name, dbt will be unable to find the correct resource\nwhen looking for ref(\"\(first.name)\").", at: second.location,
                remedy: "change the name of \(first.uniqueID) (\(first.originalFilePath)) or of \(second.uniqueID) (\(second.originalFilePath))")
        }
    }
}

extension Manifest {
    var refusesSpaces: Bool { project.flags["require_resource_names_without_spaces"]?.boolValue ?? true }

    var spacedNames: [Node] { nodes.values.filter { $0.name.utf8.contains(UInt8(ascii: " ")) && $0.resourceType != .function }.sorted { (Self.rank($0), $0.uniqueID) < (Self.rank($1), $1.uniqueID) } }

    /// Models, seeds and snapshots of one package that have one name.
    var namesakes: [(Node, Node)] {
        var seen: [String: Node] = [:]
        var found: [(Node, Node)] = []
        let names = Set(nodes.values.filter { $0.resourceType == .seed || $0.resourceType == .snapshot }.map(\.name))
        for node in nodes.values.filter({ $0.resourceType.isReferable && $0.version == nil && names.contains($0.name) }).sorted(by: { (Self.rank($0), $0.uniqueID) < (Self.rank($1), $1.uniqueID) }) {
            if let twin = seen.updateValue(node, forKey: "\(node.packageName)/\(node.name)") { found.append((twin, node)) }
        }
        return found
    }

    /// dbt reads models first, and tests of schema files last.
    private static func rank(_ node: Node) -> Int {
        switch node.resourceType {
        case .model: 0
        case .snapshot: 1
        case .seed: 3
        default: node.test == nil ? 2 : 4
        }
    }

    /// What dbt tells of names and of the project's own macros each time.
    func standingDeprecations(tellsAll: Bool) -> [ProjectWarning] {
        var found: [ProjectWarning] = []
        let spaced = spacedNames
        if !spaced.isEmpty, !refusesSpaces {
            for node in tellsAll ? spaced : Array(spaced.prefix(1)) { found.append(.init("SpacesInResourceNameDeprecation", "Found spaces in the name of `\(node.uniqueID)`", .taggedThenWrapped)) }
            let hint = tellsAll ? "" : " Run again with `--debug` to see them all."
            found.append(.init(
                "ResourceNamesWithSpacesDeprecation",
                "Spaces found in \(spaced.count) resource name(s). This is deprecated, and may lead to errors when using dbt.\(hint) For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors", .taggedDeprecation))
        }
        let isBatched = nodes.values.contains { $0.resourceType == .model && $0.config.materialized == "incremental" && $0.config["incremental_strategy"] == "microbatch" }
        if isBatched, project.flags["require_batched_execution_for_custom_microbatch_strategy"]?.boolValue != true, packages.contains(where: { macros["macro.\($0.name).get_incremental_microbatch_sql"] != nil }) {
            found.append(.init(
                "MicrobatchMacroOutsideOfBatchesDeprecation",
                "The use of a custom microbatch macro outside of batched execution is deprecated. To use it with batched execution, set `flags.require_batched_execution_for_custom_microbatch_strategy` to `True` in `dbt_project.yml`. In the future this will be the default behavior.",
                .taggedDeprecation))
        }
        return found
    }

    /// Behind what is told of batches.
    var deprecatedNamesakes: [ProjectWarning] {
        namesakes.map { first, second in
            .init(
                "DuplicateNameDistinctNodeTypesDeprecation",
                "Found resources with the same name '\(first.name)' in package '\(first.packageName)': '\(first.uniqueID)' and '\(second.uniqueID)'. Please update one of the resources to have a unique name.", .namelessDeprecation)
        }
    }
}
