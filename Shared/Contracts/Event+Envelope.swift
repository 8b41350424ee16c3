import FoundationEssentials
public import Kernel

extension Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case specversion, id, source, type, time, datacontenttype, pipeline, role, run, task, priority, traceparent, data
    }

    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        source = try box.decode(String.self, forKey: .source)
        id = try box.decode(String.self, forKey: .id)
        time = try box.decode(Timestamp.self, forKey: .time)
        pipeline = try box.decode(String.self, forKey: .pipeline)
        role = try box.decodeIfPresent(Role.self, forKey: .role)
        run = try box.decodeIfPresent(RunID.self, forKey: .run)
        task = try box.decodeIfPresent(TaskID.self, forKey: .task)
        priority = try box.decodeIfPresent(Int.self, forKey: .priority) ?? 0
        traceparent = try box.decodeIfPresent(String.self, forKey: .traceparent)
        let type = try box.decode(String.self, forKey: .type)
        payload = switch type {
        case EventType.pipelineRegistered: .pipelineRegistered(try box.decode(PipelineRegistered.self, forKey: .data))
        case EventType.runRequested: .runRequested(try box.decode(RunRequested.self, forKey: .data))
        case EventType.runRejected: .runRejected(try box.decode(RunRejected.self, forKey: .data))
        case EventType.runStarted: .runStarted(try box.decode(RunStarted.self, forKey: .data))
        case EventType.tasksAdded: .tasksAdded(try box.decode(TasksAdded.self, forKey: .data))
        case EventType.taskReady: .taskReady(try box.decode(TaskReady.self, forKey: .data))
        case EventType.taskSucceeded: .taskSucceeded(try box.decode(TaskReport.self, forKey: .data))
        case EventType.taskFailed: .taskFailed(try box.decode(TaskReport.self, forKey: .data))
        case EventType.taskSkipped: .taskSkipped(try box.decode(TaskSkipped.self, forKey: .data))
        case EventType.taskDeadLettered: .taskDeadLettered(try box.decode(TaskDeadLettered.self, forKey: .data))
        case EventType.taskRequeued: .taskRequeued(try box.decode(TaskRequeued.self, forKey: .data))
        case EventType.alertRaised: .alertRaised(try box.decode(AlertRaised.self, forKey: .data))
        case EventType.runSucceeded: .runSucceeded(try box.decode(RunEnded.self, forKey: .data))
        case EventType.runFailed: .runFailed(try box.decode(RunEnded.self, forKey: .data))
        case EventType.pipelinePaused: .pipelinePaused(try box.decode(PipelinePaused.self, forKey: .data))
        case EventType.pipelineUnpaused: .pipelineUnpaused(try box.decode(PipelineUnpaused.self, forKey: .data))
        case EventType.runCancelRequested: .runCancelRequested(try box.decode(RunCancelRequested.self, forKey: .data))
        case EventType.slaMissed: .slaMissed(try box.decode(SLAMissed.self, forKey: .data))
        case EventType.runSlow: .runSlow(try box.decode(RunSlow.self, forKey: .data))
        case EventType.fileArrived: .fileArrived(try box.decode(FileArrived.self, forKey: .data))
        case EventType.webhookReceived: .webhookReceived(try box.decode(WebhookReceived.self, forKey: .data))
        case EventType.backfillRequested: .backfillRequested(try box.decode(BackfillRequested.self, forKey: .data))
        case EventType.backfillPlanned: .backfillPlanned(try box.decode(BackfillPlanned.self, forKey: .data))
        case EventType.runCancelled: .runCancelled(try box.decode(RunEnded.self, forKey: .data))
        default: .other(type: type, data: try box.decodeIfPresent(JSON.self, forKey: .data) ?? .null)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode("1.0", forKey: .specversion)
        try box.encode(id, forKey: .id)
        try box.encode(source, forKey: .source)
        try box.encode(type, forKey: .type)
        try box.encode(time, forKey: .time)
        try box.encode("application/json", forKey: .datacontenttype)
        try box.encode(pipeline, forKey: .pipeline)
        try box.encodeIfPresent(role, forKey: .role)
        try box.encodeIfPresent(run, forKey: .run)
        try box.encodeIfPresent(task, forKey: .task)
        if priority != 0 { try box.encode(priority, forKey: .priority) }
        try box.encodeIfPresent(traceparent, forKey: .traceparent)
        switch payload {
        case .pipelineRegistered(let data): try box.encode(data, forKey: .data)
        case .runRequested(let data): try box.encode(data, forKey: .data)
        case .runRejected(let data): try box.encode(data, forKey: .data)
        case .runStarted(let data): try box.encode(data, forKey: .data)
        case .tasksAdded(let data): try box.encode(data, forKey: .data)
        case .taskReady(let data): try box.encode(data, forKey: .data)
        case .taskSucceeded(let data), .taskFailed(let data): try box.encode(data, forKey: .data)
        case .taskSkipped(let data): try box.encode(data, forKey: .data)
        case .taskDeadLettered(let data): try box.encode(data, forKey: .data)
        case .taskRequeued(let data): try box.encode(data, forKey: .data)
        case .alertRaised(let data): try box.encode(data, forKey: .data)
        case .pipelinePaused(let data): try box.encode(data, forKey: .data)
        case .pipelineUnpaused(let data): try box.encode(data, forKey: .data)
        case .slaMissed(let data): try box.encode(data, forKey: .data)
        case .runSlow(let data): try box.encode(data, forKey: .data)
        case .fileArrived(let data): try box.encode(data, forKey: .data)
        case .webhookReceived(let data): try box.encode(data, forKey: .data)
        case .backfillRequested(let data): try box.encode(data, forKey: .data)
        case .backfillPlanned(let data): try box.encode(data, forKey: .data)
        case .runCancelRequested(let data): try box.encode(data, forKey: .data)
        case .runSucceeded(let data), .runFailed(let data), .runCancelled(let data): try box.encode(data, forKey: .data)
        case .other(_, let data): try box.encode(data, forKey: .data)
        }
    }

    /// The bytes that travel and are kept.
    public func envelope() throws(EnvelopeProblem) -> [UInt8] {
        if let bytes = PlainEnvelope.bytes(of: self), bytes.count <= Event.envelopeBytesMax { return bytes }
        return try codedEnvelope()
    }

    func codedEnvelope() throws(EnvelopeProblem) -> [UInt8] {
        let encoder = JSONEncoder()
        // Sorted, so that equal events are equal bytes: a golden log stays golden.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = [UInt8](try encoder.encode(self))
            guard bytes.count <= Event.envelopeBytesMax else {
                throw EnvelopeProblem(reason: "the event is \(bytes.count) bytes; at most \(Event.envelopeBytesMax) travel", event: "\(source) \(id)")
            }
            return bytes
        } catch let problem as EnvelopeProblem {
            throw problem
        } catch {
            throw EnvelopeProblem(reason: "\(error)", event: "\(source) \(id)")
        }
    }

    public init(envelope: [UInt8]) throws(EnvelopeProblem) {
        do {
            self = try JSONDecoder().decode(Event.self, from: Data(envelope))
        } catch {
            throw EnvelopeProblem(reason: "\(error)", event: String(decoding: envelope.prefix(80), as: UTF8.self))
        }
    }
}

/// An event that cannot be written or read.
public struct EnvelopeProblem: Problem, Hashable {
    public let reason: String
    public let event: String
    public var code: ProblemCode { "contracts.bad_envelope" }
    public var summary: String { "an event cannot be read or written: \(reason)" }
    public var location: ProblemLocation { .named(event) }
    public var remedy: String { "publish CloudEvents 1.0 JSON as Bus.docc/Wire.md has it" }
    public var response: ProblemResponse { .deadLetter }
}
