internal import Jinja
internal import Kernel

/// Nodes that are not a file each: snapshots in blocks or yml, unit tests, exposures, metrics and what describes them.
extension ProjectReader {
    /// The `{% snapshot %}` blocks of a file.
    func readSnapshots(_ package: PackageFile, _ folder: String, _ file: String, _ patches: [String: NodePatch], _ manifest: inout Manifest) {
        let path = "\(folder)/\(file)"
        guard let text = FileTree.text(path, in: package.folder, problems) else { return }
        let bytes = Array(text.utf8)
        let blocks: [TopLevelBlocks.Block]
        var strays: [String] = []
        do { blocks = try TopLevelBlocks.all(in: bytes, of: path, tags: ["snapshot"], strays: &strays) } catch { return problems.add(error) }
        manifest.warnings += strays.map { TopLevelBlocks.warning(of: $0, in: file, package, path) }
        do {
            let template = try DbtSyntax.ofSnapshots.parse(String(decoding: TopLevelBlocks.masked(bytes, to: blocks), as: UTF8.self), name: path)
            for block in template.definitions where block.tag == "snapshot" {
                // The file's name is part of the path that configuration follows: a file may hold several snapshots.
                let stem = FileTree.stem(of: file)
                var node = Node(
                    uniqueID: "snapshot.\(package.name).\(block.name)", resourceType: .snapshot, name: block.name, packageName: package.name, path: file,
                    originalFilePath: path, rootFolder: package.folder, fqn: [package.name] + FileTree.folders(of: file) + [stem, block.name],
                    rawCode: template.bodyText(of: block))
                node.line = block.line
                node.checksum = checksum(Self.trimmed(text))
                add(&node, package, patches, node.rawCode, &manifest)
                check(manifest.nodes[node.uniqueID])
            }
        } catch {
            problems.add(TemplateProblem.of(error, file: path, text: text))
        }
    }

    /// A node that a schema file defines.
    func addWritten(_ written: Node, _ patches: [String: NodePatch], _ manifest: inout Manifest) {
        guard let package = manifest.packages.first(where: { $0.name == written.packageName }) else { return }
        var node = written
        if node.resourceType == .snapshot {
            node.checksum = checksum(Self.trimmed(FileTree.text("\(package.folder)/\(node.originalFilePath)") ?? ""))
            add(&node, package, patches, node.rawCode, &manifest)
            return check(manifest.nodes[node.uniqueID])
        }
        if !node.rawCode.isEmpty {
            let capture = self.capture(node, node.rawCode)
            node.refs = capture.refs
            node.sources = capture.sources
            node.metrics = capture.metrics
            node.rawCode = ""
        }
        let own = node.config.values
        if node.resourceType == .exposure {
            for (key, type) in [("meta", "Dict[str, Any]"), ("tags", "List[str]")] where own[key]?.isNull ?? false {
                problems.add("project.bad_config", "Field \"\(key)\" of type \(type) in ExposureConfig has invalid value None", at: node.location, remedy: "correct the configuration of '\(node.name)'")
                return
            }
        }
        configure(&node, package, nil, own, manifest)
        if node.resourceType == .exposure {
            // An exposure's own take the place of what dbt_project.yml says; what the project says of a package's, of both.
            var config = node.config.values
            for layer in [own] + projectConfig(of: node, package, manifest).above {
                if let tags = layer["tags"] { config["tags"] = .array(Set(NodeConfig.strings(tags)).sorted().map(JSON.string)) }
                if let meta = layer["meta"] { config["meta"] = meta }
            }
            node.config = NodeConfig(config)
        }
        if node.resourceType == .exposure, !node.beside.isEmpty {
            var config = node.beside
            ConfigMerge.lay(node.config.values, over: &config)
            if let tags = config["tags"] { config["tags"] = .array(NodeConfig.strings(tags).sorted().map(JSON.string)) }
            node.config = NodeConfig(config)
        }
        if node.resourceType == .savedQuery {
            // Tags are a word of no meaning in their configuration: the last that is said stands as it is written.
            let layers = ConfigMerge.layers(in: package.sections["saved-queries"], fqn: node.fqn).layers + [own] + projectConfig(of: node, package, manifest).above
            if let tags = layers.last(where: { $0["tags"] != nil })?["tags"] { node.config.values["tags"] = tags }
            nameExports(of: &node, manifest)
        }
        if let twin = manifest.others[node.uniqueID] {
            problems.add(
                "project.duplicate_name", Self.twins(node.resourceType.plural, node.name, [(node.uniqueID, node.originalFilePath), (twin.uniqueID, twin.originalFilePath)]), at: node.location,
                remedy: "rename one; the other is in \(twin.originalFilePath):\(twin.line)")
        } else if node.config.isEnabled {
            reread.insert(node.uniqueID)
            manifest.others[node.uniqueID] = node
        } else {
            manifest.disabled.append(node)
        }
    }

