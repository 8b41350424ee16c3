internal import Jinja
internal import Kernel

extension ProjectReader {
    /// Turns every written reference into the node that it means: of these nodes, and of all others that were read.
    func resolve(_ manifest: inout Manifest, nodes: [String]) {
        for id in nodes {
            if let test = manifest.nodes[id], test.resourceType == .test {
                let reasons = lacks(of: test, manifest)
                guard reasons.isEmpty else {
                    turnOff(test, reasons, &manifest)
                    continue
                }
            }
            // Not held while it is changed: it would be copied.
            guard let parents = manifest.nodes[id].map({ parents(of: $0, manifest) }), !parents.isEmpty || manifest.nodes[id]?.dependsOn.isEmpty == false else { continue }
            if let node = manifest.nodes[id] { tell(of: node, parents, &manifest) }
            // Each once, in the order of the text: there are few.
            manifest.nodes[id]?.dependsOn = parents.indices.filter { parents.firstIndex(of: parents[$0]) == $0 }.map { parents[$0] }
        }
        for id in manifest.others.keys.sorted() where reread.contains(id) {
            guard var node = manifest.others[id], node.resourceType == .exposure || node.resourceType == .semanticModel else { continue }
            if node.resourceType == .semanticModel, !node.sources.isEmpty {
                problems.add(
                    "project.bad_source", "'source' is undefined. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with \"dbt deps\".",
                    at: node.location, remedy: "a semantic model is of a model: model: ref('…')")
                continue
            }
            for ref in node.sources {
                if let parent = manifest.source(for: ref, from: node.packageName) { node.dependsOn.append(parent.uniqueID) } else { missing(ref, in: node, manifest) }
            }
            for ref in node.refs {
                if let parent = parent(ref, of: node, manifest) { node.dependsOn.append(parent) } else { missing(ref, in: node, manifest) }
            }
            tell(of: node, node.dependsOn, &manifest)
            manifest.others[id] = node
        }
    }

    /// What a test reads that is not there, or turned off. Of what is nowhere dbt always names a package, be it none.
    private func lacks(of test: Node, _ manifest: Manifest) -> [(words: String, isOff: Bool, isTold: Bool)] {
        let nodes = test.refs.filter { manifest.node(for: $0, from: test.packageName) == nil }.map { ref in
            let isOff = manifest.disabled.contains { $0.name == ref.name && $0.resourceType != .test }
            let package = isOff && ref.package == nil ? "" : " in package '\(ref.package ?? "")'"
            return (words: "a node named '\(ref.name)'\(package) which \(isOff ? "is disabled" : "was not found")", isOff: isOff, isTold: !isOff)
        }
        return nodes + test.sources.filter { manifest.source(for: $0, from: test.packageName) == nil }.map { ref in
            let isOff = manifest.disabledSources.contains { $0.sourceName == ref.source && $0.name == ref.table }
            return (words: "a source named '\(ref.source).\(ref.table)' \(isOff ? "which is disabled" : "in package '' which was not found")", isOff: isOff, isTold: true)
        }
    }

    /// As in dbt, a test of what is not there is no error: it is turned off, and told of.
    private func turnOff(_ test: Node, _ lacks: [(words: String, isOff: Bool, isTold: Bool)], _ manifest: inout Manifest) {
        manifest.nodes[test.uniqueID] = nil
        var off = test
        var config = off.config.values
        config["enabled"] = false
        off.config = NodeConfig(config)
        off.dependsOn = []
        manifest.disabled.append(off)
        // dbt tells of a node that is turned off nowhere but in its log, of a source everywhere.
        for lack in lacks {
            manifest.warnings.append(.init(
                lack.isOff ? "InvalidDisabledTargetInTestNode" : "NodeNotFoundOrDisabled", "\(Self.dependent(test)) \(lack.words)", lack.isTold ? .tagged : .hint,
                in: test.rootFolder, test.originalFilePath, place: ProjectWarning.ofReferences))
        }
    }

