public import Kernel

/// What a page published.
public struct Post: Hashable, Sendable {
    /// `PAGE_NUMBER`; clients take it as one word.
    public let id: String
    public let page: World.Page
    public let day: Day
    /// Grows with time.
    public let number: Int
    /// Seconds since 1970.
    public let createdAt: Int

    public var createdTime: String {
        let text = Timestamp(seconds: Double(createdAt)).description
        return String(text.dropLast()) + "+0000"
    }
    public var link: String { "https://www.facebook.com/\(page.id)/posts/\(number)" }
    public var statusType: String { ["added_photos", "mobile_status_update", "added_video", "shared_story"][number % 4] }
}

extension World {
    /// A page's posts as of `today`, newest first.
    public func posts(of page: Page, today: Day) -> [Post] {
        var posts: [Post] = []
        var day = today
        let first = max(Self.opening, today - Self.insightsDaysMax)
        while day >= first {
            let chance = noise.unit("posts", page.number, day.number)
            let count = chance < 0.35 ? 0 : chance < 0.85 ? 1 : 2
            for slot in (0..<count).reversed() {
                let number = 990_000_000 + day.number * 10 + slot
                let second = (10 + slot * 6) * 3600 + noise.pick(6 * 3600, "moment", page.number, number)
                posts.append(Post(id: "\(page.id)_\(number)", page: page, day: day, number: number, createdAt: day.midnightUTC + second))
            }
            day = day - 1
        }
        return posts
    }

    /// The text of a post; nil for a picture without words.
    public func message(of post: Post) -> String? {
        let lines = [
            "Synthetic post \(post.number): tonight is duet night 🎤 Bring someone who knows the second voice.",
            "Synthetic post \(post.number): the list has 40 new songs. Which one do you sing first?",
            "Synthetic post \(post.number): thank you for a full house on Saturday! 👩🏽‍🎤👨‍👩‍👧",
            "Synthetic post \(post.number): „Über sieben Brücken“ – Herbst-Special, Eintritt frei.\nEinlass ab 19:00.",
            "Synthetic post \(post.number): a long one about how we choose our microphones. "
                + String(repeating: "We listen, we compare, we sing, and then we listen again. ", count: 12),
        ]
        let choice = noise.pick(lines.count + 1, "message", post.page.number, post.number)
        return choice < lines.count ? lines[choice] : nil
    }

    /// The value so far of a post's metric: it gathers most of it at once and is final after three days.
    public func value(of metric: InsightMetric, post: Post, today: Day) -> JSON? {
        switch metric.measure {
        case .level: return nil
        case .flow(let share): return JSON(gathered(share, metric.name == "post_clicks" ? 1 : 2, post, today))
        case .kinds(let kinds):
            var object = JSONObject()
            for (index, kind) in kinds.enumerated() {
                let count = gathered(kind.1, 10 + index, post, today)
                if count > 0 { object[kind.0] = JSON(count) }
            }
            return .object(object)
        }
    }

    /// Comments, shares and reactions, which are members of the post itself.
    func comments(of post: Post, today: Day) -> Int { gathered(0.004, 11, post, today) }
    func shares(of post: Post, today: Day) -> Int { gathered(0.002, 12, post, today) }
    func reactions(of post: Post, today: Day) -> Int {
        [0.021, 0.006, 0.0015, 0.0006].enumerated().reduce(0) { $0 + gathered($1.element, 10 + $1.offset, post, today) }
    }

    private func gathered(_ share: Double, _ key: Int, _ post: Post, _ today: Day) -> Int {
        let views = 900 / Double(post.page.number + 1) * liveliness(post.day) * noise.around(0.6, "views", post.page.number, post.number)
        let final = views * share * noise.around(0.25, "post", key, post.page.number, post.number)
        let age = today - post.day
        return Int(final * (age < Self.restatedDays ? [0.55, 0.80, 0.93][max(0, age)] : 1))
    }
}
