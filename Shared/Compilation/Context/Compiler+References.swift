internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

extension Compiler {
    func relation(of node: Node) -> RelationObject {
        if let known = replacements[node.uniqueID] { return RelationObject(relationName(of: node), expression: known, dialect: dialect) }
        if node.isEphemeral {
            // It lies nowhere: its readers have it among their own common table expressions, by this name.
            let name = "__dbt__cte__\(node.alias)"
            return RelationObject(RelationName(database: "", schema: "", identifier: name), kind: "cte", expression: name, dialect: dialect)
        }
        let relation = RelationObject(relationName(of: node), dialect: dialect)
        quote(relation)
        return relation
    }

    /// Whether names are quoted: the project says so for all, a source for itself. dbt reads what a node's configuration says of it, and does nothing with it.
    ///
    /// - Parameter asksProject: dbt does not where a template names a source.
    func quote(_ relation: RelationObject, by own: JSONObject? = nil, asksProject: Bool = true) {
        if asksProject { relation.quotes.set(manifest.project.quoting) }
        relation.quotes.set(own)
    }

    /// As a reader sees it: no rows where only shapes are wanted, and only the rows of the batch where there is one.
    private func input(_ relation: RelationObject, eventTime: String?, isReplaced: Bool) -> Value {
        guard frame.mode == .execute, frame.node?.resourceType != .operation else { return .object(relation) }
        if invocation.isEmpty, !isReplaced { relation.limit = 0 }
        guard relation.expression == nil else { return .object(relation) }
        guard let eventTime else { return .object(relation) }
        let sample = [.model, .snapshot].contains(frame.node?.resourceType) ? invocation.sample : nil
        if let batch, frame.node?.uniqueID == batch.node {
            // Times of one form, so the later one is the greater one.
            let start = [batch.start, sample?.start.sql].compactMap(\.self).max()
            let end = [batch.end, sample?.end.sql].compactMap(\.self).min()
            relation.timeFilter = RelationObject.TimeFilter(column: eventTime, start: start, end: end)
        } else if let sample {
            relation.timeFilter = RelationObject.TimeFilter(column: eventTime, start: sample.start.sql, end: sample.end.sql)
        }
        return .object(relation)
    }

    func ref(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard (1...2).contains(arguments.positional.count) else {
            throw CompilationError("compile.bad_ref", "ref() takes at most two arguments (\(arguments.positional.count) given)", remedy: "write ref('model')")
        }
        guard (1...2).contains(names.count), names.count == arguments.positional.count else {
            throw CompilationError("compile.bad_ref", "The \(names.isEmpty || arguments.positional.count == 1 ? "name" : "package or name") argument to ref() must be a string, got <class '\(arguments.positional.first { $0.asString == nil }?.typeName ?? "")'>", remedy: "write ref('model')")
        }
        let version = (arguments["v"] ?? arguments["version"]).flatMap { $0.isNone ? nil : $0 }
        let ref = Ref(name: names[names.count - 1], package: names.count == 2 ? names[0] : nil, version: try version.map(interpreter.text), isVersionText: version?.asString != nil)
        if frame.mode == .parse {
            frame.capture.refs.append(ref)
            return .object(RelationObject(RelationName(schema: manifest.target.schema, identifier: ref.name), dialect: dialect))
        }
        guard let node = manifest.node(for: ref, from: frame.package) else {
            let version = ref.version.map { " with version '\($0)'" } ?? ""
            let package = ref.package.map { " in package or project '\($0)'" } ?? ""
            let isOff = manifest.disabled.contains { $0.name == ref.name && $0.resourceType != .test }
            throw CompilationError("compile.ref_not_found", lack("node named '\(ref.name)'\(version)\(package)", isOff: isOff), remedy: isOff ? "enable it, or remove the reference" : "add it, or correct the name")
        }
        try mustBeGiven(node.uniqueID, "node named '\(ref.name)'")
        // The order of the run is made of what parsing saw; a reference that shows up only now may come too early.
        if let reader = frame.node, reader.resourceType != .operation, !reader.dependsOn.contains(node.uniqueID), reader.uniqueID != node.uniqueID {
            throw CompilationError(
                "compile.hidden_ref",
                "dbt was unable to infer all dependencies for the model \"\(reader.name)\".\nThis typically happens when ref() is placed within a conditional block.\n\nTo fix this, add the following hint to the top of the model \"\(reader.name)\":\n\n-- depends_on: {{ ref('\(ref.name)') }}",
                remedy: "")
        }
        if let note = Self.note(of: frame.node, reading: node, version == nil ? manifest.newestVersion(of: node) : nil) { onUnpinned(note) }
        if node.isEphemeral, replacements[node.uniqueID] == nil, !frame.ephemerals.contains(node.uniqueID) { frame.ephemerals.append(node.uniqueID) }
        return input(try deferred(node) ?? relation(of: node), eventTime: node.config["event_time"]?.stringValue, isReplaced: replacements[node.uniqueID] != nil)
    }

    /// dbt's words for what a template asks for and nobody has.
    private func lack(_ what: String, isOff: Bool = false) -> String {
        let reader = frame.node.map(ProjectReader.dependent) ?? frame.macro.map { "Macro '\($0.uniqueID)' (\($0.originalFilePath)) depends on" }
        return "\(reader.map { "\($0) a " } ?? "")\(what) which \(isOff ? "is disabled" : "was not found")"
    }

