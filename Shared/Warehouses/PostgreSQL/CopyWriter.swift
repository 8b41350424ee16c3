internal import CPostgres
internal import Kernel
internal import WarehouseKit

/// Rows on their way into a table by `copy … from stdin`.
///
/// Binary where every column is of a type that has a form in `CopyEncoder`: the server then reads no texts (measured:
/// `Tests/Benchmarks/load`). Otherwise text, which the server reads for any type.
///
/// - A COPY has the connection to itself. When the session wants it for anything else, the COPY is completed, and the next row
///   begins another one; the rows of all are counted together.
final class CopyWriter: RowWriter {
    private static let chunkBytes = 1 << 17

    private let session: PostgreSQLSession
    private let sql: String
    private var encoder: CopyEncoder
    private var isOpen = false
    private var rowsTaken = 0

    init(_ session: PostgreSQLSession, into table: RelationName, columns: [String]) throws {
        self.session = session
        let kinds = try Self.kinds(of: columns, in: table, session)
        let isBinary = kinds.allSatisfy { $0 != .other }
        encoder = CopyEncoder(columns: columns, kinds: kinds, isBinary: isBinary, capacity: Self.chunkBytes)
        let list = columns.map(session.quote).joined(separator: ", ")
        sql = "copy \(session.render(table)) (\(list)) from stdin\(isBinary ? " (format binary)" : "")"
    }

    private static func kinds(of columns: [String], in table: RelationName, _ session: PostgreSQLSession) throws -> [CopyEncoder.Kind] {
        guard let (id, _) = try session.catalogued(table) else { return columns.map { _ in .other } }
        let rows = try session.texts("select attname, atttypid from pg_catalog.pg_attribute where attrelid = \(id) and attnum > 0 and not attisdropped")
        var types: [String: UInt32] = [:]
        for row in rows { if let name = row[0], let type = row[1] { types[name] = UInt32(type) } }
        return columns.map { CopyEncoder.Kind(type: types[$0] ?? 0) }
    }

    func write(_ row: UnsafeBufferPointer<Cell>) throws {
        try encoder.append(row)
        if encoder.count >= Self.chunkBytes { try send() }
    }

    func finish() throws -> Int {
        if encoder.count > 0 { try send() }
        if isOpen { try session.settle() }
        return rowsTaken
    }

    private func send() throws {
        if !isOpen { try open() }
        try put(encoder.bytes)
        encoder.removeAll()
    }

    private func put(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        let sent = bytes.withMemoryRebound(to: CChar.self) { libpq.PQputCopyData(session.connection.pointer, $0.baseAddress, Int32($0.count)) }
        guard sent == 1 else { throw failure() }
    }

    private func open() throws {
        try session.hand(to: self)
        try session.connection.send(sql)
        guard let pointer = libpq.PQgetResult(session.connection.pointer) else { throw PostgreSQLProblem(session.connection) }
        let result = Result(pointer)
        guard result.status == PGRES_COPY_IN else {
            abandon()
            throw PostgreSQLProblem(result, session.connection, sql: sql)
        }
        isOpen = true
        if encoder.isBinary { try CopyEncoder.header.withUnsafeBufferPointer(put) }
    }

    /// Ends the COPY well. The session calls it when it takes the connection back.
    func complete() throws {
        guard isOpen else { return }
        isOpen = false
        if encoder.isBinary { try CopyEncoder.trailer.withUnsafeBufferPointer(put) }
        guard libpq.PQputCopyEnd(session.connection.pointer, nil) == 1 else { throw failure() }
        try session.connection.results(of: sql) { rowsTaken += $0.rowsChanged }
    }

    /// Ends it so that nothing of it stays.
    func abandon() {
        if isOpen { _ = libpq.PQputCopyEnd(session.connection.pointer, "abandoned") }
        isOpen = false
        _ = try? session.connection.results(of: sql)
    }

    /// The server stops a COPY when it likes and says why only when asked.
    private func failure() -> any Error {
        isOpen = false
        _ = libpq.PQputCopyEnd(session.connection.pointer, nil)
        do { try session.connection.results(of: sql) } catch { return error }
        return PostgreSQLProblem(session.connection)
    }
}
