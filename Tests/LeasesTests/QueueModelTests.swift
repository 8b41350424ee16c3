import Contracts
import Kernel
import Leases
import Support
import Testing

/// The queue against a model that looks at everything each time.
@Suite struct QueueModelTests {
    struct Model {
        struct Entry { var entry: WorkEntry; var isOpen = true }
        var entries: [UInt64: WorkEntry] = [:]
        var servedAt: [String: Int] = [:]
        var serves = 0

        mutating func offer(_ role: Role, now: Double) -> UInt64? {
            func rank(_ entry: WorkEntry) -> (Int, Int, Double, UInt64) {
                (-(entry.priority + Int((now - entry.since) / 60)), servedAt[entry.pipeline] ?? 0, entry.since, entry.sequence)
            }
            let open = entries.values.filter { entry in
                guard entry.role == role, case .waiting(let visibleAt) = entry.state else { return false }
                return visibleAt <= now
            }
            // The head of a pipeline's lane of one priority is the one that waits longest; the heads compete.
            let heads = Dictionary(grouping: open) { "\($0.pipeline) \($0.priority)" }.values.compactMap { $0.min { ($0.since, $0.sequence) < ($1.since, $1.sequence) } }
            guard let best = heads.min(by: { rank($0) < rank($1) }) else { return nil }
            serves += 1
            servedAt[best.pipeline] = serves
            return best.sequence
        }
    }

    @Test func `whatever is asked in whatever order, the queue does what a model does that looks at everything`() throws {
        var random = Seed("queue")
        for _ in 0..<60 {
            var queue = WorkQueue(limits: .init(leaseSeconds: 10, deliveriesMax: 3))
            var model = Model()
            var now = 0.0
            var leases: [String] = []
            for sequence in 1...UInt64(300) {
                now += Double(Int.random(in: 0...40, using: &random)) / 4
                let expired = queue.expire(now: now)
                for entry in expired { model.entries[entry.sequence] = queue.entries[entry.sequence] }
                // What ran out by the model's own look has been taken back, and nothing else.
                for entry in model.entries.values { if case .leased(let until) = entry.state { try #require(until > now) } }
                switch Int.random(in: 0..<10, using: &random) {
                case 0...3:
                    let entry = WorkEntry(
                        sequence: sequence, role: Bool.random(using: &random) ? .load : .extract, pipeline: "p\(Int.random(in: 0..<3, using: &random))",
                        run: RunID("r\(sequence % 5)"), task: "t", priority: Int.random(in: 0...2, using: &random), deliveryLimit: 3, state: .waiting(visibleAt: now), since: now)
                    queue.add(entry)
                    model.entries[sequence] = entry
                case 4...6:
                    let role: Role = Bool.random(using: &random) ? .load : .extract
                    let wanted = model.offer(role, now: now)
                    let entry = queue.offer(role: role, to: "w", now: now)
                    try #require(entry?.sequence == wanted, "at \(now)")
                    if let entry {
                        try #require(entry.state == .leased(until: now + 10))
                        model.entries[entry.sequence] = entry
                        leases.append(entry.lease)
                    }
                case 7:
                    guard let lease = leases.randomElement(using: &random) else { continue }
                    if let entry = queue.complete(lease) { model.entries[entry.sequence] = nil }
                case 8:
                    guard let lease = leases.randomElement(using: &random) else { continue }
                    let changed = Bool.random(using: &random) ? queue.extend(lease, now: now) : queue.release(lease, after: Double(Int.random(in: 0...9, using: &random)), now: now)
                    if let changed { model.entries[changed.sequence] = queue.entries[changed.sequence] }
                default:
                    for dead in model.entries.values.filter({ $0.state == .dead }) where Bool.random(using: &random) {
                        if queue.requeue(dead.sequence, now: now) != nil { model.entries[dead.sequence] = queue.entries[dead.sequence] }
                    }
                    if Int.random(in: 0..<10, using: &random) == 0 {
                        for entry in queue.withdraw(run: RunID("r\(sequence % 5)")) { model.entries[entry.sequence] = queue.entries[entry.sequence] }
                    }
                }
                try #require(queue.entries == model.entries)
                // Something that will happen by itself is never missed.
                let soonest = model.entries.values.compactMap { entry -> Double? in
                    switch entry.state {
                    case .leased(let until): until
                    case .waiting(let visibleAt): visibleAt > now ? visibleAt : nil
                    case .dead: nil
                    }
                }.min()
                if let soonest { try #require(try #require(queue.nextDeadline(after: now)) <= soonest) }
            }
        }
    }

    @Test func `ten thousand waiting entries are offered in order and none is looked at twice for it`() {
        var queue = WorkQueue()
        for sequence in 1...UInt64(10_000) {
            queue.add(WorkEntry(sequence: sequence, role: .load, pipeline: "p", run: "r", task: "t", priority: 0, deliveryLimit: 5, state: .waiting(visibleAt: 0), since: 0))
        }
        var order: [UInt64] = []
        while let entry = queue.offer(role: .load, to: "w", now: 0) { order.append(entry.sequence) }
        #expect(order == Array(1...10_000))
    }
}
