extension Timestamp {
    private static let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// What `strftime` knows, for messages.
    public static let directives = "%Y %y %C %G %g %m %d %e %H %I %k %l %M %S %f %p %j %U %W %V %B %b %h %A %a %u %w %F %D %T %R %r %c %x %X %z %Z %s %n %t %%"

    /// The instant as C's `strftime` writes it in the C locale, in UTC; nil where a directive is none of `directives`. `%f` is Python's:
    /// microseconds. `%-d` leaves out the zeros or blanks in front, as in glibc.
    public func strftime(_ pattern: String) -> String? {
        var text = ""
        var isDirective = false, isBare = false
        for character in pattern {
            guard isDirective else {
                if character == "%" { (isDirective, isBare) = (true, false) } else { text.append(character) }
                continue
            }
            if character == "-", !isBare {
                isBare = true
                continue
            }
            isDirective = false
            guard let part = part(character) else { return nil }
            text += isBare ? Self.bare(part) : part
        }
        return isDirective ? nil : text
    }

    /// A number without what stands before its first digit that counts.
    private static func bare(_ part: String) -> String {
        let number = part.drop { $0 == " " }
        guard !number.isEmpty, number.allSatisfy(\.isNumber) else { return part }
        let rest = number.drop { $0 == "0" }
        return rest.isEmpty ? "0" : String(rest)
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
        case "C": return padded(clock.year / 100, 2)
        case "k": return padded(clock.hour, 2, " ")
        case "l": return padded((clock.hour + 11) % 12 + 1, 2, " ")
        case "j": return padded(dayOfYear + 1, 3)
        case "U": return padded((dayOfYear + 7 - weekday) / 7, 2)
        case "W": return padded((dayOfYear + 7 - (weekday + 6) % 7) / 7, 2)
        case "V": return padded(isoWeek.week, 2)
        case "G": return padded(isoWeek.year, 4)
        case "g": return padded(isoWeek.year % 100, 2)
        case "B": return Self.months[clock.month - 1]
        case "b", "h": return String(Self.months[clock.month - 1].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "w": return String(weekday)
        case "F": return strftime("%Y-%m-%d")
        case "D", "x": return strftime("%m/%d/%y")
        case "T", "X": return strftime("%H:%M:%S")
        case "R": return strftime("%H:%M")
        case "r": return strftime("%I:%M:%S %p")
        case "c": return strftime("%a %b %e %H:%M:%S %Y")
        case "z": return "+0000"
        case "Z": return "UTC"
        case "s": return String(Int(seconds.rounded(.down)))
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return nil
        }
    }

    /// From 0.
    private var dayOfYear: Int {
        let clock = civil
        return Self.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day) - Self.daysSinceEpoch(year: clock.year, month: 1, day: 1)
    }

    /// ISO 8601: a week begins on Monday and belongs to the year that has its Thursday.
    private var isoWeek: (year: Int, week: Int) {
        let clock = civil
        let thursday = Self.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day) + 3 - (weekday + 6) % 7
        let year = Self.date(daysSinceEpoch: thursday).year
        return (year, (thursday - Self.daysSinceEpoch(year: year, month: 1, day: 1)) / 7 + 1)
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
