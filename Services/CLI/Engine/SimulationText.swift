import Kernel
import Runs
public import Simulation

/// A simulated month for people: what ran, what was late and why, where it queued, and the worst day hour by hour.
public struct SimulationText: Sendable {
    /// More failures, misses and notes than this are counted: `--json` has all.
    private static let listedMax = 10
    private static let notesMax = 30
    /// A day's cells of half an hour.
    private static let cells = 48

    private let text: RunText

    public init(_ text: RunText) { self.text = text }

    public func report(_ report: SimulationReport) -> String {
        var lines = headline(report)
        lines += table(report)
        lines += failures(report) + misses(report) + queues(report) + catchingUp(report)
        if let day = report.worstDay { lines += timeline(day, report) }
        lines += verdict(report)
        return lines.joined(separator: "\n")
    }

    private func headline(_ report: SimulationReport) -> [String] {
        let last = report.from.adding(seconds: Double(report.days) * 86_400 - 1)
        let faults = report.faults.isEmpty ? "no faults" : "faults \(report.faults.map(\.rawValue).joined(separator: ", "))"
        var lines = [text.bold("\(report.days) \(report.days == 1 ? "day" : "days"), \(report.from.date) to \(last.date) (UTC), seed \(report.seed), \(faults)")]
        lines += report.faults.map { text.dim("  \($0.rawValue): \($0.words)") }
        lines += report.assumptions.map { text.dim("  \($0)") }
        return lines
    }

    // MARK: Pipelines

    private func table(_ report: SimulationReport) -> [String] {
        let names = max(8, report.pipelines.map(\.name.count).max() ?? 0), starts = min(44, max(6, report.pipelines.map(\.starts.count).max() ?? 0))
        func row(_ words: [String], _ name: String, _ start: String) -> String {
            "  \(text.padded(name, names))  \(text.padded(start, starts))  " + words.enumerated().map { text.leftPadded($1, Self.widths[$0]) }.joined(separator: "  ")
        }
        var lines = ["", text.dim(row(["runs", "ok", "failed", "retries", "SLA missed", "usually", "longest"], "pipeline", "starts"))]
        for line in report.pipelines {
            let start = line.starts.count > starts ? "\(line.starts.prefix(starts - 1))…" : line.starts
            let failed = line.failed + line.cancelled
            lines.append(row(
                [
                    "\(line.runs)", "\(line.succeeded)", failed > 0 ? text.red("\(failed)") : "0", "\(line.retried)",
                    line.misses.isEmpty ? (line.slaSeconds == nil ? "no SLA" : "0") : text.yellow("\(line.misses.count)"),
                    line.medianSeconds.map(DurationWords.short) ?? "", line.longest.map { DurationWords.short($0.seconds) } ?? "",
                ], text.bold(line.name), start))
            var words: [String] = []
            if line.backlog > 0 { words.append(text.red("\(line.backlog) runs were left over two days later: more work than time")) }
            if line.rejected > 0 { words.append("\(line.rejected) requests became no run") }
            if line.redelivered > 0 { words.append("\(line.redelivered) tasks were given to a second worker") }
            if line.slow > 0 { words.append("\(line.slow) runs were told of as slow") }
            if let longest = line.longest, line.runs > 1 { words.append("longest \(longest.run)") }
            if !words.isEmpty { lines.append(text.dim("  \(text.padded("", names))  \(words.joined(separator: ", "))")) }
        }
        return lines
    }

    private static let widths = [6, 6, 6, 7, 10, 12, 12]

    private func listed(_ title: String, _ entries: [String]) -> [String] {
        guard !entries.isEmpty else { return [] }
        let rest = entries.count - Self.listedMax
        return ["", text.bold(title)] + entries.prefix(Self.listedMax).map { "  \($0)" } + (rest > 0 ? [text.dim("  and \(rest) more: --json")] : [])
    }

    private func failures(_ report: SimulationReport) -> [String] {
        listed("failed", report.pipelines.flatMap(\.failures).sorted { ($0.at, $0.run) < ($1.at, $1.run) }.map { "\($0.at.minute)  \(text.red($0.run.description))  \($0.words)" })
    }

    private func misses(_ report: SimulationReport) -> [String] {
        listed("SLA missed", report.pipelines.flatMap(\.misses).sorted { ($0.deadline, $0.run) < ($1.deadline, $1.run) }.map { miss in
            "\(miss.deadline.minute)  \(text.yellow(miss.run.description))\(miss.step.map { ", step \($0)" } ?? ""), due \(miss.due.minute): \(miss.reason)"
        })
    }

    // MARK: Queues

