import SQLite

/// Events lie in rows of their own or, those of one turn together, in packs: rows of `pack` where the turn did something else too, and
/// records of the segments where it did not. Between the three there is no other difference; what is announced to the queue and what
/// retention remembers for ever is always a row.
extension JournalStore {
    /// Makes what was appended in this turn a part of the transaction.
    func settlePack() throws(SQLiteError) {
        guard pack.count > 0 else { return }
        try willWrite()
        // Emptied first: where this fails the turn is rolled back.
        defer { pack.removeAll() }
        guard pack.count < Pack.countMin else {
            let put = try statement("insert into pack(first, last, count, events) values(?, ?, ?, ?)")
            put.bind(1, Int64(pack.first))
            put.bind(2, Int64(pack.last))
            put.bind(3, Int64(pack.count))
            return try pack.bytes.withUnsafeBytes { bytes in
                put.bind(4, lentBytes: bytes)
                return Result { () throws(SQLiteError) in try put.run() }
            }.get()
        }
        try unpack(PackReader(pack.bytes)) { _ in true }
    }

    /// Writes those events of a pack for which it is to be done as rows.
    private func unpack(_ pack: PackReader, where isWanted: (UInt64) -> Bool) throws(SQLiteError) {
        var pack = pack
        while let event = try pack.next() {
            guard isWanted(event.sequence) else { continue }
            try pack.withEvent(event) { identity, topic, envelope throws(SQLiteError) in try insert(event.sequence, identity, topic, envelope) }
        }
    }

    /// Looks at the events behind `after`, rows and packs, in their order, until it has seen enough.
    /// - Parameter look: is given the sequence, whether its topic is wanted, and what makes the event; says whether to go on.
    func scan(
        after: UInt64, prefixes: [[UInt8]], limit: Int, _ look: (UInt64, () throws(SQLiteError) -> StoredEvent?) throws(SQLiteError) -> Bool
    ) throws(SQLiteError) {
        let rows = try statement("select sequence, topic, envelope from event where sequence > ? order by sequence limit ?")
        rows.bind(1, Int64(clamping: after))
        rows.bind(2, Int64(limit))
        defer { rows.reset() }
        let packs = try statement("select first, events from pack where first >= (select coalesce(max(first), 0) from pack where first <= ?) order by first")
        packs.bind(1, Int64(clamping: after))
        defer { packs.reset() }
        var row = try rows.step() ? UInt64(rows.integer(0)) : nil
        var pack = PackReader([])
        var nextRow = try packs.step() ? UInt64(packs.integer(0)) : nil
        var segment = try segments.map { segments throws(SQLiteError) in try SegmentCursor(segments, after: max(after, floor)) }
        var hasPending = self.pack.count > 0
        /// The next of those in the table, in the segments and in this turn.
        func nextPack() throws(SQLiteError) -> PackReader? {
            if let first = nextRow, first < segment?.record?.first ?? .max {
                let next = PackReader(packs.bytes(1))
                nextRow = try packs.step() ? UInt64(packs.integer(0)) : nil
                return next
            }
            if segment?.record != nil {
                let next = PackReader(try segment?.pack() ?? [])
                try segment?.pass()
                return next
            }
            guard hasPending else { return nil }
            hasPending = false
            return PackReader(self.pack.bytes)
        }
        func nextPacked() throws(SQLiteError) -> PackReader.Event? {
            while true {
                while let event = try pack.next() { if event.sequence > after { return event } }
                guard let next = try nextPack() else { return nil }
                pack = next
            }
        }
        var packed = try nextPacked()
        while true {
            let goesOn: Bool
            if let event = packed, event.sequence < row ?? .max {
                goesOn = try look(event.sequence) { () throws(SQLiteError) in pack.hasTopic(event, prefixes) ? pack.stored(event) : nil }
                packed = goesOn ? try nextPacked() : nil
            } else if let sequence = row {
                goesOn = try look(sequence) { () throws(SQLiteError) in
                    let topic = rows.text(1)
                    guard prefixes.isEmpty || prefixes.contains(where: { topic.utf8.starts(with: $0) }) else { return nil }
                    return StoredEvent(sequence: sequence, topic: topic, envelope: rows.bytes(2))
                }
                row = goesOn ? try rows.step() ? UInt64(rows.integer(0)) : nil : nil
            } else {
                return
            }
            guard goesOn else { return }
        }
    }

