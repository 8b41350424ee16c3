import Contracts
import Kernel
import Landing
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// Faults that nobody notices by themselves, at each hop: the run fails and says between which two places how many records went.
/// And what is sound raises no alarm.
@Suite(.everyEngine, .namesEngine) struct SilentFaultTests {
    static let rows = 1_000
    /// A server's round trips cost more than a file's, and find no other faults.
    static var share: Int { Engine.current == .sqlite ? 1 : 5 }

    enum Hop: CaseIterable { case source, loader, warehouse }
    enum Kind: CaseIterable { case skippedRow, truncatedFile, doubledPage, emptySecondAttempt }

    static func text(_ rows: some Sequence<Int>, _ batch: Int, odd: Bool = false) -> String {
        var text = "id,name,price,day\n"
        for row in rows { text += "\(row),n\(batch) \(row % 7),\(row / 4).\(25 + batch % 50),2024-01-\(10 + row % 19)\n" }
        // A value behind the rows that types are guessed from makes a second pass.
        if odd { text += "x,late,1.25,2024-01-01\n" }
        return text
    }

    /// Lands a text and loads it, as a run's tasks would.
    static func run(_ desk: Desk, _ number: Int, _ text: String, stated: Int, fault: LoadFault? = nil) throws {
        let store = LandingStore(home: desk.folder.path), run = RunID("p@\(number)"), token = UInt64(number * 10 + 10)
        var attempt = try store.attempt(run: run, task: "extract", pipeline: "p", stream: "t", date: Desk.clock())
        try attempt.land(bytes: Array(text.utf8), format: RawFormat(.csv), window: "\(number)", source: "page \(number)")
        let path = attempt.manifestPath
        _ = try attempt.seal(cursor: .null, sourceCount: stated)
        let cursor = try Ledger(on: desk.session()).cursor(pipeline: "p", stream: "t").token
        let arguments = StreamArguments(stream: "t", config: [:], warehouse: desk.warehouse, schema: "raw", pool: nil, generation: token, cursorToken: cursor)
        var loader = desk.loader
        loader.fault = fault
        for kind in ["load_batch", "seal"] {
            var args = arguments.json
            args["manifest"] = .string(path)
            args["ordinal"] = 0
            let spec = TaskSpec(id: TaskID(kind), step: "ingest", role: .load, kind: kind, title: "t", args: args)
            _ = try loader.load(desk.assignment(spec, run: run, token: token))
        }
    }

    @Test func `500 random silent faults each fail their run, which says at which hop and how many`() throws {
        var seed = SeedBox("silent faults").seed
        let desk = try Desk()
        for number in 1...500 / Self.share {
            let hop = Hop.allCases.randomElement(using: &seed)!, kind = Kind.allCases.randomElement(using: &seed)!
            let row = Int.random(in: 1...Self.rows, using: &seed)
            let all = Array(1...Self.rows)
            let page = row...min(Self.rows, row + Int.random(in: 0..<50, using: &seed))
            var text = Self.text(all, number), stated = Self.rows, fault: LoadFault?
            let words: String
            switch (hop, kind) {
            case (.source, _):
                let landed: [Int] = switch kind {
                case .skippedRow: all.filter { $0 != row }
                case .truncatedFile: Array(all.prefix(row - 1))
                case .doubledPage: all + Array(page)
                case .emptySecondAttempt: []
                }
                text = Self.text(landed, number)
                words = "the source states \(Self.rows) records and \(landed.count) landed"
            case (.loader, .skippedRow):
                fault = .unseen(row: row)
                words = "1 of 1000 records were lost between the landing and the loader"
            case (.loader, .truncatedFile), (.warehouse, .truncatedFile):
                fault = .truncated(after: row - 1)
                words = "\(Self.rows - row + 1) of 1000 records were lost between the landing and the loader"
            case (.loader, .doubledPage):
                fault = .repeated(page)
                words = "\(page.count) records more than the 1000 landed ones appeared between the landing and the loader"
            case (.loader, .emptySecondAttempt), (.warehouse, .emptySecondAttempt):
                text = Self.text(all, number, odd: true)
                stated += 1
                fault = .emptySecondPass
                words = "1001 of 1001 records were lost between the landing and the loader"
            case (.warehouse, .skippedRow):
                fault = .unwritten(row: row)
                words = "1 of 1000 rows were lost between the loader and the warehouse"
            case (.warehouse, .doubledPage):
                fault = .doubled(row: row)
                words = "1 rows more than the 1000 given ones appeared between the loader and the warehouse"
            }
            let problem = #expect(throws: PlainProblem.self) { try Self.run(desk, number, text, stated: stated, fault: fault) }
            guard problem?.code == "load.books_differ", problem?.summary == "the books do not balance: \(words)" else {
                Issue.record("fault \(number), \(hop) \(kind) at row \(row): \(problem?.summary ?? "nothing was noticed")")
                return
            }
        }
        // The source's own count is compared at the seal, so only such batches are in the table, and none of them is sealed.
        #expect(try desk.rows("select 1 from _sluice_seals").isEmpty)
    }

    @Test func `1,000 clean runs raise no alarm`() throws {
        var seed = SeedBox("clean runs").seed
        let desk = try Desk()
        let runs = 1_000 / Self.share
        var total = 0
        for number in 1...runs {
            let count = number % 10 == 0 ? Int.random(in: 0...2_000, using: &seed) : Self.rows
            // Now and then a second pass, and equal records beside each other.
            let hasOdd = number % 100 == 50
            let rows = (0..<count).map { _ in Int.random(in: 1...Self.rows, using: &seed) }
            try Self.run(desk, number, Self.text(rows, number, odd: hasOdd), stated: count + (hasOdd ? 1 : 0))
            total += count + (hasOdd ? 1 : 0)
        }
        #expect(try desk.number("select count(*) from raw__t") == Int64(total))
        #expect(try desk.number("select count(*) from _sluice_seals") == Int64(runs))
    }
}
