internal import Jinja
internal import Kernel

/// A `date` of Python's.
final class DateObject: JinjaObject {
    let date: PythonDate
    init(_ date: PythonDate) { self.date = date }

    var typeName: String { "date" }
    func text(_ interpreter: Interpreter) throws -> String { date.iso }
    func representation(_ interpreter: Interpreter) throws -> String {
        let (year, month, day) = date.parts
        return "datetime.date(\(year), \(month), \(day))"
    }
    func jsonValue() throws -> Value? { .string(date.iso) }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "year": .int(date.parts.year)
        case "month": .int(date.parts.month)
        case "day": .int(date.parts.day)
        default: nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "strftime": return .string(TimeFormat.text(PythonTime(date), arguments.positional.first?.asString ?? arguments["format"]?.asString ?? ""))
        case "isoformat": return .string(date.iso)
        case "weekday": return .int(date.weekday)
        case "isoweekday": return .int(date.weekday + 1)
        case "isocalendar":
            let (year, week, day) = date.isoWeek
            return .tuple(TupleValue([.int(year), .int(week), .int(day)], names: ["year", "week", "weekday"], type: "datetime.IsoCalendarDate"))
        case "toordinal": return .int(date.ordinal)
        case "timetuple": return DateTimeObject.parts(of: PythonTime(date), isSummer: -1)
        case "ctime": return .string(TimeFormat.text(PythonTime(date), "%a %b %e %H:%M:%S %Y"))
        case "replace":
            let bound = try arguments.bound("replace", "year", "month", "day")
            let (year, month, day) = date.parts
            return .object(DateObject(try DatetimeType.date([DatetimeType.integer(bound[0], year), DatetimeType.integer(bound[1], month), DatetimeType.integer(bound[2], day)])))
        default: return nil
        }
    }

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard case .object(let object) = other else { return nil }
        if let span = object as? SpanObject {
            switch operation {
            case .add: return .object(DateObject(try date.moved(by: span.days)))
            case .subtract where !isReversed: return .object(DateObject(try date.moved(by: -span.days)))
            default: return nil
            }
        }
        guard operation == .subtract, let other = object as? DateObject else { return nil }
        let days = date.days - other.date.days
        return .object(SpanObject(seconds: (isReversed ? -days : days) * 86_400))
    }
    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? DateObject else { return nil }
        return date < other.date ? -1 : date == other.date ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? DateObject else { return false }
        return date == other.date
    }
    func hash(into hasher: inout Hasher) { hasher.combine(date) }
}
