/// What a zone does after its last known change, in the words of POSIX: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Hashable, Sendable {
    private struct Change: Hashable {
        var month: Int, week: Int, weekday: Int, seconds: Int
    }
    private var standard: ZoneHistory.Kind
    private var summer: ZoneHistory.Kind?
    private var changes: [Change] = []

    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard let zones = parts.first, !zones.isEmpty else { return nil }
        var place = 0
        func name() -> String {
            let start = place
            if place < zones.count, zones[place] == UInt8(ascii: "<") {
                while place < zones.count, zones[place] != UInt8(ascii: ">") { place += 1 }
                place += 1
                return String(decoding: zones[(start + 1)..<(place - 1)], as: UTF8.self)
            }
            while place < zones.count, (0x61...0x7a).contains(zones[place] | 0x20) { place += 1 }
            return String(decoding: zones[start..<place], as: UTF8.self)
        }
        func offset() -> Int? {
            let start = place
            while place < zones.count, !(0x61...0x7a).contains(zones[place] | 0x20), zones[place] != UInt8(ascii: "<") { place += 1 }
            return Self.seconds(zones[start..<place]).map { -$0 }
        }
        let standardName = name()
        guard let standardOffset = offset() else { return nil }
        standard = ZoneHistory.Kind(offset: standardOffset, isSummer: false, abbreviation: standardName)
        guard place < zones.count else { return }
        let summerName = name()
        summer = ZoneHistory.Kind(offset: offset() ?? standardOffset + 3600, isSummer: true, abbreviation: summerName)
        for part in parts.dropFirst() {
            let halves = part.split(separator: UInt8(ascii: "/"))
            guard let day = halves.first, day.first == UInt8(ascii: "M") else { return nil }
            let numbers = day.dropFirst().split(separator: UInt8(ascii: ".")).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 3 else { return nil }
            changes.append(Change(
                month: numbers[0], week: numbers[1], weekday: numbers[2], seconds: halves.count > 1 ? Self.seconds(halves[1]) ?? 7200 : 7200))
        }
        guard changes.count == 2 else { return nil }
    }

    private static func seconds(_ text: ArraySlice<UInt8>) -> Int? {
        var text = text
        var sign = 1
        if text.first == UInt8(ascii: "-") { sign = -1; text = text.dropFirst() } else if text.first == UInt8(ascii: "+") { text = text.dropFirst() }
        let parts = text.split(separator: UInt8(ascii: ":")).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard let hours = parts.first else { return nil }
        return sign * (hours * 3600 + (parts.count > 1 ? parts[1] * 60 : 0) + (parts.count > 2 ? parts[2] : 0))
    }

    func type(atUTC seconds: Int64) -> ZoneHistory.Kind {
        guard let summer, changes.count == 2 else { return standard }
        let year = PythonDate(days: Int((Double(seconds + Int64(standard.offset)) / 86_400).rounded(.down))).parts.year
        let start = moment(changes[0], year) - Int64(standard.offset)
        let end = moment(changes[1], year) - Int64(summer.offset)
        let isSummer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
        return isSummer ? summer : standard
    }

    /// Seconds of the wall clock.
    private func moment(_ change: Change, _ year: Int) -> Int64 {
        let first = PythonDate(year: year, month: change.month, day: 1)?.days ?? 0
        // Sunday is 0 in the rule.
        let weekdayOfFirst = (PythonDate(days: first).weekday + 1) % 7
        var day = first + (change.weekday - weekdayOfFirst + 7) % 7 + (change.week - 1) * 7
        while PythonDate(days: day).parts.month != change.month { day -= 7 }
        return Int64(day) * 86_400 + Int64(change.seconds)
    }
}
