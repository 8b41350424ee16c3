import Contracts
import Kernel
public import Runs

/// A run in words and columns, for a terminal.
public struct RunText: Sendable {
    /// More failures than this are counted: the first ones tell what to mend.
    private static let failuresMax = 10
    /// Of one stream or node; `runs show` has all.
    private static let notesMax = 10
    private let isColoured: Bool

    public init(isColoured: Bool) { self.isColoured = isColoured }

    // MARK: Report

    /// The short report at the end of a run: each step with rows and seconds, its streams and models, failures in full.
    public func report(_ run: RunState) -> String {
        var text = headline(run) + "\n\n"
        let names = max(10, run.started.steps.map(\.count).max() ?? 0)
        func row(_ a: String, _ b: String, _ c: String, _ d: String, isDim: Bool = false) -> String { self.row(a, b, c, d, names: names, isDim: isDim) }
        let indent = String(repeating: " ", count: names + 3)
        text += row("step", "", "rows", "seconds", isDim: true)
        for step in run.started.steps {
            let tasks = run.inOrder.filter { $0.spec.step == step }
            guard !tasks.isEmpty else { continue }
            text += row(bold(step), tasks.count == 1 ? "1 task" : "\(tasks.count) tasks", "", seconds(of: tasks))
            var failed = 0
            for task in tasks where isOutput(task) {
                if task.phase == .failed { failed += 1 }
                if task.phase == .failed, failed > Self.failuresMax { continue }
                text += row("", "\(mark(task.phase)) \(output(task))", rows(task), effort(of: task, in: tasks))
                let notes = notes(of: task, in: tasks)
                for note in notes.prefix(Self.notesMax) { text += "\(indent)\(yellow("!")) \(shortened(note, 100))\n" }
                if notes.count > Self.notesMax { text += "\(indent)\(yellow("!")) \(notes.count - Self.notesMax) more: sluice runs show \(run.id)\n" }
            }
            if failed > Self.failuresMax { text += row("", "\(mark(.failed)) \(failed - Self.failuresMax) more failed", "", "") }
            let tests = tasks.filter { $0.spec.role == .quality && $0.phase == .succeeded }
            let warned = tests.filter { ($0.report?.details["status"]?.stringValue ?? "") == "warn" }
            if !tests.isEmpty {
                let words = warned.isEmpty ? "\(tests.count) tests passed" : "\(tests.count - warned.count) tests passed, \(warned.count) warned"
                text += row("", "\(mark(.succeeded)) \(words)", "", seconds(of: tests))
            }
            for task in warned { text += "\(indent)\(yellow("!")) \(shortened(task.spec.title, 56)): \(task.report?.message ?? "")\n" }
            let skipped = tasks.filter { $0.phase == .skipped && !isOutput($0) }
            if !skipped.isEmpty { text += row("", "\(mark(.skipped)) \(skipped.count) more skipped", "", "") }
        }
        if let line = incremental(run) { text += "\n  " + line + "\n" }
        let failures = run.inOrder.filter { $0.phase == .failed }
        for task in failures.prefix(Self.failuresMax) {
            text += "\n" + red("✗ \(task.spec.title)") + "  (\(task.spec.id), attempt \(task.attempt))\n"
            // Without a report nobody has said what to do: it was given up.
            text += indented(task.report?.problem?.text ?? "\(task.reason ?? "")\n  try  see the log of \(task.spec.role.rawValue), and sluice dead-letters for what it was given") + "\n"
        }
        if failures.count > Self.failuresMax { text += "\nand \(failures.count - Self.failuresMax) more: sluice runs show \(run.id)\n" }
        return text
    }

    /// Streams and models are what a reader looks for, and what failed; the small tasks between them are not.
    private func isOutput(_ task: TaskState) -> Bool {
        ["extract_stream", "node"].contains(task.spec.kind) || task.phase == .failed || task.phase == .cancelled
    }

    /// A stream with the source that it is read from.
    private func output(_ task: TaskState) -> String {
        let title = shortened(task.spec.title, 44)
        guard task.spec.kind == "extract_stream", let source = task.spec.args["connector"]?.stringValue, title.count + source.count < 43 else { return title }
        return "\(title) \(dim(source))"
    }

