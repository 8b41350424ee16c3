internal import Digest
public import Kernel

/// Writes `manifest.json` in dbt's shape, version 12, for the resources that this reader knows.
public struct ManifestWriter {
    private let manifest: Manifest
    private let invocationID: String
    private let generatedAt: Timestamp
    private let startedAt: Timestamp
    private let compiled: [String: Compiled]
    private let relations: RelationText
    /// The tests that were written under a node and read another of its name, by the id of that node.
    private let strayTests: [String: [Node]]
    private let library: DbtLibrary

    /// What compiling adds to a node.
    public struct Compiled: Sendable {
        public var sql: String?
        /// Where its SQL lies. Asked when it is written: the paths of all nodes at once take more memory than their SQL.
        public var path: (@Sendable () -> String)?
        /// Where the statement lies that built it.
        public var buildPath: (@Sendable () -> String)?
        public var relationName: String?
        /// The ephemeral models in it, with their common table expressions.
        public var injected: [(id: String, sql: String)]
        /// A place that is known already, for ``path``.
        public static func place(_ path: String?) -> (@Sendable () -> String)? {
            guard let path else { return nil }
            return { path }
        }
        /// Of a hook that ran: which one it was.
        public var index: Int?
        /// What came to light of the macros that it calls.
        public var macros: [String]
        public init(
            sql: String? = nil, path: (@Sendable () -> String)? = nil, buildPath: (@Sendable () -> String)? = nil, relationName: String? = nil, injected: [(id: String, sql: String)] = [], index: Int? = nil, macros: [String] = []
        ) {
            self.macros = macros
            self.sql = sql
            self.path = path
            self.buildPath = buildPath
            self.relationName = relationName
            self.injected = injected
            self.index = index
        }
    }

    public static let dbtVersion = "1.11.16"
    static let schemaURL = "https://schemas.getdbt.com/dbt/manifest/v12.json"

    /// - Parameters:
    ///   - compiled: by unique id, of nodes and sources; nothing where the project was only read.
    ///   - library: what dbt itself would add.
    public init(_ manifest: Manifest, invocationID: String, generatedAt: Timestamp, startedAt: Timestamp? = nil, compiled: [String: Compiled] = [:], library: DbtLibrary = DbtLibrary()) {
        self.manifest = manifest
        self.invocationID = invocationID
        self.generatedAt = generatedAt
        self.startedAt = startedAt ?? generatedAt
        self.compiled = compiled
        relations = RelationText(manifest)
        let isAlone = manifest.packages.count == 1
        strayTests = isAlone ? [:] : Dictionary(grouping: manifest.nodes.values.filter { node in node.attachedNode.map { !node.dependsOn.contains($0) } ?? false }) { $0.attachedNode ?? "" }
        self.library = library
    }

    /// The file in pieces, made member by member: as values a large manifest takes many times the memory of its text, and the
    /// text of 2,000 models takes more than the models.
    public func write(_ take: ([UInt8]) throws -> Void) rethrows { _ = try write(reusing: nil, read: { _ in [] }, take) }

    /// The file in pieces, with what has not changed copied from an earlier one.
    ///
    /// - Parameter read: gives bytes of the earlier file, counted from behind its `metadata`.
    /// - Returns: where each member lies now, for the next time.
    public func write(reusing earlier: ManifestPlaces?, read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void) rethrows -> ManifestPlaces {
        var output = Output(earlier: earlier, difference: manifest.difference)
        output.bytes = Array("{\"metadata\":".utf8)
        metadata.write(to: &output.bytes)
        for (name, part) in parts {
            try output.begin(name, read, take)
            try part.write(to: &output, read, take)
        }
        try output.put("}", read, take)
        try take(output.bytes)
        return output.places
    }

    /// Names the earlier reading that this one brought up to date: a file that was written of that one can be reused in part.
    public var nameOfEarlierContent: String? { compiled.isEmpty && library.isEmpty ? manifest.difference?.earlier : nil }

    /// Names what is written here besides `metadata`, where that is known: of two files of one name only that part differs.
    public var nameOfContent: String? { compiled.isEmpty && library.isEmpty && !manifest.nameOfParse.isEmpty ? manifest.nameOfParse : nil }

