internal import Jinja

/// `modules.pytz`, on the system's zone database.
final class ZonesModule: JinjaObject {
    var typeName: String { "module" }
    // In dbt a dictionary of what is lent.
    var isMapping: Bool { true }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "utc": .object(ZoneObject(.utc))
        case "all_timezones": .list(ZoneNames.all.map(Value.string))
        case "all_timezones_set": .object(SetObject(ZoneNames.all.map(Value.string)))
        case "common_timezones": .list(ZoneNames.common.map(Value.string))
        case "common_timezones_set": .object(SetObject(ZoneNames.common.map(Value.string)))
        case "country_names": .object(ZoneCountries(ZoneNames.countries.mapValues(Value.string)))
        case "country_timezones": .object(ZoneCountries(ZoneNames.byCountry.mapValues { .list($0.map(Value.string)) }))
        default: nil
        }
    }
    private static let names = [
        "timezone", "utc", "country_timezones", "country_names", "AmbiguousTimeError", "InvalidTimeError", "NonExistentTimeError", "UnknownTimeZoneError", "all_timezones",
        "all_timezones_set", "common_timezones", "common_timezones_set", "BaseTzInfo", "FixedOffset",
    ]
    var methods: Set<String> { ["timezone", "FixedOffset"] }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "timezone":
            let text = arguments.positional.first?.asString ?? arguments["zone"]?.asString ?? ""
            guard let zone = PythonZone.named(text) else {
                throw CompilationError(
                    "compile.unknown_zone", "there is no time zone '\(text)' in the system's database", remedy: "write it as Europe/Berlin; the database is the package tzdata")
            }
            return .object(ZoneObject(zone))
        case "FixedOffset":
            let minutes = try DatetimeType.integer(arguments.positional.first ?? arguments["offset"])
            guard (-1439...1439).contains(minutes) else { throw JinjaError(.value, "('absolute offset is too large', \(minutes))") }
            return .object(ZoneObject(minutes == 0 ? .utc : .minutes(minutes)))
        default: return try ModuleMembers.answer(name, arguments, Self.names, of: self, interpreter)
        }
    }
}
