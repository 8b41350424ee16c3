public import Kernel
import Mail
public import NotifyKit

/// A mail to the rule's recipients, in text and HTML, by the mail server that the settings name.
///
/// The Message-ID is made from the notice's key, and the mail has the same bytes each time: killed between sending and
/// remembering we send it again, and a mailbox that drops doubles by their id shows one. SMTP itself has no such promise.
/// A recipient that the server refuses for good keeps the mail from no other.
public struct EmailChannel: Channel {
    public static let name = "email"
    public static let summary = "a mail through SLUICE_SMTP_URL"
    public static let delivery = ChannelDelivery.onceByKey

    static let options = ["recipients", "from", "url", "user", "password", "tls", "ca_file", "timeout_seconds", "subject_prefix"]
    static let recipientsMax = 50
    /// A person waits for an examination.
    static let examineSecondsMax = 8.0
    private let context: ChannelContext

    public init(context: ChannelContext) { self.context = context }

    public func check(_ options: JSON) throws { _ = try settings(options) }

    /// Connects, greets, encrypts and signs in; no mail is begun.
    public nonisolated(nonsending) func examine(_ options: JSON) async throws -> String {
        var (server, _, to, _) = try settings(options)
        server.timeoutSeconds = min(server.timeoutSeconds, Self.examineSecondsMax)
        try SMTPClient.examine(server)
        let how = [server.security == .required ? "encrypted" : "not encrypted", server.user == nil ? "nobody signs in" : "signed in"]
        return "\(server.url) takes mail (\(how.joined(separator: ", "))), \(to.count) recipient\(to.count == 1 ? "" : "s")"
    }

    public nonisolated(nonsending) func send(_ notice: Notice) async throws {
        let settings = try settings(notice.options)
        let message = MailMessage(
            from: settings.from, to: settings.to, subject: "\(settings.prefix)\(notice.mark) \(notice.headline)", date: notice.endedAt,
            messageID: MailMessage.id(of: notice.key, domain: settings.from.domain), text: notice.text + "\n", html: notice.html)
        do {
            try SMTPClient.send(message, by: settings.server)
        } catch {
            guard error.kind == .refused, error.answer >= 500, message.to.count > 1 else { throw error }
            try SMTPClient.send(message, by: settings.server, isRefusalOfSomeAllowed: true)
            context.note("\(notice.route): the mail server refuses some of the \(message.to.count) recipients; the others got the mail\n\(error)")
        }
    }

    private func settings(_ options: JSON) throws -> (server: SMTPServer, from: MailAddress, to: [MailAddress], prefix: String) {
        let settings = try ChannelSettings(options, known: Self.options, of: Self.name, environment: context.environment)
        // What the rule says comes before what the environment says: a rule is checked where the latter is not there.
        let texts = try settings.list("recipients", "SLUICE_MAIL_TO")
        guard (1...Self.recipientsMax).contains(texts.count) else {
            throw PlainProblem(
                "notify.missing_setting", texts.isEmpty ? "the rule names no recipients" : "the rule names \(texts.count) recipients", at: .named("recipients"),
                remedy: "write recipients: [ops@example.com], at most \(Self.recipientsMax), or set SLUICE_MAIL_TO in the environment of sluice-notify")
        }
        let to = try texts.map { try address($0, "recipients") }
        let from = try address(try settings.required("from", "SLUICE_MAIL_FROM"), "SLUICE_MAIL_FROM")
        let user = try settings.text("user", "SLUICE_SMTP_USER")
        let password = user == nil ? nil : try settings.required("password", "SLUICE_SMTP_PASSWORD")
        let word = try settings.text("tls", "SLUICE_SMTP_TLS") ?? "required"
        guard let security = SMTPServer.Security(rawValue: word) else {
            throw PlainProblem("notify.bad_option", "'tls' is neither required nor none", at: .named("tls"), remedy: "leave it out; TLS is the default")
        }
        let server = try SMTPServer(
            url: settings.required("url", "SLUICE_SMTP_URL"), user: user, password: password, security: security,
            caFile: settings.text("ca_file", "SLUICE_SMTP_CA_FILE"),
            timeoutSeconds: settings.seconds("timeout_seconds", "SLUICE_MAIL_TIMEOUT_SECONDS", default: 20))
        let prefix = try settings.text("subject_prefix", "SLUICE_MAIL_SUBJECT_PREFIX").map { "\($0) " } ?? ""
        return (server, from, to, prefix)
    }

    private func address(_ text: String, _ place: String) throws -> MailAddress {
        guard let address = MailAddress(text) else {
            throw PlainProblem(
                "notify.bad_address", "this is no mail address", at: .named(place), remedy: "write ops@example.com or Data platform <ops@example.com>")
        }
        return address
    }
}
