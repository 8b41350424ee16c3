import ArgumentParser
import Bus
import CLIEngine
import Kernel
import Platform
import Runs
import ServiceKit

/// `sluice status`: who is ready, what waits, what has gone wrong since yesterday.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Which programs are ready, what waits in the queue, and the alerts of the last day.")
    @Flag(help: "Print what the broker says of its log and its queue as JSON, and nothing else.") var json = false

    func run() async throws {
        let installation = try Installation()
        let text = Terminal.text
        var unready: Set<String> = []
        let names = (try? Files.list(installation.settings.runFolder)) ?? []
        let programs = names.filter { $0.hasSuffix(".json") && $0 != "ports.json" }
        let width = (programs.map(\.count).max() ?? 0) - ".json".count
        guard !json else {
            Terminal.say(try await installation.withBroker(needsPrograms: true) { try await $0.inspect(.status) }.text(isPretty: true))
            return
        }
        if programs.isEmpty { Terminal.complain("no programs have run on \(installation.settings.home); start them with sluice up") }
        for name in programs {
            guard let file = try? JSON(parsing: Files.readAll("\(installation.settings.runFolder)/\(name)")), let port = file["probe"]?.intValue else { continue }
            let answer = ProbeClient.get("/readyz", port: port)
            if answer?.status != 200 { unready.insert(String(name.dropLast(5))) }
            let word = answer.map { $0.status == 200 ? text.green("ready") : text.red("not ready") } ?? text.red("down")
            Terminal.say("  \(text.padded(String(name.dropLast(5)), width))  \(text.padded(word, 9))  \(text.dim("pid \(file["pid"]?.intValue ?? 0), probes on 127.0.0.1:\(port)"))")
        }
        // Without the broker there is nothing more to tell; without another program there is all the rest.
        guard !programs.isEmpty, !unready.contains("broker") else {
            if unready.count == programs.count, !programs.isEmpty { Terminal.complain("nothing runs on \(installation.settings.home); start it with sluice up") }
            throw ExitCode(3)
        }
        let now = SystemClock.now()
        let (board, alerts, status, runs) = try await installation.withBroker { client in
            var history = RunHistory(client)
            try await history.catchUp()
            return (
                try await PipelineBoard(client), try await AlertBoard(client, now: now), try await client.inspect(.status),
                history.order.compactMap { history.runs[$0] })
        }
        if !board.entries.isEmpty { Terminal.say("pipelines") }
        for line in board.lines(now: now, text) { Terminal.say(line) }
        for run in runs where !run.isEnded {
            let waiting = text.waiting(run, now: now)
            let ended = run.tasks.values.count { $0.phase.isEnded }
            Terminal.say("  \(run.id)  \(waiting.isEmpty ? "running" : text.yellow(waiting))  \(text.dim("\(ended) of \(run.tasks.count) tasks"))")
        }
        if !alerts.entries.isEmpty { Terminal.say("since yesterday") }
        for line in alerts.lines(EventText(isColoured: Terminal.isColoured), text) { Terminal.say(line) }
        for line in text.broker(status) { Terminal.say(line) }
        if !unready.isEmpty { throw ExitCode(3) }
    }
}
