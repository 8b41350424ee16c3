internal import Kernel

extension SchemaReader {
    /// One entry of `sources:` with its tables.
    mutating func readSource(_ written: YAMLValue) {
        guard let entry = rendered(written) else { return }
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "a source has no name", at: entry.location, remedy: "add name:")
            return
        }
        for item in entry["tables"]?.items ?? [] {
            guard let table = item["name"]?.text else {
                problems.add("project.missing_name", "a table of source '\(name)' has no name", at: item.location, remedy: "add name:")
                continue
            }
            let source = source(entry, name, item, table)
            add(source)
            guard source.config.isEnabled else { continue }
            readTests(
                of: [item], "\(name)_\(table)", "source('\(name)', '\(table)')", ref: nil, sourceID: source.uniqueID, section: "sources",
                columns: source.columns)
        }
    }

    private func source(_ entry: YAMLValue, _ name: String, _ item: YAMLValue, _ table: String) -> SourceTable {
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
        var config = JSONObject()
        for layer in ConfigMerge.layers(in: package.sections["sources"], fqn: fqn).layers { ConfigMerge.lay(layer, over: &config) }
        ConfigMerge.lay(configuration(of: entry), over: &config)
        ConfigMerge.lay(configuration(of: item), over: &config)
        /// A word of the table, else of the source, each in `config:` or beside it, else of `dbt_project.yml`.
        func word(_ key: String) -> JSON? {
            (item["config"]?[key] ?? item[key] ?? entry["config"]?[key] ?? entry[key])?.json ?? config[key]
        }
        source.loadedAtQuery = word("loaded_at_query")?.stringValue
        source.loadedAtField = source.loadedAtQuery == nil ? word("loaded_at_field")?.stringValue : item["loaded_at_field"]?.text
        source.freshness = Self.freshness([
            config["freshness"], (entry["config"]?["freshness"] ?? entry["freshness"])?.json, (item["config"]?["freshness"] ?? item["freshness"])?.json,
        ])
        source.sourceMeta = (entry["config"]?["meta"] ?? entry["meta"])?.json ?? [:]
        source.external = item["external"]?.json ?? .null
        source.eventTime = word("event_time") ?? .null
        for level in [entry, item] {
            for (key, value) in level["quoting"]?.json.objectValue?.pairs ?? [] { source.quoting[key] = value }
        }
        for key in ["freshness", "loaded_at_field", "loaded_at_query"] { config[key] = nil }
        if config["tags"] != nil { config["tags"] = .array(NodeConfig(config).tags.sorted().map(JSON.string)) }
        source.config = NodeConfig(config)
        return source
    }

    /// Limits of the levels laid over each other; a level that says `null` turns freshness off.
    private static func freshness(_ levels: [JSON?]) -> JSON {
        let none: JSON = ["count": .null, "period": .null]
        var merged: JSON = ["warn_after": none, "error_after": none, "filter": .null]
        for level in levels {
            guard let level else { continue }
            if level.isNull { merged = .null; continue }
            if merged.isNull { merged = ["warn_after": none, "error_after": none, "filter": .null] }
            for (key, value) in level.objectValue?.pairs ?? [] { merged[key] = value }
        }
        return merged
    }
}
