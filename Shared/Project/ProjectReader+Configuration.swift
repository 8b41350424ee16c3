internal import Jinja
internal import Kernel

/// How a node is configured and, by that, named.
extension ProjectReader {
    func configure(_ node: inout Node, _ package: PackageFile, _ patch: JSONObject?, _ own: JSONObject, _ manifest: Manifest) {
        let project = projectConfig(of: node, package, manifest)
        if own.isEmpty, patch?.isEmpty ?? true {
            (node.stated, node.config) = (project.settledStated, project.settled)
        } else {
            var (config, stated) = (project.config, project.stated)
            for layer in [patch, own].compactMap({ $0 }) {
                ConfigMerge.lay(layer, over: &config)
                ConfigMerge.note(layer, in: &stated)
            }
            for layer in project.above { ConfigMerge.lay(layer, over: &config) }
            for layer in project.aboveStated { ConfigMerge.note(layer, in: &stated) }
            node.stated = stated
            let keys = Set([patch, own].flatMap { $0?.keys.map(ConfigMerge.spelling) ?? [] })
            if let fault = ConfigShapes.fault(in: Self.checkable(config), of: node.resourceType, keys: keys) {
                problems.add("project.bad_config", fault, at: node.location, remedy: "correct the configuration of '\(node.name)'")
            }
            node.config = Self.settled(config, node.resourceType)
        }
        do {
            node.schema = try name("generate_schema_name", node.config.schema, node, manifest)
            node.alias = try name("generate_alias_name", node.config.alias, node, manifest)
            node.database = try name("generate_database_name", node.config.database, node, manifest)
            if node.resourceType == .snapshot {
                if let schema = node.config["target_schema"]?.stringValue { node.schema = schema }
                if let database = node.config["target_database"]?.stringValue { node.database = database }
            }
        } catch {
            note(error, at: .file(node.originalFilePath))
        }
    }

    /// As in dbt, a group has the configuration of the models where it is written; nothing of it means anything to a group.
    func configure(_ group: inout Manifest.Group, _ package: PackageFile, _ manifest: Manifest) {
        let fqn = [package.name] + FileTree.folders(of: group.originalFilePath).dropFirst() + [group.name]
        var config = JSONObject()
        for file in package.name == manifest.project.name ? [package] : [package, manifest.project] {
            // The nearest word counts, nothing is added up, and hooks are left out.
            for layer in ConfigMerge.layers(in: file.sections["models"], fqn: fqn).layers {
                for (key, value) in layer.pairs where key != "pre-hook" && key != "post-hook" {
                    if key == "meta" { ConfigMerge.lay(JSONObject(distinct: [(key, value)]), over: &config) } else { config[key] = value }
                }
            }
        }
        ConfigMerge.lay(group.config, over: &config)
        group.config = config
    }

    /// What `dbt_project.yml` says of nodes in one place.
    struct ProjectConfig {
        var config: JSONObject
        var stated: JSONObject
        /// Of a package's node, what the project itself says: above all that the package says, in the node's own file too.
        var above: [JSONObject] = []
        var aboveStated: [JSONObject] = []
        /// Of a node that says nothing itself: such nodes share it, and what is stated of them.
        var settled: NodeConfig
        var settledStated: JSONObject
    }

