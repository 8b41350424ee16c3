import Contracts
@testable import Journal
import Kernel
import SQLite
import Support
import Testing

/// Whether an event lies in a row or in a pack is nobody's business.
@Suite struct PackTests {
    static let topics = ["a.b.v1/-/p/", "task.succeeded.v1/-/p/", "run.requested.v1/-/p/", "task.ready.v1/load/p/", "a.c.v1/-/q/"]

    /// Appends so many in one turn, under the topics one after the other; the envelope tells the sequence.
    @discardableResult func turn(_ journal: JournalStore, _ count: Int, topics: [String] = ["a.b.v1/-/p/"], bytes: Int = 40, beginning: Bool = true) throws -> [StoredEvent] {
        if beginning { journal.begin() }
        let events = try (0..<count).map { place in
            let sequence = journal.newest + 1
            let event = StoredEvent(sequence: sequence, topic: topics[place % topics.count], envelope: Array("\(sequence)".utf8) + [UInt8](repeating: 7, count: bytes))
            let answer = try append(journal, sequence, topic: event.topic, envelope: event.envelope)
            #expect(answer == Answer(sequence, true))
            return event
        }
        try journal.commit()
        return events
    }
    struct Answer: Equatable {
        var sequence: UInt64
        var isNew: Bool
        init(_ sequence: UInt64, _ isNew: Bool) { (self.sequence, self.isNew) = (sequence, isNew) }
    }
    func append(_ journal: JournalStore, _ id: some CustomStringConvertible, topic: String = "a.b.v1/-/p/", envelope: [UInt8] = [1]) throws -> Answer {
        let answer = try journal.append(source: "s", id: "\(id)", topic: topic, envelope: envelope)
        return Answer(answer.sequence, answer.isNew)
    }
    /// How many rows hold one event, and how many hold several.
    func rows(_ journal: JournalStore) throws -> [Int64] { [try journal.number("select count(*) from event"), try journal.number("select count(*) from pack")] }

