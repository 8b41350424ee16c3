import Contracts
import Glibc
@testable import Journal
import Kernel
import SQLite
import Support
import Testing

/// Turns that do nothing but append lie in files beside the database.
@Suite struct SegmentTests {
    @discardableResult func turn(_ journal: JournalStore, _ count: Int, bytes: Int = 40) throws -> [StoredEvent] {
        try PackTests().turn(journal, count, bytes: bytes)
    }
    func sequences(_ journal: JournalStore) throws -> [UInt64] { try journal.read(after: 0, prefixes: [], limit: 10_000).events.map(\.sequence) }

    @Test func `a turn that only appends lies in a segment, one that does more in the database, and both are one log`() throws {
        let folder = try TemporaryFolder("segments")
        let path = "\(folder.path)/journal.db"
        var journal = try JournalStore(path: path, now: 0)
        #expect(folder.files().allSatisfy { !$0.contains("segment") })
        var events = try turn(journal, 1) + turn(journal, 30)
        journal.begin()
        try journal.confirm(reader: "notify", position: 3)
        events += try PackTests().turn(journal, 20, beginning: false)
        events += try turn(journal, 9)
        #expect(try PackTests().rows(journal) == [0, 1])
        #expect(folder.files(in: "journal.db-segments") == ["00000000000000000001.segment", "lock"])
        for _ in 0..<2 {
            #expect(try journal.read(after: 0, prefixes: [], limit: 100).events == events)
            for event in events { #expect(try journal.event(event.sequence) == event) }
            #expect(try journal.event(61) == nil)
            journal = try JournalStore(path: path, now: 0)
        }
        journal.begin()
        #expect(try PackTests().append(journal, 31) == PackTests.Answer(31, false))
        #expect(try PackTests().append(journal, 61) == PackTests.Answer(61, true))
        try journal.commit()
        // A start goes on in a file of its own.
        #expect(folder.files(in: "journal.db-segments").count == 3)
        #expect(try sequences(journal) == Array(1...61))
    }

    @Test func `a turn that is rolled back leaves nothing in a segment`() throws {
        let folder = try TemporaryFolder("segments")
        let journal = try JournalStore(path: "\(folder.path)/journal.db", now: 0)
        try turn(journal, 20)
        journal.begin()
        for id in 100..<150 { _ = try PackTests().append(journal, id) }
        #expect(try journal.event(30)?.sequence == 30)
        try journal.rollback(now: 0)
        #expect(try sequences(journal) == Array(1...20))
        journal.begin()
        #expect(try PackTests().append(journal, 100) == PackTests.Answer(21, true))
        #expect(try PackTests().append(journal, 7) == PackTests.Answer(7, false))
        try journal.commit()
        #expect(try sequences(journal) == Array(1...21))
    }

    @Test func `files follow one another, are found from anywhere, and go when retention is done with them`() throws {
        let folder = try TemporaryFolder("segments")
        let path = "\(folder.path)/journal.db"
        var journal = try JournalStore(path: path, now: 0)
        for _ in 0..<400 { try turn(journal, 10, bytes: 1000) }
        #expect(folder.files(in: "journal.db-segments").filter { $0.hasSuffix(".segment") }.count == 3)
        let used = try journal.usedBytes()
        #expect(used > 4_000_000 && used < 5_000_000)
        for isOpenedAnew in [false, true] {
            if isOpenedAnew { journal = try JournalStore(path: path, now: 0) }
            for after in stride(from: UInt64(0), to: 4000, by: 97) {
                #expect(try journal.read(after: after, prefixes: [], limit: 3).events.map(\.sequence) == [after + 1, after + 2, after + 3])
                #expect(try journal.event(after + 1)?.sequence == after + 1)
            }
        }
        journal.begin()
        try journal.confirm(reader: "r", position: 3895, keep: [7, 1007])
        let rule = Retention(seconds: 1e9, bytes: 0, bytesMax: .max, chunk: 300)
        var removed = 0, hasMore = true
        while hasMore {
            let step = try journal.retain(rule, now: 0, wall: Timestamp(microseconds: 0))
            removed += step.removed
            hasMore = step.hasMore && step.removed > 0
            // Until it is committed it could be undone.
            #expect(folder.files(in: "journal.db-segments").filter { $0.hasSuffix(".segment") }.count == 3)
        }
        try journal.commit()
        #expect(removed == 3888 && journal.floor == 3890)
        #expect(folder.files(in: "journal.db-segments").filter { $0.hasSuffix(".segment") }.count == 1)
        #expect(try sequences(journal) == [7, 1007] + Array(3891...4000))
        #expect(try journal.usedBytes() < used / 2)
        #expect(try journal.event(3890) == nil)
        journal = try JournalStore(path: path, now: 0)
        #expect(try sequences(journal) == [7, 1007] + Array(3891...4000))
        #expect(journal.newest == 4000)
        journal.begin()
        #expect(try PackTests().append(journal, 3890) == PackTests.Answer(4001, true))
        #expect(try PackTests().append(journal, 3891) == PackTests.Answer(3891, false))
        try journal.commit()
    }

    @Test func `where the disk has no room for a file, the database takes the turn`() throws {
        let folder = try TemporaryFolder("segments")
        let path = "\(folder.path)/journal.db"
        var journal = try JournalStore(path: path, now: 0)
        for round in 0..<3 {
            // More than any disk has.
            if round % 2 == 0 { journal.segments?.roomNext = 1 << 55 }
            try turn(journal, 20)
            #expect(try PackTests().rows(journal) == [0, round < 2 ? 1 : 1])
            try turn(journal, 10)
            #expect(try sequences(journal) == Array(1...UInt64(round * 30 + 30)))
        }
        journal = try JournalStore(path: path, now: 0)
        #expect(try sequences(journal) == Array(1...90))
    }

    @Test func `a turn of more than a segment takes is a transaction`() throws {
        let folder = try TemporaryFolder("segments")
        let journal = try JournalStore(path: "\(folder.path)/journal.db", now: 0)
        try turn(journal, 100, bytes: 9000)
        #expect(try PackTests().rows(journal) == [0, 0])
        try turn(journal, 200, bytes: 9000)
        #expect(try PackTests().rows(journal)[1] >= 2)
        let first = try journal.read(after: 0, prefixes: [], limit: 1000)
        #expect(try first.events.map(\.sequence) + journal.read(after: first.upTo, prefixes: [], limit: 1000).events.map(\.sequence) == Array(1...300))
    }

    @Test func `a second program that appends to the same journal is refused, and the first goes on`() throws {
        let folder = try TemporaryFolder("segments")
        let path = "\(folder.path)/journal.db"
        let journal = try JournalStore(path: path, now: 0), other = try JournalStore(path: path, now: 0)
        try turn(journal, 3)
        other.begin()
        _ = try PackTests().append(other, "x")
        let error = #expect(throws: SQLiteError.self) { try other.commit() }
        #expect(error?.isBusy == true && error?.isInputOutput == false && error?.message.contains("two brokers have one journal") == true)
        try turn(journal, 3)
        #expect(try sequences(journal) == Array(1...6))
    }

    @Test func `identities of segments are known while they are held, when they lie in the table, and after a restart`() throws {
        let folder = try TemporaryFolder("segments")
        let path = "\(folder.path)/journal.db", count = Identities.heldMax + 300
        for _ in 0..<2 {
            let journal = try JournalStore(path: path, now: 0)
            for start in stride(from: 1, to: count, by: 200) {
                journal.begin()
                for id in start..<min(start + 200, count) { #expect(try PackTests().append(journal, id).sequence == UInt64(id)) }
                try journal.commit()
            }
            #expect(journal.newest == UInt64(count - 1))
        }
        let journal = try JournalStore(path: path, now: 0)
        try journal.identities.finishSettling()
        #expect(try journal.number("select count(*) from identity") >= Identities.heldMax)
        #expect(try PackTests().rows(journal) == [0, 0])
    }

    @Test func `the checksum is XXH64`() {
        let expected: [(String, UInt64, UInt64)] = [
            ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B), ("abc", 0, 0x44BC_2CF5_AD77_0999),
            ("xxhash", 20_141_025, 0xB559_B98D_844E_0635), ("I want an unsigned 64-bit seed!", 0, 0xD4CB_0A70_A2B8_C7C1),
            ("Call me Ishmael. Some years ago--never mind how long precisely-", 0, 0x02A2_E854_70D6_FD96),
        ]
        for (text, seed, sum) in expected { #expect(Array(text.utf8).withUnsafeBytes { Checksum.of($0, seed: seed) } == sum, "\(text)") }
    }
}
