internal import Compilation
internal import FoundationEssentials
internal import Kernel
internal import Project
internal import WarehouseKit

/// Reads a seed: a CSV of the project, with types read off its values as dbt reads them.
struct SeedReader {
    let node: Node
    /// Whether the engine keeps moments as they are written, their zones too.
    var keepsZones = false

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
        guard String(validating: data, as: UTF8.self) != nil else {
            throw ExecutionError("execute.seed_not_text", "the seed is not UTF-8", at: node.location, remedy: "save it as UTF-8: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv")
        }
        var reader = CSVText([UInt8](data), delimiter: mark)
        guard let header = reader.next() else {
            throw ExecutionError("execute.seed_empty", "the seed has no header", at: node.location, remedy: "write the columns' names in the first line")
        }
        let names = Self.names(header.map(\.text))
        var rows: [[CSVText.Field]] = []
        while let row = reader.next() {
            guard row.count <= names.count else {
                throw ExecutionError(
                    "execute.seed_ragged", "Row \(rows.count) has \(row.count) values, but Table only has \(names.count) columns.",
                    at: .file(node.originalFilePath, line: reader.line), remedy: "correct the line; put values with commas in quotes")
            }
            // As in dbt, what is not there is null, and an empty line is a row of nulls.
            rows.append(row + Array(repeating: CSVText.Field(text: "", isQuoted: false), count: names.count - row.count))
        }
        let stated = Set(node.config["column_types"]?.objectValue?.keys ?? [])
        // A column whose type is stated is text here, and the engine reads it.
        let types = names.indices.map { index in stated.contains(names[index]) ? SeedValue.text : SeedValue.type(of: rows.lazy.map { $0[index] }) }
        return Table(names: names, kinds: types.map(\.kind), rows: rows.map { row in row.indices.map { types[$0].value(row[$0], keepsZones: keepsZones) } })
    }

    /// As in dbt: a column without a name gets a letter, and one that has another's a number.
    private static func names(_ header: [String]) -> [String] {
        var names: [String] = []
        for (index, written) in header.enumerated() {
            let letter = String(Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(index % 26))))
            let name = written.isEmpty ? String(repeating: letter, count: index / 26 + 1) : written
            var unique = name
            var number = 2
            while names.contains(unique) {
                unique = "\(name)_\(number)"
                number += 1
            }
            names.append(unique)
        }
        return names
    }
}