    @Test func `many events of one turn are one row, few are a row each`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        try turn(journal, Pack.countMin - 1)
        #expect(try rows(journal) == [Int64(Pack.countMin - 1), 0])
        try turn(journal, 500)
        #expect(try rows(journal) == [Int64(Pack.countMin - 1), 1])
    }

    @Test func `what the queue and retention look for is always a row, and so is what is large`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        try turn(journal, 40, topics: ["task.ready.v1/load/p/", "run.requested.v1/-/p/"])
        try turn(journal, 10, bytes: Pack.envelopeBytesMax + 1)
        #expect(try rows(journal) == [50, 0])
        let events = try turn(journal, 40, bytes: Pack.envelopeBytesMax - 10)
        #expect(try rows(journal) == [50, 3])
        #expect(try journal.read(after: 50, prefixes: [], limit: 10_000).events == events)
    }

    @Test func `an event that was appended in a turn is read in the same turn`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        journal.begin()
        for id in 0..<20 { _ = try append(journal, id) }
        #expect(try journal.event(13)?.sequence == 13)
        _ = try append(journal, 20)
        #expect(try journal.read(after: 0, prefixes: [], limit: 100).events.map(\.sequence) == Array(1...21))
        try journal.commit()
        #expect(try journal.read(after: 0, prefixes: [], limit: 100).upTo == 21)
    }

    @Test func `a turn that is rolled back leaves no pack and no identity of one`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        try turn(journal, 20)
        for writesIt in [false, true] {
            journal.begin()
            for id in 100..<150 { _ = try append(journal, id) }
            if writesIt { try journal.settlePack() }
            try journal.rollback(now: 0)
            #expect(journal.newest == 20)
            #expect(try journal.read(after: 0, prefixes: [], limit: 100).events.count == 20)
        }
        journal.begin()
        #expect(try append(journal, 100) == Answer(21, true))
        #expect(try append(journal, 7) == Answer(7, false))
    }

    @Test func `retention removes whole packs, with their identities, and leaves what is kept or not yet read`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        for _ in 0..<5 { try turn(journal, 100) }
        journal.begin()
        try journal.confirm(reader: "notify", position: 250, keep: [42, 242])
        let all = Retention(seconds: 1e9, bytes: 0, bytesMax: .max, chunk: 150)
        let step = try journal.retain(all, now: 0, wall: Timestamp(microseconds: 0))
        #expect(step.removed == 199 && step.overtaken.isEmpty)
        let next = try journal.retain(all, now: 0, wall: Timestamp(microseconds: 0))
        #expect(next.removed == 0 && !next.hasMore)
        try journal.commit()
        #expect(journal.floor == 200)
        #expect(try journal.read(after: 0, prefixes: [], limit: 10_000).events.map(\.sequence) == [42] + Array(201...500))
        #expect(try journal.event(42)?.sequence == 42)
        #expect(try journal.event(41) == nil)
        #expect(try rows(journal) == [1, 3])
        journal.begin()
        try journal.confirm(reader: "notify", position: 500, keep: [242])
        #expect(try journal.retain(all, now: 0, wall: Timestamp(microseconds: 0)).hasMore)
        #expect(try !journal.retain(all, now: 0, wall: Timestamp(microseconds: 0)).hasMore)
        _ = try journal.retain(all, now: 0, wall: Timestamp(microseconds: 0))
        #expect(try journal.read(after: 0, prefixes: [], limit: 10_000).events.map(\.sequence) == [242])
        #expect(try journal.number("select count(*) from identity") == 1)
        #expect(try append(journal, 242) == Answer(242, false))
        #expect(try append(journal, 243) == Answer(501, true))
        try journal.commit()
    }

    @Test func `a pack that is cut short is an error and never an event too few`() throws {
        var pack = Pack()
        for sequence: UInt64 in 1...3 {
            Identity.with("source", "id\(sequence)") { identity in
                Array("topic/".utf8).withUnsafeBufferPointer { topic in
                    [1, 2, 3].withUnsafeBufferPointer { pack.append(sequence, identity, topic: topic, envelope: $0) }
                }
            }
        }
        let whole = pack.bytes, each = whole.count / 3
        for length in 0...whole.count {
            var reader = PackReader(Array(whole[..<length]))
            var found: [UInt64] = [], isBroken = false
            do { while let event = try reader.next() { found.append(event.sequence) } } catch { isBroken = true }
            #expect(found == Array(1..<UInt64(length / each + 1)) && isBroken == (length % each != 0))
        }
    }

    @Test(arguments: 1...20) func `rows, packs and segments together are one log, whatever is done to it`(seed: UInt64) throws {
        var random = Seed(state: seed)
        let folder = try TemporaryFolder("packs")
        let path = "\(folder.path)/journal.db"
        var journal = try JournalStore(path: path, now: 0)
        var model: [StoredEvent] = [], keep: [UInt64] = [], position: UInt64 = 0
        for _ in 0..<40 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                model += try turn(journal, Int.random(in: 1...60, using: &random), topics: Self.topics.shuffled(using: &random))
            case 6:
                // These go into a segment, or are what the database takes where there is no room for one.
                if Bool.random(using: &random) { journal.segments?.roomNext = Bool.random(using: &random) ? 1 << 55 : 2048 }
                for _ in 0..<Int.random(in: 1...4, using: &random) { model += try turn(journal, Int.random(in: 1...60, using: &random), topics: [Self.topics[0], Self.topics[1]]) }
            case 7:
                journal.begin()
                try journal.setMeta("tried", 1)
                model += try turn(journal, Int.random(in: 1...60, using: &random), topics: [Self.topics[0]], beginning: false)
            case 2:
                journal.begin()
                position = UInt64.random(in: position...max(position, journal.newest), using: &random)
                keep = model.map(\.sequence).filter { $0 <= position && Int.random(in: 0..<20, using: &random) == 0 }
                try journal.confirm(reader: "r", position: position, keep: keep)
                let rule = Retention(seconds: 1e9, bytes: 0, bytesMax: .max, chunk: Int.random(in: 1...80, using: &random))
                _ = try journal.retain(rule, now: 0, wall: Timestamp(microseconds: 0))
                try journal.commit()
                journal.begin()
                while try journal.retain(rule, now: 0, wall: Timestamp(microseconds: 0)).hasMore {}
                // What was kept and is not any more goes when there is nothing else to do.
                _ = try journal.retain(rule, now: 0, wall: Timestamp(microseconds: 0))
                try journal.commit()
                let stays = Set(keep)
                #expect(journal.floor <= position)
                model.removeAll { $0.sequence <= journal.floor && !stays.contains($0.sequence) }
            case 3:
                journal = try JournalStore(path: path, now: 0)
            default:
                let after = UInt64.random(in: 0...journal.newest, using: &random), limit = Int.random(in: 1...100, using: &random)
                let prefix = ["a.", "task.", "a.c.", "run."].randomElement(using: &random)!
                let wanted = model.filter { $0.sequence > after && $0.topic.hasPrefix(prefix) }
                let found = try journal.read(after: after, prefixes: [prefix], limit: limit)
                #expect(found.events == Array(wanted.prefix(limit)))
                if wanted.count <= limit - 1 { #expect(found.upTo == max(after, journal.newest)) }
                if let one = model.randomElement(using: &random) {
                    #expect(try journal.event(one.sequence) == one)
                    journal.begin()
                    #expect(try append(journal, one.sequence, topic: one.topic, envelope: one.envelope) == Answer(one.sequence, false))
                    try journal.commit()
                }
            }
            #expect(try journal.read(after: 0, prefixes: [], limit: 10_000).events == model)
        }
    }
}
