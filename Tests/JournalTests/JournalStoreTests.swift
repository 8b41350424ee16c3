import Contracts
import Journal
import Kernel
import Leases
import SQLite
import Support
import Testing

@Suite struct JournalStoreTests {
    func entry(_ sequence: UInt64, pipeline: String = "p", priority: Int = 0, since: Double = 0) -> WorkEntry {
        WorkEntry(sequence: sequence, role: .load, pipeline: pipeline, run: RunID("\(pipeline)@1"), task: TaskID("t\(sequence)"), priority: priority, deliveryLimit: 2, state: .waiting(visibleAt: 0), since: since)
    }

    @Test func `a leased entry survives a restart with its token and one full lease time`() throws {
        let folder = try TemporaryFolder("journal")
        let path = "\(folder.path)/journal.db"
        var lease = ""
        do {
            let journal = try JournalStore(path: path, limits: .init(leaseSeconds: 10, deliveriesMax: 2), now: 0)
            journal.begin()
            try journal.add(entry(1))
            lease = try #require(try journal.offer(role: .load, to: "w", now: 0)).lease
            try journal.commit()
        }
        let journal = try JournalStore(path: path, limits: .init(leaseSeconds: 10, deliveriesMax: 2), now: 1000)
        #expect(try journal.expire(now: 1009).isEmpty)
        #expect(try journal.complete(lease)?.sequence == 1)
    }

    @Test func `an event is in the log once however often it is appended`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        journal.begin()
        let first = try journal.append(source: "s", id: "1", topic: "a/-/p/", envelope: [1])
        let again = try journal.append(source: "s", id: "1", topic: "a/-/p/", envelope: [2])
        _ = try journal.append(source: "s", id: "2", topic: "b/-/p/", envelope: [3])
        try journal.commit()
        #expect(again.sequence == first.sequence && !again.isNew)
        let read = try journal.read(after: 0, prefixes: ["b/"], limit: 10)
        #expect(read.events.map(\.envelope) == [[3]])
        #expect(read.upTo == journal.newest)
    }

    @Test func `a log begun anew begins above the one that was lost, and a log that exists goes on`() throws {
        let folder = try TemporaryFolder("journal")
        let path = "\(folder.path)/journal.db"
        for (first, expected) in [(UInt64(5_000), UInt64(5_000)), (9_000, 5_001)] {
            let journal = try JournalStore(path: path, now: 0, firstSequence: first)
            #expect(try journal.append(source: "s", id: "\(first)", topic: "a/-/p/", envelope: [1]).sequence == expected)
            try journal.commit()
        }
    }

    @Test func `a turn that is rolled back has not happened`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        journal.begin()
        _ = try journal.append(source: "s", id: "1", topic: "a/-/p/", envelope: [1])
        try journal.add(entry(1))
        try journal.rollback(now: 0)
        #expect(journal.newest == 0 && journal.queue.entries.isEmpty)
    }
}
