import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Kernel
import Runs

/// `sluice events audit`: whether what was to start runs did.
extension EventsCommand {
    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that each event that was to start a run started one, and only one; status 1 where not.")

        func run() async throws {
            try await Installation().withBroker { client in
                var audit = EventAudit()
                var fleet = Fleet()
                while true {
                    let (events, reply) = try await client.read(ReadCommand(after: fleet.position, limit: 2000))
                    for event in events {
                        audit.apply(event)
                        fleet.apply(event)
                    }
                    fleet.advance(to: reply.upTo)
                    if reply.upTo >= reply.newest { break }
                }
                let faults = audit.finish(fleet)
                let text = Terminal.text
                for (pipeline, line) in audit.lines.sorted(by: { $0.key < $1.key }) {
                    var words = ["\(line.events) events", "\(line.consumed) consumed"]
                    for (count, word) in [(line.declined, "declined"), (line.waiting, "waiting"), (line.ignored, "ignored"), (line.dropped, "dropped")] where count > 0 {
                        words.append("\(count) \(word)")
                    }
                    Terminal.say("  \(pipeline)  \(words.joined(separator: ", "))")
                }
                for fault in faults { Terminal.say("  \(text.red("✗")) \(fault)") }
                let orphans = faults.count { if case .orphan = $0 { true } else { false } }
                Terminal.say("\(audit.lines.values.map(\.events).reduce(0, +)) events for \(audit.lines.count) pipelines: \(orphans) orphans, \(faults.count - orphans) doubles")
                if !faults.isEmpty { throw ExitCode(1) }
            }
        }
    }
}
