internal import Kernel

extension SchemaReader {
    /// The entries of a section that look as they have to, rendered, each with what is written; what is wrong with the others is told as dbt does.
    func entries(of section: YAMLValue.Member) -> [(entry: YAMLValue, written: YAMLValue)] {
        func refuse(_ reason: String, _ other: String, at value: YAMLValue, try remedy: String) {
            // dbt looks at most sections when it reads the file, at these later.
            let isLate = ["groups", "unit_tests"].contains(section.key)
            problems.add(
                "project.bad_entry", isLate ? other : "The schema file at \(value.file) is invalid because \(reason)", at: value.isNull ? .file(value.file, line: section.line) : value.location,
                remedy: remedy)
        }
        guard section.value.isList else {
            let text = PythonText.text(section.value.json)
            let excerpt = text.count < 50 ? text : "\(text.prefix(44))...\(text.suffix(3))"
            refuse(
                "the value of '\(section.key)' is not a list", "\(section.key) must be a list, got <class '\(PythonText.typeName(section.value.json))'> instead: (\(excerpt))", at: section.value,
                try: "write its entries with a dash each, or leave it out")
            return []
        }
        return section.value.items.compactMap { written in
            guard written.isMap else {
                refuse(
                    "a list element for '\(section.key)' is not a dictionary",
                    "Invalid \(section.key) config given in \(written.file) @ \(section.key): \(PythonText.representation(section.value.json)) - expected a dict with string keys", at: written,
                    try: "write it as '- name: …'")
                return nil
            }
            guard written["name"] != nil || section.key == "unit_tests" && written["model"] != nil else {
                refuse("a list element for '\(section.key)' does not have a name attribute.", "Entry did not contain a name", at: written, try: "add name:")
                return nil
            }
            guard let entry = rendered(written), isSound(entry, section.key) else { return nil }
            return (entry, written)
        }
    }

    private func isSound(_ entry: YAMLValue, _ section: String) -> Bool {
        let json = entry.json
        let isOverride = section == "sources" && json["overrides"] != nil
        if let fault = (isOverride ? SchemaShapes.override : SchemaShapes.shape(of: section))?.fault(in: json) {
            wrong(section, entry, fault.description, at: fault.place(in: entry))
            return false
        }
        // What no node has is not looked at later.
        if ["groups", "macros"].contains(section), let meta = json["config"]?["meta"], meta.objectValue == nil, section == "groups" || ![JSON.null, [], "", false, 0].contains(meta) {
            wrong(section, entry, "expected dict, got \(PythonText.text(meta))", at: entry)
            return false
        }
        if ["models", "seeds", "snapshots", "analyses", "functions", "data_tests"].contains(section), let config = json["config"]?.objectValue,
            let word = ["meta", "docs", "group", "contract", "access"].first(where: { json[$0] != nil && config[$0] != nil }) {
            problems.add(
                "project.bad_entry", "In \(entry.file): found \(word) dictionary in 'config' dictionary and as top-level key. Remove the top-level key and define it under 'config' dictionary only.",
                at: entry.location, remedy: "keep the one in config:")
            return false
        }
        if section == "sources", let message = SchemaRules.twiceLoaded(json) {
            problems.add("project.bad_entry", message, at: entry.location, remedy: "keep one of them")
            return false
        }
        if let reason = SchemaRules.reason(against: json, section) {
            wrong(section, entry, "at path []: \(reason)", at: entry)
            return false
        }
        return true
    }

    private func wrong(_ section: String, _ entry: YAMLValue, _ reason: String, at place: YAMLValue) {
        problems.add(
            "project.bad_entry", "Invalid \(section) config given in \(entry.file) @ \(section): \(PythonText.representation(asChecked(entry, section))) - \(reason)", at: place.location,
            remedy: "correct what is written there")
    }
}

extension SchemaReader {
    /// dbt adds to what describes a node where it is from before it looks at it.
    fileprivate func asChecked(_ entry: YAMLValue, _ section: String) -> JSON {
        guard ["models", "seeds", "snapshots", "analyses", "macros"].contains(section), case .object(var object) = entry.json else { return entry.json }
        object["original_file_path"] = .string(entry.file)
        object["yaml_key"] = .string(section)
        object["package_name"] = .string(package.name)
        return .object(object)
    }
}

extension Shape.Fault {
    /// The innermost value on the way to the fault that is written.
    func place(in entry: YAMLValue) -> YAMLValue {
        var place = entry
        for step in path {
            let next = step.stringValue.map { place[$0] } ?? step.intValue.flatMap { $0 < place.items.count ? place.items[$0] : nil }
            guard let next else { break }
            place = next
        }
        return place
    }
}

/// What dbt asks of entries beyond their shape.
enum SchemaRules {
    /// dbt's reason to refuse an entry; nil where there is none.
    static func reason(against entry: JSON, _ section: String) -> String? {
        switch section {
        case "exposures", "groups":
            guard entry["owner"]?["name"].map(\.isNull) ?? true, entry["owner"]?["email"].map(\.isNull) ?? true else { return nil }
            return "\(section == "groups" ? "Group" : "Exposure") owner must have at least one of 'name' or 'email'."
        case "metrics": return metricName(entry["name"]?.stringValue ?? "")
        case "sources":
            let fields = [entry["loaded_at_field"]] + (entry["tables"]?.arrayValue ?? []).map { $0["loaded_at_field"] }
            return fields.contains("") ? "loaded_at_field cannot be an empty string." : nil
        case "unit_tests":
            func isStated(_ key: String) -> Bool { entry["versions"]?[key]?.arrayValue?.isEmpty == false }
            return isStated("include") && isStated("exclude") ? "Unit tests can not both include and exclude versions." : nil
        default: return twiceTested(entry)
        }
    }

    /// A source is asked for its age by a column or by a query.
    static func twiceLoaded(_ source: JSON) -> String? {
        func isTwice(_ level: JSON) -> Bool {
            let words = ["loaded_at_field", "loaded_at_query"].map { level[$0] ?? level["config"]?[$0] ?? .null }
            return words.allSatisfy { !$0.isNull && $0 != "" }
        }
        if isTwice(source) { return "Cannot specify both loaded_at_field and loaded_at_query at source level." }
        return (source["tables"]?.arrayValue ?? []).contains(where: isTwice) ? "Cannot specify both loaded_at_field and loaded_at_query at table level." : nil
    }

    private static func metricName(_ name: String) -> String? {
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }
        var reasons: [String] = []
        if name.contains(" ") { reasons.append("cannot contain spaces") }
        if name.unicodeScalars.count > 250 { reasons.append("cannot contain more than 250 characters") }
        if !(name.utf8.first.map(isLetter) ?? false) { reasons.append("must begin with a letter") }
        if name.isEmpty || !name.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 >= 0x80 }) { reasons.append("must contain only letters, numbers and underscores") }
        return reasons.isEmpty ? nil : "The metric name '\(name)' is invalid.  It \(reasons.joined(separator: ", "))"
    }

    /// `tests` is the old name of `data_tests`: under both names at once dbt refuses them.
    private static func twiceTested(_ entry: JSON) -> String? {
        let levels = [entry] + (entry["columns"]?.arrayValue ?? []) + (entry["versions"]?.arrayValue ?? []).flatMap { [$0] + ($0["columns"]?.arrayValue ?? []) }
        let isTwice = levels.contains { $0["tests"]?.arrayValue?.isEmpty == false && $0["data_tests"] != nil }
        return isTwice ? "Invalid test config: cannot have both 'tests' and 'data_tests' defined" : nil
    }
}
