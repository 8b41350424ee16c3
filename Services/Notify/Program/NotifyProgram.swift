// sluice-notify: tells people how runs end.
//
// Does      reads the log; for each run that ends it sends one notice by each channel that the run's notify rules name.
// Reads     SLUICE_HOME, SLUICE_BUS_*. The rules travel in the log: `notify: [{on: [failed], to: file}]` of pipeline.yml.
// Writes    SLUICE_HOME/notify: notify.db (what was sent, how far the log is read), notifications.jsonl (channel file);
//           standard output (channel console).
// Promises  killed at any moment it loses no notice. Channel file holds each notice once; channel console prints it at
//           least once. A rule with an unknown channel is one line of the log, and its notice is kept in notify.db.
// Stops     on SIGTERM at once. Without a broker it waits and is not ready. A second one on the same home stands by.

import Glibc
import Kernel
import NotifyChannels
import NotifyEngine
import NotifyKit
import Platform
import ServiceKit

@main struct NotifyProgram {
    static func main() async {
        await ServiceProgram.run("notify") { site in
            let folder = "\(site.settings.home)/notify"
            try Files.createFolder(folder)
            let client = site.connect(topics: ["run.succeeded.", "run.failed."])
            let channels = try ChannelRegistry(
                [ConsoleChannel.self, FileChannel.self], context: ChannelContext(folder: folder, environment: site.settings.environment))
            let sent = Counter(), failed = Counter()
            site.health.expose {
                [
                    Figure("sluice_notices_sent_total", .counter, Double(sent.current), help: "Notices that a channel took."),
                    Figure("sluice_notices_failed_total", .counter, Double(failed.current), help: "Attempts that a channel refused."),
                ]
            }
            try await takeFolder(folder, site)
            let notifier = Notifier(
                client: client, folder: folder, logFolder: site.settings.logFolder, channels: channels, executor: BlockingExecutor(),
                reach: { site.crash.reach($0) }, note: { site.log.warn($0) },
                count: { sent.add($0 - sent.current); failed.add($1 - failed.current) })
            try await notifier.run { site.health.markStarted() }
        }
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
