internal import Digest
internal import Jinja
public import Kernel

/// Reads a dbt project from disk.
///
/// - Everything that is wrong is reported at once; a manifest is a project without problems.
/// - The same files, settings and environment give the same manifest on every machine.
public final class ProjectReader {
    private let settings: ReaderSettings
    let host: (any ParseTimeHost)?
    let problems = ProblemList()
    let environment = DbtSyntax.environment
    private var renderer: YAMLRenderer
    private(set) var environmentRead: Set<String> = []
    var canRender = true
    /// Whether a macro stands for one of the words that references are read off by.
    var overridesReferences = false
    private var adapter = ""
    var projectConfigs: [String: ProjectConfig] = [:]
    var macroWords: MacroWords?
    /// What was read and added, by unique id: all of a project, or the part of it that has changed.
    var reread: Set<String> = []
    /// What became of the last reading's cache, for whoever debugs; nil where it was not asked for.
    public private(set) var cacheNote: String?
    /// The warnings of files that were read now, and those that are new: dbt tells no others. Also where the reading fails in the end. What
    /// dbt_project.yml says stands in ``PackageFile/warnings``.
    public private(set) var news: [ProjectWarning] = []
    /// What the project files themselves have to say; there although what follows them cannot be read.
    public private(set) var fileWarnings: [ProjectWarning] = []

    public init(_ settings: ReaderSettings, host: (any ParseTimeHost)? = nil) {
        self.settings = settings
        self.host = host
        renderer = YAMLRenderer(environment: settings.environment, vars: settings.vars)
    }

    public func read() throws(ProjectProblems) -> Manifest {
        renderer.onEnvironmentRead = { [weak self] in self?.environmentRead.insert($0) }
        renderer.words = { [weak host] in host?.word(ofSchemas: $0) }
        let target = try readTarget()
        renderer.target = .object(target.visible)
        adapter = target.type
        let project = try PackageFileReader(folder: settings.projectFolder, renderer: renderer).read(problems: problems)
        var manifest = Manifest(packages: try packages(of: project), target: target, commandVars: settings.vars)
        manifest.commandDates = settings.dates
        fileWarnings = manifest.packages.flatMap(\.warnings)
        if settings.checksVersion {
            for package in manifest.packages { checkVersion(package) }
            // What else is wrong may be what is new to this version.
            if problems.problems.contains(where: { $0.code == "project.version_refused" }) { try problems.throwIfAny() }
        }
        for (name, value) in settings.environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("DBT_ENV_CUSTOM_ENV_") {
            manifest.metadataEnvironment[String(name.dropFirst(19))] = .string(value)
        }
        manifest.selectors = SelectorsFile.read(in: settings.projectFolder, renderer: renderer, problems: problems)
        let keeper = settings.keepsCache ? ParseKeeper(settings, manifest) : nil
        if let keeper, problems.problems.isEmpty, settings.usesCache ?? project.flags["partial_parse"]?.boolValue ?? true {
            do throws(ParseCache.Miss) {
                var last = manifest
                let changes = try keeper.load(into: &last)
                if changes.isEmpty {
                    cacheNote = "Partial parsing enabled, no changes found, skipping parsing"
                    last.environmentRead.formUnion(environmentRead)
                    news = []
                    return last
                }
                if var updated = update(last, from: manifest, changes) {
                    cacheNote = "Partial parsing enabled: \(changes.deleted.count) files deleted, \(changes.added.count) files added, \(changes.changed.count) files changed."
                    news = updated.warnings.filter { changes.all.contains($0.path) || !last.warnings.contains($0) }
                    keeper.store(&updated)
                    return updated
                }
                problems.removeAll()
                reread.removeAll()
                throw .files(changes.all.sorted())
            } catch {
                cacheNote = "Unable to do partial parsing because \(error). Starting full parse."
            }
        }
        let known = problems.problems.count
        readMacros(into: &manifest)
        // A template that calls a broken macro would fail for that reason alone, so such templates wait for the repair.
        canRender = problems.problems.count == known
        overridesReferences = Self.overridesReferences(manifest, host)
        do { try host?.prepare(manifest) } catch { note(error, at: .file("macros")) }

        var schemas: [SchemaReader] = []
        for package in manifest.packages {
            let schema = readSchemas(package, manifest, overrides: schemas.last?.overrides ?? [:])
            manifest.warnings += schema.warnings
            for source in schema.sources { addSource(source, &manifest) }
            schemas.append(schema)
        }
        let unused = SourceOverride.unused(schemas.last?.overrides ?? [:])
        if !unused.isEmpty {
            let text = (["During parsing, dbt encountered source overrides that had no target:"] + unused + [""]).joined(separator: "\n")
            manifest.warnings.append(.init("UnusedTables", text, in: manifest.project.folder, "", place: ProjectWarning.ofSourceTests))
        }
        for group in schemas.flatMap(\.groups) { add(group, &manifest) }
        let patches = schemas.flatMap(\.patches)
        let patchOf = patchesByName(patches)
        for package in manifest.packages { readNodes(package, patchOf, &manifest) }
        for node in schemas.flatMap(\.nodes) { addWritten(node, patchOf, &manifest) }
        lend(patches, to: &manifest)
        for test in schemas.flatMap(\.tests) { addTest(test, &manifest) }
        describeMacros(patches, &manifest)
        fillDescriptions(&manifest)
        checkPatches(patches, &manifest)
        settle(&manifest, nodes: manifest.nodes.keys.sorted())
        news = ProjectWarning.sorted(manifest.warnings, packages: manifest.packages)
        try problems.throwIfAny()
        manifest.graph = Graph(manifest)
        checkCycles(manifest)
        manifest.environmentRead = environmentRead.union(host?.environmentRead ?? [])
        manifest.warnings = ProjectWarning.sorted(manifest.warnings, packages: manifest.packages)
        news = manifest.warnings
        try problems.throwIfAny()
        if host?.isBoundToCommand == true { keeper?.forget() } else { keeper?.store(&manifest) }
        return manifest
    }

