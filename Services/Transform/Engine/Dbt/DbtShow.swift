internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt show`: the first rows of a model, a test, a seed, or of SQL on the command line. Also `dbt compile --inline`.
struct DbtShow {
    private let site: DbtSite
    private let compiler: Compiler
    private let session: any WarehouseSession

    init(_ site: DbtSite) throws {
        self.site = site
        (compiler, session) = try site.open()
    }

    private var arguments: DbtArguments { site.arguments }

    private func inlineNode(_ text: String) -> Node {
        let manifest = site.manifest
        let name = "inline_query"
        var node = Node(
            uniqueID: "sql_operation.\(manifest.project.name).\(name)", resourceType: .analysis, name: name, packageName: manifest.project.name, path: "sql/\(name)",
            originalFilePath: "from remote system", rootFolder: manifest.project.folder, fqn: [manifest.project.name, "sql", name], rawCode: text)
        node.database = manifest.target.database
        node.schema = manifest.target.schema
        return node
    }

    private func inline(_ text: String) throws -> (Node, String) {
        let manifest = site.manifest
        var node = inlineNode(text)
        let capture = try compiler.capture(node)
        node.refs = capture.refs
        node.sources = capture.sources
        node.functions = capture.functions
        node.dependsOn = capture.functions.compactMap { manifest.function($0, from: node.packageName)?.uniqueID } + capture.refs.compactMap { manifest.node(for: $0, from: node.packageName)?.uniqueID } + capture.sources.compactMap { manifest.source(for: $0, from: node.packageName)?.uniqueID }
        return (node, try compiler.compile(node).sql)
    }

    /// `compile --inline`
    func compile() throws -> Int32 {
        try site.writeManifest(compiled: compiler.compiledNames())
        site.tellConcurrency()
        try site.checkDatabases()
        let text = arguments.value("inline") ?? ""
        let (node, sql) = try told(inlineNode(text)) { try inline(text) }
        try write(node, sql)
        if arguments.value("output") == "json" {
            site.log.result(JSON([("compiled", .string(sql))]).text(isPretty: true), name: "CompiledNode", with: [("node_name", .string(node.name)), ("compiled", .string(sql)), ("is_inline", true), ("output_format", "json"), ("unique_id", .string(node.uniqueID)), site.log.quietness])
        } else {
            site.log.result("Compiled inline node is:", sql, name: "CompiledNode", with: [("node_name", .string(node.name)), ("compiled", .string(sql)), ("is_inline", true), ("output_format", "text"), ("unique_id", .string(node.uniqueID)), site.log.quietness])
        }
        return 0
    }

    func run() throws -> Int32 {
        try site.writeManifest(compiled: compiler.compiledNames())
        site.tellConcurrency()
        try site.checkDatabases()
        let limit = arguments.value("limit").flatMap { Int($0) } ?? 5
        let output = arguments.value("output") ?? "text"
        if let sql = arguments.value("inline-direct") {
            let node = inlineNode(sql)
            _ = try told(node) { try preview(node, sql, limit, output, isInline: true) }
            return 0
        }
        if let text = arguments.value("inline") {
            try told(inlineNode(text)) {
                let (node, sql) = try inline(text)
                try preview(node, sql, limit, output, isInline: true)
            }
            return 0
        }
        guard !arguments.select.isEmpty || arguments.value("selector") != nil else { throw DbtArguments.wrong("Either --select or --inline must be passed to show", "name a model, or write SQL") }
        let chosen = try site.select().compactMap { site.manifest.nodes[$0] }.filter { [.model, .seed, .snapshot, .analysis].contains($0.resourceType) || ($0.resourceType == .test && arguments.select.contains($0.name)) }
        guard !chosen.isEmpty else {
            try site.tellNothing()
            return 0
        }
        // As in dbt: of all that is selected, what the first of the selected words names.
        let word = arguments.select.first
        var names = compiler.compiledNames()
        for node in chosen.sorted(by: { $0.uniqueID < $1.uniqueID }) where word?.contains(node.name) ?? true {
            try told(node) {
                let sql = node.resourceType == .seed ? "select * from \(session.render(compiler.relationName(of: node)))" : try compiler.compile(node).sql
                let shown = try preview(node, sql, limit, output, isInline: false)
                guard node.resourceType != .seed else { return }
                // As in dbt, what was shown is from then on what was compiled.
                names[node.uniqueID] = .init(sql: shown, path: { [folder = site.folder] in folder.compiledPath(of: node) }, relationName: names[node.uniqueID]?.relationName, macros: [site.macroID("get_limit_subquery_sql")])
            }
        }
        try site.writeManifest(compiled: names)
        return 0
    }

    /// What goes wrong ends the command, and says of which node.
    private func told<T>(_ node: Node, _ body: () throws -> T) throws -> T {
        do { return try compiler.undoing(body) } catch {
            let isInline = node.path.hasPrefix("sql/")
            let text = DbtFailure.message(
                error, resource: isInline ? "sql_operation" : node.resourceType.rawValue, name: node.name, path: isInline ? "\(node.originalFilePath).sql" : node.originalFilePath, compiled: nil)
            throw PlainProblem("dbt.show_failed", text, remedy: "")
        }
    }

    /// - Returns: the query that was sent.
    @discardableResult
    private func preview(_ node: Node, _ sql: String, _ limit: Int, _ output: String, isInline: Bool) throws -> String {
        let header = try node.config["sql_header"]?.stringValue.map { try compiler.render($0, for: node) + "\n" }
        let bounded = try compiler.showing(sql, of: node, header: header, limit: limit < 0 ? nil : limit)
        let startedAt = site.command.now()
        let rows = try session.query(bounded)
        try write(node, bounded, startedAt, isInline ? nil : session.render(compiler.relationName(of: node)))
        let isText = output != "json"
        let told: [(String, JSON)] = [
            ("node_name", .string(node.name)), ("preview", .string(isText ? TablePrinter(rows).text : TablePrinter(rows).json.text())), ("is_inline", .bool(isInline)), ("output_format", .string(output)),
            ("unique_id", .string(node.uniqueID)), site.log.quietness,
        ]
        guard !isText else {
            site.log.result("Previewing \(isInline ? "inline node" : "node '\(node.name)'"):", TablePrinter(rows).text, name: "ShowNode", with: told)
            return bounded
        }
        let list = TablePrinter(rows).json
        site.log.result(JSON(isInline ? [("show", list)] : [("node", .string(node.name)), ("show", list)]).text(isPretty: true), name: "ShowNode", with: told)
        return bounded
    }

    private func write(_ node: Node, _ sql: String, _ startedAt: Timestamp? = nil, _ relation: String? = nil) throws {
        let now = site.command.now()
        let result = NodeResult(uniqueID: node.uniqueID, status: .success, message: "", startedAt: startedAt ?? now, finishedAt: now, compiledSQL: sql, relationName: relation)
        try site.folder.write(
            RunResults(
                [result], invocationID: site.invocation.id, generatedAt: now, startedAt: site.invocation.startedAt, command: arguments.word, arguments: .object(site.invocation.options)))
    }
}
