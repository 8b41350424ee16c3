public import WarehouseKit
internal import Jinja
public import Kernel

/// A table as text for people, in the shape that agate's `print_table` gives it.
public struct TablePrinter {
    private let table: Table
    init(_ table: Table) { self.table = table }
    public init(_ rows: ResultSet) { table = Table(rows) }

    /// What agate shows where nobody says otherwise, but for the number of rows.
    public var text: String { text(rowsMax: .max, columnsMax: 6, widthMax: 20) }

    func text(rowsMax: Int, columnsMax: Int, widthMax: Int) -> String {
        let shownColumns = min(max(0, columnsMax), table.names.count)
        let more = shownColumns < table.names.count ? ["..."] : []
        func cut(_ text: String) -> String {
            let length = text.unicodeScalars.count
            guard length > widthMax else { return text }
            // A slice of Python's: where there is no room for the dots, so many are left out at the end.
            return String(text.unicodeScalars.prefix(widthMax >= 3 ? widthMax - 3 : max(0, length + max(widthMax, -length) - 3))) + "..."
        }
        let rows = table.rows.prefix(max(0, rowsMax))
        let columns = (0..<shownColumns).map { column in [cut(table.names[column])] + cells(column, rows.map { $0[column] }).map(cut) }
        var lines = (0...rows.count).map { line in columns.map { $0[line] } + more }
        // The line that stands for what is left out makes no column wider.
        let widths = lines[0].indices.map { column in lines.map { $0[column].unicodeScalars.count }.max() ?? 0 }
        if table.rows.count > rows.count { lines.append(lines[0].map { _ in "..." }) }
        let body = lines.map { cells in
            "| " + cells.indices.map { column in
                let space = String(repeating: " ", count: max(0, widths[column] - cells[column].unicodeScalars.count))
                // Texts alone begin at the left.
                return column < shownColumns && table.kinds[column] != .text ? space + cells[column] : cells[column] + space
            }.joined(separator: " | ") + " |"
        }
        let rule = "| " + widths.map { String(repeating: "-", count: $0) }.joined(separator: " | ") + " |"
        return ([body[0], rule] + body.dropFirst()).joined(separator: "\n")
    }

    /// A map for each row, numbers with places as floating ones.
    public var json: JSON {
        .array(table.rows.map { row in JSON(row.indices.map { (table.names[$0], Value(row[$0], table.kinds[$0]).json ?? .null) }) })
    }

    var csv: String {
        func field(_ text: String) -> String {
            text.contains(where: { ",\"\n\r".contains($0) }) ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
        }
        return ([table.names] + table.rows.map { zip($0, table.kinds).map { shown($0, $1, between: "T") } }).map { $0.map(field).joined(separator: ",") }.joined(separator: "\n")
    }

    /// The numbers of a column share their places, three at most.
    private func cells(_ column: Int, _ values: [SQLValue]) -> [String] {
        guard table.kinds[column] == .number else { return values.map { shown($0, table.kinds[column]) } }
        let numbers = values.map { DecimalNumber($0.shown) }
        let needed = numbers.compactMap { $0?.placesNeeded }.max() ?? 0
        return zip(values, numbers).map { value, number in
            guard let number else { return value.shown }
            return number.grouped(places: min(needed, 3)) + (needed > 3 ? "…" : "")
        }
    }

    private func shown(_ value: SQLValue, _ kind: TableKind, between separator: String = " ") -> String {
        if kind == .boolean, case .integer(let number) = value { return number != 0 ? "True" : "False" }
        if kind == .timestamp, case .text(let text) = value, let time = PythonTime.read(text) { return time.iso(separator: separator) }
        return value.shown
    }
}
