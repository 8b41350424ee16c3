/// When a pipeline runs by itself: at the times of a cron expression, or every so many seconds.
public struct Schedule: Hashable, Sendable, Codable {
    public enum CatchUp: String, Codable, Sendable, CaseIterable {
        /// Times missed while nothing ran are let go.
        case none
        /// Only the newest of them is made up for.
        case latest
        /// Each of them is, in order.
        case all
    }
    /// Five fields, as crontab(5) has them; empty where `everySeconds` speaks.
    public var cron: String
    /// A name of the tz database.
    public var timezone: String
    public var catchUp: CatchUp
    /// At the multiples of so many seconds since 1970, whatever the clocks on the wall do.
    public var everySeconds: Double?

    public init(cron: String, timezone: String = "UTC", catchUp: CatchUp = .latest) {
        self.cron = cron
        self.timezone = timezone
        self.catchUp = catchUp
    }
    public init(everySeconds: Double, catchUp: CatchUp = .latest) {
        self.init(cron: "", catchUp: catchUp)
        self.everySeconds = everySeconds
    }

    /// For people: `0 6 * * * Europe/Berlin`, `every 15m`.
    public var words: String { everySeconds.map { "every \(Self.words($0))" } ?? "\(cron) \(timezone)" }

    private static func words(_ seconds: Double) -> String {
        for (unit, length) in [("d", 86_400.0), ("h", 3600), ("m", 60), ("s", 1)] where seconds.truncatingRemainder(dividingBy: length) == 0 {
            return "\(Int(seconds / length))\(unit)"
        }
        return "\(seconds)s"
    }
}
