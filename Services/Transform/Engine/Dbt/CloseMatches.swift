/// The words most like another one, as Python's `difflib` counts likeness: by the letters that both have in stretches.
enum CloseMatches {
    private static let countMax = 3
    private static let ratioMin = 0.6

    static func of(_ word: String, among known: [String]) -> [String] {
        let wanted = Array(word.utf8)
        let near = Set(known).map { (ratio: ratio(Array($0.utf8), wanted), word: $0) }.filter { $0.ratio >= ratioMin }
        return near.sorted { ($0.ratio, $0.word) > ($1.ratio, $1.word) }.prefix(countMax).map(\.word)
    }

    private static func ratio(_ a: [UInt8], _ b: [UInt8]) -> Double {
        a.isEmpty && b.isEmpty ? 1 : 2 * Double(matches(a[...], b[...])) / Double(a.count + b.count)
    }

    /// The longest stretch that both have, the first of those that are as long, and the same on either side of it.
    private static func matches(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
        var best = (start: a.startIndex, other: b.startIndex, length: 0)
        for i in a.indices {
            for j in b.indices {
                var length = 0
                while i + length < a.endIndex, j + length < b.endIndex, a[i + length] == b[j + length] { length += 1 }
                if length > best.length { best = (i, j, length) }
            }
        }
        guard best.length > 0 else { return 0 }
        return matches(a[..<best.start], b[..<best.other]) + best.length + matches(a[(best.start + best.length)...], b[(best.other + best.length)...])
    }
}
