/// When a pipeline runs by itself.
public struct Schedule: Hashable, Sendable, Codable {
    public enum CatchUp: String, Codable, Sendable, CaseIterable {
        /// Times missed while nothing ran are let go.
        case none
        /// Only the newest of them is made up for.
        case latest
        /// Each of them is, in order.
        case all
    }
    /// Five fields, as crontab(5) has them.
    public var cron: String
    /// A name of the tz database.
    public var timezone: String
    public var catchUp: CatchUp

    public init(cron: String, timezone: String = "UTC", catchUp: CatchUp = .latest) {
        self.cron = cron
        self.timezone = timezone
        self.catchUp = catchUp
    }
}
