import Contracts
import Foundation
import Harness
import Kernel
import Support
import Testing

/// sluice-notify as a process, with a mail server and a receiver of webhooks that are not ours.
@Suite(.serialized) struct NotifyProgramTests {
    static let password = "planted-password-7Q", secret = "planted-secret-4K"

    /// Both servers, and the settings that lead to them.
    private final class Town: Sendable {
        let mail: Companion, hook: Companion
        let settings: [String: String]

        init(_ home: TestHome, mail mode: String = "starttls", hook answers: String = "200") throws {
            for name in ["mail", "hook"] { try FileManager.default.createDirectory(atPath: "\(home.path)-\(name)", withIntermediateDirectories: true) }
            try Companion.makeCertificates(in: "\(home.path)-mail")
            try password.write(toFile: "\(home.path)-mail/password", atomically: true, encoding: .utf8)
            try secret.write(toFile: "\(home.path)-hook/secret", atomically: true, encoding: .utf8)
            mail = try Companion("mail.py", folder: "\(home.path)-mail", mode)
            hook = try Companion("webhook.py", folder: "\(home.path)-hook", answers)
            settings = [
                "SLUICE_SMTP_URL": "smtp://127.0.0.1:\(mail.port)", "SLUICE_SMTP_USER": "robot", "SLUICE_SMTP_PASSWORD": password,
                "SLUICE_SMTP_CA_FILE": "\(mail.folder)/ca.pem", "SLUICE_MAIL_FROM": "sluice@example.com", "SLUICE_MAIL_TIMEOUT_SECONDS": "30",
                "SLUICE_WEBHOOK_URL": "http://127.0.0.1:\(hook.port)/in", "SLUICE_WEBHOOK_SECRET": secret,
            ]
        }
        deinit { for folder in [mail.folder, hook.folder] { try? FileManager.default.removeItem(atPath: folder) } }

        var mails: [JSON] { Self.lines("\(mail.folder)/mails.jsonl") }
        var acts: [JSON] { Self.lines("\(hook.folder)/acts.jsonl") }
        var calls: [JSON] { Self.lines("\(hook.folder)/calls.jsonl") }
        var logins: Int { ((try? String(contentsOfFile: "\(mail.folder)/log", encoding: .utf8)) ?? "").split(separator: "\n").count }

        static func lines(_ path: String) -> [JSON] {
            ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
        }
    }

    static let rules = [
        NotifyRule(on: [.failed, .warned], channel: "email", options: ["recipients": ["ops@example.com"]]), NotifyRule(on: [.failed], channel: "webhook"),
        NotifyRule(on: [.failed], channel: "file"),
    ]

    /// A run that fails by one task, as an orchestrator would have told it.
    private func failingRun(_ home: TestHome, _ run: RunID, _ rules: [NotifyRule] = rules, pipeline: String = "shop") async throws {
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        let spec = TaskSpec(id: "build.t", step: "build", role: .quality, kind: "test", title: "unique_orders_id")
        let problem = ProblemRecord(
            code: "quality.test_failed", summary: "test 'unique_orders_id' found 3 failing rows", location: "models/a.yml:3", remedy: "look at them", isRetryable: false)
        let payloads: [(TaskID?, Payload)] = [
            (nil, .runStarted(RunStarted(
                request: "\(run)", pipelineHash: "h", logicalDate: now, isFullRefresh: false, steps: ["build"], tasks: [spec], notify: rules))),
            ("build.t", .taskFailed(TaskReport(worker: "quality-1", rows: 3, problem: problem))),
            (nil, .runFailed(RunEnded(succeeded: 1, failed: 1, skipped: 6, summary: "unique_orders_id failed", causes: ["build.t"]))),
        ]
        try await home.bus.publish(payloads.enumerated().map { index, part in
            Event(source: "test", id: "\(run)/\(index)", time: now, pipeline: pipeline, run: run, task: part.0, payload: part.1)
        })
    }

    private func goodRun(_ home: TestHome, _ run: RunID) async throws {
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        let payloads: [Payload] = [
            .runStarted(RunStarted(request: "\(run)", pipelineHash: "h", logicalDate: now, isFullRefresh: false, steps: [], tasks: [], notify: Self.rules)),
            .runSucceeded(RunEnded(succeeded: 1, failed: 0, skipped: 0, summary: "1 tasks succeeded", causes: [])),
        ]
        try await home.bus.publish(payloads.enumerated().map { index, payload in
            Event(source: "test", id: "\(run)/\(index)", time: now, pipeline: "shop", run: run, payload: payload)
        })
    }

