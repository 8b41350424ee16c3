import NotifyKit

extension Notice {
    /// A page of its own that needs nothing from anywhere: mail programs load no style sheets.
    var html: String {
        let colour = switch outcome {
        case .failed, .slaMissed, .alert: "#b42525"
        case .warned, .slow, .cancelled: "#8a5a00"
        case .succeeded, .recovered: "#157f47"
        }
        var parts = [
            "<!doctype html><html><body style=\"font:15px/1.5 system-ui,sans-serif;color:#1a2028\">",
            "<h2 style=\"font-size:18px;color:\(colour)\">\(Self.escaped("\(mark) \(headline)"))</h2>",
            "<p>\(Self.escaped(summary))\(outcome == .alert ? "" : " (\(duration))")</p>",
        ]
        if let part { parts.append("<p>\(Self.escaped(part))</p>") }
        if let history { parts.append("<p>\(Self.escaped(history))</p>") }
        for failure in failures {
            let attempt = failure.attempt > 1 ? ", attempt \(failure.attempt)" : ""
            parts.append("<h3 style=\"font-size:15px;margin-bottom:0\">✗ \(Self.escaped(failure.title))</h3>")
            parts.append("<div style=\"color:#667180\">\(Self.escaped("\(failure.task)\(attempt)"))</div>")
            parts.append("<p>\(Self.escaped(failure.summary))</p><table>")
            for (name, value) in [("failing rows", failure.failingRows.map { "\($0)" } ?? ""), ("at", failure.location), ("try", failure.remedy)] where !value.isEmpty {
                parts.append("<tr><td style=\"color:#667180;padding-right:1em\">\(name)</td><td><code>\(Self.escaped(value))</code></td></tr>")
            }
            parts.append("</table>")
        }
        if furtherFailures > 0 { parts.append("<p>and \(furtherFailures) more failed</p>") }
        if skipped > 0 { parts.append("<p>\(skipped) tasks skipped because of that</p>") }
        if !warnings.isEmpty { parts.append("<ul>\(warnings.map { "<li>\(Self.escaped($0))</li>" }.joined(separator: "\n"))</ul>") }
        if furtherWarnings > 0 { parts.append("<p>and \(furtherWarnings) more warn</p>") }
        if isFailure {
            parts.append("<pre>\(Self.escaped((["sluice runs show \(run)"] + logs).joined(separator: "\n")))</pre>")
        }
        return parts.joined(separator: "\n") + "\n</body></html>\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
