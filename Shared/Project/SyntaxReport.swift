internal import YAML

/// What is told of a text that is no YAML, in dbt's words: the lines around the fault, then the parser's own account. dbt shows
/// the lines of `profiles.yml` too, where passwords are; we do not.
struct SyntaxReport {
    let what: String
    let mark: Mark
    let within: YAMLError.Reading?

    /// - Parameter text: nil for one that is not shown.
    func words(of text: String?) -> String {
        guard let text else { return "Syntax error near line \(mark.line)\n\nRaw Error:\n\(String(repeating: "-", count: 30))\n\(what)" }
        let rule = String(repeating: "-", count: 30)
        // dbt reads a text without the space around it.
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte >= 0x09 && byte <= 0x0d }
        let before = text.utf8.prefix(while: isBlank)
        let skipped = before.count { $0 == 0x0a }
        let written = String(decoding: text.utf8.dropFirst(before.count).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
        let lines = written.split(separator: "\n", omittingEmptySubsequences: false)
        let place = mark.line - skipped
        let shown = max(place - 4, 0)..<max(min(place + 3, lines.count), max(place - 4, 0))
        var report = ["Syntax error near line \(place)", rule]
        report += shown.map { "\($0 + 1)".padded(to: 3) + "| \(lines[$0])" }
        report += ["", "Raw Error:", rule]
        func at(_ mark: Mark) -> String { "  in \"<unicode string>\", line \(mark.line - skipped), column \(mark.column)" }
        if let within {
            report.append(within.text)
            if within.mark != mark { report.append(at(within.mark)) }
        }
        return (report + [what, at(mark)]).joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - utf8.count, 0)) }
}