    private func waiting(_ home: TestHome) -> Int {
        (try? TestDatabase("\(home.path)/notify/notify.db").number("select count(*) from outbox")) ?? -1
    }
    private func sent(_ home: TestHome) -> [String] {
        (try? TestDatabase("\(home.path)/notify/notify.db").rows("select key from sent order by rowid", columns: 1)) ?? []
    }
    private func log(_ home: TestHome) -> String { (try? String(contentsOfFile: "\(home.path)/logs/notify.log", encoding: .utf8)) ?? "" }

    @Test func `a run that fails is told by mail, webhook and file, the next one is silent, and its end is told once`() async throws {
        try await TestHome.with { home in
            let town = try Town(home)
            try await home.start("broker")
            try await home.start("notify", town.settings)
            try await failingRun(home, "shop@1")
            try await home.until("all is told") { sent(home).count == 3 }
            try await failingRun(home, "shop@2")
            try await goodRun(home, "shop@3")
            try await home.until("the end is told") { sent(home).count == 6 }
            try await goodRun(home, "shop@4")
            #expect(town.mails.map { $0["subject"] } == ["✗ shop failed: shop@1", "✓ shop works again: shop@3"])
            let text = town.mails.first?["text"]?.stringValue ?? ""
            for words in ["unique_orders_id", "3 failing rows", "models/a.yml:3", "look at them", "6 tasks skipped because of that", "\(home.path)/logs/quality-1.log"] {
                #expect(text.contains(words), "\(words) is missing in \(text)")
            }
            #expect(town.acts.map { $0["notice"]?["outcome"] } == ["failed", "recovered"])
            #expect(town.calls.allSatisfy { $0["good"] == true })
            #expect(town.acts.last?["notice"]?["failed_runs"] == 2)
            try Self.expectNoSecret(home, town)
        }
    }

    @Test(arguments: [
        "notify.after_decide", "notify.before_send", "notify.before_send:2", "notify.before_send:3", "notify.after_send", "notify.after_send:2",
        "notify.after_send:3", "notify.after_store", "notify.after_store:2", "notify.after_store:3", "notify.after_confirm",
    ])
    func `killed between any two steps, each message is delivered, and again only as what it was`(point: String) async throws {
        try await TestHome.with(["SLUICE_CRASH_AT": point]) { home in
            let town = try Town(home)
            home.environment.merge(town.settings) { _, new in new }
            try await home.start("broker")
            try home.spawn("notify", instance: "notify")
            let revival = home.revive(["notify": "notify"])
            defer { revival.cancel() }
            try await failingRun(home, "shop@1")
            try await home.until("all is told", seconds: 20) { sent(home).count == 3 && waiting(home) == 0 }
            try await home.until("the point is passed") { FileManager.default.fileExists(atPath: "\(home.path)/run/crashed") }
            // SMTP has no promise of once: a kill behind the server's yes sends again, as the same message to the byte.
            let mails = town.mails
            #expect(mails.count == (point == "notify.after_send" ? 2 : 1))
            #expect(Set(mails).count == 1)
            // The receiver remembers keys: it acts once.
            #expect(town.calls.count == (point == "notify.after_send:2" ? 2 : 1))
            #expect(town.acts.map { $0["key"] } == ["shop@1/failed/webhook"])
            // The file is looked into.
            #expect(Town.lines("\(home.path)/notify/notifications.jsonl").map { $0["key"] } == ["shop@1/failed/file"])
        }
    }

    @Test func `a mail server that hangs keeps neither the other channels nor the log waiting, and a stop ends it`() async throws {
        try await TestHome.with { home in
            let town = try Town(home, mail: "hang")
            try await home.start("broker")
            try await home.start("notify", town.settings.merging(["SLUICE_MAIL_TIMEOUT_SECONDS": "60"]) { _, new in new })
            try await failingRun(home, "shop@1", [Self.rules[1], Self.rules[2], Self.rules[0]])
            try await home.until("the others are told", seconds: 30) { sent(home).count == 2 }
            try await home.until("the mail is tried", seconds: 30) { town.logins == 1 }
            #expect(waiting(home) == 1)
            #expect(home.probe("notify", "/livez")?.status == 200)
            let begin = ContinuousClock.now
            home.signal("notify", SIGTERM)
            try await home.until("it has ended", seconds: 15) { !home.isRunning("notify") }
            #expect(ContinuousClock.now - begin < .seconds(12))
            // A server that works takes what was kept.
            let other = try Town(home)
            try await home.start("notify", other.settings)
            try await home.until("the mail is out", seconds: 30) { other.mails.count == 1 && waiting(home) == 0 }
        }
    }

