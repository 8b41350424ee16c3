public import Kernel

/// `selectors.yml`: selections with names.
public struct SelectorsFile: Sendable {
    private var selections: [String: Selection] = [:]
    /// Their names as they stand in the file.
    private var order: [String] = []
    /// The one that is used where a command names nothing.
    public private(set) var byDefault: String?
    /// As the manifest has them.
    public private(set) var json = JSONObject()

    public init() {}

    static func read(in folder: String, renderer: YAMLRenderer, problems: ProblemList) -> SelectorsFile {
        var file = SelectorsFile()
        guard let text = FileTree.text("\(folder)/selectors.yml") else { return file }
        do throws(ProjectProblem) {
            let document = try renderer.render(try YAMLValue.read(text, file: "selectors.yml"))
            guard document.isMap, let entries = document["selectors"], entries.isList || entries.isNull else {
                if document.isNull || document.isMap && document.members.isEmpty { return file }
                throw misshapen(document["selectors"] ?? document)
            }
            for entry in entries.items { try file.add(entry) }
        } catch {
            problems.add(error)
        }
        return file
    }

    /// The selection of that name.
    public func selection(named name: String) throws(ProjectProblem) -> Selection {
        if let selection = selections[name] { return selection }
        throw ProjectProblem(
            "project.selector_not_found", "Could not find selector named \(name), expected one of \(PythonList.list(order))", at: .file("selectors.yml"),
            remedy: Similarity.nearest(to: name, among: selections.keys).map { "did you mean '\($0)'?" } ?? "define it in selectors.yml")
    }

    private mutating func add(_ entry: YAMLValue) throws(ProjectProblem) {
        guard let name = entry["name"]?.string, let definition = entry["definition"], definition.string != nil || definition.isMap,
            entry.members.allSatisfy({ ["name", "definition", "description", "default"].contains($0.key) }), entry["description"].map({ $0.string != nil || $0.isNull }) ?? true,
            entry["default"].map({ $0.json.boolValue != nil || ["true", "false"].contains($0.string ?? "") }) ?? true
        else { throw Self.misshapen(entry) }
        selections[name] = try selection(definition)
        order.append(name)
        if entry["default"]?.json == true || entry["default"]?.json == "true" {
            if let other = byDefault { throw Self.wrong("Could not read selector file data: Error when parsing the selector file. Found multiple selectors with `default: true`:\(other) and \(name)", entry) }
            byDefault = name
        }
        var whole = entry.json
        whole["definition"] = try written(definition)
        json[name] = whole
    }

    private static func misshapen(_ value: YAMLValue) -> ProjectProblem {
        wrong(
            "Could not parse selector file data: \n\(PythonText.text(value.json))\nValid root-level selector definitions:\nunion, intersection, string, dictionary. No lists.\nhttps://docs.getdbt.com/reference/node-selection/yaml-selectors",
            value)
    }

    // MARK: As the manifest has them

    private func written(_ definition: YAMLValue) throws(ProjectProblem) -> JSON {
        if let text = definition.text { return try Self.written(text) }
        for word in ["union", "intersection"] { if let parts = definition[word] { return JSON([(word, try written(list: parts))]) } }
        guard let first = definition.members.first else { return definition.json }
        if first.key == "exclude" { return ["exclude": try written(list: first.value)] }
        if definition.members.count == 1 { return ["method": .string(first.key), "value": first.value.json] }
        if definition["method"]?.text == "selector", let name = definition["value"]?.text, let known = json[name] { return known["definition"] ?? .null }
        return definition.json
    }

    private func written(list: YAMLValue) throws(ProjectProblem) -> JSON {
        var items: [JSON] = []
        for item in list.items { items.append(try written(item)) }
        return .array(items)
    }

    /// `1+tag:nightly` in the long form.
    private static func written(_ text: String) throws(ProjectProblem) -> JSON {
        let criterion = try Selection.Criterion(text)
        var long: JSON = ["method": .string(([criterion.method] + criterion.arguments).joined(separator: ".")), "value": .string(criterion.value)]
        if criterion.withChildrensParents { long["childrens_parents"] = true }
        for (word, reach) in [("parents", criterion.parents), ("children", criterion.children)] {
            guard let reach else { continue }
            long[word] = true
            if let max = reach.max { long["\(word)_depth"] = .string("\(max)") }
        }
        return long
    }