    private func queues(_ report: SimulationReport) -> [String] {
        var lines: [String] = []
        func line(_ name: String, _ queueing: SimulationReport.Queueing) {
            guard let longest = queueing.longest else { return }
            lines.append("  \(name): \(queueing.waits) waits, \(DurationWords.short(queueing.seconds)) together, the longest \(DurationWords.short(longest.seconds)) (\(longest.task) of \(longest.run))")
        }
        for (name, pipelines, queueing) in report.pools { line("pool \(name) (\(pipelines.joined(separator: ", ")))", queueing) }
        for (role, slots, queueing) in report.roles { line("\(role.rawValue) workers (\(slots), \(percent(queueing.busy ?? 0)) busy)", queueing) }
        for pipeline in report.pipelines {
            guard let wait = pipeline.waitedLongest, wait.seconds >= 60 else { continue }
            lines.append("  \(pipeline.name): a run began up to \(DurationWords.short(wait.seconds)) after it was asked for (\(wait.run))")
        }
        return lines.isEmpty ? [] : ["", text.bold("queued")] + lines
    }

    private func percent(_ fraction: Double) -> String {
        let tenths = Int((fraction * 1000).rounded())
        return tenths >= 100 ? "\((tenths + 5) / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    private func catchingUp(_ report: SimulationReport) -> [String] {
        let lines = report.pipelines.filter { $0.caughtUp + $0.letGo > 0 }.map { line in
            "  \(line.name): \(line.caughtUp) of \(line.scheduled) scheduled runs were made up for more than a minute late, \(line.letGo) were let go"
        }
        return lines.isEmpty ? [] : ["", text.bold("catching up")] + lines
    }

    // MARK: The worst day

    private func timeline(_ day: SimulationReport.Day, _ report: SimulationReport) -> [String] {
        let weekday = day.start.strftime("%A") ?? ""
        var lines = ["", text.bold("\(day.isBad ? "the worst day" : "the fullest day"): \(weekday) \(day.start.date)") + text.dim(" (UTC; a cell is half an hour: █ runs, ✗ did not succeed)")]
        let names = max(8, Set(day.spans.map(\.pipeline)).map(\.count).max() ?? 0)
        lines.append(text.dim("  \(text.padded("", names))  " + stride(from: 0, to: 24, by: 3).map { text.padded($0 < 10 ? "0\($0)" : "\($0)", 6) }.joined()))
        for line in report.pipelines where line.runs > 0 { lines.append("  \(text.padded(line.name, names))  \(bar(day, line.name))") }
        let shown = day.notes.prefix(Self.notesMax)
        for note in shown { lines.append("  \(text.dim(String(note.time.description.dropFirst(11).prefix(8))))  \(note.words)") }
        let rest = day.notes.count - shown.count + day.omitted
        if rest > 0 { lines.append(text.dim("  and \(rest) more: --json")) }
        return lines
    }

    private func bar(_ day: SimulationReport.Day, _ pipeline: String) -> String {
        var cells = [RunEnd.Outcome?](repeating: nil, count: Self.cells)
        func cell(_ time: Timestamp) -> Int { min(Self.cells - 1, max(0, Int((time - day.start) / 86_400 * Double(Self.cells)))) }
        for span in day.spans where span.pipeline == pipeline {
            let last = cell(span.end)
            for place in cell(span.start)...max(last, cell(span.start)) where cells[place] == nil { cells[place] = .succeeded }
            if span.outcome != .succeeded, span.end - day.start < 86_400 { cells[last] = span.outcome }
        }
        return cells.map { cell in
            switch cell {
            case nil: text.dim("·")
            case .succeeded: text.green("█")
            case .failed, .cancelled: text.red("✗")
            }
        }.joined()
    }

    // MARK: Promises

    private func verdict(_ report: SimulationReport) -> [String] {
        var lines = [""]
        var words = "\(text.grouped(report.events)) events"
        if report.duplicates > 0 { words += ", \(text.grouped(report.duplicates)) duplicates counted once" }
        if report.refused > 0 { words += ", \(text.grouped(report.refused)) reports and decisions refused, of workers and leaders that were no longer in charge" }
        guard report.violationCount > 0 else {
            return lines + ["\(text.green("✓")) every promise was kept: each run ended, each effect happened once, nothing ran before its parents, nothing acknowledged was lost", text.dim("  \(words)")]
        }
        lines.append("\(text.red("✗ \(report.violationCount) promises were broken")), which is a bug of Sluice; the same command shows it again")
        lines += report.violations.map { "  \(text.red("✗")) \($0)" } + [text.dim("  \(words)")]
        return lines
    }
}

extension Timestamp {
    /// `2026-03-01`.
    fileprivate var date: String { String(description.prefix(10)) }
    /// `2026-03-01 06:00`.
    fileprivate var minute: String { String(description.prefix(16)).replacing("T", with: " ") }
}
