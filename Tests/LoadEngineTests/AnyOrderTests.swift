import Contracts
import Kernel
import LoadEngine
import Support
import Testing
import WarehouseKit

@Suite(.everyEngine, .namesEngine) struct AnyOrderTests {
    /// Runs overlap, tasks are done in any order and up to three times, files change meanwhile; a last quiet run must find
    /// the table equal to the files, whatever happened before.
    @Test(arguments: ["append", "replace", "merge"])
    func `whatever order the work is done in, the table ends as the files say`(disposition: String) async throws {
        var seed = Seed("any order, \(disposition)")
        for round in 0..<6 {
            let desk = try Desk()
            let streams: JSON = ["t": ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]]
            var files: [Int: Int] = [:]
            var token: UInt64 = 0
            var open: [Desk.Progress] = []
            for step in 0..<40 {
                if Int.random(in: 0..<4, using: &seed) == 0 {
                    // Files only get new versions of the same ids, so that merge and append agree on the end.
                    let file = Int.random(in: 0..<3, using: &seed)
                    files[file] = step
                    try desk.deliver("id,v\n\(file * 2),\(step)\n\(file * 2 + 1),\(step)\n", as: "t_\(file).csv")
                }
                if open.count < 2, !files.isEmpty, Int.random(in: 0..<3, using: &seed) == 0 {
                    token += 1_000
                    open.append(desk.begin(RunID("p@\(step)"), token: token, streams))
                }
                guard !open.isEmpty else { continue }
                let index = Int.random(in: 0..<open.count, using: &seed)
                var budget = Int.random(in: 1...3, using: &seed)
                do {
                    try await desk.advance(&open[index], deliveries: Int.random(in: 1...3, using: &seed), isReversed: Bool.random(using: &seed)) { _ in
                        budget -= 1
                        return budget < 0
                    }
                    if open[index].waiting.isEmpty { open.remove(at: index) }
                } catch let problem as PlainProblem where problem.code == "load.cursor_moved" {
                    // The run fails, as it should: the other one was there first.
                    open.remove(at: index)
                }
            }
            try await desk.run("p@last", token: token + 10_000, streams)
            let expected = files.sorted { $0.key < $1.key }.flatMap { file, version in
                [0, 1].map { [SQLValue.integer(Int64(file * 2 + $0)), .integer(Int64(version))] }
            }
            #expect(try desk.rows("select id, v from raw__t order by id") == expected, "round \(round)")
        }
    }
}
