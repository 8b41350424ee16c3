internal import Compilation
internal import FoundationEssentials
internal import Kernel
internal import Project
internal import WarehouseKit

/// Reads a seed: a CSV of the project, with types read off its values as dbt reads them.
struct SeedReader {
    let node: Node

    func read() throws -> Table {
        let path = "\(node.rootFolder)/\(node.originalFilePath)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExecutionError("execute.seed_unreadable", "the seed's file cannot be read", at: node.location, remedy: "check that \(path) is there")
        }
        let delimiter = node.config["delimiter"]?.stringValue ?? ","
        guard delimiter.utf8.count == 1, let mark = delimiter.utf8.first else {
            throw ExecutionError(
                "execute.bad_delimiter", "the seed's delimiter is '\(delimiter)', which is not one character", at: node.location,
                remedy: "set delimiter to the character between the values, for example ';'; leave it out for commas")
        }
        var reader = CSVText([UInt8](data), delimiter: mark)
        guard let header = reader.next() else {
            throw ExecutionError("execute.seed_empty", "the seed has no header", at: node.location, remedy: "write the columns' names in the first line")
        }
        let names = header.map(\.text)
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
        let stated = Set(node.config["column_types"]?.objectValue?.keys ?? [])
        // A column whose type is stated is text here, and the engine reads it.
        let kinds = names.indices.map { index in stated.contains(names[index]) ? TableKind.text : SeedValue.kind(of: rows.lazy.map { $0[index] }) }
        return Table(names: names, kinds: kinds, rows: rows.map { row in row.indices.map { SeedValue.value(row[$0], kinds[$0]) } })
    }
}

/// What a seed's values are.
enum SeedValue {
    static func kind(of fields: some Sequence<CSVText.Field>) -> TableKind {
        var candidates: [TableKind] = [.integer, .number, .date, .timestamp, .boolean, .text]
        for field in fields where !isNull(field) {
            candidates.removeAll { !fits(field.text, $0) }
            if candidates.count == 1 { break }
        }
        return candidates[0]
    }

    private static func isNull(_ field: CSVText.Field) -> Bool { field.text.isEmpty || field.text.lowercased() == "null" }

    private static func fits(_ text: String, _ kind: TableKind) -> Bool {
        switch kind {
        // Nearly all are plain.
        case .integer: Int64(text) != nil || SeedNumber(text)?.whole != nil
        case .number: SeedNumber(text) != nil
        case .date: text.utf8.count == 10 && isTime(text)
        case .timestamp: text.utf8.count >= 16 && isTime(text)
        case .boolean: ["true", "false"].contains(text.lowercased())
        case .text: true
        }
    }

    /// `2026-01-31`, or the same with a time behind it.
    private static func isTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isNumber(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { (0x30...0x39).contains($0) } }
        guard bytes.count >= 10, isNumber(0..<4), isNumber(5..<7), isNumber(8..<10), bytes[4] == 0x2d, bytes[7] == 0x2d else { return false }
        if bytes.count == 10 { return Timestamp(rfc3339: "\(text)T00:00:00Z") != nil }
        guard bytes.count >= 16, bytes[10] == 0x54 || bytes[10] == 0x20, isNumber(11..<13), bytes[13] == 0x3a, isNumber(14..<16) else { return false }
        return Timestamp(rfc3339: String(decoding: bytes[..<10], as: UTF8.self) + "T00:00:00Z") != nil
    }

    static func value(_ field: CSVText.Field, _ kind: TableKind) -> SQLValue {
        if isNull(field) { return .null }
        switch kind {
        // What is longer than 64 bits the engine judges.
        case .integer: return Int64(field.text).map(SQLValue.integer) ?? SeedNumber(field.text)?.whole.map { whole in Int64(whole).map(SQLValue.integer) ?? .text(whole) } ?? .text(field.text)
        case .number: return SeedNumber(field.text).flatMap { Double($0.text) }.map(SQLValue.double) ?? .text(field.text)
        case .boolean: return .integer(field.text.lowercased() == "true" ? 1 : 0)
        case .date, .timestamp, .text: return .text(field.text)
        }
    }
}
