import Contracts
import Kernel
import Leases
import Testing

@Suite struct WorkQueueTests {
    func entry(_ sequence: UInt64, pipeline: String = "p", priority: Int = 0, since: Double = 0) -> WorkEntry {
        WorkEntry(sequence: sequence, role: .load, pipeline: pipeline, run: RunID("\(pipeline)@1"), task: TaskID("t\(sequence)"), priority: priority, deliveryLimit: 2, state: .waiting(visibleAt: 0), since: since)
    }
    func queue(_ entries: WorkEntry...) -> WorkQueue {
        var queue = WorkQueue(limits: .init(leaseSeconds: 10, deliveriesMax: 2))
        for entry in entries { queue.add(entry) }
        return queue
    }

    @Test func `a pipeline with one entry does not wait behind another's thousand`() {
        var queue = queue()
        for number in 1...1000 { queue.add(entry(UInt64(number), pipeline: "a")) }
        queue.add(entry(2000, pipeline: "b"))
        let offers = [queue.offer(role: .load, to: "w", now: 0), queue.offer(role: .load, to: "w", now: 0)]
        #expect(offers.contains { $0?.pipeline == "b" })
    }

    @Test func `greater priority is offered first until waiting outweighs it`() {
        var queue = queue(entry(1, priority: 0), entry(2, priority: 1))
        let first = queue.offer(role: .load, to: "w", now: 0)
        #expect(first?.sequence == 2)
        var aged = self.queue(entry(1, priority: 0, since: 0), entry(2, priority: 1, since: 150))
        let second = aged.offer(role: .load, to: "w", now: 150)
        #expect(second?.sequence == 1)
    }

    @Test func `a token that is not the current one moves nothing`() throws {
        var queue = queue(entry(1))
        let first = queue.offer(role: .load, to: "w", now: 0)?.lease ?? ""
        let expired = queue.expire(now: 10)
        #expect(expired.count == 1)
        let second = queue.offer(role: .load, to: "v", now: 10)?.lease ?? ""
        let stale = [queue.complete(first), queue.extend(first, now: 10), queue.release(first, after: 0, now: 10)]
        #expect(stale.allSatisfy { $0 == nil })
        let done = queue.complete(second)
        #expect(done?.worker == "v")
        #expect(queue.entries.isEmpty)
    }

    @Test func `after its last delivery an entry is dead until someone requeues it`() {
        var queue = queue(entry(1))
        for delivery in 1...2 {
            _ = queue.offer(role: .load, to: "w", now: Double(delivery) * 20)
            _ = queue.expire(now: Double(delivery) * 20 + 10)
        }
        #expect(queue.entries[1]?.state == .dead)
        let none = queue.offer(role: .load, to: "w", now: 100)
        #expect(none == nil)
        let requeued = queue.requeue(1, now: 100)
        #expect(requeued != nil)
        let again = queue.offer(role: .load, to: "w", now: 100)
        #expect(again?.lease == "1.3")
    }

    @Test func `withdrawing removes what waits and marks what is held`() throws {
        var queue = queue(entry(1), entry(2))
        let held = queue.offer(role: .load, to: "w", now: 0)?.lease ?? ""
        _ = queue.withdraw(run: "p@1")
        #expect(queue.entries.count == 1)
        let extended = queue.extend(held, now: 1)
        #expect(extended?.isWithdrawn == true)
        _ = queue.release(held, after: 0, now: 1)
        #expect(queue.entries.isEmpty)
    }
}
