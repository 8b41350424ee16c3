import Contracts
import Kernel
import Leases
import Runs
import Schedules

/// A project's life under a fake clock: the fleet, the timetable and the queue of leases that the programs use, among messages,
/// workers, sources and a broker that are played. Everything follows from the plan.
///
/// Time goes from moment to moment, so a quiet night costs nothing.
final class World {
    /// What may happen at a moment.
    enum Moment {
        /// The orchestrator looks again.
        case look
        case arrive(Arrival)
        case brokerStops(seconds: Double), brokerReturns
        case diskFills(seconds: Double), diskEmpties
        case leaderCut(seconds: Double), leaderReturns
        case workerCut(Int, attempt: Int, seconds: Double), workerReturns(Int)
        /// An attempt has come to its end, or its report is said again.
        case finish(Int, attempt: Int)
        /// The worker of a withdrawn task hears of it.
        case stop(Int, attempt: Int)
        /// A publish that was on its way.
        case land([Event])
    }
    private struct Entry: Comparable, Sendable {
        let time: Timestamp
        let place: Int
        static func < (a: Entry, b: Entry) -> Bool { (a.time, a.place) < (b.time, b.place) }
    }

    static let leaseSeconds = WorkQueue.Limits().leaseSeconds
    /// So long after the last day what waits may still be done; the rest is told.
    static let afterglowSeconds = 2.0 * 86_400
    /// More decisions than this at one moment are no progress.
    private static let roundsMax = 100_000

    let plan: SimulationPlan
    let bug: PlantedBug?
    let chance: Chance
    let workload: Workload
    var now: Timestamp
    private var agenda = Heap<Entry>()
    private var moments: [Int: Moment] = [:]
    private var planned = 0
    /// Counts what is asked of chance, where nothing else tells two things apart.
    private var drawn = 0

    // The broker.
    var queue = WorkQueue()
    var sequence: UInt64 = 0
    var ids: Set<String> = []
    /// Announcements whose entries are in the queue.
    var announced: [UInt64: Event] = [:]
    var downUntil: Timestamp?
    var fullUntil: Timestamp?
    /// Raised with each new leader: what an earlier one says is refused.
    var epoch = 1

    // The orchestrator.
    var fleet = Fleet()
    var timetable = Timetable()
    var looksAgainAt: Timestamp
    /// The leader that is cut off, with what it knew.
    var formerLeader: (fleet: Fleet, epoch: Int)?
    private var looksPlannedFor: Timestamp?

    // The workers, and where their effects go.
    var workers: [SimulatedWorker] = []
    /// By run and task: how often it took effect.
    var effects: [String: Int] = [:]

    var witness: Witness
    var chronicle: Chronicle

    init(_ plan: SimulationPlan, bug: PlantedBug? = nil) {
        self.plan = plan
        self.bug = bug
        chance = Chance(seed: plan.seed)
        workload = Workload(plan: plan, chance: chance)
        now = plan.from
        looksAgainAt = plan.from
        witness = Witness(plan)
        chronicle = Chronicle(plan)
        for role in Role.allCases {
            for number in 0..<max(1, plan.slots[role] ?? 1) { workers.append(SimulatedWorker(role: role, name: "\(role.rawValue)-\(number + 1)")) }
        }
    }

    // MARK: Time

    /// Lives through all days, and on until nothing is left to be done.
    func run() -> SimulationReport {
        for (name, pipeline) in plan.pipelines.sorted(by: { $0.key < $1.key }) {
            append([Event(source: "orchestrator", id: "pipeline/\(name)/\(pipeline.hash)", time: now, pipeline: name, payload: .pipelineRegistered(pipeline))])
        }
        planFaults()
        planArrivals()
        settle()
        let last = plan.end.adding(seconds: Self.afterglowSeconds)
        while let entry = agenda.first, entry.time <= last {
            agenda.pop()
            guard let moment = moments.removeValue(forKey: entry.place) else { continue }
            now = max(now, entry.time)
            happen(moment)
            settle()
            if now > plan.end, isAtRest { break }
        }
        witness.leave(fleet)
        return SimulationReport(self)
    }

    var isAtRest: Bool {
        fleet.runs.isEmpty && !fleet.hasRequests && !workers.contains { $0.attempt != nil } && isWritable && now >= looksAgainAt && formerLeader == nil
    }

    func plan(_ moment: Moment, at time: Timestamp) {
        planned += 1
        moments[planned] = moment
        agenda.push(Entry(time: max(time, now), place: planned))
    }
    func plan(_ moment: Moment, in seconds: Double) { plan(moment, at: now.adding(seconds: seconds)) }

    /// Words that no other draw has.
    func next(_ about: String) -> String {
        drawn += 1
        return "\(about)/\(drawn)"
    }

    func has(_ fault: Fault) -> Bool { plan.faults.contains(fault) }

    private func happen(_ moment: Moment) {
        switch moment {
        case .look: return
        case .arrive(let arrival): arrive(arrival)
        case .brokerStops(let seconds): stopBroker(seconds)
        case .brokerReturns: returnBroker()
        case .diskFills(let seconds): fillDisk(seconds)
        case .diskEmpties: emptyDisk()
        case .leaderCut(let seconds): cutLeader(seconds)
        case .leaderReturns: returnLeader()
        case .workerCut(let index, let attempt, let seconds): cutWorker(index, attempt, seconds)
        case .workerReturns(let index): returnWorker(index)
        case .finish(let index, let attempt): finish(index, attempt)
        case .stop(let index, let attempt): stop(index, attempt)
        case .land(let events): append(events)
        }
    }

    /// Everything that can happen without time passing.
    private func settle() {
        for _ in 0..<Self.roundsMax {
            takeBackLeases()
            let news = sequence
            orchestrate()
            offerWork()
            if sequence == news { break }
        }
        chronicle.look(at: fleet, now)
        let times = [fleet.nextDeadline(after: now), now < plan.end ? timetable.nextTime(for: fleet, after: now).flatMap { $0 <= plan.end ? $0 : nil } : nil]
        guard let next = times.compactMap(\.self).min(), looksPlannedFor.map({ $0 > next || $0 <= now }) ?? true else { return }
        looksPlannedFor = max(next, now.adding(seconds: 0.001))
        plan(.look, at: looksPlannedFor ?? next)
    }
}
