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
            let ordered = records.sorted { a, b in
                let sources = Self.order(UnsafeRawBufferPointer(source(a)), UnsafeRawBufferPointer(source(b)))
                return sources < 0 || (sources == 0 && Self.order(UnsafeRawBufferPointer(id(a)), UnsafeRawBufferPointer(id(b))) < 0)
            }
            for record in ordered { try body(Identity(source: source(record), id: id(record)), record.sequence) }
        }
    }

    /// Below 0 where `a` comes first, as SQLite compares texts: byte by byte.
    private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        let shorter = min(a.count, b.count)
        let difference = shorter == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, shorter)
        return difference == 0 ? a.count - b.count : Int(difference)
    }
}
