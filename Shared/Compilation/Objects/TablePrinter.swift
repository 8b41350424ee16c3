internal import WarehouseKit

/// A table as text for people, in the shape that agate's `print_table` gives it.
struct TablePrinter {
    private let table: Table
    init(_ table: Table) { self.table = table }

    func text(rowsMax: Int, columnsMax: Int, widthMax: Int) -> String {
        let shownColumns = min(columnsMax, table.names.count)
        let hasMoreColumns = shownColumns < table.names.count
        func cut(_ text: String) -> String { text.count > widthMax ? text.prefix(widthMax - 3) + "..." : text }
        var lines = [table.names.prefix(shownColumns).map(cut) + (hasMoreColumns ? ["..."] : [])]
        for row in table.rows.prefix(rowsMax) {
            lines.append(row.prefix(shownColumns).indices.map { cut(shown(row[$0], table.kinds[$0])) } + (hasMoreColumns ? ["..."] : []))
        }
        if table.rows.count > rowsMax { lines.append(lines[0].map { _ in "..." }) }
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let body = lines.map { cells in
            "| " + cells.indices.map { padded(cells[$0], widths[$0], isNumber: $0 < shownColumns && [.integer, .number].contains(table.kinds[$0])) }.joined(separator: " | ") + " |"
        }
        let rule = "| " + widths.map { String(repeating: "-", count: $0) }.joined(separator: " | ") + " |"
        return ([body[0], rule] + body.dropFirst()).joined(separator: "\n")
    }

    var csv: String {
        func field(_ text: String) -> String {
            text.contains(where: { ",\"\n\r".contains($0) }) ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
        }
        return ([table.names] + table.rows.map { $0.map(\.shown) }).map { $0.map(field).joined(separator: ",") }.joined(separator: "\n")
    }

    private func shown(_ value: SQLValue, _ kind: TableKind) -> String {
        if kind == .boolean, case .integer(let number) = value { return number != 0 ? "True" : "False" }
        return value.shown
    }
    private func padded(_ text: String, _ width: Int, isNumber: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return isNumber ? space + text : text + space
    }
}
