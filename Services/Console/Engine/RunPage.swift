import Contracts
import Kernel
import Markup
import Runs

/// `/runs/{id}`: how it stands, why it failed, its graph, its tasks, its books.
enum RunPage {
    /// A step lists at most so many tasks, those that failed or are going on before the others.
    static let taskRowsMax = 300
    static let failuresMax = 20

    static func render(_ run: RunState, hasDocs: Bool = false, now: Timestamp, version: String) -> HTML {
        let summary = RunShelf.summary(of: run)
        var main = head(summary, run, now, hasDocs)
        let failed = run.inOrder.filter { $0.phase == .failed }
        main += "\(failed.prefix(failuresMax).map(failure))"
        if failed.count > failuresMax { main += "<p class=\"quiet\">and \(failed.count - failuresMax) more failed</p>" }
        if failed.isEmpty, summary.phase == .failed { main += "<section class=\"failure\"><p>\(summary.words)</p></section>" }
        main += balance(run.balance)
        for step in run.started.steps { main += table(step, run.inOrder.filter { $0.spec.step == step }) }
        return Page.frame(run.id.description, version: version, main)
    }

    /// A run that has not begun, or whose tasks are no longer in memory.
    static func render(_ summary: RunShelf.Summary, now: Timestamp, version: String) -> HTML {
        let isOver = summary.phase == .succeeded || summary.phase == .failed || summary.phase == .cancelled
        return Page.frame(summary.run.description, version: version, """
            <p class="crumb"><a href="/">Runs</a> / \(summary.pipeline)</p>
            <div class="row"><h1>\(summary.run.description) \(Page.pill(summary.phase.rawValue))</h1>\(summary.phase == .requested ? RunsPage.actions(summary.pipeline, hasDocs: false, [.cancel(summary.run)]) : "" as HTML)</div>
            <section class="empty"><p>\(summary.words)</p>\(isOver ? "<p>Its tasks are no longer in memory here; <code>sluice runs show \(summary.run.description)</code> reads them from the log.</p>" : "" as HTML)</section>
            """)
    }

    private static func head(_ summary: RunShelf.Summary, _ run: RunState, _ now: Timestamp, _ hasDocs: Bool) -> HTML {
        let done = summary.succeeded + summary.failed + summary.skipped
        let facts: [(String, String)] = [
            ("Started", "\(Words.time(summary.startedAt)) UTC"), (summary.endedAt == nil ? "Running for" : "Took", Words.seconds((summary.endedAt ?? now) - summary.startedAt)),
            ("Tasks", summary.phase == .running ? "\(done) of \(summary.total)" : "\(summary.succeeded) of \(summary.total) succeeded"),
            ("Landed", summary.landed.map { "\(Words.grouped($0)) records" } ?? "–"), ("Logical date", "\(Words.time(run.started.logicalDate)) UTC"),
            ("Definition", String(run.started.pipelineHash.prefix(12))),
        ] + origin(run) + (run.started.isPartial ? [("Partial, without", run.started.omitted.joined(separator: ", "))] : [])
        return """
            <p class="crumb"><a href="/">Runs</a> / \(run.pipeline)</p>
            <div class="row"><h1>\(run.id.description) \(Page.pill(summary.phase.rawValue))\(run.started.isPartial ? " \(Page.pill("partial"))" : "" as HTML)</h1>\(RunsPage.actions(run.pipeline, hasDocs: hasDocs, buttons(summary, run)))</div>
            <dl class="facts">\(facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" as HTML })</dl>
            """
    }

    /// What it was begun for, where it was not just asked for.
    private static func origin(_ run: RunState) -> [(String, String)] {
        let started = run.started
        if let rerun = started.rerun { return [("Does over", "\(rerun.of): \(rerun.extent.words)")] }
        if let backfill = started.backfill { return [("Backfill", backfill.id)] }
        guard let consumed = started.consumed, let first = consumed.first else { return [] }
        return [("Begun by", consumed.count == 1 ? first.id : "\(first.id) and \(consumed.count - 1) more")]
    }

    /// An open run can be ended, an ended one done over, where it did not succeed in part.
    private static func buttons(_ summary: RunShelf.Summary, _ run: RunState) -> [Button] {
        switch summary.phase {
        case .running: [.cancel(run.id)]
        case .failed, .cancelled: [.again(run.id, failed: true), .again(run.id, failed: false)]
        case .succeeded: [.again(run.id, failed: false)] + (run.started.isPartial ? [.run(run.pipeline, "Run the whole pipeline")] : [])
        case .requested, .rejected, .cancelling: []
        }
    }

