internal import Kernel

/// `strftime` and `strptime`, by Python's directives.
enum TimeFormat {
    static let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    static let shortMonths = months.map { String($0.prefix(3)) }
    static let shortWeekdays = weekdays.map { String($0.prefix(3)) }

    static func text(_ time: PythonTime, _ pattern: String) -> String {
        var out = ""
        var characters = pattern.unicodeScalars.makeIterator()
        while let character = characters.next() {
            guard character == "%" else { out.unicodeScalars.append(character); continue }
            guard var directive = characters.next() else { out += "%"; break }
            var isBare = false
            if directive == "-", let next = characters.next() { (isBare, directive) = (true, next) }
            let piece = piece(directive, time)
            out += isBare ? bare(piece) : piece
        }
        return out
    }

    private static func bare(_ text: String) -> String {
        let kept = text.drop { $0 == "0" }
        return kept.isEmpty ? "0" : String(kept)
    }

    private static func piece(_ directive: Unicode.Scalar, _ time: PythonTime) -> String {
        let date = time.date
        let (year, month, day) = date.parts
        let hourOf12 = time.hour % 12 == 0 ? 12 : time.hour % 12
        switch directive {
        case "Y": return Digits.padded(year, 4)
        case "m": return Digits.padded(month, 2)
        case "d": return Digits.padded(day, 2)
        case "e": return day < 10 ? " \(day)" : "\(day)"
        case "H": return Digits.padded(time.hour, 2)
        case "I": return Digits.padded(hourOf12, 2)
        case "M": return Digits.padded(time.minute, 2)
        case "S": return Digits.padded(time.second, 2)
        case "f": return Digits.padded(time.microsecond, 6)
        case "p": return time.hour < 12 ? "AM" : "PM"
        case "y": return Digits.padded(year % 100, 2)
        case "C": return Digits.padded(year / 100, 2)
        case "j": return Digits.padded(date.dayOfYear, 3)
        case "a": return shortWeekdays[date.weekday]
        case "A": return weekdays[date.weekday]
        case "b", "h": return shortMonths[month - 1]
        case "B": return months[month - 1]
        case "w": return String((date.weekday + 1) % 7)
        case "u": return String(date.weekday + 1)
        case "U": return Digits.padded((date.dayOfYear + 6 - (date.weekday + 1) % 7) / 7, 2)
        case "W": return Digits.padded((date.dayOfYear + 6 - date.weekday) / 7, 2)
        case "G": return Digits.padded(date.isoWeek.year, 4)
        case "V": return Digits.padded(date.isoWeek.week, 2)
        case "F": return date.iso
        case "T", "X": return text(time, "%H:%M:%S")
        case "R": return text(time, "%H:%M")
        case "D", "x": return text(time, "%m/%d/%y")
        case "c": return text(time, "%a %b %e %H:%M:%S %Y")
        case "s": return String(time.instant.microseconds / 1_000_000)
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        case "z":
            guard let offset = time.offset else { return "" }
            return "\(offset < 0 ? "-" : "+")\(Digits.padded(abs(offset) / 3600, 2))\(Digits.padded(abs(offset) / 60 % 60, 2))"
        case "Z": return time.zone?.abbreviation ?? ""
        default: return "%\(directive)"
        }
    }

    static func time(_ text: String, _ pattern: String) throws -> PythonTime {
        func failure(_ reason: String) -> CompilationError {
            CompilationError("compile.bad_date", reason, remedy: "correct the text or the format")
        }
        let mismatch = failure("time data '\(text)' does not match format '\(pattern)'")
        var scanner = DigitScanner(text)
        var (year, month, day, hour, minute, second, microsecond) = (1900, 1, 1, 0, 0, 0, 0)
        var (isAfternoon, dayOfYear, zone): (Bool?, Int?, PythonZone?) = (nil, nil, nil)
        var directives = expanded(pattern).unicodeScalars.makeIterator()
        while let character = directives.next() {
            guard character == "%" else {
                if character == " " { scanner.skipSpace(); continue }
                guard scanner.take(character) else { throw mismatch }
                continue
            }
            guard let directive = directives.next() else { throw failure("stray % in format '\(pattern)'") }
            func number(_ width: Int) throws -> Int {
                guard let number = scanner.number(width, isLoose: true) else { throw mismatch }
                return number
            }
            func word(_ words: [String]) throws -> Int {
                guard let index = scanner.word(of: words) else { throw mismatch }
                return index
            }
            switch directive {
            case "Y":
                guard let number = scanner.number(4) else { throw mismatch }
                year = number
            case "y":
                let number = try number(2)
                year = number < 69 ? 2000 + number : 1900 + number
            case "m": month = try number(2)
            case "d", "e": scanner.skipSpace(); day = try number(2)
            case "H", "I": hour = try number(2)
            case "M": minute = try number(2)
            case "S": second = try number(2)
            case "f":
                guard let fraction = scanner.fraction() else { throw mismatch }
                microsecond = fraction
            case "j": dayOfYear = try number(3)
            case "p": isAfternoon = try word(["AM", "PM"]) == 1
            case "B": month = try word(months) + 1
            case "b", "h": month = try word(shortMonths) + 1
            case "A": _ = try word(weekdays)
            case "a": _ = try word(shortWeekdays)
            case "w", "u": _ = try number(1)
            case "z":
                guard let offset = scanner.offset() else { throw mismatch }
                zone = .fixed(offset, name: offset == 0 ? "UTC" : nil)
            case "Z": _ = scanner.name()
            case "%": guard scanner.take("%") else { throw mismatch }
            default: throw failure("'\(directive)' is a bad directive in format '\(pattern)'")
            }
        }
        guard scanner.isAtEnd else { throw failure("unconverted data remains: \(String(decoding: Array(text.utf8).dropFirst(scanner.place), as: UTF8.self))") }
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        guard (1...9999).contains(year) else { throw failure("year \(year) is out of range") }
        guard second < 60 || second > 61 else { throw failure("second must be in 0..59") }
        guard var date = PythonDate(year: year, month: month, day: day), hour < 24, minute < 60, second < 60 else { throw mismatch }
        if let dayOfYear {
            guard (1...366).contains(dayOfYear) else { throw mismatch }
            date = PythonDate(days: Timestamp.daysSinceEpoch(year: year, month: 1, day: 1) + dayOfYear - 1)
            guard PythonDate.all.contains(date) else { throw failure("year \(date.parts.year) is out of range") }
        }
        return PythonTime(date, hour: hour, minute: minute, second: second, microsecond: microsecond, zone: zone)
    }

    private static func expanded(_ pattern: String) -> String {
        var text = ""
        var characters = pattern.unicodeScalars.makeIterator()
        while let character = characters.next() {
            guard character == "%", let directive = characters.next() else { text.unicodeScalars.append(character); continue }
            switch directive {
            case "F": text += "%Y-%m-%d"
            case "T", "X": text += "%H:%M:%S"
            case "R": text += "%H:%M"
            case "D", "x": text += "%m/%d/%y"
            case "c": text += "%a %b %d %H:%M:%S %Y"
            default: text += "%\(directive)"
            }
        }
        return text
    }
}
