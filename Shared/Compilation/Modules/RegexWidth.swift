/// How many characters a part of a pattern takes, from the fewest to the most; both are bounded as in Python's `re`.
struct RegexWidth {
    var low = 0
    var high = 0
    private static let bound = Int(UInt32.max)

    func followed(by other: RegexWidth) -> RegexWidth {
        RegexWidth(low: min(low + other.low, Self.bound), high: min(high + other.high, Self.bound))
    }
    func or(_ other: RegexWidth) -> RegexWidth { RegexWidth(low: min(low, other.low), high: max(high, other.high)) }
    func repeated(_ min: Int, _ max: Int?) -> RegexWidth { RegexWidth(low: Self.product(low, min), high: Self.product(high, max ?? Self.bound)) }

    private static func product(_ width: Int, _ count: Int) -> Int {
        let (product, overflow) = width.multipliedReportingOverflow(by: count)
        return overflow ? bound : min(product, bound)
    }
}

extension RegexNode {
    /// - Parameter groups: of the groups before it.
    func width(_ groups: [RegexWidth?]) -> RegexWidth {
        switch self {
        case .character, .any, .set: RegexWidth(low: 1, high: 1)
        case .sequence(let items): items.reduce(RegexWidth()) { $0.followed(by: $1.width(groups)) }
        case .choice(let branches): branches.dropFirst().reduce(branches[0].width(groups)) { $0.or($1.width(groups)) }
        case .group(let body, let index): index.flatMap { groups[$0 - 1] } ?? body.width(groups)
        case .atomic(let body), .scoped(let body, _): body.width(groups)
        case .repeated(let body, let low, let high, _): body.width(groups).repeated(low, high)
        case .reference(let index): groups[index - 1] ?? RegexWidth()
        case .condition(_, let yes, let no): yes.width(groups).or(no.width(groups))
        case .look, .lineStart, .lineEnd, .textStart, .textEnd, .boundary, .noBoundary: RegexWidth()
        }
    }

    /// Whether it is a place between characters, which cannot be repeated.
    var isPlace: Bool {
        switch self {
        case .lineStart, .lineEnd, .textStart, .textEnd, .boundary, .noBoundary: true
        default: false
        }
    }
}
