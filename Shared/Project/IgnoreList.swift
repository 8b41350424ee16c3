/// `.dbtignore`: which files of a package dbt passes over, in the words of `.gitignore`.
///
/// The last pattern that fits a path decides, and `!` takes back what an earlier one left out, below an ignored folder too: dbt asks of each
/// file, never of its folders.
struct IgnoreList {
    private struct Pattern {
        var parts: [String]
        var isFolder: Bool
        var isTakenBack: Bool
    }
    private var patterns: [Pattern] = []

    init() {}

    init(_ text: String) { patterns = text.split(separator: "\n").compactMap { Self.pattern(String($0)) } }

    /// - Parameter path: of a file, from the package's folder.
    func contains(_ path: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        let path = path.split(separator: "/").map(String.init).filter { $0 != "." }[...]
        return patterns.last { Self.fits($0.parts[...], path, isFolder: $0.isFolder) }.map { !$0.isTakenBack } ?? false
    }

    private static func pattern(_ line: String) -> Pattern? {
        var text = line
        while text.hasSuffix(" "), !text.hasSuffix("\\ ") { text.removeLast() }
        guard !text.isEmpty, !text.hasPrefix("#") else { return nil }
        let isTakenBack = text.hasPrefix("!")
        if isTakenBack || text.hasPrefix("\\#") || text.hasPrefix("\\!") { text.removeFirst() }
        let isFolder = text.hasSuffix("/")
        // A name alone is looked for at any depth; a path counts from the package's folder.
        let isPlaced = text.dropLast().contains("/")
        let parts = text.split(separator: "/").map(String.init)
        guard !parts.isEmpty else { return nil }
        return Pattern(parts: (isPlaced ? [] : ["**"]) + parts, isFolder: isFolder, isTakenBack: isTakenBack)
    }

    private static func fits(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>, isFolder: Bool) -> Bool {
        // What is left of the path lies below a folder that the pattern names.
        guard let first = pattern.first else { return !isFolder || !path.isEmpty }
        if first == "**" {
            if pattern.count == 1 { return !path.isEmpty }
            return (path.startIndex..<path.endIndex).contains { fits(pattern.dropFirst(), path[$0...], isFolder: isFolder) }
        }
        guard let name = path.first, Wildcard.matches(first, name) else { return false }
        return fits(pattern.dropFirst(), path.dropFirst(), isFolder: isFolder)
    }
}
