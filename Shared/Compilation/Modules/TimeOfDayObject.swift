internal import Jinja
internal import Kernel

/// A `time` of Python's: a reading without a day.
final class TimeOfDayObject: JinjaObject {
    let time: PythonTime
    init(_ time: PythonTime) { self.time = time }

    var typeName: String { "time" }
    private var iso: String { String(time.iso().utf8.dropFirst(11)) ?? "" }
    func text(_ interpreter: Interpreter) throws -> String { iso }
    func jsonValue() throws -> Value? { .string(iso) }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "hour": .int(time.hour)
        case "minute": .int(time.minute)
        case "second": .int(time.second)
        case "microsecond": .int(time.microsecond)
        default: nil
        }
    }
    func representation(_ interpreter: Interpreter) throws -> String {
        var parts = [time.hour, time.minute]
        if time.second != 0 || time.microsecond != 0 { parts.append(time.second) }
        if time.microsecond != 0 { parts.append(time.microsecond) }
        return "datetime.time(\(parts.map(String.init).joined(separator: ", ")))"
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "strftime": return .string(TimeFormat.text(time, arguments.positional.first?.asString ?? ""))
        case "isoformat": return .string(iso)
        case "replace":
            let bound = try arguments.bound("replace", "hour", "minute", "second", "microsecond", "tzinfo")
            let parts = try zip(bound, [time.hour, time.minute, time.second, time.microsecond]).map { try DatetimeType.integer($0, $1) }
            return .object(TimeOfDayObject(try DatetimeType.time([1970, 1, 1] + parts, zone: bound[4].map { ZoneObject.zone($0) } ?? time.zone)))
        default: return nil
        }
    }
    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? TimeOfDayObject else { return nil }
        return time.wall < other.time.wall ? -1 : time.wall == other.time.wall ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? TimeOfDayObject else { return false }
        return time == other.time
    }
    func hash(into hasher: inout Hasher) { hasher.combine(time) }
}