    /// What a run that goes on from an earlier one found; nil for one that read everything.
    private func incremental(_ run: RunState) -> String? {
        let streams = run.inOrder.filter { $0.spec.kind == "extract_stream" && $0.phase == .succeeded }
        let going = streams.filter { $0.spec.args["cursor"].map { !$0.isNull } ?? false }
        guard !going.isEmpty else { return nil }
        let news = going.filter { ($0.report?.rows ?? 0) > 0 }.map { "\($0.spec.title) \($0.report?.message ?? "")" }
        return "\(bold("incremental")): goes on from the cursors of an earlier run; new: \(news.isEmpty ? "nothing" : news.joined(separator: ", "))"
    }

    private func shortened(_ text: String, _ columns: Int) -> String {
        text.count <= columns ? text : text.prefix(columns - 1) + "…"
    }

    private func headline(_ run: RunState) -> String {
        let part = run.started.isPartial ? "\npartial: \(run.started.steps.joined(separator: ", ")) alone, without \(run.started.omitted.joined(separator: ", "))" : ""
        guard let end = run.end else { return "\(bold(run.id.description)) is running\(part)" }
        let time = decimal(end.at - run.startedAt, 2)
        return "\(bold(run.id.description)) \(word(end.outcome)) in \(time) s\(part)"
            + (end.isSuccess ? "" : "\n\(end.summary.summary)")
    }

    /// How a run ended, in its colour.
    public func word(_ outcome: RunEnd.Outcome) -> String {
        switch outcome {
        case .succeeded: green(outcome.rawValue)
        case .failed: red(outcome.rawValue)
        case .cancelled: yellow(outcome.rawValue)
        }
    }

    private func rows(_ task: TaskState) -> String { task.report?.rows.map(grouped) ?? "" }

    /// A stream's extract, loads and seal together; of any other task its own time.
    private func effort(of task: TaskState, in step: [TaskState]) -> String {
        guard task.spec.kind == "extract_stream", let stream = task.spec.args["stream"]?.stringValue else { return seconds(of: [task]) }
        let reports = step.filter { $0.spec.args["stream"]?.stringValue == stream }.compactMap(\.report)
        return reports.isEmpty ? "" : decimal(reports.map { $0.finishedAt - $0.startedAt }.reduce(0, +), 2)
    }

    /// What the source would not give, and of a stream what its loads and its seal have to tell, each thing once.
    private func notes(of task: TaskState, in step: [TaskState]) -> [String] {
        guard task.spec.kind == "extract_stream", let stream = task.spec.args["stream"]?.stringValue else { return Self.notes(of: task) }
        var seen: Set<String> = []
        return step.filter { $0.spec.args["stream"]?.stringValue == stream }.flatMap(Self.notes).filter { seen.insert($0).inserted }
    }

