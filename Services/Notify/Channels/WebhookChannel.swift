import Digest
import HTTP
public import Kernel
public import NotifyKit
import Platform

/// A signed `POST` of the notice as JSON.
///
/// `X-Sluice-Signature: t=<seconds>,v1=<hex>`, where the latter is HMAC-SHA-256 with the shared secret over `<seconds>.<body>`;
/// a receiver that refuses old seconds cannot be told an old message again. `Idempotency-Key` is the notice's key: killed
/// between sending and remembering we send the same body with the same key, and a receiver that remembers keys acts once.
///
/// An answer from 200 to 299 is yes; 408, 425, 429 and those from 500 on are tried again; any other is a no for good.
public struct WebhookChannel: Channel {
    public static let name = "webhook"
    public static let summary = "a signed POST to SLUICE_WEBHOOK_URL"
    public static let delivery = ChannelDelivery.onceByKey

    static let options = ["url", "secret", "timeout_seconds"]
    static let answerBytesMax = 1 << 20
    /// A person waits for an examination.
    static let examineSecondsMax = 8.0
    private let environment: [String: String]
    private let client = HTTPClient()

    public init(context: ChannelContext) { environment = context.environment }

    public func check(_ options: JSON) throws { _ = try settings(options) }

    /// Connects, with encryption where the address says so; nothing is asked or posted.
    public nonisolated(nonsending) func examine(_ options: JSON) async throws -> String {
        let (url, _, seconds) = try settings(options)
        do { try client.reach(url, timeoutSeconds: min(seconds, Self.examineSecondsMax)) } catch { throw Self.shown(error, url) }
        return "\(Self.host(of: url)) takes connections"
    }

    /// Of the address only the host is shown: the path of a webhook is often its password.
    private static func shown(_ error: HTTPError, _ url: String) -> PlainProblem {
        PlainProblem(error.code, error.summary, at: .named("webhook at \(host(of: url))"), remedy: error.remedy, response: error.response)
    }

    public nonisolated(nonsending) func send(_ notice: Notice) async throws {
        let (url, secret, seconds) = try settings(notice.options)
        let body = notice.json.bytes
        let now = "\(SystemClock.now().microseconds / 1_000_000)"
        let signature = Digest.hmac(key: Array(secret.utf8), Array("\(now).".utf8) + body)
        let request = HTTPRequest(
            .post, url,
            headers: [
                .init("Content-Type", "application/json"), .init("Idempotency-Key", notice.key), .init("X-Sluice-Signature", "t=\(now),v1=\(signature)"),
            ], body: body, timeoutSeconds: seconds, bodyBytesMax: Self.answerBytesMax)
        let answer: HTTPResponse
        do { answer = try client.send(request) } catch { throw Self.shown(error, url) }
        guard !(200..<300).contains(answer.status) else { return }
        let isPassing = [408, 425, 429].contains(answer.status) || answer.status >= 500
        throw PlainProblem(
            isPassing ? "notify.webhook_unavailable" : "notify.webhook_refused", "the webhook answered \(answer.status)", at: .named("webhook at \(Self.host(of: url))"),
            remedy: isPassing ? "it is tried again; look at the receiver" : "check SLUICE_WEBHOOK_URL and that both sides have the same secret",
            response: isPassing ? .retry(afterSeconds: answer.header("retry-after").flatMap { Double($0) }) : .stop)
    }

    private func settings(_ options: JSON) throws -> (url: String, secret: String, seconds: Double) {
        let settings = try ChannelSettings(options, known: Self.options, of: Self.name, environment: environment)
        let url = try settings.required("url", "SLUICE_WEBHOOK_URL")
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw PlainProblem("notify.bad_option", "the webhook's address is no web address", at: .named("url"), remedy: "write https://host/path")
        }
        let secret = try settings.required("secret", "SLUICE_WEBHOOK_SECRET")
        return (url, secret, try settings.seconds("timeout_seconds", "SLUICE_WEBHOOK_TIMEOUT_SECONDS", default: 15))
    }

    private static func host(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2 else { return "" }
        return String(parts[2].prefix { $0 != "?" && $0 != "#" }.split(separator: "@").last ?? "")
    }
}
