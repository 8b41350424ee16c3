internal import Jinja
internal import Kernel

/// Makes test nodes of the tests written in schema files.
struct GenericTestReader {
    let problems: ProblemList
    /// For the words of a test's configuration, which are templates of the schema file; its arguments are templates of its run.
    let renderer: YAMLRenderer
    /// Whether what stands below `arguments` are the test's arguments, as `require_generic_test_arguments_property` says; else it is one.
    var nestsArguments = true
    private(set) var warnings: [ProjectWarning] = []

    /// In the order in which dbt writes them.
    static let configKeys = [
        "severity", "tags", "enabled", "where", "limit", "warn_if", "error_if", "fail_calc", "store_failures", "store_failures_as", "meta",
        "database", "schema", "alias", "group",
    ]

    /// nil where the entry is wrong; the problem is in the list.
    mutating func node(for written: WrittenTest) -> Node? {
        guard let (name, body) = nameAndBody(written.value) else { return nil }
        guard let initial = name.utf8.first, initial == UInt8(ascii: "_") || (0x61...0x7a).contains(initial | 0x20) else {
            problems.add(
                "project.bad_test_name", "Invalid generic test configuration given in \(written.value.file): \nTest name string did not match expected pattern: \(name)", at: written.value.location,
                remedy: "write the test's name, as in '- unique'")
            return nil
        }
        var arguments = JSONObject()
        // As in dbt, what stands below `arguments` comes behind the column's name.
        var nested = JSONObject()
        var config = JSONObject()
        var customName: String?
        var description = ""
        for member in body {
            switch member.key {
            case "name": customName = member.value.text
            case "description": description = member.value.text ?? ""
            case "config":
                for inner in member.value.members { note(filled(inner.value), inner.key, in: &config) }
            case "arguments" where member.value.isMap && nestsArguments:
                for inner in member.value.members { nested[inner.key] = inner.value.json }
            case "test_name": continue
            case let key where Self.configKeys.contains(key): note(filled(member.value), key, in: &config)
            case let key: arguments[key] = member.value.json
            }
        }
        tell(of: name, body, written)
        let stated = body.first { $0.key == "config" }?.value
        if let twice = body.first(where: { Self.configKeys.contains($0.key) && stated?[$0.key] != nil }) {
            problems.add(
                "project.same_key", "Invalid generic test configuration given in \(written.value.file): \nTest cannot have the same key at the top-level and in config", at: twice.value.location,
                remedy: "keep \(twice.key) under config: alone")
            return nil
        }
        if let column = written.column {
            arguments["column_name"] = .string(column.isQuoted == true ? "\"\(column.name)\"" : column.name)
        }
        for (key, value) in nested.pairs { arguments[key] = value }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        let namespace = parts.count == 2 ? parts[0] : nil
        let test = parts.count == 2 ? parts[1] : name
        let names = customName.map(GenericTestName.init(custom:))
            ?? GenericTestName(test: test, namespace: namespace, target: written.targetName, isSource: written.isSource, arguments: arguments)
        arguments["model"] = .string("{{ get_where_subquery(\(written.targetExpression)) }}")
        let metadata = TestMetadata(name: test, namespace: namespace, arguments: arguments)
        return node(names, metadata, config, description, written)
    }

    private mutating func tell(of name: String, _ body: [YAMLValue.Member], _ written: WrittenTest) {
        let file = written.value.file
        func add(_ event: String, _ text: String) {
            warnings.append(.init(event, text, .deprecation, in: written.package.folder, file, place: written.isSource ? ProjectWarning.ofSourceTests : ProjectWarning.place(of: written.section, isTest: true), isLocal: true))
        }
        let nested = body.first { $0.key == "arguments" }?.value
        guard nestsArguments else {
            if let nested { add("ArgumentsPropertyInGenericTestDeprecation", "Found `arguments` property in test definition of `\(name)` (\(PythonText.text(nested.json))) without usage of `require_generic_test_arguments_property` behavior change flag. The `arguments` property is deprecated for custom usage and will be used to nest keyword arguments in future versions of dbt.") }
            return
        }
        for member in body where Self.configKeys.contains(member.key) {
            let place = "data_tests.\(name).\(member.key)"
            add("PropertyMovedToConfigDeprecation", "Found `\(member.key)` as a top-level property of `\(place)` in file `\(file)`. The `\(member.key)` top-level property should be moved into the `config` of `\(place)`.")
        }
        let known = ["config", "column_name", "description", "name", "arguments", "test_name"] + Self.configKeys
        guard nested.map({ $0.members.isEmpty && $0.items.isEmpty }) ?? true, body.contains(where: { !known.contains($0.key) }) else { return }
        add(
            "MissingArgumentsPropertyInGenericTestDeprecation",
            "Found top-level arguments to test `\(name)` defined on '\(written.isSource ? written.targetName : written.ref?.name ?? written.targetName)' in package '\(written.package.name)' (\(file)). Arguments to generic tests should be nested under the `arguments` property.")
    }

