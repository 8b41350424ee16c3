internal import Kernel

/// A clock reading with the zone it was read in, as Python's `datetime` has it.
struct PythonTime: Hashable {
    /// Microseconds from 1970-01-01T00:00 on the same wall.
    var wall: Int64
    /// nil for a reading that does not say where: Python calls it naive.
    var zone: PythonZone?

    init(wall: Int64, zone: PythonZone? = nil) {
        self.wall = wall
        self.zone = zone
    }
    init(_ time: Timestamp, zone: PythonZone? = nil) {
        let zone = zone?.at(utc: Int64((Double(time.microseconds) / 1_000_000).rounded(.down)))
        wall = time.microseconds + Int64(zone?.offset ?? 0) * 1_000_000
        self.zone = zone
    }
    init(_ date: PythonDate, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0, zone: PythonZone? = nil) {
        wall = (Int64(date.days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)) * 1_000_000 + Int64(microsecond)
        self.zone = zone
    }

    var date: PythonDate { PythonDate(days: Int(wall >= 0 ? wall / 86_400_000_000 : (wall - 86_399_999_999) / 86_400_000_000)) }
    private var microsecondOfDay: Int { Int(wall - Int64(date.days) * 86_400_000_000) }
    var hour: Int { microsecondOfDay / 3_600_000_000 }
    var minute: Int { microsecondOfDay / 60_000_000 % 60 }
    var second: Int { microsecondOfDay / 1_000_000 % 60 }
    var microsecond: Int { microsecondOfDay % 1_000_000 }
    /// Seconds east of Greenwich.
    var offset: Int? { zone?.offset }
    /// The instant; a reading without a zone is taken for UTC, which is the zone of every run.
    var instant: Timestamp { Timestamp(microseconds: wall - Int64(offset ?? 0) * 1_000_000) }

    // MARK: ISO

    func iso(separator: String = "T", precision: String = "auto") -> String {
        var text = "\(date.iso)\(separator)\(Digits.padded(hour, 2))"
        if precision == "hours" { return text + offsetText }
        text += ":\(Digits.padded(minute, 2))"
        if precision == "minutes" { return text + offsetText }
        text += ":\(Digits.padded(second, 2))"
        if precision == "milliseconds" { text += ".\(Digits.padded(microsecond / 1000, 3))" }
        else if precision == "microseconds" || precision == "auto" && microsecond != 0 { text += ".\(Digits.padded(microsecond, 6))" }
        return text + offsetText
    }

    private var offsetText: String {
        guard let offset else { return "" }
        let size = abs(offset)
        let seconds = size % 60 == 0 ? "" : ":\(Digits.padded(size % 60, 2))"
        return "\(offset < 0 ? "-" : "+")\(Digits.padded(size / 3600, 2)):\(Digits.padded(size / 60 % 60, 2))\(seconds)"
    }

    /// Reads `2026-01-31`, `2026-01-31T10:20:30`, `2026-01-31 10:20:30.5+01:00`; nil for anything else.
    static func read(_ text: String) -> PythonTime? {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2),
            let date = PythonDate(year: year, month: month, day: day)
        else { return nil }
        if scanner.isAtEnd { return PythonTime(date) }
        guard scanner.take("T") || scanner.take(" "), let hour = scanner.number(2), hour < 24 else { return nil }
        var (minute, second, microsecond) = (0, 0, 0)
        if scanner.take(":") {
            guard let number = scanner.number(2), number < 60 else { return nil }
            minute = number
            if scanner.take(":") {
                guard let number = scanner.number(2), number < 60 else { return nil }
                second = number
                if scanner.take(".") || scanner.take(",") {
                    guard let fraction = scanner.fraction() else { return nil }
                    microsecond = fraction
                }
            }
        }
        var zone: PythonZone?
        if !scanner.isAtEnd {
            guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
            zone = .fixed(offset, name: offset == 0 ? "UTC" : nil)
        }
        return PythonTime(date, hour: hour, minute: minute, second: second, microsecond: microsecond, zone: zone)
    }
}

/// A day of the Gregorian calendar.
struct PythonDate: Hashable, Comparable {
    /// Since 1970-01-01.
    let days: Int

    init(days: Int) { self.days = days }
    init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Timestamp.days(in: month, of: year) else { return nil }
        days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
    }
    static func < (left: PythonDate, right: PythonDate) -> Bool { left.days < right.days }

    var parts: (year: Int, month: Int, day: Int) { Timestamp.date(daysSinceEpoch: days) }
    /// Monday is 0.
    var weekday: Int { ((days + 3) % 7 + 7) % 7 }
    var dayOfYear: Int { days - Timestamp.daysSinceEpoch(year: parts.year, month: 1, day: 1) + 1 }
    /// Days since 0001-01-01, which is 1.
    var ordinal: Int { days + 719_163 }
    var iso: String {
        let (year, month, day) = parts
        return "\(Digits.padded(year, 4))-\(Digits.padded(month, 2))-\(Digits.padded(day, 2))"
    }
    /// The week of ISO 8601: the year's first is the one with its first Thursday.
    var isoWeek: (year: Int, week: Int, day: Int) {
        let thursday = PythonDate(days: days - weekday + 3)
        return (thursday.parts.year, (thursday.dayOfYear - 1) / 7 + 1, weekday + 1)
    }
}

enum Digits {
    static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }
}

/// Reads numbers of fixed width.
struct DigitScanner {
    private let bytes: [UInt8]
    private(set) var place = 0
    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { place == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(truncatingIfNeeded: character.value) else { return false }
        place += 1
        return true
    }

    /// Exactly `width` digits, or between one and `width` of them.
    mutating func number(_ width: Int, isLoose: Bool = false) -> Int? {
        var (value, count) = (0, 0)
        while count < width, place < bytes.count, (0x30...0x39).contains(bytes[place]) {
            value = value * 10 + Int(bytes[place] - 0x30)
            place += 1
            count += 1
        }
        return count == width || isLoose && count > 0 ? value : nil
    }

    /// The digits behind a point, as microseconds.
    mutating func fraction() -> Int? {
        var (value, count) = (0, 0)
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
            if count < 6 { value = value * 10 + Int(bytes[place] - 0x30); count += 1 }
            place += 1
        }
        guard count > 0 else { return nil }
        for _ in count..<6 { value *= 10 }
        return value
    }

    /// `Z`, `+01:00`, `-0530`: seconds.
    mutating func offset() -> Int? {
        if take("Z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let hours = number(2) else { return nil }
        _ = take(":")
        let minutes = number(2) ?? 0
        let seconds = take(":") ? number(2) ?? 0 : 0
        return (hours * 3600 + minutes * 60 + seconds) * (isNegative ? -1 : 1)
    }

    mutating func word(of words: [String]) -> Int? {
        for (index, word) in words.enumerated() {
            let wanted = Array(word.lowercased().utf8)
            guard place + wanted.count <= bytes.count else { continue }
            if zip(bytes[place...], wanted).allSatisfy({ ($0 | 0x20) == ($1 | 0x20) }) {
                place += wanted.count
                return index
            }
        }
        return nil
    }

    mutating func skipSpace() { while place < bytes.count, bytes[place] <= 0x20 { place += 1 } }
    /// Letters, slashes and underscores: the name of a zone.
    mutating func name() -> String {
        let start = place
        while place < bytes.count, (0x61...0x7a).contains(bytes[place] | 0x20) || bytes[place] == 0x2f || bytes[place] == 0x5f { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }
}
