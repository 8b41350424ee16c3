import Contracts
import Digest
import Kernel

/// Takes signed requests for the pipelines that wait for one. A value: the log and time come in, verdicts go out.
///
/// `X-Sluice-Signature: t=<seconds since 1970>,v1=<hex>`, where `v1` is HMAC-SHA-256 with the shared secret over `<t>.<body>`; it is
/// what `notify`'s own webhooks send. Three things keep a request that was overheard from acting again: its time must be within the
/// window, a signature is taken once, and the same `Idempotency-Key` is the same event. The signatures lie in the log, so a restart
/// forgets none.
struct WebhookGate {
    static let keyBytesMax = 200

    private struct Rule {
        let secret: String
        let windowSeconds: Double
    }
    private var rules: [String: Rule] = [:]
    /// By signature's digest: the event that it became, and when.
    private var taken: [String: (event: String, at: Timestamp)] = [:]
    private var windowMax = 0.0

    // MARK: Facts

    mutating func apply(_ event: Event) {
        switch event.payload {
        case .pipelineRegistered(let definition):
            rules[event.pipeline] = nil
            for case .webhook(let secret, let window) in definition.triggers?.triggers ?? [] {
                rules[event.pipeline] = Rule(secret: secret, windowSeconds: window)
                windowMax = max(windowMax, window)
            }
        case .webhookReceived(let webhook):
            taken[webhook.signature] = (event.id, event.time)
            // What is older than every window is refused by its time alone.
            if taken.count % 1000 == 0 { taken = taken.filter { event.time - $0.value.at <= 2 * windowMax } }
        default: return
        }
    }

    // MARK: Verdicts

    enum Verdict {
        case take(Event)
        case refuse(status: Int, PlainProblem)
    }

    /// - Parameter fill: fills a secret's variables.
    func judge(_ ask: Ask, pipeline: String, now: Timestamp, fill: (String) throws -> String) -> Verdict {
        func refuse(_ status: Int, _ code: ProblemCode, _ what: String, _ remedy: String) -> Verdict {
            .refuse(status: status, PlainProblem(code, what, at: .named("/hooks/\(pipeline)"), remedy: remedy))
        }
        guard let rule = rules[pipeline] else {
            return refuse(404, "console.no_webhook", "no pipeline '\(pipeline)' waits for a webhook", "add triggers: {any: [{webhook: {secret: ${NAME}}}]} to its definition")
        }
        let secret: String
        do { secret = try fill(rule.secret) } catch {
            return refuse(503, "console.no_secret", "the secret of this webhook is not set here", "set \(rule.secret) in the environment of sluice-console and start it again")
        }
        let howTo = "sign <seconds>.<body> with HMAC-SHA-256 and send X-Sluice-Signature: t=<seconds>,v1=<hex>"
        guard !secret.isEmpty, let (seconds, signature) = Self.signature(ask.headers["x-sluice-signature"]) else {
            return refuse(401, "console.not_signed", "the request is not signed", howTo)
        }
        guard Self.isEqual(Digest.hmac(key: Array(secret.utf8), Array("\(seconds).".utf8) + ask.body), signature) else {
            return refuse(401, "console.bad_signature", "the signature is not that of this body and secret", howTo)
        }
        // Only what was signed may say so much: a stranger learns nothing of our clock.
        guard abs(now.seconds - Double(seconds)) <= rule.windowSeconds else {
            return refuse(401, "console.old_signature", "the signature is not from the last \(Int(rule.windowSeconds)) s", "sign anew; check the clocks of both sides")
        }
        let digest = Digest.hex(.sha256, signature)
        guard let key = Self.key(ask.headers["idempotency-key"] ?? digest) else {
            return refuse(400, "console.bad_key", "the Idempotency-Key is longer than \(Self.keyBytesMax) bytes, or holds what cannot be printed", "send a short word")
        }
        let id = "\(pipeline)/webhook/\(key)"
        if let before = taken[digest], before.event != id {
            return refuse(409, "console.replayed", "this signature has been used already", "sign anew")
        }
        let body: JSON
        do { body = ask.body.isEmpty ? [:] : try JSON(parsing: ask.body) } catch { return refuse(400, "console.bad_body", "the body is no JSON", "send JSON, or nothing") }
        return .take(Event(source: "webhook", id: id, time: now, pipeline: pipeline, payload: .webhookReceived(WebhookReceived(signature: digest, body: body))))
    }

    private static func signature(_ header: String?) -> (seconds: Int64, hex: String)? {
        var seconds: Int64?
        var hex: String?
        for part in (header ?? "").split(separator: ",") {
            let sides = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            if sides[0] == "t" { seconds = Int64(sides[1]) }
            if sides[0] == "v1" { hex = String(sides[1]) }
        }
        guard let seconds, let hex, (0..<1 << 40).contains(seconds) else { return nil }
        return (seconds, hex)
    }

    /// Takes as long wherever they differ.
    private static func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func key(_ text: String) -> String? {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= keyBytesMax && bytes.allSatisfy { (0x21...0x7e).contains($0) } ? text : nil
    }
}
