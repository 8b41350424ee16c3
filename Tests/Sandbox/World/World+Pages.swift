public import Kernel

/// A metric of a page or of a post, by the vendor's name.
public struct InsightMetric: Sendable {
    public let name: String
    public let title: String
    /// The first day on which the vendor refuses it; nil while it lives.
    public let removed: Day?
    let measure: Measure

    enum Measure: Sendable {
        /// Counted in a day, as a share of that day's impressions.
        case flow(Double)
        /// A level that goes on from day to day.
        case level
        /// Counts by kind, as an object; kinds that are zero are left out.
        case kinds([(String, Double)])
    }

    public func isServed(on today: Day) -> Bool { removed.map { today < $0 } ?? true }

    private static let march2024 = Day(2024, 3, 14), november2025 = Day(2025, 11, 15), june2026 = Day(2026, 6, 15)

    private static func metric(_ name: String, _ title: String, _ measure: Measure, removed: Day? = nil) -> InsightMetric {
        InsightMetric(name: name, title: title, removed: removed, measure: measure)
    }

    public static let ofPages: [InsightMetric] = [
        metric("page_views_total", "Total Page Views", .flow(0.031)),
        metric("page_post_engagements", "Post Engagements", .flow(0.046)),
        metric("page_media_view", "Content Views", .flow(1)),
        metric("page_total_media_view_unique", "Content Viewers", .flow(0.61)),
        metric("page_video_views", "Total Video Views", .flow(0.12)),
        metric("page_follows", "Page Follows", .level),
        metric("page_daily_follows_unique", "Daily Follows", .flow(0.0021)),
        metric("page_daily_unfollows_unique", "Daily Unfollows", .flow(0.0006)),
        metric("page_actions_post_reactions_total", "Total Reactions", .kinds([("like", 0.018), ("love", 0.006), ("haha", 0.0016), ("wow", 0.0007), ("sorry", 0.00012)])),
        metric("page_follows_country", "Page Follows by Country", .kinds([("DE", 0.31), ("AT", 0.05), ("CH", 0.03)])),
        metric("page_engaged_users", "Page Engaged Users", .flow(0.041), removed: march2024),
        metric("page_consumptions", "Page Consumptions", .flow(0.052), removed: march2024),
        metric("page_consumptions_unique", "Page Consumers", .flow(0.037), removed: march2024),
        metric("page_impressions", "Total Impressions", .flow(1), removed: november2025),
        metric("page_posts_impressions", "Impressions of your posts", .flow(0.93), removed: november2025),
        metric("page_posts_impressions_unique", "Reach of Posts", .flow(0.57), removed: november2025),
        metric("page_fans", "Lifetime Total Likes", .level, removed: november2025),
        metric("page_fan_adds", "New Likes", .flow(0.0019), removed: november2025),
        metric("page_fan_removes", "Unlikes", .flow(0.0005), removed: november2025),
        metric("page_fan_adds_unique", "New Likes (unique)", .flow(0.0019), removed: november2025),
        metric("page_impressions_unique", "Total Reach", .flow(0.61), removed: june2026),
    ]

    public static let ofPosts: [InsightMetric] = [
        metric("post_media_view", "Post Views", .flow(1)),
        metric("post_total_media_view_unique", "Post Viewers", .flow(0.63)),
        metric("post_clicks", "Post Clicks", .flow(0.034)),
        metric("post_clicks_by_type", "Post Clicks by type", .kinds([("other clicks", 0.017), ("link clicks", 0.011), ("photo view", 0.006)])),
        metric("post_reactions_like_total", "Like reactions", .flow(0.021)),
        metric("post_reactions_by_type_total", "Total Reactions by Type", .kinds([("like", 0.021), ("love", 0.006), ("haha", 0.0015), ("wow", 0.0006)])),
        metric("post_activity_by_action_type", "Post Stories by action type", .kinds([("like", 0.029), ("comment", 0.004), ("share", 0.002)])),
        metric("post_video_views", "Video Views", .flow(0.09)),
        metric("post_engaged_users", "Engaged users", .flow(0.05), removed: march2024),
        metric("post_clicks_unique", "Post Click Users", .flow(0.028), removed: march2024),
        metric("post_impressions", "Post Impressions", .flow(1), removed: november2025),
        metric("post_impressions_unique", "Post Reach", .flow(0.63), removed: june2026),
    ]
}

extension World {
    /// The value of a page's metric over `days` days that end with `day`, as seen on `today`; nil where there is none.
    public func value(of metric: InsightMetric, page: Page, day: Day, days: Int = 1, today: Day) -> JSON? {
        guard day <= today, day >= Self.opening else { return nil }
        let key = InsightMetric.ofPages.firstIndex { $0.name == metric.name } ?? 0
        switch metric.measure {
        case .level:
            return JSON(level(page, day) - max(0, Self.restatedDays - (today - day)))
        case .flow(let share):
            return JSON(sum(days, day) { seen(count(share, key, page, $0), age: today - $0, key, of: $0) })
        case .kinds(let kinds):
            var object = JSONObject()
            for (index, kind) in kinds.enumerated() {
                let total = sum(days, day) { seen(count(kind.1, key * 100 + index, page, $0), age: today - $0, key, of: $0) }
                if total > 0 { object[kind.0] = JSON(total) }
            }
            return .object(object)
        }
    }

    private func sum(_ days: Int, _ last: Day, _ value: (Day) -> Int) -> Int {
        (0..<days).reduce(0) { $0 + (last - $1 >= Self.opening ? value(last - $1) : 0) }
    }

    private func count(_ share: Double, _ key: Int, _ page: Page, _ day: Day) -> Int {
        let impressions = 5200 / Double(page.number + 1) * liveliness(day) * noise.around(0.12, "impressions", page.number, day.number)
        return Int(impressions * share * noise.around(0.05, "page", key, page.number, day.number))
    }

    private func level(_ page: Page, _ day: Day) -> Int {
        2400 / (page.number + 1) + (day - Self.opening) * 3 / (page.number + 1) + noise.pick(3, "level", page.number, day.number)
    }
}
