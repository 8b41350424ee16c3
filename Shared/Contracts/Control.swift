public import Kernel

// What people and policies say about runs and pipelines that exist already. Any client may publish these.

/// Ends a run before its time. The event's `run` names it; a run that has not begun is rejected instead.
public struct RunCancelRequested: Hashable, Sendable, Codable {
    public enum Cause: String, Codable, Sendable {
        case person
        /// The pipeline's `overlap: cancel_running`, for the sake of a newer request.
        case overlap
        /// The run is older than its `timeout`. It ends as failed, not as cancelled.
        case timeout
    }
    public var cause: Cause
    /// One line for people; empty where nobody gave a reason.
    public var reason: String

    public init(cause: Cause = .person, reason: String = "") {
        self.cause = cause
        self.reason = reason
    }
    private enum CodingKeys: String, CodingKey { case cause, reason }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        cause = try box.decodeIfPresent(Cause.self, forKey: .cause) ?? .person
        reason = try box.decodeIfPresent(String.self, forKey: .reason) ?? ""
    }
}

/// No run of the pipeline begins until it is unpaused; what runs goes on, what is asked for waits.
public struct PipelinePaused: Hashable, Sendable, Codable {
    public var reason: String
    public init(reason: String = "") { self.reason = reason }
    private enum CodingKeys: String, CodingKey { case reason }
    public init(from decoder: any Decoder) throws {
        reason = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .reason) ?? ""
    }
}

/// The pipeline's runs begin again, those that waited first.
public struct PipelineUnpaused: Hashable, Sendable, Codable { public init() {} }
