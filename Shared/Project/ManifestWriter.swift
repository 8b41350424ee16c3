public import Kernel

/// Writes `manifest.json` in dbt's shape, version 12, for the resources that this reader knows.
public struct ManifestWriter {
    private let manifest: Manifest
    private let invocationID: String
    private let generatedAt: Timestamp
    private let startedAt: Timestamp
    private let compiled: [String: Compiled]

    /// What compiling adds to a node.
    public struct Compiled: Hashable, Sendable {
        public var sql: String?
        public var path: String?
        public var relationName: String?
        public init(sql: String? = nil, path: String? = nil, relationName: String? = nil) {
            self.sql = sql
            self.path = path
            self.relationName = relationName
        }
    }

    public static let dbtVersion = "1.11.16"
    static let schemaURL = "https://schemas.getdbt.com/dbt/manifest/v12.json"

    /// - Parameter compiled: by unique id, of nodes and sources; nothing where the project was only read.
    public init(_ manifest: Manifest, invocationID: String, generatedAt: Timestamp, startedAt: Timestamp? = nil, compiled: [String: Compiled] = [:]) {
        self.manifest = manifest
        self.invocationID = invocationID
        self.generatedAt = generatedAt
        self.startedAt = startedAt ?? generatedAt
        self.compiled = compiled
    }

