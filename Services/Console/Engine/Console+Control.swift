import Bus
import Contracts
import Kernel
import Platform

/// What a person does with pipelines and runs. All are POSTs with the header `X-Sluice: 1`; a body is JSON and may be left out.
///
/// | | Body |
/// |---|---|
/// | `/api/pipelines/{pipeline}/runs` | `{"full_refresh": true, "steps": ["one"]}`, or `"from": "one"` for `steps` |
/// | `/api/pipelines/{pipeline}/pause`, `…/unpause` | of pause: `{"reason": "text"}` |
/// | `/api/runs/{run}/cancel` | `{"reason": "text"}` |
/// | `/api/runs/{run}/rerun` | `{"from": "a step"}`, or `{"failed": true}` for what did not succeed; without, the whole run |
extension Console {
    static let source = "console"

    func control(_ kind: String, of name: String, _ verb: String, _ ask: Ask) async -> Reply {
        guard ask.method == "POST" else { return .problem(405, "console.method", "only POST changes something", remedy: "POST with the header X-Sluice: 1") }
        // A page of another origin cannot send this header without asking first, and we never say yes.
        guard ask.headers["x-sluice"] == "1" else {
            return .problem(403, "console.guard", "this is done only with the header X-Sluice: 1", remedy: "send that header")
        }
        do {
            // What another face has said a moment ago is known.
            try await catchUp()
            let event: Event
            if kind == "pipelines" {
                guard shelf.pipelines[name] != nil else {
                    return .problem(404, "console.unknown_pipeline", "no pipeline is named '\(name)'", remedy: "see / for those that are registered")
                }
                guard let found = try Self.event(verb, pipeline: name, body: ask.body, now: SystemClock.now()) else { return Self.unknown(ask) }
                event = found
            } else {
                guard let summary = shelf.summary(RunID(name)) else { return .problem(404, "console.unknown_run", "no run is named '\(name)'", remedy: "see /api/runs") }
                guard let found = try Self.event(verb, run: summary, body: ask.body, now: SystemClock.now()) else { return Self.unknown(ask) }
                event = found
            }
            try await broker { try await $0.publish([event]) }
            // So that the page that is asked for next tells of it.
            try await catchUp()
            guard case .runRequested = event.payload else { return .json(["event": .string(event.id)], status: 202) }
            return .json(["run": .string(event.id), "url": .string("/runs/\(PathSegment.encoded(event.id))")], status: 202)
        } catch let problem as PlainProblem where problem.code == Self.badBody || problem.code == Self.tooLate {
            return .problem(problem.code == Self.tooLate ? 409 : 400, problem)
        } catch {
            return .problem(503, problem(error))
        }
    }

    private static let badBody: ProblemCode = "console.bad_body"
    private static let tooLate: ProblemCode = "console.too_late"

    private static func unknown(_ ask: Ask) -> Reply {
        .problem(404, "console.unknown_path", "there is no \(ask.method) \(ask.path)", remedy: "POST to …/runs, …/pause, …/unpause of a pipeline, …/cancel, …/rerun of a run")
    }

    // MARK: What is said

    static func event(_ verb: String, pipeline: String, body: [UInt8], now: Timestamp) throws(PlainProblem) -> Event? {
        switch verb {
        case "runs":
            var wish = RunRequested(cause: .manual)
            try read(body, "{\"full_refresh\": true, \"steps\": [\"a step\"], \"from\": \"a step\"}, each optional") { key, value in
                switch (key, value) {
                case ("full_refresh", .bool(let flag)): wish.isFullRefresh = flag
                case ("from", .string(let step)): wish.from = step
                case ("steps", .array(let steps)) where steps.allSatisfy { $0.stringValue != nil }: wish.steps = steps.compactMap(\.stringValue)
                default: return false
                }
                return true
            }
            return .asking(wish, of: pipeline, by: source, at: now)
        case "pause": return .saying(.pipelinePaused(PipelinePaused(reason: try reason(body))), of: pipeline, by: source, at: now)
        case "unpause":
            try read(body, "nothing else") { _, _ in false }
            return .saying(.pipelineUnpaused(PipelineUnpaused()), of: pipeline, by: source, at: now)
        default: return nil
        }
    }

    static func event(_ verb: String, run: RunShelf.Summary, body: [UInt8], now: Timestamp) throws(PlainProblem) -> Event? {
        switch verb {
        case "cancel":
            let reason = try reason(body)
            guard run.endedAt == nil else { throw PlainProblem(tooLate, "\(run.run) has ended already: \(run.phase.rawValue)", remedy: "nothing is left to end") }
            return .saying(.runCancelRequested(RunCancelRequested(reason: reason)), of: run.pipeline, run: run.run, by: source, at: now)
        case "rerun":
            var extent = Rerun.Extent.whole
            try read(body, "{\"from\": \"a step\"} or {\"failed\": true}") { key, value in
                switch (key, value) {
                case ("from", .string(let step)) where extent == .whole: extent = .from(step: step)
                case ("failed", .bool(true)) where extent == .whole: extent = .failed
                case ("failed", .bool(false)): break
                default: return false
                }
                return true
            }
            return .asking(RunRequested(cause: .rerun, rerun: Rerun(of: run.run, extent)), of: run.pipeline, by: source, at: now)
        default: return nil
        }
    }

    private static func reason(_ body: [UInt8]) throws(PlainProblem) -> String {
        var reason = ""
        try read(body, "{\"reason\": \"text\"}") { key, value in
            guard key == "reason", let text = value.stringValue else { return false }
            reason = text
            return true
        }
        return reason
    }

    private static func read(_ body: [UInt8], _ form: String, _ take: (String, JSON) -> Bool) throws(PlainProblem) {
        func refused(_ why: String) -> PlainProblem { PlainProblem(badBody, why, remedy: "send nothing, or \(form)") }
        guard !body.isEmpty else { return }
        guard body.count <= bodyBytesMax, let object = (try? JSON(parsing: body))?.objectValue else { throw refused("the body is no JSON object") }
        for (key, value) in object.pairs where !take(key, value) { throw refused("'\(key)' is not understood") }
    }
}
