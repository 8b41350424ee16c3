import Glibc
import Kernel
import WarehouseKit

/// `sluice-load query <warehouse> <sql>`: the rows of a query as an aligned table, for people.
enum Query {
    static let rowsMax = 1000

    static func run(_ arguments: [String], _ warehouses: WarehouseRegistry) -> Never {
        guard arguments.count == 2 else {
            complain("usage: sluice query <warehouse url> <sql>", status: 2)
        }
        do {
            let session = try warehouses.warehouse(at: arguments[0]).open()
            print(text(try session.query(arguments[1], [], rowsMax: rowsMax)), terminator: "")
            exit(0)
        } catch {
            complain("\(error)", status: 1)
        }
    }

    static func text(_ result: ResultSet) -> String {
        let cells = result.rows.map { $0.map(Self.cell) }
        let isNumber = result.columns.indices.map { column in
            result.rows.allSatisfy { row in
                switch row[column] {
                case .integer, .double, .null: true
                default: false
                }
            }
        }
        let widths = result.columns.indices.map { column in
            max(result.columns[column].count, cells.map { $0[column].count }.max() ?? 0)
        }
        func line(_ words: [String]) -> String {
            let padded = words.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - words[column].count)
                return isNumber[column] ? space + words[column] : words[column] + space
            }
            return "  " + padded.joined(separator: "  ") + "\n"
        }
        return line(result.columns) + line(widths.map { String(repeating: "─", count: $0) }) + cells.map(line).joined()
    }

    private static func cell(_ value: SQLValue) -> String {
        switch value {
        case .null: "·"
        case .integer(let number): String(number)
        case .double(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String((number * 1000).rounded() / 1000)
        case .text(let text): text
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }

    private static func complain(_ text: String, status: Int32) -> Never {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
        exit(status)
    }
}
