import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// Nested values as JSON in their column, or as rows of a table of their own.
@Suite(.everyEngine, .namesEngine) struct ChildTableTests {
    static func stream(_ more: JSON = [:]) -> JSON {
        var stream: JSON = ["columns": ["items": ["unfold": true], "tags": ["unfold": "order_tags"]], "key": ["id"]]
        for (key, value) in more.objectValue?.pairs ?? [] { stream[key] = value }
        return ["orders": stream]
    }

    static func load(_ desk: Desk, _ number: Int, _ lines: [String], _ streams: JSON) async throws -> Desk.Progress {
        try desk.deliver(lines.joined(separator: "\n") + "\n", as: "orders.jsonl")
        return try await desk.run(
            RunID("p@\(number)"), token: UInt64(number * 100),
            connections: [["connector": "lines", "settings": ["folder": "${INBOX}"], "streams": streams]], deliveries: 2)
    }

    static let first = [
        #"{"id": 1, "items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1, "gift": true}], "tags": ["x", "y"]}"#,
        #"{"id": 2, "items": [], "tags": "single"}"#,
        #"{"id": 3, "items": {"sku": "c", "n": 0.5}}"#,
    ]

    static func items(_ desk: Desk) throws -> [[SQLValue]] {
        try desk.rows("select p.id, c._sluice_index, c.sku, c.n from raw__orders__items c join raw__orders p on p._sluice_batch = c._sluice_batch and p._sluice_row = c._sluice_row order by 1, 2")
    }

    @Test(arguments: ["append", "replace", "merge"])
    func `lists of records become a child table that points at its parents`(disposition: String) async throws {
        let desk = try Desk()
        let run = try await Self.load(desk, 1, Self.first, Self.stream(["disposition": .string(disposition)]))
        #expect(run.message("ingest.load.orders.0") == "3 rows; 3 in orders__items; 3 in order_tags")
        #expect(try Self.items(desk) == [
            [.integer(1), .integer(0), .text("a"), .double(2)], [.integer(1), .integer(1), .text("b"), .double(1)], [.integer(3), .integer(0), .text("c"), .double(0.5)],
        ])
        #expect(try desk.texts("select value from raw__order_tags order by _sluice_row, _sluice_index") == ["x", "y", "single"])
        #expect(try ContractTests.columns(desk, "orders") == ["id integer"])
        #expect(run.books[.landed] == run.books[.inserted])
        // A later run takes the children of what it takes the place of.
        _ = try await Self.load(desk, 2, [#"{"id": 1, "items": [{"sku": "z", "n": 9.5}]}"#], Self.stream(["disposition": .string(disposition)]))
        let later: [[SQLValue]] = [[.integer(1), .integer(0), .text("z"), .double(9.5)]]
        #expect(try Self.items(desk) == (disposition == "merge" ? later + [[.integer(3), .integer(0), .text("c"), .double(0.5)]] : later))
        #expect(try desk.number("select count(*) from raw__orders__items") == (disposition == "merge" ? 2 : 1))
        #expect(try desk.number("select count(*) from raw__order_tags") == (disposition == "merge" ? 1 : 0))
        #expect(try desk.scratchTables().isEmpty)
    }

    @Test func `without a word they stay JSON`() async throws {
        let desk = try Desk()
        _ = try await Self.load(desk, 1, Self.first, ["orders": [:]])
        let first = try #require(try desk.texts("select items from raw__orders where id = 1").first)
        let kept = #"[{"sku": "a", "n": 2}, {"sku": "b", "n": 1, "gift": true}]"#
        // `jsonb` has an order of its own.
        #expect(desk.engine == .sqlite ? first == kept : first == #"[{"n": 2, "sku": "a"}, {"n": 1, "sku": "b", "gift": true}]"#)
        // A tag of one record is no list, and then the column is text.
        #expect(try ContractTests.columns(desk, "orders") == ["id integer", "items json", "tags text"])
    }
}
