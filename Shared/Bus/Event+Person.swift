public import Contracts
public import Kernel
public import Platform

/// What people say by a face of the product; `source` names the face: `cli`, `console`.
extension Event {
    /// Asks for a run. The id is the run's name: pipeline, time, and four digits so that two in one second differ.
    public static func asking(_ wish: RunRequested, of pipeline: String, by source: String, at now: Timestamp = SystemClock.now()) -> Event {
        Event(source: source, id: "\(pipeline)@\(now.compact)-\(Entropy.hex(4))", time: now, pipeline: pipeline, payload: .runRequested(wish))
    }

    /// Says something of a pipeline, or of a run of it: each saying is an event of its own.
    public static func saying(_ payload: Payload, of pipeline: String, run: RunID? = nil, by source: String, at now: Timestamp = SystemClock.now()) -> Event {
        Event(
            source: source, id: "\(run?.description ?? pipeline)/\(payload.type)/\(now.compact)-\(Entropy.hex(4))", time: now, pipeline: pipeline, run: run, payload: payload)
    }
}
