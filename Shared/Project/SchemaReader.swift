internal import Digest
internal import Kernel

/// What a yml file says of one model, seed or other node.
struct NodePatch {
    var section: String
    /// The node's name; of a model with versions, that of the version's file.
    var name: String
    var file: String
    var line: Int
    var package: PackageFile
    var description = ""
    var config = JSONObject()
    var columns: [Column] = []
    var constraints: [JSON] = []
    var deprecationDate: String?
    var timeSpine: JSON = .null
    var version: Version?
    /// Of a macro: name, type and description of each; of a function `data_type` and `default_value` too.
    var arguments: [JSON] = []
    /// Of a function.
    var returns: JSON = .null

    /// Of all that it says, but for where it stands.
    var hash: String {
        var writer = ArchiveWriter()
        writer.patch(self)
        return String(RecordHash.hash(writer.bytes), radix: 16)
    }

    /// One version of a model.
    struct Version {
        /// The model's name, which all versions share.
        var model: String
        var number: JSON
        var latest: JSON
        var isLatest: Bool { number == latest }
        var suffix: String { "v\(PythonText.text(number))" }
    }
}

/// A generic test as written under a model, column or source.
struct WrittenTest {
    var value: YAMLValue
    var column: Column?
    /// The node's name, or `source_table`.
    var targetName: String
    /// `ref('orders')` or `source('raw', 'orders')`.
    var targetExpression: String
    var isSource: Bool
    var sourceID: String?
    var section: String
    var package: PackageFile
    /// The node that it was written under; nil under a source.
    var ref: Ref?
    var sourceName = ""
    /// Of a source and its table: tests on them have these too.
    var tags: [String] = []
}

/// Reads one schema file: `models:`, `seeds:`, `sources:` and so on.
struct SchemaReader {
    let package: PackageFile
    let target: Target
    let renderer: YAMLRenderer
    let problems: ProblemList

    private(set) var patches: [NodePatch] = []
    private(set) var tests: [WrittenTest] = []
    private(set) var sources: [SourceTable] = []
    /// The project itself, where this is one of its packages.
    var root: PackageFile?
    /// What packages that were read before say of this one's sources, and this one of others', by `package.source`.
    var overrides: [String: SourceOverride] = [:]
    /// Snapshots that are defined here, unit tests, exposures, metrics and what else has no file of its own.
    private(set) var nodes: [Node] = []
    private(set) var groups: [Manifest.Group] = []
    private(set) var warnings: [ProjectWarning] = []

    init(package: PackageFile, target: Target, renderer: YAMLRenderer, problems: ProblemList) {
        self.package = package
        self.target = target
        self.renderer = renderer
        self.problems = problems
    }

    // A test's arguments are templates of the test's own run; filters are for whoever queries the metrics.
    private static let unrendered: Set<String> = [
        "description", "tests", "data_tests", "pre-hook", "post-hook", "pre_hook", "post_hook", "loaded_at_query", "filter", "where",
    ]
    private static let known: Set<String> = [
        "version", "models", "seeds", "snapshots", "analyses", "sources", "tests", "data_tests", "macros", "unit_tests", "exposures", "metrics",
        "semantic_models", "saved_queries", "groups", "functions", "docs", "anchors",
    ]

    mutating func read(_ text: String, file: String) {
        do {
            var duplicates: [String] = []
            let document = try YAMLValue.read(text, file: file, duplicates: &duplicates)
            warnings += duplicates.map { .init("DuplicateYAMLKeysDeprecation", "\($0) in file `\(file)`", .deprecation, in: package.folder, file, isLocal: true) }
            guard document.isMap || document.isNull else {
                problems.add("project.unreadable_schema", unreadable(file, "Contents of file '\(file)' are not valid. Dictionary expected."), at: document.location, remedy: "write sections such as models: there")
                return
            }
            for member in document.members { readSection(member, file) }
        } catch where error.code == "project.bad_yaml" {
            problems.add("project.unreadable_schema", unreadable(file, error.summary), at: error.location, remedy: error.remedy)
        } catch {
            problems.add(error)
        }
    }

