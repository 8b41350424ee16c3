/// The invented world behind the sandbox: a karaoke business with pages and a web site.
///
/// - Every number is a pure function of the seed, the day it is about and the day it is seen from.
/// - Days after *today* do not exist.
/// - A day seen on itself, one or two days later is not complete yet; from the third day on it is final.
public struct World: Sendable {
    public let seed: UInt64
    /// Ids begin with 99 and names say what they are, so that no one takes them for somebody's business.
    public let pages: [Page]
    public let properties: [String]

    public struct Page: Hashable, Sendable {
        public let id: String
        public let name: String
        let number: Int
    }

    public static let defaultPages = ["990000000000001", "990000000000002"]
    public static let defaultProperties = ["990000001"]
    /// The first day of the business.
    public static let opening = Day(2023, 1, 1)
    /// What the vendor keeps of insights: two years.
    static let insightsDaysMax = 730
    /// A day stays provisional for this many days.
    public static let restatedDays = 3

    public init(seed: UInt64, pages: [String] = World.defaultPages, properties: [String] = World.defaultProperties) {
        self.seed = seed
        self.pages = pages.enumerated().map { Page(id: $1, name: "Synthetic Karaoke Bar \($0 + 1) (sandbox data)", number: $0) }
        self.properties = properties
    }

    public func page(_ id: String) -> Page? { pages.first { $0.id == id } }
    var noise: Noise { Noise(seed: seed) }

    /// How lively a day is: weekends, December and the years carry it.
    func liveliness(_ day: Day) -> Double {
        let week = [0.70, 0.74, 0.85, 1.05, 1.42, 1.60, 0.92][day.weekday]
        let season = [0.92, 0.95, 0.98, 1.0, 1.02, 0.96, 0.9, 0.88, 1.0, 1.05, 1.1, 1.3][day.civil.month - 1]
        let growth = 1 + Double(day - Self.opening) / 365 * 0.22
        return week * season * growth
    }

    /// A finished count as it looks `age` days after its day: too low at first, then final.
    func seen(_ final: Int, age: Int, _ key: Int, of day: Day) -> Int {
        guard age < Self.restatedDays, age >= 0 else { return final }
        let share = [0.09, 0.04, 0.012][age] * noise.around(0.2, "late", key, day.number, age)
        return max(0, final - max(Self.restatedDays - age, Int(Double(final) * share)))
    }
}