    /// What comes when all that was read is there: words become nodes, and what has to hold between them is checked.
    ///
    /// - Parameter nodes: those that were read now, and those that depend on them.
    func settle(_ manifest: inout Manifest, nodes: [String]) {
        resolve(&manifest, nodes: nodes)
        resolveUnitTests(&manifest)
        resolveMetrics(&manifest)
        manifest.hooks = hooks(of: manifest)
        checkAccess(manifest)
        checkContracts(&manifest)
        checkBatches(&manifest)
        checkArguments(manifest)
        checkRelations(manifest)
        checkNames(manifest)
        checkSemantics(&manifest)
    }

    /// Whether the project, or a package, has a macro in the place of a word that references are read off by.
    static func overridesReferences(_ manifest: Manifest, _ host: (any ParseTimeHost)?) -> Bool {
        host != nil && manifest.macros.values.contains { ["ref", "source", "config", "function", "metric", "is_incremental"].contains($0.name) }
    }

    // MARK: Project and packages

    /// `dbt_project.yml` alone, for what needs no more.
    public static func packageFile(in folder: String, environment: [String: String], vars: JSONObject) throws(ProjectProblems) -> PackageFile {
        let problems = ProblemList()
        let file = try PackageFileReader(folder: folder, renderer: YAMLRenderer(environment: environment, vars: vars)).read(problems: problems)
        try problems.throwIfAny()
        return file
    }

    /// What `dbt_project.yml` says of commands themselves, as it is written: nothing may stand in the way of a log. Empty where it cannot be read.
    public static func writtenSettings(in folder: String) -> (flags: JSONObject, logPath: String?) {
        guard let text = FileTree.text("\(folder)/dbt_project.yml"), text.contains("flags:") || text.contains("log-path:"),
            let document = try? YAMLValue.read(text, file: "dbt_project.yml")
        else { return (JSONObject(), nil) }
        return (document["flags"]?.json.objectValue ?? JSONObject(), document["log-path"]?.text)
    }

    /// The target of a profile alone.
    public static func target(of profile: String, _ settings: ReaderSettings) throws(ProjectProblem) -> Target {
        try ProfileReader(
            projectFolder: settings.projectFolder, profilesFolder: settings.profilesFolder, profileName: profile, targetName: settings.targetName,
            renderer: YAMLRenderer(environment: settings.environment, vars: settings.vars)
        ).read()
    }

