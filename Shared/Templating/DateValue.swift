internal import Jinja
internal import Kernel

/// An instant in UTC, as a template sees it. Prints as `2026-01-31 06:00:00+00:00`.
final class DateValue: JinjaObject {
    let time: Timestamp
    init(_ time: Timestamp) { self.time = time }

    var typeName: String { "datetime" }
    func text(_ interpreter: Interpreter) throws -> String { try format("%Y-%m-%d %H:%M:%S+00:00") }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        let clock = time.civil
        return switch name {
        case "year": .int(clock.year)
        case "month": .int(clock.month)
        case "day": .int(clock.day)
        case "hour": .int(clock.hour)
        case "minute": .int(clock.minute)
        case "second": .int(clock.second)
        default: nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "strftime": .string(try format(arguments.bound("strftime", required: 1, "format")[0]?.asString ?? ""))
        case "isoformat": .string(try format("%Y-%m-%dT%H:%M:%S+00:00"))
        case "date": .string(try format("%F"))
        case "timestamp": .double(time.seconds)
        case "weekday": .int((time.weekday + 6) % 7)
        case "isoweekday": .int(time.weekday == 0 ? 7 : time.weekday)
        default: nil
        }
    }

    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? DateValue else { return nil }
        return time < other.time ? -1 : time == other.time ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? DateValue else { return false }
        return time == other.time
    }
    func hash(into hasher: inout Hasher) { hasher.combine(time) }

    func format(_ pattern: String) throws -> String {
        guard let text = time.strftime(pattern) else {
            throw JinjaError(.type, "strftime does not know a directive of '\(pattern)'; it knows \(Timestamp.directives)")
        }
        return text
    }
}

/// Arithmetic with dates. A date in, a date out; a text like `2026-01-31` in, such a text out.
enum DateFilters {
    static let all: [String: Filter] = [
        "date_add": { value, arguments, _ in try changed(value) { try adding(arguments, 1, to: $0) } },
        "date_sub": { value, arguments, _ in try changed(value) { try adding(arguments, -1, to: $0) } },
        "date_trunc": { value, arguments, _ in
            let unit = try arguments.bound("date_trunc", required: 1, "unit")[0]?.asString ?? ""
            return try changed(value) { try truncated($0, to: unit) }
        },
        "ds": { value, _, _ in .string(try date(value).0.strftime("%Y-%m-%d") ?? "") },
        "ds_nodash": { value, _, _ in .string(try date(value).0.strftime("%Y%m%d") ?? "") },
        "ts": { value, _, _ in .string(try date(value).0.strftime("%Y-%m-%dT%H:%M:%S+00:00") ?? "") },
        "ts_nodash": { value, _, _ in .string(try date(value).0.strftime("%Y%m%dT%H%M%S") ?? "") },
        "strftime": { value, arguments, _ in
            .string(try DateValue(date(value).0).format(arguments.bound("strftime", required: 1, "format")[0]?.asString ?? ""))
        },
    ]

    private static let seconds = ["years": 31_622_400.0, "months": 2_678_400, "weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1]
    /// Ten thousand years: a shift beyond this leaves the years that a date can be written in.
    private static let shiftSecondsMax = 3.2e11

    private static func date(_ value: Value) throws -> (Timestamp, isText: Bool) {
        if case .object(let object) = value, let date = object as? DateValue { return (date.time, false) }
        if let text = value.asString, let time = Timestamp(rfc3339: text.utf8.count == 10 ? "\(text)T00:00:00Z" : text) { return (time, true) }
        throw JinjaError(.type, "this is no date; a date is logical_date, or a text like 2026-01-31")
    }

    private static func changed(_ value: Value, _ change: (Timestamp) throws -> Timestamp) throws -> Value {
        let (time, isText) = try date(value)
        let result = try change(time)
        return isText ? .string(result.strftime("%Y-%m-%d") ?? "") : .object(DateValue(result))
    }

    /// `days=1`, `months=-1`; a bare number is days.
    private static func adding(_ arguments: Arguments, _ sign: Double, to time: Timestamp) throws -> Timestamp {
        var time = time
        let given = arguments.positional.map { ("days", $0) } + arguments.named.map { ($0.name, $0.value) }
        for (unit, value) in given {
            guard let factor = seconds[unit] else { throw JinjaError(.type, "no date is moved by '\(unit)'; use years, months, weeks, days, hours, minutes or seconds") }
            guard let number = value.asDouble, abs(number * factor) < shiftSecondsMax else { throw JinjaError(.type, "\(unit) is no number that a date can be moved by") }
            switch unit {
            case "years": time = time.adding(months: Int(number * sign) * 12)
            case "months": time = time.adding(months: Int(number * sign))
            default: time = time.adding(seconds: number * sign * factor)
            }
            guard (1...9999).contains(time.civil.year) else { throw JinjaError(.type, "the date leaves the years 1 to 9999") }
        }
        return time
    }

    private static func truncated(_ time: Timestamp, to unit: String) throws -> Timestamp {
        let clock = time.civil
        func midnight(_ year: Int, _ month: Int, _ day: Int) -> Timestamp {
            Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: year, month: month, day: day)) * 86_400_000_000)
        }
        let day = midnight(clock.year, clock.month, clock.day)
        switch unit {
        case "year": return midnight(clock.year, 1, 1)
        case "quarter": return midnight(clock.year, (clock.month - 1) / 3 * 3 + 1, 1)
        case "month": return midnight(clock.year, clock.month, 1)
        // Weeks begin on Monday, as ISO 8601 has it.
        case "week": return day.adding(seconds: -86_400 * Double((time.weekday + 6) % 7))
        case "day": return day
        case "hour": return day.adding(seconds: Double(clock.hour * 3600))
        default: throw JinjaError(.type, "'\(unit)' is no unit; use year, quarter, month, week, day or hour")
        }
    }
}
