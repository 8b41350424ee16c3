internal import Kernel

/// How many rows of a batch may be set aside: `quarantine_max: 100`, or `quarantine_max: 1%`.
enum QuarantineLimit {
    case count(Int)
    /// Per cent of the batch's rows.
    case share(Double)

    /// Nil where any number may be.
    init?(_ value: JSON?, of stream: String) throws {
        guard let value, !value.isNull else { return nil }
        if let count = value.intValue, count >= 0 { self = .count(count); return }
        guard let text = value.stringValue, text.last == "%", let share = Double(text.dropLast()), share >= 0, share <= 100 else {
            throw PlainProblem(
                "settings.bad_quarantine_max", "quarantine_max is no number of rows and no share of them", at: .named("stream \(stream)"),
                remedy: "write it as quarantine_max: 100, or as quarantine_max: 1%")
        }
        self = .share(share)
    }

    /// Of a share what does not make a whole row is not allowed.
    func rows(of total: Int) -> Int {
        switch self {
        case .count(let count): count
        case .share(let share): Int(Double(total) * share / 100)
        }
    }

    var allowance: String {
        switch self {
        case .count(0): ""
        case .count(let count): ", and \(grouped(count)) may be set aside"
        case .share(let share): ", and \(share == share.rounded() ? String(Int(share)) : String(share))% may be set aside"
        }
    }
}