    /// The profile that can be meant where none is named: the only one there is.
    public static func onlyProfile(_ settings: ReaderSettings) -> String? {
        let reader = ProfileReader(
            projectFolder: settings.projectFolder, profilesFolder: settings.profilesFolder, profileName: "", targetName: nil,
            renderer: YAMLRenderer(environment: settings.environment, vars: settings.vars))
        guard let names = try? reader.names(), names.count == 1 else { return nil }
        return names[0]
    }

    private func readTarget() throws(ProjectProblems) -> Target {
        if let target = settings.target { return target }
        var stated = settings.profileName
        if stated == nil { stated = try PackageFileReader(folder: settings.projectFolder, renderer: renderer).profile(problems: problems) }
        do throws(ProjectProblem) {
            guard let profile = stated else {
                throw ProjectProblem("project.no_profile", "dbt cannot run because no profile was specified for this dbt project.", at: .file("dbt_project.yml"), remedy: "add profile: and its name")
            }
            return try ProfileReader(
                projectFolder: settings.projectFolder, profilesFolder: settings.profilesFolder, profileName: profile,
                targetName: settings.targetName, renderer: renderer
            ).read()
        } catch {
            problems.add(error)
            throw ProjectProblems(problems.problems)
        }
    }

    private func packages(of project: PackageFile) throws(ProjectProblems) -> [PackageFile] {
        var found = [project]
        let folder = "\(project.folder)/\(project.packagesPath)"
        let names = FileTree.names(in: folder).filter { FileTree.exists("\(folder)/\($0)/dbt_project.yml") }
        for name in names {
            found.append(try PackageFileReader(folder: "\(folder)/\(name)", renderer: renderer).read(problems: ProblemList()))
        }
        do throws(ProjectProblem) {
            let asked = try PackageList.read(in: project.folder, environment: settings.environment, vars: settings.vars).specs
            if asked.count > names.count, let first = asked.first {
                problems.add(
                    "project.packages_missing",
                    "dbt found \(asked.count) package(s) specified in packages.yml, but only \(names.count) package(s) installed in \(project.packagesPath).", at: first.location,
                    remedy: "Run \"dbt deps\" to install package dependencies.")
            }
        } catch {
            problems.add(error)
        }
        return found
    }

    private func readMacros(into manifest: inout Manifest) {
        var calls: [String: [MacroCall]] = [:]
        for package in manifest.packages {
            var reader = MacroReader(package: package, environment: environment, problems: problems, notesArguments: manifest.validatesMacroArguments)
            reader.readMacros()
            reader.readDocs()
            for macro in reader.macros { manifest.macros[macro.uniqueID] = macro }
            manifest.warnings += reader.warnings
            manifest.macroFiles += reader.files
            manifest.docs += reader.docs
            calls.merge(reader.calls) { first, _ in first }
        }
        for (id, called) in calls {
            noteDispatch(called, of: id, manifest)
            let targets = MacroCall.macros(called, by: id, in: manifest, host)
            manifest.macros[id]?.dependsOnMacros = targets
        }
    }

    /// - Parameter isWanted: of a schema file by its path from the root.
    func readSchemas(_ package: PackageFile, _ manifest: Manifest, overrides: [String: SourceOverride] = [:], where isWanted: (String) -> Bool = { _ in true }) -> SchemaReader {
        var reader = SchemaReader(package: package, target: manifest.target, renderer: schemaRenderer(of: package.name, manifest), problems: problems)
        reader.overrides = overrides
        reader.root = manifest.project
        for path in Self.schemaPaths(of: package) where isWanted("\(package.folder)/\(path)") {
            guard let text = FileTree.text(path, in: package.folder, problems) else { continue }
            reader.read(text, file: path)
        }
        return reader
    }

