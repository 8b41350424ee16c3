/// A stretch of time that a microbatch model is built for.
public struct Batch: Hashable, Sendable {
    /// The model that is built.
    public var node: String
    /// As SQL writes them: `2026-01-01 00:00:00+00:00`; the end belongs to the next batch.
    public var start: String?
    public var end: String?
    public var id: String
    /// Whether it adds to what is there even where a full refresh is asked for: of several batches only the first makes the table anew.
    public var keepsTable = false

    public init(node: String, id: String, start: String?, end: String?) {
        self.node = node
        self.id = id
        self.start = start
        self.end = end
    }
}
