internal import CSQLite
internal import Kernel
internal import Platform
internal import WarehouseKit

/// Where the schemas of a SQLite warehouse lie.
public enum SQLiteLayout: Hashable, Sendable {
    /// All in one file: a relation of another schema than `main` is named `schema__relation`.
    case oneFile
    /// Each in a file of its own, attached under the schema's name, as dbt's sqlite adapter keeps them: the `named` files, and
    /// every `<schema>.db` in `folder`, where new schemas are created too.
    case attachedFiles(named: [String: String], folder: String)

    var isOneFile: Bool { self == .oneFile }
}

extension SQLiteSession {
    /// The attached database and the name in it that a relation has.
    func place(of name: RelationName) -> (schema: String, name: String) {
        let isDefault = name.schema.isEmpty || name.schema == defaultSchema
        if layout.isOneFile { return (defaultSchema, isDefault ? name.identifier : "\(name.schema)__\(name.identifier)") }
        return (isDefault ? defaultSchema : name.schema, name.identifier)
    }

    /// A schema's name in SQL; written without quotes where it can be, as the existing adapter does.
    func schemaInSQL(_ schema: String) -> String {
        let isPlain = schema.utf8.allSatisfy { $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
        return isPlain && !(0x30...0x39).contains(schema.utf8.first ?? 0x30) ? schema : quote(schema)
    }

    func isAttached(_ schema: String) throws -> Bool {
        if layout.isOneFile || schema == defaultSchema || schema == "temp" { return true }
        return try query("select 1 from pragma_database_list where name = ? collate nocase", [.text(schema)]).rows.isEmpty == false
    }

    /// Attaches every schema that there is. A name that is given and also found in the folder must be the same file.
    func attachSchemas() throws {
        guard case .attachedFiles(let named, let folder) = layout else { return }
        try Files.createFolder(folder)
        for (schema, file) in named.sorted(by: { $0.key < $1.key }) where schema != defaultSchema { try attach(file, as: schema) }
        let taken = Set(named.values.map(Files.absolute) + [Files.absolute(path)])
        for name in ((try? Files.list(folder)) ?? []).sorted() where name.hasSuffix(".db") {
            let file = "\(folder)/\(name)"
            guard !taken.contains(Files.absolute(file)) else { continue }
            let schema = String(name.dropLast(3))
            guard named[schema] == nil else {
                throw PlainProblem(
                    "warehouse.schema_twice", "the schema '\(schema)' is defined by the profile and by a file in the schema directory", at: .file(file),
                    remedy: "move the file away, or remove the schema from schemas_and_paths")
            }
            try attach(file, as: schema)
        }
    }

    func attachNew(_ schema: String) throws {
        guard case .attachedFiles(_, let folder) = layout, try !isAttached(schema) else { return }
        try attach("\(folder)/\(schema).db", as: schema)
    }

    /// Detaches what is a file of its own and has no relation left, and removes the file; a transaction would hold it.
    func removeForgotten() {
        defer { forgotten.removeAll() }
        guard !layout.isOneFile else { return }
        for schema in forgotten where schema != defaultSchema && schema != "main" {
            guard let rows = try? query("select file from pragma_database_list where name = ? collate nocase", [.text(schema)]).rows, case .text(let file)? = rows.first?.first,
                (try? query("select 1 from \(schemaInSQL(schema)).sqlite_schema limit 1").rows.isEmpty) == true,
                (try? execute("detach database \(quote(schema))")) != nil
            else { continue }
            for end in ["", "-wal", "-shm", "-journal"] { Files.remove(file + end) }
        }
    }

    private func attach(_ file: String, as schema: String) throws {
        try execute("attach database ? as \(quote(schema))", [.text(file)])
    }
}
