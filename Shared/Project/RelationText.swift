internal import Kernel

/// How a relation is written in SQL, as far as that can be told without the warehouse: what `manifest.json` says of a project that was only read.
struct RelationText {
    private let target: Target
    private let isQuoted: (database: Bool, schema: Bool, identifier: Bool)
    /// The project's words over those of the adapter.
    let quoting: JSON

    init(_ manifest: Manifest) {
        target = manifest.target
        let isSQLite = target.type == "sqlite"
        var words: JSON = ["database": .bool(!isSQLite), "schema": .bool(!isSQLite), "identifier": true, "column": .null]
        for (key, value) in manifest.project.quoting.pairs { words[key] = value }
        quoting = words
        isQuoted = (words["database"] != false, words["schema"] != false, words["identifier"] != false)
    }

    /// nil for what leaves no relation.
    func text(of node: Node) -> String? {
        guard (node.resourceType.isReferable && !node.isEphemeral) || node.failuresRelation() != nil || node.resourceType == .function else { return nil }
        return text(node.database, node.schema, node.alias, nil)
    }

    func text(of source: SourceTable) -> String { text(source.database, source.schema, source.identifier, source.quoting) }

    private func text(_ database: String, _ schema: String, _ identifier: String, _ own: JSONObject?) -> String {
        func part(_ word: String, _ text: String, _ isQuoted: Bool) -> String { own?[word]?.boolValue ?? isQuoted ? "\"\(text)\"" : text }
        let name = part("identifier", identifier, isQuoted.identifier)
        guard target.type == "sqlite" else {
            return [(database, part("database", database, isQuoted.database)), (schema, part("schema", schema, isQuoted.schema))].filter { !$0.0.isEmpty }.map { $0.1 + "." }.joined() + name
        }
        // A file for each schema, or one for all.
        if target.values["schema_directory"]?.isNull == false { return "\(part("schema", schema, isQuoted.schema)).\(name)" }
        return schema.isEmpty || schema == "main" ? name : part("identifier", "\(schema)__\(identifier)", isQuoted.identifier)
    }
}
