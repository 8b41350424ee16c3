internal import Contracts
internal import Dispatch
internal import Kernel
internal import Synchronization
internal import WarehouseKit

extension WarehouseRules {
    private static func ledger(_ warehouse: any Warehouse) throws -> Ledger {
        let ledger = try Ledger(on: warehouse.open())
        try ledger.session.execute("create table effects (who text)")
        return ledger
    }

    private static func leave(_ who: String, on ledger: Ledger, rows: Int = 1, words: String? = nil) throws -> Completion {
        try ledger.session.execute("insert into effects values (?)", [.text(who)])
        return Completion(report: TaskReport(rows: rows, message: words ?? who), adds: [TaskSpec(id: "next", step: "s", role: .load, kind: "noop", title: "n")])
    }

    private static func effects(_ ledger: Ledger) throws -> [String] {
        try ledger.session.query("select who from effects order by who").rows.map { if case .text(let who) = $0[0] { who } else { "?" } }
    }

    static let ledger: [ConformanceCase] = [
        ConformanceCase("replicas that start at once make one ledger") { warehouse in
            try inParallel(4) { _ = try Ledger(on: warehouse.open()) }
            let session = try warehouse.open()
            try expect(try session.query("select count(*) from \(Ledger(on: session).table("_sluice_done"))").rows == [[.integer(0)]], "there is no ledger")
        },
        ConformanceCase("a task that two replicas do at once acts once, and both say the same words") { warehouse in
            let ledger = try ledger(warehouse)
            let said = Mutex<[Int: Set<String>]>([:])
            try inParallel(3) {
                let own = try Ledger(on: warehouse.open())
                let name = "\(UInt64.random(in: 0 ... .max))"
                for round in 0..<10 {
                    let completion = try own.effect(run: "r", task: TaskID("a\(round)"), fence: Fence("t\(round)", token: 5)) { try leave("\(round)", on: own, words: name) }
                    said.withLock { _ = $0[round, default: []].insert(completion.report.message) }
                }
            }
            try expect(said.withLock { $0 }.values.allSatisfy { $0.count == 1 }, "replicas said \(said.withLock { $0 })")
            try expect(try effects(ledger) == (0..<10).map(String.init), "effects are \(try effects(ledger))")
        },
        ConformanceCase("a late task that comes while a newer one is at work finds itself superseded") { warehouse in
            let ledger = try ledger(warehouse)
            let late = Mutex<Result<Completion, any Error>?>(nil)
            let isAtDoor = DispatchSemaphore(value: 0)
            let group = DispatchGroup()
            _ = try ledger.effect(run: "new", task: "a", fence: Fence("t", token: 9)) {
                DispatchQueue(label: "late").async(group: group) {
                    let outcome = Result { () throws -> Completion in
                        let own = try Ledger(on: warehouse.open())
                        isAtDoor.signal()
                        return try own.effect(run: "old", task: "a", fence: Fence("t", token: 4)) { try leave("old", on: own) }
                    }
                    late.withLock { $0 = outcome }
                }
                isAtDoor.wait()
                return try leave("new", on: ledger)
            }
            group.wait()
            let outcome = try late.withLock { $0 }?.get()
            try expect(outcome?.report.details["superseded"]?.boolValue == true, "the late one says \(String(describing: outcome))")
            try expect(try effects(ledger) == ["new"], "effects are \(try effects(ledger))")
        },
        ConformanceCase("effects of one scope come one after the other, those of two do not lose each other's numbers") { warehouse in
            let ledger = try ledger(warehouse)
            try ledger.session.execute("create table counter (n integer); insert into counter values (0)")
            try inParallel(3) {
                let own = try Ledger(on: warehouse.open())
                let run = RunID("r\(UInt64.random(in: 0 ... .max))")
                for round in 0..<10 {
                    _ = try own.effect(run: run, task: TaskID("a\(round)"), fence: Fence("t", token: UInt64(round + 1), owner: .run)) {
                        guard case .integer(let n) = try own.session.query("select n from counter").rows[0][0] else { return Completion(report: TaskReport()) }
                        try own.session.execute("update counter set n = ?", [.integer(n + 1)])
                        return try leave("\(run) \(round)", on: own)
                    }
                }
            }
            // As many as were let in, and none of them lost.
            let counts = try ledger.session.query("select n, (select count(*) from effects) from counter").rows[0]
            try expect(counts[0] == counts[1], "\(counts[1]) effects and the counter says \(counts[0])")
        },
        ConformanceCase("a task delivered twice acts once and says the same words") { warehouse in
            let ledger = try ledger(warehouse)
            let first = try ledger.effect(run: "r", task: "a", fence: Fence("t", token: 5)) { try leave("first", on: ledger, rows: 7) }
            let second = try ledger.effect(run: "r", task: "a", fence: Fence("t", token: 5)) { try leave("second", on: ledger) }
            try expect(first == second && first.report.rows == 7 && second.adds.count == 1, "the second one says \(second)")
            try expect(try effects(ledger) == ["first"], "effects are \(try effects(ledger))")
            // Another connection, as another replica has it.
            let other = try Ledger(on: warehouse.open())
            try expect(try other.stored(run: "r", task: "a") == first, "another replica reads other words")
        },
        ConformanceCase("a task that fails leaves nothing and may be tried again") { warehouse in
            let ledger = try ledger(warehouse)
            struct Stop: Error {}
            do {
                _ = try ledger.effect(run: "r", task: "a", fence: Fence("t", token: 5)) {
                    _ = try leave("torn", on: ledger)
                    throw Stop()
                }
            } catch is Stop {}
            try expect(try effects(ledger).isEmpty && ledger.stored(run: "r", task: "a") == nil, "something stayed")
            // The next attempt is announced anew and so has a higher token.
            _ = try ledger.effect(run: "r", task: "a", fence: Fence("t", token: 6)) { try leave("whole", on: ledger) }
            try expect(try effects(ledger) == ["whole"], "effects are \(try effects(ledger))")
        },
        ConformanceCase("an older token is superseded, and its scope keeps the newer one's rows") { warehouse in
            let ledger = try ledger(warehouse)
            _ = try ledger.effect(run: "new", task: "a", fence: Fence("t", token: 9)) { try leave("new", on: ledger) }
            let late = try ledger.effect(run: "old", task: "a", fence: Fence("t", token: 4)) { try leave("old", on: ledger) }
            try expect(late.report.details["superseded"]?.boolValue == true, "the late one says \(late)")
            let same = try ledger.effect(run: "new", task: "b", fence: Fence("t", token: 9)) { try leave("twin", on: ledger) }
            try expect(same.report.details["superseded"]?.boolValue == true, "another task with an equal token was let in")
            _ = try ledger.effect(run: "old", task: "c", fence: Fence("t/january", token: 4)) { try leave("other scope", on: ledger) }
            try expect(try effects(ledger) == ["new", "other scope"], "effects are \(try effects(ledger))")
        },
        ConformanceCase("tasks of one run may share a scope and a token; another run may not") { warehouse in
            let ledger = try ledger(warehouse)
            for task in ["b", "a"] {
                _ = try ledger.effect(run: "r", task: TaskID(task), fence: Fence("t", token: 9, owner: .run)) { try leave(task, on: ledger) }
            }
            let other = try ledger.effect(run: "q", task: "a", fence: Fence("t", token: 9, owner: .run)) { try leave("q", on: ledger) }
            try expect(other.report.details["superseded"]?.boolValue == true, "another run was let in")
            try expect(try effects(ledger) == ["a", "b"], "effects are \(try effects(ledger))")
        },
        ConformanceCase("a cursor moves only from where the run had read it") { warehouse in
            let ledger = try ledger(warehouse)
            func move(_ value: JSON, expected: UInt64, token: UInt64) throws -> Bool {
                try ledger.moveCursor(
                    pipeline: "p", stream: "s", to: value, expected: expected, token: token, run: "r", at: Timestamp(microseconds: 0))
            }
            try expect(try ledger.cursor(pipeline: "p", stream: "s") == .none, "a new stream has no cursor")
            try expect(try move(["a": 1], expected: 0, token: 3), "the first move")
            try expect(try !move(["a": 2], expected: 0, token: 4), "a second first move")
            try expect(try move(["a": 3], expected: 3, token: 5), "a move from the current place")
            try expect(try !move(["a": 4], expected: 3, token: 6), "a move from an old place")
            try expect(try ledger.cursor(pipeline: "p", stream: "s") == StoredCursor(cursor: ["a": 3], token: 5), "the cursor stands elsewhere")
        },
    ]
}
