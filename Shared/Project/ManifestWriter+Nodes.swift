internal import Digest
public import Kernel

/// Single resources as dbt writes them.
extension ManifestWriter {
    /// A node as dbt writes it; templates see the same as `model` and in `graph.nodes`.
    public static func json(_ node: Node) -> JSON { .object(JSONObject(distinct: members(of: node))) }

    static func members(of node: Node, relationName: String? = nil, primaryKey: [String] = []) -> [(key: String, value: JSON)] {
        let isHashed = node.test == nil
        var pairs: [(key: String, value: JSON)] = [
            ("database", .string(node.database)), ("schema", .string(node.schema)), ("name", .string(node.name)),
            ("resource_type", .string(node.resourceType.rawValue)), ("package_name", .string(node.packageName)), ("path", .string(node.path)),
            ("original_file_path", .string(node.originalFilePath)), ("unique_id", .string(node.uniqueID)), ("fqn", texts(node.fqn)),
            ("alias", .string(node.alias)), ("checksum", ["name": .string(isHashed ? node.checksum == node.originalFilePath ? "path" : "sha256" : "none"), "checksum": .string(node.checksum)]),
            ("config", .object(ConfigDefaults.filled(node))), ("tags", texts(node.test == nil ? node.tags : node.tags.sorted())), ("description", .string(node.description)),
            ("columns", columns(node.columns)), ("meta", .object(node.meta)), ("group", JSON(node.group)),
            ("docs", docs(node.config)), ("patch_path", JSON(node.patchPath)), ("build_path", .null), ("unrendered_config", .object(node.stated)),
            ("relation_name", JSON(relationName)), ("raw_code", .string(node.rawCode)), ("doc_blocks", texts(node.docBlocks)),
        ]
        if node.resourceType == .seed {
            pairs += [("root_path", .string(FileTree.absolute(node.rootFolder))), ("depends_on", ["macros": texts(node.dependsOnMacros)])]
            return pairs
        }
        pairs += [
            ("language", .string(node.language)), ("refs", refs(node)), ("sources", sources(node)), ("metrics", .array(node.metrics.map(texts))), ("functions", .array(node.functions.map(texts))), ("depends_on", dependsOn(node)),
            ("compiled_path", .null), ("contract", contract(of: node)),
        ]
        if let test = node.test {
            pairs.append(("test_metadata", ["name": .string(test.name), "kwargs": .object(test.arguments), "namespace": JSON(test.namespace)]))
            pairs += [("column_name", JSON(node.columnName)), ("attached_node", JSON(node.attachedNode)), ("file_key_name", JSON(node.fileKeyName))]
        }
        if node.resourceType == .function { pairs += [("arguments", .array(node.arguments)), ("returns", node.returns)] }
        if node.resourceType == .model {
            pairs += [
                ("access", .string(node.access)), ("constraints", .array(node.constraints)), ("version", node.version ?? .null),
                ("latest_version", node.latestVersion ?? .null), ("deprecation_date", JSON(node.deprecationDate)), ("primary_key", texts(primaryKey)),
                ("time_spine", node.timeSpine),
            ]
        }
        return pairs
    }

    private static func texts(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }

    private static func refs(_ node: Node) -> JSON {
        // The two shortest tests are read without being rendered; of the others the version is a text, as it stands in their argument.
        let isRendered = node.test != nil && !["macro.dbt.test_not_null", "macro.dbt.test_unique"].contains(node.dependsOnMacros.first ?? "")
        return .array(node.refs.map { ref in
            let version = ref.version.map { text in isRendered || ref.isVersionText ? JSON.string(text) : Int64(text).map(JSON.integer) ?? Double(text).map(JSON.double) ?? .string(text) }
            return ["name": .string(ref.name), "package": JSON(ref.package), "version": version ?? .null]
        })
    }
    private static func sources(_ node: Node) -> JSON { .array(node.sources.map { [.string($0.source), .string($0.table)] }) }
    private static func dependsOn(_ node: Node) -> JSON { ["macros": .array(node.dependsOnMacros.map { $0.isEmpty ? .null : .string($0) }), "nodes": texts(node.dependsOn)] }

    private static func docs(_ config: NodeConfig) -> JSON {
        var docs: JSON = ["show": true, "node_color": .null]
        for (key, value) in config["docs"]?.objectValue?.pairs ?? [] { docs[key] = value }
        return docs
    }

