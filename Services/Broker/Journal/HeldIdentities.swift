import Glibc

/// What makes an event the same as another: two texts, lent for the time of a call.
package struct Identity {
    let source, id: UnsafeBufferPointer<UInt8>
    /// Of both, under a key of this process: nobody can make two alike on purpose.
    let digest: Int

    package init(source: UnsafeBufferPointer<UInt8>, id: UnsafeBufferPointer<UInt8>) {
        self.source = source
        self.id = id
        var hasher = Hasher()
        hasher.combine(source.count)
        hasher.combine(bytes: UnsafeRawBufferPointer(source))
        hasher.combine(bytes: UnsafeRawBufferPointer(id))
        digest = hasher.finalize()
    }

    fileprivate init(source: UnsafeBufferPointer<UInt8>, id: UnsafeBufferPointer<UInt8>, digest: Int) {
        (self.source, self.id, self.digest) = (source, id, digest)
    }

    package static func with<T, Failure: Error>(_ source: String, _ id: String, _ body: (Identity) throws(Failure) -> T) throws(Failure) -> T {
        let texts = Array(source.utf8) + Array(id.utf8), split = source.utf8.count
        return try texts.withUnsafeBufferPointer { texts throws(Failure) in
            try body(Identity(source: UnsafeBufferPointer(rebasing: texts[..<split]), id: UnsafeBufferPointer(rebasing: texts[split...])))
        }
    }
}

/// The newest identities: a table over their digests, and their texts one after the other in one piece of memory, so that an
/// event costs no allocation.
///
/// Invariants: a power of two of slots, at most half of them taken; a slot holds the number of its record and one, or 0.
struct HeldIdentities {
    private struct Record {
        let digest: Int
        let place, split, end: Int
        let sequence: UInt64
    }
    private var records: [Record] = []
    private var texts: [UInt8] = []
    private var slots = [UInt32](repeating: 0, count: 64)

    var count: Int { records.count }

    func sequence(_ identity: Identity) -> UInt64? {
        texts.withUnsafeBytes { texts in
            var slot = identity.digest & (slots.count - 1)
            while slots[slot] != 0 {
                let record = records[Int(slots[slot]) - 1]
                if record.digest == identity.digest, Self.isEqual(texts[record.place..<record.split], identity.source),
                    Self.isEqual(texts[record.split..<record.end], identity.id)
                { return record.sequence }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    private static func isEqual(_ held: Slice<UnsafeRawBufferPointer>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        held.count == other.count && order(UnsafeRawBufferPointer(rebasing: held), UnsafeRawBufferPointer(other)) == 0
    }

    /// For one that is not held yet.
    mutating func insert(_ identity: Identity, _ sequence: UInt64) {
        let place = texts.count
        texts.append(contentsOf: identity.source)
        let split = texts.count
        texts.append(contentsOf: identity.id)
        records.append(Record(digest: identity.digest, place: place, split: split, end: texts.count, sequence: sequence))
        if records.count * 2 > slots.count {
            slots = [UInt32](repeating: 0, count: slots.count * 2)
            for number in records.indices { take(number) }
        } else {
            take(records.count - 1)
        }
    }

    /// Holds those of another too, which are not among its own.
    mutating func add(_ other: HeldIdentities) {
        other.texts.withUnsafeBufferPointer { texts in
            for record in other.records {
                insert(
                    Identity(source: .init(rebasing: texts[record.place..<record.split]), id: .init(rebasing: texts[record.split..<record.end]), digest: record.digest),
                    record.sequence)
            }
        }
    }

    private mutating func take(_ number: Int) {
        var slot = records[number].digest & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(number + 1)
    }

    mutating func removeAll() {
        guard !records.isEmpty else { return }
        records.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        slots.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }

    /// By source, then by id, as a table over both has them.
    func inOrder<Failure: Error>(_ body: (Identity, UInt64) throws(Failure) -> Void) throws(Failure) {
        try texts.withUnsafeBufferPointer { texts throws(Failure) in
            func source(_ record: Record) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: texts[record.place..<record.split]) }
            func id(_ record: Record) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: texts[record.split..<record.end]) }
            // Most sources are one and most ids begin alike: nearly always eight bytes behind what all have in common decide.
            let common = Self.commonPrefix(records.map { (source($0), id($0)) })
            let ordered = records.indices.map { (start: Self.word(id(records[$0]), from: common), number: $0) }.sorted { a, b in
                if common >= 0, a.start != b.start { return a.start < b.start }
                let (a, b) = (records[a.number], records[b.number])
                let sources = Self.order(UnsafeRawBufferPointer(source(a)), UnsafeRawBufferPointer(source(b)))
                return sources < 0 || (sources == 0 && Self.order(UnsafeRawBufferPointer(id(a)), UnsafeRawBufferPointer(id(b))) < 0)
            }
            for (_, number) in ordered {
                let record = records[number]
                try body(Identity(source: source(record), id: id(record), digest: record.digest), record.sequence)
            }
        }
    }

    /// How many bytes all ids begin with alike; -1 where the sources differ.
    private static func commonPrefix(_ names: [(source: UnsafeBufferPointer<UInt8>, id: UnsafeBufferPointer<UInt8>)]) -> Int {
        guard let first = names.first else { return -1 }
        var common = first.id.count
        for name in names {
            guard name.source.elementsEqual(first.source) else { return -1 }
            common = min(common, name.id.count)
            var same = 0
            while same < common, name.id[same] == first.id[same] { same += 1 }
            common = same
        }
        return common
    }

    /// Eight bytes as a number that orders as they do, zeros standing for what is not there.
    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> UInt64 {
        guard start >= 0 else { return 0 }
        var word: UInt64 = 0
        for place in start..<(start + 8) { word = word << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0) }
        return word
    }

    /// Below 0 where `a` comes first, as SQLite compares texts: byte by byte.
    private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        let shorter = min(a.count, b.count)
        let difference = shorter == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, shorter)
        return difference == 0 ? a.count - b.count : Int(difference)
    }
}
