import SQLite

/// Events of one turn, written as one row or one record of a segment: what that costs, it then costs once and not for each event.
///
/// Each stands there as its sequence (8 bytes), the lengths of its source, id and topic (2 each) and of its envelope (4), most
/// significant byte first, and these four. Sequences grow from one to the next, and between packs.
struct Pack {
    /// Fewer are written as rows of their own.
    static let countMin = 8
    /// A pack that has so many bytes is written though the turn goes on.
    static let bytesMax = 256 << 10
    /// In a segment one of a turn may have so many; a turn of more is a transaction.
    static let bytesInSegmentMax = 1 << 20
    /// A larger envelope is a row of its own.
    static let envelopeBytesMax = 16 << 10
    static let headBytes = 18

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    private(set) var first: UInt64 = 0, last: UInt64 = 0

    mutating func append(_ sequence: UInt64, _ identity: Identity, topic: UnsafeBufferPointer<UInt8>, envelope: UnsafeBufferPointer<UInt8>) {
        if count == 0 { first = sequence }
        last = sequence
        count += 1
        let sizes = UInt64(identity.source.count) << 48 | UInt64(identity.id.count) << 32 | UInt64(topic.count) << 16
        withUnsafeBytes(of: (sequence.bigEndian, sizes.bigEndian)) { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<14])) }
        withUnsafeBytes(of: UInt32(envelope.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: identity.source)
        bytes.append(contentsOf: identity.id)
        bytes.append(contentsOf: topic)
        bytes.append(contentsOf: envelope)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * Self.bytesInSegmentMax)
        count = 0
    }
}

/// The events of a pack, one after the other.
struct PackReader {
    struct Event {
        let sequence: UInt64
        fileprivate let source, id, topic, envelope: Range<Int>
    }
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: where what follows is no event.
    mutating func next() throws(SQLiteError) -> Event? {
        guard place < bytes.count else { return nil }
        guard bytes.count - place >= Pack.headBytes else { throw Self.damage }
        let sequence = number(8), sizes = [number(2), number(2), number(2), number(4)]
        guard sizes.reduce(0, +) <= UInt64(bytes.count - place) else { throw Self.damage }
        let ends = sizes.map { size in
            place += Int(size)
            return place
        }
        let start = ends[0] - Int(sizes[0])
        return Event(sequence: sequence, source: start..<ends[0], id: ends[0]..<ends[1], topic: ends[1]..<ends[2], envelope: ends[2]..<ends[3])
    }

    private mutating func number(_ size: Int) -> UInt64 {
        defer { place += size }
        return bytes[place..<place + size].reduce(0) { $0 << 8 | UInt64($1) }
    }

    // SQLITE_CORRUPT
    private static let damage = SQLiteError(code: 11, message: "a pack of events ends early", sql: "")

    func hasTopic(_ event: Event, _ prefixes: [[UInt8]]) -> Bool {
        prefixes.isEmpty || prefixes.contains { bytes[event.topic].starts(with: $0) }
    }
    func stored(_ event: Event) -> StoredEvent {
        StoredEvent(sequence: event.sequence, topic: String(decoding: bytes[event.topic], as: UTF8.self), envelope: Array(bytes[event.envelope]))
    }
    func withIdentity<T, Failure: Error>(_ event: Event, _ body: (Identity) throws(Failure) -> T) throws(Failure) -> T {
        try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
            try body(Identity(source: UnsafeBufferPointer(rebasing: bytes[event.source]), id: UnsafeBufferPointer(rebasing: bytes[event.id])))
        }
    }
    func withEvent<T, Failure: Error>(
        _ event: Event, _ body: (Identity, _ topic: UnsafeBufferPointer<UInt8>, _ envelope: UnsafeBufferPointer<UInt8>) throws(Failure) -> T
    ) throws(Failure) -> T {
        try withIdentity(event) { identity throws(Failure) in
            try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
                try body(identity, UnsafeBufferPointer(rebasing: bytes[event.topic]), UnsafeBufferPointer(rebasing: bytes[event.envelope]))
            }
        }
    }
}
