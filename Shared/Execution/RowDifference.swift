internal import Compilation
internal import WarehouseKit

/// What a unit test's model gave beside what was expected of it, row by row and cell by cell.
struct RowDifference {
    private let names: [String]
    private let missing: [[String]]
    private let surplus: [[String]]
    private let changed: [(expected: [String], actual: [String])]
    private let equal: [[String]]

    /// - Parameter table: the rows of both, told apart by the last column.
    init(_ table: Table) {
        let mark = table.names.count - 1
        names = Array(table.names.prefix(mark))
        func rows(_ word: String) -> [[String]] {
            table.rows.filter { $0[mark] == .text(word) }.map { row in row.prefix(mark).indices.map { Self.shown(row[$0], table.kinds[$0]) } }
        }
        var expected = rows("expected")
        var actual: [[String]] = []
        var equal: [[String]] = []
        for row in rows("actual") {
            if let twin = expected.firstIndex(of: row) { equal.append(expected.remove(at: twin)) } else { actual.append(row) }
        }
        // Rows that agree in most cells are taken for one that changed.
        var changed: [(expected: [String], actual: [String])] = []
        var missing: [[String]] = []
        for row in expected {
            let best = actual.indices.map { index in (index, zip(actual[index], row).count { $0 == $1 }) }.max { $0.1 < $1.1 }
            if let best, best.1 > 0 { changed.append((row, actual.remove(at: best.0))) } else { missing.append(row) }
        }
        self.missing = missing
        self.changed = changed
        self.equal = equal
        surplus = actual
    }

    var isEmpty: Bool { missing.isEmpty && surplus.isEmpty && changed.isEmpty }

    private static func shown(_ value: SQLValue, _ kind: TableKind) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): kind == .boolean ? (number != 0 ? "True" : "False") : String(number)
        case .double(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .text(let text): kind == .boolean ? (["t", "true"].contains(text) ? "True" : "False") : text
        case .blob(let bytes): "(\(bytes.count) bytes)"
        }
    }

    /// In the shape that people know from dbt: `@@` the columns, `→` a row that changed, `+++` one too many, `---` one that lacks.
    var text: String {
        var lines = [["@@"] + names]
        for (expected, actual) in changed { lines.append(["→"] + zip(expected, actual).map { $0 == $1 ? $0 : "\($0)→\($1)" }) }
        for row in surplus { lines.append(["+++"] + row) }
        for row in missing { lines.append(["---"] + row) }
        if let row = equal.first { lines.append([""] + row) }
        if equal.count > 1 { lines.append(["..."] + names.map { _ in "..." }) }
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            cells.indices.map { cells[$0] + String(repeating: " ", count: widths[$0] - cells[$0].count) }.joined(separator: ",").trimmedEnd
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
