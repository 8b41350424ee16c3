public import Bus
import Contracts
import Kernel
import Pipelines
import Platform
import Runs

/// The thin shell around `Fleet`: folds the log, publishes what the fleet decides, and leads while its lease holds.
///
/// It keeps nothing of its own. A stand-by folds all the time, so taking over is one `lead` and one `decide`.
public actor Orchestrator {
    /// How often the lead is renewed, a stand-by asks for it, and the definitions on disk are looked at.
    static let roundSeconds = 1.0
    /// A stand-by asks so often whether the lead is free: with the lease of the lead, the time of taking over.
    static let standBySeconds = 0.3
    /// Decisions travel in publishes of at most this many events.
    static let eventsPerPublishMax = 500
    /// A file may be away for a moment while another version of it is put in its place.
    static let goneSeconds = 3.0

    let client: BusClient
    private let name: String
    let pipelinesFolder: String
    private let reach: @Sendable (String) -> Void
    let note: @Sendable (String) -> Void

    private(set) var fleet = Fleet()
    private(set) var needs = LogNeeds()
    var confirmed: (position: UInt64, kept: [UInt64])?
    var confirmAt = 0.0
    private var hasResumed = false
    private var asksAgainSoon = false
    private var epoch: UInt64?
    private var leadUntil = 0.0
    var definitions: [String: Definition] = [:]
    /// What the definitions say against one another, by path, and the files of which that is true.
    var contradictions: (of: [String: String], found: [String: PlainProblem]) = ([:], [:])
    private var timetable = Timetable()
    var brokenDefinitions: [String: String] = [:]
    /// By pipeline, since when no file defines it, on the clock that only runs forward.
    var goneSince: [String: Double] = [:]
    private let environment: [String: String]
    private var files: FileWatch?

    /// - Parameters:
    ///   - name: unlike any other orchestrator's, a restarted one's included.
    ///   - pipelinesFolder: holds `<name>/pipeline.yml`.
    ///   - environment: fills the variables in the patterns of files.
    public init(
        client: BusClient, name: String, pipelinesFolder: String, environment: [String: String] = [:], reach: @escaping @Sendable (String) -> Void,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.name = name
        self.pipelinesFolder = pipelinesFolder
        self.environment = environment
        self.reach = reach
        self.note = note
    }

    public var isLeading: Bool { epoch != nil }
    public var openRuns: Int { fleet.runs.count }
    public var position: UInt64 { fleet.position }

    /// Works until it is cancelled.
    /// - Parameter onReady: is called once the log has been folded for the first time.
    public func run(onReady: @Sendable () -> Void) async {
        let (rounds, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let clock = Task {
            while !Task.isCancelled {
                wake.yield()
                try? await Task.sleep(for: .seconds(Self.roundSeconds))
            }
        }
        let ears = Task { for await _ in await client.hints() { wake.yield() } }
        let files = FileWatch(environment: environment, wake: { wake.yield() }, note: note)
        self.files = files
        let eyes = Task { await files.run() }
        defer {
            clock.cancel()
            ears.cancel()
            eyes.cancel()
        }
        var isReady = false
        for await _ in rounds {
            if Task.isCancelled { return }
            do {
                try await round(wake)
                if !isReady, epoch != nil || fleet.position > 0 {
                    isReady = true
                    onReady()
                }
            } catch is CancellationError {
                return
            } catch let refusal as Refusal where refusal.reason == .gone {
                // So far behind that the broker could not wait: what is left is folded anew.
                note("\(refusal)")
                fleet = Fleet()
                needs = LogNeeds()
                hasResumed = false
                epoch = nil
            } catch let refusal as Refusal where refusal.reason == .staleEpoch {
                note("another orchestrator leads; standing by")
                epoch = nil
            } catch {
                note("\(error)")
                try? await Task.sleep(for: .seconds(0.3))
            }
        }
    }

    private func round(_ wake: AsyncStream<Void>.Continuation) async throws {
        try await fold()
        try await lead(wake)
        files?.follow(epoch == nil ? [] : waitedFor)
        guard epoch != nil else { return }
        try await registerDefinitions()
        let scheduled = timetable.requests(for: fleet, now: SystemClock.now(), note: note)
        if !scheduled.isEmpty { try await publish(scheduled) }
        try await planBackfills()
        try await tellOfFiles()
        var decidedAt = SystemClock.now()
        while case let events = fleet.decide(now: decidedAt), !events.isEmpty {
            try await publish(events)
            decidedAt = SystemClock.now()
        }
        try await cancelRuns()
        try await confirmNeeds(now: SystemClock.monotonicSeconds())
        if let next = fleet.nextDeadline(after: decidedAt) {
            let wait = next - SystemClock.now()
            if wait < Self.roundSeconds {
                Task {
                    try? await Task.sleep(for: .seconds(max(wait, 0.001)))
                    wake.yield()
                }
            }
        }
    }

    func take(_ event: SequencedEvent) {
        guard event.sequence > fleet.position else { return }
        fleet.apply(event)
        needs.apply(event)
        files?.learn(event.event)
    }
    func advance(to sequence: UInt64) { fleet.advance(to: sequence) }
    var waitingEvents: [EventReference] { fleet.pipelines.keys.flatMap { fleet.waitingEvents(of: $0) } }

    /// Folds what has come, to the end of the log.
    private func fold() async throws {
        if !hasResumed {
            try await resume()
            hasResumed = true
        }
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: fleet.position, prefixes: [], limit: 2000))
            for event in events { take(event) }
            advance(to: reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    /// Becomes or stays the leader where nobody else is.
    private func lead(_ wake: AsyncStream<Void>.Continuation) async throws {
        let now = SystemClock.monotonicSeconds()
        guard epoch == nil || now > leadUntil - 2 * Self.roundSeconds else { return }
        do {
            let reply = try await client.lead(name, epoch: epoch)
            if epoch == nil { note("leading, epoch \(reply.epoch)") }
            epoch = reply.epoch
            leadUntil = now + Double(reply.leaseMilliseconds) / 1000
        } catch let refusal as Refusal where refusal.reason == .ledByAnother {
            epoch = nil
            guard !asksAgainSoon else { return }
            asksAgainSoon = true
            Task {
                try? await Task.sleep(for: .seconds(Self.standBySeconds))
                asksAgainSoon = false
                wake.yield()
            }
        }
    }

    /// Publishes decisions and folds them. Where nothing came in between, the answer itself tells their places in the log.
    func publish(_ events: [Event]) async throws {
        var start = 0
        while start < events.count {
            let part = Array(events[start..<min(start + Self.eventsPerPublishMax, events.count)])
            let sequences = try await client.publish(part, epoch: epoch)
            reach("orchestrator.after_publish")
            // An answer to a request from before our beginning: it stands in the log, where we do not look.
            for (event, sequence) in zip(part, sequences) where sequence <= fleet.position { fleet.noteAnswered(by: event) }
            var isContiguous = true
            for (event, sequence) in zip(part, sequences) {
                guard isContiguous, sequence == fleet.position + 1 else { isContiguous = false; break }
                take(SequencedEvent(sequence: sequence, event: event))
            }
            if !isContiguous { try await fold() }
            start += part.count
        }
    }

    /// Takes the tasks of runs that are to end from the queue, and ends those of which no worker holds one any more.
    private func cancelRuns() async throws {
        for run in fleet.cancelling where try await client.withdraw(run) == 0 {
            // Until just now a report may have been accepted; none will be from here on.
            try await fold()
            if let end = fleet.cancellation(of: run, now: SystemClock.now()) { try await publish([end]) }
        }
    }

    // MARK: Files and backfills

    private var waitedFor: Set<FileWatch.Rule> {
        var rules: Set<FileWatch.Rule> = []
        for (name, pipeline) in fleet.pipelines {
            for case .file(let pattern, let seconds) in pipeline.triggers?.triggers ?? [] {
                rules.insert(FileWatch.Rule(pipeline: name, pattern: pattern, settleSeconds: seconds))
            }
        }
        return rules
    }

    private func tellOfFiles() async throws {
        guard let files, case let arrived = files.waiting, !arrived.isEmpty else { return }
        try await publish(arrived)
        files.settle(arrived)
    }

    private func planBackfills() async throws {
        for event in fleet.backfills {
            try await publish(BackfillPlan.events(for: event, of: fleet.pipelines[event.pipeline], now: SystemClock.now()))
        }
    }
}
