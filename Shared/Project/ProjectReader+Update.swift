internal import Kernel

/// What follows from a changed text of single models, singular tests and analyses. Everything else that changes is rare, and has
/// consequences all over the project: then it is read anew.
extension ProjectReader {
    /// - Parameters:
    ///   - last: the project as it was read before the change.
    ///   - base: its packages and its target.
    /// - Returns: nil where the project must be read anew, also to tell what is wrong with it.
    func update(_ last: Manifest, from base: Manifest, _ changed: [String]) -> Manifest? {
        // Templates see the project as they do when it is read: without nodes.
        var seen = base
        (seen.macros, seen.macroFiles, seen.docs) = (last.macros, last.macroFiles, last.docs)
        guard (try? host?.prepare(seen)) != nil || host == nil else { return nil }
        let isPlain = last.packages.allSatisfy { !$0.restrictsAccess } && !last.nodes.values.contains { $0.access == "private" }
        let places = Dictionary(last.nodes.values.filter(Self.isAlone).map { ("\($0.rootFolder)/\($0.originalFilePath)", $0.uniqueID) }) { $1 }
        var manifest = last
        for path in changed {
            guard isPlain, let id = places[path], let old = last.nodes[id], let node = readAgain(old, seen, manifest) else { return nil }
            link(node, to: old, &manifest)
        }
        guard problems.problems.isEmpty, manifest.graph.cycle() == nil, host?.isBoundToCommand != true else { return nil }
        manifest.environmentRead.formUnion(environmentRead.union(host?.environmentRead ?? []))
        return manifest
    }

    /// Whether a node is the only one of its file, and the file's text all that it is.
    private static func isAlone(_ node: Node) -> Bool {
        (node.resourceType == .model && node.version == nil) || node.resourceType == .analysis || (node.resourceType == .test && node.test == nil)
    }

    /// The node with its new text; nil where more than its text, its configuration and its parents would change.
    private func readAgain(_ old: Node, _ seen: Manifest, _ manifest: Manifest) -> Node? {
        guard let package = manifest.packages.first(where: { $0.name == old.packageName }),
            let text = FileTree.text(old.originalFilePath, in: old.rootFolder, problems)
        else { return nil }
        var node = Node(
            uniqueID: old.uniqueID, resourceType: old.resourceType, name: old.name, packageName: old.packageName, path: old.path,
            originalFilePath: old.originalFilePath, rootFolder: old.rootFolder, fqn: old.fqn, rawCode: Self.trimmed(text))
        node.checksum = checksum(node.rawCode)
        let capture = self.capture(node, text)
        guard problems.problems.isEmpty, !["pre", "post"].contains(where: { capture.config["\($0)_hook"] != nil && capture.config["\($0)-hook"] != nil }) else { return nil }
        // What the schema files say of it, which have not changed.
        (node.description, node.docBlocks, node.columns, node.constraints) = (old.description, old.docBlocks, old.columns, old.constraints)
        (node.patchPath, node.patchConfig, node.deprecationDate, node.timeSpine) = (old.patchPath, old.patchConfig, old.deprecationDate, old.timeSpine)
        node.refs = capture.refs
        node.sources = capture.sources
        node.dependsOnMacros = capture.macros
        node.functions = capture.functions
        configure(&node, package, old.patchConfig, capture.config, seen)
        addHooks(&node)
        // Others look at these: tests and readers at the group, semantic models and unit tests at the name.
        guard node.config.isEnabled, node.group == old.group, node.access == old.access, node.schema == old.schema, node.database == old.database,
            node.alias == old.alias, node.config["contract"]?["enforced"] != true, old.config["contract"]?["enforced"] != true
        else { return nil }
        let parents = node.sources.map { manifest.source(for: $0, from: node.packageName)?.uniqueID }
            + node.refs.map { manifest.node(for: $0, from: node.packageName)?.uniqueID }
            + node.functions.map { manifest.function($0, from: node.packageName)?.uniqueID }
        guard !parents.contains(nil) else { return nil }
        let found = parents.compactMap { $0 }
        node.dependsOn = found.indices.filter { found.firstIndex(of: found[$0]) == $0 }.map { found[$0] }
        return node
    }

    private func link(_ node: Node, to old: Node, _ manifest: inout Manifest) {
        let id = node.uniqueID
        manifest.nodes[id] = node
        manifest.graph.parents[id] = node.dependsOn
        for parent in Set(old.dependsOn).subtracting(node.dependsOn) { manifest.graph.children[parent]?.removeAll { $0 == id } }
        for parent in Set(node.dependsOn).subtracting(old.dependsOn) {
            manifest.graph.children[parent, default: []].append(id)
            manifest.graph.children[parent]?.sort()
        }
    }
}
