internal import Execution
internal import Kernel
public import WarehouseKit

/// `sluice-quality results`: how tests ended, newest first, for people.
public struct ResultsListing {
    static let rowsMax = 50
    private let warehouses: WarehouseRegistry
    private let environment: [String: String]
    private let output: (String) -> Void

    public init(warehouses: WarehouseRegistry, environment: [String: String], output: @escaping (String) -> Void) {
        self.warehouses = warehouses
        self.environment = environment
        self.output = output
    }

    /// - Returns: the exit code: 2 where the command line is wrong, 3 where the warehouse cannot be read.
    public func run(_ arguments: [String]) -> Int32 {
        var rest = arguments[...]
        var url: String?
        var word: String?
        var rowsMax = Self.rowsMax
        while let argument = rest.popFirst() {
            switch argument {
            case "--test" where !rest.isEmpty: word = rest.popFirst()
            case "--last" where Int(rest.first ?? "").map { $0 > 0 } == true: rowsMax = rest.popFirst().flatMap { Int($0) } ?? rowsMax
            case let text where url == nil && !text.hasPrefix("-"): url = text
            default:
                output("usage: sluice-quality results <warehouse url> [--test NAME] [--last N]")
                return 2
            }
        }
        guard let url else {
            output("usage: sluice-quality results <warehouse url> [--test NAME] [--last N]")
            return 2
        }
        do {
            let session = try warehouses.warehouse(at: try Substitution.expand(url, environment: environment)).open()
            let records = try TestHistory(on: session).results(about: word, rowsMax: rowsMax)
            if records.isEmpty { output("no results") }
            for record in records { output(Self.line(record)) }
            return 0
        } catch {
            output(String(describing: error))
            return 3
        }
    }

    /// `2026-01-01T00:00:00Z  fail      3  unique_orders_id on orders  (error if > 2)  rows in "…"`
    private static func line(_ record: TestRecord) -> String {
        func padded(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
            let space = String(repeating: " ", count: max(0, width - text.count))
            return isNumber ? space + text : text + space
        }
        let limit = record.severity == "error" ? "error if \(record.errorIf), warn if \(record.warnIf)" : "warn if \(record.warnIf)"
        let words = [
            record.recordedAt.description, padded(record.status.rawValue, 5), padded(record.failures.map(String.init) ?? "-", 7, isNumber: true),
            "\(record.name) on \(record.model)", "(\(limit))", record.storedIn.isEmpty ? "" : "rows in \(record.storedIn)",
        ]
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
