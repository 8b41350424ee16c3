internal import FoundationEssentials
internal import Kernel
internal import Project
internal import WarehouseKit

/// Loads a seed: a CSV of the project, with types read off its values as dbt reads them.
struct SeedLoader {
    let session: any WarehouseSession
    let node: Node

    func load(into target: RelationName) throws -> Int {
        let path = "\(node.rootFolder)/\(node.originalFilePath)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExecutionError("execute.seed_unreadable", "the seed's file cannot be read", at: node.location, remedy: "check that \(path) is there")
        }
        var reader = CSVText([UInt8](data), delimiter: (node.config["delimiter"]?.stringValue ?? ",").utf8.first ?? UInt8(ascii: ","))
        guard let header = reader.next() else {
            throw ExecutionError("execute.seed_empty", "the seed has no header", at: node.location, remedy: "write the columns' names in the first line")
        }
        let names = header.map { $0.text }
        var rows: [[CSVText.Field]] = []
        while let row = reader.next() {
            if row.count == 1, row[0].text.isEmpty, names.count > 1 { continue }
            guard row.count == names.count else {
                throw ExecutionError(
                    "execute.seed_ragged", "a line of the seed has \(row.count) values for \(names.count) columns",
                    at: .file(node.originalFilePath, line: reader.line), remedy: "correct the line; put values with commas in quotes")
            }
            rows.append(row)
        }
        return try write(names, rows, into: target)
    }

    private func write(_ names: [String], _ rows: [[CSVText.Field]], into target: RelationName) throws -> Int {
        let stated = node.config["column_types"]?.objectValue
        let types = names.indices.map { index -> SeedType in SeedType.common(rows.lazy.map { $0[index] }) }
        let definitions = names.indices.map { index in
            "\(session.quote(names[index])) \(stated?[names[index]]?.stringValue ?? types[index].word)"
        }
        let staged = RelationName(database: target.database, schema: target.schema, identifier: "\(target.identifier)__dbt_tmp")
        if let leftover = try session.relation(staged) { try session.drop(leftover) }
        try session.execute("create table \(session.render(staged)) (\(definitions.joined(separator: ", ")))")
        let places = "(" + names.map { _ in "?" }.joined(separator: ", ") + ")"
        let insert = "insert into \(session.render(staged)) (\(names.map(session.quote).joined(separator: ", "))) values "
        let rowsPerStatement = max(1, Self.valuesMax / max(names.count, 1))
        var start = 0
        while start < rows.count {
            let chunk = rows[start..<min(start + rowsPerStatement, rows.count)]
            let values = chunk.flatMap { row in row.indices.map { types[$0].value(row[$0]) } }
            try session.execute(insert + chunk.map { _ in places }.joined(separator: ", "), values)
            start += rowsPerStatement
        }
        try session.publish(staged: staged, as: target)
        return rows.count
    }

    /// Fewer than any engine's bound on the values of one statement.
    private static let valuesMax = 900
}

/// The types that a seed's column can have.
enum SeedType {
    case integer, real, boolean, date, text

    /// What a table is created with. Dates and truth values are stored as the sqlite adapter of dbt stores them.
    var word: String {
        switch self {
        case .integer: "INT"
        case .real: "REAL"
        case .boolean: "INT"
        case .date, .text: "TEXT"
        }
    }

    static func common(_ fields: some Sequence<CSVText.Field>) -> SeedType {
        var candidates: [SeedType] = [.integer, .real, .boolean, .text]
        var isEmpty = true
        for field in fields where !isNull(field) {
            isEmpty = false
            candidates.removeAll { !$0.fits(field.text) }
            if candidates.count == 1 { break }
        }
        return isEmpty ? .integer : candidates[0]
    }

    static func isNull(_ field: CSVText.Field) -> Bool { field.text.isEmpty || field.text.lowercased() == "null" }

    private func fits(_ text: String) -> Bool {
        switch self {
        case .integer: Int64(text) != nil
        case .real: Double(text) != nil && !text.lowercased().contains("n") && !text.lowercased().contains("x")
        case .boolean: ["true", "false"].contains(text.lowercased())
        case .date, .text: true
        }
    }

    func value(_ field: CSVText.Field) -> SQLValue {
        if Self.isNull(field) { return .null }
        switch self {
        case .integer: return Int64(field.text).map(SQLValue.integer) ?? .text(field.text)
        case .real: return Double(field.text).map(SQLValue.double) ?? .text(field.text)
        case .boolean: return .integer(field.text.lowercased() == "true" ? 1 : 0)
        case .date, .text: return .text(field.text)
        }
    }
}
