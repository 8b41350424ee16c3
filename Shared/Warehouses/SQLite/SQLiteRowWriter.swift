internal import CSQLite
internal import Dispatch
internal import Synchronization
internal import WarehouseKit

/// One prepared insert, bound and stepped for each row, on a thread of its own: the caller reads the next rows meanwhile.
///
/// Rows go over in blocks. The connection belongs to the thread from the first row until `drain`, which whoever uses the session for
/// anything else comes through: so it is used from one thread at a time.
final class SQLiteRowWriter: RowWriter {
    private let session: SQLiteSession
    private let inserter: Inserter
    private let width: Int
    private let queue = DispatchQueue(label: "sluice.sqlite.insert")
    /// Blocks that nobody fills and nobody writes.
    private let free: DispatchSemaphore
    private var blocks: [Block]
    private var next = 0
    private static let blocksMax = 3

    convenience init(_ session: SQLiteSession, into table: RelationName, columns: [String]) throws {
        let names = columns.map(session.quote).joined(separator: ", ")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try self.init(session, running: "insert into \(session.render(table)) (\(names)) values (\(places))", width: columns.count)
    }

    /// - Parameter sql: has a `?` for each cell of a row.
    init(_ session: SQLiteSession, running sql: String, width: Int) throws {
        try session.settle()
        var pointer: OpaquePointer?
        guard sqlite3_prepare_v3(session.connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil) == SQLITE_OK, let pointer else {
            throw SQLiteProblem(session.connection, path: session.path)
        }
        self.session = session
        inserter = Inserter(pointer, session.connection, path: session.path, width: width)
        self.width = width
        blocks = (0..<Self.blocksMax).map { _ in Block(width: width) }
        free = DispatchSemaphore(value: Self.blocksMax - 1)
    }

    deinit {
        queue.sync {}
        // A semaphore must not die with a lower value than it was made with.
        for _ in 0..<Self.blocksMax { free.signal() }
    }

    func write(_ row: UnsafeBufferPointer<Cell>) throws {
        precondition(row.count == width, "a row has one cell for each column")
        if session.writer !== self { try session.hand(to: self) }
        if !blocks[next].append(row) {
            try send()
            _ = blocks[next].append(row)
        }
    }

    private func send() throws {
        let block = blocks[next]
        guard block.rows > 0 else { return }
        let inserter = inserter, free = free
        queue.async {
            inserter.insert(block)
            free.signal()
        }
        free.wait()
        next = (next + 1) % Self.blocksMax
        if let problem = inserter.problem { throw problem }
    }

    /// All rows are in the table, and the connection is the caller's again.
    func drain() throws {
        try send()
        queue.sync {}
        if let problem = inserter.problem { throw problem }
    }

    /// What is not written yet is left out: the transaction is undone.
    func abandon() {
        blocks[next].removeAll()
        inserter.stop()
        queue.sync {}
    }

    func finish() throws -> Int {
        try drain()
        return inserter.changed
    }
}

/// Rows on their way from one thread to the other, and their texts.
// Sendable: it is filled by the one thread, then written by the other, and the semaphore stands between the two.
private final class Block: @unchecked Sendable {
    private static let rowsMax = 512, textBytes = 1 << 17

    private let width: Int
    private let cells: UnsafeMutableBufferPointer<Cell>
    private var text: UnsafeMutableBufferPointer<UInt8>
    private var filled = 0
    private(set) var rows = 0

    init(width: Int) {
        self.width = width
        cells = .allocate(capacity: width * Self.rowsMax)
        cells.initialize(repeating: .null)
        text = .allocate(capacity: Self.textBytes)
    }

    deinit {
        cells.deallocate()
        text.deallocate()
    }

    func removeAll() {
        rows = 0
        filled = 0
        // One long text is no reason to keep its room.
        if text.count > Self.textBytes {
            text.deallocate()
            text = .allocate(capacity: Self.textBytes)
        }
    }

    /// False where there is no room. An empty block takes a row of any length.
    func append(_ row: UnsafeBufferPointer<Cell>) -> Bool {
        guard rows < Self.rowsMax else { return false }
        var needed = 0
        for cell in row { if case .text(let bytes) = cell { needed += bytes.count } }
        if filled + needed > text.count {
            guard rows == 0 else { return false }
            text.deallocate()
            text = .allocate(capacity: needed)
        }
        let start = rows * width
        for index in 0..<width {
            guard case .text(let bytes) = row[index], let from = bytes.baseAddress else { cells[start + index] = row[index]; continue }
            let copy = text.baseAddress! + filled
            copy.update(from: from, count: bytes.count)
            filled += bytes.count
            cells[start + index] = .text(UnsafeBufferPointer(start: UnsafePointer(copy), count: bytes.count))
        }
        rows += 1
        return true
    }

    subscript(row: Int) -> UnsafeBufferPointer<Cell> { UnsafeBufferPointer(rebasing: cells[(row * width)..<((row + 1) * width)]) }
}

/// The statement. Text is bound in place: a block's bytes outlive the step.
// Sendable: the statement is used on the writer's queue alone, and given back once that is empty.
private final class Inserter: @unchecked Sendable {
    private let statement: OpaquePointer
    private let connection: OpaquePointer
    private let path: String
    private let width: Int
    private let state = Mutex<(problem: SQLiteProblem?, isStopped: Bool)>((nil, false))
    /// Read once the queue is empty.
    private(set) var changed = 0

    init(_ statement: OpaquePointer, _ connection: OpaquePointer, path: String, width: Int) {
        self.statement = statement
        self.connection = connection
        self.path = path
        self.width = width
    }

    deinit { sqlite3_finalize(statement) }

    var problem: SQLiteProblem? { state.withLock { $0.problem } }
    func stop() { state.withLock { $0.isStopped = true } }

    func insert(_ block: Block) {
        defer { block.removeAll() }
        guard state.withLock({ $0.problem == nil && !$0.isStopped }) else { return }
        for row in 0..<block.rows {
            bind(block[row])
            let status = sqlite3_step(statement)
            sqlite3_reset(statement)
            guard status == SQLITE_DONE else {
                let problem = SQLiteProblem(connection, path: path)
                state.withLock { $0.problem = problem }
                return
            }
            changed += Int(sqlite3_changes(connection))
        }
    }

    private func bind(_ row: UnsafeBufferPointer<Cell>) {
        for index in 0..<width {
            let place = Int32(truncatingIfNeeded: index + 1)
            switch row[index] {
            case .null: sqlite3_bind_null(statement, place)
            case .integer(let number): sqlite3_bind_int64(statement, place, number)
            case .double(let number): sqlite3_bind_double(statement, place, number)
            case .text(let bytes):
                if let start = bytes.baseAddress {
                    let text = UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
                    sqlite3_bind_text64(statement, place, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
                } else {
                    // An empty text without an address; SQLite would read it as null.
                    sqlite3_bind_text(statement, place, "", 0, SQLiteSession.copied)
                }
            }
        }
    }
}
