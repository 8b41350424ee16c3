/// Rows of a staging table on their way into another one, by key.
public struct Upsert {
    public var rows: RelationName
    public var target: RelationName
    /// Of both tables.
    public var columns: [String]
    /// The columns of a unique index of the target. No two of the rows are equal by them.
    public var key: [String]
    /// The column that numbers the rows.
    public var number: String

    public init(_ rows: RelationName, into target: RelationName, columns: [String], key: [String], number: String) {
        self.rows = rows
        self.target = target
        self.columns = columns
        self.key = key
        self.number = number
    }

    /// The statement that puts what `source` gives into the target: rows of the staging table, or one row of `?`.
    public func sql(on session: any WarehouseSession, source: String) -> String {
        let changes = columns.filter { !key.contains($0) }.map(session.quote).map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return """
            insert into \(session.render(target)) (\(columns.map(session.quote).joined(separator: ", "))) \(source)
            on conflict (\(key.map(session.quote).joined(separator: ", "))) do update set \(changes)
            """
    }

    public var places: String { "values (\(columns.map { _ in "?" }.joined(separator: ", ")))" }

    /// In the order of the key a page of the target is touched once and not by turns.
    public func staged(on session: any WarehouseSession, isInOrder: Bool) -> String {
        let order = isInOrder ? "" : " order by \(key.map(session.quote).joined(separator: ", "))"
        // `where true` tells SQLite that no join follows.
        return "select \(columns.map(session.quote).joined(separator: ", ")) from \(session.render(rows)) where true\(order)"
    }
}

/// Takes rows that are to be merged. They need not be in the staging table before `stage`.
public protocol StagingWriter: RowWriter {
    /// Known once it is finished.
    var order: WrittenOrder { get }
    /// All rows are in the staging table. After `finish`.
    func stage() throws
}

/// What a writer knows of the rows that it took.
public struct WrittenOrder: Hashable, Sendable {
    /// They come in the order of their keys.
    public var isByKey: Bool
    /// No two are equal by key. False where that is not known.
    public var hasUniqueKeys: Bool

    public init(isByKey: Bool, hasUniqueKeys: Bool) {
        self.isByKey = isByKey
        self.hasUniqueKeys = hasUniqueKeys
    }
}

extension WarehouseSession {
    public func stagingWriter(into table: RelationName, columns: [String], key: [String]) throws -> any StagingWriter {
        PlainStaging(try writer(into: table, columns: columns))
    }

    public func upsert(_ upsert: Upsert, of writer: any StagingWriter, updated: (Int64) -> Void) throws -> Int {
        try upsertAfterLook(upsert, of: writer, updated: updated)
    }

    /// Asks which keys are there, then inserts or updates: for any engine.
    public func upsertAfterLook(_ upsert: Upsert, of writer: any StagingWriter, updated: (Int64) -> Void) throws -> Int {
        try writer.stage()
        let isSameKey = upsert.key.map { "s.\(quote($0)) = t.\(quote($0))" }.joined(separator: " and ")
        let there = "select s.\(quote(upsert.number)) from \(render(upsert.rows)) s join \(render(upsert.target)) t on \(isSameKey)"
        for row in try query(there).rows { if case .integer(let number) = row[0] { updated(number) } }
        return try execute(upsert.sql(on: self, source: upsert.staged(on: self, isInOrder: writer.order.isByKey)))
    }
}

/// Into the staging table at once.
private final class PlainStaging: StagingWriter {
    private let writer: any RowWriter
    init(_ writer: any RowWriter) { self.writer = writer }

    func write(_ row: UnsafeBufferPointer<Cell>) throws { try writer.write(row) }
    func finish() throws -> Int { try writer.finish() }
    func stage() {}
    var order: WrittenOrder { WrittenOrder(isByKey: false, hasUniqueKeys: false) }
}