    /// How the file begins whose rest an earlier one of the same content has: with new `metadata`, and otherwise byte for byte the old
    /// one, so that each node keeps the time at which it was read, as in dbt.
    ///
    /// - Parameter old: how the earlier one begins.
    /// - Returns: the beginning, and where in the old file the rest is; nil where that cannot be told.
    public func beginning(inPlaceOf old: [UInt8]) -> (bytes: [UInt8], rest: Int)? {
        let mark = Array(",\"nodes\":{".utf8)
        guard old.count > mark.count, let place = (0..<old.count - mark.count).first(where: { old[$0] == mark[0] && old[$0..<$0 + mark.count].elementsEqual(mark) })
        else { return nil }
        var bytes = Array("{\"metadata\":".utf8)
        metadata.write(to: &bytes)
        return (bytes, place)
    }

    /// The whole file.
    public var bytes: [UInt8] {
        var whole: [UInt8] = []
        write { whole += $0 }
        return whole
    }

    private var parts: [(String, Part)] {
        [
            ("nodes", .each(withHooks(manifest.nodes.merging(testsOfDisabled) { own, _ in own }.filter { $0.value.resourceType != .function }) { $0.node }, node)),
            ("sources", .each(manifest.sources) { source($0) }),
            ("macros", .each(manifest.macros.mapValues(Entry.own).merging(library.macros.mapValues(Entry.lent)) { own, _ in own }) { $0.json(macro) }),
            ("docs", .each(docs.mapValues(Entry.own).merging((library.isEmpty ? ["doc.dbt.__overview__": Self.overview] : library.docs).mapValues(Entry.lent)) { own, _ in own }) { $0.json(doc) }),
            ("exposures", others(.exposure)), ("metrics", others(.metric)),
            ("groups", .each(manifest.groups, Self.json)), ("selectors", .whole(.object(manifest.selectors.json))),
            ("saved_queries", others(.savedQuery)), ("semantic_models", others(.semanticModel)), ("unit_tests", others(.unitTest)),
            ("functions", .each(manifest.nodes.filter { $0.value.resourceType == .function }, node)),
            ("disabled", .each(disabledByID) { .array($0) }),
            ("parent_map", .each(withHooks(manifest.graph.parents.merging(testsOfDisabled.mapValues { _ in [] }) { own, _ in own }) { $0.node.dependsOn }) { .array($0.sortedByBytes().map(JSON.string)) }),
            ("child_map", .each(withHooks(childrenWithHooks.merging(testsOfDisabled.mapValues { _ in [] }) { own, _ in own }) { _ in [] }) { .array($0.map(JSON.string)) }),
            ("group_map", .whole(groupMap)),
        ]
    }

    private var childrenWithHooks: [String: [String]] {
        var all = manifest.graph.children
        for hook in manifest.hooks { for parent in Set(hook.node.dependsOn) { all[parent] = ((all[parent] ?? []) + [hook.node.uniqueID]).sortedByBytes() } }
        return all
    }

    private func withHooks<Value>(_ values: [String: Value], _ value: (Manifest.Hook) -> Value) -> [String: Value] {
        var all = values
        for hook in manifest.hooks where all[hook.node.uniqueID] == nil { all[hook.node.uniqueID] = value(hook) }
        return all
    }

    /// A member of the manifest: a value, or a map from unique ids that is made one entry at a time.
    private struct Part {
        private let ids: [String]?
        private let value: (String) -> JSON

        static func whole(_ value: JSON) -> Part { Part(ids: nil) { _ in value } }
        static func each<Value>(_ values: [String: Value], _ json: @escaping (Value) -> JSON) -> Part {
            Part(ids: values.keys.sortedByBytes()) { id in values[id].map(json) ?? .null }
        }
        private init(ids: [String]?, value: @escaping (String) -> JSON) {
            self.ids = ids
            self.value = value
        }

        func write(to output: inout Output, _ read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void) rethrows {
            guard let ids else { return value("").write(to: &output.bytes) }
            try output.put("{", read, take)
            for (index, id) in ids.enumerated() {
                try output.member(id, isFirst: index == 0, read, take) { bytes in
                    JSON.string(id).write(to: &bytes)
                    bytes.append(UInt8(ascii: ":"))
                    value(id).write(to: &bytes)
                }
            }
            try output.put("}", read, take)
        }
    }

    private var docs: [String: Manifest.Doc] { Dictionary(manifest.docs.map { ($0.uniqueID, $0) }) { first, _ in first } }

    /// What a page of docs shows first where the project says nothing itself.
    private static let overview: JSON = [
        "name": "__overview__", "resource_type": "doc", "package_name": "dbt", "path": "overview.md", "original_file_path": "docs/overview.md", "unique_id": "doc.dbt.__overview__",
        "block_contents": "### Welcome\n\nThese are the docs of a dbt project: its models, sources and tests, and how they are made of each other.\n\nA docs block of the name `__overview__` in the project takes the place of this text.",
    ]