    /// For what a package's schema files say: with the variables as that package sees them.
    func schemaRenderer(of package: String, _ manifest: Manifest) -> YAMLRenderer {
        var renderer = renderer
        var vars = JSONObject()
        for file in manifest.packages.reversed() where file.name == package || file.name == manifest.project.name {
            for (key, value) in file.vars.pairs { vars[key] = value }
            for (key, value) in file.vars[package]?.objectValue?.pairs ?? [] { vars[key] = value }
        }
        for (key, value) in settings.vars.pairs { vars[key] = value }
        renderer.vars = vars
        renderer.projectName = manifest.project.name
        return renderer
    }

    /// The schema files of a package, below its folder, in the order in which they are read.
    static func schemaPaths(of package: PackageFile) -> [String] {
        let folders = package.modelPaths + package.seedPaths + package.snapshotPaths + package.analysisPaths + package.macroPaths + package.testPaths + package.functionPaths
        var seen: Set<String> = []
        return folders.flatMap { folder in
            package.files(in: folder, [".yml", ".yaml"]).map { "\(folder)/\($0)" }.filter { seen.insert($0).inserted }
        }
    }

    // MARK: Nodes of files

    /// - Parameter isWanted: of a file by its path from the root.
    func readNodes(_ package: PackageFile, _ patches: [String: NodePatch], _ manifest: inout Manifest, where isWanted: (String) -> Bool = { _ in true }) {
        func each(_ folders: [String], _ endings: [String], _ read: (_ folder: String, _ file: String) -> Void) {
            for folder in folders {
                for file in package.files(in: folder, endings) where isWanted("\(package.folder)/\(folder)/\(file)") { read(folder, file) }
            }
        }
        each(package.modelPaths, [".sql"]) { folder, file in readFile(.model, package, folder, file, patches, &manifest) }
        each(package.modelPaths, [".py"]) { folder, file in readFile(.model, package, folder, file, patches, &manifest) }
        each(package.seedPaths, [".csv"]) { folder, file in readFile(.seed, package, folder, file, patches, &manifest) }
        each(package.testPaths, [".sql"]) { folder, file in
            // Custom generic tests are macros, and what unit tests read is no test.
            if !file.hasPrefix("generic/"), !file.hasPrefix("fixtures/") { readFile(.test, package, folder, file, patches, &manifest) }
        }
        each(package.analysisPaths, [".sql"]) { folder, file in readFile(.analysis, package, folder, file, patches, &manifest) }
        each(package.functionPaths, [".sql", ".py", ".js"]) { folder, file in readFile(.function, package, folder, file, patches, &manifest) }
        each(package.snapshotPaths, [".sql"]) { folder, file in readSnapshots(package, folder, file, patches, &manifest) }
    }

    /// dbt's `MAXIMUM_SEED_SIZE`.
    private static let seedBytesMax = 1_048_576

    private func readFile(_ type: ResourceType, _ package: PackageFile, _ folder: String, _ file: String, _ patches: [String: NodePatch], _ manifest: inout Manifest) {
        let path = "\(folder)/\(file)"
        let name = FileTree.stem(of: file)
        let isSeed = type == .seed
        guard let bytes = FileTree.bytes(path, in: package.folder, problems) else { return }
        // As in dbt, a large seed is looked at when it is loaded.
        let isText = !isSeed || bytes.count <= Self.seedBytesMax
        guard let read = isText ? FileTree.text(path, in: package.folder, problems) : "" else { return }
        let text = isSeed ? "" : read
        // An analysis's and a test's names share one space with those of models only within their own type.
        var node = Node(
            uniqueID: "\(type.rawValue).\(package.name).\(name)", resourceType: type, name: name, packageName: package.name,
            path: type == .analysis ? "analysis/\(file)" : file,
            originalFilePath: path, rootFolder: package.folder, fqn: fqn(package, type, file, name), rawCode: Self.trimmed(text))
        // dbt hashes a file as it lies on the disk, with its own line ends, and takes the path of a seed that is large.
        node.checksum = isSeed && bytes.count > Self.seedBytesMax ? path : Digest.hex(.sha256, Array(Self.trimmed(bytes)))
        add(&node, package, patches, isSeed || type == .function && node.language != "sql" ? nil : text, &manifest)
    }