    /// An event that lies in a pack.
    func packed(_ sequence: UInt64) throws(SQLiteError) -> StoredEvent? {
        if pack.count > 0, sequence >= pack.first { return try Self.find(sequence, in: pack.bytes) }
        let find = try statement("select last, events from pack where first <= ? order by first desc limit 1")
        defer { find.reset() }
        find.bind(1, Int64(clamping: sequence))
        if try find.step(), UInt64(find.integer(0)) >= sequence { return try Self.find(sequence, in: find.bytes(1)) }
        guard sequence > floor, let segments else { return nil }
        let cursor = try SegmentCursor(segments, after: sequence - 1)
        guard let record = cursor.record, record.first <= sequence else { return nil }
        return try Self.find(sequence, in: cursor.pack())
    }

    private static func find(_ sequence: UInt64, in bytes: [UInt8]) throws(SQLiteError) -> StoredEvent? {
        var pack = PackReader(bytes)
        while let event = try pack.next() { if event.sequence == sequence { return pack.stored(event) } }
        return nil
    }

    // MARK: Retention

    /// The end of the chunk that is to go when nothing behind `target` may: where as many events as a chunk has lie between it and
    /// the floor, at the end of a pack where it falls inside one, or before that pack where its end is still needed.
    func chunkEnd(_ chunk: Int, target: UInt64) throws(SQLiteError) -> UInt64 {
        var end = try UInt64(number("select coalesce((select sequence from event where sequence > \(floor) order by sequence limit 1 offset \(chunk - 1)), \(target))"))
        end = min(end, target)
        let packs = try database.prepare("select first, last, count from pack where first > \(floor) and first <= \(end) order by first")
        var nextRow = try packs.step()
        var segment = try segments.map { segments throws(SQLiteError) in try SegmentCursor(segments, after: floor) }
        func next() throws(SQLiteError) -> (first: UInt64, last: UInt64, count: Int)? {
            if nextRow, UInt64(packs.integer(0)) < segment?.record?.first ?? .max {
                let pack = (UInt64(packs.integer(0)), UInt64(packs.integer(1)), Int(packs.integer(2)))
                nextRow = try packs.step()
                return pack
            }
            guard let record = segment?.record else { return nil }
            try segment?.pass()
            return (record.first, record.last, record.count)
        }
        var count = 0
        while let pack = try next(), pack.first <= end {
            guard pack.last <= target else { return pack.first - 1 }
            count += pack.count
            if count >= chunk { return pack.last }
            end = max(end, pack.last)
        }
        return end
    }

    /// Removes whole packs. What a reader keeps of them becomes rows; what lies in a segment is gone when the floor is above it.
    /// Returns how many events are gone.
    func removePacks(upTo last: UInt64) throws(SQLiteError) -> Int {
        let packs = try database.prepare("select first, last, count, events from pack where last <= \(last)")
        var removed = 0, hasPacks = false
        while try packs.step() {
            hasPacks = true
            removed += try remove(PackReader(packs.bytes(3)), first: packs.integer(0), last: packs.integer(1))
        }
        packs.reset()
        if hasPacks { try database.execute("delete from pack where last <= \(last)") }
        guard let segments else { return removed }
        var cursor = try SegmentCursor(segments, after: floor)
        while let record = cursor.record, record.last <= last {
            removed += try remove(PackReader(cursor.pack()), first: Int64(record.first), last: Int64(record.last))
            try cursor.pass()
        }
        return removed
    }

    private func remove(_ pack: PackReader, first: Int64, last: Int64) throws(SQLiteError) -> Int {
        let forget = try statement("delete from identity where source = ? and id = ?")
        let kept = try kept(from: first, to: last)
        try unpack(pack) { kept.contains($0) }
        var rest = pack, removed = 0
        while let event = try rest.next() {
            guard !kept.contains(event.sequence) else { continue }
            try rest.withIdentity(event) { identity throws(SQLiteError) in try forget.run(identity) }
            removed += 1
        }
        return removed
    }

    private func kept(from first: Int64, to last: Int64) throws(SQLiteError) -> Set<UInt64> {
        let rows = try statement("select sequence from keep where sequence between ? and ?")
        defer { rows.reset() }
        rows.bind(1, first)
        rows.bind(2, last)
        var kept: Set<UInt64> = []
        while try rows.step() { kept.insert(UInt64(rows.integer(0))) }
        return kept
    }
}
