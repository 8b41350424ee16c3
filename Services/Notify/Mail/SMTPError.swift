public import Kernel

/// Why a mail was not taken. It holds the server's name and its answer's number, never an address, a password or text of the mail.
public struct SMTPError: Problem, Hashable {
    public enum Kind: String, Hashable, Sendable {
        case badSettings = "bad_settings"
        case unreachable, timeout, cut
        /// The certificate, or no encryption where it is asked for.
        case tls
        case credentials = "credentials_rejected"
        /// The server said no to the sender, a recipient or the mail: for good with 5xx, for now with 4xx.
        case refused
        case cancelled
    }
    public let kind: Kind
    public let server: String
    /// The server's last answer; 0 where there was none.
    public let answer: Int
    /// The library's words for the kind of failure.
    public let detail: String

    public init(_ kind: Kind, server: String, answer: Int = 0, detail: String = "") {
        self.kind = kind
        self.server = server
        self.answer = answer
        self.detail = detail
    }

    public var code: ProblemCode { ProblemCode("notify.mail_\(kind.rawValue)") }
    public var location: ProblemLocation { .named(server) }

    public var summary: String {
        let what = switch kind {
        case .badSettings: "the mail server's address or its certificate file cannot be used"
        case .unreachable: "the mail server does not take the connection"
        case .timeout: "the mail server did not answer in time"
        case .cut: "the mail server ended the connection before it took the mail"
        case .tls: "the encrypted connection to the mail server failed"
        case .credentials: "the mail server rejects the user name or the password"
        case .refused: "the mail server refuses the sender, a recipient or the mail"
        case .cancelled: "sending was stopped"
        }
        let more = [answer >= 400 ? "it answered \(answer)" : "", detail].filter { !$0.isEmpty }
        return more.isEmpty ? what : "\(what) (\(more.joined(separator: "; ")))"
    }

    public var remedy: String {
        switch kind {
        case .badSettings: "write SLUICE_SMTP_URL as smtp://host:587 or smtps://host:465, and see that SLUICE_SMTP_CA_FILE holds certificates"
        case .unreachable: "check that the host's name and port are right and that a firewall lets this machine reach it"
        case .timeout, .cut: "it is tried again; if it comes back, look at the mail server"
        case .tls: "check the server's certificate and name; a certificate of your own authority needs SLUICE_SMTP_CA_FILE"
        case .credentials: "correct SLUICE_SMTP_USER and SLUICE_SMTP_PASSWORD (or SLUICE_SMTP_PASSWORD_FILE) and start sluice-notify again"
        case .refused: "check SLUICE_MAIL_FROM and the recipients; the mail server's log says which of them it was"
        case .cancelled: ""
        }
    }

    public var response: ProblemResponse {
        switch kind {
        case .badSettings, .tls: .stop
        // 4xx of a mail server means: later.
        case .credentials: (400..<500).contains(answer) ? .retry(afterSeconds: nil) : .stop
        case .refused: answer >= 500 ? .stop : .retry(afterSeconds: nil)
        case .unreachable, .timeout, .cut, .cancelled: .retry(afterSeconds: nil)
        }
    }
}
