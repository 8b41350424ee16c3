import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// A table must not depend on where one file ends and the next begins, nor on which of them came first.
@Suite(.everyEngine, .namesEngine) struct MonthTests {
    /// A value as a source of JSON writes it; CSV has the text without its quotes.
    struct Value {
        var json: String
        init(_ json: String) { self.json = json }
        var csv: String {
            if json == "null" { return "" }
            let text = json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
            return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
    }

    /// What columns are made of: one kind, or a few of them mixed, as sources do it.
    static let kinds: [[String]] = [
        ["0", "7", "-1", "12", "2147483648"], ["9223372036854775807", "-9223372036854775808", "9007199254740993"], ["9223372036854775808", "-9223372036854775809"],
        ["1.5", "-0.25", "10.50", "0.1"], ["0.1234567890123456789", "12345678901234567.89"], ["1e5", "2E-7", "1.5e300"],
        ["true", "false"], ["\"2024-01-31\"", "\"2024-02-29\""], ["\"2024-02-30\"", "\"2024-13-01\""],
        ["\"2024-01-01T10:00:00\"", "\"2024-03-31 02:30:00.25\"", "\"2024-01-01 00:00:00\""],
        ["\"2024-01-01T10:00:00Z\"", "\"2024-01-01T10:00:00+02:00\"", "\"2024-01-01 10:00:00.5Z\""],
        ["\"007\"", "\"00\""], ["\"x\"", "\"naïve\"", "\"a,b\""], ["{}", "[]", "[1,2]", "{\"a\":1}", "{\"b\":[true,null]}"], ["\"[draft]\"", "\"{\""],
    ]

    struct Table {
        var columns: [[Value]]
        var rows: Int { columns[0].count }

        init(rows: Int, columns count: Int, using seed: inout Seed) {
            columns = (0..<count).map { column in
                let mixed = MonthTests.kinds.shuffled(using: &seed).prefix([1, 1, 2, 2, 3].randomElement(using: &seed)!)
                // Months of one kind come to be where its values stand together.
                let isSorted = Bool.random(using: &seed), nulls = [0, 3, 8].randomElement(using: &seed)!
                let values = (0..<rows).map { row in
                    let kind = isSorted ? mixed[mixed.startIndex + row * mixed.count / rows] : mixed.randomElement(using: &seed)!
                    return Value(Int.random(in: 0..<10, using: &seed) < nulls ? "null" : kind.randomElement(using: &seed)!)
                }
                return column == 0 ? (0..<rows).map { Value("\($0)") } : values
            }
        }

        func text(_ rows: [Int], isCSV: Bool) -> String {
            let names = columns.indices.map { "c\($0)" }
            guard isCSV else {
                return rows.map { row in "{" + columns.indices.map { "\"\(names[$0])\":\(columns[$0][row].json)" }.joined(separator: ",") + "}\n" }.joined()
            }
            return (["" + names.joined(separator: ",")] + rows.map { row in columns.map { $0[row].csv == "\"\"" ? "" : $0[row].csv }.joined(separator: ",") }).joined(separator: "\n") + "\n"
        }
    }

    @Test(arguments: ["csv", "jsonl"])
    func `months in any order make the table that all rows at once make`(format: String) async throws {
        var seed = Seed("months, \(format)")
        for round in 0..<8 {
            let desk = try Desk()
            let table = Table(rows: [1, 6, 30, 1_200].randomElement(using: &seed)!, columns: 9, using: &seed)
            var months: [[Int]] = [[], []]
            for row in 0..<table.rows { if Int.random(in: 0..<max(2, table.rows / 4), using: &seed) == 0 { months.append([]) }; months[months.count - 1].append(row) }
            // One without a row comes in any place; JSON has no header for it.
            months = months.shuffled(using: &seed)
            let isCSV = format == "csv"
            func load(_ stream: String, _ token: UInt64, _ rows: [Int]) async throws {
                try desk.deliver(rows.isEmpty && token % 3 == 0 ? "" : table.text(rows, isCSV: isCSV), as: "\(stream)_\(token).\(format)")
                let streams: JSON = [stream: ["path": .string("\(stream)_*.\(format)"), "columns": ["c0": ["type": "integer"]]]]
                let connections: JSON = [["connector": isCSV ? "csv" : "lines", "settings": ["folder": "${INBOX}"], "streams": streams]]
                try await desk.run(RunID("p@\(stream)\(token)"), token: token, connections: connections)
            }
            try await load("whole", 10, Array(0..<table.rows))
            for (number, rows) in months.enumerated() { try await load("month", UInt64(1_000 * (number + 1)), rows) }
            let whole = try Self.columns(desk, "whole"), parts = try Self.columns(desk, "month")
            #expect(whole == parts, "round \(round): \(table.columns.map { Set($0.map(\.json)).sorted().prefix(12) })")
            guard whole == parts else { return }
            for column in table.columns.indices.dropFirst() {
                func values(_ stream: String) throws -> [String] { try Self.values(desk, "select c\(column) from raw__\(stream) order by c0") }
                let (one, other) = (try values("whole"), try values("month"))
                for row in one.indices where one[row] != other[row] {
                    // Only in a text is there more than one form of what was said.
                    let forms = Self.forms(of: table.columns[column][row], on: desk.engine)
                    let type = whole["c\(column)"]
                    let isSame = [one[row], other[row]].allSatisfy { form in forms.contains(form) || forms.contains { Double($0) != nil && Double($0) == Double(form) } }
                    #expect((type == .text || type == .decimal) && isSame, "round \(round): \(one[row]) and \(other[row]) in \(String(describing: type))")
                }
            }
        }
    }