    private func parents(of node: Node, _ manifest: Manifest) -> [String] {
        var parents: [String] = []
        // Sources first, as dbt has them: some templates look at the first parent alone.
        for ref in node.sources {
            if let parent = manifest.source(for: ref, from: node.packageName) { parents.append(parent.uniqueID) } else { missing(ref, in: node, manifest) }
        }
        for ref in node.refs {
            if let parent = parent(ref, of: node, manifest) { parents.append(parent) } else { missing(ref, in: node, manifest) }
        }
        for names in node.functions {
            if let parent = manifest.function(names, from: node.packageName) { parents.append(parent.uniqueID) } else { missing(function: names, in: node, manifest) }
        }
        return parents
    }

    private func parent(_ ref: Ref, of node: Node, _ manifest: Manifest) -> String? {
        let namesakes = manifest.namesakes(of: ref, from: node.packageName)
        if !namesakes.isEmpty { problems.add(Self.ambiguity(ref.name, namesakes, at: place(of: ref.name, after: "ref", in: node).0).of(node)) }
        return manifest.node(for: ref, from: node.packageName)?.uniqueID
    }

    /// That a package's node reads one of the project's without naming the project.
    private func tell(of node: Node, _ parents: [String], _ manifest: inout Manifest) {
        let root = manifest.project
        guard node.packageName != root.name, node.resourceType != .seed, root.flags["require_ref_searches_node_package_before_root"]?.boolValue != true else { return }
        for ref in node.refs where ref.package != root.name {
            guard let parent = manifest.node(for: ref, from: node.packageName), parent.packageName == root.name, parents.contains(parent.uniqueID) else { continue }
            let text = "The node '\(node.name)'in package '\(node.packageName)' depends on the root project node '\(parent.uniqueID)'.This may lead to unexpected cycles downstream. Please set the 'require_ref_prefers_node_package_to_root' behavior change flag to True to avoid this issue.For more information, see the documentation at https://docs.getdbt.com/reference/global-configs/behavior-changes#require_ref_prefers_node_package_to_root"
            let place = ProjectWarning.ofReferences + (node.test != nil || node.resourceType == .test ? 0 : manifest.nodes[node.uniqueID] == nil ? 1 : -1)
            manifest.warnings.append(.init("PackageNodeDependsOnRootProjectNode", text, in: node.rootFolder, node.originalFilePath, place: place))
        }
    }

    /// As dbt says it: `Model 'model.shop.orders' (models/orders.sql) depends on`.
    public static func dependent(_ node: Node) -> String {
        let words = node.resourceType.rawValue.split(separator: "_").map { "\($0.prefix(1).uppercased())\($0.dropFirst())" }
        return "\(words.joined(separator: "_")) '\(node.uniqueID)' (\(node.originalFilePath)) depends on"
    }

    private func missing(_ ref: Ref, in node: Node, _ manifest: Manifest) {
        let (location, excerpt) = place(of: ref.name, after: "ref", in: node)
        let version = ref.version.map { " with version '\($0)'" } ?? ""
        let package = ref.package.map { " in package or project '\($0)'" } ?? ""
        let subject = "\(Self.dependent(node)) a node named '\(ref.name)'\(version)\(package)"
        if let disabled = manifest.disabled.first(where: { $0.name == ref.name && $0.resourceType != .test }) {
            problems.add(ProjectProblem(
                "project.ref_disabled", "\(subject) which is disabled", at: location, excerpt: excerpt,
                remedy: "enable \(disabled.originalFilePath), or remove the reference"))
            return
        }
        // In an order of its own, so that of two that are as near the same one is told each time.
        let known = manifest.nodes.values.filter(\.resourceType.isReferable).sorted { $0.uniqueID < $1.uniqueID }
        // Packages may each have one of that name: the one that the reader of the message wrote, else the first by its id.
        let near = Similarity.nearest(to: ref.name, among: known.map(\.name)).flatMap { name in
            known.filter { $0.name == name }.min { ($0.packageName == node.packageName ? 0 : 1, $0.uniqueID) < ($1.packageName == node.packageName ? 0 : 1, $1.uniqueID) }
        }
        problems.add(ProjectProblem(
            "project.ref_not_found", "\(subject) which was not found", at: location, excerpt: excerpt,
            remedy: near.map { "'\($0.name)' is defined in \($0.originalFilePath); correct the name or add the model" } ?? "add the model, or correct the name"))
    }

