public import Contracts

/// A rule for every pipeline whose name fits, from the file that `SLUICE_ROUTES` names.
public struct Route: Hashable, Sendable {
    /// As a message calls it: its name and its place in the file.
    public let name: String
    /// `*` stands for any text, `?` for one character.
    public let pipelines: [String]
    public let rule: NotifyRule

    public init(name: String, pipelines: [String] = ["*"], rule: NotifyRule) {
        self.name = name
        self.pipelines = pipelines
        self.rule = rule
    }

    /// A rule of a pipeline's own definition.
    public init(_ rule: NotifyRule, of pipeline: String) {
        self.init(
            name: "notify rule 'to: \(rule.channel)' of pipeline \(pipeline)" + (rule.place.map { " (\($0))" } ?? ""), pipelines: [pipeline], rule: rule)
    }

    public func covers(_ pipeline: String) -> Bool { pipelines.contains { Self.fits(Array(pipeline.utf8)[...], Array($0.utf8)[...]) } }

    /// Goes back to the last `*` only, so a pattern with many of them costs no more than length times length.
    private static func fits(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var place = text.startIndex, mark = pattern.startIndex
        var star: (pattern: Int, text: Int)?
        while place < text.endIndex {
            if mark < pattern.endIndex, pattern[mark] == UInt8(ascii: "*") {
                star = (mark, place)
                mark += 1
            } else if mark < pattern.endIndex, pattern[mark] == UInt8(ascii: "?") || pattern[mark] == text[place] {
                mark += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                mark = last.pattern + 1
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[mark...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
