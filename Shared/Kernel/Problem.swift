/// A stable, dotted name for one kind of failure: `extract.credentials_rejected`.
public struct ProblemCode: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let description: String
    public init(_ description: String) { self.description = description }
    public init(stringLiteral value: String) { description = value }
}

/// Where something went wrong: a place in a file, a record of a stream, or a message of the log.
public struct ProblemLocation: Hashable, Sendable, CustomStringConvertible {
    public var description: String

    /// A place in a file. `line` and `column` count from 1; 0 means unknown.
    public static func file(_ path: String, line: Int = 0, column: Int = 0) -> ProblemLocation {
        if line == 0 { return ProblemLocation(description: path) }
        return ProblemLocation(description: column == 0 ? "\(path):\(line)" : "\(path):\(line):\(column)")
    }

    /// A record of a stream; `record` counts from 1.
    public static func record(_ record: Int, stream: String) -> ProblemLocation {
        ProblemLocation(description: "stream \(stream), record \(record)")
    }

    /// A message of the log.
    public static func message(topic: String, sequence: UInt64) -> ProblemLocation {
        ProblemLocation(description: "\(topic) sequence \(sequence)")
    }

    /// Anything else that has a name: a setting, a relation, an endpoint.
    public static func named(_ name: String) -> ProblemLocation { ProblemLocation(description: name) }
}

/// What the engine should do about a failure.
public enum ProblemResponse: Hashable, Sendable {
    /// Passing: try again, not sooner than `after` seconds where stated.
    case retry(afterSeconds: Double?)
    /// This one piece of work can never succeed; set it aside.
    case deadLetter
    /// Nothing will go better until a person changes something.
    case stop
}

/// A failure that answers three questions (what, where, what to do) and tells the engine how to respond.
///
/// `summary` and `remedy` hold no secret and no row data.
public protocol Problem: Error, CustomStringConvertible, Sendable {
    var code: ProblemCode { get }
    var summary: String { get }
    var location: ProblemLocation { get }
    var remedy: String { get }
    var response: ProblemResponse { get }
}

extension Problem {
    /// The form people read: `error[code]: what`, then where, then what to do.
    public var description: String {
        var text = "error[\(code)]: \(summary)"
        if !location.description.isEmpty { text += "\n  at   \(location)" }
        if !remedy.isEmpty { text += "\n  try  \(remedy)" }
        return text
    }
}

/// A ready-made `Problem`, for engines that turn a foreign error into one and for rooms with few failures.
public struct PlainProblem: Problem, Hashable {
    public let code: ProblemCode
    public let summary: String
    public let location: ProblemLocation
    public let remedy: String
    public let response: ProblemResponse

    public init(
        _ code: ProblemCode, _ summary: String, at location: ProblemLocation = .named(""),
        remedy: String, response: ProblemResponse = .stop
    ) {
        self.code = code
        self.summary = summary
        self.location = location
        self.remedy = remedy
        self.response = response
    }
}
