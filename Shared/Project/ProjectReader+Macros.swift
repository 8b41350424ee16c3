internal import Jinja
internal import Kernel

/// Macros and docs blocks of files that have changed, and what uses them.
extension ProjectReader {
    /// Reads them anew, and takes into the scope whatever may call or show them.
    ///
    /// - Returns: false where anything might.
    func readMacrosAgain(_ manifest: inout Manifest, _ scope: inout UpdateScope) -> Bool {
        if scope.hasDocs { readDocsAgain(&manifest, &scope) }
        guard !scope.macroFiles.isEmpty else { return true }
        var readers = manifest.packages.map { MacroReader(package: $0, environment: environment, problems: problems) }
        var names = Mentions()
        func add(_ name: String) {
            names.insert(name)
            // A dispatched macro is named without its prefix.
            if let prefix = MacroWords.endOfPrefix(name) { names.insert(String(name[prefix...])) }
        }
        func path(_ macro: Macro) -> String { "\(macro.rootFolder)/\(macro.originalFilePath)" }
        let known = Dictionary(grouping: manifest.macros.values, by: path)
        /// Reads a file of macros where it still is, and adds the names of what it defined and defines.
        func read(_ wanted: Set<String>) {
            for file in wanted { for macro in known[file] ?? [] { add(macro.name) } }
            for index in readers.indices {
                let before = readers[index].macros.count
                for file in readers[index].paths where wanted.contains("\(readers[index].package.folder)/\(file)") { readers[index].readMacroFile(file) }
                for macro in readers[index].macros[before...] { add(macro.name) }
            }
        }
        read(scope.macroFiles)
        while true {
            let callers = manifest.macroFiles.filter { file in
                !scope.macroFiles.contains(scope.path(file.path, of: file.packageName)) && (names.occur(in: file.text) || Self.computesNames(file.text))
            }
            guard !callers.isEmpty else { break }
            let paths = Set(callers.map { scope.path($0.path, of: $0.packageName) })
            scope.macroFiles.formUnion(paths)
            read(paths)
        }
        var library: Set<String> = []
        for text in host?.libraryTexts(for: manifest.target.type) ?? [] { library.formUnion(MacroWords.words(in: text)) }
        guard library.isDisjoint(with: names.names), put(readers, into: &manifest, &scope) else { return false }
        takeCallers(of: names, manifest, &scope)
        return true
    }

    func noteDispatch(_ calls: [MacroCall], of id: String, _ manifest: Manifest) {
        guard let fault = MacroCall.fault(in: calls, manifest, host), let macro = manifest.macros[id] else { return }
        problems.add("project.dispatch_failed", fault, at: .file(macro.originalFilePath, line: macro.line), remedy: "define the macro default__…, or correct the name")
    }

    /// - Returns: false where a macro is defined twice.
    private func put(_ readers: [MacroReader], into manifest: inout Manifest, _ scope: inout UpdateScope) -> Bool {
        let old = Dictionary(manifest.macroFiles.map { (scope.path($0.path, of: $0.packageName), $0) }) { first, _ in first }
        let described = manifest.macros.compactMapValues(\.patchPath)
        scope.goneMacros = Set(manifest.macros.filter { scope.macroFiles.contains("\($0.value.rootFolder)/\($0.value.originalFilePath)") }.keys)
        manifest.macros = manifest.macros.filter { !scope.macroFiles.contains("\($0.value.rootFolder)/\($0.value.originalFilePath)") }
        manifest.macroFiles = []
        for reader in readers {
            manifest.warnings += reader.warnings
            for var macro in reader.macros {
                // What describes it is looked up there again, also where that file has not changed.
                macro.patchPath = described[macro.uniqueID]
                guard manifest.macros.updateValue(macro, forKey: macro.uniqueID) == nil else { return false }
                scope.macros.insert(macro.uniqueID)
            }
            let new = Dictionary(reader.files.map { ($0.path, $0) }) { first, _ in first }
            for path in reader.paths {
                let whole = "\(reader.package.folder)/\(path)"
                if let file = scope.macroFiles.contains(whole) ? new[path] : old[whole] { manifest.macroFiles.append(file) }
            }
        }
        for (id, called) in readers.flatMap(\.calls) {
            noteDispatch(called, of: id, manifest)
            let targets = MacroCall.macros(called, by: id, in: manifest, host)
            manifest.macros[id]?.dependsOnMacros = targets
        }
        return true
    }

    /// Nodes whose texts hold one of the names.
    private func takeCallers(of names: Mentions, _ manifest: Manifest, _ scope: inout UpdateScope) {
        for node in Array(manifest.nodes.values) + manifest.disabled {
            let texts = [node.rawCode] + node.config.preHooks + node.config.postHooks + (node.test.map { [$0.macroName, $0.arguments.pairs.isEmpty ? "" : JSON.object($0.arguments).text()] } ?? [])
            guard texts.contains(where: { names.occur(in: $0) || Self.computesNames($0) }) else { continue }
            let path = UpdateScope.path(of: node)
            if FileTree.isSchema(path) { scope.insert(schema: path) } else { scope.files.insert(path) }
        }
        // What they depend on may be written as a template, which is not kept.
        for node in manifest.others.values where node.resourceType != .unitTest { scope.insert(schema: UpdateScope.path(of: node)) }
    }

    /// Whether a template may call macros that it does not name.
    private static func computesNames(_ text: String) -> Bool {
        let words = Mentions(["context", "dispatch"])
        guard words.occur(in: text) else { return false }
        if Mentions(["context"]).occur(in: text) { return true }
        for (index, part) in text.split(separator: "dispatch", omittingEmptySubsequences: false).enumerated() where index > 0 {
            let call = part.drop { $0 == " " }
            guard call.first == "(" else { continue }
            let argument = call.dropFirst().drop { $0.isWhitespace }
            if argument.first != "'", argument.first != "\"" { return true }
        }
        return false
    }

    private func readDocsAgain(_ manifest: inout Manifest, _ scope: inout UpdateScope) {
        let old = manifest.docs
        manifest.docs = []
        for package in manifest.packages {
            var reader = MacroReader(package: package, environment: environment, problems: problems)
            reader.readDocs()
            manifest.docs += reader.docs
        }
        let (before, now) = (Set(old), Set(manifest.docs))
        let names = Set(before.symmetricDifference(now).map(\.name))
        if !names.isEmpty { scope.force(names) }
    }
}
