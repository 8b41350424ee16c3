internal import CSQLite
internal import Glibc
internal import Kernel
public import WarehouseKit

/// One connection to a SQLite file: write-ahead log, `synchronous=full`, and the writer's lock taken at `begin`.
public final class SQLiteSession: WarehouseSession {
    /// How long a statement waits for another program's lock.
    static let busyTimeoutMilliseconds: Int32 = 60_000
    static let cacheKibibytes = 40_960
    static let temporaryCacheKibibytes = 12_288
    /// Of a file that is new. Larger than the standard's 4,096: a load makes fewer, larger writes.
    static let pageBytes = 8_192

    /// SQLite's account of its own memory takes a lock for each allocation, and nobody reads it. Once for each process.
    private static let isMemoryUncounted = sluice_sqlite3_stop_counting_memory() == SQLITE_OK

    let connection: OpaquePointer
    let path: String
    let layout: SQLiteLayout
    private var isInTransaction = false
    /// Schemas that go when the transaction is committed.
    var forgotten: Set<String> = []
    /// Whose thread has the connection.
    private(set) weak var writer: SQLiteRowWriter?
    /// The write-ahead log is off until the transaction ends.
    private var writesDirectly = false

    static let defaultSchema = "main"
    public var defaultSchema: String { Self.defaultSchema }

    init(path: String, layout: SQLiteLayout = .oneFile) throws {
        try Self.createFolder(of: path)
        _ = Self.isMemoryUncounted
        var pointer: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(path, &pointer, flags, nil)
        guard status == SQLITE_OK, let pointer else {
            let problem = SQLiteProblem(pointer, path: path)
            sqlite3_close_v2(pointer)
            throw problem
        }
        connection = pointer
        self.path = path
        self.layout = layout
        sqlite3_extended_result_codes(pointer, 1)
        sqlite3_busy_timeout(pointer, Self.busyTimeoutMilliseconds)
        SQLiteFunctions.register(on: pointer)
        try enterWriteAheadMode()
        // With the legacy rule a rename leaves the views on the old name alone: publishing depends on it.
        try execute("pragma synchronous = full; pragma legacy_alter_table = on; pragma temp_store = memory; pragma cache_size = -\(Self.cacheKibibytes)")
        try attachSchemas()
    }

    deinit { sqlite3_close_v2(connection) }

