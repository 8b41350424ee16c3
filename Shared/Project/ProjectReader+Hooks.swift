internal import Kernel

extension ProjectReader {
    /// The hooks of a run as nodes, in the order in which dbt 1.11 runs them: the project's, then each package's, by name.
    func hooks(of manifest: Manifest) -> [Manifest.Hook] {
        var found: [Manifest.Hook] = []
        for package in manifest.packages.prefix(1) + manifest.packages.dropFirst().sorted(by: { $0.name < $1.name }) {
            for (isAtStart, texts) in [(true, package.onRunStart), (false, package.onRunEnd)] {
                for (index, text) in texts.enumerated() { found.append(hook(text, index, isAtStart, package, manifest)) }
            }
        }
        return found
    }

    /// What a node's own hooks refer to counts as what the node refers to; a seed must refer to nothing.
    func addHooks(_ node: inout Node) {
        let texts = node.config.preHooks + node.config.postHooks
        guard texts.contains(where: { $0.contains("{{") || $0.contains("{%") }) else { return }
        for text in texts where host != nil && YAMLRenderer.hasTemplate(text) || text.contains("ref(") || text.contains("source(") {
            var template = node
            template.rawCode = text
            let capture = capture(template, text)
            for macro in capture.macros where !node.dependsOnMacros.contains(macro) { node.dependsOnMacros.append(macro) }
            // As in dbt, as often as it is said.
            node.refs += capture.refs
            node.sources += capture.sources
        }
        guard node.resourceType == .seed, !node.refs.isEmpty || !node.sources.isEmpty else { return }
        problems.add(
            "project.seed_depends",
            "Seeds cannot depend on other nodes. dbt detected a seed with a pre- or post-hook that calls 'ref', 'source', or 'metric', either directly or indirectly via other macros: '\(node.name)'",
            at: node.location, remedy: "refer to the relation by its name, or move the hook to a model")
    }

    private func hook(_ text: String, _ index: Int, _ isAtStart: Bool, _ package: PackageFile, _ manifest: Manifest) -> Manifest.Hook {
        let kind = isAtStart ? "on-run-start" : "on-run-end"
        let name = "\(package.name)-\(kind)-\(index)"
        var node = Node(
            uniqueID: "operation.\(package.name).\(name)", resourceType: .operation, name: name, packageName: package.name, path: "hooks/\(name).sql",
            originalFilePath: "./dbt_project.yml", rootFolder: package.folder, fqn: [package.name, "hooks", name], rawCode: text)
        node.inheritedTags = [kind]
        configure(&node, package, nil, JSONObject(), manifest)
        node.checksum = package.checksum
        do { _ = try environment.parse(text, name: "dbt_project.yml") } catch { problems.add(TemplateProblem.of(error, file: "dbt_project.yml", text: text)) }
        // A hook that cannot be rendered before its run tells nothing of what it refers to.
        if let template = try? environment.parse(text, name: "dbt_project.yml"), let capture = StaticReader.capture(template) ?? (canRender ? try? host?.capture(node) : nil) {
            node.refs = capture.refs
            node.sources = capture.sources
            node.dependsOnMacros = capture.macros
            node.dependsOn = capture.refs.compactMap { manifest.node(for: $0, from: package.name)?.uniqueID }
                + capture.sources.compactMap { manifest.source(for: $0, from: package.name)?.uniqueID }
        }
        // It is configured as a model is, and has what the hooks of all models call.
        addHooks(&node)
        return Manifest.Hook(node: node, isAtStart: isAtStart, index: index)
    }
}