    private func missing(function names: [String], in node: Node, _ manifest: Manifest) {
        let name = names.joined(separator: ".")
        let (location, excerpt) = place(of: names.last ?? "", after: "function", in: node)
        let near = Similarity.nearest(to: name, among: manifest.nodes.values.filter { $0.resourceType == .function }.map(\.name).sorted())
        problems.add(ProjectProblem(
            "project.function_not_found", "\(node.resourceType.rawValue) '\(node.name)' calls the function '\(name)', which this project does not define", at: location,
            excerpt: excerpt, remedy: near.map { "did you mean '\($0)'?" } ?? "add it to functions/, or correct the name"))
    }

    private func missing(_ ref: SourceRef, in node: Node, _ manifest: Manifest) {
        // Where an entry was refused the source may well be written there.
        guard !problems.problems.contains(where: { ["project.bad_entry", "project.unreadable_schema"].contains($0.code) }) else { return }
        let (location, excerpt) = place(of: ref.source, after: "source", in: node)
        let known = manifest.sources.values.map { "\($0.sourceName).\($0.name)" }.sorted()
        let near = Similarity.nearest(to: "\(ref.source).\(ref.table)", among: known)
        problems.add(ProjectProblem(
            "project.source_not_found", "\(Self.dependent(node)) a source named '\(ref.source).\(ref.table)' which was not found",
            at: location, excerpt: excerpt, remedy: near.map { "did you mean '\($0)'?" } ?? "add it under sources: in a schema file"))
    }

