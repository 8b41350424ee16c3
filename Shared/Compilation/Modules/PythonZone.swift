internal import Glibc
internal import Synchronization

/// Where a clock hangs: a fixed offset, or a place with its history of offsets.
///
/// As pytz has it, a reading carries one offset of its place, however far it is moved: `localize` and `normalize` choose it, a place that
/// is only put to a reading gives it the first that it ever had.
enum PythonZone: Hashable {
    /// Seconds east of Greenwich, and a name where it has one.
    case fixed(Int, name: String?)
    /// pytz's own of so many minutes, which has no name.
    case minutes(Int)
    case place(ZoneHistory)
    /// A place, and what its clocks show for one reading.
    case pinned(ZoneHistory, ZoneHistory.Kind)

    static let utc = PythonZone.fixed(0, name: "UTC")

    var name: String {
        switch self {
        case .fixed(let offset, let name): name ?? Self.text(offset)
        case .minutes(let count): "pytz.FixedOffset(\(count))"
        case .place(let history), .pinned(let history, _): history.name
        }
    }

    private var history: ZoneHistory? {
        switch self {
        case .fixed, .minutes: nil
        case .place(let history), .pinned(let history, _): history
        }
    }

    /// What the place showed at a moment.
    func at(utc seconds: Int64) -> PythonZone { history.map { .pinned($0, $0.pytzType(atUTC: seconds)) } ?? self }

    /// What the place showed where its clocks read this.
    func at(wall seconds: Int64, isSummer: Bool = false) -> PythonZone { history.map { .pinned($0, $0.pytzType(atWall: seconds, isSummer: isSummer)) } ?? self }

    /// As a reading has it that was not localized.
    var attached: PythonZone { if case .place(let history) = self { .pinned(history, history.first) } else { self } }

    var offset: Int {
        switch self {
        case .fixed(let offset, _): offset
        case .minutes(let count): count * 60
        case .place(let history): history.first.wholeMinutes
        case .pinned(_, let kind): kind.wholeMinutes
        }
    }

    var abbreviation: String {
        switch self {
        case .fixed: name
        case .minutes: ""
        case .place(let history): history.first.abbreviation
        case .pinned(_, let kind): kind.abbreviation
        }
    }

    /// As `repr` shows it.
    var representation: String {
        guard case .place(let history) = self else { return history == nil ? name : "<DstTzInfo '\(name)' \(abbreviation)\(Self.shown(offset)) \(summerTime == 0 ? "STD" : "DST")>" }
        return "<DstTzInfo '\(name)' \(history.first.abbreviation)\(Self.shown(history.first.wholeMinutes)) STD>"
    }
    /// As Python prints a span of time, with its sign.
    private static func shown(_ seconds: Int) -> String {
        let rest = (seconds % 86_400 + 86_400) % 86_400
        return (seconds < 0 ? "-1 day, " : "+") + "\(rest / 3600):\(Digits.padded(rest / 60 % 60, 2)):\(Digits.padded(rest % 60, 2))"
    }

    /// Seconds by which the clocks are ahead in summer.
    var summerTime: Int { if case .pinned(_, let kind) = self, kind.isSummer { 3600 } else { 0 } }

    private static func text(_ offset: Int) -> String {
        let size = abs(offset)
        return "UTC\(offset < 0 ? "-" : "+")\(Digits.padded(size / 3600, 2)):\(Digits.padded(size / 60 % 60, 2))"
    }

    /// The zone of this name in the system's database; nil where there is none.
    static func named(_ name: String) -> PythonZone? {
        if ["utc", "etc/utc", "gmt", "zulu"].contains(name.lowercased()) { return name.lowercased() == "utc" ? .utc : .fixed(0, name: name) }
        return ZoneHistory.load(name).map(PythonZone.place)
    }
}

/// What the clocks of one place showed and will show, from the system's zone database.
final class ZoneHistory: Hashable, Sendable {
    struct Kind: Hashable {
        var offset: Int
        var isSummer: Bool
        var abbreviation: String
        /// pytz knows no seconds.
        var wholeMinutes: Int { Int((Double(offset + 30) / 60).rounded(.down)) * 60 }
    }
    let name: String
    private let times: [Int64]
    private let kinds: [Int]
    private let types: [Kind]
    private let rule: ZoneRule?

