import Kernel
import Synchronization
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

/// Which call to a warehouse is the last one of its program.
final class Kill: Sendable {
    struct Killed: Error {}
    @TaskLocal static var current: Kill?

    private let last: Int
    private let calls = Mutex(0)
    init(at last: Int) { self.last = last }

    /// How many calls there were.
    var count: Int { calls.withLock { $0 } }
    var hasFired: Bool { calls.withLock { $0 >= last } }

    /// One more place where the program could die. Once it is dead, it does nothing more.
    func step() throws {
        guard calls.withLock({ $0 += 1; return $0 < last }) else { throw Killed() }
    }
}

/// An engine whose client dies at a call of its own choice. What the death leaves is what a rollback leaves: both engines promise
/// that of a client that is gone.
struct KillingWarehouse<Base: Warehouse>: Warehouse {
    static var scheme: String { Base.scheme }
    let base: Base
    init(address: WarehouseAddress) throws { base = try Base(address: address) }
    var capabilities: WarehouseCapabilities { base.capabilities }
    var defaultSchema: String { base.defaultSchema }
    func open() throws -> any WarehouseSession {
        guard let kill = Kill.current else { return try base.open() }
        return KillingSession(try base.open(), kill)
    }
}

private final class KillingSession: WarehouseSession {
    let base: any WarehouseSession
    let kill: Kill
    init(_ base: any WarehouseSession, _ kill: Kill) {
        self.base = base
        self.kill = kill
    }

    private func alive<T>(_ call: () throws -> T) throws -> T {
        try kill.step()
        return try call()
    }

    var defaultSchema: String { base.defaultSchema }
    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int { try alive { try base.execute(sql, values) } }
    func query(_ sql: String, _ values: [SQLValue], rowsMax: Int?) throws -> ResultSet { try alive { try base.query(sql, values, rowsMax: rowsMax) } }
    func expectManyRows(areNew: Bool) throws { try alive { try base.expectManyRows(areNew: areNew) } }
    var hasOneWriter: Bool { base.hasOneWriter }
    var temporarySchema: String { base.temporarySchema }
    func begin() throws { try alive { try base.begin() } }
    func commit() throws {
        try alive { try base.commit() }
        // Its work is done and nobody hears of it.
        try kill.step()
    }
    func rollback() { base.rollback() }
    func lock(_ name: String, _ mode: LockMode) throws { try alive { try base.lock(name, mode) } }
    func number(after newest: Int64, in table: RelationName) throws -> Int64 { try alive { try base.number(after: newest, in: table) } }
    func render(_ name: RelationName) -> String { base.render(name) }
    func quote(_ identifier: String) -> String { base.quote(identifier) }
    var identifierBytesMax: Int { base.identifierBytesMax }
    func relation(_ name: RelationName) throws -> RelationInfo? { try alive { try base.relation(name) } }
    func relations(inSchema schema: String) throws -> [RelationInfo] { try alive { try base.relations(inSchema: schema) } }
    func columns(of name: RelationName) throws -> [ColumnInfo] { try alive { try base.columns(of: name) } }
    func createSchema(_ schema: String) throws { try alive { try base.createSchema(schema) } }
    func drop(_ relation: RelationInfo) throws { try alive { try base.drop(relation) } }
    func render(_ type: ColumnType) -> String { base.render(type) }
    func moment(ofText sql: String) -> String { base.moment(ofText: sql) }
    var hasDecimals: Bool { base.hasDecimals }
    var columnsMax: Int { base.columnsMax }
    func columnType(_ word: String) -> ColumnType? { base.columnType(word) }
    func changeType(of column: String, in table: RelationName, to type: ColumnType) throws { try alive { try base.changeType(of: column, in: table, to: type) } }
    func uniqueIndexes(of table: RelationName) throws -> [(name: String, columns: [String])] { try alive { try base.uniqueIndexes(of: table) } }
    func dropIndex(_ name: String, of table: RelationName) throws { try alive { try base.dropIndex(name, of: table) } }
    func writer(into table: RelationName, columns: [String]) throws -> any RowWriter {
        try alive { KillingWriter(try base.writer(into: table, columns: columns), kill) }
    }
    func stagingWriter(into table: RelationName, columns: [String], key: [String]) throws -> any StagingWriter {
        try alive { KillingStaging(try base.stagingWriter(into: table, columns: columns, key: key), kill) }
    }
    func upsert(_ upsert: Upsert, of writer: any StagingWriter, updated: (Int64) -> Void) throws -> Int {
        try alive { try base.upsert(upsert, of: (writer as? KillingStaging)?.base ?? writer, updated: updated) }
    }
    func publish(staged: RelationName, as target: RelationName) throws { try alive { try base.publish(staged: staged, as: target) } }
    func copyGrants(from old: RelationName, to new: RelationName) throws { try alive { try base.copyGrants(from: old, to: new) } }
}

/// Rows are on their way in a COPY or in a statement that is stepped; the program may die between any two of them.
private final class KillingWriter: RowWriter {
    private let base: any RowWriter
    private let kill: Kill
    init(_ base: any RowWriter, _ kill: Kill) {
        self.base = base
        self.kill = kill
    }

    func write(_ row: UnsafeBufferPointer<Cell>) throws { try kill.step(); try base.write(row) }
    func finish() throws -> Int { try kill.step(); return try base.finish() }
}

private final class KillingStaging: StagingWriter {
    let base: any StagingWriter
    private let kill: Kill
    init(_ base: any StagingWriter, _ kill: Kill) {
        self.base = base
        self.kill = kill
    }

    func write(_ row: UnsafeBufferPointer<Cell>) throws { try kill.step(); try base.write(row) }
    func finish() throws -> Int { try kill.step(); return try base.finish() }
    var order: WrittenOrder { base.order }
    func stage() throws { try kill.step(); try base.stage() }
}
