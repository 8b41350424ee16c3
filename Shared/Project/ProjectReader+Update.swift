internal import Jinja
internal import Kernel

/// What follows from files that have changed, come or gone: what they hold is read anew, and what depends on it; nothing else is.
///
/// The parts of a full reading do the work, each on less. Whatever is found wrong, the project is read anew to tell it.
extension ProjectReader {
    /// Each takes in more schema files.
    private static let roundsMax = 10

    /// - Parameters:
    ///   - last: the project as it was read before the change.
    ///   - base: its packages and its target.
    /// - Returns: nil where the project must be read anew.
    func update(_ last: Manifest, from base: Manifest, _ changes: FileChanges) -> Manifest? {
        // The arguments of a macro are those of its yml, over its own: these would be gone.
        guard !last.validatesMacroArguments else { return nil }
        // What one package says of another's source is laid over it when both are read.
        guard !last.sources.values.contains(where: \.isOverridden), !last.nodes.values.contains(where: \.isDescribedElsewhere), !last.warnings.contains(where: { $0.event == "UnusedTables" }) else { return nil }
        var scope = UpdateScope(last, changes)
        var start = last
        guard scope.isSound, readMacrosAgain(&start, &scope), problems.problems.isEmpty else { return nil }
        // Templates see the project as they do when it is read: without nodes.
        var seen = base
        (seen.macros, seen.macroFiles, seen.docs) = (start.macros, start.macroFiles, start.docs)
        guard (try? host?.prepare(seen)) != nil || host == nil else { return nil }
        overridesReferences = Self.overridesReferences(seen, host)
        for _ in 0..<Self.roundsMax {
            guard let (manifest, names) = readAgain(start, scope), problems.problems.isEmpty else { return nil }
            guard scope.widen(by: names, manifest) else { return host?.isBoundToCommand == true ? nil : finished(manifest) }
        }
        return nil
    }

    private func finished(_ manifest: Manifest) -> Manifest {
        var manifest = manifest
        manifest.environmentRead.formUnion(environmentRead.union(host?.environmentRead ?? []))
        manifest.warnings = ProjectWarning.sorted(manifest.warnings, packages: manifest.packages)
        return manifest
    }

    /// The project with the files of a scope read anew.
    ///
    /// - Returns: it, and the names of what others see otherwise than before; nil where that cannot be told.
    private func readAgain(_ start: Manifest, _ scope: UpdateScope) -> (Manifest, Set<String>)? {
        var manifest = start
        reread = scope.macros
        let schemas = manifest.packages.map { package in readSchemas(package, manifest) { scope.schemas.contains($0) } }
        guard schemas.allSatisfy(\.overrides.isEmpty) else { return nil }
        let patches = schemas.flatMap(\.patches)
        guard let files = files(describedBy: patches, start, scope) else { return nil }
        // What is read anew needs its description, also from a schema file in which nothing has changed.
        var lenders: Set<String> = []
        for node in Array(start.nodes.values) + start.disabled where files.contains(UpdateScope.path(of: node)) {
            if let path = node.patchPath { lenders.insert(scope.path(ofPatch: path)) }
        }
        for id in scope.macros { if let path = start.macros[id]?.patchPath { lenders.insert(scope.path(ofPatch: path)) } }
        lenders.subtract(scope.schemas)
        let lent = lenders.isEmpty ? [] : manifest.packages.flatMap { package in readSchemas(package, manifest) { lenders.contains($0) }.patches }

        let gone = remove(files, scope, from: &manifest)
        for source in schemas.flatMap(\.sources) { addSource(source, &manifest) }
        for schema in schemas { manifest.warnings += schema.warnings }
        for group in schemas.flatMap(\.groups) { add(group, &manifest) }
        let patchOf = patchesByName(patches + lent)
        for package in manifest.packages { readNodes(package, patchOf, &manifest) { files.contains($0) } }
        for node in schemas.flatMap(\.nodes) { addWritten(node, patchOf, &manifest) }
        guard manifest.packages.count == 1 || patches.allSatisfy({ strangers(described: $0, manifest).isEmpty }) else { return nil }
        for test in schemas.flatMap(\.tests) { addTest(test, &manifest) }
        describeMacros(patches + lent.filter { scope.macros.contains("macro.\($0.package.name).\($0.name)") }, &manifest)
        fillDescriptions(&manifest)
        checkPatches(patches, &manifest)
        let names = namesOfChanged(gone, manifest)
        let users = manifest.nodes.values.filter { node in
            !reread.contains(node.uniqueID)
                && (node.refs.contains { names.contains($0.name) } || node.sources.contains { names.contains($0.table) } || node.functions.contains { names.contains($0.last ?? "") })
        }.map(\.uniqueID)
        // A test that was turned off for want of what has come back is not among them.
        guard !manifest.disabled.contains(where: { node in
            node.resourceType == .test && node.test == nil && (node.refs.contains { names.contains($0.name) } || node.sources.contains { names.contains($0.table) })
        }) else { return nil }
        resolve(&manifest, nodes: reread.union(users).sorted())
        resolveUnitTests(&manifest)
        resolveMetrics(&manifest)
        manifest.hooks = hooks(of: manifest)
        checkSemantics(&manifest)
        guard problems.problems.isEmpty else { return nil }
        checkAccess(manifest)
        checkContracts(&manifest)
        checkBatches(&manifest)
        checkArguments(manifest)
        checkRelations(manifest)
        checkNames(manifest)
        let changed = Set(users).union(reread).union(gone.nodes.keys).union(gone.sources)
        let (parents, isTighter) = manifest.graph.relink(changed, manifest)
        guard !isTighter || manifest.graph.cycle() == nil else { return nil }
        var difference = Manifest.Difference(earlier: start.nameOfParse, resources: changed.union(gone.macros), parents: changed, children: changed.union(parents))
        // The tests of a model's columns make its primary key.
        for id in changed { for node in [gone.nodes[id], manifest.nodes[id]] { if let tested = node?.attachedNode { difference.resources.insert(tested) } } }
        manifest.difference = difference
        return (manifest, names)
    }

