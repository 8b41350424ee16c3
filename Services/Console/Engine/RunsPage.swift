import Kernel
import Markup

/// `/`: the pipelines and the newest runs.
enum RunsPage {
    static let runsMax = 200
    private static let barsMax = 20
    private static let stepsMax = 8

    /// - Parameter hasDocs: whether a pipeline's documentation is there to be read.
    static func render(_ shelf: RunShelf, hasDocs: (String) -> Bool = { _ in false }, now: Timestamp, version: String) -> HTML {
        let runs = shelf.summaries
        var main: HTML = "<h1>Pipelines</h1>"
        let pipelines = shelf.pipelines.values.sorted { $0.name < $1.name }
        if pipelines.isEmpty {
            main += "<section class=\"empty\"><p>No pipeline is registered yet. Put a <code>pipeline.yml</code> into the folder that <code>sluice up --pipelines</code> names.</p></section>"
        } else {
            main += "<div class=\"cards\">\(pipelines.map { card($0, runs, hasDocs: hasDocs($0.name), now) })</div>"
        }
        main += "<h1>Runs</h1>"
        if runs.isEmpty {
            main += "<section class=\"empty\"><p>Nothing has run yet.</p></section>"
        } else {
            main += """
                <div class="scroll"><table class="runs"><thead><tr><th>State</th><th>Run</th><th>Started (UTC)</th><th class="n">Took</th><th>Tasks</th><th class="n">Landed</th></tr></thead>
                <tbody>\(runs.prefix(runsMax).map { row($0, now) })</tbody></table></div>
                """
            if runs.count > runsMax { main += "<p class=\"quiet\">and \(runs.count - runsMax) older ones</p>" }
        }
        return Page.frame("Runs", version: version, main)
    }

    /// What one does with a pipeline: read about its data, and whatever `buttons` do.
    static func actions(_ pipeline: String, hasDocs: Bool, _ buttons: [Button]) -> HTML {
        let docs: HTML = hasDocs ? "<a href=\"/docs/\(PathSegment.encoded(pipeline))/index.html\">Data documentation</a>" : ""
        return "<span class=\"actions\">\(docs)\(buttons.map(\.html))</span>"
    }

    /// A long pipeline would push all others off the page.
    private static func steps(_ steps: [String]) -> String {
        guard steps.count > stepsMax else { return steps.joined(separator: " → ") }
        return (steps.prefix(stepsMax - 1) + ["\(steps.count - stepsMax) more", steps[steps.count - 1]]).joined(separator: " → ")
    }

    private static func card(_ pipeline: RunShelf.PipelineInfo, _ runs: [RunShelf.Summary], hasDocs: Bool, _ now: Timestamp) -> HTML {
        let mine = runs.filter { $0.pipeline == pipeline.name }
        let bars = mine.prefix(barsMax).reversed().map { run -> HTML in
            "<a class=\"bar \(run.phase.rawValue)\" href=\"/runs/\(PathSegment.encoded(run.run.description))\" title=\"\(run.run.description): \(run.phase.rawValue)\"></a>"
        }
        let last: HTML = mine.first.map { "\(Page.pill($0.phase.rawValue))" } ?? "<span class=\"quiet\">never ran</span>"
        let paused: HTML = pipeline.pause == nil ? "" : "\(Page.pill("paused")) "
        let starts = pipeline.starts(now: now)
        let why: HTML = pipeline.pause.map { $0.reason.isEmpty ? "" : "<p class=\"quiet\">paused: \($0.reason)</p>" } ?? ""
        return """
            <section class="card"><div class="row"><h2>\(pipeline.name)</h2><span>\(paused)\(last)</span></div>
            <p class="quiet">\(steps(pipeline.steps))\(starts.isEmpty ? "" : "<br>\(starts.joined(separator: " · "))" as HTML)</p>\(why)
            <div class="row"><div class="bars">\(bars)</div>\(actions(pipeline.name, hasDocs: hasDocs, [.pause(pipeline.name, isPaused: pipeline.pause != nil), .run(pipeline.name, "Run now")]))</div></section>
            """
    }

    private static func row(_ run: RunShelf.Summary, _ now: Timestamp) -> HTML {
        let took = run.phase == .requested || run.phase == .rejected ? "" : Words.seconds((run.endedAt ?? now) - run.startedAt)
        let done = run.succeeded + run.failed + run.skipped
        let tasks: HTML = run.total == 0 ? "" : run.phase == .running
            ? "<progress value=\"\(done)\" max=\"\(run.total)\"></progress> <span class=\"quiet\">\(done) of \(run.total)</span>"
            : "\(run.succeeded) of \(run.total)"
        let words: HTML = run.words.isEmpty || run.phase == .succeeded ? "" : "<div class=\"\(run.phase == .requested ? "quiet id" : "why")\">\(run.words)</div>"
        return """
            <tr><td>\(Page.pill(run.phase.rawValue))\(run.isPartial ? " \(Page.pill("partial"))" : "" as HTML)</td><td><a href="/runs/\(PathSegment.encoded(run.run.description))">\(run.run.description)</a>\(words)</td>\
            <td class="t">\(Words.time(run.startedAt))</td><td class="n">\(took)</td><td class="t">\(tasks)</td><td class="n">\(run.landed.map(Words.grouped) ?? "")</td></tr>
            """
    }
}