    private static func failure(_ task: TaskState) -> HTML {
        let problem = task.report?.problem
        var text: HTML = """
            <section class="failure"><h2><a href="#task-\(task.place)">\(task.spec.title)</a> failed\(task.attempt > 1 ? " in attempt \(task.attempt)" : "")</h2>\
            <p>\(problem?.summary ?? task.reason ?? "")</p>
            """
        if let problem {
            text += "<dl>"
            if !problem.location.isEmpty { text += "<dt>at</dt><dd><code>\(problem.location)</code></dd>" }
            if !problem.remedy.isEmpty { text += "<dt>try</dt><dd>\(problem.remedy)</dd>" }
            text += "<dt>code</dt><dd><code>\(problem.code)</code></dd>"
            if let worker = task.report?.worker, !worker.isEmpty { text += "<dt>log</dt><dd><code>logs/\(worker).log</code></dd>" }
            text += "</dl>"
        } else {
            text += "<dl><dt>try</dt><dd>see <code>logs/\(task.spec.role.rawValue).log</code>, and the <a href=\"/dead-letters\">dead letters</a> for what it was given</dd></dl>"
        }
        text += "</section>"
        return text
    }

    private static func table(_ step: String, _ tasks: [TaskState]) -> HTML {
        guard !tasks.isEmpty else { return "" }
        var shown = tasks
        if tasks.count > taskRowsMax {
            shown = Array((tasks.filter(isNews) + tasks.filter { !isNews($0) }).prefix(taskRowsMax)).sorted { $0.place < $1.place }
        }
        return """
            <h2>\(step) <span class="quiet">\(tasks.count == 1 ? "1 task" : "\(Words.grouped(tasks.count)) tasks")</span></h2>
            \(TaskGraph(tasks).map { "<div class=\"scroll panel\">\($0.svg)</div>" as HTML } ?? "")
            <div class="scroll"><table class="tasks"><thead><tr><th>State</th><th>Task</th><th>Role</th><th class="n">Attempt</th><th class="n">Rows</th><th class="n">Took</th><th>Says</th></tr></thead>
            <tbody>\(shown.map(row))</tbody></table></div>\(shown.count < tasks.count ? "<p class=\"quiet\">and \(tasks.count - shown.count) more</p>" : "" as HTML)
            """
    }

    private static func isNews(_ task: TaskState) -> Bool {
        switch task.phase {
        case .failed, .ready, .retrying: true
        default: task.isWarning
        }
    }

    private static func row(_ task: TaskState) -> HTML {
        let says: String = switch task.phase {
        case .skipped: "because of \(task.reason ?? "")"
        case .failed: task.report?.problem?.summary ?? task.reason ?? ""
        case .retrying(let time): "again at \(Words.time(time)): \(task.report?.problem?.summary ?? "")"
        default: task.report?.message ?? ""
        }
        let after = task.spec.after.map { edge in
            let name = switch edge.target {
            case .task(let id): id.description
            case .step(let step): "step \(step)"
            }
            return edge.on == .ended ? "\(name) (ended)" : name
        }
        let hangs = after.isEmpty ? "" : " · after \(after.prefix(3).joined(separator: ", "))\(after.count > 3 ? " and \(after.count - 3) more" : "")"
        return """
            <tr id="task-\(task.place)"><td>\(Page.pill(task.word))</td><td><span class="strong">\(task.spec.title)</span><div class="quiet id">\(task.spec.id.description)\(hangs)</div></td><td>\(task.spec.role.rawValue)</td><td class="n">\(task.attempt == 0 ? "" : "\(task.attempt)")</td>\
            <td class="n">\(task.report?.rows.map(Words.grouped) ?? "")</td><td class="n">\(task.seconds.map(Words.seconds) ?? "")</td><td class="says">\(says)</td></tr>
            """
    }

    private static func balance(_ lines: [BalanceLine]) -> HTML {
        guard !lines.isEmpty else { return "" }
        let rows = lines.map { line -> HTML in
            let fates = line.fates.map { "\(Words.grouped($0.tally.count)) \($0.point.rawValue)" }.joined(separator: ", ")
            return """
                <tr><td class="strong">\(line.stream)</td><td class="n">\(line.batches)</td><td class="n">\(Words.grouped(line.landed.count))</td>\
                <td class="n">\(Words.grouped(line.accounted.count))</td><td>\(fates)</td><td>\(Page.pill(line.isBalanced ? "balanced" : "differs"))\(line.isBalanced ? "" : "<div class=\"why\">\(line.verdict)</div>" as HTML)</td></tr>
                """
        }
        return """
            <h2>Balance sheet</h2><div class="scroll"><table><thead><tr><th>Stream</th><th class="n">Batches</th><th class="n">Landed</th><th class="n">Accounted</th><th>Became</th><th>Books</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            """
    }
}
