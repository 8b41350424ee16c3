public import Kernel
public import NotifyKit
public import SQLite

/// What has been sent and how far the log has been read, in one small SQLite file. Used from one thread at a time.
///
/// Invariants:
/// - a notice and the position that its sending allows become durable in one transaction;
/// - a key is stored once.
public final class NoticeStore {
    public enum Fate: String, Sendable {
        case sent
        /// The rule names no channel that we have; the text is kept here.
        case unknownChannel = "unknown_channel"
    }

    /// Older ones are forgotten: what lies below the position is never asked for again.
    static let sentMax = 10_000

    private let database: Database

    /// - Parameter now: what is remembered as the moment of the first start.
    public init(path: String, now: Timestamp) throws(SQLiteError) {
        database = try Database(path: path)
        try database.execute("""
            pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma cache_size = -256;
            create table if not exists sent(
                key text primary key, run text not null, channel text not null, fate text not null, at text not null, text text not null);
            create table if not exists reader(one integer primary key check (one = 1), position integer not null, first_start integer not null);
            """)
        let statement = try database.prepare("insert or ignore into reader values (1, 0, ?)")
        statement.bind(1, now.microseconds)
        try statement.run()
    }

    public func position() throws(SQLiteError) -> UInt64 { UInt64(bitPattern: try number("select position from reader")) }
    public func firstStart() throws(SQLiteError) -> Timestamp { Timestamp(microseconds: try number("select first_start from reader")) }

    public func holds(_ key: String) throws(SQLiteError) -> Bool {
        let statement = try database.prepare("select 1 from sent where key = ?")
        statement.bind(1, key)
        return try statement.step()
    }

    /// Remembers that `notice` was dealt with, together with the position that this allows.
    public func store(_ notice: Notice, _ fate: Fate, position: UInt64, at time: Timestamp) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in
            let statement = try database.prepare("insert or ignore into sent values (?, ?, ?, ?, ?, ?)")
            for (index, value) in [notice.key, notice.run.description, notice.channel, fate.rawValue, time.description, notice.text].enumerated() {
                statement.bind(Int32(index + 1), value)
            }
            try statement.run()
            try setPosition(position)
            try database.execute("delete from sent where rowid <= (select max(rowid) from sent) - \(Self.sentMax)")
        }
    }

    /// Nothing was to be told up to `position`.
    public func store(position: UInt64) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in try setPosition(position) }
    }

    public func keys() throws(SQLiteError) -> [String] {
        let statement = try database.prepare("select key from sent order by rowid")
        var keys: [String] = []
        while try statement.step() { keys.append(statement.text(0)) }
        return keys
    }

    private func setPosition(_ position: UInt64) throws(SQLiteError) {
        let statement = try database.prepare("update reader set position = ?")
        statement.bind(1, Int64(bitPattern: position))
        try statement.run()
    }

    private func number(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try database.prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    private func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try database.execute("begin immediate")
        do throws(SQLiteError) {
            try body()
            try database.execute("commit")
        } catch {
            if database.isInTransaction { try? database.execute("rollback") }
            throw error
        }
    }
}