    /// What is null says nothing, whatever its word asks for.
    private func note(_ value: JSON, _ key: String, in config: inout JSONObject) {
        if !value.isNull { config[key] = value }
    }

    private func filled(_ value: YAMLValue) -> JSON {
        guard value.text.map(YAMLRenderer.hasTemplate) ?? false else { return value.json }
        do { return try renderer.render(value).json } catch {
            problems.add(error)
            return value.json
        }
    }

    private func node(_ names: GenericTestName, _ metadata: TestMetadata, _ config: JSONObject, _ description: String, _ written: WrittenTest) -> Node {
        let file = written.value.file
        let fqn = [written.package.name] + FileTree.folders(of: file).dropFirst() + [names.full]
        var node = Node(
            uniqueID: names.uniqueID(package: written.package.name, metadata: metadata), resourceType: .test, name: names.full,
            packageName: written.package.name, path: "\(names.short).sql", originalFilePath: file, rootFolder: written.package.folder,
            fqn: fqn, rawCode: "")
        var own = config
        if names.short != names.full, own["alias"] == nil { own["alias"] = .string(names.short) }
        node.rawCode = Self.rawCode(metadata, own)
        node.config = NodeConfig(own)
        node.description = description
        node.line = written.value.line
        node.test = metadata
        node.columnName = metadata.arguments["column_name"].flatMap { written.column == nil ? nil : $0.stringValue }
        node.inheritedTags = written.tags + (written.column?.tags ?? [])
        return node
    }

    /// What dbt writes for the test: the macro's call, and the configuration that was written with it.
    private static func rawCode(_ metadata: TestMetadata, _ config: JSONObject) -> String {
        let macro = (metadata.namespace.map { "\($0)." } ?? "") + metadata.macroName
        let known = configKeys.compactMap { key in config[key].map { (key: key, value: $0) } }
        let words = (known + config.pairs.filter { !configKeys.contains($0.key) }.map { (key: $0.key, value: $0.value) }).map { key, value in
            let text = if case .string(let text) = value { "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\"" } else { PythonText.text(value) }
            return "\(key)=\(text)"
        }
        return "{{ \(macro)(**_dbt_generic_test_kwargs) }}" + (words.isEmpty ? "" : "{{ config(\(words.joined(separator: ","))) }}")
    }

    /// A test is a name, a map with the name as its one key, or a map that states it as `test_name`.
    private func nameAndBody(_ value: YAMLValue) -> (String, [YAMLValue.Member])? {
        if let name = value.text { return (name, []) }
        if let name = value["test_name"]?.text { return (name, value.members) }
        // `- unique: {…}` may carry its name and config beside the test's own key.
        let own = value.members.filter { !["name", "config", "description"].contains($0.key) || value.members.count == 1 }
        func wrong(_ reason: String) {
            problems.add(
                "project.bad_test", "Invalid test config given in \(value.file): \(reason)", at: value.location,
                remedy: "indent the test's arguments below its name, as in '- accepted_values: {arguments: {values: [a, b]}}'")
        }
        guard own.count == 1, let member = own.first else {
            let pairs = value.members.map { "(\(PythonText.representation(.string($0.key))), \(PythonText.representation($0.value.json)))" }.joined(separator: ", ")
            wrong("test definition dictionary must have exactly one key, got [\(pairs)] instead (\(value.members.count) keys)")
            return nil
        }
        guard member.value.isMap else {
            wrong("test arguments must be a dict, got <class '\(PythonText.typeName(member.value.json))'> (value \(PythonText.text(member.value.json)))")
            return nil
        }
        for place in [member.value["config"], value["config"]] {
            guard let place, !place.isMap, !place.isNull else { continue }
            wrong("config must be a dict, got <class '\(PythonText.typeName(place.json))'> (value \(PythonText.text(place.json)))")
            return nil
        }
        return (member.key, member.value.members + value.members.filter { $0.key != member.key })
    }
}
