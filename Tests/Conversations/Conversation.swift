public import ConnectorKit
public import HTTP
public import Kernel
internal import Synchronization

/// A server that is a function: what a test expects to be asked, and what is answered.
public final class Conversation: HTTPTransport {
    public typealias Answer = @Sendable (_ request: HTTPRequest, _ number: Int) throws(HTTPError) -> HTTPResponse
    private let log = Mutex<[HTTPRequest]>([])
    private let answer: Answer

    public init(_ answer: @escaping Answer) { self.answer = answer }

    public func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let number = log.withLock { $0.append(request); return $0.count }
        return try answer(request, number)
    }

    /// All that has been asked.
    public var requests: [HTTPRequest] { log.withLock { $0 } }
    public func requests(to end: String) -> [HTTPRequest] { requests.filter { $0.url.hasSuffix(end) } }
}

extension HTTPRequest {
    /// A parameter of the question.
    public subscript(name: String) -> String? { query.first { $0.name == name }?.value }
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    public var json: JSON { (try? JSON(parsing: body)) ?? .null }
}

extension HTTPResponse {
    public static func json(_ value: JSON, status: Int = 200, headers: [(String, String)] = []) -> HTTPResponse {
        HTTPResponse(status: status, headers: [.init("Content-Type", "application/json")] + headers.map { .init($0.0, $0.1) }, body: value.bytes)
    }
    public static func text(_ text: String, status: Int = 200, type: String = "text/html; charset=utf-8") -> HTTPResponse {
        HTTPResponse(status: status, headers: [.init("Content-Type", type)], body: Array(text.utf8))
    }
}

/// Time that passes only when somebody waits.
public final class PatientClock: Sendable {
    private let state: Mutex<(now: Timestamp, waits: [Double])>

    public init(_ start: String) { state = Mutex((Timestamp(rfc3339: start)!, [])) }

    public var now: Timestamp { state.withLock { $0.now } }
    /// Every wait, in seconds.
    public var waits: [Double] { state.withLock { $0.waits } }
    public func wait(_ seconds: Double) { state.withLock { $0.now = $0.now.adding(seconds: seconds); $0.waits.append(seconds) } }
    public func pass(_ seconds: Double) { state.withLock { $0.now = $0.now.adding(seconds: seconds) } }

    /// `dice` stands for every throw of the dice: 1 is the longest wait that jitter allows.
    public func context(_ http: any HTTPTransport, dice: Double = 1) -> ConnectorContext {
        ConnectorContext(now: { self.now }, http: http, sleep: { self.wait($0) }, random: { dice })
    }
}

/// What a connector has sent.
public final class Basket: RecordSink {
    private struct Content {
        var batches: [RecordBatch] = []
        var cursor: JSON = .null
        var notes: [String] = []
        var facts: JSON = [:]
        var stated = 0
    }
    private let content = Mutex(Content())

    public init() {}
    public var batches: [RecordBatch] { content.withLock { $0.batches } }
    public var cursor: JSON { content.withLock { $0.cursor } }
    public var notes: [String] { content.withLock { $0.notes } }
    public var facts: JSON { content.withLock { $0.facts } }
    public var stated: Int { content.withLock { $0.stated } }

    @discardableResult public func send(_ batch: RecordBatch) async -> String { content.withLock { $0.batches.append(batch) }; return "" }
    public func checkpoint(_ cursor: JSON) async { content.withLock { $0.cursor = cursor } }
    public func note(_ text: String) async { content.withLock { $0.notes.append(text) } }
    public func record(_ name: String, _ fact: JSON) async { content.withLock { $0.facts[name] = fact } }
    public func state(records: Int) async { content.withLock { $0.stated += records } }

    /// All that a leak could hide in.
    public var everything: String {
        batches.map { batch in
            if case .bytes(let bytes) = batch.content { "\(String(decoding: bytes, as: UTF8.self)) \(batch.format) \(batch.source)" } else { "\(batch)" }
        }.joined(separator: "\n") + cursor.text() + notes.joined(separator: "\n") + facts.text()
    }
}