    static func == (left: ZoneHistory, right: ZoneHistory) -> Bool { left.name == right.name }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }

    private static let known = Mutex<[String: ZoneHistory]>([:])

    static func load(_ name: String) -> ZoneHistory? {
        if let zone = known.withLock({ $0[name] }) { return zone }
        // A name is a path below the database, and nothing else.
        guard !name.isEmpty, !name.contains(".."), !name.hasPrefix("/"), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        for folder in ["/usr/share/zoneinfo", "/usr/lib/zoneinfo"] {
            guard let bytes = read("\(folder)/\(name)"), let zone = ZoneHistory(name, bytes) else { continue }
            known.withLock { $0[name] = zone }
            return zone
        }
        return nil
    }

    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 44 ? Array(bytes[..<count]) : nil
    }

    /// TZif of RFC 8536: the second block, with times of 64 bits, and the rule behind it.
    private init?(_ name: String, _ bytes: [UInt8]) {
        guard bytes.starts(with: Array("TZif".utf8)), bytes[4] >= UInt8(ascii: "2") else { return nil }
        func number(_ place: Int, _ width: Int) -> Int64 {
            var value: UInt64 = 0
            for byte in bytes[place..<place + width] { value = value << 8 | UInt64(byte) }
            return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
        }
        func counts(_ header: Int) -> [Int] { (0..<6).map { Int(number(header + 20 + $0 * 4, 4)) } }
        let first = counts(0)
        let header = 44 + first[3] * 5 + first[4] * 6 + first[5] + first[2] * 8 + first[1] + first[0]
        guard bytes.count > header + 44 else { return nil }
        let second = counts(header)
        let (timeCount, typeCount, nameCount) = (second[3], second[4], second[5])
        let start = header + 44
        let typesAt = start + timeCount * 9
        let namesAt = typesAt + typeCount * 6
        let end = namesAt + nameCount + second[2] * 12 + second[1] + second[0]
        guard end <= bytes.count else { return nil }
        self.name = name
        times = (0..<timeCount).map { number(start + $0 * 8, 8) }
        kinds = (0..<timeCount).map { Int(bytes[start + timeCount * 8 + $0]) }
        types = (0..<typeCount).map { index in
            let place = typesAt + index * 6
            let word = bytes[(namesAt + Int(bytes[place + 5]))...].prefix { $0 != 0 }
            return Kind(offset: Int(number(place, 4)), isSummer: bytes[place + 4] != 0, abbreviation: String(decoding: word, as: UTF8.self))
        }
        rule = ZoneRule(String(decoding: bytes[end...].dropFirst().prefix { $0 != 0x0a }, as: UTF8.self))
    }

    /// What the place had before anything was recorded.
    var first: Kind { types.first { !$0.isSummer } ?? types[0] }

    /// pytz knows the years from 1902 to 2037 alone.
    private static let known32 = Int64(Int32.min)..<2_145_916_800
    func pytzType(atUTC seconds: Int64) -> Kind { seconds < Self.known32.lowerBound ? first : type(atUTC: min(seconds, Self.known32.upperBound - 1)) }

    /// Of a reading that comes twice, or never, `isSummer` decides.
    func pytzType(atWall seconds: Int64, isSummer: Bool) -> Kind {
        var found: [Kind] = []
        for day in [-86_400, 86_400] as [Int64] {
            let kind = pytzType(atUTC: seconds + day)
            if !found.contains(kind), pytzType(atUTC: seconds - Int64(kind.wholeMinutes)) == kind { found.append(kind) }
        }
        if found.isEmpty { return pytzType(atWall: seconds + (isSummer ? 21_600 : -21_600), isSummer: isSummer) }
        let fitting = found.filter { $0.isSummer == isSummer }
        let chosen = fitting.isEmpty ? found : fitting
        return (isSummer ? chosen.max { $0.offset < $1.offset } : chosen.min { $0.offset < $1.offset }) ?? first
    }

    func type(atUTC seconds: Int64) -> Kind {
        if let last = times.last, seconds >= last, let rule { return rule.type(atUTC: seconds) }
        if times.isEmpty, let rule { return rule.type(atUTC: seconds) }
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return first }
        return types[kinds[low - 1]]
    }
}

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