    /// dbt's words for two resources of one name.
    static func twins(_ kind: String, _ name: String, _ both: [(id: String, file: String)], isRef: Bool = false) -> String {
        let sought = isRef ? "ref(\"\(name)\")" : name
        let why = "Since these resources have the same name, dbt will be unable to find the correct resource\nwhen looking for \(sought)."
        return "dbt found two \(kind) with the name \"\(name)\".\n\n\(why)\n\nTo fix this, change the name of one of these resources:\n" + both.map { "- \($0.id) (\($0.file))" }.joined(separator: "\n")
    }

    func add(_ group: Manifest.Group, _ manifest: inout Manifest) {
        if let twin = manifest.groups[group.uniqueID] {
            problems.add(
                "project.duplicate_name", Self.twins("groups", group.name, [(group.uniqueID, group.originalFilePath), (twin.uniqueID, twin.originalFilePath)]),
                at: .file(group.originalFilePath), remedy: "rename one; the other is in \(twin.originalFilePath)")
        }
        var group = group
        if let package = manifest.packages.first(where: { $0.name == group.packageName }) { configure(&group, package, manifest) }
        manifest.groups[group.uniqueID] = group
    }

    /// dbt's rules for a snapshot's configuration.
    private func check(_ node: Node?) {
        guard let node else { return }
        func wrong(_ summary: String, _ remedy: String) { problems.add("project.bad_snapshot", summary, at: node.location, remedy: remedy) }
        let config = node.config
        guard let strategy = config["strategy"]?.stringValue, !strategy.isEmpty, config["unique_key"].map({ !$0.isNull && $0 != "" && $0 != [] }) ?? false else {
            return wrong("Snapshots must be configured with a 'strategy' and 'unique_key'.", "configure both for '\(node.name)'")
        }
        if strategy == "timestamp", config["updated_at"]?.stringValue == nil {
            wrong("A snapshot configured with the timestamp strategy must specify an updated_at configuration.", "add updated_at to '\(node.name)'")
        }
        if strategy == "timestamp", config["check_cols"]?.isNull == false {
            wrong("A 'timestamp' snapshot should not have 'check_cols'", "remove check_cols from '\(node.name)'")
        }
        if strategy == "check" {
            switch config["check_cols"] {
            case .array(let names)? where !names.isEmpty: break
            case "all"?: break
            case .string(let text)? where !text.isEmpty: wrong("Invalid value for 'check_cols': \(text). Expected 'all' or a list of strings.", "write check_cols: all, or a list of columns")
            default: wrong("A snapshot configured with the check strategy must specify a check_cols configuration.", "add check_cols to '\(node.name)'")
            }
        }
        if config.materialized != "snapshot" { wrong("A snapshot must have a materialized value of 'snapshot'", "remove materialized from '\(node.name)'") }
    }

    // MARK: Unit tests

