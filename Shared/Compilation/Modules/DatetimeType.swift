internal import Jinja
internal import Kernel

/// One of the module's types: called to make a value, asked for one by its methods.
final class DatetimeType: JinjaObject {
    enum Kind { case datetime, date, time, timedelta, timezone }
    private let kind: Kind
    init(_ kind: Kind) { self.kind = kind }
    var typeName: String { "type" }
    var isCallable: Bool { true }

    static func date(_ parts: [Int]) throws -> PythonDate {
        for part in parts where Int32(exactly: part) == nil { throw JinjaError(.arithmetic, "signed integer is \(part > 0 ? "greater than maximum" : "less than minimum")") }
        guard (1...9999).contains(parts[0]) else { throw JinjaError(.value, "year \(parts[0]) is out of range") }
        guard let date = PythonDate(year: parts[0], month: parts[1], day: parts[2]) else {
            throw JinjaError(.value, (1...12).contains(parts[1]) ? "day is out of range for month" : "month must be in 1..12")
        }
        return date
    }

    /// A part of a time that was given; nil for one that was not.
    static func integer(_ value: Value?, _ absent: Int = 0) throws -> Int {
        guard let value else { return absent }
        if case .big = value { throw JinjaError(.arithmetic, "Python int too large to convert to C int") }
        guard let number = value.asInt else { throw JinjaError(.type, "'\(value.typeName)' object cannot be interpreted as an integer") }
        return number
    }

