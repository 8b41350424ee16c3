/// What may go wrong in a simulated world, by the name that people give it. The rates are those of a bad month.
public enum Fault: String, Sendable, CaseIterable, Comparable {
    /// Messages are lost, or come late; a worker or the leading orchestrator is cut off for a while.
    case net
    /// The broker restarts; its disk is full for a while.
    case disk
    /// A source allows no more requests for now, and says when it may be asked again.
    case limit = "429"
    /// A source answers late; a file, webhook or message comes late.
    case late
    /// Messages come twice.
    case duplicate

    /// How often and how much, for people.
    public var words: String {
        switch self {
        case .net:
            "\(Rates.lost.percent) of messages are lost and said again, \(Rates.delayed.percent) come up to \(Rates.delaySecondsMax.words) late; "
                + "\(Rates.workerCut.percent) of attempts lose their worker for \(Rates.workerCutSeconds.words), the leader on \(Rates.leaderCut.percent) of days for \(Rates.leaderCutSeconds.words)"
        case .disk:
            "the broker restarts on \(Rates.restart.percent) of days and is away for \(Rates.restartSeconds.words); its disk is full on \(Rates.full.percent) of days for \(Rates.fullSeconds.words)"
        case .limit: "\(Rates.limited.percent) of attempts to read are told to come again in \(Rates.limitedSeconds.words)"
        case .late:
            "\(Rates.lateSource.percent) of reads wait \(Rates.lateSourceSeconds.words) longer for their source; \(Rates.lateArrival.percent) of files and messages come \(Rates.lateArrivalSeconds.words) late"
        case .duplicate: "\(Rates.doubled.percent) of messages come twice"
        }
    }

    public static func < (a: Fault, b: Fault) -> Bool { place(a) < place(b) }
    private static func place(_ fault: Fault) -> Int { allCases.firstIndex(of: fault) ?? 0 }
}

/// How often, as a fraction, and how long, in seconds.
enum Rates {
    static let lost = 0.02
    static let delayed = 0.1
    static let delaySecondsMax = 2.0
    /// Of attempts.
    static let workerCut = 0.005
    static let workerCutSeconds = 15.0...300
    /// Of days.
    static let leaderCut = 0.3
    static let leaderCutSeconds = 5.0...600

    /// Of days.
    static let restart = 0.5
    static let restartSeconds = 5.0...60
    static let full = 0.1
    static let fullSeconds = 600.0...7200

    /// Of attempts.
    static let limited = 0.1
    static let limitedSeconds = 60.0...3600

    /// Of the tasks that read.
    static let lateSource = 0.03
    static let lateSourceSeconds = 600.0...7200
    static let lateArrival = 0.1
    static let lateArrivalSeconds = 1800.0...14_400

    static let doubled = 0.05
}

extension Double {
    fileprivate var percent: String { self * 100 == (self * 100).rounded() ? "\(Int((self * 100).rounded())) %" : "\(self * 100) %" }
    fileprivate var words: String { DurationWords.short(self) }
}
extension ClosedRange<Double> {
    fileprivate var words: String { "\(lowerBound.words) to \(upperBound.words)" }
}

/// Lengths of time for people: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
public enum DurationWords {
    public static func short(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds).rounded())
        func two(_ a: Int, _ unitA: String, _ b: Int, _ unitB: String) -> String { b == 0 ? "\(a) \(unitA)" : "\(a) \(unitA) \(b) \(unitB)" }
        switch whole {
        case ..<120: return "\(whole) s"
        case ..<7200: return two(whole / 60, "min", whole < 600 ? whole % 60 : 0, "s")
        case ..<172_800: return two(whole / 3600, "h", whole % 3600 / 60, "min")
        default: return two(whole / 86_400, "d", whole % 86_400 / 3600, "h")
        }
    }
}