    /// dbt names a schema file by its path below the folder that it looks through.
    private func unreadable(_ file: String, _ why: String) -> String {
        let folders = package.schemaFolders.map { "\($0)/" }.filter(file.hasPrefix)
        let path = file.dropFirst(folders.map(\.count).max() ?? 0)
        let lines = why.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        return (["Error reading \(package.name): \(path) - Runtime Error"] + lines).joined(separator: "\n")
    }

    private mutating func readSection(_ member: YAMLValue.Member, _ file: String) {
        switch member.key {
        case "models", "seeds", "snapshots", "analyses", "macros", "functions":
            for (entry, _) in entries(of: member) { readNode(entry, section: member.key) }
        case "sources":
            for (entry, written) in entries(of: member) { readSource(entry, written) }
        case "tests", "data_tests":
            // As dbt does, which reads on where such an entry is wrong.
            for written in member.value.items {
                guard written["name"]?.text != nil, let entry = rendered(written) else {
                    warnings.append(.init("ValidationWarning", "\(file):\(written.line): an entry of '\(member.key)' has no name", .hint, in: package.folder, file, isLocal: true))
                    continue
                }
                readNode(entry, section: "data_tests")
            }
        case "unit_tests":
            for (entry, _) in entries(of: member) {
                if var node = UnitTestReader(package: package, problems: problems).node(for: entry) {
                    node.config = NodeConfig(entry["config"]?.json.objectValue ?? JSONObject())
                    nodes.append(node)
                }
            }
        case "groups":
            for (entry, _) in entries(of: member) {
                if let group = ExposureReader(package: package, problems: problems).group(for: entry) { groups.append(group) }
            }
        case "exposures":
            for (entry, _) in entries(of: member) {
                guard let node = ExposureReader(package: package, problems: problems).node(for: entry) else { continue }
                nodes.append(node)
                if !node.name.unicodeScalars.allSatisfy({ $0 == "_" || $0 == "-" || $0.properties.isAlphabetic || $0.properties.numericType != nil }) {
                    warnings.append(
                        .init(
                            "ExposureNameDeprecation",
                            "Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, and underscores. Exposures support a new property, 'label', which may contain spaces, capital letters, and special characters. \(node.name) does not follow this pattern. Please update the 'name', and use the 'label' property for a human-friendly title. This will raise an error in a future version of dbt-core.",
                            .namelessDeprecation, in: package.folder, file, place: ProjectWarning.place(of: "exposures"), isLocal: true))
                }
            }
        case "metrics", "semantic_models", "saved_queries":
            let reader = SemanticReader(package: package, root: root, problems: problems)
            for (entry, _) in entries(of: member) { nodes += reader.nodes(for: entry, section: member.key) }
        case let key where Self.known.contains(key): return
        case let key:
            // As dbt does: people keep anchors there, and other programs' words.
            let near = Similarity.nearest(to: key, among: Self.known).map { "; did you mean '\($0)'?" } ?? ""
            warnings.append(.init("CustomTopLevelKeyDeprecation", "\(file):\(member.line): a schema file does not know the section '\(key)'\(near)", .hint, in: package.folder, file, place: 9, isLocal: true))
        }
    }

    // MARK: Nodes

