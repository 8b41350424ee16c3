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

    /// On a disk of its own of a few megabytes. A server's disk is the server's: there the engine's answer is turned into the same problem
    /// (`PostgreSQLProblem`), and what a statement that fails leaves is what `ManyWritersTests` look at.
    @Test(.enabled(if: getuid() == 0))
    func `a disk that fills up in the middle loses nothing, and with room the next delivery completes`() async throws {
        guard Engine.current == .sqlite else { return }
        let folder = try TemporaryFolder("full")
        mkdir(folder.path + "/warehouse", 0o755)
        guard (try? Tool.run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path + "/warehouse"])) != nil else { return }
        defer { _ = try? Tool.run("umount", ["-l", folder.path + "/warehouse"]) }
        let desk = try Desk(folder)
        try desk.deliver("id,v\n1,a\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, Self.streams)
        try desk.deliver("id,v\n" + (2...100_000).map { "\($0),some text that takes room\n" }.joined(), as: "t_2.csv")
        var run = desk.begin("p@2", token: 100, Self.streams)
        try await desk.advance(&run) { $0.kind == "load_batch" }
        let halfway = run
        let problem = await #expect(throws: (any Error).self) { try await desk.advance(&run) } as? any Problem
        #expect(problem?.code == "warehouse.disk_full" && problem?.response == .retry(afterSeconds: 30), "\(problem!)")
        #expect(try desk.rows("select id, v from raw__t") == [[.integer(1), .text("a")]])
        #expect((try? Tool.run("mount", ["-o", "remount,size=64m", folder.path + "/warehouse"])) != nil)
        run = halfway
        try await desk.advance(&run)
        #expect(try desk.number("select count(*) from raw__t") == 100_000)
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

    /// A minute is only a longer while: the reader lets go once the load is seen to wait, or to be done beside it.
    @Test func `a reader that holds a table is waited for, and sees what it saw`() async throws {
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
        #expect(try reader.query("select n from \(table)").rows == [[.integer(5)]])
        try reader.execute("commit")
        #expect(try await load.value == "1 row")
        #expect(try desk.texts("select n from raw__t order by id") == ["5", "x"])
    }
}
