import Contracts
@testable import Journal
import Kernel
import SQLite
import Support
import Testing

/// (source, id) is unique, wherever the identities of the log lie at the time.
@Suite struct IdentityTests {
    func append(_ journal: JournalStore, _ ids: some Sequence<Int>) throws -> [(sequence: UInt64, isNew: Bool)] {
        journal.begin()
        let answers = try ids.map { try journal.append(source: "s\($0 % 7)", id: "\($0)", topic: "a.b.v1/-/p/", envelope: [1]) }
        try journal.commit()
        return answers
    }

    @Test func `an event is known while its identity is held in memory, when it lies in the table, and after a restart`() throws {
        let folder = try TemporaryFolder("identities")
        let path = "\(folder.path)/journal.db", count = Identities.heldMax + 508
        var sequences: [UInt64] = []
        do {
            let journal = try JournalStore(path: path, now: 0)
            for start in stride(from: 0, to: count, by: 100) { sequences += try append(journal, start..<start + 100).map(\.sequence) }
            #expect(Set(sequences).count == sequences.count)
            // Some are settled, some are not.
            try journal.identities.finishSettling()
            let settled = try journal.number("select count(*) from identity")
            #expect(settled >= Identities.heldMax && settled < count)
            #expect(try append(journal, 0..<count).map(\.sequence) == sequences)
        }
        // Before the filter has been read, while it is, and when it has.
        for _ in 0..<3 {
            let journal = try JournalStore(path: path, now: 0)
            #expect(try append(journal, stride(from: 0, to: count, by: 3)).allSatisfy { !$0.isNew })
            journal.warmUp()
            #expect(try append(journal, 0..<count).map(\.sequence) == sequences)
        }
        let journal = try JournalStore(path: path, now: 0)
        journal.warmUp()
        let again = try append(journal, 0..<count + 1)
        #expect(again.dropLast().map(\.sequence) == sequences && again.dropLast().allSatisfy { !$0.isNew } && again.last?.isNew == true)
    }

    @Test func `while identities are on their way into the table they are known, and where that fails they are held on`() throws {
        let folder = try TemporaryFolder("identities")
        let path = "\(folder.path)/journal.db", count = Identities.heldMax
        let journal = try JournalStore(path: path, now: 0)
        _ = try append(journal, 0..<count)
        // Somebody else has the database, so what is begun now cannot be done.
        let other = try Database(path: path)
        try other.execute("begin immediate")
        #expect(try append(journal, count..<count + 10).allSatisfy(\.isNew))
        #expect(try append(journal, stride(from: 0, to: count + 10, by: 7)).allSatisfy { !$0.isNew })
        #expect(throws: SQLiteError.self) { try journal.identities.finishSettling() }
        #expect(try journal.number("select count(*) from identity") == 0)
        #expect(try append(journal, stride(from: 3, to: count, by: 7)).allSatisfy { !$0.isNew })
        // The failure that nobody has heard of yet is that of the next transaction.
        journal.begin()
        #expect(throws: SQLiteError.self) { try journal.setMeta("tried", 1) }
        try journal.rollback(now: 0)
        try other.execute("rollback")
        #expect(try append(journal, [count + 20]).allSatisfy(\.isNew))
        try journal.identities.finishSettling()
        #expect(try journal.number("select count(*) from identity") >= count)
        #expect(try append(journal, 0..<count + 10).allSatisfy { !$0.isNew })
    }

    @Test func `the filter knows all that was put into it, and nearly nothing else`() {
        var filter = IdentityFilter()
        for number in 0..<100_000 { filter.insert(number.hashValue) }
        #expect((0..<100_000).allSatisfy { filter.mayHold($0.hashValue) })
        #expect((100_000..<200_000).count { filter.mayHold($0.hashValue) } < 500)
    }

    @Test func `a turn that is rolled back leaves no identity, held or settled`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        _ = try append(journal, 0..<10)
        journal.begin()
        for id in 10..<20 { _ = try journal.append(source: "s", id: "\(id)", topic: "a.b.v1/-/p/", envelope: [1]) }
        try journal.settleIdentities()
        try journal.rollback(now: 0)
        #expect(try append(journal, 0..<10).allSatisfy { !$0.isNew })
        journal.begin()
        #expect(try journal.append(source: "s", id: "10", topic: "a.b.v1/-/p/", envelope: [1]).isNew)
        #expect(journal.newest == 11)
    }

    @Test func `what retention removes is forgotten, but for what is remembered for ever`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        for start in stride(from: 0, to: 6000, by: 500) { _ = try append(journal, start..<start + 500) }
        journal.begin()
        _ = try journal.append(source: "t", id: "r", topic: "run.requested.v1/-/p/", envelope: [1])
        while try journal.retain(Retention(bytes: 0, bytesMax: 0), now: 0, wall: Timestamp(microseconds: 0)).hasMore {}
        try journal.commit()
        #expect(try journal.number("select count(*) from identity") == 0)
        #expect(try append(journal, 0..<10).allSatisfy(\.isNew))
        journal.begin()
        #expect(try !journal.append(source: "t", id: "r", topic: "run.requested.v1/-/p/", envelope: [1]).isNew)
    }

    @Test func `a journal of before the table of identities goes on as it was`() throws {
        let folder = try TemporaryFolder("identities")
        let path = "\(folder.path)/journal.db"
        do {
            let old = try Database(path: path)
            try old.execute(
                """
                create table event(
                    sequence integer primary key autoincrement, source text not null, id text not null,
                    topic text not null, envelope blob not null, unique(source, id));
                create table meta(key text primary key, value integer not null) without rowid;
                insert into sqlite_sequence(name, seq) values('event', 999);
                """)
        }
        #expect(try JournalStore(path: path, now: 0, firstSequence: 5_000_000).newest == 999)
        do {
            let journal = try JournalStore(path: path, now: 0, firstSequence: 5_000_000)
            #expect(try append(journal, 0..<5).map(\.sequence) == [1000, 1001, 1002, 1003, 1004])
        }
        let journal = try JournalStore(path: path, now: 0, firstSequence: 6_000_000)
        #expect(try append(journal, 3..<6).map(\.sequence) == [1003, 1004, 1005])
        journal.begin()
        while try journal.retain(Retention(bytes: 0, bytesMax: 0), now: 0, wall: Timestamp(microseconds: 0)).hasMore {}
        try journal.commit()
        #expect(try append(journal, 3..<4).map(\.sequence) == [1006])
    }
}
