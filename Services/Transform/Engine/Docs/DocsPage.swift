internal import Execution
internal import Kernel
internal import Markup
internal import Project

/// The documentation of a project as one static page: no script, no request, every text escaped.
struct DocsPage {
    /// A picture of more boxes helps nobody; each model names its neighbours.
    static let boxesMax = 250

    let manifest: Manifest
    let catalog: Catalog
    /// By unique id: compiled SQL, and how the relation is written in SQL.
    let sql: [String: String]
    let relations: [String: String]
    let results: [String: TestRecord]
    let generatedAt: Timestamp

    var html: HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(manifest.project.name) · data documentation</title><style>\(DocsStyle.css)</style></head>
        <body><header><b>\(manifest.project.name)</b><span class="quiet">as of \(Words.time(generatedAt)) UTC</span></header>
        <div class="frame"><nav>\(contents)</nav><main>\(overview)\(lineage)\(sections)\(testTable)</main></div></body></html>
        """
    }

    // MARK: What there is

    private func nodes(_ type: ResourceType) -> [Node] {
        manifest.nodes.values.filter { $0.resourceType == type }.sorted { ($0.originalFilePath, $0.name) < ($1.originalFilePath, $1.name) }
    }
    private var sources: [SourceTable] { manifest.sources.values.sorted { ($0.sourceName, $0.name) < ($1.sourceName, $1.name) } }
    private var tests: [Node] { nodes(.test).sorted { (manifest.tested(by: $0), $0.name) < (manifest.tested(by: $1), $1.name) } }

    /// Models by their folder, in the order of paths.
    private var folders: [(name: String, models: [Node])] {
        var found: [(name: String, models: [Node])] = []
        for model in nodes(.model) {
            let folder = model.originalFilePath.split(separator: "/").dropLast().joined(separator: "/")
            let name = model.packageName == manifest.project.name ? folder : "\(model.packageName): \(folder)"
            if found.last?.name == name { found[found.count - 1].models.append(model) } else { found.append((name, [model])) }
        }
        return found
    }

    private func name(of id: String) -> String {
        manifest.nodes[id]?.name ?? manifest.sources[id].map { "\($0.sourceName).\($0.name)" } ?? id
    }

    /// The id as a fragment; other characters than these would have to be escaped there.
    private func anchor(_ id: String) -> String {
        String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-") ? $0 : "_" })
    }

    private func link(_ id: String) -> HTML { "<a href=\"#\(anchor(id))\">\(name(of: id))</a>" }

    // MARK: Top

    private var contents: HTML {
        var list: HTML = "<a href=\"#lineage\">Lineage</a><a href=\"#tests\">Tests</a>"
        func add(_ title: String, _ ids: [String]) {
            guard !ids.isEmpty else { return }
            list += "<h2>\(title)</h2>\(ids.map(link))"
        }
        for folder in folders { add(folder.name, folder.models.map(\.uniqueID)) }
        add("seeds", nodes(.seed).map(\.uniqueID))
        add("sources", sources.map(\.uniqueID))
        return list
    }

    private var overview: HTML {
        func fact(_ word: String, _ value: HTML) -> HTML { "<div><dt>\(word)</dt><dd>\(value)</dd></div>" }
        var counts: [HTML] = []
        for status in [NodeResult.Status.error, .fail, .warn, .pass] {
            let count = tests.count { results[$0.uniqueID]?.status == status }
            if count > 0 { counts.append("<span class=\"pill \(status.rawValue)\">\(count) \(status.rawValue)</span> ") }
        }
        let missing = tests.count { results[$0.uniqueID] == nil }
        if missing > 0 { counts.append("<span class=\"pill\">\(missing) not run</span>") }
        return """
            <h1>\(manifest.project.name)</h1><dl class="facts">\(fact("models", "\(nodes(.model).count)"))\(fact("seeds", "\(nodes(.seed).count)"))\
            \(fact("sources", "\(manifest.sources.count)"))\(fact("tests", "\(tests.count)"))\(fact("last results", "\(counts)"))</dl>
            """
    }

    // MARK: Lineage

    private var lineage: HTML {
        let kinds: [ResourceType] = [.model, .seed, .snapshot]
        let ids = manifest.sources.keys.sorted() + manifest.nodes.values.filter { kinds.contains($0.resourceType) }.map(\.uniqueID).sorted()
        let head: HTML = "<h2 id=\"lineage\">Lineage</h2>"
        guard ids.count <= Self.boxesMax else {
            return "\(head)<p class=\"quiet\">A picture of \(ids.count) boxes would not be readable: each model below names what it reads and who reads it.</p>"
        }
        guard !ids.isEmpty else { return "" }
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        let before = ids.map { id in Set((manifest.graph.parents[id] ?? []).compactMap { places[$0] }) }
        let picture = LayeredPicture(LayeredLayout(before: before))
        return """
            \(head)<p class="quiet key"><i class="source"></i>source <i class="seed"></i>seed <i class="model"></i>model <i class="bad"></i>a test failed</p>\
            <div class="scroll panel">\(picture.svg(label: "lineage") { box(ids[$0], at: picture.corner($0), picture) })</div>
            """
    }

    private func box(_ id: String, at corner: (x: Int, y: Int), _ picture: LayeredPicture) -> HTML {
        let title = name(of: id)
        let kind = manifest.nodes[id]?.resourceType.rawValue ?? "source"
        var words = [manifest.nodes[id].map { $0.resourceType == .model ? $0.config.materialized : kind } ?? kind]
        if let rows = catalog.entry(id)?.rows { words.append(Self.text(rows)) }
        let shown = title.count > 24 ? title.prefix(23) + "…" : title
        let isBad = tests(of: id).contains { [.fail, .error].contains(results[$0.uniqueID]?.status) }
        let (x, y) = corner
        return """
            <a href="#\(anchor(id))"><g class="node \(isBad ? "bad" : kind)"><title>\(title)</title><rect x="\(x)" y="\(y)" width="\(picture.width)" height="\(picture.height)" rx="8"/>\
            <rect class="mark" x="\(x)" y="\(y + 8)" width="4" height="\(picture.height - 16)" rx="2"/>\
            <text class="title" x="\(x + 14)" y="\(y + 19)">\(shown)</text><text class="more" x="\(x + 14)" y="\(y + 36)">\(words.joined(separator: " · "))</text></g></a>
            """
    }

    private static func text(_ rows: Catalog.RowCount) -> String {
        rows.isWhole ? "\(Words.grouped(rows.counted)) row\(rows.counted == 1 ? "" : "s")" : "more than \(Words.grouped(Catalog.RowCount.max)) rows"
    }

    // MARK: Models, seeds and sources

    private var sections: HTML {
        var text: HTML = ""
        for folder in folders { text += "<h2>\(folder.name)</h2>\(folder.models.map(article))" }
        if !nodes(.seed).isEmpty { text += "<h2>seeds</h2>\(nodes(.seed).map(article))" }
        if !sources.isEmpty { text += "<h2>sources</h2>\(sources.map(article))" }
        return text
    }

    private func article(_ node: Node) -> HTML {
        let kind = node.resourceType == .model ? node.config.materialized : node.resourceType.rawValue
        var code: HTML = ""
        if let compiled = sql[node.uniqueID] { code += "<details><summary>Compiled SQL</summary><pre>\(compiled)</pre></details>" }
        if !node.rawCode.isEmpty { code += "<details><summary>Source</summary><pre>\(node.rawCode)</pre></details>" }
        return article(
            node.uniqueID, kind, node.description, tags: node.tags, file: node.originalFilePath, columns: node.columns, isEphemeral: node.isEphemeral, code)
    }

    private func article(_ source: SourceTable) -> HTML {
        let words = [source.description, source.sourceDescription].filter { !$0.isEmpty }.joined(separator: "\n")
        return article(
            source.uniqueID, "source", words, tags: source.config.tags, file: "\(source.originalFilePath):\(source.line)", columns: source.columns,
            isEphemeral: false, "")
    }

    private func article(
        _ id: String, _ kind: String, _ description: String, tags: [String], file: String, columns: [Column], isEphemeral: Bool, _ code: HTML
    ) -> HTML {
        let entry = catalog.entry(id)
        var facts: [HTML] = []
        if let relation = relations[id] { facts.append("<code>\(relation)</code>") }
        if let rows = entry?.rows { facts.append("\(Self.text(rows))") }
        if entry == nil, !isEphemeral { facts.append("not in the warehouse") }
        facts.append("\(file)")
        if !tags.isEmpty { facts.append("tags: \(tags.joined(separator: ", "))") }
        let reads = (manifest.graph.parents[id] ?? []).sorted()
        let readers = (manifest.graph.children[id] ?? []).filter { manifest.nodes[$0]?.resourceType != .test }.sorted()
        return """
            <article id="\(anchor(id))"><h3>\(name(of: id)) <span class="pill">\(kind)</span></h3>\
            <p class="quiet">\(Self.joined(facts, " · "))</p>\
            \(description.isEmpty ? "" : "<p class=\"says\">\(description)</p>" as HTML)\
            \(reads.isEmpty ? "" : "<p class=\"quiet\">reads \(Self.joined(reads.map(link), ", "))</p>" as HTML)\
            \(readers.isEmpty ? "" : "<p class=\"quiet\">read by \(Self.joined(readers.map(link), ", "))</p>" as HTML)\
            \(columnTable(id, columns, entry))\(code)</article>