    private static func notes(of task: TaskState) -> [String] {
        // What a load has to warn of is the warehouse's: a view that went with its table.
        (task.spec.role == .load ? ["notes", "warnings"] : ["notes"]).flatMap { task.report?.details[$0]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    }

    private func seconds(of tasks: [TaskState]) -> String {
        let reports = tasks.compactMap(\.report).filter { $0.finishedAt.microseconds > 0 }
        guard let first = reports.map(\.startedAt).min(), let last = reports.map(\.finishedAt).max() else { return "" }
        return decimal(last - first, 2)
    }

    private func row(_ a: String, _ b: String, _ c: String, _ d: String, names: Int, isDim: Bool) -> String {
        let line = "  " + padded(a, names) + " " + padded(b, 46) + " " + leftPadded(c, 11) + " " + leftPadded(d, 9)
        return (isDim ? dim(line) : line) + "\n"
    }

    // MARK: Graph and books

    /// The task graph in order, then the balance sheet.
    public func graph(_ run: RunState) -> String {
        var text = headline(run) + "\n"
        text += dim("pipeline \(run.pipeline), logical date \(run.started.logicalDate), definition \(run.started.pipelineHash.prefix(12))") + "\n"
        if let rerun = run.started.rerun { text += "does \(rerun.of) over: \(rerun.extent.words)\n" }
        if let backfill = run.started.backfill { text += dim("backfill \(backfill.id)") + "\n" }
        for event in run.started.consumed ?? [] { text += dim("consumed \(event.id) (sequence \(event.sequence))") + "\n" }
        if let cancel = run.cancel { text += yellow("to end: \(cancel.reason.isEmpty ? cancel.cause.rawValue : cancel.reason)") + "\n" }
        for step in run.started.steps {
            text += "\n\(bold(step))\n"
            for task in run.inOrder where task.spec.step == step { text += line(task, run) }
        }
        let books = run.balance
        if !books.isEmpty { text += "\n" + sheet(books) }
        return text
    }

    private func line(_ task: TaskState, _ run: RunState) -> String {
        var words = "  \(mark(task.phase)) " + padded(task.spec.id.description, 44) + " " + padded(task.spec.role.rawValue, 9)
        let took = seconds(of: [task])
        words += " " + leftPadded(took, 7) + (took.isEmpty ? "   " : " s ") + leftPadded(rows(task), 9)
        if task.attempt > 1 { words += "  attempt \(task.attempt)" }
        if let wait = task.wait { words += "  " + yellow(waiting(wait, now: task.report?.finishedAt ?? wait.until)) }
        else if case .retrying(let time) = task.phase { words += "  again at \(time)" }
        if let message = task.report?.problem?.summary ?? task.reason { words += "  \(task.phase == .skipped ? "because of " : "")\(message)" }
        else if let message = task.report?.message, !message.isEmpty { words += "  " + dim(message) }
        let message = task.report?.message ?? ""
        for note in Self.notes(of: task) where !message.contains(note) { words += "\n      \(yellow("!")) \(note)" }
        for report in task.earlier {
            words += "\n" + dim("      attempt \(report.attempt)\(report.worker.isEmpty ? "" : " on \(report.worker)") at \(report.startedAt): \(report.problem?.summary ?? report.message)")
        }
        var after = task.spec.after.map { edge in
            let name = switch edge.target {
            case .task(let task): task.description
            case .step(let step): "step \(step)"
            }
            return edge.on == .ended ? "\(name) ended" : name
        }
        if after.count > 4 { after = after.prefix(3) + ["\(after.count - 3) more"] }
        return words + "\n" + (after.isEmpty ? "" : dim("      after \(after.joined(separator: ", "))") + "\n")
    }

    /// The balance sheet: what landed of each stream and what became of it.
    public func sheet(_ lines: [BalanceLine]) -> String {
        var text = bold("balance sheet") + "\n"
        text += dim("  " + padded("stream", 20) + leftPadded("batches", 8) + leftPadded("landed", 11) + leftPadded("accounted", 11) + "  became") + "\n"
        for line in lines {
            let fates = line.fates.map { "\(grouped($0.tally.count)) \($0.point.rawValue)" }.joined(separator: ", ")
            text += "  " + padded(line.stream, 20) + leftPadded(String(line.batches), 8) + leftPadded(grouped(line.landed.count), 11)
            text += leftPadded(grouped(line.accounted.count), 11) + "  " + (fates.isEmpty ? "nothing landed" : fates)
            text += line.isBalanced ? "  \(green("balanced"))\n" : "\n    \(red(line.verdict))\n"
        }
        return text
    }

    // MARK: Small words

    private func mark(_ phase: TaskState.Phase) -> String {
        switch phase {
        case .succeeded: green("✓")
        case .failed: red("✗")
        case .skipped: dim("–")
        case .cancelled: yellow("■")
        case .ready: "▶"
        case .retrying: yellow("↻")
        case .waiting: dim("·")
        }
    }

    func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    func decimal(_ number: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(number) * Double(scale)).rounded())
        let rest = String(scaled % scale)
        return "\(number < 0 ? "-" : "")\(scaled / scale)." + String(repeating: "0", count: places - rest.count) + rest
    }

    private func indented(_ text: String) -> String { text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n") }

    /// Colours take no width.
    private func width(_ text: String) -> Int {
        var count = 0
        var isCode = false
        for character in text.unicodeScalars {
            if character == "\u{1b}" { isCode = true } else if isCode { isCode = character != "m" } else { count += 1 }
        }
        return count
    }
    public func padded(_ text: String, _ columns: Int) -> String { text + String(repeating: " ", count: max(0, columns - width(text))) }
    func leftPadded(_ text: String, _ columns: Int) -> String { String(repeating: " ", count: max(0, columns - width(text))) + text }

    private func paint(_ code: String, _ text: String) -> String { isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
    public func bold(_ text: String) -> String { paint("1", text) }
    public func dim(_ text: String) -> String { paint("2", text) }
    public func red(_ text: String) -> String { paint("31", text) }
    public func green(_ text: String) -> String { paint("32", text) }
    public func yellow(_ text: String) -> String { paint("33", text) }
}
