internal import CCurl

/// The mail server that hands our mail on.
public struct SMTPServer: Hashable, Sendable {
    public enum Security: String, Hashable, Sendable {
        /// TLS, from the first byte with `smtps://`, by STARTTLS with `smtp://`; a server that does not offer it gets nothing.
        case required
        /// For a relay on this very machine. No password goes over such a connection.
        case none
    }
    /// `smtp://host:587` or `smtps://host:465`, without credentials.
    public let url: String
    public let user: String?
    public let password: String?
    public let security: Security
    /// Certificates to trust instead of the system's.
    public let caFile: String?
    public var timeoutSeconds: Double

    /// - Throws: `SMTPError` of kind `badSettings`.
    public init(
        url: String, user: String? = nil, password: String? = nil, security: Security = .required, caFile: String? = nil, timeoutSeconds: Double = 20
    ) throws(SMTPError) {
        let isSMTP = url.hasPrefix("smtp://") || url.hasPrefix("smtps://")
        // An address with a user in it is refused unquoted: it may hold a password.
        guard isSMTP, !url.contains("@"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw SMTPError(.badSettings, server: "SLUICE_SMTP_URL", detail: url.contains("@") ? "it holds a user name; set SLUICE_SMTP_USER instead" : "")
        }
        if security == .none, password != nil {
            throw SMTPError(.badSettings, server: url, detail: "a password is not sent without encryption; leave out tls: none")
        }
        self.url = url
        self.user = user
        self.password = password
        self.security = security
        self.caFile = caFile
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Hands one mail to a server over a connection of its own. Blocks; a cancelled task ends it within about a second.
public enum SMTPClient {
    static let connectSecondsMax = 10.0
    /// For each single answer; so long at most a server can hold us up that has taken the mail and does not say good-bye.
    static let answerSecondsMax = 10.0

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Returns when the server has taken the mail.
    /// - Parameter isRefusalOfSomeAllowed: the mail goes to those recipients that the server takes, and need not go to all.
    public static func send(_ message: MailMessage, by server: SMTPServer, isRefusalOfSomeAllowed: Bool = false) throws(SMTPError) {
        let upload = Upload(message.bytes)
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in message.to { recipients = curl_slist_append(recipients, "<\(address.mailbox)>") }
        defer { curl_slist_free_all(recipients) }
        try perform(server) { curl in
            sluice_curl_set_text(curl, CURLOPT_MAIL_FROM, "<\(message.from.mailbox)>")
            sluice_curl_set_pointer(curl, CURLOPT_MAIL_RCPT, recipients)
            // libcurl spells it with three l.
            sluice_curl_set_long(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, isRefusalOfSomeAllowed ? 1 : 0)
            sluice_curl_set_long(curl, CURLOPT_UPLOAD, 1)
            sluice_curl_set_offset(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.bytes.count))
            // A read function looks like a write function to C.
            sluice_curl_set_take(curl, CURLOPT_READFUNCTION, giveBytes)
            sluice_curl_set_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque())
        }
        withExtendedLifetime(upload) {}
    }

    /// Connects, greets, encrypts and signs in as `send` does, then says good-bye without a mail.
    public static func examine(_ server: SMTPServer) throws(SMTPError) {
        try perform(server) { curl in
            // A command that does nothing in the place of a mail.
            sluice_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, "NOOP")
            sluice_curl_set_long(curl, CURLOPT_NOBODY, 1)
        }
    }

    private static func perform(_ server: SMTPServer, _ prepare: (UnsafeMutableRawPointer) -> Void) throws(SMTPError) {
        precondition(isReady, "libcurl does not start")
        guard let curl = curl_easy_init() else { preconditionFailure("libcurl gives no handle") }
        defer { curl_easy_cleanup(curl) }
        sluice_curl_set_text(curl, CURLOPT_URL, server.url)
        sluice_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        sluice_curl_set_long(curl, CURLOPT_USE_SSL, Int(server.security == .required ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue))
        if let file = server.caFile {
            sluice_curl_set_text(curl, CURLOPT_CAINFO, file)
            sluice_curl_set_text(curl, CURLOPT_CAPATH, nil)
        }
        if let user = server.user, let password = server.password {
            sluice_curl_set_text(curl, CURLOPT_USERNAME, user)
            sluice_curl_set_text(curl, CURLOPT_PASSWORD, password)
        }
        sluice_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        sluice_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, Int(min(connectSecondsMax, server.timeoutSeconds) * 1000))
        sluice_curl_set_long(curl, CURLOPT_TIMEOUT_MS, Int(server.timeoutSeconds * 1000))
        sluice_curl_set_long(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, min(answerSecondsMax, server.timeoutSeconds))))
        // Closed at the end of the transfer, where the time limits above hold, and not while the handle is cleaned up.
        sluice_curl_set_long(curl, CURLOPT_FORBID_REUSE, 1)
        sluice_curl_set_long(curl, CURLOPT_NOPROGRESS, 0)
        sluice_curl_set_watch(curl, CURLOPT_XFERINFOFUNCTION, watchTask)
        prepare(curl)
        let code = curl_easy_perform(curl)
        guard code != CURLE_OK else { return }
        var answer = 0
        sluice_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &answer)
        throw error(code, answer, server)
    }

    private static func error(_ code: CURLcode, _ answer: Int, _ server: SMTPServer) -> SMTPError {
        let kind: SMTPError.Kind = switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CACERT_BADFILE: .badSettings
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .unreachable
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR: .tls
        case CURLE_LOGIN_DENIED: .credentials
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        default: answer >= 400 ? .refused : .cut
        }
        return SMTPError(kind, server: server.url, answer: answer, detail: String(cString: curl_easy_strerror(code)).lowercased())
    }
}

/// What is still to be sent. Touched only inside `curl_easy_perform`.
private final class Upload {
    let bytes: [UInt8]
    private var place = 0
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, bytes.count - place)
        bytes[place..<place + count].withUnsafeBytes { room.copyMemory(from: $0) }
        place += count
        return count
    }
}

nonisolated private let giveBytes: @convention(c) @Sendable (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    return Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue().give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

/// libcurl asks about once a second, on the thread of the call and so inside its task, whether to go on.
nonisolated private let watchTask: @convention(c) @Sendable (UnsafeMutableRawPointer?, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> Int32 = {
    _, _, _, _, _ in
    Task.isCancelled ? 1 : 0
}
