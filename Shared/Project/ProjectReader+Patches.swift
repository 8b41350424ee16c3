internal import Kernel

/// What the schema files say of nodes.
extension ProjectReader {
    /// What the schema files say of nodes: `package/section/name`.
    func patchesByName(_ patches: [NodePatch]) -> [String: NodePatch] {
        var found: [String: NodePatch] = [:]
        for patch in patches {
            let key = "\(patch.package.name)/\(patch.section)/\(patch.name)"
            if let twin = found[key], patch.version != nil, twin.version != nil {
                // The second has nothing left to describe but the latest version, which goes by the model's own name.
                if patch.version?.isLatest ?? false { found[key] = patch }
            } else if let twin = found[key], ["models", "seeds", "snapshots", "functions"].contains(patch.section) {
                isTwice(patch, twin.file, twin.line)
            } else {
                found[key] = patch
            }
        }
        // The latest version may lie in a file without a suffix.
        for patch in patches {
            guard let version = patch.version, version.isLatest else { continue }
            let key = "\(patch.package.name)/models/\(version.model)"
            if found[key] == nil { found[key] = patch }
        }
        return found
    }

    private func isTwice(_ patch: NodePatch, _ file: String, _ line: Int) {
        problems.add(
            "project.duplicate_patch", "dbt found two schema.yml entries for the same resource named \(patch.name). Resources and their associated columns may only be described a single time.", at: .file(patch.file, line: patch.line),
            remedy: "keep one; the other is in \(file):\(line)")
    }

    /// Describes a node, but for its configuration.
    static func describe(_ node: inout Node, by patch: NodePatch) {
        node.description = patch.description
        node.columns = patch.columns
        node.patchPath = "\(patch.package.name)://\(patch.file)"
        node.patchConfig = patch.config
        node.patchHash = patch.hash
        node.constraints = patch.constraints
        node.deprecationDate = patch.deprecationDate
        node.timeSpine = patch.timeSpine
        if node.resourceType == .function { (node.arguments, node.returns) = (patch.arguments, patch.returns) }
    }

    /// What a foreign key points to is built before, as dbt has it.
    static func addKeys(to node: inout Node) {
        guard node.resourceType == .model else { return }
        let constraints = node.columns.flatMap(\.constraints) + node.constraints
        for text in constraints.filter({ $0["type"] == "foreign_key" }).compactMap({ $0["to"]?.stringValue }) {
            guard let found = Capture.reference(text) else { continue }
            node.refs += found.refs
            node.sources += found.sources
        }
    }

    // MARK: Of other packages' nodes

    /// A package may describe a node of another's, where it has none of that name itself, or has it turned off in its own files.
    func lend(_ patches: [NodePatch], to manifest: inout Manifest) {
        guard manifest.packages.count > 1 else { return }
        for patch in patches {
            let strangers = strangers(described: patch, manifest)
            guard var node = strangers.first.flatMap({ manifest.nodes[$0] }) else { continue }
            // dbt looks no further where several are meant.
            guard strangers.count == 1 else {
                problems.add(Self.ambiguity(patch.name, strangers, at: .file(patch.file, line: patch.line)))
                continue
            }
            // Of the wrong kind: a warning tells of it.
            guard node.resourceType.section == patch.section else { continue }
            guard node.patchPath == nil else {
                isTwice(patch, node.patchPath.map { String($0.drop { $0 != ":" }.dropFirst(3)) } ?? "", 0)
                continue
            }
            withdraw(patch, &manifest)
            manifest.nodes[node.uniqueID] = nil
            Self.describe(&node, by: patch)
            Self.addKeys(to: &node)
            // As in dbt, which then takes the node for one of the package that describes it: what its own package's project says is lost where
            // there is another word, or one of dbt's own.
            if !patch.config.isEmpty {
                var config = node.config.values
                configure(&node, patch.package, patch.config, node.configCall, manifest)
                for (key, value) in node.config.values.pairs where !value.isNull { config[key] = value }
                node.config = NodeConfig(config)
                addHooks(&node)
            }
            put(node, &manifest)
        }
    }

    /// Where a reference means nodes of several packages.
    static func ambiguity(_ name: String, _ ids: [String], at location: ProblemLocation) -> ProjectProblem {
        let packages = ids.map { $0.split(separator: ".")[1] }
        return ProjectProblem(
            "project.ambiguous_ref", "When referencing '\(name)', dbt found nodes in multiple packages: '\(ids.joined(separator: "', '"))'", at: location,
            remedy: "use two-argument 'ref', with the package name first: '\(packages.joined(separator: "' or '"))'")
    }

    /// The nodes of other packages that an entry of a schema file is about: none where its own package has one that is not turned off in its file.
    func strangers(described patch: NodePatch, _ manifest: Manifest) -> [String] {
        guard patch.version == nil, ["models", "seeds", "snapshots", "functions", "analyses"].contains(patch.section) else { return [] }
        let own = ResourceType.allCases.first { $0.section == patch.section }
        let types = own.map { $0.isReferable ? [.model, .seed, .snapshot] : [$0] } ?? []
        func node(_ package: PackageFile) -> Node? {
            types.lazy.compactMap { manifest.nodes["\($0.rawValue).\(package.name).\(patch.name)"] }.first ?? manifest.latestVersions["\(package.name).\(patch.name)"].flatMap { manifest.nodes[$0] }
        }
        func isOff(_ node: Node) -> Bool { self.isOff(node, patch.package, manifest) }
        if let node = node(patch.package), !isOff(node) { return [] }
        if manifest.disabled.contains(where: { $0.packageName == patch.package.name && $0.name == patch.name && types.contains($0.resourceType) && !isOff($0) }) { return [] }
        return manifest.packages.filter { $0.name != patch.package.name }.compactMap { node($0)?.uniqueID }
    }

    /// What is turned off in its own file is as if nothing were said of it, where another node is described in its place.
    private func withdraw(_ patch: NodePatch, _ manifest: inout Manifest) {
        guard let type = ResourceType.allCases.first(where: { $0.section == patch.section }) else { return }
        let id = "\(type.rawValue).\(patch.package.name).\(patch.name)"
        if let node = manifest.nodes.removeValue(forKey: id) { manifest.disabled.append(node) }
        for index in manifest.disabled.indices where manifest.disabled[index].uniqueID == id && manifest.disabled[index].patchPath != nil {
            var node = manifest.disabled[index]
            (node.description, node.docBlocks, node.columns, node.constraints) = ("", [], [], [])
            (node.patchPath, node.patchHash, node.patchConfig, node.deprecationDate, node.timeSpine) = (nil, nil, JSONObject(), nil, .null)
            configure(&node, patch.package, nil, node.configCall, manifest)
            manifest.disabled[index] = node
        }
    }
}
