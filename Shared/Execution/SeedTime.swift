/// A date or a moment as dbt reads it in a seed, which is how Python does: a date is `2026-01-31` or `2026-1-31`; a moment is
/// `2026-01-31 10:00:00`, or ISO 8601 with a `T`, where alone a zone and parts of seconds may stand.
struct SeedTime {
    enum Form { case date, plain, iso }

    private var year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, microsecond = 0
    /// In minutes; nil where it is nobody's.
    private var offset: Int?
    private let form: Form

    init?(_ text: String, _ form: Form) {
        self.form = form
        var reader = Reader(text)
        let isISO = form == .iso
        guard let year = reader.number(4...4), year > 0 else { return nil }
        let isSpread = reader.takes("-")
        guard isSpread || isISO, let month = reader.number(isISO ? 2...2 : 1...2), !isSpread || reader.takes("-"), let day = reader.number(isISO ? 2...2 : 1...2) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        guard (1...12).contains(month), (1...Self.days(year, month)).contains(day) else { return nil }
        switch form {
        case .date: break
        case .plain:
            guard reader.skipsSpaces(), let hour = reader.number(1...2), reader.takes(":"), let minute = reader.number(1...2), reader.takes(":"), let second = reader.number(1...2) else { return nil }
            (self.hour, self.minute, self.second) = (hour, minute, second)
        case .iso:
            guard reader.takes("T"), let hour = reader.number(2...2) else { return nil }
            self.hour = hour
            let isSpread = reader.takes(":")
            if isSpread || reader.isAtDigit {
                guard let minute = reader.number(2...2) else { return nil }
                self.minute = minute
                if isSpread ? reader.takes(":") : reader.isAtDigit {
                    guard let second = reader.number(2...2) else { return nil }
                    self.second = second
                    if reader.takes(".") || reader.takes(",") {
                        guard let part = reader.fraction() else { return nil }
                        microsecond = part
                    }
                }
            }
            guard readZone(&reader) else { return nil }
        }
        guard reader.isAtEnd, hour < 24, minute < 60, second < 60 else { return nil }
    }

    private mutating func readZone(_ reader: inout Reader) -> Bool {
        if reader.takes("Z") {
            offset = 0
            return true
        }
        let isEast = reader.takes("+")
        guard isEast || reader.takes("-") else { return true }
        guard let hours = reader.number(2...2) else { return false }
        var minutes = 0
        if reader.takes(":") || reader.isAtDigit {
            guard let more = reader.number(2...2) else { return false }
            minutes = more
        }
        offset = (isEast ? 1 : -1) * (hours * 60 + minutes)
        return true
    }

    /// As the driver hands it over: with its zone, or at that moment in UTC where the engine's type has none.
    func text(keepingZone: Bool) -> String {
        var time = self
        if !keepingZone, let offset {
            time.add(minutes: -offset)
            time.offset = nil
        }
        let date = "\(Self.padded(time.year, 4))-\(Self.padded(time.month))-\(Self.padded(time.day))"
        guard form != .date else { return date }
        let zone = time.offset.map { "\($0 < 0 ? "-" : "+")\(Self.padded(abs($0) / 60)):\(Self.padded(abs($0) % 60))" } ?? ""
        return "\(date) \(Self.padded(time.hour)):\(Self.padded(time.minute)):\(Self.padded(time.second))\(time.microsecond == 0 ? "" : ".\(Self.padded(time.microsecond, 6))")\(zone)"
    }

    private mutating func add(minutes: Int) {
        var all = hour * 60 + minute + minutes
        while all < 0 {
            all += 1_440
            day -= 1
            if day == 0 {
                (year, month) = month == 1 ? (year - 1, 12) : (year, month - 1)
                day = Self.days(year, month)
            }
        }
        while all >= 1_440 {
            all -= 1_440
            day += 1
            if day > Self.days(year, month) {
                (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
                day = 1
            }
        }
        (hour, minute) = (all / 60, all % 60)
    }

    private static func days(_ year: Int, _ month: Int) -> Int {
        month == 2 ? year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
    private static func padded(_ number: Int, _ count: Int = 2) -> String { String(repeating: "0", count: max(0, count - "\(number)".utf8.count)) + "\(number)" }

    /// The text without white space around it, from left to right.
    private struct Reader {
        private let bytes: [UInt8]
        private var place = 0

        init(_ text: String) {
            var rest = text.utf8[...]
            while let first = rest.first, first <= 0x20 { rest.removeFirst() }
            while let last = rest.last, last <= 0x20 { rest.removeLast() }
            bytes = Array(rest)
        }

        var isAtEnd: Bool { place == bytes.count }
        var isAtDigit: Bool { place < bytes.count && (0x30...0x39).contains(bytes[place]) }

        mutating func takes(_ sign: Unicode.Scalar) -> Bool {
            guard place < bytes.count, bytes[place] == UInt8(ascii: sign) else { return false }
            place += 1
            return true
        }

        mutating func skipsSpaces() -> Bool {
            let start = place
            while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
            return place > start
        }

        mutating func number(_ count: ClosedRange<Int>) -> Int? {
            var value = 0
            let start = place
            while isAtDigit, place - start < count.upperBound {
                value = value * 10 + Int(bytes[place] - 0x30)
                place += 1
            }
            return place - start >= count.lowerBound ? value : nil
        }

        /// In microseconds; what is finer is left out.
        mutating func fraction() -> Int? {
            guard isAtDigit else { return nil }
            var (value, count) = (0, 0)
            while isAtDigit {
                if count < 6 { value = value * 10 + Int(bytes[place] - 0x30) }
                count += 1
                place += 1
            }
            while count < 6 {
                value *= 10
                count += 1
            }
            return value
        }
    }
}
