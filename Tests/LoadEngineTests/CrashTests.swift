import FoundationEssentials
import Kernel
import LoadEngine
import Support
import Synchronization
import Testing
import WarehouseKit

@Suite struct CrashTests {
    static let points = [
        "extract.before_manifest", "extract.after_manifest", "load.before_commit", "load.after_commit", "seal.before_commit", "seal.after_commit",
    ]

    /// What a kill leaves on disk is what lies there at that moment, so the folder is copied at the named point and the whole
    /// run is delivered again on the copy, by programs that know nothing of the first ones.
    @Test(arguments: points, ["append", "replace", "merge"])
    func `a program killed at a named point neither loses nor repeats a row`(point: String, disposition: String) async throws {
        let streams: JSON = ["t": ["path": "t_*.csv", "disposition": .string(disposition), "key": ["id"]]]
        let left = try TemporaryFolder("left")
        let source = Mutex<String?>(nil)
        let isCopied = Mutex(false)
        let desk = try Desk { reached in
            guard reached == point, let path = source.withLock({ $0 }), !isCopied.withLock({ $0 }) else { return }
            for name in ["inbox", "raw", "warehouse"] where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
                try? FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(left.path)/\(name)")
            }
            // The index of the write-ahead log is memory shared by living processes; recovery builds it anew.
            try? FileManager.default.removeItem(atPath: "\(left.path)/warehouse/w.db-shm")
            isCopied.withLock { $0 = true }
        }
        source.withLock { $0 = desk.folder.path }
        try desk.deliver("id,v\n1,10\n2,20\n", as: "t_1.csv")
        try desk.deliver("id,v\n3,30\n", as: "t_2.csv")
        try await desk.run("p@1", token: 10, streams)
        #expect(isCopied.withLock { $0 })

        let next = try Desk(left)
        let run = try await next.run("p@1", token: 10, streams)
        #expect(run.waiting.isEmpty)
        #expect(try next.rows("select id, v from raw__t order by id") == [[.integer(1), .integer(10)], [.integer(2), .integer(20)], [.integer(3), .integer(30)]])
        #expect(run.books[.landed] == run.books[.inserted])
        #expect(try next.number("select sum(\"rows\") from _sluice_loads") == 3)
        #expect(try next.number("select count(*) from _sluice_seals") == 1)
        // And the run after it knows where to go on; a replaced table is read as a whole each time.
        let after = try await next.run("p@2", token: 100, streams)
        #expect(after.message("ingest.extract.t") == (disposition == "replace" ? "3 rows in 2 files" : "nothing new"))
        #expect(try next.number("select count(*) from raw__t") == 3)
    }
}
