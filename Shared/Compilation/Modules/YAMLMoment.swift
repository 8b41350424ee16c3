internal import Jinja
internal import Kernel
internal import Project

/// Dates and times as YAML writes them without quotes: `2020-01-31`, `2020-01-31 10:00:00.5 +01:00`.
enum YAMLMoment {
    /// A YAML value as templates see it; a date that does not exist is an error.
    static func value(of yaml: YAMLValue) throws -> Value {
        if yaml.isPlain, let text = yaml.string, let moment = try moment(text) { return moment }
        if yaml.isList { return .list(try yaml.items.map(value)) }
        guard yaml.isMap else { return Value(yaml.json) }
        // Of a key that is there twice the last counts, at the place of the first.
        var pairs: [(String, Value)] = []
        var places: [String: Int] = [:]
        for member in yaml.members {
            let value = try value(of: member.value)
            if let place = places[member.key] { pairs[place].1 = value; continue }
            places[member.key] = pairs.count
            pairs.append((member.key, value))
        }
        return .dict(pairs)
    }

    /// Nil for what is no date, and no time.
    static func moment(_ text: String) throws -> Value? {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2, isLoose: true), scanner.take("-"), let day = scanner.number(2, isLoose: true) else { return nil }
        // A date alone has all its digits.
        if scanner.isAtEnd { return text.utf8.count == 10 ? .object(DateObject(try DatetimeType.date([year, month, day]))) : nil }
        if !scanner.take("T"), !scanner.take("t") {
            guard scanner.take(" ") || scanner.take("\t") else { return nil }
            scanner.skipSpace()
        }
        guard let hour = scanner.number(2, isLoose: true), scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2) else { return nil }
        let microsecond = scanner.take(".") ? scanner.fraction() ?? 0 : 0
        var zone: PythonZone?
        scanner.skipSpace()
        if !scanner.isAtEnd {
            guard let offset = offset(&scanner), scanner.isAtEnd else { return nil }
            zone = offset == 0 ? .utc : .fixed(offset, name: nil)
        }
        return .object(DateTimeObject(try DatetimeType.time([year, month, day, hour, minute, second, microsecond], zone: zone)))
    }

    /// `Z`, `+1`, `-05:30`: seconds.
    private static func offset(_ scanner: inout DigitScanner) -> Int? {
        if scanner.take("Z") { return 0 }
        let isNegative = scanner.take("-")
        guard isNegative || scanner.take("+"), let hours = scanner.number(2, isLoose: true) else { return nil }
        let minutes = scanner.take(":") ? scanner.number(2) : 0
        return minutes.map { (hours * 3600 + $0 * 60) * (isNegative ? -1 : 1) }
    }
}
