public import Kernel
public import SQLite

/// How long the log is kept.
///
/// What is older than `seconds`, or too much for `bytes`, is removed from the front, but for what a confirmed reader has not
/// read, what a reader asked to keep, and what an entry of the queue announces. Past `bytesMax` readers are no reason any
/// more: the disk belongs to others too.
///
/// Age is the log's own: it grows with the monotonic clock, and over a stop of the broker by what the calendar says, but
/// never back and by a day at most. A calendar that jumps by years therefore removes nothing that is young.
public struct Retention: Hashable, Sendable {
    public var seconds: Double
    public var bytes: Int
    public var bytesMax: Int
    /// How often it is looked at.
    public var everySeconds: Double
    /// At most so many events are removed in one turn, so that nobody waits for it.
    public var chunk: Int

    public init(seconds: Double = 30 * 86_400, bytes: Int = 1 << 30, bytesMax: Int = 4 << 30, everySeconds: Double = 60, chunk: Int = 1000) {
        self.seconds = seconds
        self.bytes = bytes
        self.bytesMax = bytesMax
        self.everySeconds = everySeconds
        self.chunk = chunk
    }

    static let stopSecondsMax = 86_400.0
    /// The ages of the log are noted so often: the grain of `seconds`.
    var markSeconds: Double { max(1, min(3600, seconds / 100)) }

    /// Events whose (source, id) stays known when they are removed: the same request, file or call again is no new one, however
    /// late it comes.
    static let rememberedTopics = ["run.requested.", "file.arrived.", "webhook.received.", "backfill.requested."]
    static func isRemembered(_ topic: UnsafeBufferPointer<UInt8>) -> Bool { rememberedTopics.contains { topic.starts(with: $0.utf8) } }
}

/// What one step of retention did.
public struct Retained: Hashable, Sendable {
    public var removed = 0
    /// There is more to remove: call again.
    public var hasMore = false
    /// Readers whose unread events were removed, because the hard bound was reached.
    public var overtaken: [String] = []
}

extension JournalStore {
    /// The size of what the file and the segments hold, free pages and what is below the floor left out.
    public func usedBytes() throws(SQLiteError) -> Int {
        let pages = try fixed("pragma page_count") - fixed("pragma freelist_count")
        return try Int(pages * fixed("pragma page_size")) + (segments?.bytes(after: floor) ?? 0)
    }

    func recoverAge(now: Double, wall: Timestamp) throws(SQLiteError) {
        let stopped = Double(wall.microseconds / 1_000_000 - (try meta("wall")))
        age = (base: Double(try meta("age")) + min(max(stopped, 0), Retention.stopSecondsMax), at: now)
    }

    /// Removes a part of what need not be kept, inside the turn.
    /// - Parameter isShort: the disk is full: what nobody needs goes, whatever its age.
    public func retain(_ rule: Retention, now: Double, wall: Timestamp, isShort: Bool = false) throws(SQLiteError) -> Retained {
        try settlePack()
        let age = self.age.base + max(0, now - self.age.at)
        try mark(rule, age: age, wall: wall)
        let readers = try readers()
        let needed = readers.map(\.position).min() ?? newest
        let used = try usedBytes()
        var target = UInt64(try number("select coalesce(max(sequence), 0) from mark where age <= \(Int64(age - rule.seconds))"))
        if used > rule.bytes || isShort { target = newest }
        target = min(target, needed)
        // Past the hard bound the oldest go, whoever has not read them.
        if used > rule.bytesMax { target = newest }
        let last = target > floor ? try chunkEnd(rule.chunk, target: target) : floor
        guard last > floor else {
            try sweep()
            return Retained()
        }
        var result = Retained()
        result.removed = try remove(upTo: last)
        result.overtaken = readers.filter { $0.position < last }.map(\.name)
        result.hasMore = last < target
        return result
    }

    private func remove(upTo last: UInt64) throws(SQLiteError) -> Int {
        try willWrite()
        let range = "sequence > \(floor) and sequence <= \(last)"
        let isFree = "sequence not in (select sequence from entry) and sequence not in (select sequence from keep)"
        let remembered = Retention.rememberedTopics.map { "topic like '\($0)%'" }.joined(separator: " or ")
        try database.execute("insert or ignore into forgotten select source, id, sequence from event where \(range) and (\(remembered)) and \(isFree)")
        if database.changes > 0 { noteForgotten() }
        try forget("\(range) and \(isFree)")
        var removed = database.changes
        removed += try removePacks(upTo: last)
        try database.execute("delete from mark where sequence < \(last)")
        try setMeta("floor", Int64(last))
        floor = last
        return removed
    }

    /// Removes below the floor what was needed then and is not any more.
    private func sweep() throws(SQLiteError) {
        let rest = "sequence <= \(floor) and sequence not in (select sequence from entry) and sequence not in (select sequence from keep)"
        guard floor > 0, try number("select exists (select 1 from event where \(rest))") != 0 else { return }
        try willWrite()
        let remembered = Retention.rememberedTopics.map { "topic like '\($0)%'" }.joined(separator: " or ")
        try database.execute("insert or ignore into forgotten select source, id, sequence from event where (\(remembered)) and \(rest)")
        if database.changes > 0 { noteForgotten() }
        try forget(rest)
    }

    /// Deletes events and what is known of their identities.
    private func forget(_ condition: String) throws(SQLiteError) {
        if identities.isTable {
            try settleIdentities()
            try database.execute("delete from identity where (source, id) in (select source, id from event where \(condition))")
        }
        try database.execute("delete from event where \(condition)")
    }

    /// Notes how old the log is at its newest event, where that is due.
    private func mark(_ rule: Retention, age: Double, wall: Timestamp) throws(SQLiteError) {
        let last = Double(try fixed("select coalesce(max(age), -1000000000) from mark"))
        guard newest > floor, age - last >= rule.markSeconds else { return }
        try willWrite()
        try database.execute("insert or ignore into mark(sequence, age) values(\(newest), \(Int64(age)))")
        try setMeta("age", Int64(age))
        try setMeta("wall", wall.microseconds / 1_000_000)
    }
}
