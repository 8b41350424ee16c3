internal import CCurl
internal import Synchronization

/// HTTP over libcurl. Connections stay open between requests; each call blocks its thread until the answer is whole.
///
/// - TLS certificates are always checked. Redirects are not followed: an answer with one is an answer, so that no
///   credential goes where nobody sent it. Only `http` and `https` are spoken.
/// - An answer that stalls, lasts too long or grows too large is given up with an error of its own.
public final class HTTPClient: HTTPTransport {
    static let connectTimeoutSeconds = 15.0
    /// A connection that moves fewer than 1 byte a second for this long is dead.
    static let stallSeconds = 30
    static let idleHandlesMax = 8

    // Each handle is used by the one call that took it out.
    private let idle = Mutex<[Handle]>([])
    private let userAgent: String

    public init(userAgent: String = "sluice/0.1") { self.userAgent = userAgent }

    public func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let handle = idle.withLock { $0.popLast() } ?? Handle()
        defer { idle.withLock { if $0.count < Self.idleHandlesMax { $0.append(handle) } } }
        return try handle.perform(request, userAgent: userAgent)
    }

    /// Connects to the host of `url`, with encryption where it begins with `https`, and hangs up: nothing is asked.
    public func reach(_ url: String, timeoutSeconds: Double) throws(HTTPError) {
        _ = try Handle().perform(HTTPRequest(.head, url, timeoutSeconds: timeoutSeconds), userAgent: userAgent, isConnectOnly: true)
    }
}

/// One libcurl handle and its connections.
// Sendable: it is in the hands of one call at a time, which took it out of the client's list.
private final class Handle: @unchecked Sendable {
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    private let curl: OpaquePointer

    init() {
        precondition(Self.isReady, "libcurl does not start")
        guard let curl = curl_easy_init() else { preconditionFailure("libcurl gives no handle") }
        self.curl = OpaquePointer(curl)
    }
    deinit { curl_easy_cleanup(UnsafeMutableRawPointer(curl)) }

    func perform(_ request: HTTPRequest, userAgent: String, isConnectOnly: Bool = false) throws(HTTPError) -> HTTPResponse {
        let curl = UnsafeMutableRawPointer(self.curl)
        // Options go, connections stay.
        curl_easy_reset(curl)
        let answer = Answer(bytesMax: request.bodyBytesMax)
        var headers: UnsafeMutablePointer<curl_slist>?
        for header in request.headers where !header.name.utf8.contains(where: Self.breaksLine) && !header.value.utf8.contains(where: Self.breaksLine) {
            headers = curl_slist_append(headers, "\(header.name): \(header.value)")
        }
        defer { curl_slist_free_all(headers) }
        set(CURLOPT_URL, request.fullURL)
        set(CURLOPT_USERAGENT, userAgent)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_ACCEPT_ENCODING, "")
        set(CURLOPT_NOSIGNAL, 1)
        if isConnectOnly { set(CURLOPT_CONNECT_ONLY, 1) }
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(HTTPClient.connectTimeoutSeconds, request.timeoutSeconds) * 1000))
        set(CURLOPT_TIMEOUT_MS, Int(request.timeoutSeconds * 1000))
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, HTTPClient.stallSeconds)
        sluice_curl_set_pointer(curl, CURLOPT_HTTPHEADER, headers)
        sluice_curl_set_take(curl, CURLOPT_WRITEFUNCTION, takeBody)
        sluice_curl_set_pointer(curl, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque())
        sluice_curl_set_take(curl, CURLOPT_HEADERFUNCTION, takeHeader)
        sluice_curl_set_pointer(curl, CURLOPT_HEADERDATA, Unmanaged.passUnretained(answer).toOpaque())
        let code = request.body.withUnsafeBufferPointer { body in
            switch request.method {
            case .get: set(CURLOPT_HTTPGET, 1)
            case .head: set(CURLOPT_NOBODY, 1)
            case .post, .put, .patch, .delete:
                set(CURLOPT_POST, 1)
                set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
                // libcurl reads the size first and the bytes from where they are.
                sluice_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
                sluice_curl_set_pointer(curl, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafePointer(Self.nothing))
            }
            return withExtendedLifetime(answer) { curl_easy_perform(curl) }
        }
        guard code == CURLE_OK else { throw Self.error(code, request, answer) }
        var status = 0
        sluice_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        return HTTPResponse(status: status, headers: answer.headers, body: answer.body)
    }

    // Safe: never written.
    nonisolated(unsafe) private static let nothing = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    /// A line end in a header would smuggle in another one.
    private static func breaksLine(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d || byte == 0 }

    private func set(_ option: CURLoption, _ value: Int) { sluice_curl_set_long(UnsafeMutableRawPointer(curl), option, value) }
    private func set(_ option: CURLoption, _ value: String) { sluice_curl_set_text(UnsafeMutableRawPointer(curl), option, value) }

    private static func error(_ code: CURLcode, _ request: HTTPRequest, _ answer: Answer) -> HTTPError {
        let kind: HTTPError.Kind = switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badAddress
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
        case CURLE_COULDNT_CONNECT: .refused
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2_STREAM: .cut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .tls
        case CURLE_WRITE_ERROR where answer.isTooLarge: .tooLarge
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        default: .other
        }
        // Only the words for the code: libcurl's longer ones may quote the request.
        return HTTPError(kind, request: request.label, detail: String(cString: curl_easy_strerror(code)).lowercased())
    }
}

/// What has come of an answer. Touched only inside `curl_easy_perform`, and after it.
private final class Answer {
    static let headersMax = 1_000
    let bytesMax: Int
    var headers: [HTTPRequest.Parameter] = []
    var body: [UInt8] = []
    var isTooLarge = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= bytesMax else { isTooLarge = true; return false }
        body.append(contentsOf: bytes)
        return true
    }

    func take(header line: String) {
        // The headers of an interim answer (100 Continue) are not those of the answer.
        if line.hasPrefix("HTTP/") { headers = []; return }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), headers.count < Self.headersMax else { return }
        headers.append(.init(Self.trimmed(line[..<colon]).lowercased(), Self.trimmed(line[line.utf8.index(after: colon)...])))
    }

    private static func trimmed(_ text: Substring) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

nonisolated private let takeBody: @convention(c) @Sendable (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
    return answer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

nonisolated private let takeHeader: @convention(c) @Sendable (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
    Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue().take(header: line)
    return size * count
}