    @Test func `a mail server that hangs is tried again, told once in the log, and takes the mail once it works`() async throws {
        try await TestHome.with { home in
            let town = try Town(home, mail: "hang")
            try await home.start("broker")
            try await home.start("notify", town.settings.merging(["SLUICE_MAIL_TIMEOUT_SECONDS": "1"]) { _, new in new })
            try await failingRun(home, "shop@1")
            // A second after the first try it is given up, and five seconds later comes the second.
            try await home.until("it is tried again", seconds: 20) { town.logins >= 2 }
            try await home.until("the second try ends", seconds: 30) { home.probe("notify", "/metrics")?.body.contains("sluice_notices_failed_total{program=\"notify\"} 2") == true || home.probe("notify", "/metrics")?.body.contains("sluice_notices_failed_total 2") == true }
            #expect(log(home).components(separatedBy: "notify.mail_timeout").count == 2 && log(home).contains("did not answer in time"))
            #expect(sent(home).count == 2 && waiting(home) == 1 && town.mails.isEmpty)
            // What ends meanwhile is told by the others.
            try await failingRun(home, "mall@1", [Self.rules[2]], pipeline: "mall")
            try await home.until("the other pipeline is told") { sent(home).count == 3 }
            #expect(home.probe("notify", "/readyz")?.status == 200)
            let other = try Town(home)
            home.kill("notify")
            try await home.start("notify", other.settings)
            try await home.until("the mail is out", seconds: 30) { waiting(home) == 0 }
            #expect(other.mails.count == 1)
        }
    }

    @Test func `a wrong password is one error and one login, and the notices go out after the next start`() async throws {
        try await TestHome.with { home in
            let town = try Town(home)
            try await home.start("broker")
            try await home.start("notify", town.settings.merging(["SLUICE_SMTP_PASSWORD": "planted-wrong-9Z"]) { _, new in new })
            for number in 1...4 { try await failingRun(home, RunID("shop@\(number)"), pipeline: "shop\(number)") }
            try await home.until("the others are told") { sent(home).count == 8 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(town.logins == 1)
            #expect(waiting(home) == 4)
            #expect(log(home).components(separatedBy: "notify.mail_credentials_rejected").count == 2)
            #expect(log(home).contains("notify rule 'to: email' of pipeline shop1: not sent, kept in notify.db"))
            #expect(home.probe("notify", "/metrics")?.body.contains("sluice_notices_waiting{program=\"notify\"} 4") == true
                || home.probe("notify", "/metrics")?.body.contains("sluice_notices_waiting 4") == true)
            try Self.expectNoSecret(home, town)
            home.kill("notify")
            try await home.start("notify", town.settings)
            try await home.until("the mails are out") { town.mails.count == 4 && waiting(home) == 0 }
        }
    }

    @Test func `a receiver that is out of order is asked again, and told once`() async throws {
        try await TestHome.with { home in
            let town = try Town(home, hook: "500,200")
            try await home.start("broker")
            try await home.start("notify", town.settings)
            try await failingRun(home, "shop@1")
            try await home.until("all is told", seconds: 15) { sent(home).count == 3 }
            #expect(town.calls.map { $0["status"] } == [500, 200])
            #expect(town.acts.count == 1)
        }
    }

