extension Timestamp {
    private static let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// The instant as C's `strftime` writes it in the C locale, in UTC; nil where a directive is none of
    /// `%Y %y %m %d %e %H %I %M %S %f %p %j %B %b %A %a %u %w %F %T %z %Z %s %%`.
    public func strftime(_ pattern: String) -> String? {
        var text = ""
        var isDirective = false
        for character in pattern {
            guard isDirective else {
                if character == "%" { isDirective = true } else { text.append(character) }
                continue
            }
            isDirective = false
            guard let part = part(character) else { return nil }
            text += part
        }
        return isDirective ? nil : text
    }

    /// 0 is Sunday.
    public var weekday: Int {
        let clock = civil
        // 1970-01-01 was a Thursday.
        return ((Self.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day) + 4) % 7 + 7) % 7
    }

    private func part(_ directive: Character) -> String? {
        let clock = civil
        func padded(_ number: Int, _ width: Int, _ filler: String = "0") -> String {
            let digits = String(number)
            return String(repeating: filler, count: max(0, width - digits.utf8.count)) + digits
        }
        switch directive {
        case "Y": return padded(clock.year, 4)
        case "y": return padded(clock.year % 100, 2)
        case "m": return padded(clock.month, 2)
        case "d": return padded(clock.day, 2)
        case "e": return padded(clock.day, 2, " ")
        case "H": return padded(clock.hour, 2)
        case "I": return padded((clock.hour + 11) % 12 + 1, 2)
        case "M": return padded(clock.minute, 2)
        case "S": return padded(clock.second, 2)
        case "f": return padded(clock.microsecond, 6)
        case "p": return clock.hour < 12 ? "AM" : "PM"
        case "j":
            let first = Self.daysSinceEpoch(year: clock.year, month: 1, day: 1)
            return padded(Self.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day) - first + 1, 3)
        case "B": return Self.months[clock.month - 1]
        case "b": return String(Self.months[clock.month - 1].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "w": return String(weekday)
        case "F": return strftime("%Y-%m-%d")
        case "T": return strftime("%H:%M:%S")
        case "z": return "+0000"
        case "Z": return "UTC"
        case "s": return String(Int(seconds.rounded(.down)))
        case "%": return "%"
        default: return nil
        }
    }

    /// So many calendar months later; a day that the month does not have becomes its last.
    public func adding(months: Int) -> Timestamp {
        let clock = civil
        let count = clock.year * 12 + clock.month - 1 + months
        let year = Int((Double(count) / 12).rounded(.down)), month = count - year * 12 + 1
        let day = min(clock.day, Self.days(in: month, of: year))
        let shift = Self.daysSinceEpoch(year: year, month: month, day: day) - Self.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day)
        return Timestamp(microseconds: microseconds + Int64(shift) * 86_400_000_000)
    }
}
