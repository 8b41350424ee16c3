import Glibc
import Kernel
import Support
import Testing
import WarehouseKit
import WarehouseSQLite

@Suite struct ExaminerTests {
    private func findings(_ path: String) throws -> [Finding] {
        var found: [Finding] = []
        WarehouseExaminer.examine(SQLiteWarehouse(path: path), at: try WarehouseAddress("sqlite://\(path)")) { found.append($0) }
        return found
    }

    @Test func `a warehouse that is not there yet is found usable and is still not there`() throws {
        let folder = try TemporaryFolder("examiner")
        let found = try findings("\(folder.path)/deep/down/w.db")
        #expect(found.map(\.state) == [.ok, .ok] && found[0].summary.contains("not there yet"))
        #expect(folder.files().isEmpty && access("\(folder.path)/deep", F_OK) != 0)
    }

    @Test func `a warehouse with data is written to and read, and holds afterwards what it held`() throws {
        let folder = try TemporaryFolder("examiner")
        let path = "\(folder.path)/w.db"
        let session = try SQLiteWarehouse(path: path).open()
        try session.execute("create table t(a); insert into t values (1)")
        let before = try session.query("select name, sql from sqlite_master").rows
        #expect(try findings(path).map(\.state) == [.ok, .ok])
        #expect(try session.query("select name, sql from sqlite_master").rows == before)
        #expect(folder.files().allSatisfy { $0.hasPrefix("w.db") })
    }

    @Test func `a file that is no database and a folder that is not to be written fail with the warehouse's own place`() throws {
        let folder = try TemporaryFolder("examiner")
        try folder.write("no database at all, but a text that is long enough to be looked at", to: "w.db")
        let broken = try findings("\(folder.path)/w.db")
        #expect(broken.last?.state == .fail && broken.last?.location == "sqlite://\(folder.path)/w.db" && broken.last?.cause == .environment)
        // Not even the superuser makes a file there.
        let barred = try findings("/proc/nowhere/w.db")
        #expect(barred.map(\.state) == [.fail] && barred[0].location == "sqlite:///proc/nowhere/w.db" && barred[0].remedy.isEmpty == false)
    }
}
