public import HTTP
public import Kernel
public import Landing

/// One source system, read one stream at a time.
///
/// A connector asks and hands over; the engine lands, counts, retries, waits and keeps the cursor.
public protocol Connector: Sendable {
    associatedtype Settings: Decodable & Sendable
    /// What the operator sees: name, summary, options with defaults, an example.
    static var spec: ConnectorSpec { get }
    init(settings: Settings, context: ConnectorContext) throws
    /// Proves that the source can be read. Reads no records, writes nothing.
    func check() async throws
    /// Each connection and permission by itself, told as soon as it is known, for `sluice doctor`. Like `check` it reads no
    /// records and writes nothing. `streams` is what the pipeline says of each stream, by name.
    func examine(_ streams: JSONObject, tell: @Sendable (Finding) -> Void) async
    /// The streams that can be read with these settings.
    func discover() async throws -> Catalog
    /// Reads one stream. A checkpoint covers every batch sent before it, so restarting loses nothing.
    func read(_ request: ReadRequest, into sink: some RecordSink) async throws
    /// How the loader is to write a stream where the pipeline does not say: `disposition`, `key`, `order_by`.
    static func loading(of stream: String, config: JSON) -> JSON
}

extension Connector {
    public static func loading(of stream: String, config: JSON) -> JSON { [:] }

    public func examine(_ streams: JSONObject, tell: @Sendable (Finding) -> Void) async {
        do {
            try await check()
            tell(Finding("access", .ok, "the settings work"))
        } catch {
            tell(Finding("access", failed: error))
        }
    }
}

/// Where batches go. Each call suspends until the batch lies safely on disk.
public protocol RecordSink: Sendable {
    /// - Returns: the SHA-256 of the bytes that landed, for connectors whose cursor remembers content.
    @discardableResult func send(_ batch: RecordBatch) async throws -> String
    /// How far the stream has been read with all that was sent.
    func checkpoint(_ cursor: JSON) async throws
    /// A line for people that goes into the task's report: a metric that is gone, a page that was empty.
    func note(_ text: String) async
    /// A fact that is kept with the manifest: a quota, the flags of a report.
    func record(_ name: String, _ fact: JSON) async
    /// How many records the source itself says there are, for all that is sent. The seal compares.
    func state(records: Int) async
}

extension RecordSink {
    public func note(_ text: String) async {}
    public func record(_ name: String, _ fact: JSON) async {}
    public func state(records: Int) async {}
}

/// What the engine brings, so that a test brings its own: a recorded conversation, a clock that jumps, dice that repeat.
public struct ConnectorContext: Sendable {
    public var now: @Sendable () -> Timestamp
    public var http: any HTTPTransport
    /// Shared by all that ask the same source in this process.
    public var limiter: RateLimiter
    public var sleep: @Sendable (_ seconds: Double) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    public var random: @Sendable () -> Double
    /// Nobody waits: the first fault or limit is told, and nothing is tried again. For checks that a person looks at.
    public var isHasty = false

    public init(
        now: @escaping @Sendable () -> Timestamp, http: any HTTPTransport, limiter: RateLimiter = RateLimiter(),
        sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.now = now
        self.http = http
        self.limiter = limiter
        self.sleep = sleep
        self.random = random
    }
}

public struct ReadRequest: Hashable, Sendable {
    public var stream: String
    /// What the pipeline says of this stream.
    public var config: JSON
    /// Where the last sealed run stopped; null reads everything.
    public var cursor: JSON

    public init(stream: String, config: JSON, cursor: JSON) {
        self.stream = stream
        self.config = config
        self.cursor = cursor
    }
}

/// A piece of a stream in the form in which the source gives it.
public struct RecordBatch: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// A file to copy as it is.
        case file(String)
        case bytes([UInt8])
    }
    public var content: Content
    public var format: RawFormat
    /// The part of the stream that this batch is the whole of: a later batch of the same window replaces it.
    public var window: String?
    /// What the source calls it: a file's name, a page's address.
    public var source: String

    public init(_ content: Content, format: RawFormat, window: String? = nil, source: String) {
        self.content = content
        self.format = format
        self.window = window
        self.source = source
    }
}

/// What a source offers.
public struct Catalog: Hashable, Sendable {
    public struct Stream: Hashable, Sendable {
        public var name: String
        public var columns: [String]
        public var primaryKey: [String]
        /// The settings that read it.
        public var config: JSON

        public init(name: String, columns: [String] = [], primaryKey: [String] = [], config: JSON = [:]) {
            self.name = name
            self.columns = columns
            self.primaryKey = primaryKey
            self.config = config
        }
    }
    public var streams: [Stream]
    public init(streams: [Stream]) { self.streams = streams }
}