    @Test(arguments: ["csv", "jsonl"])
    func `a replaced table keeps the types of its columns, whatever the newest file would make of them`(format: String) async throws {
        let desk = try Desk()
        let months = [
            #"{"id":1,"price":1.5,"at":"2024-01-01T10:00:00Z","day":"2024-01-01","tags":["a"],"name":"x","flag":true,"items":[{"n":0.5}]}"#,
            #"{"id":2,"price":7,"at":"2024-02-01","day":null,"tags":[],"name":"[1]","flag":null,"items":[{"n":2}]}"#,
            #"{"id":3,"price":null,"at":null,"day":null,"tags":null,"name":null,"flag":null,"items":[{"n":null}]}"#,
        ]
        var types: [[String: ColumnType]] = []
        for (number, line) in months.enumerated() {
            let members = try JSON(parsing: line).objectValue!.pairs
            let fields = members.map { member -> String in
                let text = member.value.stringValue ?? (member.value.isNull ? "" : member.value.text())
                return text.isEmpty ? "" : Value("\"\(text)\"").csv
            }
            let csv = members.map(\.key).joined(separator: ",") + "\n" + fields.joined(separator: ",") + "\n"
            try desk.deliver(format == "csv" ? csv : line + "\n", as: "t.\(format)")
            let streams: JSON = ["t": ["path": .string("t.\(format)"), "disposition": "replace", "columns": ["items": ["unfold": true]]]]
            try await desk.run(
                RunID("p@\(number)"), token: UInt64(1_000 * (number + 1)),
                connections: [["connector": format == "csv" ? "csv" : "lines", "settings": ["folder": "${INBOX}"], "streams": streams]])
            types.append(try Self.columns(desk, "t").merging(Self.columns(desk, "t__items")) { one, _ in one })
        }
        #expect(types[0]["tags"] == .json && types[0]["at"] == .timestamp && types[0]["n"] == (desk.engine == .sqlite ? .real : .decimal))
        #expect(types[1] == types[0] && types[2] == types[0])
        #expect(try desk.number("select count(*) from raw__t") == 1)
    }

    private static func columns(_ desk: Desk, _ table: String) throws -> [String: ColumnType] {
        let session = try desk.session()
        return Dictionary(uniqueKeysWithValues: try session.columns(of: RelationName(schema: "raw", identifier: table)).map { ($0.name, session.columnType($0.type) ?? .text) })
    }

    private static func values(_ desk: Desk, _ sql: String) throws -> [String] {
        try desk.session().query(desk.named(sql)).rows.map { row in if case .text(let text) = row[0] { text } else { "\(row[0])" } }
    }

    /// What widening may have made of a value on its way into a text, and a real's shorter form on its way into a decimal.
    private static func forms(of value: Value, on engine: Engine) -> Set<String> {
        let text = value.json.hasPrefix("\"") ? String(value.json.dropFirst().dropLast()) : value.json
        var forms: Set = [text]
        let type = TypeTests.type(text)
        switch type {
        case .date: forms.formUnion(["\(text)T00:00:00", "\(text)T00:00:00Z"])
        case .localTimestamp: forms.insert(text.split(separator: " ").joined(separator: "T"))
        case .timestamp:
            let canonical = text.split(separator: " ").joined(separator: "T")
            // What is in UTC keeps its fraction as it was written.
            forms.formUnion([canonical, Timestamp(rfc3339: canonical)!.description])
        // With the blanks of `jsonb`, which it also puts between members.
        case .json: forms.insert(text.map { $0 == "," || $0 == ":" ? "\($0) " : "\($0)" }.joined())
        default: break
        }
        return forms
    }
}
