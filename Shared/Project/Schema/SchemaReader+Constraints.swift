internal import Kernel

extension SchemaReader {
    private static let kinds = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"]

    /// dbt's rules for constraints: of a known kind, and what a foreign key points to is a reference.
    func checkConstraints(of entry: YAMLValue, _ name: String) {
        func wrong(_ message: String, _ place: YAMLValue) {
            problems.add("project.bad_entry", message, at: place.location, remedy: "choose one of: \(Self.kinds.joined(separator: ", "))")
        }
        func isKnown(_ constraint: YAMLValue) -> Bool { constraint["type"]?.string.map(Self.kinds.contains) ?? false }
        let columns = (entry["columns"]?.items ?? []) + (entry["versions"]?.items ?? []).flatMap { $0["columns"]?.items ?? [] }
        for column in columns {
            if let constraint = column["constraints"]?.items.first(where: { !isKnown($0) }) { wrong("Invalid constraint type on column \(column["name"]?.text ?? "")", constraint) }
        }
        let own = (entry["constraints"]?.items ?? []) + (entry["versions"]?.items ?? []).flatMap { $0["constraints"]?.items ?? [] }
        if let constraint = own.first(where: { !isKnown($0) }) {
            wrong("Invalid constraint type on model \(name): Type must be one of \(PythonList.list(Self.kinds))", constraint)
        }
        for (constraints, words, type) in [(columns.flatMap { $0["constraints"]?.items ?? [] }, ["to_columns"], "ColumnLevelConstraint"), (own, ["columns", "to_columns"], "ModelLevelConstraint")] {
            for constraint in constraints {
                // As in dbt, the letters of a text are names of columns.
                let isListed = { (named: YAMLValue) in named.isMap || named.string != nil || named.json.arrayValue != nil }
                guard let word = words.first(where: { constraint[$0].map { !isListed($0) } ?? false }), let named = constraint[word] else { continue }
                wrong("Field \"\(word)\" of type List[str] in \(type) has invalid value \(PythonText.text(named.json))", constraint)
            }
        }
        for constraint in columns.flatMap({ $0["constraints"]?.items ?? [] }) + own where constraint["type"]?.string == "foreign_key" {
            guard let to = constraint["to"], !to.isNull, to.json != "" else { continue }
            let capture = to.string.flatMap { try? DbtSyntax.environment.parse("{{ \($0) }}", name: to.file) }.flatMap(StaticReader.capture)
            guard capture.map({ $0.refs.count + $0.sources.count }) != 1 else { continue }
            problems.add(
                "project.bad_entry", "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model \(name): \(PythonText.text(to.json)).", at: to.location, remedy: "write to: ref('…')")
        }
    }

    /// A date, or a time; the rest is the reader's.
    func checkDates(of entry: YAMLValue, _ name: String) {
        for date in [entry["deprecation_date"]] + (entry["versions"]?.items ?? []).map({ $0["deprecation_date"] }) {
            guard let date, let text = date.text, Timestamp(isoDay: String(text.prefix(10))) == nil else { continue }
            problems.add("project.bad_entry", "the deprecation_date of model '\(name)' is no date: \(text)", at: date.location, remedy: "write it as 2031-01-31")
        }
    }
}
