public import Kernel

/// The doctor's report for people: a line for each check, what to do beneath it, grouped.
public struct DoctorText: Sendable {
    private static let nameColumnsMax = 46
    private let paint: RunText

    public init(isColoured: Bool) { paint = RunText(isColoured: isColoured) }

    public func report(_ sections: [Doctor.Section]) -> String {
        let findings = sections.flatMap(\.findings)
        let columns = min(Self.nameColumnsMax, findings.map(\.check.count).max() ?? 0)
        var text = ""
        for section in sections where !section.findings.isEmpty {
            text += "\(paint.bold(section.name))\n"
            for finding in section.findings { text += lines(finding, columns) }
            text += "\n"
        }
        return text + summary(findings) + "\n"
    }

    private func lines(_ finding: Finding, _ columns: Int) -> String {
        let word = switch finding.state {
        case .ok: paint.green("ok  ")
        case .warn: paint.yellow("warn")
        case .fail: paint.red("fail")
        case .skipped: paint.dim("–   ")
        }
        let space = String(repeating: " ", count: max(0, columns - finding.check.count))
        let margin = String(repeating: " ", count: columns + 10)
        func beneath(_ text: String) -> String { text.split(separator: "\n").joined(separator: "\n\(margin)") }
        var text = "  \(word)  \(finding.check)\(space)  \(finding.state == .skipped ? paint.dim(beneath(finding.summary)) : beneath(finding.summary))\n"
        guard finding.state != .ok else { return text }
        if !finding.location.isEmpty { text += "\(margin)\(paint.dim("at")) \(finding.location)\n" }
        if !finding.remedy.isEmpty { text += "\(margin)\(paint.dim("try")) \(beneath(finding.remedy))\n" }
        return text
    }

    private func summary(_ findings: [Finding]) -> String {
        func count(_ state: Finding.State) -> Int { findings.count { $0.state == state } }
        var words = [paint.green("\(count(.ok)) ok")]
        if count(.warn) > 0 { words.append(paint.yellow("\(count(.warn)) to look at")) }
        if count(.fail) > 0 { words.append(paint.red("\(count(.fail)) failed")) }
        return words.joined(separator: ", ") + paint.dim("; nothing was run or changed")
    }

    /// For programs.
    public static func json(_ sections: [Doctor.Section]) -> JSON {
        let checks = sections.flatMap { section in
            section.findings.map { finding -> JSON in
                var json: JSON = ["section": .string(section.name)]
                for (key, value) in finding.json.objectValue?.pairs ?? [] { json[key] = value }
                return json
            }
        }
        return ["status": JSON(Int(Doctor.status(of: sections))), "checks": .array(checks)]
    }
}