            """
    }

    private static func joined(_ parts: [HTML], _ separator: HTML) -> HTML {
        var text: HTML = ""
        for (index, part) in parts.enumerated() { text += index == 0 ? part : "\(separator)\(part)" }
        return text
    }

    /// The columns that the warehouse has, then those that are only described.
    private func columnTable(_ id: String, _ described: [Column], _ entry: Catalog.Entry?) -> HTML {
        var rows: [(name: String, type: String, about: Column?)] = (entry?.columns ?? []).map { column in
            (column.name, column.type, described.first { $0.name.lowercased() == column.name.lowercased() })
        }
        let known = Set(rows.map { $0.name.lowercased() })
        rows += described.filter { !known.contains($0.name.lowercased()) }.map { ($0.name, $0.dataType ?? "", $0) }
        let own = tests(of: id)
        let whole = own.filter { test in test.columnName.map { name in !rows.contains { $0.name.lowercased() == name.lowercased() } } ?? true }
        guard !rows.isEmpty || !whole.isEmpty else { return "" }
        // A column of the table that would be empty is left out.
        let hasTypes = rows.contains { !($0.about?.dataType ?? $0.type).isEmpty }
        let hasWords = rows.contains { $0.about?.description.isEmpty == false }
        let lines = rows.map { row -> HTML in
            let tests = own.filter { $0.columnName?.lowercased() == row.name.lowercased() }
            let type: HTML = hasTypes ? "<td class=\"quiet\">\(row.about?.dataType ?? row.type)</td>" : ""
            let words: HTML = hasWords ? "<td>\(row.about?.description ?? "")</td>" : ""
            return "<tr><td class=\"id name\">\(row.name)</td>\(type)\(words)<td>\(tests.map { chip($0) })</td></tr>"
        }
        let head: HTML = "<th>column</th>\(hasTypes ? "<th>type</th>" : "" as HTML)\(hasWords ? "<th>description</th>" : "" as HTML)<th>tests</th>"
        let table: HTML = rows.isEmpty ? "" : "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\(lines)</tbody></table></div>"
        return "\(table)\(whole.isEmpty ? "" : "<p class=\"quiet\">tests of the whole: \(whole.map { chip($0) })</p>" as HTML)"
    }

    // MARK: Tests

    /// The tests written under a node, and the singular ones that read it alone.
    private func tests(of id: String) -> [Node] {
        (manifest.graph.children[id] ?? []).compactMap { manifest.nodes[$0] }.filter { test in
            guard test.resourceType == .test else { return false }
            if let attached = test.attachedNode { return attached == id }
            return test.test == nil ? test.dependsOn == [id] : test.dependsOn.contains(id) && manifest.sources[id] != nil
        }.sorted { $0.name < $1.name }
    }

    private func chip(_ test: Node) -> HTML {
        let status = results[test.uniqueID]?.status.rawValue ?? "not run"
        // A name that somebody gave says more than the kind of test; a made-up one says the same at length.
        let label = test.test.map { test.name.contains($0.name) ? $0.name : test.name } ?? test.name
        return "<a class=\"pill \(results[test.uniqueID]?.status.rawValue ?? "")\" href=\"#\(anchor(test.uniqueID))\" title=\"\(test.name): \(status)\">\(label)</a> "
    }

    private var testTable: HTML {
        guard !tests.isEmpty else { return "" }
        return """
            <h2 id="tests">Tests</h2><div class="scroll"><table><thead><tr><th>test</th><th>on</th><th>limits</th><th>last result</th>\
            <th class="n">failing rows</th><th>when</th></tr></thead><tbody>\(tests.map(row))</tbody></table></div>
            """
    }

    private func row(_ test: Node) -> HTML {
        let record = results[test.uniqueID]
        let owners = test.attachedNode.map { [$0] } ?? test.dependsOn
        let code: HTML = sql[test.uniqueID].map { "<details><summary>SQL</summary><pre>\($0)</pre></details>" } ?? ""
        var says: HTML = ""
        if let relation = relations[test.uniqueID] { says += "<p class=\"quiet\">failing rows in <code>\(relation)</code></p>" }
        if let record, record.status == .error { says += "<p class=\"why\">\(record.message)</p>" }
        if !test.description.isEmpty { says += "<p class=\"says\">\(test.description)</p>" }
        let result: HTML = record.map { "<span class=\"pill \($0.status.rawValue)\">\($0.status.rawValue)</span>" } ?? "<span class=\"pill\">not run</span>"
        return """
            <tr id="\(anchor(test.uniqueID))"><td class="id">\(test.name)\(says)\(code)</td><td>\(Self.joined(owners.map(link), ", "))</td>\
            <td class="quiet">\(limits(of: test))</td><td>\(result)</td><td class="n">\(record?.failures.map(Words.grouped) ?? "")</td>\
            <td class="t quiet">\(record.map { Words.time($0.finishedAt) } ?? "")</td></tr>

            """
    }

    private func limits(of test: Node) -> String {
        let isError = (test.config["severity"]?.stringValue ?? "error").lowercased() == "error"
        func limit(_ key: String) -> String { test.config[key]?.stringValue ?? "!= 0" }
        var words = [isError ? "error if \(limit("error_if"))" : "warn if \(limit("warn_if"))"]
        if isError, limit("warn_if") != limit("error_if") { words.append("warn if \(limit("warn_if"))") }
        if let condition = test.config["where"]?.stringValue { words.append("where \(condition)") }
        if let rows = test.config["limit"]?.intValue { words.append("at most \(rows)") }
        return words.joined(separator: ", ")
    }
}
