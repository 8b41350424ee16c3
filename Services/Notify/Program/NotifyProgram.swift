// sluice-notify: tells people how runs end.
//
// Does      reads the log; for each run that ends it sends one notice to each target that the run's notify rules and the
//           routes name. A run that fails for the cause of the one before is told once a day; one that works again, once.
//           `sluice-notify check FILE…` says which rules of a pipeline.yml, or routes of a file of routes, lead nowhere.
// Reads     SLUICE_HOME, SLUICE_BUS_*. The rules travel in the log: `notify: [{on: [failed], to: file}]` of pipeline.yml.
//           SLUICE_ROUTES, a file of routes for all pipelines: `- {severity: [error, warn], pipelines: ["*"], to: email, …}`.
//           SLUICE_NOTIFY_REMIND_HOURS (24). Channel email: SLUICE_SMTP_URL, SLUICE_SMTP_USER, SLUICE_SMTP_PASSWORD,
//           SLUICE_SMTP_CA_FILE, SLUICE_SMTP_TLS (required), SLUICE_MAIL_FROM, SLUICE_MAIL_TO, SLUICE_MAIL_SUBJECT_PREFIX,
//           SLUICE_MAIL_TIMEOUT_SECONDS (20). Channel webhook: SLUICE_WEBHOOK_URL, SLUICE_WEBHOOK_SECRET,
//           SLUICE_WEBHOOK_TIMEOUT_SECONDS (15). Each NAME of a channel may be mounted instead: NAME_FILE holds a file.
// Writes    SLUICE_HOME/notify: notify.db (what is to be sent, what was sent, which pipelines fail, how far the log is
//           read), notifications.jsonl (channel file); standard output (channel console).
// Promises  killed at any moment it loses no notice. Channel file holds each notice once. Channels email and webhook send
//           one again only where a kill falls between the server's yes and our note of it, with the same Message-ID or
//           Idempotency-Key; channel console prints it at least once. A route to nowhere, a wrong password or a server that
//           is away is one line of the log; its notices stay in notify.db and are tried again: after 5 s and up to 15 min
//           where it may pass, after an hour or at the next start where a person must act, for seven days.
// Stops     on SIGTERM within about a second. Without a broker it waits and is not ready. A second one on the same home stands by.

import Glibc
import Kernel
import NotifyChannels
import NotifyEngine
import NotifyKit
import Pipelines
import Platform
import ServiceKit

@main struct NotifyProgram {
    static let channels: [any Channel.Type] = [ConsoleChannel.self, FileChannel.self, EmailChannel.self, WebhookChannel.self]

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == "check" { CheckCommand.run(Array(words.dropFirst()), channels) }
        if words.first == Examination.word { await examine() }
        await ServiceProgram.run("notify") { site in
            let folder = "\(site.settings.home)/notify"
            try Files.createFolder(folder)
            let client = site.connect(topics: ["run.succeeded.", "run.failed.", "pipeline.registered."])
            let channels = try ChannelRegistry(
                Self.channels, context: ChannelContext(folder: folder, environment: site.settings.environment, note: { site.log.warn($0) }))
            let (routes, reminderSeconds) = Self.settings(site)
            let sent = Counter(), failed = Counter(), waiting = Counter()
            site.health.expose {
                [
                    Figure("sluice_notices_sent_total", .counter, Double(sent.current), help: "Notices that a channel took."),
                    Figure("sluice_notices_failed_total", .counter, Double(failed.current), help: "Attempts that a channel refused."),
                    Figure("sluice_notices_waiting", .gauge, Double(waiting.current), help: "Notices that no channel has taken yet."),
                ]
            }
            try await takeFolder(folder, site)
            let notifier = Notifier(
                client: client, folder: folder, logFolder: site.settings.logFolder, channels: channels, routes: routes,
                reminderSeconds: reminderSeconds, executor: BlockingExecutor(),
                reach: { site.crash.reach($0) }, note: { site.log.warn($0) },
                count: { sent.add($0 - sent.current); failed.add($1 - failed.current); waiting.add($2 - waiting.current) })
            try await notifier.run { site.health.markStarted() }
        }
    }

    /// `{"home": PATH, "channel": NAME, "options": {…}}`: whether a message would get through. None is sent.
    private static func examine() async -> Never {
        let environment = Environment.current()
        await Examination.run { question, tell in
            let name = question["channel"]?.stringValue ?? ""
            do {
                let folder = "\(question["home"]?.stringValue ?? "")/notify"
                let registry = try ChannelRegistry(channels, context: ChannelContext(folder: folder, environment: environment))
                tell(Finding(name, .ok, try await registry.channel(name).examine(question["options"] ?? [:])))
            } catch {
                tell(Finding(name, failed: error))
            }
        }
    }

    /// Ends the program where they are wrong.
    private static func settings(_ site: Site) -> ([Route], Double) {
        do {
            return (try routes(site.settings.environment), try reminderSeconds(site.settings.environment))
        } catch {
            site.log.error("\(error)")
            exit(2)
        }
    }

    private static func routes(_ environment: [String: String]) throws -> [Route] {
        guard let path = environment["SLUICE_ROUTES"], !path.isEmpty else { return [] }
        return try PipelineReader.routes(path)
    }

    private static func reminderSeconds(_ environment: [String: String]) throws -> Double {
        guard let text = environment["SLUICE_NOTIFY_REMIND_HOURS"], !text.isEmpty else { return 86_400 }
        guard let hours = Double(text), hours > 0, hours <= 8760 else {
            throw PlainProblem(
                "settings.remind_hours", "SLUICE_NOTIFY_REMIND_HOURS is '\(text)'", at: .named("SLUICE_NOTIFY_REMIND_HOURS"),
                remedy: "write a number of hours, such as 24")
        }
        return hours * 3600
    }

    /// Two on one home would both send: the second waits, ready to take over.
    private static func takeFolder(_ folder: String, _ site: Site) async throws {
        let file = open("\(folder)/notify.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw PlainProblem("notify.lock", "\(folder)/notify.lock cannot be opened", at: .file(folder), remedy: "check its permissions") }
        var isFirst = true
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            if isFirst {
                site.log.info("another sluice-notify works on this home; standing by")
                site.health.markStarted()
            }
            isFirst = false
            try await Task.sleep(for: .seconds(2))
        }
    }
}