    /// Gives a node what its template and the schema files say, and puts it into the manifest.
    ///
    /// - Parameter text: the file, for marks in messages; nil where the node has no template.
    func add(_ node: inout Node, _ package: PackageFile, _ patches: [String: NodePatch], _ text: String?, _ manifest: inout Manifest) {
        let patch = patches["\(package.name)/\(Self.section(of: node.resourceType))/\(node.name)"]
        if let version = patch?.version {
            node.name = version.model
            node.version = version.number
            node.latestVersion = version.latest
            node.uniqueID = "model.\(package.name).\(version.model).\(version.suffix)"
            node.fqn = node.fqn.dropLast() + [version.model, version.suffix]
            if version.isLatest { manifest.latestVersions["\(package.name).\(version.model)"] = node.uniqueID }
        }
        if let twin = manifest.nodes[node.uniqueID] {
            problems.add(
                "project.duplicate_name", Self.twins(node.resourceType.plural, node.name, [(twin.uniqueID, twin.originalFilePath), (node.uniqueID, node.originalFilePath)], isRef: node.resourceType.isReferable), at: node.location,
                remedy: "change the name of one; the other is \(twin.originalFilePath)")
            return
        }
        // While it is read, a template sees itself as dbt_project.yml alone has it: what it says itself counts from then on.
        node.config = projectConfig(of: node, package, manifest).settled
        (node.database, node.schema, node.alias) = (manifest.target.database, manifest.target.schema, node.name)
        let capture = text.map { node.language == "python" ? capturePython(node, $0) : self.capture(node, $0) } ?? Capture()
        node.dependsOnMacros = capture.macros
        if let patch {
            if node.resourceType == .model, patch.config["access"]?.isNull ?? false {
                problems.add("project.bad_access", "Node \(node.uniqueID) has an invalid value (None) for the access field", at: node.location, remedy: "choose private, protected or public, or leave it out")
            }
            Self.describe(&node, by: patch)
        }
        for (one, other) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] where capture.config[one] != nil && capture.config[other] != nil {
            problems.add(
                "project.duplicate_hooks", "Invalid config: '\(node.name)' has both \(one) and \(other), which say the same", at: node.location,
                remedy: "keep one of them")
        }
        node.refs = capture.refs
        node.sources = capture.sources
        node.functions = capture.functions
        node.metrics = capture.metrics
        Self.addKeys(to: &node)
        node.configCall = capture.config
        configure(&node, package, patch?.config, capture.config, manifest)
        addHooks(&node)
        put(node, &manifest)
    }

    func put(_ node: Node, _ manifest: inout Manifest) {
        reread.insert(node.uniqueID)
        if node.config.isEnabled { manifest.nodes[node.uniqueID] = node } else { manifest.disabled.append(node) }
    }

    /// Where schema files and `dbt_project.yml` speak of such nodes.
    static func section(of type: ResourceType) -> String { type.section }

    private func fqn(_ package: PackageFile, _ type: ResourceType, _ file: String, _ name: String) -> [String] {
        let prefix = type == .analysis ? ["analysis"] : []
        return [package.name] + prefix + FileTree.folders(of: file) + [name]
    }

    /// What the node's template refers to: read off where it is spelled out, otherwise by rendering it in parse mode.
    func capture(_ node: Node, _ text: String) -> Capture {
        do {
            let template = try environment.parse(node.rawCode, name: node.originalFilePath)
            if !overridesReferences, var capture = StaticReader.capture(template) {
                // dbt's sqlite adapter has macros in the place of these words, which its own reading of plain models does not see.
                let isWritten = node.originalFilePath.hasSuffix(".yml") || node.originalFilePath.hasSuffix(".yaml")
                let isRendered = !capture.macros.isEmpty || node.resourceType == .operation || ([.test, .snapshot, .analysis].contains(node.resourceType) && !isWritten)
                if adapter == "sqlite", isRendered {
                    if !capture.refs.isEmpty { capture.macros.append("macro.dbt_sqlite.ref") }
                    if !capture.sources.isEmpty { capture.macros.append("macro.dbt_sqlite.source") }
                }
                return capture
            }
        } catch {
            problems.add(TemplateProblem.of(error, file: node.originalFilePath, text: text).of(node))
            return Capture()
        }
        guard let host else {
            problems.add(
                "project.needs_rendering", "'\(node.name)' cannot be read without rendering it", at: .file(node.originalFilePath),
                remedy: "read the project with a rendering host")
            return Capture()
        }
        guard canRender else { return Capture() }
        do {
            var capture = try host.capture(node)
            // dbt reads what a snapshot in a schema file is of without rendering it.
            if node.resourceType == .snapshot, FileTree.isSchema(node.originalFilePath) { capture.macros = [] }
            return capture
        } catch {
            note(error, at: .file(node.originalFilePath), text: text, of: node)
            return Capture()
        }
    }

    private func capturePython(_ node: Node, _ text: String) -> Capture {
        do { return try PythonModel.capture(text, environment) } catch {
            let (what, line, remedy) = switch error {
            case .notOne(let count): ("dbt allows exactly one model defined per python file, found \(count)", 1, "define it as def model(dbt, session):")
            case .hasJinja: ("No jinja in python model code is allowed", 1, "write what the braces stand for")
            case .noLiterals(let call, let line): ("what dbt.\(call)() is given must be literals", line, "write names and values as they are, and work with variables elsewhere")
            }
            problems.add("project.bad_python_model", what, at: .file(node.originalFilePath, line: line), remedy: remedy)
            return Capture()
        }
    }

    func checksum(_ text: String) -> String { Digest.hex(.sha256, text) }

    static func trimmed(_ text: String) -> String { String(decoding: trimmed(Array(text.utf8)), as: UTF8.self) }
    static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var bytes = bytes[...]
        while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
        return bytes
    }

    func addSource(_ source: SourceTable, _ manifest: inout Manifest) {
        if !source.config.isEnabled {
            reread.insert(source.uniqueID)
            manifest.disabledSources.append(source)
        } else if let twin = manifest.sources[source.uniqueID] {
            problems.add(
                "project.duplicate_source", "dbt found two sources with the name \"\(source.sourceName)_\(source.name)\"",
                at: .file(source.originalFilePath, line: source.line), remedy: "remove one; the other is in \(twin.originalFilePath):\(twin.line)")
        } else {
            reread.insert(source.uniqueID)
            manifest.sources[source.uniqueID] = source
        }
    }

    // MARK: Problems

    /// - Parameter node: whose template it is.
    func note(_ error: any Error, at location: ProblemLocation, text: String? = nil, of node: Node? = nil) {
        let found = problem(of: error, at: location, text: text)
        let calls = "\(found.code)" == "compile.raised" ? node.flatMap { (error as? JinjaError)?.calls(of: $0) } ?? "" : ""
        let told = calls.isEmpty ? found : ProjectProblem(found.code, found.summary + calls, at: found.location, excerpt: found.excerpt, remedy: found.remedy)
        problems.add(node.map(told.of) ?? told)
    }

    private func problem(of error: any Error, at location: ProblemLocation, text: String?) -> ProjectProblem {
        if let problem = error as? ProjectProblem { return problem }
        if let error = error as? JinjaError {
            if let problem = error.cause as? any Problem {
                let place = error.template.map { ProblemLocation.file($0, line: error.line ?? 0, column: error.column ?? 0) } ?? location
                let isPlaced = problem is ProjectProblem && !["env_var", "var"].contains(problem.location.description)
                return ProjectProblem(problem.code, problem.summary, at: isPlaced ? problem.location : place, remedy: problem.remedy)
            }
            let isOwn = error.template == location.description
            let problem = TemplateProblem.of(error, file: error.template ?? location.description, text: isOwn ? text ?? "" : "")
            guard !isOwn, error.template != nil else { return problem }
            return ProjectProblem(problem.code, problem.summary, at: problem.location, remedy: "correct the template there; it was called from \(location)")
        }
        guard let problem = error as? any Problem else { return ProjectProblem("project.failed", String(describing: error), at: location, remedy: "") }
        return ProjectProblem(problem.code, problem.summary, at: problem.location.description.isEmpty ? location : problem.location, remedy: problem.remedy)
    }
}

/// The generic tests that come with dbt.
public enum GenericTests {
    public static let names = ["unique", "not_null", "accepted_values", "relationships"]
}