    @Test func `routes speak for the pipelines that they cover, and one to nowhere is told at the start and keeps its notices`() async throws {
        try await TestHome.with { home in
            let town = try Town(home)
            try home.write("""
                - {name: ops, severity: [error], pipelines: ["sh*"], to: email, recipients: [ops@example.com]}
                - {name: birds, severity: error, to: pigeon}
                - {name: nobody, severity: error, pipelines: [shop], to: email}
                - {name: others, severity: error, pipelines: [bakery], to: file}
                """, to: "routes.yml")
            let settings = town.settings.merging(["SLUICE_ROUTES": "\(home.path)/routes.yml"]) { _, new in new }
            try await home.start("broker")
            try await home.start("notify", settings)
            try await home.until("the start is told") { log(home).contains("route 'nobody' (\(home.path)/routes.yml:3) leads nowhere") && log(home).contains("the rule names no recipients") }
            #expect(log(home).contains("route 'birds' (\(home.path)/routes.yml:2) leads nowhere") && log(home).contains("there is no channel 'pigeon'"))
            try await failingRun(home, "shop@1", [])
            try await home.until("the mail is out") { town.mails.count == 1 && waiting(home) == 2 }
            #expect(sent(home).count == 1)
            // The address is set right, and what was kept goes out.
            try home.write("- {name: ops, severity: error, to: file}\n", to: "routes.yml")
            home.kill("notify")
            try await home.start("notify", settings.merging(["SLUICE_MAIL_TO": "desk@example.com"]) { _, new in new })
            try await home.until("what was kept is out") { town.mails.count == 2 && waiting(home) == 1 }
            #expect(town.mails.last?["to"] == "desk@example.com")

            try home.write("- {severity: loud, to: email}\n", to: "routes.yml")
            let wrong = try await home.run("sluice-notify", [], settings.merging(["SLUICE_INSTANCE": "other"]) { _, new in new })
            #expect(wrong.status == 2)
            #expect(wrong.output.contains("'loud' is no severity"))
        }
    }

    @Test func `a rule to nowhere is refused by validate with its line, and told by the notifier before it is needed`() async throws {
        try await TestHome.with { home in
            try home.write("""
                name: shop
                steps:
                  - {name: a, noop: load}
                notify:
                  - {on: [failed], to: console}
                  - {on: [failed], to: pigeon}
                  - {on: [failed], to: email}
                  - {on: [failed], to: email, recipients: [nobody]}
                  - {on: [failed], to: webhook, url: "https://example.com/in"}
                  - {on: [failed], to: file, loft: north}
                """, to: "wrong.yml")
            let file = "\(home.path)/wrong.yml"
            let wrong = try await home.run("sluice", ["validate", file])
            #expect(wrong.status == 2 && wrong.output.contains("wrong.yml:10") && wrong.output.contains("no field 'loft'"), "\(wrong.output)")
            try home.write(String(contentsOfFile: file, encoding: .utf8).replacingOccurrences(of: ", loft: north", with: ", options: {loft: north}"), to: "wrong.yml")
            let refused = try await home.run("sluice", ["validate", file])
            #expect(refused.status == 2, "\(refused.output)")
            for (line, words) in [
                (6, "there is no channel 'pigeon'"), (7, "the rule names no recipients"), (8, "this is no mail address"), (10, "the channel 'file' has no option 'loft'"),
            ] {
                #expect(refused.output.contains("leads nowhere: \(words)") && refused.output.contains("at   \(file):\(line)"), "\(line): \(refused.output)")
            }
            #expect(!refused.output.contains("\(file):5"))
            // A secret of the notifier's environment need not be on this desk.
            #expect(refused.output.contains("note: \(file):9 is not checked whole: SLUICE_WEBHOOK_SECRET is not set"), "\(refused.output)")

            try home.write("- {name: birds, severity: error, to: pigeon}\n- {name: ops, severity: error, to: file}\n", to: "routes.yml")
            let routes = try await home.run("sluice", ["validate", "\(home.path)/routes.yml"])
            #expect(routes.status == 2 && routes.output.contains("route 'birds'") && routes.output.contains("routes.yml:1") && !routes.output.contains("'ops'"), "\(routes.output)")
            let good = try await home.run("sluice", ["validate", "\(TestHome.repository)/deploy/pipelines/karaoke_social/pipeline.yml"])
            #expect(good.status == 0, "\(good.output)")

            try home.write("name: shop\nsteps: [{name: a, noop: load}]\nnotify:\n  - {on: [failed], to: pigeon}\n", to: "pipelines/shop/pipeline.yml")
            for program in ["broker", "notify", "orchestrator"] { try await home.start(program) }
            try await home.until("the definition's rule is told") {
                log(home).contains("notify rule 'to: pigeon' of pipeline shop (\(home.path)/pipelines/shop/pipeline.yml:4) leads nowhere")
            }
        }
    }

    /// Neither a file of the home, logs and databases included, nor a message holds a planted secret.
    private static func expectNoSecret(_ home: TestHome, _ town: Town) throws {
        let found = try Tool.run("grep", ["-r", "-s", "-l", "-a", "-F", "-e", password, "-e", secret, "-e", "planted-wrong", home.path, "\(town.mail.folder)/mails.jsonl", "\(town.mail.folder)/log", "\(town.hook.folder)/calls.jsonl", "\(town.hook.folder)/acts.jsonl"])
        #expect(found == "")
    }
}
