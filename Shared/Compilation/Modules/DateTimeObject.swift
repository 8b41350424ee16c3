internal import Jinja
internal import Kernel

/// A `datetime` of Python's.
final class DateTimeObject: JinjaObject {
    let time: PythonTime
    init(_ time: PythonTime) { self.time = time }

    var typeName: String { "datetime" }
    func text(_ interpreter: Interpreter) throws -> String { time.iso(separator: " ") }
    func representation(_ interpreter: Interpreter) throws -> String {
        let (year, month, day) = time.date.parts
        var parts = [year, month, day, time.hour, time.minute]
        if time.second != 0 || time.microsecond != 0 { parts.append(time.second) }
        if time.microsecond != 0 { parts.append(time.microsecond) }
        let zone = time.zone.map { ", tzinfo=<\($0.name)>" } ?? ""
        return "datetime.datetime(\(parts.map(String.init).joined(separator: ", "))\(zone))"
    }
    func jsonValue() throws -> Value? { .string(time.iso()) }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "year": return .int(time.date.parts.year)
        case "month": return .int(time.date.parts.month)
        case "day": return .int(time.date.parts.day)
        case "hour": return .int(time.hour)
        case "minute": return .int(time.minute)
        case "second": return .int(time.second)
        case "microsecond": return .int(time.microsecond)
        case "tzinfo": return time.zone.map { .object(ZoneObject($0)) } ?? .some(.none)
        default: return nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "strftime": return .string(TimeFormat.text(time, arguments.positional.first?.asString ?? arguments["format"]?.asString ?? ""))
        case "isoformat":
            let bound = try arguments.bound("isoformat", "sep", "timespec")
            return .string(time.iso(separator: bound[0]?.asString ?? "T", precision: bound[1]?.asString ?? "auto"))
        case "timestamp": return .double(time.instant.seconds)
        case "date": return .object(DateObject(time.date))
        case "time", "timetz": return .object(TimeOfDayObject(PythonTime(wall: time.wall - Int64(time.date.days) * 86_400_000_000)))
        case "astimezone":
            let zone = ZoneObject.zone(arguments.positional.first ?? arguments["tz"]) ?? .utc
            return .object(DateTimeObject(try PythonTime(time.instant, zone: zone).checked()))
        case "replace": return .object(DateTimeObject(try replaced(arguments)))
        case "utcoffset": return time.offset.map { .object(SpanObject(seconds: $0)) } ?? .some(.none)
        case "dst": return time.zone.map { .object(SpanObject(seconds: $0.summerTime)) } ?? .some(.none)
        case "tzname": return time.zone.flatMap { $0.abbreviation.isEmpty ? nil : .string($0.abbreviation) } ?? .some(.none)
        case "timetuple": return Self.parts(of: time, isSummer: time.zone.map { $0.summerTime != 0 ? 1 : 0 } ?? -1)
        case "utctimetuple": return Self.parts(of: PythonTime(time.instant), isSummer: 0)
        case "ctime": return .string(TimeFormat.text(time, "%a %b %e %H:%M:%S %Y"))
        default: return try DateObject(time.date).callMethod(name, arguments, interpreter)
        }
    }

    static func parts(of time: PythonTime, isSummer: Int) -> Value {
        let (year, month, day) = time.date.parts
        let numbers = [year, month, day, time.hour, time.minute, time.second, time.date.weekday, time.date.dayOfYear, isSummer]
        return .tuple(TupleValue(numbers.map(Value.int), names: ["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"], type: "time.struct_time"))
    }

    private func replaced(_ arguments: Arguments) throws -> PythonTime {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        let (year, month, day) = time.date.parts
        var parts = [year, month, day, time.hour, time.minute, time.second, time.microsecond]
        for (index, value) in arguments.positional.prefix(7).enumerated() { parts[index] = try DatetimeType.integer(value, parts[index]) }
        var zone = time.zone
        for (name, value) in arguments.named {
            if name == "tzinfo" { zone = ZoneObject.zone(value) } else if let index = names.firstIndex(of: name) { parts[index] = try DatetimeType.integer(value, parts[index]) }
        }
        return try DatetimeType.time(parts, zone: zone)
    }

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard case .object(let object) = other else { return nil }
        if let span = object as? SpanObject {
            switch operation {
            case .add: return .object(DateTimeObject(try time.moved(by: span.microseconds)))
            case .subtract where !isReversed: return .object(DateTimeObject(try time.moved(by: -span.microseconds)))
            default: return nil
            }
        }
        guard operation == .subtract, let other = object as? DateTimeObject else { return nil }
        try checkZones(other)
        let distance = time.instant.microseconds - other.time.instant.microseconds
        return .object(SpanObject(microseconds: Int128(isReversed ? -distance : distance)))
    }

    private func checkZones(_ other: DateTimeObject) throws {
        guard (time.zone == nil) == (other.time.zone == nil) else {
            throw JinjaError(.type, "can't compare or subtract offset-naive and offset-aware datetimes")
        }
    }

    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? DateTimeObject else { return nil }
        try checkZones(other)
        let (left, right) = (time.instant, other.time.instant)
        return left < right ? -1 : left == right ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? DateTimeObject else { return false }
        return (time.zone == nil) == (other.time.zone == nil) && time.instant == other.time.instant
    }
    func hash(into hasher: inout Hasher) { hasher.combine(time.instant) }
}
