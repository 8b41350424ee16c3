internal import Jinja
internal import Kernel

/// Finds macros, custom tests, materializations and docs in a package's files.
struct MacroReader {
    let package: PackageFile
    let environment: Environment
    let problems: ProblemList

    private(set) var macros: [Macro] = []
    private(set) var files: [MacroFile] = []
    private(set) var docs: [Manifest.Doc] = []
    private var docPlaces: [String: Int] = [:]
    /// What each macro calls, by its unique id.
    private(set) var calls: [String: [MacroCall]] = [:]

    private(set) var warnings: [ProjectWarning] = []
    private let notesArguments: Bool

    /// - Parameter notesArguments: whether what a macro takes counts as described, also where no schema file does.
    init(package: PackageFile, environment: Environment, problems: ProblemList, notesArguments: Bool = false) {
        self.notesArguments = notesArguments
        self.package = package
        self.environment = environment
        self.problems = problems
    }

    mutating func readMacros() { for path in paths { readMacroFile(path) } }

    /// The files that may hold macros, below the package's folder, in the order in which they are read.
    var paths: [String] {
        (package.macroPaths + package.testPaths.map { "\($0)/generic" }).flatMap { folder in
            package.files(in: folder, [".sql"]).map { "\(folder)/\($0)" }
        }
    }

    /// The tags of blocks that define a macro: among the generic tests, only a test does.
    private func tags(in path: String) -> Set<String> {
        let isOfTests = package.testPaths.contains { path.hasPrefix("\($0)/generic/") } && !package.macroPaths.contains { path.hasPrefix("\($0)/") }
        return isOfTests ? ["test", "data_test"] : ["macro", "materialization", "test", "data_test"]
    }

    mutating func readMacroFile(_ path: String) {
        guard let text = FileTree.text(path, in: package.folder, problems) else { return }
        let written = Array(text.utf8)
        let blocks: [TopLevelBlocks.Block]
        var strays: [String] = []
        do { blocks = try TopLevelBlocks.all(in: written, of: path, tags: tags(in: path), strays: &strays) } catch { return problems.add(error) }
        if tags(in: path).count > 2 { warnings += strays.map { TopLevelBlocks.warning(of: $0, in: path, package, path) } }
        guard !blocks.isEmpty else { return }
        let masked = String(decoding: TopLevelBlocks.masked(written, to: blocks), as: UTF8.self)
        do {
            let template = try environment.parse(masked, name: path)
            let sites = template.calls { _ in true }
            let bytes = ProjectReader.trimmed(written)
            var end = bytes.startIndex
            for definition in template.definitions {
                guard let name = definition.macroName else { continue }
                let id = "macro.\(package.name).\(name)"
                if let twin = macros.first(where: { $0.uniqueID == id }) {
                    problems.add(
                        "project.duplicate_macro", "dbt found multiple macros named \"\(name)\" in the project \"\(package.name)\".", at: .file(path, line: definition.line),
                        remedy: "rename one; the other is in \(twin.originalFilePath):\(twin.line)")
                    continue
                }
                var macro = Macro(uniqueID: id, name: name, packageName: package.name, originalFilePath: path, rootFolder: package.folder, line: definition.line)
                macro.text = Self.wholeText(of: definition, in: bytes, from: &end)
                end += macro.text.utf8.count
                if definition.tag == "materialization" { macro.languages = Self.languages(of: definition) }
                if notesArguments {
                    let names = definition.tag == "materialization" ? ["supported_languages"] : definition.parameters.map(\.name.text)
                    macro.arguments = names.map { ["name": .string($0), "type": .null, "description": ""] }
                }
                macros.append(macro)
                calls[id] = sites.filter { definition.range.contains($0.offset) }.map(MacroCall.init)
            }
            files.append(MacroFile(packageName: package.name, path: path, text: masked))
        } catch {
            problems.add(TemplateProblem.of(error, file: path, text: text))
        }
    }

    /// As dbt cuts it out: with the white space before `{%-` and behind `-%}`, unless the definition before has taken that.
    ///
    /// - Parameter from: changed into where the text begins.
    private static func wholeText(of definition: Template.Definition, in bytes: ArraySlice<UInt8>, from end: inout Int) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        var (first, last) = (definition.range.lowerBound, definition.range.upperBound)
        if bytes[first...].starts(with: "{%-".utf8) { while first > end, isSpace(bytes[first - 1]) { first -= 1 } }
        if bytes[..<last].suffix(3).elementsEqual("-%}".utf8) { while last < bytes.endIndex, isSpace(bytes[last]) { last += 1 } }
        end = first
        return String(decoding: bytes[first..<last], as: UTF8.self)
    }

    /// The languages that a materialization builds models of: SQL, where it says nothing.
    private static func languages(of definition: Template.Definition) -> [String] {
        let stated = definition.options.first { $0.name == "supported_languages" }?.value.flatMap(StaticReader.literal)
        return NodeConfig.strings(stated ?? ["sql"])
    }

    mutating func readDocs() {
        for folder in package.docsPaths ?? package.modelPaths + package.seedPaths + package.macroPaths + package.analysisPaths {
            for file in package.files(in: folder, [".md"]) {
                let path = "\(folder)/\(file)"
                guard let text = FileTree.text(path, in: package.folder, problems), text.utf8.contains(UInt8(ascii: "{")) else { continue }
                do {
                    for block in try DocsBlock.all(in: text, of: path) { add(block, path, text) }
                } catch {
                    problems.add(error)
                }
            }
        }
    }

    private mutating func add(_ block: DocsBlock, _ path: String, _ text: String) {
        let id = "doc.\(package.name).\(block.name)"
        if let twin = docPlaces[id].map({ docs[$0] }) {
            problems.add(
                "project.duplicate_doc", "dbt found two docs with the name \"\(block.name)\".", at: .file(path, line: block.line),
                remedy: "change the name of one; the other is in \(twin.originalFilePath)")
            return
        }
        do {
            // A block is a template of its own, which knows nothing but Jinja itself.
            let template = try environment.parse(String(repeating: "\n", count: block.line - 1) + block.body, name: path)
            let rendered = ProjectReader.trimmed(try Interpreter(environment).render(template))
            docPlaces[id] = docs.count
            docs.append(Manifest.Doc(uniqueID: id, name: block.name, packageName: package.name, originalFilePath: path, text: rendered))
        } catch {
            problems.add(TemplateProblem.of(error, file: path, text: text))
        }
    }
}

/// A template's error as a problem of the project.
enum TemplateProblem {
    static func of(_ error: JinjaError, file: String, text: String) -> ProjectProblem {
        let line = error.line ?? 0
        let column = error.column ?? 0
        return ProjectProblem(
            error.kind == .syntax ? "project.bad_template" : "project.template_failed", error.message, at: .file(file, line: line, column: column),
            excerpt: Excerpt.of(text, line: line, column: column), remedy: "correct the template at the mark")
    }
}
