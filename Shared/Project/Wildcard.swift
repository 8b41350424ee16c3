/// `*`, `?` and `[…]` as in a shell.
enum Wildcard {
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[]".utf8.contains($0) } }

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
    /// - Parameter isThere: of the path or the folder that fits, whether it counts.
    static func matches(path pattern: String, _ text: String, _ isThere: (String) -> Bool) -> Bool { fits(pattern, text, isWhole: false, isThere) }

    /// The same, and a folder stands for nothing but itself.
    static func matches(file pattern: String, _ text: String, _ isThere: (String) -> Bool) -> Bool { fits(pattern, text, isWhole: true, isThere) }

    private static func fits(_ pattern: String, _ text: String, isWhole: Bool, _ isThere: (String) -> Bool) -> Bool {
        let path = text.split(separator: "/").map(String.init)
        func fits(_ pattern: ArraySlice<String>, _ rest: ArraySlice<String>) -> Bool {
            guard let first = pattern.first else { return (!isWhole || rest.isEmpty) && isThere(path[..<rest.startIndex].joined(separator: "/")) }
            if first == "**" {
                // At the end it stands for folders alone.
                if pattern.count == 1 { return !isWhole && !rest.isEmpty && isThere(path[..<rest.startIndex].joined(separator: "/")) }
                return (rest.startIndex...rest.endIndex).contains { fits(pattern.dropFirst(), rest[$0...]) }
            }
            guard let folder = rest.first else { return false }
            return matches(first, folder) && fits(pattern.dropFirst(), rest.dropFirst())
        }
        return fits(pattern.split(separator: "/").map(String.init).filter { $0 != "." }[...], path[...])
    }
}
