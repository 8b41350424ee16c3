import Contracts
import Kernel
import LoadEngine
import Support
import Testing
import WarehouseKit

@Suite(.everyEngine, .namesEngine) struct ExactlyOnceTests {
    static let streams: JSON = ["t": ["path": "t_*.csv"]]

    static func desk() throws -> Desk {
        let desk = try Desk()
        try desk.deliver("id,n\n1,10\n2,20\n", as: "t_1.csv")
        try desk.deliver("id,n\n3,30\n", as: "t_2.csv")
        return desk
    }

    @Test(arguments: [(1, false), (2, false), (2, true), (3, true)])
    func `tasks delivered more than once, in either order, load each row once`(deliveries: Int, isReversed: Bool) async throws {
        let desk = try Self.desk()
        let run = try await desk.run("p@1", token: 10, Self.streams, deliveries: deliveries, isReversed: isReversed)
        #expect(try desk.rows("select id, n from raw__t order by id") == [[.integer(1), .integer(10)], [.integer(2), .integer(20)], [.integer(3), .integer(30)]])
        #expect(run.message("ingest.extract.t") == "3 rows in 2 files")
        #expect(run.done["ingest.state"]?.report.pools == ["warehouse": desk.engine == .sqlite ? 1 : 16])
        #expect(run.books[.landed] == run.books[.inserted] && run.books[.landed]?.count == 3)
        #expect(try desk.number("select count(*) from _sluice_loads") == 2)
        #expect(run.done.count == 5 && run.waiting.isEmpty)
    }

    @Test func `a second identical delivery adds nothing`() async throws {
        let desk = try Self.desk()
        try await desk.run("p@1", token: 10, Self.streams)
        let second = try await desk.run("p@2", token: 100, Self.streams)
        #expect(second.message("ingest.extract.t") == "nothing new")
        #expect(second.message("ingest.seal.t") == "nothing new")
        #expect(second.done.count == 3)
        // The same content under a new time is read for its digest and not delivered either.
        try desk.deliver("id,n\n3,30\n", as: "t_2.csv")
        #expect(try await desk.run("p@3", token: 200, Self.streams).message("ingest.extract.t") == "nothing new")
        #expect(try desk.number("select count(*) from raw__t") == 3)
    }

    @Test func `a changed file replaces its own rows and no others`() async throws {
        let desk = try Self.desk()
        try await desk.run("p@1", token: 10, Self.streams)
        try desk.deliver("id,n\n2,21\n4,40\n", as: "t_1.csv")
        let second = try await desk.run("p@2", token: 100, Self.streams)
        #expect(second.message("ingest.load.t.0") == "2 rows in the place of 2")
        #expect(try desk.rows("select id, n from raw__t order by id") == [[.integer(2), .integer(21)], [.integer(3), .integer(30)], [.integer(4), .integer(40)]])
    }

    @Test func `a full refresh reads everything again and doubles nothing`() async throws {
        let desk = try Self.desk()
        try await desk.run("p@1", token: 10, Self.streams)
        let second = try await desk.run("p@2", token: 100, Self.streams, isFullRefresh: true)
        #expect(second.message("ingest.extract.t") == "3 rows in 2 files")
        #expect(try desk.number("select count(*) from raw__t") == 3)
    }

    @Test func `a run that started earlier does not overwrite one that started later`() async throws {
        let desk = try Self.desk()
        var early = desk.begin("p@1", token: 10, Self.streams)
        try await desk.advance(&early) { $0.kind == "load_batch" }
        try desk.deliver("id,n\n1,11\n", as: "t_1.csv")
        try await desk.run("p@2", token: 100, Self.streams)
        try await desk.advance(&early)
        #expect(early.done["ingest.load.t.0"]?.report.details["superseded"]?.boolValue == true)
        #expect(early.done["ingest.seal.t"]?.report.details["superseded"]?.boolValue == true)
        #expect(try desk.rows("select id, n from raw__t order by id") == [[.integer(1), .integer(11)], [.integer(3), .integer(30)]])
        let third = try await desk.run("p@3", token: 200, Self.streams)
        #expect(third.message("ingest.extract.t") == "nothing new")
    }

    @Test func `a seal does not move a cursor that another run has moved`() async throws {
        let desk = try Self.desk()
        var one = desk.begin("p@1", token: 10, Self.streams)
        try await desk.advance(&one) { $0.kind == "seal" }
        try desk.deliver("id,n\n9,90\n", as: "t_9.csv")
        var two = desk.begin("p@2", token: 100, Self.streams)
        try await desk.advance(&two) { $0.kind == "seal" }
        // The newer one seals first, so the older one is late.
        try await desk.advance(&two)
        try await desk.advance(&one)
        #expect(one.done["ingest.seal.t"]?.report.details["superseded"]?.boolValue == true)
        #expect(try desk.number("select token from _sluice_cursors") == 101)
        #expect(try desk.number("select count(*) from raw__t") == 4)
    }

    @Test func `a run that dies at any point is done by its next attempt`() async throws {
        struct Crash: Error {}
        // A closure cannot throw through `reach`, so each attempt is cut off between tasks, and its task delivered again.
        let desk = try Self.desk()
        for point in ["extract", "load_batch", "seal"] {
            let run = RunID("p@\(point)")
            let token: UInt64 = point == "extract" ? 10 : point == "load_batch" ? 100 : 200
            try desk.deliver("id,n\n1,1\(token)\n", as: "t_1.csv")
            var progress = desk.begin(run, token: token, Self.streams)
            try await desk.advance(&progress) { $0.kind.hasPrefix(point) }
            // The report of the next task is lost: done, and done again by another replica.
            let next = progress.waiting.first { $0.kind.hasPrefix(point) }!
            let lost = desk.assignment(next, run: run, token: progress.token + 1)
            _ = try await desk.perform(lost)
            try await desk.advance(&progress)
        }
        #expect(try desk.rows("select id, n from raw__t order by id") == [[.integer(1), .integer(1200)], [.integer(3), .integer(30)]])
    }

    @Test func `files still being written are not there yet`() async throws {
        let desk = try Self.desk()
        try desk.deliver("id,n\n7,\"", as: "t_3.csv.part")
        try desk.deliver("id,n\n7,\"", as: ".t_4.csv")
        let run = try await desk.run("p@1", token: 10, ["t": ["path": "*"]])
        #expect(run.message("ingest.extract.t") == "3 rows in 2 files")
    }
}
