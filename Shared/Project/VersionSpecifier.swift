/// One version, or one bound of versions, as packages write them: `1.2.0`, `>=1.0.0`, `=0.9.2-rc1`. dbt's reading of semantic versions:
/// a sign, three numbers, and a pre-release with or without its dash; builds are read and do not count.
public struct VersionSpecifier: Hashable, Sendable, CustomStringConvertible {
    public enum Sign: String, Sendable { case more = ">", least = ">=", less = "<", most = "<=", exactly = "=" }
    public let sign: Sign
    /// Major, minor, patch.
    let numbers: [Int]
    public let prerelease: String?
    let build: String?

    /// nil where the text is no version.
    public init?(_ text: String) {
        var rest = text[...]
        let written = rest.prefix { "<>=".contains($0) }
        guard let sign = written.isEmpty ? .exactly : Sign(rawValue: String(written)) else { return nil }
        rest = rest.dropFirst(written.count)
        var numbers: [Int] = []
        for place in 0..<3 {
            if place > 0 { guard rest.popFirst() == "." else { return nil } }
            // A zero stands alone: what follows is not of the number.
            let digits = rest.first == "0" ? rest.prefix(1) : rest.prefix(while: Self.isDigit)
            guard let number = Int(digits) else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
        }
        let parts = rest.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        var prerelease = parts.first ?? ""
        let isDashed = prerelease.first == "-"
        if isDashed { prerelease.removeFirst() }
        guard !isDashed && prerelease.isEmpty || Self.isTagged(prerelease) else { return nil }
        self.sign = sign
        self.numbers = numbers
        self.prerelease = prerelease.isEmpty ? nil : String(prerelease)
        build = parts.count == 2 ? String(parts[1]) : nil
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    /// Words of letters, digits and dashes with dots between; a number among them does not begin with a zero.
    private static func isTagged(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") } && (word.count == 1 || word.first != "0" || !word.allSatisfy(isDigit))
        }
    }

    /// Without the sign.
    public var version: String { numbers.map(String.init).joined(separator: ".") + (prerelease.map { "-\($0)" } ?? "") + (build.map { "+\($0)" } ?? "") }
    public var description: String { sign.rawValue + version }

    var isLowerBound: Bool { sign == .more || sign == .least }
    var isUpperBound: Bool { sign == .less || sign == .most }
    var isExact: Bool { sign == .exactly }

    /// Less than 0 where this one comes before the other. Of bounds of one version the sign decides: what ends before it comes first.
    public func compare(_ other: VersionSpecifier) -> Int {
        for (own, its) in zip(numbers, other.numbers) where own != its { return own > its ? 1 : -1 }
        switch (prerelease, other.prerelease) {
        case (nil, nil): break
        // `<2.0.0` leaves 2.0.0-rc1 out too, though it comes before 2.0.0.
        case (nil, _): return sign == .less ? -1 : 1
        case (_, nil): return -1
        case (let own?, let its?):
            let order = Self.compare(own, its)
            if order != 0 { return order }
        }
        if sign == .least && other.sign == .most || sign == .most && other.sign == .least { return 0 }
        if sign == .less && other.sign == .most || sign == .least && other.sign == .more || isUpperBound && other.isLowerBound { return -1 }
        if sign == .most && other.sign == .less || sign == .more && other.sign == .least || isLowerBound && other.isUpperBound { return 1 }
        return 0
    }

    /// Word by word: numbers by their value, before words; else the longer text comes later.
    private static func compare(_ own: String, _ its: String) -> Int {
        for (one, other) in zip(own.split(separator: "."), its.split(separator: ".")) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?) where one != other: return one > other ? 1 : -1
            case (.some, .some): continue
            case (.some, nil): return -1
            case (nil, .some): return 1
            default: return one > other ? 1 : -1
            }
        }
        return own.utf8.count == its.utf8.count ? 0 : own.utf8.count > its.utf8.count ? 1 : -1
    }
}

/// What several specifiers leave together; a bound that is nil is none.
public struct VersionRange: Hashable, Sendable, CustomStringConvertible {
    public var start: VersionSpecifier?
    public var end: VersionSpecifier?

    private init(_ specifier: VersionSpecifier?) {
        start = specifier.flatMap { $0.isUpperBound ? nil : $0 }
        end = specifier.flatMap { $0.isLowerBound ? nil : $0 }
    }

    /// nil where no version meets them all.
    public init?(_ specifiers: [VersionSpecifier]) {
        guard let last = specifiers.last else { self.init(nil); return }
        self.init(last)
        for specifier in specifiers.dropLast() {
            guard let reduced = reduced(by: VersionRange(specifier)) else { return nil }
            self = reduced
        }
    }

    public func contains(_ version: VersionSpecifier) -> Bool { VersionRange([version] + [start, end].compactMap { $0 }) != nil }

    /// The last of the versions that are within, as it was written.
    public func last(of versions: [String]) -> String? {
        var found: (version: VersionSpecifier, text: String)?
        for text in versions {
            guard let version = VersionSpecifier(text), contains(version), found.map({ $0.version.compare(version) < 0 }) ?? true else { continue }
            found = (version, text)
        }
        return found?.text
    }

    public var description: String { start == nil && end == nil ? "ANY" : [start, end].compactMap { $0?.description }.joined(separator: ", ") }

    private func reduced(by other: VersionRange) -> VersionRange? {
        var range = self
        if let own = start, let its = other.start, own.isExact, its.isExact {
            guard own.compare(its) == 0 else { return nil }
            range.end = own
        } else {
            guard let start = Self.later(start, other.start), let end = Self.earlier(end, other.end) else { return nil }
            (range.start, range.end) = (start, end)
        }
        if let start = range.start, let end = range.end, start.compare(end) > 0 { return nil }
        return range
    }

    /// The narrower of two lower bounds, any of which may be none; nil where they exclude each other.
    private static func later(_ one: VersionSpecifier?, _ other: VersionSpecifier?) -> VersionSpecifier?? {
        guard let one, let other else { return .some(one ?? other) }
        guard one.isExact || other.isExact else { return one.compare(other) < 0 ? other : one }
        let (exact, bound) = one.isExact ? (one, other) : (other, one)
        let order = bound.compare(exact)
        return order < 0 || order == 0 && bound.sign == .least ? .some(exact) : nil
    }

    private static func earlier(_ one: VersionSpecifier?, _ other: VersionSpecifier?) -> VersionSpecifier?? {
        guard let one, let other else { return .some(one ?? other) }
        guard one.isExact || other.isExact else { return one.compare(other) > 0 ? other : one }
        let (exact, bound) = one.isExact ? (one, other) : (other, one)
        let order = bound.compare(exact)
        return order > 0 || order == 0 && bound.sign == .most ? .some(exact) : nil
    }
}
