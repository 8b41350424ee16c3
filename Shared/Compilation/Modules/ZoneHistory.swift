internal import Glibc
internal import Synchronization

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
        guard let file = fopen(path, "re") else { return nil }
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
