internal import Kernel

/// Data tests, as schema files write them.
extension ProjectReader {
    func addTest(_ written: WrittenTest, _ manifest: inout Manifest) {
        // Of a node that is turned off, or not there: a test of it is turned off when references are resolved.
        var reader = GenericTestReader(problems: problems, renderer: schemaRenderer(of: written.package.name, manifest))
        reader.nestsArguments = manifest.project.flags["require_generic_test_arguments_property"]?.boolValue ?? true
        let written = reader.node(for: written).map { (written, $0) }
        manifest.warnings += reader.warnings
        guard let (written, read) = written, let test = read.test else { return }
        var node = read
        let macroID = macro(named: test.macroName, namespace: test.namespace, package: written.package.name, manifest)
        // dbt reads the two shortest tests without rendering them, so their macros are all that they call.
        let isShort = macroID == "macro.dbt.test_not_null" || macroID == "macro.dbt.test_unique"
        // A test that nobody has defined fails when it is run, and the project may be run without it; in its place stands null.
        node.dependsOnMacros = [macroID ?? ""] + (isShort || test.arguments["model"] == nil ? [] : ["macro.dbt.get_where_subquery"])
        let mayRefer = macroID.map { !$0.hasPrefix("macro.dbt.") && self.mayRefer($0, manifest) } ?? false
        var own = JSONObject(), isCaptured = false
        // Under `arguments`, where the project does not want them there, a test gets a word that it does not know.
        let isPlain = reader.nestsArguments || test.arguments["arguments"] == nil
        if isPlain, Self.isSound(test), let capture = StaticReader.references(in: test.arguments, model: written.ref, environment: environment), !mayRefer {
            node.refs = capture.refs
            node.sources = capture.sources
        } else if let host, canRender {
            do {
                let capture = try host.capture(node)
                node.refs = capture.refs
                node.sources = capture.sources
                node.functions = capture.functions
                node.metrics = capture.metrics
                (own, isCaptured) = (capture.config, true)
            } catch {
                note(error, at: written.value.location, of: node)
            }
        }
        node.configCall = node.config.values
        // What the test's own macro says with config() gives way to what is written at the test.
        ConfigMerge.join(node.config.values, into: &own)
        // As in dbt, a test that is rendered calls config() with it once more, so that its tags stand twice.
        if !isShort, !isCaptured { ConfigMerge.join(node.config.values, into: &own) }
        configure(&node, written.package, nil, own, manifest)
        let attached = written.ref.flatMap { tested($0, written.package, manifest) }
        node.attachedNode = attached?.uniqueID
        node.testGroup = attached?.group
        node.fileKeyName = "\(written.section).\(written.ref?.name ?? written.sourceName)"
        if manifest.nodes[node.uniqueID] != nil {
            problems.add(
                "project.duplicate_test", "dbt found two data_tests with the name \"\(node.name)\" defined on \(node.columnName.map { "column \"\($0)\" in " } ?? "")\"\(node.fileKeyName ?? "")\"", at: written.value.location,
                remedy: "remove one, or give one a name of its own")
            return
        }
        put(node, &manifest)
    }

    /// What a test stands under. dbt looks in the package of the schema file alone: among what its own file and the project leave on, whatever
    /// schema files say, or by name, which no version has, among what is turned off.
    private func tested(_ ref: Ref, _ package: PackageFile, _ manifest: Manifest) -> Node? {
        let node = manifest.node(for: ref, of: package.name)
        guard let version = ref.version else { return node ?? manifest.disabled.first { $0.name == ref.name && $0.resourceType.isReferable && $0.version == nil } }
        guard let node = node ?? manifest.disabled.first(where: { $0.uniqueID == "model.\(package.name).\(ref.name).v\(version)" }) else { return nil }
        // Until schema files are read, a version is a model of its file's name.
        var unversioned = node
        unversioned.fqn = node.fqn.dropLast(2) + [FileTree.stem(of: node.path)]
        return isOff(unversioned, package, manifest) ? nil : node
    }

    /// Whether the project or the node's own file turns it off, as far as no schema file is asked.
    func isOff(_ node: Node, _ package: PackageFile, _ manifest: Manifest) -> Bool {
        let project = projectConfig(of: node, package, manifest)
        return (project.above.reversed().lazy.compactMap { $0["enabled"] }.first ?? node.configCall["enabled"] ?? project.config["enabled"]) == false
    }

    /// Whether the test's macro can go through what it is given.
    private static func isSound(_ test: TestMetadata) -> Bool {
        guard test.name == "accepted_values", let values = test.arguments["values"] else { return true }
        return values.arrayValue != nil || values.objectValue != nil || values.stringValue != nil
    }

    private func macro(named name: String, namespace: String?, package: String, _ manifest: Manifest) -> String? {
        let order = namespace.map { [$0] } ?? [package, manifest.project.name] + manifest.packages.map(\.name)
        for owner in order where manifest.macros["macro.\(owner).\(name)"] != nil { return "macro.\(owner).\(name)" }
        return (namespace ?? "dbt") == "dbt" && GenericTests.names.contains(String(name.dropFirst(5))) ? "macro.dbt.\(name)" : nil
    }

    /// Whether a test's macro, or one that it calls, might refer to more than its arguments, or configure the test.
    private func mayRefer(_ macroID: String, _ manifest: Manifest) -> Bool {
        let index = macroWords ?? MacroWords(manifest.macroFiles)
        macroWords = index
        guard let macro = manifest.macros[macroID] else { return true }
        return index.anyReachable(from: macro.name, of: macro.packageName, mentions: ["ref", "source", "config", "metric"])
    }
}
