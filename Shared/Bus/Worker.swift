public import Contracts
import Kernel
import Platform

/// The loop of every worker: claim, do, report. What it does is `perform`; what it promises is here.
///
/// - A report is published in no other way than by `complete`, together with the end of its entry.
/// - A finished report is kept and said again until the broker has answered it.
/// - A lease that is lost or withdrawn cancels the work; its report is dropped, for another delivery stands.
public struct Worker: Sendable {
    public typealias Perform = @Sendable (Assignment) async throws -> Completion

    /// How long a claim is parked in the broker before it is made anew.
    static let claimWaitSeconds = 20.0
    /// The longest that a task of kind `noop` rests.
    static let restSecondsMax = 3600.0
    static let timeoutSecondsMax = 366.0 * 86_400

    private let role: Role
    private let name: String
    private let slots: Int
    private let client: BusClient
    private let reach: @Sendable (String) -> Void
    private let note: @Sendable (String) -> Void
    private let perform: Perform

    /// - Parameters:
    ///   - slots: how many tasks it does at once.
    ///   - reach: is told the named points that a task passes, for tests that kill the process there.
    ///   - note: takes lines for the log.
    public init(
        role: Role, name: String, slots: Int = 1, client: BusClient, reach: @escaping @Sendable (String) -> Void = { _ in },
        note: @escaping @Sendable (String) -> Void = { _ in }, perform: @escaping Perform
    ) {
        self.role = role
        self.name = name
        self.slots = slots
        self.client = client
        self.reach = reach
        self.note = note
        self.perform = perform
    }

    /// Works until it is cancelled. A task in hand is finished and reported first.
    public func run() async {
        await withTaskGroup { group in
            for _ in 0..<slots { group.addTask { await runSlot() } }
        }
    }

    private func runSlot() async {
        // What a task does may block, so each slot brings the thread that it does it on.
        let executor = BlockingExecutor()
        while !Task.isCancelled {
            do {
                guard let (claim, event) = try await client.claim(role, worker: name, waitSeconds: Self.claimWaitSeconds), let lease = claim.lease else { continue }
                // Stopping must not tear a task that has begun: what is claimed is finished, in a task of its own.
                let seconds = Double(claim.leaseMilliseconds) / 1000
                await Task { await handle(event, lease: lease, leaseSeconds: seconds, on: executor) }.value
            } catch is CancellationError {
                return
            } catch {
                note("claim: \(error)")
                try? await Task.sleep(for: .seconds(0.5))
            }
        }
    }

    private func handle(_ ready: SequencedEvent, lease: String, leaseSeconds: Double, on executor: BlockingExecutor) async {
        guard case .taskReady(let task) = ready.event.payload, let run = ready.event.run else {
            note("sequence \(ready.sequence) is in the queue and is no task; it is left to become a dead letter")
            return
        }
        let assignment = Assignment(
            run: run, pipeline: ready.event.pipeline, spec: task.spec, attempt: task.attempt, logicalDate: task.logicalDate,
            isFullRefresh: task.isFullRefresh, token: ready.sequence, worker: name)
        let start = SystemClock.now()
        let work = Task { await attempt(assignment, on: executor) }
        let limiter = Task { await limit(assignment, work) }
        let keeper = Task { await keep(lease, seconds: leaseSeconds, of: work) }
        var completion = await work.value
        keeper.cancel()
        limiter.cancel()
        // Work that came to its end in spite of the limit has had its effect, so its own words stand.
        if await limiter.value, completion == nil { completion = .timedOut(assignment, from: start, to: SystemClock.now()) }
        guard let completion, !(await keeper.value) else {
            note("\(assignment.run) \(assignment.spec.id): the lease was lost or withdrawn; the work has stopped")
            // Of a withdrawn entry the broker shall know now, and not a lease time later, that nobody works on it.
            try? await client.release(lease, afterSeconds: 0)
            return
        }
        reach("\(role.rawValue).before_complete")
        await report(completion, assignment, ready.event, lease)
    }