    func projectConfig(of node: Node, _ package: PackageFile, _ manifest: Manifest) -> ProjectConfig {
        // dbt configures analyses and the hooks of a run with the models.
        let section = [.analysis, .operation].contains(node.resourceType) ? "models" : Self.section(of: node.resourceType)
        let (own, ownDepth) = ConfigMerge.layers(in: package.sections[section], fqn: node.fqn)
        let root = manifest.project
        let isForeign = package.name != root.name
        let (above, rootDepth) = isForeign ? ConfigMerge.layers(in: root.sections[section], fqn: node.fqn) : ([], 0)
        let key = "\(node.resourceType.rawValue)/\(package.name)/\(node.fqn.prefix(node.resourceType == .function ? node.fqn.count : max(ownDepth, rootDepth)).joined(separator: "/"))"
        if let known = projectConfigs[key] { return known }
        var config = Self.defaults(of: node.resourceType)
        var stated = JSONObject()
        for layer in own { ConfigMerge.lay(layer, over: &config) }
        // Of exposures the innermost word counts, and nothing is joined.
        if node.resourceType == .exposure { for layer in own { for key in ["tags", "meta"] { if let value = layer[key] { config[key] = value } } } }
        // Of these dbt notes what schema files say alone, and of functions what is written of models too.
        let isNoted = node.resourceType != .semanticModel && node.resourceType != .savedQuery
        let noted = node.resourceType == .function ? "models" : section
        if isNoted { for layer in ConfigMerge.layers(in: package.writtenSections[noted], fqn: node.fqn).layers { ConfigMerge.note(layer, in: &stated) } }
        let aboveStated = isForeign && isNoted ? ConfigMerge.layers(in: root.writtenSections[noted], fqn: node.fqn).layers : []
        var (whole, wholeStated) = (config, stated)
        for layer in above { ConfigMerge.lay(layer, over: &whole) }
        for layer in aboveStated { ConfigMerge.note(layer, in: &wholeStated) }
        // Of these dbt checks no more than what schema files say.
        let isChecked = node.resourceType != .exposure && node.resourceType != .unitTest
        if isChecked, let fault = ConfigShapes.fault(in: Self.checkable(whole), of: node.resourceType) {
            problems.add("project.bad_config", fault, at: .file("dbt_project.yml"), remedy: "correct what dbt_project.yml says of '\(node.name)'")
        }
        let found = ProjectConfig(
            config: config, stated: stated, above: above, aboveStated: aboveStated, settled: Self.settled(whole, node.resourceType), settledStated: wholeStated)
        projectConfigs[key] = found
        return found
    }

    /// As dbt looks at it: hooks in their long form.
    private static func checkable(_ merged: JSONObject) -> JSONObject {
        var config = merged
        for key in ["pre-hook", "post-hook"] {
            guard let hooks = config[key] else { continue }
            let isKnown = (hooks.arrayValue ?? [hooks]).allSatisfy { $0.stringValue != nil || $0.objectValue != nil }
            config[key] = isKnown ? Self.hooks(hooks) : hooks
        }
        return config
    }

    private static func settled(_ merged: JSONObject, _ type: ResourceType) -> NodeConfig {
        var config = merged
        if let tags = config["tags"] { config["tags"] = .array(NodeConfig.strings(tags).map(JSON.string)) }
        if type == .test { settleFailures(&config) }
        for key in ["pre-hook", "post-hook"] { if let hooks = config[key] { config[key] = Self.hooks(hooks) } }
        if let grants = config["grants"], !grants.isNull { config["grants"] = ConfigMerge.settledGrants(grants) }
        return NodeConfig(config)
    }

    /// Each hook as a map of `sql`, `transaction` and `index`, however it was written; a text may be such a map in JSON.
    private static func hooks(_ written: JSON) -> JSON {
        let items = written.arrayValue ?? (written.isNull ? [] : [written])
        return .array(items.map { item in
            var hook: JSON = ["sql": .string(item.stringValue ?? ""), "transaction": true, "index": .null]
            let stated = item.stringValue.flatMap { $0.hasPrefix("{") && !$0.hasPrefix("{{") && !$0.hasPrefix("{%") ? try? JSON(parsing: $0) : nil } ?? item
            for (key, value) in stated.objectValue?.pairs ?? [] { hook[key] = value }
            return hook
        })
    }

    /// dbt's rule: `store_failures_as` has the last word, `store_failures` alone means a table or nothing.
    private static func settleFailures(_ config: inout JSONObject) {
        if let kind = config["store_failures_as"]?.stringValue {
            config["store_failures"] = .bool(kind != "ephemeral")
        } else if let isStored = config["store_failures"]?.boolValue {
            config["store_failures_as"] = .string(isStored ? "table" : "ephemeral")
        }
    }

