public import Kernel
public import Runs

extension RunText {
    /// `waiting for facebook_pages until 07:12 UTC`; with the day where that is not the day of `now`.
    public func waiting(_ wait: SourceWait, now: Timestamp) -> String { "waiting for \(wait.source) until \(Self.time(wait.until, now: now))" }

    /// Whom an open run waits for, and why: one line, empty where it waits for nobody.
    public func waiting(_ run: RunState, now: Timestamp) -> String {
        run.isEnded ? "" : run.waits.map { "\(waiting($0, now: now)): \($0.why)" }.joined(separator: "; ")
    }

    /// Rounded up to the minute: nobody who comes then is too early.
    private static func time(_ time: Timestamp, now: Timestamp) -> String {
        let minute: Int64 = 60_000_000
        let text = Timestamp(microseconds: (time.microseconds + minute - 1) / minute * minute).description
        let clock = "\(text.dropFirst(11).prefix(5)) UTC"
        return text.prefix(10) == now.description.prefix(10) ? clock : "\(text.prefix(10)) \(clock)"
    }
}
