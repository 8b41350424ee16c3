import Contracts
import Dispatch
import Kernel
import LoadEngine
import Synchronization
import Testing
import WarehouseKit

@Suite(.everyEngine, .namesEngine) struct DispositionTests {
    @Test func `merge keeps one row for each key and counts every fate`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "order_by": "at"]]
        try desk.deliver("id,at,v\n1,2013-01-01,a\n2,2013-01-05,b\n1,2013-01-03,c\n,2013-01-01,d\n", as: "t_1.csv")
        let one = try await desk.run("p@1", token: 10, streams, deliveries: 2)
        #expect(one.message("ingest.load.t.0") == "2 rows, 1 superseded in batch, 1 quarantined")
        try desk.deliver("id,at,v\n1,2013-01-04,e\n2,2013-01-04,f\n3,2013-01-01,g\n", as: "t_2.csv")
        let two = try await desk.run("p@2", token: 100, streams, deliveries: 2)
        #expect(two.message("ingest.load.t.0") == "2 rows, 1 updated, 1 older than target")
        #expect(two.books[.inserted]?.count == 1 && two.books[.updated]?.count == 1 && two.books[.olderThanTarget]?.count == 1)
        #expect(try desk.rows("select id, at, v from raw__t order by id") == [
            [.integer(1), .text("2013-01-04"), .text("e")], [.integer(2), .text("2013-01-05"), .text("b")],
            [.integer(3), .text("2013-01-01"), .text("g")],
        ])
        #expect(try desk.scratchTables().isEmpty)
    }

    @Test func `merging is the same as a dictionary, whatever comes`() async throws {
        var seed = SeedBox("merge").seed
        for round in 0..<8 {
            let desk = try Desk()
            var model: [Int: (at: Int, v: Int)] = [:]
            for batch in 0..<4 {
                var text = "id,at,v\n"
                for row in 0..<Int.random(in: 0...30, using: &seed) {
                    let id = Int.random(in: 0..<12, using: &seed), at = Int.random(in: 0..<9, using: &seed), v = batch * 1000 + row
                    text += "\(id),\(at),\(v)\n"
                    if model[id].map({ $0.at <= at }) ?? true { model[id] = (at, v) }
                }
                try desk.deliver(text, as: "t_\(batch).csv")
                let streams: JSON = ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "order_by": "at"]]
                try await desk.run(RunID("p@\(batch)"), token: UInt64(100 * (batch + 1)), streams, deliveries: 2)
            }
            let expected = model.sorted { $0.key < $1.key }.map { [SQLValue.integer(Int64($0.key)), .integer(Int64($0.value.at)), .integer(Int64($0.value.v))] }
            #expect(try desk.rows("select id, at, v from raw__t order by id") == expected, "round \(round)")
        }
    }

    @Test func `replace swaps the table at its seal, under a view`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t*.csv", "disposition": "replace"]]
        try desk.deliver("id\n1\n2\n", as: "t1.csv")
        try desk.deliver("id\n3\n", as: "t2.csv")
        try await desk.run("p@1", token: 10, streams, deliveries: 2, isReversed: true)
        try desk.execute("create view seen as select count(*) as n, cast(sum(id) as bigint) as s from raw__t")
        #expect(try desk.rows("select n, s from seen") == [[.integer(3), .integer(6)]])
        var next = desk.begin("p@2", token: 100, streams)
        try desk.deliver("id\n50\n", as: "t1.csv")
        try await desk.advance(&next) { $0.kind == "seal" }
        #expect(try desk.rows("select n, s from seen") == [[.integer(3), .integer(6)]])
        try await desk.advance(&next)
        #expect(try desk.rows("select n, s from seen") == [[.integer(2), .integer(53)]])
        // A run that never came to its seal leaves a stage; the next seal clears it away.
        var lost = desk.begin("p@3", token: 200, streams)
        try await desk.advance(&lost) { $0.kind == "seal" }
        try await desk.run("p@4", token: 300, streams)
        #expect(try desk.scratchTables().isEmpty)
        #expect(try desk.number("select count(*) from raw__t") == 2)
    }

    /// The whole table, or one window of an `append` beside another one that stays.
    @Test(arguments: ["replace", "append"])
    func `a reader in a loop sees the old table or window or the new one, whole`(disposition: String) async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": .string(disposition)]]
        // In two files, which are two batches.
        func deliver(_ version: Int) throws {
            let (first, second) = disposition == "replace" ? ("t_1.csv", "t_2.csv") : ("t_1.csv", "u_2.csv")
            try desk.deliver("v\n" + String(repeating: "\(version)\n", count: disposition == "replace" ? 1_000 : 2_000), as: first)
            try desk.deliver("v\n" + String(repeating: "\(version)\n", count: 1_000), as: second)
        }
        if disposition == "append" { try desk.deliver("v\n" + String(repeating: "-1\n", count: 10), as: "t_0.csv") }
        try deliver(0)
        try await desk.run("p@0", token: 1, streams)
        let isOver = Mutex(false), odd = Mutex<[String]>([]), looks = Mutex(0)
        let others = Int64(disposition == "append" ? 10 : 0)
        let question = desk.named("select count(*) - \(others), min(case when v >= 0 then v end), max(v) from raw__t")
        // Its own thread has the session from here on.
        nonisolated(unsafe) let reader = try desk.session()
        let group = DispatchGroup()
        DispatchQueue(label: "reader").async(group: group) {
            while !isOver.withLock({ $0 }) {
                guard let row = try? reader.query(question).rows.first else { continue }
                looks.withLock { $0 += 1 }
                if row[0] != .integer(2_000) || row[1] != row[2] { odd.withLock { $0.append("\(row)") } }
            }
        }
        for version in 1...15 {
            try deliver(version)
            try await desk.run(RunID("p@\(version)"), token: UInt64(100 * version), streams)
        }
        isOver.withLock { $0 = true }
        await withCheckedContinuation { done in group.notify(queue: .global()) { done.resume() } }
        #expect(odd.withLock { $0 } == [] && looks.withLock { $0 } > 0)
        #expect(try desk.rows("select min(v), count(*) from raw__t where v >= 0") == [[.integer(15), .integer(2_000)]])
        #expect(try desk.number("select count(*) from raw__t where v < 0") == others)
    }

    @Test func `snapshot keeps one copy for each logical date`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t.csv", "disposition": "snapshot"]]
        try desk.deliver("id\n1\n", as: "t.csv")
        try await desk.run("p@1", token: 10, streams)
        try desk.deliver("id\n2\n", as: "t.csv")
        try await desk.run("p@2", token: 100, streams)
        // Both runs have one logical date, so the second took the place of the first.
        #expect(try desk.rows("select id from raw__t") == [[.integer(2)]])
    }

    @Test func `a marker takes rows away by their key, and each such record is counted`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "order_by": "at", "delete_when": "gone"]]
        try desk.deliver("id,at,gone\n1,1,false\n2,1,false\n3,5,false\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams, deliveries: 2)
        // One goes, one was never there, one is older than what is there, and one comes back in the same batch.
        try desk.deliver("id,at,gone\n1,2,true\n9,2,true\n3,4,true\n2,2,true\n2,3,false\n", as: "t_2.csv")
        let run = try await desk.run("p@2", token: 100, streams, deliveries: 2)
        #expect(run.message("ingest.load.t.0") == "1 row, 1 updated, 1 superseded in batch, 1 older than target, 2 deleted")
        #expect(run.books[.deleted]?.count == 2)
        #expect(try desk.rows("select id, at from raw__t order by id") == [[.integer(2), .integer(3)], [.integer(3), .integer(5)]])
        let odd: JSON = ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "delete_when": "state"]]
        try desk.deliver("id,at,gone,state\n1,2,true,deleted\n", as: "t_3.csv")
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@3", token: 1_000, odd) }
        #expect(problem?.code == "load.bad_marker")
    }

    @Test func `what a marker took away does not come back with an older record, and does with a newer one`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "order_by": "at", "delete_when": "gone"]]
        try desk.deliver("id,at,gone\n1,1,false\n2,1,false\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams, deliveries: 2)
        // One is deleted, and one that was never here.
        try desk.deliver("id,at,gone\n1,5,true\n7,5,true\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, streams, deliveries: 2)
        try desk.deliver("id,at,gone\n1,3,false\n7,4,false\n2,2,false\n", as: "t_3.csv")
        let late = try await desk.run("p@3", token: 1_000, streams, deliveries: 2)
        #expect(late.message("ingest.load.t.0") == "1 row, 1 updated, 2 older than target")
        #expect(try desk.rows("select id, at from raw__t order by id") == [[.integer(2), .integer(2)]])
        // A late word of an older deletion changes nothing, a newer record lives, and then an older one is older than that.
        try desk.deliver("id,at,gone\n1,4,true\n7,9,false\n", as: "t_4.csv")
        #expect(try await desk.run("p@4", token: 2_000, streams).message("ingest.load.t.0") == "1 row, 1 older than target")
        try desk.deliver("id,at,gone\n7,8,true\n1,5.5,false\n", as: "t_5.csv")
        #expect(try await desk.run("p@5", token: 3_000, streams).message("ingest.load.t.0") == "1 row, 1 older than target")
        #expect(try desk.rows("select id, at from raw__t order by id") == [[.integer(1), .double(5.5)], [.integer(2), .double(2)], [.integer(7), .double(9)]])
        let session = try desk.session()
        let kept = RelationName(schema: session.defaultSchema, identifier: "_sluice_gone__raw__t")
        #expect(try session.query("select count(*) from \(session.render(kept))").rows == [[.integer(0)]])
    }

    @Test func `a merge by texts, by several keys and by numbers that only look different is the same as a dictionary`() async throws {
        var seed = SeedBox("keys").seed
        let desk = try Desk()
        var model: [String: String] = [:]
        for batch in 0..<3 {
            var text = "name,n,v\n"
            // Keys that begin alike, a longer batch than is held in memory, and in the last one keys that come twice.
            for row in 0..<(batch == 1 ? 40_000 : 300) {
                let name = "customer with a long name \(batch == 2 ? Int.random(in: 0..<200, using: &seed) : row * 7919 % 50_000)"
                let number = ["1.5", "1.50", "-0.0", "0.0"][Int.random(in: 0..<4, using: &seed)]
                if batch < 2, model["\(name)/\(Double(number)!)"] != nil, batch == 0 { continue }
                let value = "\(batch) \(row) " + (batch == 1 ? String(repeating: "x", count: 420) : "")
                text += "\(name),\(number),\(value)\n"
                model["\(name)/\(Double(number)! + 0)"] = value
            }
            try desk.deliver(text, as: "t_\(batch).csv")
            let run = try await desk.run(
                RunID("p@\(batch)"), token: UInt64(100 * (batch + 1)), ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["name", "n"]]], deliveries: 2)
            #expect(run.books[.landed]!.sum == [.inserted, .updated, .supersededInBatch].reduce(Tally.zero) { $0 + (run.books[$1] ?? .zero) }.sum)
        }
        var found: [String: String] = [:]
        for row in try desk.rows("select name, n, v from raw__t") {
            guard case .text(let name) = row[0], case .double(let number) = row[1], case .text(let value) = row[2] else { continue }
            found["\(name)/\(number + 0)"] = value
        }
        #expect(found == model)
    }

    @Test(arguments: ["csv", "jsonl"])
    func `a file without a byte is merged too, before there is a table and after`(format: String) async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": .string("t_*.\(format)"), "disposition": "merge", "key": ["id"], "order_by": "v", "delete_when": "gone"]]
        let connections: JSON = [["connector": format == "csv" ? "csv" : "lines", "settings": ["folder": "${INBOX}"], "streams": streams]]
        let texts = ["", format == "csv" ? "id,v,gone\n1,5,false\n" : "{\"id\": 1, \"v\": 5, \"gone\": false}\n", ""]
        for (number, text) in texts.enumerated() {
            try desk.deliver(text, as: "t_\(number).\(format)")
            let run = try await desk.run(RunID("p@\(number)"), token: UInt64(100 * number + 10), connections: connections, deliveries: 2)
            #expect(run.waiting.isEmpty && run.done["ingest.seal.t"] != nil)
        }
        #expect(try desk.rows("select id, v from raw__t") == [[.integer(1), .integer(5)]])
    }

    @Test func `a key that changes takes the place of the old one, where the rows allow it`() async throws {
        let desk = try Desk()
        func streams(_ key: JSON) -> JSON { ["t": ["path": "t_*.csv", "disposition": "merge", "key": key]] }
        try desk.deliver("id,day,v\n1,a,1\n2,a,2\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams(["id"]))
        try desk.deliver("id,day,v\n1,b,3\n1,a,4\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, streams(["id", "day"]))
        let rows: [[SQLValue]] = [[.integer(1), .text("a"), .integer(4)], [.integer(1), .text("b"), .integer(3)], [.integer(2), .text("a"), .integer(2)]]
        #expect(try desk.rows("select id, day, v from raw__t order by id, day") == rows)
        try desk.deliver("id,day,v\n5,c,5\n", as: "t_3.csv")
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@3", token: 1_000, streams(["id"])) }
        #expect(problem?.code == "load.key_not_unique")
        #expect(try desk.rows("select id, day, v from raw__t order by id, day") == rows)
    }
}
