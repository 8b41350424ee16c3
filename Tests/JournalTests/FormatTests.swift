@testable import Journal
import Glibc
import SQLite
import Support
import Testing

/// Who may open whose journal.
@Suite struct FormatTests {
    @Test func `a journal of a newer broker is refused with a reason, and left as it is`() throws {
        let folder = try TemporaryFolder("format")
        let path = "\(folder.path)/journal.db"
        do {
            let database = try Database(path: path)
            try database.execute("create table event(something); pragma user_version = \(JournalFormat.current + 1)")
        }
        let before = try folder.read("journal.db")
        let error = #expect(throws: SQLiteError.self) { try JournalStore(path: path, now: 0) }
        #expect(error?.message.contains("written by a newer sluice-broker") == true)
        #expect(try folder.read("journal.db") == before)
        #expect(folder.files() == ["journal.db"])
    }

    @Test(arguments: [true, false]) func `a broker of before the segments stops at once at a journal of now`(isNew: Bool) throws {
        let folder = try TemporaryFolder("format")
        let path = "\(folder.path)/journal.db"
        if !isNew { try old(path) }
        _ = try JournalStore(path: path, now: 0)
        let database = try Database(path: path)
        // The first statements of that broker.
        try database.execute("create table if not exists meta(key text primary key, value integer not null) without rowid")
        #expect(throws: SQLiteError.self) { try database.prepare("insert into meta(key, value) values(?, ?) on conflict(key) do update set value = excluded.value") }
        let format = try database.prepare("pragma user_version")
        #expect(try format.step() && format.integer(0) == JournalFormat.current)
    }

    @Test func `a journal of before the segments goes on where it was`() throws {
        let folder = try TemporaryFolder("format")
        let path = "\(folder.path)/journal.db"
        try old(path)
        for _ in 0..<2 {
            let journal = try JournalStore(path: path, now: 0, firstSequence: 5_000)
            #expect(journal.newest == 40 && journal.epoch == 6)
            #expect(try journal.read(after: 0, prefixes: [], limit: 100).events.map(\.sequence) == Array(21...40))
            journal.begin()
            #expect(try PackTests().append(journal, 30) == PackTests.Answer(30, false))
        }
        let journal = try JournalStore(path: path, now: 0)
        #expect(try PackTests().turn(journal, 5).map(\.sequence) == Array(41...45))
        #expect(try PackTests().rows(journal) == [0, 1])
        #expect(try journal.read(after: 0, prefixes: [], limit: 100).events.map(\.sequence) == Array(21...45))
    }

    @Test func `segments without their database are no log, and are left as they are`() throws {
        let folder = try TemporaryFolder("format")
        let path = "\(folder.path)/journal.db"
        do {
            let journal = try JournalStore(path: path, now: 0)
            #expect(try PackTests().turn(journal, 20).count == 20)
        }
        let kept = folder.files().filter { $0.hasSuffix(".segment") }.sorted()
        #expect(kept.count == 1)
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
        for _ in 0..<2 {
            let error = #expect(throws: SQLiteError.self) { try JournalStore(path: path, now: 0) }
            #expect(error?.message.contains("journal.db is missing, and its segments are there: restore it") == true)
        }
        #expect(folder.files().filter { $0.hasSuffix(".segment") }.sorted() == kept)
    }

    /// A journal as the broker of before left it: a pack of twenty, and the one before it removed.
    private func old(_ path: String) throws {
        var pack = Pack()
        for sequence: UInt64 in 21...40 {
            Identity.with("s", "\(sequence)") { identity in
                Array("a.b.v1/-/p/".utf8).withUnsafeBufferPointer { topic in [1].withUnsafeBufferPointer { pack.append(sequence, identity, topic: topic, envelope: $0) } }
            }
        }
        let database = try Database(path: path)
        try database.execute(
            """
            pragma page_size=8192; pragma journal_mode=wal;
            create table event(sequence integer primary key, source text not null, id text not null, topic text not null, envelope blob not null);
            create table pack(first integer primary key, last integer not null, count integer not null, events blob not null);
            create table identity(source text not null, id text not null, sequence integer not null, primary key(source, id)) without rowid;
            create table meta(key text primary key, value integer not null) without rowid;
            insert into meta(key, value) values('first', 1), ('floor', 20), ('epoch', 6);
            """)
        let put = try database.prepare("insert into pack(first, last, count, events) values(21, 40, 20, ?)")
        put.bind(1, pack.bytes)
        try put.run()
    }
}