    /// One of this project's, or one that comes with dbt.
    private enum Entry<Value> {
        case own(Value), lent(JSON)
        func json(_ make: (Value) -> JSON) -> JSON {
            switch self {
            case .own(let value): make(value)
            case .lent(let json): json
            }
        }
    }

    private var metadata: JSON {
        JSON([
            ("dbt_schema_version", .string(Self.schemaURL)), ("dbt_version", .string(Self.dbtVersion)),
            ("generated_at", .string(generatedAt.description)), ("invocation_id", .string(invocationID)), ("invocation_started_at", .string(startedAt.description)), ("run_started_at", .string(startedAt.description)),
            ("env", .object(manifest.metadataEnvironment)), ("project_id", .string(Digest.hex(.md5, manifest.project.name))), ("user_id", .null),
            ("send_anonymous_usage_stats", false), ("quoting", RelationText(manifest).quoting),
            ("project_name", .string(manifest.project.name)), ("adapter_type", .string(manifest.target.type)),
        ])
    }

    private var createdAt: JSON { .double(Double(generatedAt.microseconds) / 1_000_000) }

    private func node(_ node: Node) -> JSON {
        let own = compiled[node.uniqueID]
        var members = Self.members(of: node, relationName: node.resourceType == .function ? nil : own?.relationName ?? relations.text(of: node), primaryKey: node.resourceType == .model && node.config.isEnabled ? primaryKey(of: node) : [])
        members.append(("created_at", createdAt))
        if node.resourceType == .operation, let hook = manifest.hooks.first(where: { $0.node.uniqueID == node.uniqueID }) {
            members.append(("index", JSON(own?.index ?? hook.index)))
        }
        if let path = own?.buildPath, let place = members.firstIndex(where: { $0.key == "build_path" }) { members[place].value = .string(path()) }
        if node.resourceType != .seed, let own, let sql = own.sql {
            if let place = members.firstIndex(where: { $0.key == "compiled_path" }) { members[place].value = JSON(own.path?()) }
            if !own.macros.isEmpty, let place = members.firstIndex(where: { $0.key == "depends_on" }), let known = members[place].value["macros"]?.arrayValue {
                members[place].value["macros"] = .array(known + own.macros.map(JSON.string).filter { !known.contains($0) })
            }
            if node.resourceType == .model { resolveKeys(of: node, in: &members) }
            members += [("compiled", true), ("compiled_code", .string(sql)), ("extra_ctes_injected", true), ("extra_ctes", .array(own.injected.map { ["id": .string($0.id), "sql": .string($0.sql)] }))]
        }
        return .object(JSONObject(distinct: members))
    }

    /// Compiling makes relations of what foreign keys name.
    private func resolveKeys(of node: Node, in members: inout [(key: String, value: JSON)]) {
        func isKey(_ constraint: JSON) -> Bool { constraint["type"] == "foreign_key" }
        guard (node.constraints + node.columns.flatMap(\.constraints)).contains(where: isKey) else { return }
        func resolved(_ constraints: JSON) -> JSON {
            .array((constraints.arrayValue ?? []).map { written in
                guard isKey(written), let capture = written["to"]?.stringValue.flatMap(Capture.reference) else { return written }
                let relation = if let ref = capture.refs.first {
                    manifest.node(for: ref, from: node.packageName).flatMap { compiled[$0.uniqueID]?.relationName ?? relations.text(of: $0) }
                } else {
                    capture.sources.first.flatMap { manifest.source(for: $0, from: node.packageName) }.map { compiled[$0.uniqueID]?.relationName ?? relations.text(of: $0) }
                }
                var constraint = written
                if let relation { constraint["to"] = .string(relation) }
                return constraint
            })
        }
        for (place, member) in members.enumerated() {
            if member.key == "constraints" { members[place].value = resolved(member.value) }
            guard member.key == "columns" else { continue }
            for (name, _) in member.value.objectValue?.pairs ?? [] { if let constraints = member.value[name]?["constraints"] { members[place].value[name]?["constraints"] = resolved(constraints) } }
        }
    }

