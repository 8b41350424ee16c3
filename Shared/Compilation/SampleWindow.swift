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
            CompilationError("compile.bad_sample", summary, at: .named("--sample"), remedy: "write --sample '3 days'")
        }
        if let fields {
            guard let start = fields["start"]?.stringValue.flatMap(Timestamp.init(sql:)), let end = fields["end"]?.stringValue.flatMap(Timestamp.init(sql:)) else {
                throw wrong("a window needs a start and an end")
            }
            self.init(start: start, end: end)
            return
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard words.count == 2 else { throw wrong("Runtime Error\n  Cannot load SAMPLE_WINDOW from '\(text)'. Must be of form 'DAYS_INT GRAIN_SIZE'.") }
        guard let count = Int(words[0]) else {
            let isNumber = !words[0].isEmpty && words[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
            throw wrong(isNumber ? "Python int too large to convert to C int" : "Runtime Error\n  Unable to convert '\(words[0])' to an integer.")
        }
        let grain = words[1].hasSuffix("s") ? String(words[1].dropLast()) : words[1]
        guard Self.grains.contains(grain) else {
            throw wrong("Runtime Error\n  Invalid grain size '\(words[1])'. Must be one of \((Self.grains + Self.grains.map { "\($0)s" }).joined(separator: ", ")).")
        }
        do { self.init(start: try Self.moved(now, back: count, grain), end: now) } catch { throw wrong(error.words) }
    }

    /// In Python's words, which dbt passes on.
    private struct OutOfRange: Error { let words: String }
    private static let years = 1...9999

    private static func moved(_ time: Timestamp, back count: Int, _ grain: String) throws(OutOfRange) -> Timestamp {
        let clock = time.civil
        switch grain {
        case "hour", "day":
            let days = Int128(count) / (grain == "hour" ? 24 : 1)
            guard Int32(exactly: days) != nil else { throw OutOfRange(words: "Python int too large to convert to C int") }
            guard abs(days) <= 999_999_999 else { throw OutOfRange(words: "days=\(-days); must have magnitude <= 999999999") }
            // The calendar ends long before 64 bits do.
            guard abs(days) < 9_999 * 366 else { throw OutOfRange(words: "date value out of range") }
            let moved = Timestamp(microseconds: time.microseconds - Int64(count) * (grain == "hour" ? 3_600_000_000 : 86_400_000_000))
            guard years.contains(moved.civil.year) else { throw OutOfRange(words: "date value out of range") }
            return moved
        default:
            let months = Int128(clock.year) * 12 + Int128(clock.month) - 1 - Int128(count) * (grain == "year" ? 12 : 1)
            // Downwards, also before the year 0.
            let (wide, month) = (months >= 0 ? months / 12 : (months - 11) / 12, Int(((months % 12) + 12) % 12) + 1)
            guard Int32(exactly: wide) != nil else { throw OutOfRange(words: "signed integer is \(wide < 0 ? "less than minimum" : "greater than maximum")") }
            let year = Int(wide)
            guard years.contains(year) else { throw OutOfRange(words: "year \(year) is out of range") }
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
