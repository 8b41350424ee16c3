import SQLite

/// Events lie in rows of their own or, many of one turn, in packs. Between the two there is no other difference; what is announced
/// to the queue and what retention remembers for ever is always a row.
extension JournalStore {
    /// Writes what waits to be written together. Before anything looks at the log.
    func settlePack() throws(SQLiteError) {
        guard pack.count > 0 else { return }
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
        let packs = try statement("select events from pack where first >= (select coalesce(max(first), 0) from pack where first <= ?) order by first")
        packs.bind(1, Int64(clamping: after))
        defer { packs.reset() }
        var row = try rows.step() ? UInt64(rows.integer(0)) : nil
        var pack = PackReader([])
        func nextPacked() throws(SQLiteError) -> PackReader.Event? {
            while true {
                while let event = try pack.next() { if event.sequence > after { return event } }
                guard try packs.step() else { return nil }
                pack = PackReader(packs.bytes(0))
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
        let find = try statement("select last, events from pack where first <= ? order by first desc limit 1")
        defer { find.reset() }
        find.bind(1, Int64(clamping: sequence))
        guard try find.step(), UInt64(find.integer(0)) >= sequence else { return nil }
        var pack = PackReader(find.bytes(1))
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
        var count = 0
        while try packs.step() {
            let first = UInt64(packs.integer(0)), last = UInt64(packs.integer(1))
            guard last <= target else { return first - 1 }
            count += Int(packs.integer(2))
            if count >= chunk { return last }
            end = max(end, last)
        }
        return end
    }

    /// Removes whole packs. What a reader keeps of them becomes rows. Returns how many events are gone.
    func removePacks(upTo last: UInt64) throws(SQLiteError) -> Int {
        let packs = try database.prepare("select first, last, count, events from pack where last <= \(last)")
        let forget = try statement("delete from identity where source = ? and id = ?")
        var removed = 0, hasPacks = false
        while try packs.step() {
            hasPacks = true
            let pack = PackReader(packs.bytes(3))
            let kept = try kept(from: packs.integer(0), to: packs.integer(1))
            try unpack(pack) { kept.contains($0) }
            var rest = pack
            while let event = try rest.next() {
                guard !kept.contains(event.sequence) else { continue }
                try rest.withIdentity(event) { identity throws(SQLiteError) in try forget.run(identity) }
                removed += 1
            }
        }
        packs.reset()
        if hasPacks { try database.execute("delete from pack where last <= \(last)") }
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