    /// Finds the model and the inputs of each unit test; one for all versions of a model becomes one for each.
    func resolveUnitTests(_ manifest: inout Manifest) {
        for (id, written) in manifest.others(of: .unitTest).sorted(by: { $0.key < $1.key }) where reread.contains(id) {
            guard var test = written.unitTest else { continue }
            let words = test.model.split(separator: " ").map(String.init)
            let ref = Ref(name: words[0], version: words.count == 2 ? words[1].drop { $0 == "v" }.description : nil)
            manifest.others[id] = nil
            guard let model = manifest.node(for: ref, from: written.packageName), model.resourceType == .model else {
                if manifest.disabled.contains(where: { $0.name == ref.name && $0.resourceType == .model }) {
                    manifest.disabled.append(written)
                } else {
                    problems.add(
                        "project.ref_not_found", "Unable to find model '\(written.packageName).\(test.model)' for unit test '\(written.name)' in \(written.originalFilePath)",
                        at: written.location, remedy: "correct model:, or add the model")
                }
                continue
            }
            guard saysHowItIsBuilt(written, test, model) else { continue }
            if model.version == nil || ref.version != nil {
                add(written, &test, of: model, as: id, &manifest)
                continue
            }
            func numbers(_ key: String) -> [String]? { test.versions[key]?.arrayValue?.map(PythonText.text) }
            let siblings = manifest.nodes.values.filter { $0.resourceType == .model && $0.name == model.name && $0.packageName == model.packageName && $0.version != nil }
            let known = Set(siblings.map { PythonText.text($0.version ?? .null) })
            if let chosen = numbers("include") ?? numbers("exclude"), !known.isSuperset(of: chosen) {
                problems.add("project.bad_unit_test", "Unit test '\(written.name)' referenced a version of '\(test.model)' which was not found.", at: written.location, remedy: "choose of: \(known.sorted().joined(separator: ", "))")
                continue
            }
            for sibling in siblings.sorted(by: { $0.uniqueID < $1.uniqueID }) {
                let number = PythonText.text(sibling.version ?? .null)
                guard numbers("include")?.contains(number) ?? true, !(numbers("exclude")?.contains(number) ?? false) else { continue }
                add(written, &test, of: sibling, as: "\(id)_v\(number)", &manifest)
            }
        }
    }

    /// A model that asks whether it is built in part is tested for one or the other, and in part with what is there already.
    private func saysHowItIsBuilt(_ written: Node, _ test: UnitTest, _ model: Node) -> Bool {
        guard model.dependsOnMacros.contains("macro.dbt.is_incremental") else { return true }
        guard let isPartial = test.macros["is_incremental"]?.boolValue else {
            problems.add(
                "project.bad_unit_test", "Boolean override for 'is_incremental' must be provided for unit test '\(written.name)' in model '\(model.name)'", at: written.location,
                remedy: "write overrides: {macros: {is_incremental: false}}, or true")
            return false
        }
        guard isPartial, !test.given.contains(where: { $0.input == "this" }) else { return true }
        problems.add(
            "project.bad_unit_test", "Unit test '\(written.name)' for incremental model '\(model.name)' must have a 'this' input", at: written.location,
            remedy: "add a given with input: this")
        return false
    }

    private func add(_ written: Node, _ test: inout UnitTest, of model: Node, as id: String, _ manifest: inout Manifest) {
        var node = written
        node.uniqueID = id
        node.version = model.version
        node.schema = model.schema
        test.testedNode = model.uniqueID
        for index in test.given.indices { test.given[index].nodeID = input(test.given[index].input, of: written, model, manifest) ?? "" }
        node.dependsOn = [model.uniqueID]
        node.unitTest = test
        reread.insert(id)
        manifest.others[id] = node
    }

    /// nil where an input is no reference, or means nothing: as in dbt, the test fails of it when it runs.
    private func input(_ text: String, of test: Node, _ model: Node, _ manifest: Manifest) -> String? {
        if Self.trimmed(text) == "this" { return model.uniqueID }
        let capture = Capture.reference(text)
        if let ref = capture?.refs.first { return manifest.node(for: ref, from: test.packageName)?.uniqueID }
        return capture?.sources.first.flatMap { manifest.source(for: $0, from: test.packageName)?.uniqueID }
    }

    // MARK: Metrics