    /// The file, written member by member: as values a large manifest takes many times the memory of its text.
    public var bytes: [UInt8] {
        var bytes = Array("{".utf8)
        for (name, part) in parts {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            JSON.string(name).write(to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            part.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private var parts: [(String, Part)] {
        [
            ("metadata", .whole(metadata)),
            ("nodes", .each(manifest.nodes, node)),
            ("sources", .each(manifest.sources) { source($0) }),
            ("macros", .each(manifest.macros, macro)),
            ("docs", .each(Dictionary(uniqueKeysWithValues: manifest.docs.map { ($0.uniqueID, $0) }), doc)),
            ("exposures", .whole([:])), ("metrics", .whole([:])), ("groups", .whole([:])), ("selectors", .whole([:])),
            ("saved_queries", .whole([:])), ("semantic_models", .whole([:])), ("unit_tests", .whole([:])), ("functions", .whole([:])),
            ("disabled", .each(Dictionary(grouping: manifest.disabled, by: \.uniqueID)) { .array($0.map { Self.json($0) }) }),
            ("parent_map", .each(manifest.graph.parents) { .array($0.map(JSON.string)) }),
            ("child_map", .each(manifest.graph.children) { .array($0.map(JSON.string)) }),
            ("group_map", .whole([:])),
        ]
    }

    /// A member of the manifest: a value, or a map from unique ids that is made one entry at a time.
    private struct Part {
        private let ids: [String]?
        private let value: (String) -> JSON

        static func whole(_ value: JSON) -> Part { Part(ids: nil) { _ in value } }
        static func each<Value>(_ values: [String: Value], _ json: @escaping (Value) -> JSON) -> Part {
            Part(ids: values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { id in values[id].map(json) ?? .null }
        }
        private init(ids: [String]?, value: @escaping (String) -> JSON) {
            self.ids = ids
            self.value = value
        }

        func write(to bytes: inout [UInt8]) {
            guard let ids else { return value("").write(to: &bytes) }
            bytes.append(UInt8(ascii: "{"))
            for (index, id) in ids.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSON.string(id).write(to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value(id).write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private var metadata: JSON {
        JSON([
            ("dbt_schema_version", .string(Self.schemaURL)), ("dbt_version", .string(Self.dbtVersion)),
            ("generated_at", .string(generatedAt.description)), ("invocation_id", .string(invocationID)), ("invocation_started_at", .string(startedAt.description)), ("run_started_at", .string(startedAt.description)),
            ("env", [:]),
            ("project_name", .string(manifest.project.name)), ("adapter_type", .string(manifest.target.type)),
        ])
    }

    private func node(_ node: Node) -> JSON {
        var json = Self.json(node)
        json["config"] = .object(ConfigDefaults.filled(node))
        func add(_ pairs: [(String, JSON)]) { for (key, value) in pairs { json[key] = value } }
        add([("created_at", .double(Double(generatedAt.microseconds) / 1_000_000)), ("build_path", .null), ("doc_blocks", []), ("functions", [])])
        let contract: JSON = ["enforced": false, "alias_types": true, "checksum": .null]
        let own = compiled[node.uniqueID]
        add([("relation_name", JSON(own?.relationName))])
        guard node.resourceType != .seed else { return json }
        if let own, let sql = own.sql {
            add([("compiled_path", JSON(own.path)), ("compiled", true), ("compiled_code", .string(sql))])
            add([("extra_ctes_injected", true), ("extra_ctes", [])])
        }
        add([("contract", contract)])
        if node.resourceType == .model {
            add([("access", node.config["access"] ?? "protected"), ("constraints", []), ("version", .null), ("latest_version", .null)])
            add([("deprecation_date", .null), ("time_spine", .null), ("primary_key", .array(primaryKey(of: node).map(JSON.string)))])
        }
        return json
    }

    /// The columns that tests say are unique and never null.
    private func primaryKey(of node: Node) -> [String] {
        func columns(_ test: String) -> Set<String> {
            Set((manifest.graph.children[node.uniqueID] ?? []).compactMap { manifest.nodes[$0] }
                .filter { $0.attachedNode == node.uniqueID && $0.test?.name == test && $0.test?.namespace == nil }.compactMap(\.columnName))
        }
        return columns("unique").intersection(columns("not_null")).sorted()
    }

    /// A node as dbt writes it; templates see the same as `model` and in `graph.nodes`.
    public static func json(_ node: Node) -> JSON {
        var pairs: [(String, JSON)] = [
            ("database", .string(node.database)), ("schema", .string(node.schema)), ("name", .string(node.name)),
            ("resource_type", .string(node.resourceType.rawValue)), ("package_name", .string(node.packageName)), ("path", .string(node.path)),
            ("original_file_path", .string(node.originalFilePath)), ("unique_id", .string(node.uniqueID)), ("fqn", .array(node.fqn.map(JSON.string))),
            ("alias", .string(node.alias)), ("checksum", ["name": node.test == nil ? "sha256" : "none", "checksum": .string(node.checksum)]),
            ("config", .object(node.config.values)), ("tags", .array(node.config.tags.map(JSON.string))), ("description", .string(node.description)),
            ("columns", columns(node.columns)), ("meta", .object(node.meta)), ("group", node.config["group"] ?? .null),
            ("docs", node.config["docs"] ?? ["show": true, "node_color": nil]), ("patch_path", JSON(node.patchPath)),
            ("raw_code", .string(node.rawCode)), ("language", "sql"),
            ("refs", .array(node.refs.map { ["name": .string($0.name), "package": JSON($0.package), "version": JSON($0.version)] })),
            ("sources", .array(node.sources.map { [.string($0.source), .string($0.table)] })), ("metrics", []),
            ("depends_on", ["macros": .array(node.dependsOnMacros.map(JSON.string)), "nodes": .array(node.dependsOn.map(JSON.string))]),
        ]
        if node.resourceType == .seed { pairs.append(("root_path", .string(node.rootFolder))) }
        if let test = node.test {
            pairs.append(("test_metadata", ["name": .string(test.name), "kwargs": .object(test.arguments), "namespace": JSON(test.namespace)]))
            pairs.append(("column_name", JSON(node.columnName)))
            pairs.append(("attached_node", JSON(node.attachedNode)))
        }
        return JSON(pairs)
    }

    private static func columns(_ columns: [Column]) -> JSON {
        JSON(columns.map { column in
            (column.name, [
                "name": .string(column.name), "description": .string(column.description), "meta": .object(column.meta),
                "data_type": JSON(column.dataType), "constraints": [], "quote": column.isQuoted.map(JSON.bool) ?? .null,
                "config": ["meta": .object(column.meta), "tags": .array(column.tags.map(JSON.string))],
                "tags": .array(column.tags.map(JSON.string)), "granularity": .null, "doc_blocks": [],
            ])
        })
    }

    public static func json(_ source: SourceTable, relationName: String? = nil) -> JSON {
        JSON([
            ("database", .string(source.database)), ("schema", .string(source.schema)), ("name", .string(source.name)), ("resource_type", "source"),
            ("package_name", .string(source.packageName)), ("path", .string(source.originalFilePath)),
            ("original_file_path", .string(source.originalFilePath)), ("unique_id", .string(source.uniqueID)),
            ("fqn", .array(source.fqn.map(JSON.string))), ("source_name", .string(source.sourceName)),
            ("source_description", .string(source.sourceDescription)), ("loader", .string(source.loader)), ("identifier", .string(source.identifier)),
            ("loaded_at_field", JSON(source.loadedAtField)), ("freshness", source.freshness), ("description", .string(source.description)),
            ("columns", columns(source.columns)), ("meta", source.config["meta"] ?? [:]), ("tags", .array(source.config.tags.map(JSON.string))),
            ("config", .object(source.config.values)), ("relation_name", JSON(relationName)),
        ])
    }
    private func source(_ source: SourceTable) -> JSON {
        var json = Self.json(source, relationName: compiled[source.uniqueID]?.relationName)
        let added: [(String, JSON)] = [
            ("quoting", ["database": .null, "schema": .null, "identifier": .null, "column": .null]), ("loaded_at_query", .null), ("external", .null),
            ("source_meta", [:]), ("patch_path", .null), ("created_at", .double(Double(generatedAt.microseconds) / 1_000_000)), ("doc_blocks", []),
        ]
        for (key, value) in added { json[key] = value }
        return json
    }

    private func macro(_ macro: Macro) -> JSON {
        JSON([
            ("name", .string(macro.name)), ("resource_type", "macro"), ("package_name", .string(macro.packageName)),
            ("path", .string(macro.originalFilePath)), ("original_file_path", .string(macro.originalFilePath)), ("unique_id", .string(macro.uniqueID)),
            ("depends_on", ["macros": []]), ("description", ""), ("meta", [:]), ("arguments", []),
        ])
    }

    private func doc(_ doc: Manifest.Doc) -> JSON {
        JSON([
            ("name", .string(doc.name)), ("resource_type", "doc"), ("package_name", .string(doc.packageName)), ("path", .string(doc.originalFilePath)),
            ("original_file_path", .string(doc.originalFilePath)), ("unique_id", .string(doc.uniqueID)), ("block_contents", .string(doc.text)),
        ])
    }
}
