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

    /// For people: `0 6 * * * Europe/Berlin`, `every 900 s`.
    public var words: String { everySeconds.map { "every \($0 == $0.rounded() ? String(Int($0)) : String($0)) s" } ?? "\(cron) \(timezone)" }
}
