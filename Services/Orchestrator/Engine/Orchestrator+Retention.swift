import Bus
import Contracts
import Kernel
import Runs

/// What the orchestrator needs of the log, told to the broker; and the start from there.
extension Orchestrator {
    public static let readerName = "orchestrator"
    /// The broker is told where we stand so often at most: a commit each time.
    static let confirmSeconds = 10.0

    /// Begins with what was kept, where an earlier orchestrator told the broker what that is. Whatever is not there any more is
    /// stepped over: the broker's hard bound has said so in an alert.
    func resume() async throws {
        let known = try await client.resume(reader: Self.readerName)
        guard let confirmed = known.position else { return }
        let newest = try await client.read(ReadCommand(after: .max, limit: 1)).reply.newest
        // The recent past is folded whole, and never from below the floor.
        let recent = newest > LogNeeds.recentMax ? newest - LogNeeds.recentMax : 0
        let start = max(min(confirmed, recent), known.floor)
        for part in stride(from: 0, to: known.keep.count, by: 500) {
            let sequences = known.keep[part..<min(part + 500, known.keep.count)].filter { $0 <= start }
            for event in try await client.read(ReadCommand(sequences: sequences)).events { take(event) }
        }
        advance(to: start)
        if known.floor > confirmed { note("the log was cut at \(known.floor), past \(confirmed): runs that began before are not known any more") }
    }

    /// Tells the broker what may go. The leader's word: a stand-by knows no more.
    func confirmNeeds(now: Double) async throws {
        guard now >= confirmAt else { return }
        let position = needs.position(at: self.position, waiting: waitingEvents)
        let kept = needs.kept(below: position)
        guard position != confirmed?.position || kept != confirmed?.kept else { return }
        try await client.confirm(reader: Self.readerName, position: position, keep: kept)
        confirmed = (position, kept)
        confirmAt = now + Self.confirmSeconds
    }
}
