@testable import ConsoleEngine
import Contracts
import Kernel
import Testing

/// What a POST says of pipelines and runs.
@Suite struct ControlTests {
    private static let now = Timestamp(microseconds: 0)
    private static func run(_ phase: RunShelf.Summary.Phase, endedAt: Timestamp? = nil) -> RunShelf.Summary {
        RunShelf.Summary(run: "shop@1", pipeline: "shop", phase: phase, startedAt: now, endedAt: endedAt)
    }
    private func payload(_ verb: String, _ body: String = "") throws -> Payload? { try Console.event(verb, pipeline: "shop", body: Array(body.utf8), now: Self.now)?.payload }
    private func payload(_ verb: String, of run: RunShelf.Summary, _ body: String = "") throws -> Payload? {
        try Console.event(verb, run: run, body: Array(body.utf8), now: Self.now)?.payload
    }

    @Test func `a run is asked for by nothing, or by full_refresh, and is named after its pipeline and the time`() throws {
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        let event = try #require(try Console.event("runs", pipeline: "shop", body: [], now: now))
        #expect(event.source == "console" && event.id.hasPrefix("shop@20260101T000000Z-"))
        for (body, isFull) in [("", false), ("{}", false), (#"{"full_refresh": true}"#, true)] {
            #expect(try payload("runs", body) == .runRequested(RunRequested(cause: .manual, isFullRefresh: isFull)))
        }
        for body in ["[]", "{", #"{"full_refresh": 1}"#, #"{"fullRefresh": true}"#] { #expect(throws: PlainProblem.self) { try payload("runs", body) } }
    }

    @Test func `a request may name steps`() throws {
        func wish(_ body: String) throws -> String {
            guard case .runRequested(let wish)? = try payload("runs", body) else { return "" }
            return "\(wish.steps) \(wish.from ?? "-") \(wish.isFullRefresh)"
        }
        #expect(try wish(#"{"steps": ["build"], "full_refresh": true}"#) == #"["build"] - true"#)
        #expect(try wish(#"{"from": "build"}"#) == "[] build false")
        for body in [#"{"steps": "build"}"#, #"{"steps": [1]}"#, #"{"from": ["build"]}"#, #"{"full_refresh": "yes"}"#, #"{"step": "build"}"#] {
            #expect(throws: PlainProblem.self) { try wish(body) }
        }
    }

    @Test func `a pause tells its reason, and each saying is an event of its own`() throws {
        #expect(try payload("pause", #"{"reason": "holidays"}"#) == .pipelinePaused(PipelinePaused(reason: "holidays")))
        #expect(try payload("pause") == .pipelinePaused(PipelinePaused()))
        #expect(try payload("unpause") == .pipelineUnpaused(PipelineUnpaused()))
        let ids = try (0..<20).compactMap { _ in try Console.event("pause", pipeline: "shop", body: [], now: Self.now)?.id }
        #expect(Set(ids).count > 15)
        for body in [#"{"reason": 1}"#, #"{"because": "x"}"#, "[]", "pause"] { #expect(throws: PlainProblem.self) { try payload("pause", body) } }
        #expect(throws: PlainProblem.self) { try payload("unpause", #"{"reason": "x"}"#) }
        #expect(try payload("delete") == nil)
    }

    @Test func `an open run is cancelled, an ended one is not`() throws {
        #expect(try payload("cancel", of: Self.run(.running), #"{"reason": "wrong day"}"#) == .runCancelRequested(RunCancelRequested(reason: "wrong day")))
        #expect(try payload("cancel", of: Self.run(.requested)) == .runCancelRequested(RunCancelRequested()))
        #expect(throws: PlainProblem.self) { try payload("cancel", of: Self.run(.failed, endedAt: Self.now)) }
    }

    @Test func `a run is done over whole, from a step, or where it failed`() throws {
        func extent(_ body: String) throws -> Rerun.Extent? {
            guard case .runRequested(let wish)? = try payload("rerun", of: Self.run(.failed, endedAt: Self.now), body) else { return nil }
            #expect(wish.cause == .rerun && wish.rerun?.of == "shop@1")
            return wish.rerun?.extent
        }
        #expect(try extent("") == .whole)
        #expect(try extent(#"{"from": "build"}"#) == .from(step: "build"))
        #expect(try extent(#"{"failed": true}"#) == .failed)
        for body in [#"{"failed": true, "from": "build"}"#, #"{"failed": "yes"}"#, #"{"steps": ["build"]}"#] { #expect(throws: PlainProblem.self) { try extent(body) } }
    }

    @Test func `a page offers what can be done with the run it shows`() throws {
        var desk = Desk()
        func buttons(_ run: RunID) throws -> [String] {
            let text = RunPage.render(try #require(desk.shelf.state(run)), now: desk.now, version: "1").text
            return text.split(separator: "</button>", omittingEmptySubsequences: false).dropLast().compactMap { $0.split(separator: ">", omittingEmptySubsequences: false).last.map(String.init) }
        }
        desk.start("shop@1", [spec("a", "a")])
        #expect(try buttons("shop@1") == ["Cancel"])
        desk.end("shop@1", isSuccess: false)
        #expect(try buttons("shop@1") == ["Run what did not succeed", "Run again"])
        desk.flights("shop@2")
        #expect(try buttons("shop@2") == ["Run again"])
    }
}
