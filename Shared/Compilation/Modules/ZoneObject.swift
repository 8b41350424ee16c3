internal import Jinja

/// A zone as templates handle it.
final class ZoneObject: JinjaObject {
    let zone: PythonZone
    init(_ zone: PythonZone) { self.zone = zone }
    static func zone(_ value: Value?) -> PythonZone? {
        if case .object(let object)? = value { (object as? ZoneObject)?.zone } else { nil }
    }

    var typeName: String { "tzinfo" }
    func text(_ interpreter: Interpreter) throws -> String { zone.name }
    func representation(_ interpreter: Interpreter) throws -> String { zone == .utc ? "<UTC>" : zone.representation }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { name == "zone" ? .string(zone.name) : nil }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        if case .minutes = zone, ["utcoffset", "dst", "tzname"].contains(name) {
            return name == "tzname" ? Value.none : .object(SpanObject(seconds: name == "dst" ? 0 : zone.offset))
        }
        guard case .object(let object)? = arguments.positional.first ?? arguments["dt"], let time = (object as? DateTimeObject)?.time else { return nil }
        let isSummer = (arguments["is_dst"] ?? (arguments.positional.count > 1 ? arguments.positional[1] : nil))?.asInt == 1
        // Of a reading that has a zone, what that shows.
        let local = time.zone ?? zone.at(wall: time.wall / 1_000_000, isSummer: isSummer)
        switch name {
        case "localize":
            guard time.zone == nil else { throw JinjaError(.value, "Not naive datetime (tzinfo is already set)") }
            return .object(DateTimeObject(PythonTime(wall: time.wall, zone: local)))
        case "normalize", "fromutc": return .object(DateTimeObject(try PythonTime(time.instant, zone: zone).checked()))
        case "utcoffset": return .object(SpanObject(seconds: local.offset))
        case "tzname": return .string(local.abbreviation)
        case "dst": return .object(SpanObject(seconds: local.summerTime))
        default: return nil
        }
    }
    func isEqual(to other: Value) -> Bool {
        if case .object(let object) = other, let other = object as? ZoneObject { other.zone == zone } else { false }
    }
    func hash(into hasher: inout Hasher) { hasher.combine(zone) }
}
