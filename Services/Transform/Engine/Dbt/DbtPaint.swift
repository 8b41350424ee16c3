/// Colours a line for a terminal, as dbt does: how a node ended, how the command ended, what failed or warned.
enum DbtPaint {
    private enum Colour: String {
        case red = "\u{1b}[31m", yellow = "\u{1b}[33m", green = "\u{1b}[32m"
        func callAsFunction(_ text: some StringProtocol) -> String { rawValue + text + DbtPaint.end }
    }
    static let end = "\u{1b}[0m"

    /// - Parameters:
    ///   - text: without blank lines around it.
    ///   - event: dbt's name of what is told.
    static func line(_ text: String, _ event: String) -> String {
        switch event {
        case "RunResultFailure": return Colour.red(text)
        case "RunResultWarning", "WarnStateTargetEqual", "QueryCancelationUnsupported": return Colour.yellow(text)
        case "EndOfRunSummary": return (text.contains("error") ? Colour.red : text.hasPrefix("Completed successfully") ? .green : .yellow)(text)
        case DbtLog.check: return checks(text)
        default: break
        }
        let tag = "[WARNING]"
        if text.hasPrefix(tag) { return "[\(Colour.yellow("WARNING"))]\(text.dropFirst(tag.count))" }
        if text.hasPrefix("WARNING: ") { return Colour.yellow(text) }
        return ended(text) ?? text
    }

    /// `… ....... [PASS in 0.01s]`: the status alone. What only begins has no colour.
    private static func ended(_ text: String) -> String? {
        guard text.hasSuffix("]"), let open = text.ranges(of: ". [").last?.upperBound else { return nil }
        let inside = text[open...].dropLast()
        let status = inside.ranges(of: " in ").last.map { inside[..<$0.lowerBound] } ?? inside
        guard status != "RUN" else { return nil }
        let isBad = ["ERROR", "FAIL", "STALE", "CANCEL"].contains(where: status.hasPrefix)
        let isDoubtful = ["WARN", "SKIP", "NO-OP", "PARTIAL"].contains(where: status.hasPrefix)
        return text[..<open] + (isBad ? Colour.red : isDoubtful ? .yellow : .green)(status) + inside[status.endIndex...] + "]"
    }

    /// Of `debug`: each word in brackets, and how it ended.
    private static func checks(_ text: String) -> String {
        if text == "All checks passed!" { return Colour.green(text) }
        if text.hasSuffix("failed:"), text.contains(" check") { return Colour.red(text) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasSuffix("]"), let open = line.ranges(of: " [").last?.upperBound else { return String(line) }
            let word = line[open...].dropLast()
            return line[..<open] + (word.hasPrefix("OK") ? Colour.green : .red)(word) + "]"
        }.joined(separator: "\n")
    }
}
