internal import Kernel

/// Dates and times without quotes, which are none of YAML's texts to Python.
extension YAMLValue {
    /// With each time as Python writes it in JSON: `2026-01-31 10:20:30.5Z` is `2026-01-31T10:20:30.500000+00:00`.
    var timed: YAMLValue {
        switch kind {
        case .scalar(.string(let text)):
            guard isPlain, let time = Self.time(text) else { return self }
            return YAMLValue(.scalar(.string(time)), file: file, line: line, column: column, isPlain: isPlain)
        case .scalar: return self
        case .list(let items): return YAMLValue(.list(items.map(\.timed)), file: file, line: line, column: column)
        case .map(let members):
            return YAMLValue(.map(members.map { Member(key: $0.key, line: $0.line, value: $0.value.timed) }), file: file, line: line, column: column)
        }
    }

    /// The text of a day or a time, in ISO's forms, as Python writes it.
    static func begin(_ text: String) -> String? {
        let day = text.utf8.count == 8 && Int(text) != nil ? "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))" : String(text.prefix(10))
        let clock = text.utf8.count == 8 ? "" : text.dropFirst(11)
        let hours = clock.prefix { isDigit($0.utf8.first ?? 0) || $0 == ":" || $0 == "." }
        let full = hours.isEmpty ? "00:00:00" : hours.utf8.count == 2 ? "\(hours):00:00" : hours.utf8.count == 5 ? "\(hours):00" : String(hours)
        return time("\(day)T\(full)\(clock.dropFirst(hours.count))")
    }

    /// nil for what is no time, a date by itself too.
    private static func time(_ text: String) -> String? {
        guard text.utf8.count > 10, text.utf8.first.map(isDigit) == true else { return nil }
        let head = text.prefix { isDigit($0.utf8.first ?? 0) || $0 == "-" }
        let date = head.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        var rest = text.dropFirst(head.count)
        guard date.count == 3, head.split(separator: "-")[0].utf8.count == 4, (1...12).contains(date[1]), (1...31).contains(date[2]), let mark = rest.first, mark == "T" || mark == "t" || mark == " " || mark == "\t" else { return nil }
        rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
        let clock = rest.prefix { isDigit($0.utf8.first ?? 0) || $0 == ":" }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard parts.count == 3, (0...23).contains(parts[0]), (0...59).contains(parts[1]), (0...59).contains(parts[2]) else { return nil }
        rest = rest.dropFirst(clock.count)
        var fraction = ""
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { isDigit($0.utf8.first ?? 0) }
            rest = rest.dropFirst(digits.count + 1)
            let six = (digits + "000000").prefix(6)
            if six != "000000" { fraction = "." + six }
        }
        guard let zone = zone(rest.drop { $0 == " " || $0 == "\t" }) else { return nil }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(head.prefix(4))-\(two(date[1]))-\(two(date[2]))T\(two(parts[0])):\(two(parts[1])):\(two(parts[2]))\(fraction)\(zone)"
    }

    /// `Z`, `+2`, `-05:30`, or nothing.
    private static func zone(_ text: Substring) -> String? {
        if text.isEmpty { return "" }
        if text == "Z" { return "+00:00" }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }) else { return nil }
        return "\(sign)\(parts[0].utf8.count == 1 ? "0" : "")\(parts[0]):\(parts.count == 2 ? String(parts[1]) : "00")"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
