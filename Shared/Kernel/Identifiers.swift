/// A run of a pipeline, for example `nyc_flights@20260101T060000Z`.
///
/// Derived from the request that caused it, so the same request twice is one run.
public struct RunID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let description: String
    public init(_ description: String) { self.description = description }
    public init(stringLiteral value: String) { description = value }
    public init(from decoder: any Decoder) throws { description = try decoder.singleValueContainer().decode(String.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
    public static func < (a: RunID, b: RunID) -> Bool { a.description < b.description }
}

/// A task, unique within its run, for example `ingest.extract.flights`.
public struct TaskID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let description: String
    public init(_ description: String) { self.description = description }
    public init(stringLiteral value: String) { description = value }
    public init(from decoder: any Decoder) throws { description = try decoder.singleValueContainer().decode(String.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
    public static func < (a: TaskID, b: TaskID) -> Bool { a.description < b.description }
}
