public import Kernel

/// `--sample`: the stretch of time that models read of inputs with an `event_time`.
public struct SampleWindow: Hashable, Sendable {
    public var start: Timestamp
    public var end: Timestamp

    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    private static let grains = ["hour", "day", "month", "year"]

    /// `3 days`, which end now, or `{start: 2026-01-01, end: 2026-01-04}`.
    ///
    /// - Parameter fields: the text as a map, where it is one.
    /// - Throws: `compile.bad_sample`.
    public init(_ text: String, fields: JSONObject?, now: Timestamp) throws {
        func wrong(_ summary: String) -> CompilationError {
            CompilationError("compile.bad_sample", "Invalid value for '--sample': \(summary)", at: .named("--sample"), remedy: "write --sample '3 days'")
        }
        if let fields {
            guard let start = fields["start"]?.stringValue.flatMap(Timestamp.init(sql:)), let end = fields["end"]?.stringValue.flatMap(Timestamp.init(sql:)) else {
                throw wrong("a window needs a start and an end")
            }
            self.init(start: start, end: end)
            return
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard words.count == 2, let count = Int(words[0]) else { throw wrong("Cannot load SAMPLE_WINDOW from '\(text)'. Must be of form 'DAYS_INT GRAIN_SIZE'.") }
        let grain = words[1].hasSuffix("s") ? String(words[1].dropLast()) : words[1]
        guard Self.grains.contains(grain) else {
            throw wrong("Invalid grain size '\(words[1])'. Must be one of \((Self.grains + Self.grains.map { "\($0)s" }).joined(separator: ", ")).")
        }
        self.init(start: Self.moved(now, back: count, grain), end: now)
    }

    private static func moved(_ time: Timestamp, back count: Int, _ grain: String) -> Timestamp {
        switch grain {
        case "hour": return time.adding(seconds: -3_600 * Double(count))
        case "day": return time.adding(seconds: -86_400 * Double(count))
        default:
            let clock = time.civil
            let months = clock.year * 12 + clock.month - 1 - (grain == "year" ? 12 * count : count)
            let (year, month) = (months / 12, months % 12 + 1)
            let midnight = Int64(Timestamp.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day)) * 86_400_000_000
            let day = min(clock.day, Timestamp.days(in: month, of: year))
            return Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: year, month: month, day: day)) * 86_400_000_000 + time.microseconds - midnight)
        }
    }
}

extension Timestamp {
    /// As SQL and people write it: `2026-01-31`, `2026-01-31 10:00:00`, with or without a zone; UTC where none is said.
    public init?(sql text: String) {
        let full = text.utf8.count == 10 ? "\(text)T00:00:00Z" : text.hasSuffix("Z") || text.dropFirst(11).contains(where: { "+-".contains($0) }) ? text : "\(text)Z"
        self.init(rfc3339: full)
    }
    /// `2026-01-31 10:00:00+00:00`
    public var sql: String {
        let text = description
        let fraction = text.dropFirst(19).prefix { $0 != "Z" && $0 != "+" }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + fraction + "+00:00"
    }
}
