internal import Kernel

/// What a yml file says of one model, seed or other node.
struct NodePatch {
    var section: String
    var name: String
    var file: String
    var line: Int
    var package: PackageFile
    var description = ""
    var config = JSONObject()
    var columns: [Column] = []
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
    private(set) var warnings: [String] = []

    init(package: PackageFile, target: Target, renderer: YAMLRenderer, problems: ProblemList) {
        self.package = package
        self.target = target
        self.renderer = renderer
        self.problems = problems
    }

    // A test's arguments are templates of the test's own run.
    private static let unrendered: Set<String> = ["description", "tests", "data_tests", "pre-hook", "post-hook", "pre_hook", "post_hook"]
    private static let described: Set<String> = ["macros", "analyses", "groups", "docs"]
    private static let unsupported: [String: String] = [
        "unit_tests": "unit tests", "snapshots": "snapshots defined in yml", "functions": "functions",
    ]
    /// They describe what others do with the models; the models build without them.
    private static let ignored: Set<String> = ["exposures", "metrics", "semantic_models", "saved_queries"]
    private static let known: Set<String> = ["version", "models", "seeds", "sources", "tests", "data_tests", "anchors"]

    mutating func read(_ text: String, file: String) {
        do {
            let document = try YAMLValue.read(text, file: file)
            for member in document.members { readSection(member, file) }
        } catch {
            problems.add(error)
        }
    }

    private mutating func readSection(_ member: YAMLValue.Member, _ file: String) {
        switch member.key {
        case "models", "seeds":
            for entry in member.value.items { readNode(entry, section: member.key) }
        case "sources":
            for entry in member.value.items { readSource(entry) }
        case "tests", "data_tests":
            for entry in member.value.items { readNode(entry, section: "data_tests") }
        case let key where Self.described.contains(key) || Self.known.contains(key): return
        case let key where Self.ignored.contains(key):
            warnings.append("\(file):\(member.line): '\(key)' is left alone: it is not supported yet")
        case let key:
            if let words = Self.unsupported[key] {
                problems.add(
                    "project.unsupported", "\(words) are not supported yet", at: .file(file, line: member.line),
                    remedy: "move the section '\(key)' out of the project, or run it with dbt")
            } else {
                let near = Similarity.nearest(to: key, among: Self.known.union(Self.described))
                problems.add(
                    "project.unknown_key", "a schema file does not know the section '\(key)'", at: .file(file, line: member.line),
                    remedy: near.map { "did you mean '\($0)'?" } ?? "remove it")
            }
        }
    }

    private mutating func readNode(_ written: YAMLValue, section: String) {
        guard let entry = rendered(written) else { return }
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "an entry of '\(section)' has no name", at: entry.location, remedy: "add name:")
            return
        }
        if entry["versions"]?.items.isEmpty == false {
            problems.add("project.unsupported", "model versions are not supported yet", at: entry.location, remedy: "remove 'versions' from '\(name)'")
        }
        var patch = NodePatch(section: section, name: name, file: entry.file, line: entry.line, package: package)
        patch.description = entry["description"]?.text ?? ""
        patch.config = configuration(of: entry)
        patch.columns = columns(of: entry)
        patches.append(patch)
        guard section != "data_tests" else { return }
        let target = (name: name, expression: "ref('\(name)')")
        readTests(of: entry, target.name, target.expression, isSource: false, sourceID: nil, section: section, columns: patch.columns)
    }

    /// `config:` and those of its words that older files write beside it.
    private func configuration(of entry: YAMLValue) -> JSONObject {
        var config = JSONObject()
        for key in ["meta", "tags", "docs", "group", "access"] { if let value = entry[key] { config[key] = value.json } }
        if let block = entry["config"]?.json.objectValue { ConfigMerge.lay(block, over: &config) }
        return config
    }

    private func columns(of entry: YAMLValue) -> [Column] {
        (entry["columns"]?.items ?? []).compactMap { item in
            guard let name = item["name"]?.text else {
                problems.add("project.missing_name", "a column has no name", at: item.location, remedy: "add name:")
                return nil
            }
            var column = Column(name: name)
            column.description = item["description"]?.text ?? ""
            column.dataType = item["data_type"]?.text
            column.meta = (item["config"]?["meta"] ?? item["meta"])?.json.objectValue ?? JSONObject()
            column.tags = (item["config"]?["tags"] ?? item["tags"])?.strings ?? []
            column.isQuoted = item["quote"]?.json.boolValue
            return column
        }
    }

    private mutating func readTests(
        of entry: YAMLValue, _ name: String, _ expression: String, isSource: Bool, sourceID: String?, section: String, columns: [Column]
    ) {
        func written(_ value: YAMLValue) -> [YAMLValue] { (value["data_tests"] ?? value["tests"])?.items ?? [] }
        func test(_ value: YAMLValue, _ column: Column?) -> WrittenTest {
            WrittenTest(
                value: value, column: column, targetName: name, targetExpression: expression, isSource: isSource, sourceID: sourceID,
                section: section, package: package)
        }
        for item in entry["columns"]?.items ?? [] {
            let column = columns.first { $0.name == item["name"]?.text }
            for value in written(item) { tests.append(test(value, column)) }
        }
        for value in written(entry) { tests.append(test(value, nil)) }
    }

    private mutating func readSource(_ written: YAMLValue) {
        guard let entry = rendered(written) else { return }
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "a source has no name", at: entry.location, remedy: "add name:")
            return
        }
        let shared = configuration(of: entry)
        for item in entry["tables"]?.items ?? [] {
            guard let table = item["name"]?.text else {
                problems.add("project.missing_name", "a table of source '\(name)' has no name", at: item.location, remedy: "add name:")
                continue
            }
            let folders = FileTree.folders(of: item.file).dropFirst()
            let fqn = [package.name] + folders + [name, table]
            var source = SourceTable(
                uniqueID: "source.\(package.name).\(name).\(table)", packageName: package.name, sourceName: name, name: table,
                identifier: item["identifier"]?.text ?? table, database: entry["database"]?.text ?? target.database,
                schema: entry["schema"]?.text ?? name, originalFilePath: item.file, line: item.line, fqn: fqn)
            source.description = item["description"]?.text ?? ""
            source.sourceDescription = entry["description"]?.text ?? ""
            source.loader = entry["loader"]?.text ?? ""
            source.columns = columns(of: item)
            source.loadedAtField = (item["config"]?["loaded_at_field"] ?? item["loaded_at_field"] ?? entry["config"]?["loaded_at_field"] ?? entry["loaded_at_field"])?.text
            source.freshness = (item["config"]?["freshness"] ?? item["freshness"] ?? entry["config"]?["freshness"] ?? entry["freshness"])?.json ?? .null
            var config = JSONObject()
            for layer in ConfigMerge.layers(in: package.sections["sources"], fqn: fqn) { ConfigMerge.lay(layer, over: &config) }
            ConfigMerge.lay(shared, over: &config)
            ConfigMerge.lay(configuration(of: item), over: &config)
            source.config = NodeConfig(config)
            sources.append(source)
            guard source.config.isEnabled else { continue }
            readTests(
                of: item, "\(name)_\(table)", "source('\(name)', '\(table)')", isSource: true, sourceID: source.uniqueID, section: "sources",
                columns: source.columns)
        }
    }

    private func rendered(_ entry: YAMLValue) -> YAMLValue? {
        do {
            return try renderer.render(entry, leaving: Self.unrendered)
        } catch {
            problems.add(error)
            return nil
        }
    }
}