    /// dbt's words for a reference without a version that will mean another model one day.
    private static func note(of reader: Node?, reading node: Node, _ newest: String?) -> String? {
        guard let reader, let version = node.version.map(PythonText.text), let newest else { return nil }
        func pinned(_ version: String) -> String { "{{ ref('\(node.packageName)', '\(node.name)', v='\(version)') }}" }
        return """
            While compiling '\(reader.name)':
            Found an unpinned reference to versioned model '\(node.name)' in project '\(node.packageName)'.
            Resolving to latest version: \(node.name).v\(version)
            A prerelease version \(newest) is available. It has not yet been marked 'latest' by its maintainer.
            When that happens, this reference will resolve to \(node.name).v\(newest) instead.

              Try out v\(newest): \(pinned(newest))
              Pin to  v\(version): \(pinned(version))

            """
    }

    /// A unit test reads no relation of the warehouse.
    private func mustBeGiven(_ id: String, _ what: String) throws {
        guard let test = frame.unitTest, replacements[id] == nil else { return }
        throw CompilationError(
            "compile.input_not_given", "Unit_Test '\(test.uniqueID)' (\(test.originalFilePath)) depends on a \(what) which was not found", at: .file(test.originalFilePath),
            remedy: "add it under given:")
    }

    func source(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard names.count == 2, arguments.positional.count == 2 else {
            let wrong = arguments.positional.firstIndex { $0.asString == nil }
            let what = arguments.positional.count != 2 ? "source() takes exactly two arguments (\(arguments.positional.count) given)"
                : "The \(wrong == 0 ? "source name (first)" : "table name (second)") argument to source() must be a string, got <class '\(wrong.map { arguments.positional[$0].typeName } ?? "")'>"
            throw CompilationError("compile.bad_source", what, remedy: "write source('source', 'table')")
        }
        let ref = SourceRef(source: names[0], table: names[1])
        if frame.mode == .parse {
            frame.capture.sources.append(ref)
            return .object(RelationObject(RelationName(schema: names[0], identifier: names[1]), dialect: dialect))
        }
        guard let table = manifest.source(for: ref, from: frame.package) else {
            throw CompilationError("compile.source_not_found", lack("source named '\(names[0]).\(names[1])'"), remedy: "add it to a schema file")
        }
        try mustBeGiven(table.uniqueID, "source named '\(names[0]).\(names[1])'")
        let name = RelationName(database: table.database, schema: table.schema, identifier: table.identifier)
        let relation = RelationObject(name, expression: replacements[table.uniqueID], dialect: dialect)
        quote(relation, by: table.quoting, asksProject: false)
        return input(relation, eventTime: table.config["event_time"]?.stringValue, isReplaced: replacements[table.uniqueID] != nil)
    }

    func function(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard arguments.positional.count <= 2 else {
            throw CompilationError("compile.bad_ref", "ref() takes at most two arguments (\(arguments.positional.count) given)", remedy: "write ref('model')")
        }
        guard (1...2).contains(names.count), names.count == arguments.positional.count else {
            throw CompilationError("compile.bad_function", "function() takes a function's name, or a package's and a function's", remedy: "write function('name')")
        }
        if frame.mode == .parse {
            frame.capture.functions.append(names)
            return .object(RelationObject(RelationName(schema: manifest.target.schema, identifier: names[names.count - 1]), kind: "function", dialect: dialect))
        }
        guard let node = manifest.function(names, from: frame.package) else {
            throw CompilationError("compile.function_not_found", lack("function named '\(names[names.count - 1])'\(names.count == 2 ? " in package or project '\(names[0])'" : "")"), remedy: "add it to functions/, or correct the name")
        }
        if let reader = frame.node, reader.resourceType != .operation, !reader.dependsOn.contains(node.uniqueID) {
            throw CompilationError(
                "compile.hidden_ref", "'\(reader.name)' calls '\(node.name)', which did not show when the project was read",
                remedy: "add this line to the model: -- depends_on: {{ function('\(node.name)') }}")
        }
        let relation = deferred(function: node) ?? relation(of: node)
        relation.kind = "function"
        return .object(relation)
    }

    /// True where the table is there, is to be kept, and the model is incremental: dbt's rule.
    func isIncremental() throws -> Bool {
        guard frame.mode == .execute, let node = frame.node, node.resourceType == .model, node.config.materialized == "incremental",
            !isFullRefresh(node), let session
        else { return false }
        return try session.relation(catalogueName(of: relationName(of: node)))?.kind == .table
    }

    /// A piece of text as a template of the node at work: `ref('x')` needs no braces.
    func rendered(_ text: String) throws -> String {
        try filled(Self.isCall(text) ? "{{ \(text) }}" : text)
    }

    /// A piece of text as a template of the node at work.
    func filled(_ text: String) throws -> String {
        guard text.contains("{{") || text.contains("{%") || text.contains("{#") else { return text }
        let template = try TemplateCache.template(text, name: frame.node?.originalFilePath ?? "dbt_project.yml", environment)
        let package = frame.package
        return try interpreter.render(template, Context { [unowned self] name in try value(of: name, package: package) })
    }

    static func isCall(_ text: String) -> Bool { ["ref(", "source("].contains { text.hasPrefix($0) } && text.hasSuffix(")") }
}
