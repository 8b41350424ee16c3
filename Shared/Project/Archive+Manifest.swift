internal import Kernel

/// A manifest as bytes and back. What is read anew each time is left out: packages, target, selectors, variables.
///
/// `ParseCacheTests` sees to it that no property is forgotten.
extension ArchiveWriter {
    mutating func node(_ value: Node.Properties) {
        write(value.uniqueID); write(value.resourceType.rawValue); write(value.name); write(value.packageName); write(value.path)
        write(value.originalFilePath); write(value.rootFolder); write(value.line); write(value.fqn); write(value.database); write(value.schema)
        write(value.alias); write(value.config.values); write(value.stated); write(value.rawCode); write(value.description); write(value.docBlocks)
        write(value.columns) { $0.column($1) }; write(value.patchPath); write(value.checksum); write(value.refs) { $0.ref($1) }
        write(value.sources) { $0.sourceRef($1) }; write(value.dependsOn); write(value.dependsOnMacros); write(value.test) { $0.test($1) }
        write(value.columnName); write(value.attachedNode); write(value.testGroup); write(value.fileKeyName)
        write(value.unitTest) { $0.unitTest($1) }; write(value.functions) { $0.write($1) }; write(value.arguments) { $0.write($1) }; write(value.returns)
        write(value.version); write(value.latestVersion); write(value.constraints) { $0.write($1) }
        write(value.deprecationDate); write(value.timeSpine); write(value.beside); write(value.metrics) { $0.write($1) }; write(value.configCall); write(value.patchConfig); write(value.patchHash)
        write(value.details); write(value.inheritedTags)
    }
    mutating func patch(_ value: NodePatch) {
        write(value.section); write(value.name); write(value.description); write(value.config); write(value.columns) { $0.column($1) }
        write(value.constraints) { $0.write($1) }; write(value.deprecationDate); write(value.timeSpine)
        write(value.version) { $0.write($1.model); $0.write($1.number); $0.write($1.latest) }
        write(value.arguments) { $0.write($1) }; write(value.returns)
    }
    mutating func column(_ value: Column) {
        write(value.name); write(value.description); write(value.dataType); write(value.meta); write(value.tags)
        write(value.isQuoted) { $0.write($1) }; write(value.constraints) { $0.write($1) }; write(value.granularity); write(value.docBlocks); write(value.extra)
    }
    mutating func ref(_ value: Ref) {
        write(value.name); write(value.package); write(value.version); write(value.isVersionText)
    }
    mutating func sourceRef(_ value: SourceRef) {
        write(value.source); write(value.table)
    }
    mutating func test(_ value: TestMetadata) {
        write(value.name); write(value.namespace); write(value.arguments)
    }
    mutating func fixture(_ value: UnitTest.Fixture) {
        rows(value.rows); write(value.format); write(value.fixture)
    }
    mutating func given(_ value: UnitTest.Given) {
        write(value.input); fixture(value.fixture); write(value.nodeID)
    }
    mutating func unitTest(_ value: UnitTest) {
        write(value.model); write(value.testedNode); write(value.given) { $0.given($1) }; fixture(value.expect); write(value.macros)
        write(value.vars); write(value.environment); write(value.versions)
    }
    mutating func source(_ value: SourceTable) {
        write(value.uniqueID); write(value.packageName); write(value.sourceName); write(value.name); write(value.identifier); write(value.database)
        write(value.schema); write(value.description); write(value.sourceDescription); write(value.loader); write(value.columns) { $0.column($1) }
        write(value.originalFilePath); write(value.line); write(value.fqn); write(value.config.values); write(value.loadedAtField)
        write(value.loadedAtQuery); write(value.freshness); write(value.sourceMeta); write(value.docBlocks); write(value.external)
        write(value.eventTime); write(value.quoting); write(value.isTableNamed); write(value.stated); write(value.writtenDatabase); write(value.writtenSchema)
        write(value.isOverridden)
    }
    mutating func macro(_ value: Macro) {
        write(value.uniqueID); write(value.name); write(value.packageName); write(value.originalFilePath); write(value.rootFolder)
        write(value.line); write(value.text); write(value.dependsOnMacros); write(value.description); write(value.arguments) { $0.write($1) }; write(value.config)
        write(value.patchPath); write(value.languages) { $0.write($1) }
    }
    mutating func macroFile(_ value: MacroFile) {
        write(value.packageName); write(value.path); write(value.text)
    }
    mutating func doc(_ value: Manifest.Doc) {
        write(value.uniqueID); write(value.name); write(value.packageName); write(value.originalFilePath); write(value.text)
    }
    mutating func group(_ value: Manifest.Group) {
        write(value.uniqueID); write(value.name); write(value.packageName); write(value.originalFilePath); write(value.description)
        write(value.owner); write(value.config)
    }
    mutating func rows(_ value: UnitTest.Rows) {
        switch value {
        case .rows(let rows): write(true); write(rows) { $0.write($1) }
        case .sql(let text): write(false); write(text)
        }
    }
    mutating func hook(_ value: Manifest.Hook) {
        node(value.node.box.properties); write(value.isAtStart); write(value.index)
    }
    private mutating func nodes(_ values: [String: Node]) { write(values) { $0.node($1.box.properties) } }