    private static func contract(of node: Node) -> JSON {
        let stated = node.config["contract"]
        let isEnforced = stated?["enforced"]?.boolValue ?? false
        return [
            "enforced": .bool(isEnforced), "alias_types": stated?["alias_types"] ?? true,
            "checksum": isEnforced && node.resourceType == .model ? .string(ContractChecksum.of(node)) : .null,
        ]
    }

    private static func columns(_ columns: [Column]) -> JSON {
        JSON(columns.map { column in
            let known: JSON = [
                "name": .string(column.name), "description": .string(column.description), "meta": .object(column.meta),
                "data_type": JSON(column.dataType), "constraints": .array(column.constraints), "quote": column.isQuoted.map(JSON.bool) ?? .null,
                "config": ["meta": .object(column.meta), "tags": texts(column.tags)], "tags": texts(column.tags),
                "granularity": JSON(column.granularity), "doc_blocks": texts(column.docBlocks),
            ]
            return (column.name, .object(column.extra.pairs.reduce(into: known.objectValue ?? JSONObject()) { all, pair in all[pair.key] = pair.value }))
        })
    }

    public static func json(_ source: SourceTable, relationName: String? = nil) -> JSON {
        let stated = source.config.values
        var config = JSON([
            ("enabled", .bool(source.config.isEnabled)), ("event_time", source.eventTime), ("freshness", source.freshness), ("loaded_at_field", JSON(source.loadedAtField)),
            ("loaded_at_query", JSON(source.loadedAtQuery)), ("meta", stated["meta"] ?? [:]), ("tags", texts(source.config.tags)), ("static_analysis", .null),
        ]).objectValue ?? JSONObject()
        for (key, value) in stated.pairs where config[key] == nil || key == "static_analysis" { config[key] = value }
        var quoting: JSON = ["database": .null, "schema": .null, "identifier": .null, "column": .null]
        for (key, value) in source.quoting.pairs { quoting[key] = value }
        return JSON([
            ("database", .string(source.database)), ("schema", .string(source.schema)), ("name", .string(source.name)), ("resource_type", "source"),
            ("package_name", .string(source.packageName)), ("path", .string(source.originalFilePath)),
            ("original_file_path", .string(source.originalFilePath)), ("unique_id", .string(source.uniqueID)),
            ("fqn", texts(source.fqn)), ("source_name", .string(source.sourceName)),
            ("source_description", .string(source.sourceDescription)), ("loader", .string(source.loader)), ("identifier", .string(source.identifier)),
            ("quoting", quoting), ("loaded_at_field", JSON(source.loadedAtField)), ("loaded_at_query", JSON(source.loadedAtQuery)),
            ("freshness", source.freshness), ("external", source.external), ("description", .string(source.description)),
            ("columns", columns(source.columns)), ("meta", source.config["meta"] ?? [:]), ("source_meta", source.sourceMeta),
            ("tags", texts(source.config.tags)), ("config", .object(config)), ("patch_path", .null), ("unrendered_config", .object(source.stated)),
            ("relation_name", JSON(relationName)), ("unrendered_database", JSON(source.writtenDatabase)), ("unrendered_schema", JSON(source.writtenSchema)), ("doc_blocks", texts(source.docBlocks)),
        ])
    }

    public static func json(_ macro: Macro) -> JSON {
        let meta = macro.config["meta"] ?? [:]
        return JSON([
            ("name", .string(macro.name)), ("resource_type", "macro"), ("package_name", .string(macro.packageName)),
            ("path", .string(macro.originalFilePath)), ("original_file_path", .string(macro.originalFilePath)), ("unique_id", .string(macro.uniqueID)),
            ("macro_sql", .string(macro.text)), ("depends_on", ["macros": texts(macro.dependsOnMacros)]), ("description", .string(macro.description)), ("meta", meta),
            ("docs", docs(NodeConfig(macro.config))), ("config", ["meta": meta, "docs": docs(NodeConfig(macro.config))]),
            ("patch_path", JSON(macro.patchPath)), ("arguments", .array(macro.arguments)), ("supported_languages", macro.languages.map(texts) ?? .null),
        ])
    }

    static func json(_ group: Manifest.Group) -> JSON {
        var config = group.config
        if config["meta"] == nil { config["meta"] = [:] }
        return JSON([
            ("name", .string(group.name)), ("resource_type", "group"), ("package_name", .string(group.packageName)),
            ("path", .string(group.originalFilePath.split(separator: "/").dropFirst().joined(separator: "/"))),
            ("original_file_path", .string(group.originalFilePath)), ("unique_id", .string(group.uniqueID)), ("owner", group.owner),
            ("description", JSON(group.description)), ("config", .object(config)),
        ])
    }

