import Kernel
import Markup

/// `/dead-letters`: the tasks that no worker reported on, as often as they were offered.
enum DeadLettersPage {
    /// - Parameter letters: the broker's `inspect` of them.
    static func render(_ letters: [JSON], version: String) -> HTML {
        var main: HTML = "<h1>Dead letters</h1>"
        if letters.isEmpty {
            main += "<section class=\"empty\"><p>None. A task comes here when the workers that it was given to vanished, one after another, without a report.</p></section>"
        } else {
            main += """
                <p class="quiet">Workers took these and vanished without a report. Look into their logs before you offer one again: what ended \
                the last worker may end the next. A run that has failed stays failed; run it again from the step that failed.</p>
                <div class="scroll"><table><thead><tr><th>Task</th><th>Run</th><th>Role</th><th class="n">Deliveries</th><th>Last worker</th><th></th></tr></thead>
                <tbody>\(letters.map(row))</tbody></table></div>
                """
        }
        return Page.frame("Dead letters", version: version, main)
    }

    private static func row(_ letter: JSON) -> HTML {
        func text(_ key: String) -> String { letter[key]?.stringValue ?? "" }
        let entry = letter["entry"]?.intValue ?? 0, run = text("run")
        return """
            <tr><td><a href="/api/dead-letters/\(entry)">\(text("task"))</a></td><td><a href="/runs/\(PathSegment.encoded(run))">\(run)</a></td>\
            <td class="t">\(text("role"))</td><td class="n">\(letter["delivery"]?.intValue ?? 0)</td><td class="t">\(text("worker"))</td><td>\(Button.requeue(entry).html)</td></tr>
            """
    }
}
