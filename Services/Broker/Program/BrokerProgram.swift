// sluice-broker: the durable event log and the leases on work.
//
// Does      takes commands on one ZeroMQ ROUTER socket and tells of every event on one XPUB socket.
// Reads     SLUICE_HOME, SLUICE_BUS_COMMANDS, SLUICE_BUS_FEED, SLUICE_LEASE_SECONDS (10), SLUICE_DELIVERIES_MAX (5),
//           SLUICE_KEYS (SLUICE_HOME/keys; over TCP it uses broker.key and clients from there, made by sluice keys),
//           SLUICE_BUS_OPEN (1 lets it listen off loopback without keys),
//           SLUICE_RETAIN_DAYS (30), SLUICE_RETAIN_BYTES (1 GiB), SLUICE_RETAIN_BYTES_MAX (four times that).
// Writes    SLUICE_HOME/journal: journal.db, journal.db-segments, and 8 MiB of reserve for a full disk.
// Promises  an acknowledged event survives kill -9 at any moment; an entry of the queue is with one worker at most;
//           after a restart every lease holds for one more lease time.
// Stops     on SIGTERM at once: what was acknowledged is on disk. On an I/O error of the journal's disk it exits with 3 and
//           must be started again, for a failed sync is never retried. A full disk does not stop it: new events and claims
//           are answered 'unavailable', what workers have finished is still taken, and it is not ready until there is room.

import BrokerEngine
import Glibc
import Journal
import Kernel
import Leases
import Platform
import ServiceKit

@main struct BrokerProgram {
    static func main() async {
        if CommandLine.arguments.dropFirst().first == Examination.word { await examine() }
        await ServiceProgram.run("broker") { site in
            let keys = try brokerKeys(site)
            if keys == nil { try refuseOpenEndpoints(site.settings) }
            raiseDescriptorLimit()
            let folder = "\(site.settings.home)/journal"
            try Files.createFolder(folder)
            let limits = WorkQueue.Limits(
                leaseSeconds: try number("SLUICE_LEASE_SECONDS", site.settings, default: 10, range: 0.2...3600),
                deliveriesMax: Int(try number("SLUICE_DELIVERIES_MAX", site.settings, default: 5, range: 1...100)))
            try await serve(site, folder: folder, limits: limits, retention: try retention(site.settings), keys: keys)
        }
    }

