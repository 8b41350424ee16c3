import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// What a new column and a value of another type do to a table that is there; and what is told of it.
@Suite(.everyEngine, .namesEngine) struct ContractTests {
    static func columns(_ desk: Desk, _ table: String = "t") throws -> [String] {
        let session = try desk.session()
        return try session.columns(of: RelationName(schema: "raw", identifier: table)).map { "\($0.name) \(session.columnType($0.type)?.rawValue ?? $0.type)" }
            .filter { !$0.hasPrefix("_sluice") }
    }

    /// The second file has a value of another type, and a new column which is null in its second row.
    static func twoMonths(_ config: JSON) async throws -> (Desk, Desk.Progress) {
        let desk = try Desk()
        var stream: JSON = ["path": "t_*.csv"]
        for (key, value) in config.objectValue?.pairs ?? [] { stream[key] = value }
        try desk.deliver("id,n\n1,5\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, ["t": stream])
        try desk.deliver("id,n,extra\n2,x,a\n3,7,\n4,8,b\n", as: "t_2.csv")
        return (desk, try await desk.run("p@2", token: 100, ["t": stream], deliveries: 2))
    }

    @Test func `evolve changes the table and tells of it`() async throws {
        let (desk, run) = try await Self.twoMonths([:])
        #expect(try Self.columns(desk) == ["id integer", "n text", "extra text"])
        let report = try #require(run.done["ingest.load.t.0"]?.report)
        #expect(report.details["drift"] == [
            ["column": "n", "from": "integer", "kind": "widened", "to": "text"], ["column": "extra", "kind": "new", "type": "text"],
        ])
        #expect(report.details["notes"] == ["column 'n' was integer and is text", "column 'extra' is new, text"])
    }

    @Test func `quarantine sets aside the rows that do not fit the table, and keeps it as it is`() async throws {
        let (desk, run) = try await Self.twoMonths(["contract": "quarantine"])
        #expect(try Self.columns(desk) == ["id integer", "n integer"])
        #expect(try desk.rows("select id, n from raw__t order by id") == [[.integer(1), .integer(5)], [.integer(3), .integer(7)]])
        #expect(try desk.texts("select reason from _sluice_quarantine order by \"row\"") == [
            "column 'extra' is not in the table, and its contract is quarantine", "column 'extra' is not in the table, and its contract is quarantine",
        ])
        #expect(run.message("ingest.load.t.0") == "1 row, 2 quarantined")
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.quarantined]!)
        #expect(run.done["ingest.load.t.0"]?.report.details["drift"] == [["column": "extra", "kind": "refused"]])
    }

    @Test func `a column has a contract of its own before the table's`() async throws {
        let (desk, _) = try await Self.twoMonths(["contract": "freeze", "columns": ["n": ["contract": "quarantine"], "extra": ["contract": "evolve"]]])
        #expect(try Self.columns(desk) == ["id integer", "n integer", "extra text"])
        #expect(try desk.texts("select reason from _sluice_quarantine") == ["column 'n' holds no integer"])
        #expect(try desk.number("select count(*) from raw__t") == 3)
        let problem = await #expect(throws: PlainProblem.self) { _ = try await Self.twoMonths(["columns": ["n": ["contract": "freeze"]]]) }
        #expect(problem?.summary == "the schema is frozen and column 'n' was integer and would become text")
    }

    @Test(arguments: ["freeze", "quarantine"])
    func `a column that has held only nulls takes its first type under any contract`(contract: String) async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "contract": .string(contract)]]
        try desk.deliver("id,n\n1,\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams)
        try desk.deliver("id,n\n2,7\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, streams)
        #expect(try Self.columns(desk) == ["id integer", "n integer"])
        #expect(try desk.number("select count(*) from raw__t where n = 7") == 1)
    }

    @Test func `a table that is replaced is held to what it was`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t.csv", "disposition": "replace", "contract": "freeze"]]
        try desk.deliver("id,n\n1,5\n", as: "t.csv")
        try await desk.run("p@1", token: 10, streams)
        try desk.deliver("id,n\n1,x\n", as: "t.csv")
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@2", token: 100, streams) }
        #expect(problem?.code == "load.schema_frozen")
        #expect(try desk.rows("select id, n from raw__t") == [[.integer(1), .integer(5)]])
    }

    @Test func `missing and renamed columns are told, and an alias mends a rename`() async throws {
        let desk = try Desk()
        var stream: JSON = ["path": "t_*.csv"]
        try desk.deliver("id,campaign,cost,note\n1,a,5,x\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, ["t": stream])
        try desk.deliver("id,Campaign Name,cost\n2,b,6\n", as: "t_2.csv")
        let second = try await desk.run("p@2", token: 100, ["t": stream])
        #expect(second.done["ingest.load.t.0"]?.report.details["drift"] == [
            ["column": "campaign", "kind": "renamed", "to": "campaign_name"], ["column": "note", "kind": "missing"],
        ])
        stream["columns"] = ["campaign": ["from": ["Campaign Name", "Kampagne"]]]
        try desk.deliver("id,Kampagne,cost,note\n3,c,7,y\n", as: "t_3.csv")
        let third = try await desk.run("p@3", token: 1_000, ["t": stream])
        #expect(third.done["ingest.load.t.0"]?.report.details["drift"] == [["column": "campaign_name", "kind": "missing"]])
        #expect(try desk.rows("select campaign from raw__t where id = 3") == [[.text("c")]])
    }

    @Test func `a threshold may be a share of the batch`() async throws {
        let desk = try Desk()
        let rows = (1...200).map { $0 <= 2 ? "\($0),x" : "\($0),\($0)" }
        try desk.deliver("id,n\n" + rows.joined(separator: "\n") + "\n", as: "t.csv")
        func stream(_ share: String) -> JSON { ["t": ["path": "t.csv", "types": ["n": "integer"], "quarantine_max": .string(share)]] }
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@1", token: 10, stream("0.9%")) }
        #expect(problem?.summary == "2 of 200 rows cannot be loaded, and 0.9% may be set aside; the first: column 'n' holds no integer")
        #expect(try await desk.run("p@2", token: 100, stream("1%")).message("ingest.load.t.0") == "198 rows, 2 quarantined")
        let wrong = await #expect(throws: (any Error).self) { try await desk.run("p@3", token: 1_000, stream("many")) }
        #expect("\(wrong!)".contains("quarantine_max is no number of rows and no share of them"))
    }
}