    /// Year, month, day, hour, minute, second, microsecond.
    static func time(_ parts: [Int], zone: PythonZone?) throws -> PythonTime {
        let names = ["hour must be in 0..23", "minute must be in 0..59", "second must be in 0..59", "microsecond must be in 0..999999"]
        for (index, limit) in [24, 60, 60, 1_000_000].enumerated() where !(0..<limit).contains(parts[index + 3]) { throw JinjaError(.value, names[index]) }
        return PythonTime(try date(parts), hour: parts[3], minute: parts[4], second: parts[5], microsecond: parts[6], zone: zone?.attached)
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        switch kind {
        case .datetime:
            let bound = try arguments.bound("datetime", required: 3, "year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo")
            return .object(DateTimeObject(try Self.time(bound.prefix(7).map { try Self.integer($0) }, zone: ZoneObject.zone(bound[7]))))
        case .date:
            let bound = try arguments.bound("date", required: 3, "year", "month", "day")
            return .object(DateObject(try Self.date(bound.map { try Self.integer($0) })))
        case .time:
            let bound = try arguments.bound("time", "hour", "minute", "second", "microsecond", "tzinfo")
            return .object(TimeOfDayObject(try Self.time([1970, 1, 1] + bound.prefix(4).map { try Self.integer($0) }, zone: ZoneObject.zone(bound[4]))))
        case .timedelta: return .object(try SpanObject(arguments))
        case .timezone:
            guard case .object(let object)? = arguments.positional.first, let span = object as? SpanObject else {
                throw JinjaError(.type, "timezone() argument 1 must be datetime.timedelta")
            }
            guard abs(span.microseconds) < 86_400_000_000 else {
                throw JinjaError(.value, "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not \(span.representation).")
            }
            return .object(ZoneObject(.fixed(Int(span.microseconds / 1_000_000), name: arguments.positional.count > 1 ? arguments.positional[1].asString : nil)))
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch (kind, name) {
        case (.timezone, "utc"): .object(ZoneObject(.utc))
        case (.date, "min"): .object(DateObject(try Self.date([1, 1, 1])))
        case (.date, "max"): .object(DateObject(try Self.date([9999, 12, 31])))
        case (.timedelta, "min"): .object(try SpanObject(Arguments([-999_999_999])))
        case (.timedelta, "max"): .object(try SpanObject(Arguments([999_999_999, 86_399, 999_999])))
        case (.timedelta, "resolution"): .object(SpanObject(microseconds: 1))
        case (.datetime, "min"): .object(DateTimeObject(PythonTime(try Self.date([1, 1, 1]))))
        case (.datetime, "max"):
            .object(DateTimeObject(PythonTime(try Self.date([9999, 12, 31]), hour: 23, minute: 59, second: 59, microsecond: 999_999)))
        default: nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let first = arguments.positional.first
        switch name {
        case "now", "utcnow", "today":
            let zone = name == "now" ? ZoneObject.zone(first ?? arguments["tz"]) : nil
            return value(PythonTime(WallClock.now(), zone: zone))
        case "fromisoformat":
            guard let time = PythonTime.read((kind == .time ? "1970-01-01T" : "") + (first?.asString ?? "")) else {
                throw CompilationError("compile.bad_date", "Invalid isoformat string: '\(first?.asString ?? "")'", remedy: "write it as 2026-01-31")
            }
            return value(time)
        case "strptime":
            let bound = try arguments.bound("strptime", required: 2, "date_string", "format")
            return value(try TimeFormat.time(bound[0]?.asString ?? "", bound[1]?.asString ?? ""))
        case "fromtimestamp", "utcfromtimestamp":
            let zone = name == "fromtimestamp" ? ZoneObject.zone(arguments.positional.count > 1 ? arguments.positional[1] : arguments["tz"]) : nil
            return value(try PythonTime(Self.moment(first ?? arguments["timestamp"]), zone: zone).checked())
        case "fromordinal":
            let ordinal = try Self.integer(first, 1)
            guard Int32(exactly: ordinal) != nil else { throw JinjaError(.arithmetic, "signed integer is \(ordinal > 0 ? "greater than maximum" : "less than minimum")") }
            guard ordinal >= 1 else { throw JinjaError(.value, "ordinal must be >= 1") }
            let date = PythonDate(days: ordinal - 719_163)
            guard PythonDate.all.contains(date) else { throw JinjaError(.value, "year \(date.parts.year) is out of range") }
            return value(PythonTime(date))
        case "fromisocalendar":
            let bound = try arguments.bound("fromisocalendar", required: 3, "year", "week", "day").map { try Self.integer($0, 1) }
            guard (1...53).contains(bound[1]) else { throw JinjaError(.value, "Invalid week: \(bound[1])") }
            guard (1...7).contains(bound[2]) else { throw JinjaError(.value, "Invalid weekday: \(bound[2]) (range is [1, 7])") }
            // The fourth of January is in the first week.
            let start = try Self.date([bound[0], 1, 4])
            let date = PythonDate(days: start.days - start.weekday + (bound[1] - 1) * 7 + bound[2] - 1)
            guard bound[1] < 53 || date.isoWeek.year == bound[0] else { throw JinjaError(.value, "Invalid week: 53") }
            return value(try PythonTime(date).checked())
        case "combine":
            guard arguments.positional.count >= 2, case .object(let day) = arguments.positional[0], case .object(let clock) = arguments.positional[1],
                let time = (clock as? TimeOfDayObject)?.time, let date = (day as? DateObject)?.date ?? (day as? DateTimeObject)?.time.date
            else { throw JinjaError(.type, "combine() takes a date and a time") }
            return value(PythonTime(wall: Int64(date.days) * 86_400_000_000 + time.wall, zone: time.zone))
        default:
            // As in Python, a method may be asked of the type with the value as its first argument.
            guard case .object(let object)? = first else { return nil }
            return try object.callMethod(name, Arguments(Array(arguments.positional.dropFirst()), named: arguments.named), interpreter)
        }
    }

    /// The moment of so many seconds since 1970, which may be fractions.
    private static func moment(_ value: Value?) throws -> Timestamp {
        var (whole, rest) = (Double(value?.asInt ?? 0), 0.0)
        if case .double(let number)? = value {
            guard !number.isNaN else { throw JinjaError(.value, "Invalid value NaN (not a number)") }
            whole = number.rounded(.towardZero)
            rest = number - whole
        } else {
            _ = try integer(value)
        }
        guard abs(whole) < 0x1p63 else { throw JinjaError(.arithmetic, "timestamp out of range for platform time_t") }
        // The calendar's arithmetic ends long before that of 64 bits.
        guard abs(whole) < 9e12 else { throw JinjaError(.value, "year is out of range") }
        let microseconds = Int64(whole) * 1_000_000 + Int64((rest * 1_000_000).rounded(.toNearestOrEven))
        guard PythonTime.walls.contains(microseconds) else { throw JinjaError(.value, "year \(Timestamp(microseconds: microseconds).civil.year) is out of range") }
        return Timestamp(microseconds: microseconds)
    }

    private func value(_ time: PythonTime) -> Value {
        switch kind {
        case .date: .object(DateObject(time.date))
        case .time: .object(TimeOfDayObject(time))
        default: .object(DateTimeObject(time))
        }
    }
}
