import FoundationEssentials
public import Kernel
public import NotifyKit
public import SQLite

/// What is to be sent, what has been sent, which pipelines are failing and how far the log has been read, in one small
/// SQLite file. Used from one thread at a time.
///
/// Invariants:
/// - a decision, with all its notices, becomes durable in one transaction with the position that it allows;
/// - a notice leaves `outbox` in the transaction that brings it into `sent`;
/// - a key is in one of the two at most once.
public final class NoticeStore {
    public enum Fate: String, Sendable {
        case sent
        /// Not taken for so long that it is no news any more; the text is kept here.
        case givenUp = "given_up"
    }
    public struct Waiting: Sendable {
        public let notice: Notice
        public let decidedAt: Timestamp
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
            create table if not exists outbox(key text primary key, notice text not null, decided_at integer not null, problem text);
            create table if not exists standing(place text primary key, standing text not null);
            create table if not exists reader(one integer primary key check (one = 1), position integer not null, first_start integer not null);
            create table if not exists decided(one integer primary key check (one = 1), through integer not null);
            insert or ignore into decided values (1, 0);
            """)
        let statement = try database.prepare("insert or ignore into reader values (1, 0, ?)")
        statement.bind(1, now.microseconds)
        try statement.run()
    }

    public func position() throws(SQLiteError) -> UInt64 { UInt64(bitPattern: try number("select position from reader")) }
    public func firstStart() throws(SQLiteError) -> Timestamp { Timestamp(microseconds: try number("select first_start from reader")) }
    public func decidedThrough() throws(SQLiteError) -> UInt64 { UInt64(bitPattern: try number("select through from decided")) }

    public func standings() throws -> [String: Standing] {
        let statement = try database.prepare("select place, standing from standing")
        var standings: [String: Standing] = [:]
        while try statement.step() { standings[statement.text(0)] = try JSONDecoder().decode(Standing.self, from: Data(statement.bytes(1))) }
        return standings
    }

    /// What is not sent yet, oldest first.
    public func outbox() throws -> [Waiting] {
        let statement = try database.prepare("select notice, decided_at from outbox order by rowid")
        var waiting: [Waiting] = []
        while try statement.step() {
            waiting.append(Waiting(
                notice: try JSONDecoder().decode(Notice.self, from: Data(statement.bytes(0))), decidedAt: Timestamp(microseconds: statement.integer(1))))
        }
        return waiting
    }

    /// Remembers a decision together with the position that it allows, and returns the notices that are new.
    public func store(_ decision: Decision, position: UInt64, at time: Timestamp) throws -> [Waiting] {
        var fresh: [Waiting] = []
        try transaction { () throws in
            for notice in decision.notices {
                guard try !isSent(notice.key) else { continue }
                let statement = try database.prepare("insert or ignore into outbox(key, notice, decided_at) values (?, ?, ?)")
                statement.bind(1, notice.key)
                statement.bind(2, String(decoding: try JSONEncoder().encode(notice), as: UTF8.self))
                statement.bind(3, time.microseconds)
                try statement.run()
                if database.changes == 1 { fresh.append(Waiting(notice: notice, decidedAt: time)) }
            }
            for (place, standing) in decision.standings {
                let statement = try database.prepare(
                    standing == nil ? "delete from standing where place = ?" : "insert or replace into standing(place, standing) values (?, ?)")
                statement.bind(1, place)
                if let standing { statement.bind(2, String(decoding: try JSONEncoder().encode(standing), as: UTF8.self)) }
                try statement.run()
            }
            let statement = try database.prepare("update decided set through = ?")
            statement.bind(1, Int64(bitPattern: decision.through))
            try statement.run()
            try setPosition(position)
        }
        return fresh
    }

    /// The notice has been dealt with.
    public func settle(_ notice: Notice, _ fate: Fate, at time: Timestamp) throws {
        try transaction { () throws in
            let statement = try database.prepare("insert or ignore into sent values (?, ?, ?, ?, ?, ?)")
            for (index, value) in [notice.key, notice.run.description, notice.channel, fate.rawValue, time.description, notice.text].enumerated() {
                statement.bind(Int32(index + 1), value)
            }
            try statement.run()
            let done = try database.prepare("delete from outbox where key = ?")
            done.bind(1, notice.key)
            try done.run()
            try database.execute("delete from sent where rowid <= (select max(rowid) from sent) - \(Self.sentMax)")
        }
    }

    /// Why it is not sent yet, for those who look.
    public func note(_ problem: String, for key: String) throws(SQLiteError) {
        let statement = try database.prepare("update outbox set problem = ? where key = ?")
        statement.bind(1, problem)
        statement.bind(2, key)
        try statement.run()
    }

    /// The log has been read this far and nothing was decided.
    public func store(position: UInt64) throws { try transaction { () throws in try setPosition(position) } }

    /// The log is a new one: nothing of it has been decided.
    public func startOver() throws {
        try transaction { () throws in
            try database.execute("update decided set through = 0")
            try setPosition(0)
        }
    }

    /// The keys that were sent, in order.
    public func keys() throws(SQLiteError) -> [String] {
        let statement = try database.prepare("select key from sent order by rowid")
        var keys: [String] = []
        while try statement.step() { keys.append(statement.text(0)) }
        return keys
    }

    private func isSent(_ key: String) throws(SQLiteError) -> Bool {
        let statement = try database.prepare("select 1 from sent where key = ?")
        statement.bind(1, key)
        return try statement.step()
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

    private func transaction(_ body: () throws -> Void) throws {
        try database.execute("begin immediate")
        do {
            try body()
            try database.execute("commit")
        } catch {
            if database.isInTransaction { try? database.execute("rollback") }
            throw error
        }
    }
}
