import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Kernel
import ServiceKit
import Wire

/// `sluice events tail`: what happens, as it happens.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Look at the log of events.", subcommands: [Tail.self, Audit.self], defaultSubcommand: Tail.self)

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest events, then each new one until Ctrl-C.",
            discussion: "A line holds the time (UTC), the sequence, the type, whom it is about and what it says. It goes on when the broker comes back.")

        @Option(help: ArgumentHelp("Only topics that begin so: run., task.failed, …", valueName: "prefix")) var topic = ""
        @Option(help: "Only events of this pipeline.") var pipeline: String?
        @Option(help: "Only events of this run.") var run: String?
        @Option(help: ArgumentHelp("Begin with this sequence.", valueName: "sequence")) var since: UInt64?
        @Option(name: [.customShort("n"), .customLong("last")], help: ArgumentHelp("Begin with so many of the newest. (default: 20; with --since all)", valueName: "count"))
        var count: Int?
        @Flag(help: "Print each event as one line of CloudEvents JSON, with its sequence.") var json = false
        @Flag(help: "End where the log ends.") var noFollow = false

        func validate() throws {
            if let count, count < 0 { throw ValidationError("-n takes a number from 0 on") }
        }

        func run() async throws {
            let signals = Signals()
            let installation = try Installation()
            let work = Task { try await noFollow ? look(installation) : follow(installation) }
            signals.onStop { work.cancel() }
            let listener = Task {
                while !Task.isCancelled {
                    if Terminal.isUnheard { work.cancel() }
                    try await Task.sleep(for: .milliseconds(300))
                }
            }
            defer { listener.cancel() }
            // Being stopped is how it ends.
            do { try await work.value } catch is CancellationError {}
        }

        private func tail(_ client: BusClient) -> EventTail {
            EventTail(client, EventTail.Filter(topic: topic, pipeline: pipeline, run: run.map { RunID($0) }))
        }

        private var last: Int? { count ?? (since == nil ? 20 : nil) }

        private func look(_ installation: Installation) async throws {
            try await installation.withBroker { client in
                var tail = tail(client)
                try show(try await tail.history(last: last, since: since))
            }
        }

        private func follow(_ installation: Installation) async throws {
            if installation.settings.socketFolder != nil, !installation.isBrokerUp {
                Terminal.complain("sluice: no broker runs on \(installation.settings.home); waiting for one (sluice up)")
            }
            let client = BusClient(try installation.bus, context: WireContext(), topics: [topic])
            var tail = tail(client)
            var isAtEnd = false
            let hints = await client.hints()
            for await _ in hints {
                do {
                    if !isAtEnd { try show(try await tail.history(last: last, since: since)) }
                    isAtEnd = true
                    try await catchUp(&tail)
                } catch let problem as BusProblem {
                    if problem.reason == .stopped { return }
                    // The next hint comes with the broker.
                    Terminal.complain("sluice: \(problem.summary); waiting for it")
                } catch let refusal as Refusal where refusal.reason == .unavailable {
                    Terminal.complain("sluice: \(refusal.summary); waiting for it")
                }
            }
            try Task.checkCancellation()
        }

        private func catchUp(_ tail: inout EventTail) async throws {
            while true {
                guard let events = try await tail.next() else {
                    Terminal.complain("sluice: the broker's log has begun anew; reading it from its start")
                    continue
                }
                if events.isEmpty { return }
                try show(events)
            }
        }

        private func show(_ events: [SequencedEvent]) throws {
            let text = EventText(isColoured: Terminal.isColoured)
            for entry in events {
                guard Terminal.say(json ? try EventText.json(entry) : text.line(entry)) else { throw CancellationError() }
            }
        }
    }
}
