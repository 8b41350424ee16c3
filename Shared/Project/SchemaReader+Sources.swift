internal import Kernel

extension SchemaReader {
    /// One entry of `sources:` with its tables.
    mutating func readSource(_ entry: YAMLValue, _ written: YAMLValue) {
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "a source has no name", at: entry.location, remedy: "add name:")
            return
        }
        if let package = entry["overrides"]?.text {
            overrides[SourceOverride.key(package, name)] = SourceOverride(entry, place: overrides.count)
            return
        }
        let key = SourceOverride.key(package.name, name)
        let entry = overrides[key]?.source(entry) ?? entry
        for item in entry["tables"]?.items ?? [] {
            guard let table = item["name"]?.text else {
                problems.add("project.missing_name", "a table of source '\(name)' has no name", at: item.location, remedy: "add name:")
                continue
            }
            let item = overrides[key]?.table(item, table) ?? item
            if overrides[key] != nil {
                overrides[key]?.isUsed = true
                overrides[key]?.unusedTables.remove(table)
            }
            var source = source(entry, name, item, table, written)
            source.isOverridden = overrides[key] != nil
            if source.hasFreshness, source.loadedAtField?.isEmpty ?? true, source.loadedAtQuery?.isEmpty ?? true {
                tell(
                    .init(
                        "FreshnessConfigProblem", "The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for source '\(name).\(table)'.", .note,
                        in: package.folder, item.file, place: ProjectWarning.ofSourceTests, isLocal: true))
            }
            add(source)
            readTests(
                of: [item], "\(name)_\(table)", "source('\(name)', '\(table)')", ref: nil, sourceID: source.uniqueID, section: "sources",
                columns: source.columns, tags: [entry, item].flatMap { $0["tags"]?.strings ?? [] })
        }
    }

    private mutating func source(_ entry: YAMLValue, _ name: String, _ item: YAMLValue, _ table: String, _ written: YAMLValue) -> SourceTable {
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
        source.isTableNamed = item["identifier"] != nil
        let rendered = ConfigMerge.layers(in: package.sections["sources"], fqn: fqn).layers
        var config = JSONObject()
        for layer in rendered { ConfigMerge.lay(layer, over: &config) }
        for layer in ConfigMerge.layers(in: package.writtenSections["sources"], fqn: fqn).layers { ConfigMerge.note(layer, in: &source.stated) }
        // The yml: what the table says in `config:` takes the place of what the source says there.
        let projectFault = ConfigShapes.fault(in: config, of: .source)
        var own = entry["config"]?.json.objectValue ?? JSONObject()
        for (key, value) in item["config"]?.json.objectValue?.pairs ?? [] { own[key] = value }
        own["freshness"] = Self.freshness([entry["freshness"], entry["config"]?["freshness"], item["freshness"], item["config"]?["freshness"]].map { $0?.json })
        own["loaded_at_field"] = JSON(Self.loadedAtField(entry, item))
        own["loaded_at_query"] = JSON(Self.loadedAtQuery(entry, item))
        let levels = [entry["meta"], entry["config"]?["meta"], item["meta"], item["config"]?["meta"]]
        own["meta"] = JSON(levels.flatMap { $0?.json.objectValue?.pairs ?? [] }.map { ($0.key, $0.value) })
        for (config, name) in [(entry["config"], name), (item["config"], table)] where config?["tags"]?.isNull ?? false {
            let warning = ProjectWarning("ValidationWarning", "Field `config.tags`: None is not valid for source (\(name))", in: package.folder, item.file, place: ProjectWarning.ofSourceTests, isLocal: true)
            // dbt comes by twice.
            tell(warning)
            tell(warning)
        }
        let tags = Set([entry["tags"], entry["config"]?["tags"], item["tags"], item["config"]?["tags"]].flatMap { $0?.strings ?? [] })
        own["tags"] = .array(tags.sorted().map(JSON.string))
        for (key, value) in own.pairs { source.stated[key] = value }
        ConfigMerge.lay(own, over: &config)
        config["tags"] = own["tags"]
        layRoot(over: &config, of: fqn, stated: &source.stated)
        if entry["config"]?["meta"]?.isNull ?? false {
            problems.add("project.bad_config", "'NoneType' object is not a mapping", at: entry.location, remedy: "leave meta out of the configuration of '\(name)', or write a map")
        }
        let configs = [entry["config"], item["config"]].compactMap { $0?.json.objectValue }
        if let fault = configs.lazy.compactMap({ ConfigShapes.fault(in: $0, of: .source) }).first ?? projectFault {
            problems.add("project.bad_config", fault, at: item.location, remedy: "correct the configuration of '\(name).\(table)'")
        }
        source.loadedAtField = config["loaded_at_field"]?.stringValue
        source.loadedAtQuery = config["loaded_at_query"]?.stringValue
        source.freshness = config["freshness"].map { $0.isNull ? .null : Self.laid($0, over: Self.noFreshness) } ?? Self.noFreshness
        source.eventTime = config["event_time"] ?? .null
        source.writtenDatabase = written["database"]?.text
        source.writtenSchema = written["schema"]?.text
        source.sourceMeta = JSON(levels.prefix(2).flatMap { $0?.json.objectValue?.pairs ?? [] }.map { ($0.key, $0.value) })
        if let external = item["external"]?.json.objectValue {
            source.external = ["location": .null, "file_format": .null, "row_format": .null, "tbl_properties": .null, "partitions": .null]
            for (key, value) in external.pairs { source.external[key] = value }
        }
        for level in [entry, item] {
            for (key, value) in level["quoting"]?.json.objectValue?.pairs ?? [] { source.quoting[key] = value }
        }
        for key in ["freshness", "loaded_at_field", "loaded_at_query"] { config[key] = nil }
        source.config = NodeConfig(config)
        return source
    }

    /// What the project's own dbt_project.yml says of a package's sources, above what the package says; its tags take the place of the others.
    private func layRoot(over config: inout JSONObject, of fqn: [String], stated: inout JSONObject) {
        guard let root, root.name != package.name else { return }
        for layer in ConfigMerge.layers(in: root.sections["sources"], fqn: fqn).layers {
            ConfigMerge.lay(layer, over: &config)
            if let tags = layer["tags"] { config["tags"] = tags.stringValue == nil ? tags : .array([tags]) }
        }
        for layer in ConfigMerge.layers(in: root.writtenSections["sources"], fqn: fqn).layers { ConfigMerge.note(layer, in: &stated) }
    }

    /// The table's, in `config:` or beside it, else the source's.
    private static func loadedAtField(_ entry: YAMLValue, _ item: YAMLValue) -> String? {
        if item["loaded_at_field"] != nil || item["config"]?["loaded_at_field"]?.isNull == false { return item["loaded_at_field"]?.text ?? item["config"]?["loaded_at_field"]?.text }
        return entry["loaded_at_field"]?.text ?? entry["config"]?["loaded_at_field"]?.text
    }

    /// As above; a table that states a field beside its `config:` has no query of the source's.
    private static func loadedAtQuery(_ entry: YAMLValue, _ item: YAMLValue) -> String? {
        if let own = item["loaded_at_query"]?.text ?? item["config"]?["loaded_at_query"]?.text { return own }
        return item["loaded_at_field"] != nil ? nil : entry["loaded_at_query"]?.text ?? entry["config"]?["loaded_at_query"]?.text
    }

    private static let noFreshness: JSON = [
        "warn_after": ["count": .null, "period": .null], "error_after": ["count": .null, "period": .null], "filter": .null,
    ]

    /// Limits of the levels laid over each other; a level that says `null` turns freshness off, until one states a limit. nil where none does.
    private static func freshness(_ levels: [JSON?]) -> JSON? {
        var merged = noFreshness
        for level in levels {
            let level = level ?? noFreshness
            merged = level.isNull || merged.isNull && !isLimit(level) ? .null : laid(level, over: merged.isNull ? noFreshness : merged)
        }
        return merged.isNull || isLimit(merged) ? merged : Optional.none
    }

    private static func laid(_ level: JSON, over below: JSON) -> JSON {
        var merged = below
        for (key, value) in level.objectValue?.pairs ?? [] where key == "filter" ? !value.isNull : value.isNull || isWhole(value) || !isWhole(below[key]) { merged[key] = value }
        return merged
    }

    private static func isLimit(_ freshness: JSON) -> Bool { isWhole(freshness["warn_after"]) || isWhole(freshness["error_after"]) }
    /// As in dbt, a count without a period is no limit, and stands in the way of none.
    private static func isWhole(_ limit: JSON?) -> Bool { limit?["count"]?.isNull == false && limit?["period"]?.isNull == false }
}
