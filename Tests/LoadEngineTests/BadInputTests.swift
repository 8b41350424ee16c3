import Contracts
import Dispatch
import Foundation
import Kernel
import Landing
@testable import LoadEngine
import Support
import Synchronization
import Testing
import WarehouseKit

/// What files, people and machines do: a clear error, nothing lost, and the next delivery completes.
@Suite(.everyEngine, .namesEngine, .serialized) struct BadInputTests {
    static let streams: JSON = ["t": ["path": "t_*.csv"]]

    @Test func `a row in another encoding is set aside, and a file in UTF-16 does not land`() async throws {
        let desk = try Desk()
        try desk.folder.write(Array("id,name\n1,Gr".utf8) + [0xfc, 0xdf] + Array("e\n2,Grüße\n".utf8), to: "inbox/t_1.csv")
        #expect(try await desk.run("p@1", token: 10, Self.streams).message("ingest.load.t.0") == "1 row, 1 quarantined")
        #expect(try desk.texts("select reason from _sluice_quarantine") == ["not UTF-8"])
        // Whose bytes say nothing of its columns' types either, wherever it stands.
        try desk.folder.write(Array("id,n,day\n1,5,2024-01-01\n2,".utf8) + [0xff] + Array(",x\n3,7,\n".utf8), to: "inbox/n.csv")
        #expect(try await desk.run("p@0", token: 5, ["n": ["path": "n.csv"]]).message("ingest.load.n.0") == "2 rows, 1 quarantined")
        #expect(try desk.session().columns(of: RelationName(schema: "raw", identifier: "n")).prefix(3).map { try desk.session().columnType($0.type) } == [.integer, .integer, .date])
        try desk.execute("delete from _sluice_quarantine where reason = 'not UTF-8'")
        try desk.folder.write([0xff, 0xfe] + "id,name\n3,x\n".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }, to: "inbox/t_2.csv")
        let problem = await #expect(throws: (any Error).self) { try await desk.run("p@2", token: 100, Self.streams) }
        #expect("\(problem!)".contains("the file is UTF-16") && "\(problem!)".contains("iconv"))
        try desk.deliver("id,name\n3,x\n", as: "t_2.csv")
        try await desk.run("p@3", token: 1_000, Self.streams)
        #expect(try desk.texts("select name from raw__t order by id") == ["Grüße", "x"])
    }

    @Test func `a hundred megabytes in one field are loaded`() async throws {
        let desk = try Desk()
        let size = 100_000_000
        try desk.folder.write(Array("id,note\n1,".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: size) + Array("\n2,y\n".utf8), to: "inbox/t_1.csv")
        let run = try await desk.run("p@1", token: 10, Self.streams)
        #expect(run.books[.landed] == run.books[.inserted])
        #expect(try desk.rows("select id, length(note) from raw__t order by id") == [[.integer(1), .integer(Int64(size))], [.integer(2), .integer(1)]])
    }

    @Test func `two thousand columns are more than a table has, which is said, and as many as it has are loaded`() async throws {
        let desk = try Desk()
        func file(_ columns: Int) -> String { (1...columns).map { "c\($0)" }.joined(separator: ",") + "\n" + (1...columns).map { $0 % 50 == 0 ? "\($0)" : "" }.joined(separator: ",") + "\n" }
        try desk.deliver(file(2_000), as: "t_1.csv")
        let problem = await #expect(throws: PlainProblem.self) { try await desk.run("p@1", token: 10, Self.streams) }
        #expect(problem?.code == "load.too_many_columns" && problem?.summary.contains("2,002 columns") == true, "\(problem?.summary ?? "")")
        let most = try desk.session().columnsMax - 2
        try desk.deliver(file(most), as: "t_1.csv")
        try await desk.run("p@2", token: 100, Self.streams)
        #expect(try desk.rows("select c50, c1500 from raw__t") == [[.integer(50), .integer(1_500)]])
    }

    @Test func `numbers past 64 bits and days that no calendar has stay what they are, or are set aside where a type is declared`() async throws {
        let desk = try Desk()
        try desk.deliver("id,n,day\n1,9223372036854775808,2024-02-30\n2,-9223372036854775809,2024-02-29\n3,7,2024-03-01\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, Self.streams)
        #expect(try desk.texts("select n from raw__t order by id") == ["9223372036854775808", "-9223372036854775809", "7"])
        #expect(try desk.texts("select day from raw__t order by id") == ["2024-02-30", "2024-02-29", "2024-03-01"])
        try desk.deliver("id,n,day\n1,9223372036854775808,2024-01-01\n2,1,2024-02-30\n3,7,2024-03-01\n", as: "s.csv")
        let run = try await desk.run("p@2", token: 100, ["s": ["path": "s.csv", "types": ["n": "integer", "day": "date"]]])
        #expect(run.message("ingest.load.s.0") == "1 row, 2 quarantined")
        #expect(try desk.texts("select reason from _sluice_quarantine order by \"row\"") == ["column 'n' holds no integer", "column 'day' holds no date"])
    }

    @Test(arguments: ["vanished", "changed", "manifest"])
    func `a landed file that vanished or changed, and a manifest that does not match, stop the load until they are back`(what: String) async throws {
        let desk = try Desk()
        try desk.deliver("id\n1\n2\n", as: "t_1.csv")
        var run = desk.begin("p@1", token: 10, Self.streams)
        try await desk.advance(&run) { $0.kind == "load_batch" }
        let name = "raw/" + desk.folder.files(in: "raw").first { $0.hasSuffix(what == "manifest" ? ".manifest.json" : ".csv") }!
        let bytes = try desk.folder.read(name)
        if what == "vanished" { try FileManager.default.removeItem(atPath: desk.folder.path + "/" + name) } else {
            var other = Array(bytes)
            other[other.count - 3] ^= 1
            try desk.folder.write(other, to: name)
        }
        let halfway = run
        let problem = await #expect(throws: (any Error).self) { try await desk.advance(&run) } as? any Problem
        #expect(problem?.code == (what == "vanished" ? "landing.missing" : "landing.damaged"), "\(problem!)")
        #expect(try desk.number("select count(*) from _sluice_loads") == 0)
        try desk.folder.write(bytes, to: name)
        run = halfway
        try await desk.advance(&run)
        #expect(try desk.number("select count(*) from raw__t") == 2)
    }

    @Test func `a table dropped by hand is made anew, what it held is told of, and a full refresh brings it back`() async throws {
        let desk = try Desk()
        try desk.deliver("id\n1\n2\n", as: "t_1.csv")
        try desk.deliver("id\n3\n", as: "t_2.csv")
        try await desk.run("p@1", token: 10, Self.streams)
        try desk.execute("drop table raw__t")
        try desk.deliver("id\n3\n4\n", as: "t_2.csv")
        let run = try await desk.run("p@2", token: 100, Self.streams, deliveries: 2)
        let notes = run.done["ingest.load.t.0"]?.report.details["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(notes.count == 1 && notes[0].hasPrefix("the table was gone, and 2 batches of it with it"), "\(notes)")
        #expect(try desk.number("select count(*) from raw__t") == 2)
        try await desk.run("p@3", token: 1_000, Self.streams, isFullRefresh: true)
        #expect(try desk.rows("select id from raw__t order by id") == [[.integer(1)], [.integer(2)], [.integer(3)], [.integer(4)]])
    }

    /// On a disk of its own of a few megabytes: of a server the tablespace lies there.
    @Test(.enabled(if: getuid() == 0))
    func `a disk that fills up in the middle loses nothing, and with room the next delivery completes`() async throws {
        let folder = try TemporaryFolder("full")
        let server = Engine.current == .postgresql ? try PostgresServer.shared.get() : nil
        let disk = server.map { "\($0.folder)/small" } ?? folder.path + "/warehouse"
        mkdir(disk, 0o755)
        // An empty database is some 8 MB, most of which the server has not written yet.
        let size = server == nil ? "2m" : "8m"
        guard (try? Tool.run("mount", ["-t", "tmpfs", "-o", "size=\(size),mode=777", "tmpfs", disk])) != nil else { return }
        defer { _ = try? Tool.run("umount", ["-l", disk]) }
        if let server {
            _ = try Tool.run("chown", ["postgres", disk])
            try server.psql("postgres", "create tablespace small location '\(disk)'")
            try server.psql("postgres", "create database small_one template template0 tablespace small")
            try folder.write("small_one", to: "database")
        }
        defer { if let server { for sql in ["drop database small_one with (force)", "drop tablespace small"] { _ = try? server.psql("postgres", sql) } } }
        let desk = try Desk(folder)
        try desk.deliver("id,v\n1,a\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, Self.streams)
        try desk.deliver("id,v\n" + (2...200_000).map { "\($0),some text that takes room\n" }.joined(), as: "t_2.csv")
        var run = desk.begin("p@2", token: 100, Self.streams)
        try await desk.advance(&run) { $0.kind == "load_batch" }
        let halfway = run
        let problem = await #expect(throws: (any Error).self) { try await desk.advance(&run) } as? any Problem
        #expect(problem?.code == "warehouse.disk_full" && problem?.response == .retry(afterSeconds: 30), "\(String(describing: problem))")
        // A server on a full disk may take no connection either: what it keeps of the catalog is written by the first one to come.
        #expect((try? Tool.run("mount", ["-o", "remount,size=64m", disk])) != nil)
        #expect(try desk.rows("select id, v from raw__t") == [[.integer(1), .text("a")]])
        run = halfway
        try await desk.advance(&run)
        #expect(try desk.number("select count(*) from raw__t") == 200_000)
    }

    @Test func `a warehouse that refuses the password or cannot be opened says so before the file is copied`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id\n1\n", to: "t.csv")
        let wrong: String, code: String
        if desk.engine == .sqlite {
            try desk.folder.write("a file", to: "plain")
            (wrong, code) = ("sqlite://\(desk.folder.path)/plain/w.db", "warehouse.cannot_open")
        } else {
            let server = try PostgresServer.shared.get()
            (wrong, code) = ("postgresql://\(PostgresServer.user):secret%20word@127.0.0.1:\(server.port)/postgres", "warehouse.credentials_rejected")
        }
        let answer = LoadCommandTests.load(desk, file, warehouse: wrong)
        #expect(answer.status == 3 && answer.complained.contains(code) && !answer.complained.contains("secret"), "\(answer.complained)")
        #expect(desk.folder.files(in: "raw").isEmpty)
        #expect(LoadCommandTests.load(desk, file).status == 0)
    }

    private static let isLong = ProcessInfo.processInfo.environment["SLUICE_TEST_LONG"] != nil

    /// The reader lets go once the load is seen to wait, or to be done beside it; in the long mode a minute after that.
    @Test(arguments: isLong ? [0, 61] : [0])
    func `a reader that holds a table is waited for, and sees what it saw`(seconds: Int) async throws {
        let desk = try Desk()
        try desk.deliver("id,n\n1,5\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, Self.streams)
        let reader = try desk.session()
        let table = desk.named("raw__t")
        // Not a writer's transaction, which SQLite's `begin` of ours would be.
        try reader.execute("begin")
        #expect(try reader.query("select n from \(table)").rows == [[.integer(5)]])
        // The column must become text, which PostgreSQL does to nobody who reads it.
        try desk.deliver("id,n\n2,x\n", as: "t_2.csv")
        let isDone = Mutex(false)
        let load = Task {
            let run = try await desk.run("p@2", token: 100, Self.streams)
            isDone.withLock { $0 = true }
            return run.message("ingest.load.t.0")
        }
        let watcher = try desk.session()
        func waits() throws -> Bool {
            try desk.engine == .postgresql
                && watcher.query("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").rows != [[.integer(0)]]
        }
        while !isDone.withLock({ $0 }), try !waits() { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .seconds(seconds))
        #expect(try reader.query("select n from \(table)").rows == [[.integer(5)]])
        try reader.execute("commit")
        #expect(try await load.value == "1 row")
        #expect(try desk.texts("select n from raw__t order by id") == ["5", "x"])
    }

    /// SQLite has one writer, and a first load has the file to itself: who comes meanwhile waits a minute at most, and then says why.
    @Test func `a second pipeline's load waits for the first load of a new warehouse, and gets its turn behind it`() async throws {
        guard Engine.current == .sqlite else { return }
        let folder = try TemporaryFolder("turn")
        let isHeld = DispatchSemaphore(value: 0), mayEnd = DispatchSemaphore(value: 0)
        let isFirst = Mutex(true)
        let big = try Desk(folder, reach: { point in
            guard point == "load.before_commit", isFirst.withLock({ let was = $0; $0 = false; return was }) else { return }
            isHeld.signal()
            mayEnd.wait()
        })
        let file = try folder.write("id,v\n" + (1...80_000).map { "\($0),some text that takes room and some more of the same kind \($0)\n" }.joined(), to: "big.csv")
        let second = try folder.write("id\n1\n2\n", to: "small.csv")
        let address = "sqlite://\(folder.path)/warehouse/w.db"
        @Sendable func load(_ file: String, _ table: String, _ loader: Loader) throws -> TaskReport {
            let command = try LoadCommand([file, "--into", table, "--warehouse", address])
            return try FileLoad(loader: loader, store: LandingStore(home: folder.path), warehouse: Desk.warehouses.warehouse(at: address), now: Desk.clock).run(command)
        }
        let other = try Desk(folder)
        let first = OnThread {
            // Also where it fails before that, so that the test fails and does not wait.
            defer { isHeld.signal() }
            return try load(file, "big", big.loader).rows
        }
        isHeld.wait()
        let isDone = Mutex(false)
        let small = OnThread {
            let rows = try load(second, "small", other.loader).rows
            isDone.withLock { $0 = true }
            return rows
        }
        if Self.isLong {
            let problem = #expect(throws: (any Error).self) { _ = try small.wait() } as? any Problem
            #expect(problem?.code == "warehouse.busy" && problem?.remedy.contains("a minute") == true, "\(problem!)")
            mayEnd.signal()
            _ = try first.wait()
            _ = try load(second, "small", other.loader)
        } else {
            #expect(!isDone.withLock { $0 })
            mayEnd.signal()
            _ = try first.wait()
            _ = try small.wait()
        }
        #expect(try other.number("select count(*) from big") == 80_000)
        #expect(try other.number("select count(*) from small") == 2)
    }
}

/// Work that may block, and for whose end one waits.
// Sendable: `result` is behind its lock.
private final class OnThread<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ work: @escaping @Sendable () throws -> Value) {
        Thread.detachNewThread { [self] in
            let outcome = Result { try work() }
            result.withLock { $0 = outcome }
            isDone.signal()
        }
    }

    func wait() throws -> Value {
        isDone.wait()
        return try result.withLock { $0 }!.get()
    }
}
