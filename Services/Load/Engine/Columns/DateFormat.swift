internal import Kernel

/// Reads dates and times that are not written as ISO 8601 has them, by the directives of C's `strptime`: `%d.%m.%Y %H:%M`.
struct DateFormat {
    private enum Part {
        case literal(UInt8)
        case directive(UInt8)
    }
    private let parts: [Part]
    private let hasTime: Bool

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].map { Array($0.utf8) }

    /// Nil for a pattern with a directive that is not known, or without year, month and day.
    init?(_ pattern: String) {
        var parts: [Part] = []
        var seen: Set<UInt8> = []
        var isDirective = false
        for byte in pattern.utf8 {
            guard isDirective else {
                if byte == UInt8(ascii: "%") { isDirective = true } else { parts.append(.literal(byte)) }
                continue
            }
            isDirective = false
            if byte == UInt8(ascii: "%") { parts.append(.literal(byte)); continue }
            guard "YymdbHIMSfpz".utf8.contains(byte) else { return nil }
            seen.insert(byte)
            parts.append(.directive(byte))
        }
        func has(_ words: String) -> Bool { words.utf8.contains { seen.contains($0) } }
        guard !isDirective, has("Yy"), has("mb"), has("d") else { return nil }
        self.parts = parts
        hasTime = has("HIMSfpz")
    }

    /// `2024-05-01`, or `2024-05-01T10:00:00+02:00` where the pattern has a time, and its zone where it has `%z`; nil for a text that does not fit, or that no calendar has.
    func iso(_ bytes: Bytes) -> String? {
        var place = 0
        var year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0
        var fraction = "", zone = ""
        var isAfternoon: Bool?
        func number(_ digitsMax: Int) -> Int? {
            let start = place
            var value = 0
            while place < bytes.count, place - start < digitsMax, bytes[place] &- 0x30 <= 9 { value = value * 10 + Int(bytes[place] &- 0x30); place += 1 }
            return place > start ? value : nil
        }
        func take(_ directive: UInt8) -> Bool {
            switch directive {
            case UInt8(ascii: "Y"):
                let start = place
                guard let value = number(4), place - start == 4 else { return false }
                year = value
            case UInt8(ascii: "y"):
                guard let value = number(2) else { return false }
                // As POSIX has it.
                year = value < 69 ? 2000 + value : 1900 + value
            case UInt8(ascii: "m"): guard let value = number(2) else { return false }; month = value
            case UInt8(ascii: "b"):
                guard place + 3 <= bytes.count, let index = Self.months.firstIndex(where: { name in (0..<3).allSatisfy { bytes[place + $0] | 0x20 == name[$0] } })
                else { return false }
                month = index + 1
                place += 3
            case UInt8(ascii: "d"): guard let value = number(2) else { return false }; day = value
            case UInt8(ascii: "H"): guard let value = number(2), value < 24 else { return false }; hour = value
            case UInt8(ascii: "I"): guard let value = number(2), value >= 1, value <= 12 else { return false }; hour = value % 12
            case UInt8(ascii: "M"): guard let value = number(2), value < 60 else { return false }; minute = value
            case UInt8(ascii: "S"): guard let value = number(2), value < 60 else { return false }; second = value
            case UInt8(ascii: "f"):
                let start = place
                guard number(6) != nil else { return false }
                fraction = "." + String(decoding: bytes[start..<place], as: UTF8.self)
            case UInt8(ascii: "p"):
                guard place + 2 <= bytes.count, bytes[place + 1] | 0x20 == UInt8(ascii: "m") else { return false }
                switch bytes[place] | 0x20 {
                case UInt8(ascii: "a"): isAfternoon = false
                case UInt8(ascii: "p"): isAfternoon = true
                default: return false
                }
                place += 2
            default:
                guard place < bytes.count else { return false }
                if bytes[place] | 0x20 == UInt8(ascii: "z") { place += 1; zone = "Z"; return true }
                guard bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") else { return false }
                let sign = bytes[place] == UInt8(ascii: "+") ? "+" : "-"
                place += 1
                let start = place
                guard let hours = number(2), place - start == 2 else { return false }
                if place < bytes.count, bytes[place] == UInt8(ascii: ":") { place += 1 }
                guard let minutes = number(2), hours < 24, minutes < 60 else { return false }
                zone = sign + Self.padded(hours) + ":" + Self.padded(minutes)
            }
            return true
        }
        for part in parts {
            switch part {
            case .literal(let byte):
                guard place < bytes.count, bytes[place] == byte else { return nil }
                place += 1
            case .directive(let directive): guard take(directive) else { return nil }
            }
        }
        guard place == bytes.count, (1...12).contains(month), day >= 1, day <= Timestamp.days(in: month, of: year) else { return nil }
        let years = String(year)
        let date = "\(String(repeating: "0", count: 4 - years.utf8.count))\(years)-\(Self.padded(month))-\(Self.padded(day))"
        guard hasTime else { return date }
        if isAfternoon == true { hour += 12 }
        return "\(date)T\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))\(fraction)\(zone)"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