    // MARK: Definitions

    private func selection(_ written: YAMLValue) throws(ProjectProblem) -> Selection {
        if let text = written.text { return try Selection([text]) }
        if written["union"] != nil, written["intersection"] != nil {
            let words = written.members.map(\.key).filter { ["union", "intersection"].contains($0) }
            throw Self.wrong("Could not read selector file data: Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found \(words.joined(separator: ",")).", written)
        }
        for (word, kind) in [("parents_depth", "parent"), ("children_depth", "child")] {
            guard let depth = written[word], !depth.isNull, depth.text.flatMap({ Int($0) }) == nil else { continue }
            throw Self.wrong("Could not read selector file data: Invalid node spec - could not handle \(kind) depth \(PythonText.text(depth.json))", depth)
        }
        for word in ["union", "intersection"] {
            if let parts = written[word], !parts.isList { throw Self.wrong("Could not read selector file data: Invalid value for key \"\(word)\". Expected a list.", parts) }
        }
        if let parts = written["union"] { return try combined(parts) { .union($0) } }
        if let parts = written["intersection"] { return try combined(parts) { .intersection($0) } }
        guard written.isMap else { throw Self.wrong("a definition is a text or a map", written) }
        let members = written.members
        if members.count == 1 { return .criterion(try criterion(method: members[0].key, value: members[0].value, written)) }
        guard let method = written["method"]?.text, let value = written["value"] else {
            throw Self.wrong("Could not read selector file data: Expected either 1 key or else \"method\" and \"value\" keys, but got \(PythonList.list(members.map(\.key)))", written)
        }
        if written["childrens_parents"]?.json == true, written["children"]?.json == true {
            throw Self.wrong("Could not read selector file data: Invalid node spec \(PythonText.representation(written.json)) - \"@\" prefix and \"+\" suffix are incompatible", written)
        }
        var found: Selection
        if method == "selector" {
            found = try selection(named: value.text ?? "")
        } else {
            found = .criterion(try criterion(method: method, value: value, written))
        }
        if let excluded = written["exclude"] { found = .difference(found, try united(excluded)) }
        return found
    }

    private func combined(_ parts: YAMLValue, _ make: ([Selection]) -> Selection) throws(ProjectProblem) -> Selection {
        var chosen: [Selection] = []
        var left: Selection?
        for part in parts.items {
            if part.members.count == 1, let excluded = part["exclude"] {
                if left != nil { throw Self.wrong("You cannot provide multiple exclude arguments to the same selector set operator", part) }
                left = try united(excluded)
            } else {
                chosen.append(try selection(part))
            }
        }
        return left.map { .difference(make(chosen), $0) } ?? make(chosen)
    }

    private func united(_ list: YAMLValue) throws(ProjectProblem) -> Selection {
        var parts: [Selection] = []
        for item in list.items { parts.append(try selection(item)) }
        return .union(parts)
    }

    private func criterion(method: String, value: YAMLValue, _ written: YAMLValue) throws(ProjectProblem) -> Selection.Criterion {
        // `tag: nightly+` may hold operators of the graph; the long form states them as keys.
        guard let text = value.text else { throw Self.wrong("the value of '\(method)' is no text", written) }
        var criterion = Selection.Criterion()
        criterion.text = "\(method):\(text)"
        criterion.value = text
        try criterion.set(method: method)
        func isTrue(_ key: String) -> Bool { written[key]?.json == true }
        criterion.withChildrensParents = isTrue("childrens_parents")
        if isTrue("parents") { criterion.parents = .init(max: written["parents_depth"]?.json.intValue) }
        if isTrue("children") { criterion.children = .init(max: written["children_depth"]?.json.intValue) }
        if let word = written["indirect_selection"]?.text {
            guard let indirect = IndirectSelection(rawValue: word) else { throw Self.wrong("there is no indirect_selection '\(word)'", written) }
            criterion.indirect = indirect
        }
        return criterion
    }

    private static func wrong(_ summary: String, _ place: YAMLValue) -> ProjectProblem {
        ProjectProblem("project.bad_selector", summary, at: place.location, remedy: "see dbt's documentation of selectors.yml")
    }
}