    /// Ends an attempt that works for longer than its task allows. Returns true where it did.
    private func limit(_ assignment: Assignment, _ work: Task<Completion?, Never>) async -> Bool {
        guard let seconds = assignment.spec.timeoutSeconds, seconds > 0 else { return false }
        guard (try? await Task.sleep(for: .seconds(min(seconds, Self.timeoutSecondsMax)))) != nil else { return false }
        work.cancel()
        return true
    }

    /// Does the task; nil where it was cancelled.
    private func attempt(_ assignment: Assignment, on executor: BlockingExecutor) async -> Completion? {
        let start = SystemClock.now()
        var completion: Completion
        do {
            completion = assignment.spec.kind == "noop" ? try await Self.rest(assignment)
                : try await withTaskExecutorPreference(executor) { try await perform(assignment) }
        } catch is CancellationError {
            return nil
        } catch {
            completion = Completion(report: TaskReport(problem: ProblemRecord(any: error, code: "\(role.rawValue).unexpected")))
        }
        completion.report.attempt = assignment.attempt
        completion.report.startedAt = start
        completion.report.finishedAt = SystemClock.now()
        completion.report.worker = name
        // What a cancelled task fails with is the cancelling itself, in whatever words; what it has done in spite of it is done.
        return Task.isCancelled && completion.report.problem != nil ? nil : completion
    }

    /// A task of kind `noop`: rests for `args.seconds` and succeeds. For drills and benchmarks, in every role.
    private static func rest(_ assignment: Assignment) async throws -> Completion {
        // Bounded on both sides: the number comes with a message, and a duration that cannot be would end the program.
        if let seconds = assignment.spec.args["seconds"]?.doubleValue, seconds > 0 {
            try await Task.sleep(for: .seconds(min(seconds, restSecondsMax)))
        }
        return Completion(report: TaskReport(message: "nothing to do"))
    }

    /// Extends the lease while the work goes on. Returns true where the lease was lost, having cancelled the work.
    private func keep(_ lease: String, seconds: Double, of work: Task<Completion?, Never>) async -> Bool {
        while true {
            do {
                try await Task.sleep(for: .seconds(seconds / 3))
                if try await client.extend(lease).isWithdrawn {
                    work.cancel()
                    return true
                }
            } catch is CancellationError {
                return false
            } catch let refusal as Refusal where refusal.reason == .staleLease {
                work.cancel()
                return true
            } catch {
                // The broker is away or cannot commit: leases wait for it too, so the work goes on.
                note("extend: \(error)")
            }
        }
    }

    private func report(_ completion: Completion, _ assignment: Assignment, _ ready: Event, _ lease: String) async {
        let events = completion.events(of: assignment, ready, lease: lease)
        while true {
            do {
                try await client.complete(lease, events)
                reach("\(role.rawValue).after_complete")
                return
            } catch let refusal as Refusal where refusal.reason == .staleLease {
                note("\(assignment.run) \(assignment.spec.id): the report came too late; another delivery stands")
                return
            } catch let refusal as Refusal where refusal.reason == .badRequest {
                note("\(assignment.run) \(assignment.spec.id): \(refusal)")
                return
            } catch let problem as EnvelopeProblem {
                // Too large to travel: the run must hear of it, so the report is replaced by its failure.
                note("\(assignment.run) \(assignment.spec.id): \(problem)")
                var failure = Completion(report: TaskReport(
                    attempt: completion.report.attempt, startedAt: completion.report.startedAt, finishedAt: completion.report.finishedAt,
                    worker: name, problem: ProblemRecord(problem)))
                failure.adds = []
                return await report(failure, assignment, ready, lease)
            } catch let problem as BusProblem where problem.reason == .stopped {
                return
            } catch {
                note("complete: \(error)")
                try? await Task.sleep(for: .seconds(0.5))
            }
        }
    }
}