    // MARK: What is described otherwise

    /// The files of a scope, and those whose nodes its schema files describe otherwise than before.
    ///
    /// - Returns: nil where two schema files describe one node, or one describes a node that another holds.
    private func files(describedBy patches: [NodePatch], _ last: Manifest, _ scope: UpdateScope) -> Set<String>? {
        var files = scope.files
        var same: Set<String> = []
        let nodes = (Array(last.nodes.values) + last.disabled).filter { $0.test == nil }
        var places: [String: [Node]] = [:]
        for node in nodes {
            let name = node.resourceType == .snapshot ? node.name : FileTree.stem(of: node.originalFilePath)
            places["\(node.packageName)/\(Self.section(of: node.resourceType))/\(name)", default: []].append(node)
        }
        for patch in patches where patch.section != "macros" {
            let hash = patch.hash
            let file = "\(patch.package.name)://\(patch.file)"
            // The latest version may lie in a file without a suffix.
            for name in [patch.name] + (patch.version.map { $0.isLatest ? [$0.model] : [] } ?? []) {
                for node in places["\(patch.package.name)/\(patch.section)/\(name)"] ?? [] {
                    if node.patchHash == hash, node.patchPath == file, !scope.forced.contains(scope.path(ofPatch: file)) { same.insert(node.uniqueID); continue }
                    if let other = node.patchPath, other != file, !scope.schemas.contains(scope.path(ofPatch: other)) { return nil }
                    files.insert(UpdateScope.path(of: node))
                }
            }
        }
        for node in nodes where !same.contains(node.uniqueID) {
            if let path = node.patchPath, scope.schemas.contains(scope.path(ofPatch: path)) { files.insert(UpdateScope.path(of: node)) }
        }
        let schemas = files.filter(FileTree.isSchema)
        guard schemas.isSubset(of: scope.schemas) else { return nil }
        return files.subtracting(schemas)
    }

    // MARK: What goes first

    private struct Gone {
        var nodes: [String: Node] = [:]
        var sources: Set<String> = []
        /// What was read anew, or has lost its description.
        var macros: Set<String> = []
    }

    private func remove(_ files: Set<String>, _ scope: UpdateScope, from manifest: inout Manifest) -> Gone {
        var gone = Gone(macros: scope.macros.union(scope.goneMacros))
        func isGone(_ path: String) -> Bool { files.contains(path) || scope.schemas.contains(path) }
        for (id, node) in manifest.nodes where isGone(UpdateScope.path(of: node)) { gone.nodes[id] = node }
        for (id, node) in manifest.others where isGone(UpdateScope.path(of: node)) { gone.nodes[id] = node }
        for (id, source) in manifest.sources where isGone(scope.path(source.originalFilePath, of: source.packageName)) { gone.sources.insert(id) }
        for id in gone.nodes.keys {
            manifest.nodes[id] = nil
            manifest.others[id] = nil
        }
        for id in gone.sources { manifest.sources[id] = nil }
        manifest.disabled.removeAll { isGone(UpdateScope.path(of: $0)) }
        manifest.disabledSources.removeAll { isGone(scope.path($0.originalFilePath, of: $0.packageName)) }
        manifest.groups = manifest.groups.filter { !isGone(scope.path($0.value.originalFilePath, of: $0.value.packageName)) }
        manifest.latestVersions = manifest.latestVersions.filter { gone.nodes[$0.value] == nil }
        for (id, macro) in manifest.macros {
            guard let path = macro.patchPath, isGone(scope.path(ofPatch: path)) else { continue }
            manifest.macros[id]?.description = ""
            manifest.macros[id]?.arguments = []
            manifest.macros[id]?.config = JSONObject()
            manifest.macros[id]?.patchPath = nil
            gone.macros.insert(id)
        }
        manifest.warnings.removeAll { !$0.isLocal || isGone($0.path) }
        return gone
    }

    // MARK: What others see

    /// The names of what has come or gone, or is otherwise for those that name it: tests look at the group, unit tests and semantic
    /// models at the name in the warehouse.
    private func namesOfChanged(_ gone: Gone, _ manifest: Manifest) -> Set<String> {
        func facade(_ node: Node) -> [JSON] {
            [
                .string(node.name), node.version ?? .null, node.latestVersion ?? .null, .string(node.schema), .string(node.database), .string(node.alias), JSON(node.group),
                .string(node.access), .bool(node.isEphemeral),
            ]
        }
        var names: Set<String> = []
        func add(_ node: Node) {
            guard node.test == nil else { return }
            names.insert(node.name)
            names.insert(FileTree.stem(of: node.originalFilePath))
        }
        for (id, old) in gone.nodes where manifest[id].map({ facade($0) != facade(old) }) ?? true { add(old) }
        for id in reread where gone.nodes[id] == nil { if let node = manifest.nodes[id] { add(node) } }
        for id in gone.sources.symmetricDifference(reread.filter { manifest.sources[$0] != nil }) {
            if let name = id.split(separator: ".").last { names.insert(String(name)) }
        }
        return names
    }
}
