internal import CPostgres
internal import Kernel
public import WarehouseKit

/// One connection to a PostgreSQL database. Its transactions are `read committed`, which the ledger's rules are made for: a
/// statement that waited for another transaction goes on with what that one left.
public final class PostgreSQLSession: WarehouseSession {
    /// Settings of the session that older servers or other platforms may lack.
    ///
    /// - A long statement ends soon after the program that asked for it was killed, so whoever does its task again need not wait.
    /// - A program that was stopped within a transaction does not hold its locks for ever.
    private static let optionalSettings = [
        "set client_connection_check_interval = '2s'", "set idle_in_transaction_session_timeout = '10min'",
        "set tcp_keepalives_idle = 30", "set tcp_keepalives_interval = 10", "set tcp_keepalives_count = 3",
    ]

    let connection: Connection
    private let settings: ConnectionSettings
    public var defaultSchema: String { settings.schema }
    var place: String { settings.place }
    public private(set) var answer: String?
    private var isInTransaction = false
    private var typeNames: [String: String] = [:]
    /// The writer that has the connection in its hands.
    private var copying: CopyWriter?

    init(_ settings: ConnectionSettings) throws {
        self.settings = settings
        connection = try Connection(settings)
        try prepare()
    }

    private func prepare() throws {
        // Dates and moments are read in this form.
        var wanted = ["set datestyle = 'ISO'", "set bytea_output = 'hex'", "set standard_conforming_strings = on"]
        if let role = settings.role { wanted.append("set role \(quote(role))") }
        if let path = settings.searchPath { wanted.append("select pg_catalog.set_config('search_path', \(literal(path)), false)") }
        if let timeout = settings.statementTimeout { wanted.append("set statement_timeout = \(literal(timeout))") }
        try execute(wanted.joined(separator: "; "))
        for setting in Self.optionalSettings { _ = try? execute(setting) }
    }

    public var onNotice: (String) -> Void {
        get { connection.onNotice }
        set { connection.onNotice = newValue }
    }

    // MARK: Statements

