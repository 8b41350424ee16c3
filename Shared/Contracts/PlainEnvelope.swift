import Kernel

/// Writes the envelopes of what a run says most, member by member, as `JSONEncoder` does with sorted keys and bare slashes: the
/// coder costs ten times as much. What is not as usual is left to it.
///
/// Invariant: where it writes, it writes the coder's bytes; `PlainEnvelopeTests` compares them, and `WireTests` with every member.
struct PlainEnvelope {
    private(set) var bytes: [UInt8] = []
    /// Something in it is for the coder.
    private var isUsual = true

    /// Nil for an event that is not as usual.
    static func bytes(of event: Event) -> [UInt8]? {
        var writer = PlainEnvelope()
        writer.bytes.reserveCapacity(1024)
        guard writer.write(event), writer.isUsual else { return nil }
        return writer.bytes
    }

    private mutating func write(_ event: Event) -> Bool {
        open("data")
        switch event.payload {
        case .taskReady(let ready): write(ready)
        case .taskSucceeded(let report), .taskFailed(let report): write(report)
        case .tasksAdded(let added):
            open("tasks")
            list(added.tasks) { $0.write($1) }
            raw("}")
        case .taskSkipped(let skipped):
            open("because")
            quote(skipped.because)
            raw("}")
        case .pipelineRegistered(let definition): write(definition)
        case .runRequested(let wish): write(wish)
        case .runStarted(let started): write(started)
        case .runSucceeded(let ended), .runFailed(let ended): write(ended)
        default: return false
        }
        raw(#","datacontenttype":"application/json""#)
        text("id", event.id)
        text("pipeline", event.pipeline)
        if event.priority != 0 { number("priority", event.priority) }
        if let role = event.role { text("role", role.rawValue) }
        if let run = event.run { text("run", run.description) }
        text("source", event.source)
        raw(#","specversion":"1.0""#)
        if let task = event.task { text("task", task.description) }
        text("time", event.time.description)
        if let parent = event.traceparent { text("traceparent", parent) }
        text("type", event.type)
        raw("}")
        return true
    }

    private mutating func write(_ definition: PipelineRegistered) {
        // What only some pipelines have.
        if definition.policy != nil || definition.schedule != nil || definition.triggers != nil || !definition.notify.isEmpty { isUsual = false }
        open("hash")
        quote(definition.hash)
        raw(#","notify":[]"#)
        texts("steps", definition.steps)
        key("tasks")
        list(definition.tasks) { $0.write($1) }
        raw("}")
    }

    private mutating func write(_ wish: RunRequested) {
        if wish.backfill != nil || wish.rerun != nil || wish.consumes != nil { isUsual = false }
        open("cause")
        quote(wish.cause.rawValue)
        if let step = wish.from { text("from", step) }
        flag("isFullRefresh", wish.isFullRefresh)
        if let date = wish.logicalDate { text("logicalDate", date.description) }
        if !wish.steps.isEmpty { texts("steps", wish.steps) }
        raw("}")
    }

    private mutating func write(_ started: RunStarted) {
        // What only some runs have.
        if started.policy != nil || started.backfill != nil || started.rerun != nil || started.consumed != nil || !started.notify.isEmpty { isUsual = false }
        open("isFullRefresh")
        raw(started.isFullRefresh ? "true" : "false")
        text("logicalDate", started.logicalDate.description)
        raw(#","notify":[]"#)
        if !started.omitted.isEmpty { texts("omitted", started.omitted) }
        text("pipelineHash", started.pipelineHash)
        text("request", started.request)
        texts("steps", started.steps)
        key("tasks")
        list(started.tasks) { $0.write($1) }
        raw("}")
    }

    private mutating func write(_ ended: RunEnded) {
        if ended.cancelled != 0 || ended.warned != 0 || !ended.warnings.isEmpty { isUsual = false }
        open("causes")
        list(ended.causes) { $0.quote($1.description) }
        number("failed", ended.failed)
        number("skipped", ended.skipped)
        number("succeeded", ended.succeeded)
        text("summary", ended.summary)
        raw("}")
    }

    private mutating func write(_ ready: TaskReady) {
        open("attempt")
        raw(String(ready.attempt))
        flag("isFullRefresh", ready.isFullRefresh)
        text("logicalDate", ready.logicalDate.description)
        key("spec")
        write(ready.spec)
        raw("}")
    }

    private mutating func write(_ spec: TaskSpec) {
        open("after")
        list(spec.after) { $0.write($1) }
        key("args")
        object(spec.args)
        number("attemptsMax", spec.attemptsMax)
        number("backoffSeconds", spec.backoffSeconds)
        if let seconds = spec.backoffSecondsMax { number("backoffSecondsMax", seconds) }
        text("id", spec.id.description)
        text("kind", spec.kind)
        if let pool = spec.pool { text("pool", pool) }
        number("priority", spec.priority)
        text("role", spec.role.rawValue)
        text("step", spec.step)
        if let pool = spec.stepPool { text("stepPool", pool) }
        if let seconds = spec.timeoutSeconds { number("timeoutSeconds", seconds) }
        text("title", spec.title)
        raw("}")
    }

    private mutating func write(_ edge: Edge) {
        open("on")
        quote(edge.on.rawValue)
        switch edge.target {
        case .task(let task): text("task", task.description)
        case .step(let step): text("step", step)
        }
        raw("}")
    }

    private mutating func write(_ report: TaskReport) {
        open("attempt")
        raw(String(report.attempt))
        key("books")
        // Few reports have any.
        if !report.books.isEmpty { isUsual = false }
        raw("[]")
        key("details")
        object(report.details)
        text("finishedAt", report.finishedAt.description)
        text("message", report.message)
        key("pools")
        raw("{")
        for (index, pool) in report.pools.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { raw(",") }
            quote(pool.key)
            raw(":\(pool.value)")
        }
        raw("}")
        if let problem = report.problem {
            key("problem")
            write(problem)
        }
        if let rows = report.rows { number("rows", rows) }
        text("startedAt", report.startedAt.description)
        text("worker", report.worker)
        raw("}")
    }

    private mutating func write(_ problem: ProblemRecord) {
        open("code")
        quote(problem.code)
        flag("isRetryable", problem.isRetryable)
        text("location", problem.location)
        text("remedy", problem.remedy)
        if let seconds = problem.retryAfterSeconds { number("retryAfterSeconds", seconds) }
        text("summary", problem.summary)
        raw("}")
    }

    // MARK: Parts

    /// An object of texts and whole numbers; another one is for the coder.
    private mutating func object(_ value: JSON) {
        guard case .object(let object) = value else { return isUsual = false }
        raw("{")
        for (index, pair) in object.pairs.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { raw(",") }
            quote(pair.key)
            raw(":")
            switch pair.value {
            case .string(let text): quote(text)
            case .integer(let number): raw(String(number))
            case .bool(let flag): raw(flag ? "true" : "false")
            default: isUsual = false
            }
        }
        raw("}")
    }

    private mutating func list<Element>(_ elements: [Element], _ write: (inout PlainEnvelope, Element) -> Void) {
        raw("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            write(&self, element)
        }
        raw("]")
    }

    private mutating func open(_ first: StaticString) {
        raw("{\"")
        word(first)
        raw("\":")
    }
    private mutating func key(_ name: StaticString) {
        raw(",\"")
        word(name)
        raw("\":")
    }
    private mutating func text(_ name: StaticString, _ text: String) {
        key(name)
        quote(text)
    }
    private mutating func texts(_ name: StaticString, _ texts: [String]) {
        key(name)
        list(texts) { $0.quote($1) }
    }
    private mutating func number(_ name: StaticString, _ number: Int) {
        key(name)
        raw(String(number))
    }
    private mutating func number(_ name: StaticString, _ number: Double) {
        key(name)
        // Seconds: whole ones nearly always.
        guard let whole = Int(exactly: number), abs(whole) < 1_000_000_000, number.sign == .plus || whole != 0 else { return isUsual = false }
        raw(String(whole))
    }
    private mutating func flag(_ name: StaticString, _ flag: Bool) {
        key(name)
        raw(flag ? "true" : "false")
    }
    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
    private mutating func word(_ word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { all in
            // What needs an escape is rare.
            if all.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) { isUsual = false }
            bytes.append(contentsOf: all)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