    /// Links metrics with the semantic models whose measures they use, and everything that names metrics with them.
    func resolveMetrics(_ manifest: inout Manifest) {
        var measures: [String: String] = [:]
        for (id, model) in manifest.others(of: .semanticModel).sorted(by: { $0.key < $1.key }) {
            for measure in model.details["measures"]?.arrayValue ?? [] { if let name = measure["name"]?.stringValue { measures[name] = id } }
            let parent = model.dependsOn.first.flatMap { manifest.nodes[$0] }
            if model.refs.isEmpty && model.sources.isEmpty || parent?.isEphemeral == true {
                problems.add(
                    "project.bad_semantics", "the semantic model '\(model.name)' is of no relation: model: has to be a ref() of what is a table or a view", at: model.location,
                    remedy: "write model: ref('…')")
            }
            if let parent {
                manifest.others[id]?.details["node_relation"] = [
                    "alias": .string(parent.alias), "schema_name": .string(parent.schema), "database": .string(parent.database), "relation_name": .null,
                ]
            }
        }
        var disabledMeasures: [String: String] = [:]
        for model in manifest.disabled where model.resourceType == .semanticModel {
            for measure in model.details["measures"]?.arrayValue ?? [] { if let name = measure["name"]?.stringValue { disabledMeasures[name] = model.name } }
        }
        let metrics = Dictionary(manifest.others(of: .metric).values.map { ($0.name, $0.uniqueID) }) { first, _ in first }
        let disabledMetrics = Set(manifest.disabled.filter { $0.resourceType == .metric }.map(\.name))
        for id in manifest.others.keys.sorted() {
            guard var node = manifest.others[id] else { continue }
            for measure in Self.measures(of: node).compactMap({ $0["name"]?.stringValue }) {
                guard let owner = measures[measure] else {
                    problems.add(
                        "project.measure_not_found",
                        disabledMeasures[measure].map { "The measure `\(measure)` is referenced on disabled semantic model `\($0)`." }
                            ?? "A semantic model having a measure `\(measure)` does not exist but was referenced.", at: node.location,
                        remedy: "add the measure to a semantic model, or correct the metric '\(node.name)'")
                    continue
                }
                node.dependsOn.append(owner)
            }
            for name in node.metrics.compactMap(\.last) {
                guard let metric = metrics[name] else {
                    missing(metric: name, isDisabled: disabledMetrics.contains(name), in: node, known: metrics.keys.sorted())
                    continue
                }
                node.dependsOn.append(metric)
            }
            var seen: Set<String> = []
            node.dependsOn = node.dependsOn.filter { seen.insert($0).inserted }
            manifest.others[id] = node
        }
        for var node in manifest.nodes.values.filter({ !$0.metrics.isEmpty }).sorted(by: { $0.uniqueID < $1.uniqueID }) {
            for name in node.metrics.compactMap(\.last) {
                guard let metric = metrics[name] else {
                    missing(metric: name, isDisabled: disabledMetrics.contains(name), in: node, known: metrics.keys.sorted())
                    continue
                }
                if !node.dependsOn.contains(metric) { node.dependsOn.append(metric) }
            }
            manifest.nodes[node.uniqueID] = node
        }
        for id in manifest.others(of: .metric).keys {
            let used = measuresUsed(by: id, manifest, [])
            manifest.others[id]?.details["type_params"]?["input_measures"] = .array(used)
        }
    }

    private func missing(metric name: String, isDisabled: Bool, in node: Node, known: [String]) {
        let what = node.resourceType == .metric
            ? (isDisabled ? "The metric `\(name)` is disabled and thus cannot be referenced." : "The metric `\(name)` does not exist but was referenced by metric `\(node.name)`.")
            : "\(Self.dependent(node)) a metric named '\(name)' which \(isDisabled ? "is disabled" : "was not found")"
        problems.add(
            node.resourceType == .metric ? "project.metric_not_found" : "project.ref_not_found", what, at: node.location,
            remedy: Similarity.nearest(to: name, among: known).map { "did you mean '\($0)'?" } ?? "add the metric")
    }

    /// The measures that a metric of its type names itself.
    private static func measures(of metric: Node) -> [JSON] {
        let parameters = metric.details["type_params"]
        let conversion = parameters?["conversion_type_params"]
        let named = switch metric.details["type"] {
        case "simple", "cumulative": [parameters?["measure"]]
        case "conversion": [conversion?["base_measure"], conversion?["conversion_measure"]]
        default: [JSON?]()
        }
        return named.compactMap { $0 }.filter { !$0.isNull }
    }

    /// The measures that a metric needs, its own and those of the metrics that it is made of.
    private func measuresUsed(by id: String, _ manifest: Manifest, _ path: [String]) -> [JSON] {
        guard let node = manifest.others[id], !path.contains(id) else { return [] }
        var found = Self.measures(of: node)
        for parent in node.dependsOn where parent.hasPrefix("metric.") {
            for measure in measuresUsed(by: parent, manifest, path + [id]) where !found.contains(measure) { found.append(measure) }
        }
        return found
    }
}
