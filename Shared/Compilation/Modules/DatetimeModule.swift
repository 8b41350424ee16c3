internal import Jinja

/// `modules.datetime`.
final class DatetimeModule: JinjaObject {
    var typeName: String { "module" }
    // In dbt a dictionary of what is lent.
    var isMapping: Bool { true }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "datetime": .object(DatetimeType(.datetime))
        case "date": .object(DatetimeType(.date))
        case "time": .object(DatetimeType(.time))
        case "timedelta": .object(DatetimeType(.timedelta))
        // Nothing is made with it, but it is there.
        case "tzinfo": .object(DatetimeType(.timezone))
        default: nil
        }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        try ModuleMembers.answer(name, arguments, ["date", "datetime", "time", "timedelta", "tzinfo"], of: self, interpreter)
    }
}
