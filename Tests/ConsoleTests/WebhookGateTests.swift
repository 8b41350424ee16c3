@testable import ConsoleEngine
import Contracts
import Digest
import Kernel
import Testing

@Suite struct WebhookGateTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let secret = "planted-secret"

    private func gate() -> WebhookGate {
        var gate = WebhookGate()
        gate.apply(Event(
            source: "o", id: "1", time: now, pipeline: "shop",
            payload: .pipelineRegistered(PipelineRegistered(
                hash: "h", tasks: [], steps: [], notify: [], triggers: TriggerRule([.webhook(secret: "${HOOK}", windowSeconds: 300)])))))
        return gate
    }

    private func ask(_ body: String = #"{"order":7}"#, age: Double = 0, key: String? = nil, secret: String? = nil, signed: String? = nil) -> Ask {
        let seconds = Int64(now.seconds - age)
        let hex = Digest.hmac(key: Array((secret ?? self.secret).utf8), Array("\(seconds).\(signed ?? body)".utf8))
        var headers = ["x-sluice-signature": "t=\(seconds), v1=\(hex)"]
        headers["idempotency-key"] = key
        return Ask("POST", "/hooks/shop", headers: headers, body: Array(body.utf8))
    }

    private func verdict(_ gate: WebhookGate, _ ask: Ask, pipeline: String = "shop") -> String {
        switch gate.judge(ask, pipeline: pipeline, now: now, fill: { _ in secret }) {
        case .take(let event): "take \(event.id.split(separator: "/").last?.count == 64 ? "its signature" : event.id)"
        case .refuse(let status, let problem): "\(status) \(problem.code)"
        }
    }

    @Test func `a signed body becomes an event whose id is its key`() {
        #expect(verdict(gate(), ask(key: "order-7")) == "take shop/webhook/order-7")
        #expect(verdict(gate(), ask()) == "take its signature")
        #expect(verdict(gate(), ask("", key: "empty")) == "take shop/webhook/empty")
        #expect(verdict(gate(), ask(age: 299)) == "take its signature")
    }

    @Test func `what is not signed, signed otherwise, too old or from the future is refused`() {
        #expect(verdict(gate(), Ask("POST", "/hooks/shop", body: [])) == "401 console.not_signed")
        #expect(verdict(gate(), ask(secret: "other")) == "401 console.bad_signature")
        #expect(verdict(gate(), ask(signed: "another body")) == "401 console.bad_signature")
        #expect(verdict(gate(), ask(age: 301)) == "401 console.old_signature")
        #expect(verdict(gate(), ask(age: -301)) == "401 console.old_signature")
        #expect(verdict(gate(), ask("no json")) == "400 console.bad_body")
        #expect(verdict(gate(), ask(key: "a b")) == "400 console.bad_key")
        #expect(verdict(gate(), ask(), pipeline: "other") == "404 console.no_webhook")
        for header in ["", "t=,v1=", "t=x,v1=y", "v1=00", "t=99999999999999999999,v1=00", "t=-9223372036854775808,v1=00"] {
            #expect(verdict(gate(), Ask("POST", "/hooks/shop", headers: ["x-sluice-signature": header], body: [])) == "401 console.not_signed")
        }
    }

    @Test func `a signature is taken once: said again it is the same event, under another key it is refused, after a restart too`() {
        var gate = gate()
        guard case .take(let event) = gate.judge(ask(key: "order-7"), pipeline: "shop", now: now, fill: { _ in secret }) else { return #expect(Bool(false)) }
        gate.apply(event)
        #expect(verdict(gate, ask(key: "order-7")) == "take shop/webhook/order-7")
        #expect(verdict(gate, ask(key: "order-8")) == "409 console.replayed")
        #expect(verdict(gate, ask()) == "409 console.replayed")
        #expect(verdict(gate, ask(age: 1, key: "order-8")) == "take shop/webhook/order-8")
    }

    @Test func `without its secret the webhook says which variable to set, and never a secret`() {
        let verdict = gate().judge(ask(), pipeline: "shop", now: now) { _ in throw PlainProblem("x", "unset", remedy: "") }
        guard case .refuse(503, let problem) = verdict else { return #expect(Bool(false)) }
        #expect(problem.remedy.contains("${HOOK}") && !"\(problem)".contains(secret))
    }
}