    private mutating func readNode(_ entry: YAMLValue, section: String) {
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "an entry of '\(section)' has no name", at: entry.location, remedy: "add name:")
            return
        }
        if section == "models" {
            guard checkTimeSpine(of: entry, name) else { return }
            checkConstraints(of: entry, name)
            checkDates(of: entry, name)
        }
        if section == "models", entry["versions"]?.items.isEmpty ?? true, let latest = entry["latest_version"], ![JSON.null, "", 0, false].contains(latest.json) {
            problems.add(
                "project.bad_version", "latest_version: \(PythonText.text(latest.json)) is not one of model '\(name)' versions: []", at: latest.location, remedy: "add versions:, or leave it out")
            return
        }
        if section == "models", let versions = entry["versions"]?.items, !versions.isEmpty { return readVersions(versions, of: entry, name) }
        if section == "snapshots", let relation = entry["relation"] {
            guard let text = relation.string, let capture = (try? DbtSyntax.environment.parse("{{ \(text) }}", name: entry.file)).flatMap(StaticReader.capture), capture.refs.count + capture.sources.count == 1 else {
                let isText = relation.string != nil || relation.isNull
                problems.add(
                    "project.bad_entry", "Invalid \(isText ? "jinja" : "ref or source") expression: \(PythonText.text(relation.json))", at: relation.isNull ? entry.location : relation.location,
                    remedy: "write relation: ref('…') or source('…', '…')")
                return
            }
            readSnapshot(entry, name, text)
        }
        let patch = patch(entry, name, section)
        patches.append(patch)
        guard ["models", "seeds", "snapshots"].contains(section) else { return }
        readTests(of: [entry], name, "ref('\(name)')", ref: Ref(name: name), sourceID: nil, section: section, columns: patch.columns)
    }

    private func patch(_ entry: YAMLValue, _ name: String, _ section: String) -> NodePatch {
        var patch = NodePatch(section: section, name: name, file: entry.file, line: entry.line, package: package)
        patch.description = entry["description"]?.text ?? ""
        patch.config = configuration(of: entry)
        patch.columns = columns(of: entry)
        patch.constraints = entry["constraints"]?.items.map { Self.constraint($0.json, isOfModel: true) } ?? []
        patch.deprecationDate = entry["deprecation_date"]?.text.map(Self.moment)
        if let spine = entry["time_spine"]?.json.objectValue {
            patch.timeSpine = ["standard_granularity_column": .null, "custom_granularities": []]
            for (key, value) in spine.pairs { patch.timeSpine[key] = value }
            let granularities = (spine["custom_granularities"]?.arrayValue ?? []).map { entry in
                JSON([("name", entry["name"] ?? .null), ("column_name", entry["column_name"] ?? .null)])
            }
            patch.timeSpine["custom_granularities"] = .array(granularities)
        }
        if section == "macros" {
            patch.arguments = (entry["arguments"]?.items ?? []).map {
                ["name": JSON($0["name"]?.text), "type": JSON($0["type"]?.text), "description": .string($0["description"]?.text ?? "")]
            }
        }
        if section == "functions" {
            patch.arguments = (entry["arguments"]?.items ?? []).map {
                [
                    "name": JSON($0["name"]?.text), "data_type": JSON($0["data_type"]?.text), "description": JSON($0["description"]?.text),
                    "default_value": $0["default_value"]?.json ?? .null,
                ]
            }
            patch.returns = ["data_type": JSON(entry["returns"]?["data_type"]?.text), "description": JSON(entry["returns"]?["description"]?.text)]
        }
        return patch
    }

    /// A snapshot that is written in yml alone: of what a `ref` or `source` names.
    private mutating func readSnapshot(_ entry: YAMLValue, _ name: String, _ relation: String) {
        let below = entry.file.split(separator: "/").dropFirst().joined(separator: "/")
        let stem = below.split(separator: ".").dropLast().joined(separator: ".")
        // As dbt has it: the folders of the file, not the file's own name.
        let fqn = [package.name] + FileTree.folders(of: stem) + [name]
        var node = Node(
            uniqueID: "snapshot.\(package.name).\(name)", resourceType: .snapshot, name: name, packageName: package.name, path: "\(below)/\(name).sql",
            originalFilePath: entry.file, rootFolder: package.folder, fqn: fqn, rawCode: "select * from {{ \(relation) }}")
        node.line = entry.line
        node.checksum = Digest.hex(.sha256, node.rawCode)
        nodes.append(node)
    }

    /// Each version is a model with a file of its own; what it does not say itself it has from the model's entry.
    private mutating func readVersions(_ versions: [YAMLValue], of entry: YAMLValue, _ name: String) {
        func precedes(_ one: JSON, _ other: JSON) -> Bool {
            if let a = Double(PythonText.text(one)), let b = Double(PythonText.text(other)) { return a < b }
            return PythonText.text(one) < PythonText.text(other)
        }
        if let written = versions.first(where: { ($0["columns"]?.items ?? []).count { $0["include"] != nil || $0["exclude"] != nil } > 1 }) {
            problems.add("project.bad_version", "version can have at most one include/exclude element", at: written.location, remedy: "join them in one")
            return
        }
        let numbers = versions.compactMap { $0["v"]?.json }
        var seen: Set<String> = []
        if let twin = numbers.first(where: { !seen.insert(PythonText.text($0)).inserted }) {
            problems.add(
                "project.bad_version", "Found duplicate version: '\(PythonText.text(twin))' in versions list of model '\(name)'", at: entry["versions"]?.location ?? entry.location,
                remedy: "write each as '- v: 1', with a number that no other has")
            return
        }
        let stated = entry["latest_version"].map(\.json) ?? .null
        let latest = stated.isNull ? numbers.max(by: precedes) ?? .null : stated
        guard numbers.contains(latest) else {
            problems.add(
                "project.bad_version", "latest_version: \(PythonText.text(latest)) is not one of model '\(name)' versions: \(PythonText.representation(.array(numbers)))", at: entry["latest_version"]?.location ?? entry.location,
                remedy: "choose one of: \(numbers.map(PythonText.text).joined(separator: ", "))")
            return
        }
        for written in versions {
            let number = written["v"]?.json ?? .null
            let version = NodePatch.Version(model: name, number: number, latest: latest)
            var patch = patch(entry, written["defined_in"]?.text ?? "\(name)_\(version.suffix)", "models")
            patch.version = version
            if let description = written["description"]?.text, !description.isEmpty { patch.description = description }
            // dbt reads a version's own words beside `config` and forgets them.
            if let own = written["config"]?.json.objectValue { ConfigMerge.deepen(own, into: &patch.config) }
            if let constraints = written["constraints"]?.items, !constraints.isEmpty { patch.constraints = constraints.map { Self.constraint($0.json, isOfModel: true) } }
            // Each version has a date of its own, or none.
            patch.deprecationDate = written["deprecation_date"]?.text.map(Self.moment)
            let (columns, entries) = self.columns(of: written, from: entry, patch.columns)
            patch.columns = columns
            patches.append(patch)
            readTests(
                // An empty list under the old name says nothing.
                of: [written["data_tests"] == nil && written["tests"]?.items.isEmpty ?? true ? entry : written], "\(name)_\(version.suffix)",
                "ref('\(name)', version='\(PythonText.text(number))')", ref: Ref(name: name, version: PythonText.text(number), isVersionText: number.stringValue != nil), sourceID: nil, section: "models", columns: columns, columnEntries: entries)
        }
    }

    /// `include` and `exclude` choose of the model's columns; the version's own come in their place or behind them.
    func columns(of version: YAMLValue, from entry: YAMLValue, _ base: [Column]) -> ([Column], [YAMLValue]) {
        let own = columns(of: version)
        let rule = version["columns"]?.items.first { $0["include"] != nil || $0["exclude"] != nil }
        let excluded = Set(rule?["exclude"]?.strings ?? [])
        func isIncluded(_ name: String) -> Bool {
            guard let included = rule?["include"]?.strings, included != ["*"], included != ["all"] else { return !excluded.contains(name) }
            return included.contains(name) && !excluded.contains(name)
        }
        let ownNames = Set(own.map(\.name))
        let kept = base.filter { isIncluded($0.name) && !ownNames.contains($0.name) }
        let keptNames = Set(kept.map(\.name))
        let entries = (entry["columns"]?.items ?? []).filter { keptNames.contains($0["name"]?.text ?? "") }
            + (version["columns"]?.items ?? []).filter { $0["name"] != nil }
        return (kept + own, entries)
    }

    /// A constraint with all the words that dbt writes.
    private static func constraint(_ written: JSON, isOfModel: Bool = false) -> JSON {
        var full: JSON = [
            "type": .null, "name": .null, "expression": .null, "warn_unenforced": true, "warn_unsupported": true, "to": .null, "to_columns": [],
        ]
        if isOfModel { full["columns"] = [] }
        for (key, value) in written.objectValue?.pairs ?? [] { full[key] = value }
        // As in Python, a text where a list belongs is a list of its letters.
        if let text = full["columns"]?.stringValue { full["columns"] = .array(text.map { .string(String($0)) }) }
        return full
    }

    /// A date or a time as dbt writes it; where no zone is said, of UTC.
    private static func moment(_ text: String) -> String {
        let whole = text.utf8.count == 10 ? text + "T00:00:00" : text.replacing(" ", with: "T", maxReplacements: 1)
        let time = whole.dropFirst(10)
        return time.hasSuffix("Z") ? whole.dropLast() + "+00:00" : time.contains("+") || time.contains("-") ? whole : whole + "+00:00"
    }

    /// `config:` and those of its words that older files write beside it.
    func configuration(of entry: YAMLValue) -> JSONObject {
        var config = JSONObject()
        for key in ["meta", "tags", "docs", "group", "access", "quote_columns"] { if let value = entry[key] { config[key] = value.json } }
        if let block = entry["config"]?.json.objectValue { ConfigMerge.join(block, into: &config) }
        return config
    }

    private static let wordsOfColumns: Set<String> = [
        "name", "description", "meta", "data_type", "constraints", "docs", "config", "data_tests", "tests", "quote", "tags", "granularity",
    ]

    func columns(of entry: YAMLValue) -> [Column] {
        (entry["columns"]?.items ?? []).compactMap { item in
            if item["include"] != nil || item["exclude"] != nil { return nil }
            guard let name = item["name"]?.text else {
                problems.add("project.missing_name", "a column has no name", at: item.location, remedy: "add name:")
                return nil
            }
            var column = Column(name: name)
            column.description = item["description"]?.text ?? ""
            column.dataType = item["data_type"]?.text
            column.meta = item["meta"]?.json.objectValue ?? JSONObject()
            for (key, value) in item["config"]?["meta"]?.json.objectValue?.pairs ?? [] { column.meta[key] = value }
            for tag in (item["tags"]?.strings ?? []) + (item["config"]?["tags"]?.strings ?? []) where !column.tags.contains(tag) { column.tags.append(tag) }
            for member in item.members where !Self.wordsOfColumns.contains(member.key) { column.extra[member.key] = member.value.json }
            column.isQuoted = item["quote"]?.json.boolValue
            column.constraints = item["constraints"]?.items.map { Self.constraint($0.json) } ?? []
            column.granularity = item["granularity"]?.text
            return column
        }
    }

    mutating func readTests(
        of entries: [YAMLValue], _ name: String, _ expression: String, ref: Ref?, sourceID: String?, section: String, columns: [Column],
        columnEntries: [YAMLValue]? = nil, tags: [String] = []
    ) {
        func written(_ value: YAMLValue) -> [YAMLValue] { (value["data_tests"]?.items ?? []) + (value["tests"]?.items ?? []) }
        func test(_ value: YAMLValue, _ column: Column?) -> WrittenTest {
            WrittenTest(
                value: settled(value), column: column, targetName: name, targetExpression: expression, isSource: ref == nil, sourceID: sourceID,
                section: section, package: package, ref: ref, sourceName: sourceID.map { String($0.split(separator: ".")[2]) } ?? "", tags: tags)
        }
        let tested = (columnEntries ?? entries.flatMap { $0["columns"]?.items ?? [] }).filter { !written($0).isEmpty }
        let column = tested.isEmpty ? [:] : Dictionary(columns.map { ($0.name, $0) }) { first, _ in first }
        for item in tested { for value in written(item) { tests.append(test(value, item["name"]?.text.flatMap { column[$0] })) } }
        for entry in entries { for value in written(entry) { tests.append(test(value, nil)) } }
    }

    /// A test with the texts of its configuration rendered; its arguments are templates of its own run.
    private func settled(_ test: YAMLValue, isBody: Bool = false) -> YAMLValue {
        guard test.isMap else { return test }
        let members = test.members.map { member in
            var value = member.value
            if member.key == "config" {
                let words = value.members.map { YAMLValue.Member(key: $0.key, line: $0.line, value: $0.value.string == nil ? $0.value : rendered($0.value) ?? $0.value) }
                if value.isMap { value = YAMLValue(.map(words), file: value.file, line: value.line, column: value.column) }
            } else if GenericTestReader.configKeys.contains(member.key) {
                if value.string != nil { value = rendered(value) ?? value }
            } else if !isBody, member.key != "arguments" {
                value = settled(value, isBody: true)
            }
            return YAMLValue.Member(key: member.key, line: member.line, value: value)
        }
        return YAMLValue(.map(members), file: test.file, line: test.line, column: test.column)
    }

    mutating func add(_ source: SourceTable) { sources.append(source) }
    mutating func tell(_ warning: ProjectWarning) { warnings.append(warning) }

    func rendered(_ entry: YAMLValue) -> YAMLValue? {
        do {
            return try renderer.render(entry, leaving: Self.unrendered)
        } catch {
            problems.add(error)
            return nil
        }
    }
}