    private static func createFolder(of path: String) throws {
        var bytes = Array(path.utf8)
        for place in bytes.indices.dropFirst() where bytes[place] == UInt8(ascii: "/") {
            bytes[place] = 0
            let status = bytes.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) { mkdir($0.baseAddress!, 0o755) }
            }
            bytes[place] = UInt8(ascii: "/")
            guard status == 0 || errno == EEXIST || errno == EISDIR else {
                throw PlainProblem(
                    "warehouse.cannot_open", "the warehouse's folder cannot be created: \(String(cString: strerror(errno)))",
                    at: .file(path), remedy: "create the folder, or let this user write beside it")
            }
        }
    }

    /// Changing the journal mode does not wait for a lock, so two programs that open a new file at once try again here.
    private func enterWriteAheadMode() throws {
        try execute("pragma page_size = \(Self.pageBytes)")
        for attempt in 1... {
            do {
                _ = try query("pragma journal_mode = wal")
                return
            } catch let problem as SQLiteProblem {
                guard case .retry = problem.response, attempt < Int(Self.busyTimeoutMilliseconds) / 10 else { throw problem }
                usleep(10_000)
            }
        }
    }

    /// A first load writes each page once, into a file in which nobody has anything to read yet: a write-ahead log would be written
    /// and then copied. The rollback journal promises the same of a power cut.
    public func expectManyRows(areNew: Bool) throws {
        guard !isInTransaction else { return }
        // A temporary table as long as a batch is not for memory, but for one of usual length the file is never written.
        try execute("pragma temp_store = file; pragma temp.cache_size = -\(Self.temporaryCacheKibibytes)")
        guard areNew, layout.isOneFile,
            case .integer(let pages)? = try query("select page_count from pragma_page_count").rows.first?.first, pages <= Self.emptyPagesMax
        else { return }
        // Where another program has the file open, the log stays.
        sqlite3_busy_timeout(connection, 0)
        defer { sqlite3_busy_timeout(connection, Self.busyTimeoutMilliseconds) }
        writesDirectly = (try? query("pragma journal_mode = delete").rows) == [[.text("delete")]]
    }
    /// The ledger of a warehouse in which nothing else is.
    private static let emptyPagesMax: Int64 = 64

    private func writeAheadAgain() {
        guard writesDirectly else { return }
        writesDirectly = false
        // Whoever opens the file does the same.
        _ = try? query("pragma journal_mode = wal")
    }

    public var hasOneWriter: Bool { true }
    public var temporarySchema: String { layout.isOneFile ? "" : "temp" }

    func hand(to writer: SQLiteRowWriter) throws {
        try settle()
        self.writer = writer
    }

    /// Takes the connection back from the thread that writes rows.
    func settle() throws {
        guard let writer else { return }
        self.writer = nil
        try writer.drain()
    }

    // MARK: Statements

    @discardableResult public func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        var changed = 0
        try eachStatement(sql, values) { statement in
            let before = sqlite3_total_changes64(connection)
            while true {
                let status = sqlite3_step(statement)
                if status == SQLITE_ROW { continue }
                guard status == SQLITE_DONE else { throw SQLiteProblem(connection, path: path, sql: sqlite3_sql(statement)) }
                break
            }
            // A statement that changes no rows leaves the older statement's count in place.
            changed = sqlite3_total_changes64(connection) == before ? 0 : Int(sqlite3_changes64(connection))
        }
        return changed
    }

    public func query(_ sql: String, _ values: [SQLValue], rowsMax: Int?) throws -> ResultSet {
        var result = ResultSet(columns: [], types: [], rows: [])
        try eachStatement(sql, values) { statement in
            let count = sqlite3_column_count(statement)
            result = ResultSet(
                columns: (0..<count).map { String(cString: sqlite3_column_name(statement, $0)) },
                types: (0..<count).map { sqlite3_column_decltype(statement, $0).map { String(cString: $0) } ?? "" }, rows: [])
            while true {
                if let rowsMax, result.rows.count >= rowsMax { break }
                let status = sqlite3_step(statement)
                if status == SQLITE_DONE { break }
                guard status == SQLITE_ROW else { throw SQLiteProblem(connection, path: path, sql: sqlite3_sql(statement)) }
                result.rows.append((0..<count).map { Self.value(statement, $0) })
            }
        }
        return result
    }

    /// The first column of each row.
    func eachInteger(_ sql: String, _ body: (Int64) -> Void) throws {
        try eachStatement(sql, []) { statement in
            while true {
                let status = sqlite3_step(statement)
                if status == SQLITE_DONE { return }
                guard status == SQLITE_ROW else { throw SQLiteProblem(connection, path: path, sql: sqlite3_sql(statement)) }
                body(sqlite3_column_int64(statement, 0))
            }
        }
    }

    /// Prepares each statement of `sql` when its turn comes, so that a later one may use what an earlier one created.
    private func eachStatement(_ sql: String, _ values: [SQLValue], _ body: (OpaquePointer) throws -> Void) throws {
        try settle()
        var values = values[...]
        try sql.withCString { text in
            var rest: UnsafePointer<CChar>? = text
            while let start = rest, start.pointee != 0 {
                var statement: OpaquePointer?
                guard sqlite3_prepare_v2(connection, start, -1, &statement, &rest) == SQLITE_OK else {
                    throw SQLiteProblem(connection, path: path, sql: start)
                }
                guard let statement else { continue }
                defer { sqlite3_finalize(statement) }
                let wanted = Int(sqlite3_bind_parameter_count(statement))
                guard wanted <= values.count else {
                    throw PlainProblem(
                        "warehouse.sql", "the statement has \(wanted) places for values and got \(values.count)", at: .named(path),
                        remedy: "give one value for each place")
                }
                for index in 0..<wanted { Self.bind(statement, Int32(index + 1), values.removeFirst()) }
                try body(statement)
            }
        }
    }

    // SQLite's own spelling is a cast of -1: "copy the bytes during the call". A constant, so sharing it is safe.
    nonisolated(unsafe) static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private static func bind(_ statement: OpaquePointer, _ place: Int32, _ value: SQLValue) {
        switch value {
        case .null: sqlite3_bind_null(statement, place)
        case .integer(let number): sqlite3_bind_int64(statement, place, number)
        case .double(let number): sqlite3_bind_double(statement, place, number)
        case .text(let text):
            var text = text
            _ = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // An empty text has no address, and SQLite reads a missing address as null.
                    if let start = $0.baseAddress { sqlite3_bind_text64(statement, place, start, UInt64($0.count), copied, UInt8(SQLITE_UTF8)) }
                    else { sqlite3_bind_text(statement, place, "", 0, copied) }
                }
            }
        case .blob(let bytes):
            _ = bytes.withUnsafeBytes {
                if let start = $0.baseAddress { sqlite3_bind_blob64(statement, place, start, UInt64($0.count), copied) }
                else { sqlite3_bind_zeroblob(statement, place, 0) }
            }
        }
    }

    private static func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .double(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(statement, column) else { return .text("") }
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))), as: UTF8.self))
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(statement, column) else { return .blob([]) }
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))))
        default: return .null
        }
    }

    // MARK: Transactions

    public func begin() throws {
        precondition(!isInTransaction, "a transaction is open already")
        try execute("begin immediate")
        isInTransaction = true
    }

    public func commit() throws {
        try execute("commit")
        isInTransaction = false
        removeForgotten()
        writeAheadAgain()
    }

    /// Also after an error that has rolled back by itself, as a full disk does.
    public func rollback() {
        writer?.abandon()
        writer = nil
        isInTransaction = false
        forgotten.removeAll()
        if sqlite3_get_autocommit(connection) == 0 { _ = try? execute("rollback") }
        writeAheadAgain()
    }

    // MARK: Names

    public func quote(_ identifier: String) -> String {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in identifier.utf8 {
            if byte == UInt8(ascii: "\"") { quoted.append(byte) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "\""))
        return String(decoding: quoted, as: UTF8.self)
    }

    public func render(_ name: RelationName) -> String {
        let place = place(of: name)
        return layout.isOneFile ? quote(place.name) : "\(schemaInSQL(place.schema)).\(quote(place.name))"
    }

    // MARK: Relations

    public func relation(_ name: RelationName) throws -> RelationInfo? {
        let place = place(of: name)
        guard try isAttached(place.schema) else { return nil }
        let rows = try query(
            "select type from \(schemaInSQL(place.schema)).sqlite_schema where type in ('table', 'view') and name = ? collate nocase", [.text(place.name)]).rows
        guard case .text(let type)? = rows.first?.first else { return nil }
        return RelationInfo(name: name, kind: type == "view" ? .view : .table)
    }

    /// The relations of a schema. In one file the default schema has all whose names begin with no other known schema.
    public func relations(inSchema schema: String) throws -> [RelationInfo] {
        let place = place(of: RelationName(schema: schema, identifier: ""))
        guard try isAttached(place.schema) else { return [] }
        let schemas = layout.isOneFile ? try schemas() : []
        let rows = try query(
            "select name, type from \(schemaInSQL(place.schema)).sqlite_schema where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' order by name"
        ).rows
        let isDefault = schema.isEmpty || schema == defaultSchema
        return rows.compactMap { row in
            guard case .text(let name) = row[0], case .text(let type) = row[1] else { return nil }
            let kind: RelationInfo.Kind = type == "view" ? .view : .table
            if isDefault || !layout.isOneFile {
                guard !schemas.contains(where: { name.hasPrefix($0 + "__") }) else { return nil }
                return RelationInfo(name: RelationName(schema: schema, identifier: name), kind: kind)
            }
            guard name.hasPrefix(schema + "__") else { return nil }
            return RelationInfo(name: RelationName(schema: schema, identifier: String(name.dropFirst(schema.count + 2))), kind: kind)
        }
    }

    public func columns(of name: RelationName) throws -> [ColumnInfo] {
        let place = place(of: name)
        let columns = try columns(of: place.name, in: place.schema)
        // A temporary table of that name is in no file; whoever made it asks for it by the schema of what it stands for.
        return columns.isEmpty ? try self.columns(of: place.name, in: "temp") : columns
    }

    private func columns(of table: String, in schema: String) throws -> [ColumnInfo] {
        try query("select name, type from pragma_table_info(?, ?)", [.text(table), .text(schema)]).rows.compactMap { row in
            guard case .text(let name) = row[0], case .text(let type) = row[1] else { return nil }
            return ColumnInfo(name: name, type: type)
        }
    }

    /// In one file a schema is a prefix, which is written down so that a plain name with two underscores is not taken for one
    /// of it. Otherwise it is a file of its own.
    public func createSchema(_ schema: String) throws {
        guard !schema.isEmpty, schema != defaultSchema else { return }
        guard layout.isOneFile else { return try attachNew(schema) }
        guard try !schemas().contains(schema) else { return }
        try execute("create table if not exists _sluice_schemas (name text not null primary key)")
        try execute("insert into _sluice_schemas (name) values (?) on conflict do nothing", [.text(schema)])
    }

    public func forgetSchema(_ schema: String) throws {
        forgotten.insert(schema)
        if !isInTransaction { removeForgotten() }
    }

    private func schemas() throws -> [String] {
        guard try !query("select 1 from sqlite_schema where name = '_sluice_schemas'").rows.isEmpty else { return [] }
        return try query("select name from _sluice_schemas").rows.compactMap { if case .text(let name) = $0[0] { name } else { nil } }
    }

    public func drop(_ relation: RelationInfo) throws { try execute("drop \(relation.kind.rawValue) if exists \(render(relation.name))") }

    // MARK: Publishing

    public func publish(staged: RelationName, as target: RelationName) throws {
        if let old = try relation(target) { try drop(old) }
        try execute("alter table \(render(staged)) rename to \(quote(place(of: target).name))")
    }

    // MARK: Types

    public func render(_ type: ColumnType) -> String {
        switch type {
        case .unknown: ""
        case .boolean: "BOOLEAN"
        case .integer: "INTEGER"
        case .real: "REAL"
        // `TEXT` in the word keeps the digits: a column of numeric affinity would make a double of them.
        case .decimal: "DECIMAL_TEXT"
        case .date: "DATE"
        case .localTimestamp: "DATETIME"
        case .timestamp: "TIMESTAMP"
        case .json: "JSON_TEXT"
        case .text: "TEXT"
        }
    }

    public var hasDecimals: Bool { false }
    public var columnsMax: Int { Int(sqlite3_limit(connection, SQLITE_LIMIT_COLUMN, -1)) }

    public func columnType(_ word: String) -> ColumnType? {
        let word = word.uppercased()
        return ColumnType.allCases.first { render($0) == word }
    }

    /// SQLite cannot change a column, so the table is rebuilt with the wider one, its indexes too.
    public func changeType(of column: String, in table: RelationName, to type: ColumnType) throws {
        let place = place(of: table)
        let columns = try query("select name, type, \"notnull\" from pragma_table_info(?, ?)", [.text(place.name), .text(place.schema)]).rows
        let indexes = try query(
            "select sql from \(schemaInSQL(place.schema)).sqlite_schema where type = 'index' and sql is not null and tbl_name = ?", [.text(place.name)]).rows
        let wider = RelationName(schema: place.schema, identifier: "_sluice_wider__" + place.name)
        var definitions: [String] = []
        var sources: [String] = []
        for row in columns {
            guard case .text(let name) = row[0], case .text(let word) = row[1] else { continue }
            let isChanged = name == column
            definitions.append("\(quote(name)) \(isChanged ? render(type) : word)\(row[2] == .integer(1) ? " not null" : "")")
            sources.append(isChanged ? converted(quote(name), from: columnType(word) ?? .text, to: type) : quote(name))
        }
        try execute("create table \(render(wider)) (\(definitions.joined(separator: ", ")))")
        try execute("insert into \(render(wider)) select \(sources.joined(separator: ", ")) from \(render(table)) order by rowid")
        try publish(staged: wider, as: table)
        for row in indexes { if case .text(let sql) = row[0] { try execute(sql) } }
    }

    public func uniqueIndexes(of table: RelationName) throws -> [(name: String, columns: [String])] {
        let place = place(of: table)
        let names = try query("select name from pragma_index_list(?, ?) where \"unique\" = 1 and origin = 'c'", [.text(place.name), .text(place.schema)]).rows
        return try names.compactMap { row in
            guard case .text(let name) = row[0] else { return nil }
            let columns = try query("select name from pragma_index_info(?, ?) order by seqno", [.text(name), .text(place.schema)]).rows
            return (name, columns.compactMap { if case .text(let column) = $0[0] { column } else { nil } })
        }
    }

    public func dropIndex(_ name: String, of table: RelationName) throws {
        try execute("drop index \(schemaInSQL(place(of: table).schema)).\(quote(name))")
    }

    /// A date that becomes a timestamp is its midnight; a truth value that becomes text keeps a word for it.
    private func converted(_ column: String, from old: ColumnType, to new: ColumnType) -> String {
        switch (old, new) {
        case (.date, .timestamp): "\(column) || 'T00:00:00Z'"
        case (.date, .localTimestamp): "\(column) || 'T00:00:00'"
        case (.boolean, .text): "case \(column) when 1 then 'true' when 0 then 'false' end"
        case (.real, .text), (.real, .decimal): Self.shortestText(of: column)
        case (_, .text), (_, .decimal): "cast(\(column) as text)"
        default: column
        }
    }

    /// SQLite writes doubles with 15 digits, which some need more of to be read back as they are.
    private static func shortestText(of column: String) -> String {
        let digits = ["cast(\(column) as text)", "printf('%!.16g', \(column))"].map { "when cast(\($0) as real) = \(column) then \($0)" }
        return "case when \(column) is null then null \(digits.joined(separator: " ")) else printf('%!.17g', \(column)) end"
    }

    // MARK: Bulk

    public func writer(into table: RelationName, columns: [String]) throws -> any RowWriter {
        try SQLiteRowWriter(self, into: table, columns: columns)
    }
}