    private mutating func warning(_ value: ProjectWarning) {
        write(value.event); write(value.text); write(value.frame.rawValue); write(value.folder); write(value.file); write(value.isLocal); write(value.place)
    }

    mutating func manifest(_ value: Manifest) {
        nodes(value.nodes); nodes(value.others)
        write(value.sources) { $0.source($1) }
        write(value.groups) { $0.group($1) }
        write(value.latestVersions) { $0.write($1) }
        write(value.macros) { $0.macro($1) }
        write(value.macroFiles) { $0.macroFile($1) }
        write(value.docs) { $0.doc($1) }
        write(value.disabled) { $0.node($1.box.properties) }
        write(value.disabledSources) { $0.source($1) }
        write(value.hooks) { $0.hook($1) }
        write(value.environmentRead.sorted()); write(value.warnings) { $0.warning($1) }
        write(value.graph.parents) { $0.write($1) }
        write(value.graph.children) { $0.write($1) }
    }
}

extension ArchiveReader {
    private mutating func warning() throws -> ProjectWarning {
        let (event, words, frame) = (try text(), try text(), try text())
        var warning = ProjectWarning(event, words, ProjectWarning.Frame(rawValue: frame) ?? .plain)
        (warning.folder, warning.file, warning.isLocal, warning.place) = (try text(), try text(), try bool(), try int())
        return warning
    }

