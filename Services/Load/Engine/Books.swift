internal import Contracts
internal import Kernel

/// What became of a batch's records: each has exactly one fate.
struct Books {
    private(set) var fates: [BookEntry.Point: Tally] = [:]

    mutating func add(_ hash: UInt128, to point: BookEntry.Point) { fates[point, default: .zero].add(hash) }
    mutating func add(_ tally: Tally, to point: BookEntry.Point) {
        if tally.count > 0 { fates[point, default: .zero] += tally }
    }

    var total: Tally { fates.values.reduce(.zero, +) }
    func count(_ point: BookEntry.Point) -> Int { fates[point]?.count ?? 0 }

    /// Records that were quarantined have found other fates: those of `later`, some of which may be quarantine again.
    mutating func settleQuarantine(by later: Books) {
        fates[.quarantined] = nil
        for (point, tally) in later.fates { add(tally, to: point) }
    }

    func entries(stream: String, batch: Int) -> [BookEntry] {
        BookEntry.Point.allCases.compactMap { point in fates[point].map { BookEntry(stream: stream, batch: batch, point: point, tally: $0) } }
    }

    /// Both hops must add up: from the landing to the fates, and from the fates to the rows that the engine changed.
    func balance(with landed: Tally, engineChanged: Int, of batch: String) throws {
        if total != landed {
            let hop = "between the landing and the loader"
            let what = if total.count < landed.count { "\(landed.count - total.count) of \(landed.count) records were lost \(hop)" }
                else if total.count > landed.count { "\(total.count - landed.count) records more than the \(landed.count) landed ones appeared \(hop)" }
                else { "the \(landed.count) records are not the ones that landed: their sums differ \(hop)" }
            throw Self.problem(what, batch)
        }
        let written = count(.inserted) + count(.updated)
        if written != engineChanged {
            let hop = "between the loader and the warehouse"
            throw Self.problem(
                engineChanged < written
                    ? "\(written - engineChanged) of \(written) rows were lost \(hop)"
                    : "\(engineChanged - written) rows more than the \(written) given ones appeared \(hop)", batch)
        }
    }

    static func problem(_ what: String, _ batch: String) -> PlainProblem {
        PlainProblem(
            "load.books_differ", "the books do not balance: \(what)", at: .named(batch),
            remedy: "nothing was kept; report this with the batch's manifest, as it is a fault of ours or of the disk")
    }
}
