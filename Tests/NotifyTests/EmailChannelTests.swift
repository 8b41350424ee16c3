import Kernel
import Mail
import NotifyChannels
import NotifyKit
import Support
import Synchronization
import Testing

/// Mail to a server that is not ours, read back by a library that is not ours.
@Suite(.serialized) struct EmailChannelTests {
    static let password = "planted-password-7Q"
    let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder("mail")
        try Companion.makeCertificates(in: folder.path)
        try folder.write(Self.password, to: "password")
    }

    private func server(_ mode: String) throws -> Companion { try Companion("mail.py", folder: folder.path, mode) }

    private func channel(
        _ port: Int, _ extra: [String: String] = [:], scheme: String = "smtp", note: @escaping @Sendable (String) -> Void = { _ in }
    ) -> EmailChannel {
        let environment = [
            "SLUICE_SMTP_URL": "\(scheme)://127.0.0.1:\(port)", "SLUICE_SMTP_USER": "robot", "SLUICE_SMTP_PASSWORD": Self.password,
            "SLUICE_SMTP_CA_FILE": "\(folder.path)/ca.pem", "SLUICE_MAIL_FROM": "Datenfluß <sluice@example.com>",
        ].merging(extra) { _, new in new }
        return EmailChannel(context: ChannelContext(folder: folder.path, environment: environment, note: note))
    }

    private func notice(_ options: JSON = ["recipients": ["ops@example.com", "Büro <desk@example.com>"]], pipeline: String = "größe") -> Notice {
        Notice(
            channel: "email", options: options, outcome: .failed, pipeline: pipeline, run: "r@1", endedAt: Timestamp(rfc3339: "2026-01-02T03:04:05Z")!,
            seconds: 2, summary: "test 'unique_a' on <orders> found 7 failing rows",
            failures: [Notice.Failure(
                task: "build.t", title: "unique_a", attempt: 1, worker: "quality-1", summary: ".\n..a line of dots and \u{1F6A8} " + String(repeating: "ä", count: 200),
                location: "models/a.yml:3 ", remedy: "look = there", failingRows: 7)],
            skipped: 4, logs: ["/home/logs/quality-1.log"])
    }

    private var mails: [JSON] {
        ((try? folder.read("mails.jsonl")) ?? []).split(separator: 0x0a).compactMap { try? JSON(parsing: Array($0)) }
    }
    private var log: String { String(decoding: (try? folder.read("log")) ?? [], as: UTF8.self) }

    @Test(arguments: [("starttls", "smtp"), ("tls", "smtps")])
    func `a mail goes encrypted and signed in, and a mail reader finds text and HTML as they were`(mode: String, scheme: String) async throws {
        let server = try server(mode)
        try await channel(server.port, scheme: scheme).send(notice())
        let mail = try #require(mails.first)
        #expect(mail["is_encrypted"] == true)
        #expect(log == "login accepted\n")
        #expect(mail["recipients"] == ["ops@example.com", "desk@example.com"])
        #expect(mail["from"] == "sluice@example.com")
        #expect(mail["sender"] == "Datenfluß <sluice@example.com>")
        #expect(mail["to"] == "ops@example.com, Büro <desk@example.com>")
        #expect(mail["subject"] == "✗ größe failed: r@1")
        #expect(mail["date"] == "2026-01-02T03:04:05+00:00")
        #expect(mail["top"] == "multipart/alternative")
        #expect(mail["kinds"] == ["text/plain", "text/html"])
        #expect(mail["defects"] == [])
        #expect(mail["is_ascii"] == true)
        #expect((mail["line_max"]?.intValue ?? 999) <= 78)
        #expect(mail["text"]?.stringValue == notice().text + "\n")
        let html = try #require(mail["html"]?.stringValue)
        #expect(html.contains("on &lt;orders&gt; found 7 failing rows") && html.contains("4 tasks skipped") && html.contains("/home/logs/quality-1.log"))
    }

    @Test func `a mail that is sent again has the same bytes and the same Message-ID`() async throws {
        let server = try server("starttls")
        for _ in 0..<2 { try await channel(server.port).send(notice()) }
        let mails = self.mails
        #expect(mails.count == 2 && mails[0] == mails[1])
        #expect(mails[0]["id"]?.stringValue?.hasSuffix("@example.com>") == true)
    }

    @Test func `a wrong password is one clear error that holds no secret and is for a person`() async throws {
        let server = try server("starttls")
        let problem = try await problem { try await channel(server.port, ["SLUICE_SMTP_PASSWORD": "planted-wrong-9Z"]).send(notice()) }
        #expect(problem.code == "notify.mail_credentials_rejected")
        #expect(problem.response == .stop)
        #expect("\(problem)".contains("rejects the user name or the password (it answered 535"))
        #expect("\(problem)".contains("SLUICE_SMTP_PASSWORD_FILE"))
        #expect(!"\(problem)".contains("planted"))
        #expect(log == "login rejected\n")
        #expect(mails.isEmpty)
    }

    @Test func `a password may be mounted as a file, and a changed file is read with the next mail`() async throws {
        let server = try server("starttls")
        let file = try folder.write("planted-old\n", to: "mounted")
        let channel = channel(server.port, ["SLUICE_SMTP_PASSWORD": "", "SLUICE_SMTP_PASSWORD_FILE": file])
        _ = try await problem { try await channel.send(notice()) }
        try folder.write(Self.password + "\n", to: "mounted")
        try await channel.send(notice())
        #expect(mails.count == 1)
    }

    @Test func `a certificate of an authority that we do not know is refused, and no password is sent`() async throws {
        let server = try server("starttls")
        let problem = try await problem { try await channel(server.port, ["SLUICE_SMTP_CA_FILE": ""]).send(notice()) }
        #expect(problem.code == "notify.mail_tls")
        #expect(problem.remedy.contains("SLUICE_SMTP_CA_FILE"))
        #expect(log == "")
    }

    @Test func `a server without encryption gets neither password nor mail, unless it is asked for without both`() async throws {
        let server = try server("plain")
        let problem = try await problem { try await channel(server.port).send(notice()) }
        #expect(problem.code == "notify.mail_tls")
        #expect(mails.isEmpty)
        try await channel(server.port, ["SLUICE_SMTP_TLS": "none", "SLUICE_SMTP_USER": "", "SLUICE_SMTP_PASSWORD": ""]).send(notice())
        #expect(mails.count == 1)
    }

    @Test func `a server that says nothing costs no more than the time limit`() async throws {
        let server = try server("hang")
        let begin = ContinuousClock.now
        let problem = try await problem { try await channel(server.port, ["SLUICE_MAIL_TIMEOUT_SECONDS": "1"]).send(notice()) }
        #expect(problem.code == "notify.mail_timeout")
        #expect(problem.response == .retry(afterSeconds: nil))
        #expect(ContinuousClock.now - begin < .seconds(12))
    }

    @Test func `a server that took the mail and hangs then has taken it`() async throws {
        let server = try server("hang-at-quit")
        let begin = ContinuousClock.now
        try await channel(server.port, ["SLUICE_MAIL_TIMEOUT_SECONDS": "2"]).send(notice())
        #expect(mails.count == 1)
        #expect(ContinuousClock.now - begin < .seconds(12))
    }

    @Test func `a task that is cancelled leaves a hanging server`() async throws {
        let server = try server("hang")
        let channel = channel(server.port), notice = notice()
        let begin = ContinuousClock.now
        let task = Task.detached { try await channel.send(notice) }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        _ = await task.result
        #expect(ContinuousClock.now - begin < .seconds(12))
    }

    @Test func `a recipient that is gone keeps the mail from no other, and the operator is told`() async throws {
        let server = try server("starttls")
        let notes = Mutex<[String]>([])
        let channel = channel(server.port) { text in notes.withLock { $0.append(text) } }
        try await channel.send(notice(["recipients": ["ops@example.com", "gone@example.com", "desk@example.com"]]))
        #expect(mails.map { $0["recipients"] } == [["ops@example.com", "desk@example.com"]])
        #expect(notes.withLock { $0.count } == 1)
        #expect(notes.withLock { $0.first }?.contains("refuses some of the 3 recipients") == true)
    }

    @Test func `recipients that are all refused, a server that is away and settings that lack are each an error of its own`() async throws {
        let server = try server("starttls")
        let refused = try await problem { try await channel(server.port).send(notice(["recipients": ["gone@example.com", "gone2@example.com"]])) }
        #expect(refused.code == "notify.mail_refused")
        #expect(refused.response == .stop)
        #expect(refused.summary.contains("550"))
        server.stop()
        let away = try await problem { try await channel(server.port).send(notice()) }
        #expect(away.code == "notify.mail_unreachable")
        #expect(away.response == .retry(afterSeconds: nil))
        for (options, environment, words) in [
            (["recipients": ["ops@example.com"]], ["SLUICE_SMTP_URL": ""], "SLUICE_SMTP_URL is not set"),
            (["recipients": []], [:], "names no recipients"), ([:], [:], "names no recipients"),
            (["recipients": ["no address"]], [:], "no mail address"), (["recipient": "ops@example.com"], [:], "no option 'recipient'"),
            (["recipients": "ops@example.com"], ["SLUICE_SMTP_PASSWORD": ""], "SLUICE_SMTP_PASSWORD is not set"),
            (["recipients": "${NOBODY}"], [:], "NOBODY is not set"),
        ] as [(JSON, [String: String], String)] {
            let problem = try await problem { try channel(1, environment).check(options) }
            #expect(problem.summary.contains(words), "\(problem)")
            #expect(problem.response == .stop)
        }
    }

    private func problem(_ body: () async throws -> Void) async throws -> any Problem {
        do { try await body() } catch let problem as any Problem { return problem }
        throw Companion.Failure(description: "nothing was thrown")
    }

    // MARK: Examination

    @Test func `an examination signs in as sending does, and no mail comes of it`() async throws {
        let server = try server("starttls")
        #expect(try await channel(server.port).examine(["recipients": ["ops@example.com"]]) == "smtp://127.0.0.1:\(server.port) takes mail (encrypted, signed in), 1 recipient")
        #expect(log == "login accepted\n" && mails.isEmpty)
        let problem = await #expect(throws: SMTPError.self) {
            _ = try await channel(server.port, ["SLUICE_SMTP_PASSWORD": "another-planted-one"]).examine(["recipients": ["ops@example.com"]])
        }
        #expect(problem?.code == "notify.mail_credentials_rejected" && problem.map { "\($0)".contains("planted") } == false)
    }

    @Test func `an examination tells of a server that hangs before a person loses patience`() async throws {
        let server = try server("hang")
        let problem = await #expect(throws: SMTPError.self) {
            _ = try await channel(server.port, ["SLUICE_MAIL_TIMEOUT_SECONDS": "1"]).examine(["recipients": ["ops@example.com"]])
        }
        #expect(problem?.code == "notify.mail_timeout" && mails.isEmpty)
    }
}
