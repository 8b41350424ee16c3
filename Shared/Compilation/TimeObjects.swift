internal import Jinja
internal import Kernel

/// An instant, as `run_started_at` and `modules.datetime` give it. Times are UTC.
final class TimeObject: JinjaObject {
    let time: Timestamp
    private let isDate: Bool
    init(_ time: Timestamp, isDate: Bool = false) {
        self.time = time
        self.isDate = isDate
    }

    var typeName: String { isDate ? "date" : "datetime" }
    func text(_ interpreter: Interpreter) throws -> String {
        try format(isDate ? "%Y-%m-%d" : time.civil.microsecond == 0 ? "%Y-%m-%d %H:%M:%S+00:00" : "%Y-%m-%d %H:%M:%S.%f+00:00")
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        let clock = time.civil
        switch name {
        case "year": return .int(clock.year)
        case "month": return .int(clock.month)
        case "day": return .int(clock.day)
        case "hour": return .int(clock.hour)
        case "minute": return .int(clock.minute)
        case "second": return .int(clock.second)
        case "microsecond": return .int(clock.microsecond)
        default: return nil
        }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "strftime": return .string(try format(arguments.positional.first?.asString ?? ""))
        case "isoformat": return .string(try format(isDate ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%S+00:00"))
        case "timestamp": return .double(time.seconds)
        case "date": return .object(TimeObject(time, isDate: true))
        case "astimezone", "replace": return .object(self)
        default: return nil
        }
    }
    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard case .object(let object) = other else { return nil }
        if let span = object as? SpanObject {
            switch operation {
            case .add: return .object(TimeObject(time.adding(seconds: span.seconds), isDate: isDate))
            case .subtract where !isReversed: return .object(TimeObject(time.adding(seconds: -span.seconds), isDate: isDate))
            default: return nil
            }
        }
        if let other = object as? TimeObject, operation == .subtract { return .object(SpanObject(isReversed ? other.time - time : time - other.time)) }
        return nil
    }
    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? TimeObject else { return nil }
        return time < other.time ? -1 : time == other.time ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? TimeObject else { return false }
        return time == other.time
    }

    private func format(_ pattern: String) throws -> String {
        let clock = time.civil
        func padded(_ number: Int, _ width: Int) -> String { String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
        var out = ""
        var isEscape = false
        for character in pattern {
            guard isEscape else {
                if character == "%" { isEscape = true } else { out.append(character) }
                continue
            }
            isEscape = false
            switch character {
            case "Y": out += padded(clock.year, 4)
            case "m": out += padded(clock.month, 2)
            case "d": out += padded(clock.day, 2)
            case "H": out += padded(clock.hour, 2)
            case "M": out += padded(clock.minute, 2)
            case "S": out += padded(clock.second, 2)
            case "f": out += padded(clock.microsecond, 6)
            case "y": out += padded(clock.year % 100, 2)
            case "j":
                out += padded(Timestamp.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day) - Timestamp.daysSinceEpoch(year: clock.year, month: 1, day: 1) + 1, 3)
            case "%": out += "%"
            default: throw CompilationError("compile.unsupported", "strftime's '%\(character)' is not supported yet", remedy: "use %Y %m %d %H %M %S %f %y %j")
            }
        }
        return out
    }
}

/// A length of time: `modules.datetime.timedelta(days=3)`.
final class SpanObject: JinjaObject {
    let seconds: Double
    init(_ seconds: Double) { self.seconds = seconds }
    var typeName: String { "timedelta" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { name == "days" ? .int(Int((seconds / 86_400).rounded(.down))) : nil }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        name == "total_seconds" ? .double(seconds) : nil
    }
}

/// `modules.datetime`, in the parts that projects use most.
final class DatetimeModule: JinjaObject {
    var typeName: String { "module" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "datetime": .object(DatetimeType(isDate: false))
        case "date": .object(DatetimeType(isDate: true))
        case "timedelta": .function("timedelta") { arguments, _ in
            let units: [(String, Double)] = [("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1), ("weeks", 604_800)]
            var seconds = (arguments.positional.first?.asDouble ?? 0) * 86_400
            for (name, factor) in units { seconds += (arguments[name]?.asDouble ?? 0) * factor }
            return .object(SpanObject(seconds))
        }
        default: nil
        }
    }
}

final class DatetimeType: JinjaObject {
    private let isDate: Bool
    init(isDate: Bool) { self.isDate = isDate }
    var typeName: String { "type" }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let parts = arguments.positional.compactMap(\.asInt)
        func part(_ index: Int, _ name: String, _ fallback: Int) -> Int { parts.indices.contains(index) ? parts[index] : arguments[name]?.asInt ?? fallback }
        let days = Timestamp.daysSinceEpoch(year: part(0, "year", 1970), month: part(1, "month", 1), day: part(2, "day", 1))
        let seconds = isDate ? 0 : part(3, "hour", 0) * 3600 + part(4, "minute", 0) * 60 + part(5, "second", 0)
        return .object(TimeObject(Timestamp(microseconds: Int64(days * 86_400 + seconds) * 1_000_000), isDate: isDate))
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "now", "utcnow", "today": return .object(TimeObject(WallClock.now(), isDate: isDate))
        case "fromisoformat":
            let text = arguments.positional.first?.asString ?? ""
            let full = text.utf8.count == 10 ? "\(text)T00:00:00Z" : text.hasSuffix("Z") || text.contains("+") ? text : "\(text)Z"
            guard let time = Timestamp(rfc3339: full) else {
                throw CompilationError("compile.bad_date", "'\(text)' is not a date in ISO form", remedy: "write it as 2026-01-31")
            }
            return .object(TimeObject(time, isDate: isDate))
        default: return nil
        }
    }
}
