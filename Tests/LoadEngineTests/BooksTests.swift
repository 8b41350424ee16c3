import Kernel
@testable import LoadEngine
import Testing

@Suite(.everyEngine, .namesEngine) struct BooksTests {
    @Test(arguments: [
        (LoadFault.unseen(row: 2), "1 of 3 records were lost between the landing and the loader"),
        (.unwritten(row: 2), "1 of 3 rows were lost between the loader and the warehouse"),
        (.doubled(row: 3), "1 rows more than the 3 given ones appeared between the loader and the warehouse"),
    ])
    func `a run cannot succeed while the books differ, and says at which hop`(fault: LoadFault, words: String) async throws {
        let desk = try Desk(fault: fault)
        try desk.deliver("id\n1\n2\n3\n", as: "t.csv")
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@1", token: 10, ["t": ["path": "t.csv"]]) }
        #expect(problem?.code == "load.books_differ")
        #expect(problem?.summary == "the books do not balance: \(words)")
        // Nothing stays: a sound loader does the same task afterwards.
        let sound = try Desk(desk.folder)
        try await sound.run("p@2", token: 100, ["t": ["path": "t.csv"]])
        #expect(try sound.number("select count(*) from raw__t") == 3)
        #expect(try sound.number("select count(*) from _sluice_loads") == 1)
    }

    @Test func `two equal records do not cancel each other`() async throws {
        let desk = try Desk()
        try desk.deliver("id\n1\n1\n", as: "t.csv")
        let run = try await desk.run("p@1", token: 10, ["t": ["path": "t.csv"]])
        #expect(run.books[.landed] == Tally(count: 2, sum: RecordHash.hash("1") &* 2))
    }

    @Test func `a landed file that changed is not loaded`() async throws {
        let desk = try Desk()
        try desk.deliver("id,n\n1,5\n2,6\n", as: "t.csv")
        var run = desk.begin("p@1", token: 10, ["t": ["path": "t.csv"]])
        try await desk.advance(&run) { $0.kind == "load_batch" }
        let landed = desk.folder.files(in: "raw").first { $0.hasSuffix(".csv") }!
        try desk.folder.write("id,n\n1,5\n2,7\n", to: "raw/" + landed)
        await #expect(throws: (any Error).self) { try await desk.advance(&run) }
        #expect(try desk.number("select count(*) from _sluice_loads") == 0)
    }
}