    // MARK: What is in the graph and never in the warehouse

    /// A unit test, exposure, metric, semantic model or saved query.
    public static func json(other node: Node) -> JSON {
        let isDescribed = !node.description.isEmpty || ![.semanticModel, .savedQuery].contains(node.resourceType)
        var pairs: [(String, JSON)] = [
            ("name", .string(node.name)), ("resource_type", .string(node.resourceType.rawValue)), ("package_name", .string(node.packageName)),
            ("path", .string(node.path)), ("original_file_path", .string(node.originalFilePath)), ("unique_id", .string(node.uniqueID)),
            ("fqn", texts(node.fqn)), ("description", isDescribed ? .string(node.description) : .null), ("config", .object(ConfigDefaults.filled(node))),
            ("depends_on", dependsOn(node)),
        ]
        if let test = node.unitTest { return JSON(pairs + unitTest(test, node)) }
        pairs += node.details.pairs.map { ($0.key, $0.value) }
        pairs += [("unrendered_config", .object(node.stated)), ("refs", refs(node))]
        switch node.resourceType {
        case .exposure:
            pairs += [("sources", sources(node)), ("metrics", .array(node.metrics.map(texts))), ("meta", .object(node.meta)), ("tags", texts(node.config.tags))]
        case .metric:
            pairs += [
                ("sources", []), ("metrics", []), ("meta", .object(node.meta)), ("tags", texts(node.tags)),
                ("group", JSON(node.group)),
            ]
        case .savedQuery: pairs += [("tags", texts(node.tags)), ("group", JSON(node.group))]
        default: pairs += [("group", JSON(node.group))]
        }
        return JSON(pairs)
    }

    private static func unitTest(_ test: UnitTest, _ node: Node) -> [(String, JSON)] {
        func json(_ rows: UnitTest.Rows) -> JSON {
            switch rows {
            case .rows(let rows): .array(rows.map(JSON.object))
            case .sql(let text): .string(text)
            }
        }
        let hasOverrides = !test.macros.isEmpty || !test.vars.isEmpty || !test.environment.isEmpty
        return [
            ("model", .string(test.model)),
            ("given", .array(test.given.map {
                ["input": .string($0.input), "rows": json($0.fixture.rows), "format": .string($0.fixture.format), "fixture": JSON($0.fixture.fixture)]
            })),
            ("expect", ["rows": json(test.expect.rows), "format": .string(test.expect.format), "fixture": JSON(test.expect.fixture)]),
            ("overrides", hasOverrides ? ["macros": .object(test.macros), "vars": .object(test.vars), "env_vars": .object(test.environment)] : .null),
            ("checksum", .string(node.checksum)), ("schema", node.config.isEnabled ? .string(node.schema) : .null), ("versions", test.versions.objectValue.map { ["include": $0["include"] ?? .null, "exclude": $0["exclude"] ?? .null] } ?? .null), ("version", node.version ?? .null),
        ]
    }
}

/// dbt's digest of what a contract promises, so that each side sees the other's contracts as unchanged.
enum ContractChecksum {
    static func of(_ node: Node) -> String {
        var text = ""
        for column in node.columns.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            text += "|\(column.name)\(column.dataType ?? "None")\(list(column.constraints, "ColumnLevelConstraint"))"
        }
        if ["table", "incremental"].contains(node.config.materialized) {
            text += node.config.materialized + list(node.constraints, "ModelLevelConstraint")
        }
        return Digest.hex(.sha256, text)
    }

    /// Constraints as Python prints dbt's.
    private static func list(_ constraints: [JSON], _ kind: String) -> String {
        "[" + constraints.map { constraint in
            let type = constraint["type"]?.stringValue ?? ""
            func value(_ key: String) -> String { PythonText.representation(constraint[key] ?? .null) }
            let words = [
                "type=<ConstraintType.\(type): '\(type)'>", "name=\(value("name"))", "expression=\(value("expression"))",
                "warn_unenforced=\(value("warn_unenforced"))", "warn_unsupported=\(value("warn_unsupported"))", "to=\(value("to"))", "to_columns=\(value("to_columns"))",
            ] + (kind == "ModelLevelConstraint" ? ["columns=\(PythonText.representation(constraint["columns"] ?? []))"] : [])
            return "\(kind)(\(words.joined(separator: ", ")))"
        }.joined(separator: ", ") + "]"
    }
}