    mutating func node() throws -> Node.Properties {
        Node.Properties(
            uniqueID: try text(), resourceType: try resourceType(), name: try text(), packageName: try text(), path: try text(),
            originalFilePath: try text(), rootFolder: try text(), line: try int(), fqn: try strings(), database: try text(), schema: try text(),
            alias: try text(), config: NodeConfig(try object()), stated: try object(), rawCode: try text(), description: try text(),
            docBlocks: try strings(), columns: try list { try $0.column() }, patchPath: try optionalText(), checksum: try text(),
            refs: try list { try $0.ref() }, sources: try list { try $0.sourceRef() }, dependsOn: try strings(), dependsOnMacros: try strings(),
            test: try optional { try $0.test() }, columnName: try optionalText(), attachedNode: try optionalText(), testGroup: try optionalText(),
            fileKeyName: try optionalText(), unitTest: try optional { try $0.unitTest() }, functions: try list { try $0.strings() },
            arguments: try list { try $0.json() }, returns: try json(), version: try optional { try $0.json() },
            latestVersion: try optional { try $0.json() }, constraints: try list { try $0.json() }, deprecationDate: try optionalText(),
            timeSpine: try json(), beside: try object(), metrics: try list { try $0.strings() }, configCall: try object(), patchConfig: try object(),
            patchHash: try optionalText(), details: try object(), inheritedTags: try strings())
    }
    mutating func column() throws -> Column {
        var value = Column(
            name: try text())
        value.description = try text()
        value.dataType = try optionalText()
        value.meta = try object()
        value.tags = try strings()
        value.isQuoted = try optional { try $0.bool() }
        value.constraints = try list { try $0.json() }
        value.granularity = try optionalText()
        value.docBlocks = try strings()
        value.extra = try object()
        return value
    }
    mutating func ref() throws -> Ref {
        Ref(
            name: try text(), package: try optionalText(), version: try optionalText(), isVersionText: try bool())
    }
    mutating func sourceRef() throws -> SourceRef {
        SourceRef(
            source: try text(), table: try text())
    }
    mutating func test() throws -> TestMetadata {
        TestMetadata(
            name: try text(), namespace: try optionalText(), arguments: try object())
    }
    mutating func fixture() throws -> UnitTest.Fixture {
        UnitTest.Fixture(
            rows: try rows(), format: try text(), fixture: try optionalText())
    }
    mutating func given() throws -> UnitTest.Given {
        UnitTest.Given(
            input: try text(), fixture: try fixture(), nodeID: try text())
    }
    mutating func unitTest() throws -> UnitTest {
        UnitTest(
            model: try text(), testedNode: try text(), given: try list { try $0.given() }, expect: try fixture(), macros: try object(),
            vars: try object(), environment: try object(), versions: try json())
    }
    mutating func source() throws -> SourceTable {
        SourceTable(
            uniqueID: try text(), packageName: try text(), sourceName: try text(), name: try text(), identifier: try text(), database: try text(),
            schema: try text(), description: try text(), sourceDescription: try text(), loader: try text(), columns: try list { try $0.column() },
            originalFilePath: try text(), line: try int(), fqn: try strings(), config: NodeConfig(try object()), loadedAtField: try optionalText(),
            loadedAtQuery: try optionalText(), freshness: try json(), sourceMeta: try json(), docBlocks: try strings(), external: try json(),
            eventTime: try json(), quoting: try object(), isTableNamed: try bool(), stated: try object(), writtenDatabase: try optionalText(),
            writtenSchema: try optionalText(), isOverridden: try bool())
    }
    mutating func macro() throws -> Macro {
        var value = Macro(
            uniqueID: try text(), name: try text(), packageName: try text(), originalFilePath: try text(), rootFolder: try text(), line: try int())
        value.text = try text()
        value.dependsOnMacros = try strings()
        value.description = try text()
        value.arguments = try list { try $0.json() }
        value.config = try object()
        value.patchPath = try optionalText()
        value.languages = try optional { try $0.strings() }
        return value
    }
    mutating func macroFile() throws -> MacroFile {
        MacroFile(
            packageName: try text(), path: try text(), text: try text())
    }
    mutating func doc() throws -> Manifest.Doc {
        Manifest.Doc(
            uniqueID: try text(), name: try text(), packageName: try text(), originalFilePath: try text(), text: try text())
    }
    mutating func group() throws -> Manifest.Group {
        Manifest.Group(
            uniqueID: try text(), name: try text(), packageName: try text(), originalFilePath: try text(), description: try optionalText(),
            owner: try json(), config: try object())
    }
    private mutating func resourceType() throws -> ResourceType {
        guard let type = ResourceType(rawValue: try text()) else { throw Broken() }
        return type
    }
    mutating func rows() throws -> UnitTest.Rows { try bool() ? .rows(try list { try $0.object() }) : .sql(try text()) }
    mutating func hook() throws -> Manifest.Hook { Manifest.Hook(node: Node(try node()), isAtStart: try bool(), index: try int()) }
    private mutating func nodes() throws -> [String: Node] { try map { Node(try $0.node()) } }

    /// Fills a manifest that has its packages, its target and what else is read anew.
    mutating func manifest(into value: inout Manifest) throws {
        value.nodes = try nodes()
        value.others = try nodes()
        value.sources = try map { try $0.source() }
        value.groups = try map { try $0.group() }
        value.latestVersions = try map { try $0.text() }
        value.macros = try map { try $0.macro() }
        value.macroFiles = try list { try $0.macroFile() }
        value.docs = try list { try $0.doc() }
        value.disabled = try list { Node(try $0.node()) }
        value.disabledSources = try list { try $0.source() }
        value.hooks = try list { try $0.hook() }
        value.environmentRead = Set(try strings())
        value.warnings = try list { try $0.warning() }
        value.graph.parents = try map { try $0.strings() }
        value.graph.children = try map { try $0.strings() }
    }
}