    private static func defaults(of type: ResourceType) -> JSONObject {
        let values: JSON = switch type {
        case .model, .analysis, .operation: ["enabled": true, "materialized": "view", "tags": [], "pre-hook": [], "post-hook": [], "meta": [:]]
        case .seed: ["enabled": true, "materialized": "seed", "tags": [], "pre-hook": [], "post-hook": [], "meta": [:]]
        case .test:
            [
                "enabled": true, "materialized": "test", "schema": "dbt_test__audit", "tags": [], "meta": [:], "severity": "ERROR",
                "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0",
            ]
        case .snapshot:
            [
                "enabled": true, "materialized": "snapshot", "tags": [], "pre-hook": [], "post-hook": [], "meta": [:],
            ]
        case .function:
            [
                "enabled": true, "materialized": "function", "tags": [], "pre-hook": [], "post-hook": [], "meta": [:], "type": "scalar",
            ]
        case .metric, .semanticModel, .savedQuery: ["enabled": true, "meta": [:]]
        default: ["enabled": true, "tags": [], "meta": [:]]
        }
        return values.objectValue ?? JSONObject()
    }

    private func name(_ macro: String, _ custom: String?, _ node: Node, _ manifest: Manifest) throws -> String {
        let custom = custom.map(Self.trimmed)
        if let owner = owner(of: macro, for: node, manifest), let host, canRender {
            return Self.trimmed(try host.generatedName(macro, of: owner, custom: custom, node: node))
        }
        switch macro {
        case "generate_schema_name": return custom.map { "\(manifest.target.schema)_\($0)" } ?? manifest.target.schema
        // An empty alias is none.
        case "generate_alias_name": return custom.flatMap { $0.isEmpty ? nil : $0 } ?? node.version.map { "\(node.name)_v\(PythonText.text($0).replacing(".", with: "_"))" } ?? node.name
        default: return custom ?? manifest.target.database
        }
    }

    /// Where an export does not say itself what it is and where it goes, its saved query does, and then the project's macros as for a model;
    /// the database is theirs alone to say.
    func nameExports(of query: inout Node, _ manifest: Manifest) {
        guard var exports = query.details["exports"]?.arrayValue else { return }
        for index in exports.indices {
            var config = exports[index]["config"] ?? [:]
            for (key, inherited) in [("export_as", "export_as"), ("schema_name", "schema")] where config[key]?.isNull ?? true { config[key] = query.config[inherited] ?? .null }
            if let fault = Shape.word(["table", "view"]).fault(in: config["export_as"] ?? .null) {
                problems.add("project.bad_semantics", "at path ['exports']['config']['export_as']: \(fault.message)", at: query.location, remedy: "choose table or view")
            }
            var export = exports[index]
            export["config"] = config
            do {
                export["database"] = .string(try name("generate_database_name", config["database"]?.stringValue, export, manifest))
                export["schema"] = .string(try name("generate_schema_name", nil, export, manifest))
                export["alias"] = .string(try name("generate_alias_name", config["alias"]?.stringValue, export, manifest))
            } catch {
                note(error, at: query.location)
            }
            func isUnsaid(_ key: String) -> Bool { config[key].map { $0.isNull || $0 == "" } ?? true }
            if isUnsaid("schema_name") { config["schema_name"] = export["schema"] ?? .null }
            if export["database"] != "" { config["database"] = export["database"] ?? .null }
            if isUnsaid("alias") { config["alias"] = export["alias"] ?? .null }
            exports[index]["config"] = config
        }
        query.details["exports"] = .array(exports)
    }

    private func name(_ macro: String, _ custom: String?, _ export: JSON, _ manifest: Manifest) throws -> String {
        if let owner = owner(of: macro, for: nil, manifest), let host, canRender { return Self.trimmed(try host.generatedName(macro, of: owner, custom: custom, export: export)) }
        switch macro {
        case "generate_schema_name": return manifest.target.schema
        case "generate_alias_name": return custom.flatMap { $0.isEmpty ? nil : $0 } ?? export["name"]?.stringValue ?? ""
        default: return custom ?? manifest.target.database
        }
    }

    /// The package whose macro names such a node: its own, else the project, also where that has a version of dbt's for `adapter.dispatch` to
    /// find; nil where dbt's own rule holds.
    private func owner(of macro: String, for node: Node?, _ manifest: Manifest) -> String? {
        let root = manifest.project.name
        func has(_ name: String, _ package: String) -> Bool { manifest.macros["macro.\(package).\(name)"] != nil }
        if let own = node?.packageName, own != root, has(macro, own) { return own }
        if has(macro, root) { return root }
        let order = manifest.project.dispatch.first { $0.namespace == "dbt" }?.order ?? [root]
        return order.contains { package in has("\(manifest.target.type)__\(macro)", package) || has("default__\(macro)", package) } ? root : nil
    }
}
