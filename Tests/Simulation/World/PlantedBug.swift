/// Mistakes that such a system can make. A simulator that does not notice them proves nothing.
public enum PlantedBug: String, Sendable, CaseIterable {
    /// The warehouse does not ask its ledger whether a task was done already.
    case noLedger = "no_ledger"
    /// An older task's late writing goes over a newer one's.
    case noFence = "no_fence"
    /// A worker reports success and then does the work.
    case acknowledgeBeforeReport = "acknowledge_before_report"
    /// The books add up by exclusive or, so that a pair of equal records weighs nothing.
    case xorSums = "xor_sums"
    /// The cursor moves with each batch instead of at the seal.
    case cursorPerBatch = "cursor_per_batch"
    /// The orchestrator looks only when the feed tells it to, and the feed may drop.
    case lostWakeUp = "lost_wake_up"
    /// A leader that was away for longer than its lease goes on publishing without its epoch.
    case staleLeader = "stale_leader"
    /// A report under a lease that was lost is published all the same.
    case zombieReport = "zombie_report"
}
