import Contracts
import Dispatch
import Kernel
import LoadEngine
import Support
import Synchronization
import Testing
import WarehouseKit

/// Replicas at once, programs that die, runs that overtake each other: on every engine the table is what one program would make.
@Suite(.everyEngine, .namesEngine) struct ManyWritersTests {
    static func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let failures = Mutex<[any Error]>([])
        let group = DispatchGroup()
        // A thread for each: `concurrentPerform` has no more of them than there are cores.
        for index in 0..<count {
            DispatchQueue(label: "\(index)").async(group: group) { do { try body(index) } catch { failures.withLock { $0.append(error) } } }
        }
        group.wait()
        if let first = failures.withLock({ $0.first }) { throw first }
    }

    /// The program dies at its 1st call to the warehouse, at its 2nd, … until it comes through.
    @Test(arguments: ["append", "replace", "merge", "snapshot"])
    func `a load that is killed between any two statements is loaded once by the next delivery`(disposition: String) async throws {
        let desk = try Desk()
        try desk.deliver("id,v\n1,10\n2,20\n", as: "t_1.csv")
        // The second file widens a column, and has a row that goes to quarantine and one whose key comes twice.
        try desk.deliver("id,v\n3,3.5\n4\n3,30\n", as: "t_2.csv")
        try await Self.killAtEach(desk, callsMin: 50, ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]) { sound, stream, number in
            let rows = try sound.rows("select id, v from raw__\(stream) order by id, v")
            let expected: [[SQLValue]] = [[.integer(1), .double(10)], [.integer(2), .double(20)], [.integer(3), .double(3.5)], [.integer(3), .double(30)]]
            #expect(rows == (disposition == "merge" ? [expected[0], expected[1], expected[3]] : expected), "killed at call \(number)")
            #expect(try sound.number("select sum(\"rows\") from _sluice_loads where stream = '\(stream)'") == 5, "killed at call \(number)")
            #expect(try sound.number("select count(*) from _sluice_seals where stream = '\(stream)'") == 1)
            #expect(try sound.number("select count(*) from _sluice_quarantine q join _sluice_loads l on l.batch = q.batch where l.stream = '\(stream)'") == 1)
            #expect(try sound.scratchTables().isEmpty)
        }
    }

    /// Loads a stream of its own for each number, and dies at that call to the warehouse; what the next delivery makes of it is looked at.
    private static func killAtEach(_ desk: Desk, callsMin: Int, _ settings: JSON, _ look: (_ sound: Desk, _ stream: String, _ number: Int) throws -> Void) async throws {
        for number in 1... {
            let stream = "t\(number)"
            let streams: JSON = [stream: settings]
            let kill = Kill(at: number), run = RunID("p@\(number)"), token = UInt64(number * 1_000)
            await Kill.$current.withValue(kill) {
                await #expect(throws: (any Error).self) {
                    try await desk.run(run, token: token, streams)
                    if !kill.hasFired { throw Kill.Killed() }
                }
            }
            let sound = try Desk(desk.folder)
            try await sound.run(run, token: token, streams)
            try look(sound, stream, number)
            guard kill.hasFired else { return #expect(number > callsMin) }
        }
    }

    @Test(arguments: ["append", "replace", "merge"])
    func `nested values that are unfolded go with their parents, killed between any two statements`(disposition: String) async throws {
        let desk = try Desk()
        try desk.deliver("id,items\n1,\"[{\"\"n\"\": 1}, {\"\"n\"\": 2.5}]\"\n2,[7]\n", as: "t_1.csv")
        try desk.deliver("id,items\n3,\"[{\"\"n\"\": 4}]\"\n", as: "t_2.csv")
        let settings: JSON = ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"], "columns": ["items": ["unfold": true]]]
        try await Self.killAtEach(desk, callsMin: 60, settings) { sound, stream, number in
            let parents = try sound.rows("select id from raw__\(stream) order by id")
            #expect(parents == [[.integer(1)], [.integer(2)], [.integer(3)]], "killed at call \(number)")
            let children = "select p.id, c.n from raw__\(stream)__items c join raw__\(stream) p on p._sluice_batch = c._sluice_batch and p._sluice_row = c._sluice_row order by 1, c._sluice_index"
            #expect(try sound.rows(children) == [[.integer(1), .double(1)], [.integer(1), .double(2.5)], [.integer(2), .null], [.integer(3), .double(4)]], "killed at call \(number)")
            #expect(try sound.number("select count(*) from raw__\(stream)__items") == 4, "killed at call \(number)")
            #expect(try sound.scratchTables().isEmpty, "killed at call \(number)")
        }
    }

    @Test func `a second try of quarantined rows that is killed between any two statements loads them once`() throws {
        for number in 1... {
            let desk = try Desk()
            let file = try desk.folder.write("id,n\n1,5\n2,x\n3,y\n", to: "t.csv")
            #expect(LoadCommandTests.load(desk, file, "--type", "n=integer", "--quarantine-max", "9").status == 0)
            let kill = Kill(at: number), words = ["quarantine", "retry", "--type", "n=text", "--warehouse", desk.warehouse]
            let first = Kill.$current.withValue(kill) { LoadCommandTests.command(desk, words) }
            #expect(kill.hasFired ? first.status != 0 : first.status == 0)
            #expect(LoadCommandTests.command(desk, words).status == 0)
            #expect(try desk.rows("select id, n, _sluice_row from t order by id") == [
                [.integer(1), .text("5"), .integer(1)], [.integer(2), .text("x"), .integer(2)], [.integer(3), .text("y"), .integer(3)],
            ], "killed at call \(number)")
            #expect(try QuarantineTests.books(desk) == ["inserted": 3], "killed at call \(number)")
            #expect(try desk.number("select count(*) from _sluice_quarantine") == 0, "killed at call \(number)")
            guard kill.hasFired else { return #expect(number > 15) }
        }
    }

    @Test func `a deletion that is killed between any two statements is there once, and remembered once`() async throws {
        let desk = try Desk()
        try desk.deliver("id,at,gone\n1,1,false\n2,1,false\n", as: "t_1.csv")
        try desk.deliver("id,at,gone\n1,5,true\n2,2,false\n", as: "t_2.csv")
        try desk.deliver("id,at,gone\n1,3,false\n", as: "t_3.csv")
        let settings: JSON = ["path": "t_*.csv", "disposition": "merge", "key": ["id"], "order_by": "at", "delete_when": "gone"]
        try await Self.killAtEach(desk, callsMin: 80, settings) { sound, stream, number in
            #expect(try sound.rows("select id, at from raw__\(stream) order by id") == [[.integer(2), .integer(2)]], "killed at call \(number)")
            let session = try sound.session()
            let gone = session.render(RelationName(schema: session.defaultSchema, identifier: "_sluice_gone__raw__\(stream)"))
            #expect(try session.query("select id, at from \(gone)").rows == [[.integer(1), .integer(5)]], "killed at call \(number)")
        }
    }

    @Test func `replicas that load a stream's batches at once, each twice, load each row once`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv"]]
        // Whoever loads the first batch of all makes what the numbers of batches come from, and the others wait for it.
        try desk.deliver("id\n1\n", as: "other.csv")
        try await desk.run("p@0", token: 1, ["other": ["path": "other.csv"]])
        let files = 6
        for file in 0..<files {
            // The table is new to all of them, and some need a wider column or one that others have not.
            let header = file % 3 == 2 ? "id,v,more" : "id,v"
            let rows = (0..<200).map { row in "\(file * 1_000 + row),\(file % 2 == 1 && row == 150 ? "0.5" : "\(row)")" + (file % 3 == 2 ? ",x" : "") }
            try desk.deliver(([header] + rows).joined(separator: "\n") + "\n", as: "t_\(file).csv")
        }
        var run = desk.begin("p@1", token: 10, streams)
        try await desk.advance(&run) { $0.kind == "load_batch" }
        let loads = run.waiting.filter { $0.kind == "load_batch" }
        #expect(loads.count == files)
        let answers = Mutex<[TaskID: Set<Completion>]>([:])
        let assignments = loads.enumerated().map { desk.assignment($0.element, run: run.run, token: 20 + UInt64($0.offset)) }
        try Self.inParallel(files * 2) { index in
            let assignment = assignments[index / 2]
            let completion = try desk.loader.load(assignment)
            answers.withLock { _ = $0[assignment.spec.id, default: []].insert(completion) }
        }
        #expect(answers.withLock { $0 }.values.allSatisfy { $0.count == 1 })
        #expect(try desk.number("select count(*) from raw__t") == Int64(files * 200))
        #expect(try desk.number("select count(distinct _sluice_batch) from raw__t") == Int64(files))
        #expect(try desk.number("select count(*) from _sluice_loads where stream = 't'") == Int64(files))
        for (task, completions) in answers.withLock({ $0 }) {
            run.waiting.removeAll { $0.id == task }
            run.done[task] = completions.first
        }
        let seal = try #require(run.waiting.first { $0.kind == "seal" })
        let sealing = desk.assignment(seal, run: run.run, token: 40)
        let seals = Mutex<Set<Completion>>([])
        try Self.inParallel(3) { _ in
            let completion = try desk.loader.load(sealing)
            seals.withLock { _ = $0.insert(completion) }
        }
        #expect(seals.withLock { $0.count } == 1 && seals.withLock { $0.first?.report.rows } == files * 200)
    }

    @Test(arguments: ["append", "replace", "merge"])
    func `a batch delivered ten times, by two replicas at once, is loaded once`(disposition: String) async throws {
        let desk = try Desk()
        try desk.deliver("id,v\n" + (1...500).map { "\($0),\($0)\n" }.joined(), as: "t_1.csv")
        var run = desk.begin("p@1", token: 10, ["t": ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]])
        for kind in ["load_batch", "seal"] {
            try await desk.advance(&run) { $0.kind == kind }
            let task = try #require(run.waiting.first { $0.kind == kind })
            let assignment = desk.assignment(task, run: run.run, token: run.token + 1)
            let answers = Mutex<[Completion]>([])
            // Two replicas, each with five deliveries behind each other.
            try Self.inParallel(2) { _ in
                for _ in 0..<5 {
                    let completion = try desk.loader.load(assignment)
                    answers.withLock { $0.append(completion) }
                }
            }
            #expect(answers.withLock { $0.count } == 10 && Set(answers.withLock { $0 }).count == 1)
            run.waiting.removeAll { $0.id == task.id }
            run.done[task.id] = answers.withLock { $0.first }
        }
        #expect(try desk.number("select count(*) from raw__t") == 500)
        #expect(try desk.number("select count(*) from _sluice_loads") == 1)
        #expect(try desk.number("select sum(\"rows\") from _sluice_books") == 500)
    }

    /// All of it at once: one of the replicas dies at its 1st call to the warehouse, at its 2nd, …, while the other one does the same work.
    @Test(arguments: ["append", "replace", "merge"])
    func `a batch delivered ten times by two replicas, of which one is killed between any two statements, is loaded once`(disposition: String) async throws {
        let desk = try Desk()
        try desk.deliver("id,v\n" + (1...20).map { "\($0),\($0)\n" }.joined(), as: "t_1.csv")
        var last = 1, number = 0
        while number < last {
            number += 1
            let stream = "t\(number)"
            var run = desk.begin(RunID("p@\(number)"), token: UInt64(number * 1_000), [stream: ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]])
            for kind in ["load_batch", "seal"] {
                try await desk.advance(&run) { $0.kind == kind }
                let task = try #require(run.waiting.first { $0.kind == kind })
                let assignment = desk.assignment(task, run: run.run, token: run.token + 1)
                let answers = Mutex<[Completion]>([])
                // The first one alone tells how many calls there are.
                let kill = Kill(at: number == 1 ? .max : number - 1), isAlone = number == 1
                try Self.inParallel(2) { replica in
                    for delivery in 0..<5 where replica == 0 || !isAlone {
                        if replica == 0, delivery == 0 {
                            _ = try? Kill.$current.withValue(kill) { try desk.loader.load(assignment) }
                            continue
                        }
                        let completion = try desk.loader.load(assignment)
                        answers.withLock { $0.append(completion) }
                    }
                }
                if isAlone { last = max(last, kill.count + 1) }
                #expect(answers.withLock { Set($0).count } == 1, "killed at call \(number)")
                run.waiting.removeAll { $0.id == task.id }
                run.done[task.id] = answers.withLock { $0.first }
            }
            #expect(try desk.rows("select count(*), count(distinct id), sum(v) from raw__\(stream)").first?.prefix(2) == [.integer(20), .integer(20)], "killed at call \(number)")
            #expect(try desk.number("select count(*) from _sluice_loads where stream = '\(stream)'") == 1, "killed at call \(number)")
            #expect(try desk.number("select count(*) from _sluice_seals where stream = '\(stream)'") == 1, "killed at call \(number)")
        }
        #expect(last > 40)
        #expect(try desk.scratchTables().isEmpty)
    }

    /// It slept through its lease in the middle of a load, at any statement; meanwhile its task was done by another replica and a newer run came.
    @Test(arguments: ["append", "replace", "merge"])
    func `a zombie that wakes after its lease and after a newer run changes nothing`(disposition: String) async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]]
        try desk.deliver("id,v\n1,old\n2,old\n", as: "t_1.csv")
        var zombie = desk.begin("p@1", token: 10, streams)
        try await desk.advance(&zombie) { $0.kind == "load_batch" }
        let asleep = zombie
        // Another replica does its work; then the file comes again, and a newer run loads that.
        try await desk.advance(&zombie)
        try desk.deliver("id,v\n1,new\n3,new\n", as: "t_1.csv")
        try await desk.run("p@2", token: 1_000, streams)
        func state() throws -> [[[SQLValue]]] {
            try ["select id, v, _sluice_batch, _sluice_row from raw__t order by id", "select scope, token, owner from _sluice_fence order by scope",
                "select batch, replaced_by from _sluice_loads order by batch", "select cursor, token from _sluice_cursors", "select run, task, report from _sluice_done order by run, task",
            ].map { try desk.rows($0) }
        }
        let before = try state()
        for number in 0..<2 {
            // Once with the same words, and once as a run of which nobody has heard: its task was never done.
            var awake = asleep
            if number == 1 { awake.run = "p@0" }
            for _ in 0..<3 { _ = try? await desk.advance(&awake) }
            #expect(try state() == before)
        }
        #expect(try desk.scratchTables().isEmpty)
    }

    /// A load that the newer run has not committed yet shows in no fence; the older run's seal must wait for it all the same.
    @Test func `a seal does not pass a newer run's load that is at work`() async throws {
        let folder = try TemporaryFolder("desk")
        let older = try Desk(folder)
        try older.deliver("id,v\n1,10\n", as: "t_1.csv")
        let streams: JSON = ["t": ["path": "t_*.csv"]]
        var one = older.begin("p@1", token: 10, streams)
        // Two has read the inbox as it is now; what one read is newer: its file has other words by then.
        var two = older.begin("p@2", token: 100, streams)
        try await older.advance(&two) { $0.kind == "load_batch" }
        try older.deliver("id,v\n1,11\n", as: "t_1.csv")
        try await older.advance(&one) { $0.kind == "seal" }
        let seal = older.assignment(try #require(one.waiting.first { $0.kind == "seal" }), run: one.run, token: 20)
        let sealed = Mutex<Result<Completion, any Error>?>(nil)
        let group = DispatchGroup()
        let newer = try Desk(folder, reach: { point in
            guard point == "load.before_commit" else { return }
            DispatchQueue(label: "seal").async(group: group) {
                let outcome = Result { try older.loader.load(seal) }
                sealed.withLock { $0 = outcome }
            }
            // Long enough for a seal that does not wait; one that waits is none the worse for it.
            _ = group.wait(timeout: .now() + .milliseconds(300))
        })
        try await newer.advance(&two) { $0.kind == "seal" }
        group.wait()
        let completion = try #require(try sealed.withLock { $0 }?.get())
        #expect(completion.report.details["superseded"]?.boolValue == true, "\(completion.report.message)")
        #expect(try newer.number("select count(*) from _sluice_cursors") == 0)
    }

    @Test func `what an engine cannot hold goes to quarantine with its place, and the rest is loaded`() async throws {
        let desk = try Desk()
        try desk.folder.write(Array("id,note,day\n1,a,2013-01-01\n2,b".utf8) + [0] + Array("c,2013-01-02\n3,d,0000-01-01\n4,e,2013-01-04\n".utf8), to: "inbox/t.csv")
        let run = try await desk.run("p@1", token: 10, ["t": ["path": "t.csv"]], deliveries: 2)
        guard desk.engine == .postgresql else { return #expect(run.message("ingest.load.t.0") == "4 rows") }
        #expect(run.message("ingest.load.t.0") == "2 rows, 2 quarantined")
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.quarantined]!)
        #expect(try desk.rows("select id, note, day from raw__t order by id") == [
            [.integer(1), .text("a"), .text("2013-01-01")], [.integer(4), .text("e"), .text("2013-01-04")],
        ])
        #expect(try desk.rows("select \"row\", line, reason, raw from _sluice_quarantine order by 1") == [
            [.integer(2), .integer(3), .text("column 'note' holds a NUL byte, which PostgreSQL has not in texts"), .text("2,b\u{fffd}c,2013-01-02")],
            [.integer(3), .integer(4), .text("column 'day' holds no date that PostgreSQL has"), .text("3,d,0000-01-01")],
        ])
    }

    @Test func `a view that a replaced table no longer fits is told of in the seal's report`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t.csv", "disposition": "replace"]]
        try desk.deliver("id,v\n1,2\n", as: "t.csv")
        try await desk.run("p@1", token: 10, streams)
        try desk.execute("create view seen as select v from raw__t")
        try desk.deliver("id\n1\n", as: "t.csv")
        let run = try await desk.run("p@2", token: 100, streams, deliveries: 2)
        let warnings = run.done["ingest.seal.t"]?.report.details["warnings"]?.arrayValue?.compactMap(\.stringValue) ?? []
        // SQLite keeps such a view, and whoever reads it hears of it.
        #expect(desk.engine == .sqlite ? warnings.isEmpty : warnings.count == 1 && warnings[0].contains("create view public.seen"))
    }

    @Test(arguments: ["append", "replace", "merge"])
    func `names longer than an engine keeps are shortened and told apart`(disposition: String) async throws {
        let desk = try Desk()
        let long = String(repeating: "a_long_name_", count: 5)
        let streams = [long + "one", long + "two"]
        for stream in streams { try desk.deliver("id,\(long)\(long)x,\(long)\(long)y\n1,\(stream.utf8.count),2\n", as: "\(stream)_1.csv") }
        func config() -> JSON {
            JSON(streams.map { ($0, ["path": .string("\($0)_*.csv"), "disposition": .string(disposition), "key": ["id"]]) })
        }
        try await desk.run("p@1", token: 10, config())
        for stream in streams { try desk.deliver("id,\(long)\(long)x,\(long)\(long)y\n2,3,4\n", as: "\(stream)_2.csv") }
        try await desk.run("p@2", token: 100, config())
        for stream in streams {
            #expect(try desk.number("select count(*) from raw__\(stream)") == 2, "\(stream)")
            let session = try desk.session()
            let columns = try session.columns(of: RelationName(schema: "raw", identifier: stream)).map(\.name)
            #expect(columns.count == 5 && Set(columns).count == 5 && columns.allSatisfy { $0.utf8.count <= session.identifierBytesMax })
        }
        #expect(try desk.scratchTables().isEmpty)
    }
}