    /// Several statements without values are one round trip; outside a transaction they take effect together or not at all.
    @discardableResult public func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        var changed = 0
        try eachStatement(sql, values) { sql in
            try connection.results(of: sql) {
                changed = $0.rowsChanged
                answer = $0.tag
            }
        }
        return changed
    }

    public func query(_ sql: String, _ values: [SQLValue], rowsMax: Int?) throws -> ResultSet {
        var last: (columns: [String], types: [(id: UInt32, modifier: Int32)])?
        var rows: [[SQLValue]] = []
        var isEnough = false
        try eachStatement(sql, values) { sql in
            rows = []
            // Row by row where a bound is set, so that what lies behind it never fills the memory.
            if rowsMax != nil { _ = libpq.PQsetSingleRowMode(connection.pointer) }
            do {
                try connection.results(of: sql) { result in
                    if result.status != PGRES_SINGLE_TUPLE, last == nil || result.rowCount > 0 || rowsMax == nil { rows = [] }
                    last = (result.columns, result.columnTypes)
                    if result.status != PGRES_SINGLE_TUPLE { answer = result.tag }
                    result.appendRows(to: &rows, max: rowsMax ?? .max)
                    if let rowsMax, rows.count >= rowsMax, !isEnough {
                        isEnough = true
                        stopReading()
                    }
                }
            } catch let problem as PostgreSQLProblem where isEnough && problem.code == "warehouse.canceled" {}
        }
        guard let last else { return ResultSet(columns: [], types: [], rows: []) }
        return ResultSet(columns: last.columns, types: try last.types.map(typeName), rows: rows)
    }

    /// Ends a statement whose further rows nobody wants. Within a transaction that would undo the transaction, so there the rows
    /// are read past.
    private func stopReading() {
        guard connection.transactionStatus == PQTRANS_ACTIVE, !isInTransaction, let handle = libpq.PQgetCancel(connection.pointer) else { return }
        var words = [CChar](repeating: 0, count: 256)
        _ = libpq.PQcancel(handle, &words, Int32(words.count))
        libpq.PQfreeCancel(handle)
    }

    private func eachStatement(_ sql: String, _ values: [SQLValue], _ take: (String) throws -> Void) throws {
        try settle()
        try restore()
        guard !values.isEmpty else {
            try connection.send(sql)
            return try take(sql)
        }
        var rest = values[...]
        for statement in SQLText.statements(sql) {
            guard statement.placeholders <= rest.count else {
                throw PlainProblem(
                    "warehouse.sql", "the statement has \(statement.placeholders) places for values and got \(rest.count)", at: .named(connection.place),
                    remedy: "give one value for each place")
            }
            try connection.send(statement.sql, Parameters(rest.prefix(statement.placeholders)))
            rest = rest.dropFirst(statement.placeholders)
            try take(statement.sql)
        }
    }

    /// What was under way when the connection broke has failed and was told; the next work begins on a new one.
    private func restore() throws {
        guard connection.isLost, !isInTransaction else { return }
        try connection.reset()
        try prepare()
    }

    private func typeName(_ type: (id: UInt32, modifier: Int32)) throws -> String {
        let key = "\(type.id) \(type.modifier)"
        if let known = typeNames[key] { return known }
        // In a transaction that has failed nothing more can be asked.
        guard connection.transactionStatus != PQTRANS_INERROR else { return "" }
        let name = try texts("select pg_catalog.format_type(\(type.id), \(type.modifier))").first?.first ?? nil
        typeNames[key] = name ?? ""
        return name ?? ""
    }

    /// The rows of a query of ours as texts.
    func texts(_ sql: String, _ values: [SQLValue] = []) throws -> [[String?]] {
        var rows: [[String?]] = []
        try eachStatement(sql, values) { sql in
            try connection.results(of: sql) { result in
                let columns = result.columns.indices
                rows = (0..<result.rowCount).map { row in columns.map { result.text(row, $0) } }
            }
        }
        return rows
    }

    // MARK: Transactions

    public func begin() throws {
        precondition(!isInTransaction, "a transaction is open already")
        try execute("begin isolation level read committed read write")
        isInTransaction = true
    }

    public func commit() throws {
        try settle()
        let wasOpen = connection.transactionStatus != PQTRANS_IDLE
        var tag = ""
        try connection.send("commit")
        try connection.results(of: "commit") { tag = $0.tag }
        isInTransaction = false
        // A commit of a failed transaction is answered with success, and the word for what really happened.
        guard wasOpen else {
            throw PlainProblem(
                WarehouseEnded.code, "a statement had ended the transaction before", at: .named(connection.place),
                remedy: "leave commit and rollback out of models, hooks and macros")
        }
        guard tag == "COMMIT" else {
            throw PlainProblem(
                "warehouse.not_committed", "the transaction had failed before and was rolled back", at: .named(connection.place),
                remedy: "leave commit and rollback out of models, hooks and macros")
        }
    }

    /// Also after a connection that broke: the server rolls back by itself then.
    public func rollback() {
        isInTransaction = false
        if let copying { copying.abandon() }
        copying = nil
        guard !connection.isLost, connection.transactionStatus != PQTRANS_IDLE else { return }
        _ = try? execute("rollback")
    }

    /// Runs `body` in the caller's transaction, or in one of its own.
    func inTransaction<T>(_ body: () throws -> T) throws -> T { isInTransaction ? try body() : try transaction(body) }

    /// Advisory locks of the transaction. Their keys are 64 bits of a hash, so two names may share a lock and wait for nothing.
    public func lock(_ name: String, _ mode: LockMode) throws {
        let key = Int64(truncatingIfNeeded: RecordHash.hash("sluice/\(name)"))
        try execute("select pg_catalog.pg_advisory_xact_lock\(mode == .shared ? "_shared" : "")(\(key))")
    }

    /// From a sequence beside the table, because the newest number that one can see is not the newest that was given.
    public func number(after newest: Int64, in table: RelationName) throws -> Int64 {
        let sequence = RelationName(schema: table.schema, identifier: "\(table.identifier)_numbers")
        let name = literal(render(sequence))
        if try texts("select pg_catalog.to_regclass(\(name))").first?.first == .some(nil) {
            try inTransaction {
                try lock("sequence \(render(sequence))", .exclusive)
                try execute("create sequence if not exists \(render(sequence)) start with \(newest + 1)")
            }
        }
        while true {
            guard let text = try texts("select pg_catalog.nextval(\(name))").first?.first ?? nil, let number = Int64(text) else { return newest + 1 }
            if number > newest { return number }
            // The table was restored without its sequence.
            try execute("select pg_catalog.setval(\(name), \(newest))")
        }
    }

    // MARK: Names

    public func quote(_ identifier: String) -> String { "\"" + Self.doubled(identifier, UInt8(ascii: "\"")) + "\"" }
    func literal(_ text: String) -> String { "'" + Self.doubled(text, UInt8(ascii: "'")) + "'" }

    private static func doubled(_ text: String, _ quote: UInt8) -> String {
        var doubled: [UInt8] = []
        for byte in text.utf8 {
            if byte == quote { doubled.append(byte) }
            doubled.append(byte)
        }
        return String(decoding: doubled, as: UTF8.self)
    }

    /// All parts that the name has. Without a schema it is looked for along the search path, where temporary tables are first.
    public func render(_ name: RelationName) -> String {
        [name.database, name.schema, name.identifier].filter { !$0.isEmpty }.map(quote).joined(separator: ".")
    }

    /// PostgreSQL's `NAMEDATALEN` less one, as it is built everywhere.
    public var identifierBytesMax: Int { 63 }
    public var columnsMax: Int { 1_600 }

    // MARK: Bulk

    public func writer(into table: RelationName, columns: [String]) throws -> any RowWriter {
        try CopyWriter(self, into: table, columns: columns)
    }

    /// The connection is given to a writer, after what another one had begun is complete.
    func hand(to writer: CopyWriter) throws {
        try settle()
        copying = writer
    }

    /// Completes a COPY that is under way: the connection is wanted for something else.
    func settle() throws {
        guard let writer = copying else { return }
        copying = nil
        try writer.complete()
    }
}
