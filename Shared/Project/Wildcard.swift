/// `*`, `?` and `[…]` as in a shell.
enum Wildcard {
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[".utf8.contains($0) } }

    static func matches(_ pattern: String, _ text: String) -> Bool {
        guard isPattern(pattern) else { return pattern == text }
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var place = 0
        var star: (pattern: Int, text: Int)?
        var at = 0
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, let next = step(pattern, place, text[at]) {
                place = next
                at += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                place = last.pattern + 1
                at = last.text + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on behind one byte of the text; nil where the byte does not fit.
    private static func step(_ pattern: [UInt8], _ place: Int, _ byte: UInt8) -> Int? {
        switch pattern[place] {
        case UInt8(ascii: "?"): return place + 1
        case UInt8(ascii: "["):
            var at = place + 1
            let isNegated = at < pattern.count && pattern[at] == UInt8(ascii: "!")
            if isNegated { at += 1 }
            let first = at
            var isIn = false
            while at < pattern.count, pattern[at] != UInt8(ascii: "]") || at == first {
                if at + 2 < pattern.count, pattern[at + 1] == UInt8(ascii: "-"), pattern[at + 2] != UInt8(ascii: "]") {
                    isIn = isIn || (pattern[at]...max(pattern[at], pattern[at + 2])).contains(byte)
                    at += 3
                } else {
                    isIn = isIn || pattern[at] == byte
                    at += 1
                }
            }
            guard at < pattern.count else { return byte == UInt8(ascii: "[") ? place + 1 : nil }
            return isIn != isNegated ? at + 1 : nil
        default: return pattern[place] == byte ? place + 1 : nil
        }
    }

    /// A pattern of a path: `*` stays within a folder, `**` stands for any folders; a folder stands for all below it.
    static func matches(path pattern: String, _ text: String) -> Bool {
        var parts = pattern.split(separator: "/").map(String.init)[...]
        if parts.first == "." { parts = parts.dropFirst() }
        return fits(parts, text.split(separator: "/").map(String.init)[...])
    }
    private static func fits(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return true }
        if first == "**" {
            return (path.startIndex...path.endIndex).contains { fits(pattern.dropFirst(), path[$0...]) && (pattern.count > 1 || $0 < path.endIndex) }
        }
        guard let folder = path.first else { return false }
        return matches(first, folder) && fits(pattern.dropFirst(), path.dropFirst())
    }
}