    /// Each client is a descriptor or two, and the usual limit of 1024 is for programs that have none.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    static func brokerKeys(_ site: Site) throws -> BrokerKeys? {
        guard let found = try site.settings.brokerKeys() else { return nil }
        let keys = try BrokerKeys(own: found.own, allowList: found.allowList, path: found.path)
        site.log.info("only the \(keys.count) keys of \(found.path) come in")
        return keys
    }

    static func retention(_ settings: Settings) throws -> Retention {
        let bytes = try number("SLUICE_RETAIN_BYTES", settings, default: Double(1 << 30), range: 65_536...1e15)
        // Tests need not wait a day.
        let every = settings.environment["SLUICE_TEST"] == "1" ? 1.0 : 60
        return Retention(
            seconds: try number("SLUICE_RETAIN_DAYS", settings, default: 30, range: 0.00001...36_500) * 86_400, bytes: Int(bytes),
            bytesMax: Int(try number("SLUICE_RETAIN_BYTES_MAX", settings, default: bytes * 4, range: bytes...1e16)), everySeconds: every)
    }

    /// `{"home": PATH}` of a home with a journal and without a running broker: whether the journal opens.
    private static func examine() async -> Never {
        await Examination.run { question, tell in
            let path = "\(question["home"]?.stringValue ?? "")/journal/journal.db"
            do {
                let journal = try JournalStore(path: path, now: SystemClock.monotonicSeconds())
                tell(Finding("journal", .ok, journal.newest == 0 ? "opens, and is empty" : "opens, newest sequence \(journal.newest)"))
            } catch {
                tell(Finding(
                    "journal", .fail, "it cannot be opened: \(error)", location: path, remedy: "check its permissions and the space on its disk",
                    code: "broker.journal", cause: .environment))
            }
        }
    }

    /// Runs the broker's loop on a thread of its own; returns when the task is cancelled.
    static func serve(_ site: Site, folder: String, limits: WorkQueue.Limits, retention: Retention, keys: BrokerKeys?) async throws {
        let (results, continuation) = AsyncThrowingStream.makeStream(of: Void.self)
        let (stoppers, started) = AsyncStream.makeStream(of: (@Sendable () -> Void).self)
        SystemThread.start {
            do {
                // Milliseconds since 1970: no log gives sequences faster than that for as long as it lives.
                let first = UInt64(max(1, SystemClock.now().microseconds / 1000))
                let journal = try JournalStore(
                    path: "\(folder)/journal.db", limits: limits, now: SystemClock.monotonicSeconds(), wall: SystemClock.now(), firstSequence: first,
                    reserve: Reserve(path: "\(folder)/reserve"))
                let server = try BrokerServer(
                    Broker(journal: journal, retention: retention), endpoints: site.settings.bus, keys: keys, context: site.context,
                    reach: { site.crash.reach($0) }, note: { site.log.warn($0) })
                observe(server.state, site.health)
                started.yield(server.stopper())
                site.health.markStarted()
                let bound = server.boundEndpoints
                site.log.info("listening on \(bound.commands) and \(bound.feed), newest sequence \(journal.newest)")
                try server.run()
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
            started.finish()
        }
        try await withTaskCancellationHandler {
            for try await _ in results {}
        } onCancel: {
            Task { for await stop in stoppers { stop() } }
        }
    }

    static func observe(_ state: BrokerServer.Shared, _ health: Health) {
        health.require("journal") { state.isAvailable }
        SystemThread.start {
            // The loop turns at least once for each tick; the heart beats only when it has.
            var last = -1.0
            while true {
                if state.beatAt != last { health.beat() }
                last = state.beatAt
                SystemClock.sleep(seconds: 1)
            }
        }
        health.expose {
            let counters = state.counters
            return [
                Figure("sluice_broker_newest_sequence", .gauge, Double(state.newest), help: "The newest sequence of the log."),
                Figure("sluice_broker_commits_total", .counter, Double(state.commits), help: "Transactions of the journal."),
                Figure("sluice_broker_parked_claims", .gauge, Double(state.parkedClaims), help: "Claims that wait for work."),
                Figure("sluice_broker_events_published_total", .counter, Double(counters.published), help: "Events appended."),
                Figure("sluice_broker_duplicates_total", .counter, Double(counters.duplicates), help: "Events that were in the log already."),
                Figure("sluice_broker_claims_total", .counter, Double(counters.claims), help: "Entries given to workers."),
                Figure("sluice_broker_completions_total", .counter, Double(counters.completions), help: "Reports accepted."),
                Figure("sluice_broker_stale_leases_total", .counter, Double(counters.staleLeases), help: "Reports refused: the lease was lost."),
                Figure("sluice_broker_lease_expiries_total", .counter, Double(counters.expiries), help: "Leases that ran out."),
                Figure("sluice_broker_dead_letters_total", .counter, Double(counters.deadLetters), help: "Tasks given up."),
                Figure("sluice_broker_refusals_total", .counter, Double(counters.refusals), help: "Commands refused."),
                Figure("sluice_broker_forgeries_total", .counter, Double(counters.forgeries), help: "What a key's role may not do, tried and refused."),
                Figure("sluice_broker_floor_sequence", .gauge, Double(state.floor), help: "Retention has removed what lies at or below this."),
                Figure("sluice_broker_events_removed_total", .counter, Double(counters.removed), help: "Events that retention removed."),
                Figure("sluice_broker_readers_overtaken_total", .counter, Double(counters.overtaken), help: "Times that retention removed what a reader had not read."),
                Figure("sluice_broker_reads_gone_total", .counter, Double(counters.gone), help: "Reads of what retention had removed."),
            ]
        }
    }

    static func refuseOpenEndpoints(_ settings: Settings) throws {
        for endpoint in [settings.bus.commands, settings.bus.feed] where endpoint.hasPrefix("tcp://") {
            let isLoopback = ["tcp://127.", "tcp://localhost:", "tcp://[::1]:"].contains { endpoint.hasPrefix($0) }
            guard isLoopback || settings.environment["SLUICE_BUS_OPEN"] == "1" else {
                throw PlainProblem(
                    "broker.open_endpoint", "the broker would listen off loopback without keys", at: .named(endpoint),
                    remedy: "make keys with sluice keys, or bind to 127.0.0.1, or set SLUICE_BUS_OPEN=1 where the network itself is private")
            }
        }
    }

    static func number(_ name: String, _ settings: Settings, default value: Double, range: ClosedRange<Double>) throws -> Double {
        guard let text = settings.environment[name], !text.isEmpty else { return value }
        guard let number = Double(text), range.contains(number) else {
            throw PlainProblem(
                "settings.number", "\(name) is '\(text)'", at: .named(name), remedy: "set a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