    /// Where a node's own file names something, as `ref('name')`; the file alone where the name is computed.
    private func place(of name: String, after function: String, in node: Node) -> (ProblemLocation, String) {
        guard node.test == nil, isInTemplate(node) else { return (.file(node.originalFilePath, line: node.line), "") }
        let text = FileTree.text("\(node.rootFolder)/\(node.originalFilePath)") ?? node.rawCode
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for quote in ["'", "\""] {
                guard let column = Self.column(of: "\(quote)\(name)\(quote)", in: line), let call = Self.column(of: function, in: line), call < column else { continue }
                return (.file(node.originalFilePath, line: index + 1, column: column), Excerpt.of(text, line: index + 1, column: column, width: name.utf8.count + 2))
            }
        }
        return (node.location, "")
    }

    private func isInTemplate(_ node: Node) -> Bool { !FileTree.isSchema(node.originalFilePath) }

    private static func column(of needle: String, in line: Substring) -> Int? {
        let bytes = Array(line.utf8)
        let wanted = Array(needle.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }.map { $0 + 1 }
    }

    func checkCycles(_ manifest: Manifest) {
        guard let cycle = manifest.graph.cycle() else { return }
        problems.add(
            "project.cycle", "Found a cycle: \(cycle.joined(separator: " --> "))",
            at: cycle.first.flatMap { manifest.nodes[$0]?.location } ?? .named(""), remedy: "remove one of these references")
    }

    /// A patch for a model that does not exist does nothing; dbt warns, so do we.
    func checkPatches(_ patches: [NodePatch], _ manifest: inout Manifest) {
        for patch in patches where ["models", "seeds", "snapshots", "analyses"].contains(patch.section) {
            let ref = patch.version.map { Ref(name: $0.model, version: PythonText.text($0.number)) } ?? Ref(name: patch.name)
            let found = manifest.node(for: ref, of: patch.package.name) ?? manifest.node(for: ref, from: patch.package.name)
            let exists = found != nil || manifest.disabled.contains { node in
                node.resourceType.section == patch.section && (patch.version.map { node.name == $0.model || node.name == patch.name } ?? (node.name == patch.name && node.packageName == patch.package.name))
            }
            let place = ProjectWarning.place(of: patch.section)
            if let found, "\(found.resourceType.rawValue)s" != patch.section {
                let type = found.resourceType.rawValue
                manifest.warnings.append(
                    .init(
                        "WrongResourceSchemaFile",
                        "'\(patch.name)' is a \(type) node, but it is specified in the \(patch.section) section of \(patch.file). To fix this error, place the `\(patch.name)` specification under the \(type)s key instead.",
                        .wrappedThenTagged, in: patch.package.folder, patch.file, place: place))
            }
            guard !exists else { continue }
            manifest.warnings.append(
                .init(
                    "NoNodeForYamlKey", "Did not find matching node for patch with name '\(patch.version?.model ?? patch.name)' in the '\(patch.section)' section of file '\(patch.file)'",
                    in: patch.package.folder, patch.file, place: place))
        }
    }

    /// Fills `{{ doc('…') }}` in descriptions of what was read; another's may by now hold what looks like a template.
    func fillDescriptions(_ manifest: inout Manifest) {
        let described = manifest.nodes.values.filter { node in
            guard reread.contains(node.uniqueID) else { return false }
            return YAMLRenderer.hasTemplate(node.description) || node.columns.contains { YAMLRenderer.hasTemplate($0.description) }
        }
        for id in described.map(\.uniqueID).sorted() {
            guard var node = manifest.nodes.removeValue(forKey: id) else { continue }
            node.docBlocks = fill(&node.description, of: node.uniqueID, node.packageName, node.location, manifest)
            fill(&node.columns, of: node.uniqueID, node.packageName, node.location, manifest)
            manifest.nodes[id] = node
        }
        for id in manifest.others.keys.sorted() where reread.contains(id) {
            // As in dbt, what is said of a unit test stays as it is written.
            guard var node = manifest.others[id], node.resourceType != .unitTest, YAMLRenderer.hasTemplate(node.description) else { continue }
            _ = fill(&node.description, of: node.uniqueID, node.packageName, node.location, manifest)
            manifest.others[id] = node
        }
        for id in manifest.macros.keys.sorted() where reread.contains(id) {
            guard var macro = manifest.macros[id], YAMLRenderer.hasTemplate(macro.description) else { continue }
            _ = fill(&macro.description, of: macro.uniqueID, macro.packageName, .file(macro.originalFilePath), manifest)
            manifest.macros[id] = macro
        }
        for id in manifest.sources.keys.sorted() where reread.contains(id) {
            guard var source = manifest.sources[id] else { continue }
            let place = ProblemLocation.file(source.originalFilePath, line: source.line)
            source.docBlocks = fill(&source.description, of: source.uniqueID, source.packageName, place, manifest)
            _ = fill(&source.sourceDescription, of: source.uniqueID, source.packageName, place, manifest)
            fill(&source.columns, of: source.uniqueID, source.packageName, place, manifest)
            manifest.sources[id] = source
        }
    }

    private func fill(_ columns: inout [Column], of owner: String, _ package: String, _ place: ProblemLocation, _ manifest: Manifest) {
        for index in columns.indices where YAMLRenderer.hasTemplate(columns[index].description) {
            columns[index].docBlocks = fill(&columns[index].description, of: owner, package, place, manifest)
        }
    }

    /// - Returns: the ids of the blocks that went in.
    private func fill(_ text: inout String, of owner: String, _ package: String, _ place: ProblemLocation, _ manifest: Manifest) -> [String] {
        guard YAMLRenderer.hasTemplate(text) else { return [] }
        var used: [String] = []
        let doc = Value.function("doc") { arguments, _ in
            let names = arguments.positional.compactMap(\.asString)
            let name = names.last ?? ""
            for owner in manifest.owners(of: names.count == 2 ? names[0] : nil, from: package) {
                if let doc = manifest.doc(name, of: owner) {
                    used.append(doc.uniqueID)
                    return .string(doc.text)
                }
            }
            let near = Similarity.nearest(to: name, among: manifest.docs.map(\.name))
            throw ProjectProblem("project.doc_not_found", "Documentation for '\(owner)' depends on doc '\(name)' which was not found", at: place, remedy: near.map { "did you mean '\($0)'?" } ?? "add it to a .md file")
        }
        let context = schemaRenderer(of: package, manifest).context
        context.variables["doc"] = doc
        do { text = try Interpreter(environment).render(environment.parse(text, name: place.description), context) } catch { note(error, at: place) }
        return used
    }
}
