public import Contracts
public import Kernel
public import Leases
public import SQLite

extension JournalStore {
    public func add(_ entry: WorkEntry) throws(SQLiteError) {
        queue.add(entry)
        try save(entry)
    }
    public func offer(role: Role, to worker: String, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.offer(role: role, to: worker, now: now) else { return nil }
        try save(entry)
        return entry
    }
    /// Leases live by the monotonic clock, which no file can hold: extending one writes nothing.
    public func extend(_ lease: String, now: Double) -> WorkEntry? { queue.extend(lease, now: now) }

    public func complete(_ lease: String) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.complete(lease) else { return nil }
        try save(entry)
        return entry
    }
    public func release(_ lease: String, after seconds: Double, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.release(lease, after: seconds, now: now) else { return nil }
        try save(entry)
        return entry
    }
    public func giveBack(_ lease: String, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.giveBack(lease, now: now) else { return nil }
        try save(entry)
        return entry
    }
    public func expire(now: Double) throws(SQLiteError) -> [WorkEntry] {
        let changed = queue.expire(now: now)
        for entry in changed { try save(entry) }
        return changed
    }
    public func withdraw(run: RunID) throws(SQLiteError) -> [WorkEntry] {
        let changed = queue.withdraw(run: run)
        for entry in changed { try save(entry) }
        return changed
    }
    public func requeue(_ sequence: UInt64, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.requeue(sequence, now: now) else { return nil }
        try save(entry)
        return entry
    }

    /// Makes the file say of an entry what the queue says.
    func save(_ changed: WorkEntry) throws(SQLiteError) {
        try willWrite()
        guard let entry = queue.entries[changed.sequence] else {
            dropEntry.bind(1, Int64(changed.sequence))
            return try dropEntry.run()
        }
        putEntry.bind(1, Int64(entry.sequence))
        putEntry.bind(2, entry.role.rawValue)
        putEntry.bind(3, entry.pipeline)
        putEntry.bind(4, entry.run.description)
        putEntry.bind(5, entry.task.description)
        putEntry.bind(6, Int64(entry.priority))
        putEntry.bind(7, Int64(entry.delivery))
        let state = switch entry.state {
        case .leased: "leased"
        case .dead: "dead"
        case .waiting: "waiting"
        }
        putEntry.bind(8, state)
        putEntry.bind(9, entry.worker)
        putEntry.bind(10, entry.isWithdrawn ? 1 : 0)
        putEntry.bind(11, Int64(entry.deliveryLimit))
        try putEntry.run()
    }
}
