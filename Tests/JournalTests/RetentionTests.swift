import Contracts
@testable import Journal
import Kernel
import Leases
import SQLite
import Support
import Testing

@Suite struct RetentionTests {
    let day = 86_400.0

    /// A journal with so many events, of which every third is a request, twenty in a turn.
    func journal(_ count: Int, path: String = ":memory:") throws -> JournalStore {
        let journal = try JournalStore(path: path, now: 0)
        journal.begin()
        for number in 1...count {
            if number % 20 == 1 {
                try journal.commit()
                journal.begin()
            }
            _ = try journal.append(source: "s", id: "\(number)", topic: number % 3 == 0 ? "run.requested.v1/-/p/" : "a.b.v1/-/p/", envelope: [UInt8](repeating: 7, count: 500))
        }
        try journal.commit()
        return journal
    }
    func retain(_ journal: JournalStore, _ rule: Retention, now: Double, wall: Timestamp = Timestamp(microseconds: 0), isShort: Bool = false) throws -> Retained {
        journal.begin()
        var sum = Retained()
        while true {
            let step = try journal.retain(rule, now: now, wall: wall, isShort: isShort)
            sum.removed += step.removed
            sum.overtaken += step.overtaken
            if !step.hasMore { break }
        }
        try journal.commit()
        return sum
    }
    func sequences(_ journal: JournalStore) throws -> [UInt64] { try journal.read(after: 0, prefixes: [], limit: 10_000).events.map(\.sequence) }

    @Test func `what is older than its days goes, what is younger stays`() throws {
        let journal = try journal(10)
        let rule = Retention(seconds: 30 * day)
        _ = try retain(journal, rule, now: 0)
        journal.begin()
        _ = try journal.append(source: "s", id: "late", topic: "a.b.v1/-/p/", envelope: [1])
        try journal.commit()
        #expect(try retain(journal, rule, now: 29 * day).removed == 0)
        #expect(try retain(journal, rule, now: 30 * day).removed == 10)
        #expect(try sequences(journal) == [11])
        #expect(journal.floor == 10 && journal.newest == 11)
    }

    @Test func `what a reader has not confirmed stays, however old`() throws {
        let journal = try journal(10)
        journal.begin()
        try journal.confirm(reader: "notify", position: 4)
        try journal.confirm(reader: "orchestrator", position: 7)
        try journal.commit()
        _ = try retain(journal, Retention(seconds: day), now: 0)
        #expect(try retain(journal, Retention(seconds: day), now: 100 * day) == { var r = Retained(); r.removed = 4; return r }())
        journal.begin()
        #expect(try journal.forget(reader: "notify"))
        try journal.commit()
        #expect(try retain(journal, Retention(seconds: day), now: 200 * day).removed == 3)
        #expect(try sequences(journal) == [8, 9, 10])
    }

    @Test func `what a reader asked to keep and what an entry announces stay, and go when nobody needs them`() throws {
        let journal = try journal(10)
        let rule = Retention(seconds: day)
        journal.begin()
        try journal.confirm(reader: "orchestrator", position: 10, keep: [2])
        try journal.add(WorkEntry(sequence: 5, role: .load, pipeline: "p", run: "r", task: "t", priority: 0, deliveryLimit: 5, state: .waiting(visibleAt: 0), since: 0))
        try journal.commit()
        _ = try retain(journal, rule, now: 0)
        #expect(try retain(journal, rule, now: 2 * day).removed == 8)
        #expect(try sequences(journal) == [2, 5])
        journal.begin()
        let lease = try #require(try journal.offer(role: .load, to: "w", now: 0)?.lease)
        _ = try journal.complete(lease)
        try journal.confirm(reader: "orchestrator", position: 10, keep: [])
        try journal.commit()
        _ = try retain(journal, rule, now: 2 * day)
        #expect(try sequences(journal) == [])
        // A log that is empty still knows where it is, and a reader at its end is not behind.
        #expect(journal.newest == 10)
        #expect(try journal.read(after: 0, prefixes: [], limit: 10).upTo == 10)
    }

    @Test func `too large a log loses its oldest down to the bound, and readers only past the hard one`() throws {
        let journal = try journal(2000)
        journal.begin()
        try journal.confirm(reader: "slow", position: 100)
        try journal.commit()
        let full = try journal.usedBytes()
        let soft = Retention(bytes: full / 2, bytesMax: full * 2, chunk: 50)
        let result = try retain(journal, soft, now: 0)
        #expect(result.removed == 100 && result.overtaken.isEmpty)
        let hard = Retention(bytes: full / 4, bytesMax: full / 2, chunk: 50)
        let overtaken = try retain(journal, hard, now: 0)
        #expect(Set(overtaken.overtaken) == ["slow"])
        #expect(try journal.usedBytes() <= full / 2)
        #expect(try sequences(journal).last == 2000)
    }

    @Test func `a request that was removed is still no new one`() throws {
        let folder = try TemporaryFolder("journal")
        let path = "\(folder.path)/journal.db"
        do {
            let journal = try journal(9, path: path)
            #expect(try retain(journal, Retention(), now: 0, isShort: true).removed == 9)
        }
        let journal = try JournalStore(path: path, now: 0)
        journal.begin()
        let again = try journal.append(source: "s", id: "6", topic: "run.requested.v1/-/p/", envelope: [1])
        #expect(again.sequence == 6 && !again.isNew)
        // Any other event is known for as long as it is in the log.
        let other = try journal.append(source: "s", id: "5", topic: "a.b.v1/-/p/", envelope: [1])
        #expect(other.sequence == 10 && other.isNew)
        try journal.commit()
        #expect(journal.floor == 9)
    }

    @Test(arguments: [-40.0, 400.0, 40_000.0])
    func `a calendar that jumps by days makes nothing old`(days: Double) throws {
        let folder = try TemporaryFolder("journal")
        let path = "\(folder.path)/journal.db"
        let today = Timestamp(seconds: 1_800_000_000)
        let rule = Retention(seconds: 10 * day)
        do {
            let journal = try JournalStore(path: path, now: 0, wall: today)
            journal.begin()
            _ = try journal.append(source: "s", id: "1", topic: "a/-/p/", envelope: [1])
            try journal.commit()
            _ = try retain(journal, rule, now: 0, wall: today)
            // While it runs, only the monotonic clock counts.
            #expect(try retain(journal, rule, now: 60, wall: today.adding(seconds: days * day)).removed == 0)
        }
        // Over a stop, a day at most.
        let journal = try JournalStore(path: path, now: 5000, wall: today.adding(seconds: days * day))
        #expect(try retain(journal, rule, now: 5001, wall: today.adding(seconds: days * day)).removed == 0)
        #expect(try retain(journal, rule, now: 5000 + 11 * day, wall: today).removed == 1)
    }

    @Test func `an old leader's word does not undo a new one's`() throws {
        let journal = try journal(10)
        journal.begin()
        try journal.confirm(reader: "orchestrator", position: 8, keep: [3], memory: "new")
        try journal.confirm(reader: "orchestrator", position: 5, keep: [1], memory: "old")
        try journal.commit()
        #expect(try journal.reader("orchestrator") == ReaderState(name: "orchestrator", position: 8, keep: [3], memory: "new"))
        #expect(try journal.reader("nobody") == nil)
    }
}
