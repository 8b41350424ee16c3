/// Mistakes that the witness must notice: one that finds nothing proves nothing.
enum PlantedBug: String, CaseIterable {
    /// The warehouse does not ask whether a task was done already.
    case noLedger
    /// A report is taken whoever holds the task by now.
    case lateReport
    /// A report is acknowledged and not written.
    case lostReport
    /// The broker forgets who holds what when it restarts.
    case forgottenLeases
    /// A leader that is over is not refused.
    case staleLeader
}
