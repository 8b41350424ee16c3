public import Kernel

extension ManifestWriter {
    /// What templates see as `graph`: every part, by unique id.
    /// - Parameters:
    ///   - relations: how the relation of a node or source is written in SQL, by unique id.
    ///   - readAt: when the project was read, in seconds since 1970.
    public static func graph(of manifest: Manifest, relations: [String: String] = [:], readAt: Double = 0) -> JSON {
        func placed(_ json: JSON, _ id: String) -> JSON {
            var json = json
            if let relation = relations[id] { json["relation_name"] = .string(relation) }
            json["created_at"] = .double(readAt)
            return json
        }
        // Words that dbt's nodes have and its manifest.json has not.
        func own(_ node: Node) -> JSON {
            var json = placed(Self.json(node), node.uniqueID)
            json["config_call_dict"] = .object(node.configCall)
            json["unrendered_config_call_dict"] = [:]
            if node.resourceType.isReferable { json["defer_relation"] = .null }
            if node.resourceType == .model { json["batch"] = .null }
            return json
        }
        func own(_ source: SourceTable) -> JSON {
            var json = placed(json(source), source.uniqueID)
            json["_event_status"] = [:]
            return json
        }
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            JSON(values.keys.sortedByBytes().map { ($0, values[$0].map(json) ?? .null) })
        }
        let texts = RelationText(manifest), files = order(of: manifest.packages)
        let models = Set(manifest.others(of: .semanticModel).values.map { "\($0.originalFilePath):\($0.line)" })
        // By package, file and line, as near to dbt's order as can be: it takes a folder's files as the disk gives them.
        func others(_ type: ResourceType) -> JSON {
            func place(_ node: Node) -> (Int, String, Int, Int, String) {
                // What measures create comes behind the metrics of their file.
                (files[node.packageName] ?? 0, node.originalFilePath, type == .metric && models.contains("\(node.originalFilePath):\(node.line)") ? 1 : 0, node.line, node.uniqueID)
            }
            return JSON(manifest.others(of: type).values.map { (place($0), $0) }.sorted { $0.0 < $1.0 }.map { _, node in
                var json = placed(json(other: node), node.uniqueID)
                if type == .semanticModel, let parent = node.dependsOn.first, json["node_relation"]?.isNull == false {
                    json["node_relation"]?["relation_name"] = JSON(relations[parent] ?? manifest.nodes[parent].flatMap(texts.text))
                }
                return (node.uniqueID, json)
            })
        }
        return JSON([
            ("exposures", others(.exposure)), ("functions", sorted(manifest.nodes.filter { $0.value.resourceType == .function }) { own($0) }),
            ("groups", sorted(manifest.groups) { json($0) }), ("metrics", others(.metric)),
            ("nodes", JSON(order(of: manifest).map { node, hook in (node.uniqueID, hook.map(json) ?? own(node)) })),
            ("sources", sorted(manifest.sources) { own($0) }), ("semantic_models", others(.semanticModel)), ("saved_queries", others(.savedQuery)),
        ])
    }

    /// The nodes in the order in which dbt reads them, which templates that walk the graph repeat: what has a file of its own package by
    /// package and kind by kind, then what the schema files make. Within a kind dbt takes the files as the disk gives them; here they go by their ids.
    private static func order(of manifest: Manifest) -> [(Node, Manifest.Hook?)] {
        let packages = order(of: manifest.packages)
        func place(_ node: Node) -> (Int, Int, Int, String) {
            let kind = switch node.resourceType {
            case .model: 0
            case .snapshot: 1
            case .analysis: 2
            case .test: 3
            case .operation: 5
            default: 4
            }
            // The tests of sources come last, when what projects say of the sources of packages is known.
            let stage = node.test == nil ? node.version == nil ? 0 : 1 : node.fileKeyName?.hasPrefix("sources.") ?? false ? 2 : 1
            return (stage, packages[node.packageName] ?? packages.count, kind, node.uniqueID)
        }
        let nodes: [(Node, Manifest.Hook?)] = manifest.nodes.values.filter { $0.resourceType != .function }.map { ($0, nil) } + manifest.hooks.map { ($0.node, $0) }
        return nodes.map { (place($0.0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func order(of packages: [PackageFile]) -> [String: Int] { Dictionary(packages.enumerated().map { ($1.name, $0) }) { first, _ in first } }

    private static func json(_ hook: Manifest.Hook) -> JSON {
        var json = json(hook.node)
        json["index"] = JSON(hook.index)
        return json
    }

    /// The graph of a project that is still being read.
    public static var emptyGraph: JSON {
        let kinds = ["exposures", "functions", "groups", "metrics", "nodes", "sources", "semantic_models", "saved_queries"]
        return JSON(kinds.map { ($0, [:]) })
    }
}