    /// Tests of what is turned off, or not there: dbt has them among the nodes, turned off, and not among what is disabled.
    private var testsOfDisabled: [String: Node] {
        let tests = manifest.disabled.filter { node in
            // One that says itself that it is turned off is disabled like others.
            node.resourceType == .test && node.stated["enabled"] != false
                && (node.refs.contains { manifest.node(for: $0, from: node.packageName) == nil } || node.sources.contains { manifest.source(for: $0, from: node.packageName) == nil })
        }
        return Dictionary(tests.map { ($0.uniqueID, $0) }) { first, _ in first }
    }

    private var disabledByID: [String: [JSON]] {
        let isAmongNodes = testsOfDisabled
        var found = Dictionary(grouping: manifest.disabled.filter { isAmongNodes[$0.uniqueID] == nil }, by: \.uniqueID).mapValues { $0.map(disabled) }
        for disabled in manifest.disabledSources { found[disabled.uniqueID, default: []].append(source(disabled)) }
        return found
    }

    private func disabled(_ node: Node) -> JSON {
        switch node.resourceType {
        case .unitTest, .exposure, .metric, .semanticModel, .savedQuery: other(node)
        default: self.node(node)
        }
    }

    private func others(_ type: ResourceType) -> Part { .each(manifest.others(of: type), other) }

    private func other(_ node: Node) -> JSON {
        var json = Self.json(other: node)
        json["created_at"] = createdAt
        if node.resourceType == .semanticModel, let parent = node.dependsOn.first, json["node_relation"]?.isNull == false {
            json["node_relation"]?["relation_name"] = JSON(compiled[parent]?.relationName ?? manifest.nodes[parent].flatMap(relations.text))
        }
        return json
    }

    private var groupMap: JSON {
        var members: [String: [String]] = [:]
        for group in manifest.groups.values { members[group.name] = [] }
        // All that stands among the nodes: hooks of a run have the group that models have, and tests that are turned off are still there.
        let nodes = Array(manifest.nodes.values) + Array(testsOfDisabled.values) + manifest.hooks.map(\.node)
        for node in nodes { if let group = node.group { members[group, default: []].append(node.uniqueID) } }
        for (id, node) in manifest.others { if let group = node.group { members[group, default: []].append(id) } }
        return JSON(members.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.sorted().map(JSON.string))) })
    }

    /// dbt's guess: the columns of a primary key constraint, else those whose tests say unique and never null, else unique; a test that is
    /// turned off says so too where no other does.
    private func primaryKey(of node: Node) -> [String] {
        if let key = node.constraints.first(where: { $0["type"] == "primary_key" }) { return key["columns"]?.arrayValue?.compactMap(\.stringValue).sorted() ?? [] }
        if let column = node.columns.first(where: { $0.constraints.contains { $0["type"] == "primary_key" } }) { return [column.name] }
        let enabled = (manifest.graph.children[node.uniqueID] ?? []).compactMap { manifest.nodes[$0] } + (strayTests[node.uniqueID] ?? [])
        let disabled = manifest.disabled.filter { $0.test != nil && $0.attachedNode == node.uniqueID }
        func columns(_ names: Set<String>, of tests: [Node]) -> Set<String> {
            Set(tests.filter { $0.attachedNode == node.uniqueID && names.contains($0.test?.name ?? "") }.flatMap { test -> [String] in
                if let column = test.test?.arguments["column_name"]?.stringValue { return [column] }
                return test.test?.arguments["combination_of_columns"]?.arrayValue?.compactMap(\.stringValue) ?? []
            })
        }
        let words: Set<String> = ["unique", "unique_combination_of_columns"]
        let (unique, disabledUnique) = (columns(words, of: enabled), columns(words, of: disabled))
        let key = unique.union(disabledUnique).intersection(columns(["not_null"], of: enabled + disabled))
        return [key, unique, disabledUnique].first { !$0.isEmpty }?.sorted() ?? []
    }

    private func source(_ source: SourceTable) -> JSON {
        var json = Self.json(source, relationName: compiled[source.uniqueID]?.relationName ?? relations.text(of: source))
        json["created_at"] = createdAt
        return json
    }

    private func macro(_ macro: Macro) -> JSON {
        var json = Self.json(macro)
        json["created_at"] = createdAt
        return json
    }

    private func doc(_ doc: Manifest.Doc) -> JSON {
        JSON([
            ("name", .string(doc.name)), ("resource_type", "doc"), ("package_name", .string(doc.packageName)),
            ("path", .string(doc.originalFilePath.split(separator: "/").dropFirst().joined(separator: "/"))),
            ("original_file_path", .string(doc.originalFilePath)), ("unique_id", .string(doc.uniqueID)), ("block_contents", .string(doc.text)),
        ])
    }
}
