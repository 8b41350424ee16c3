import Bus
import Contracts
import Foundation
import Harness
import Kernel
import Wire

/// Publishes without end and remembers what was acknowledged; and counts afterwards what of it is there.
actor Publisher {
    private let client: BusClient
    private let name: String
    private var acknowledged: Set<String> = []
    private var task: Task<Void, Never>?

    init(_ home: TestHome, name: String) {
        let commands = home.environment["SLUICE_BUS_COMMANDS"] ?? "ipc://\(home.path)/run/commands"
        let feed = home.environment["SLUICE_BUS_FEED"] ?? "ipc://\(home.path)/run/feed"
        client = BusClient(BusEndpoints(commands: commands, feed: feed), context: WireContext())
        self.name = name
    }

    func start() { task = Task { await self.publishOn() } }

    private func publishOn() async {
        var number = 0
        while !Task.isCancelled {
            let id = "\(name)-\(number)"
            number += 1
            // Said until it is acknowledged: twice is once.
            while !Task.isCancelled {
                let event = Event(source: "faults", id: id, time: Timestamp(microseconds: 0), pipeline: "fire", payload: .other(type: "fire.v1", data: ["x": .string(String(repeating: "x", count: 500))]))
                if (try? await client.publish([event])) != nil {
                    acknowledged.insert(id)
                    break
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    var count: Int { acknowledged.count }

    /// Stops, reads the log, and compares. In this order: what is acknowledged after the reading would count as lost.
    func audit(_ home: TestHome, runs: [RunID]) async throws -> Figures {
        task?.cancel()
        await client.stop()
        await task?.value
        let log = try await home.log()
        var found: [String: Int] = [:]
        for entry in log where entry.event.source == "faults" { found[entry.event.id, default: 0] += 1 }
        return Figures(
            acknowledged: acknowledged.count, lost: acknowledged.count { found[$0] == nil }, doubled: found.values.count { $0 > 1 }, crashes: 0)
            + Runs.audit(log, runs: runs, tasks: Runs.tasks)
    }
}

enum Runs {
    /// Every task of a run that ended well was reported once, and the run ended once.
    static func audit(_ log: [SequencedEvent], runs: [RunID], tasks: Int) -> Figures {
        var figures = Figures()
        for run in runs {
            let own = log.filter { $0.event.run == run }
            let reports = own.filter { $0.event.type == EventType.taskSucceeded }.compactMap { $0.event.task?.description }
            figures.acknowledged += 1
            figures.lost += tasks - Set(reports).count
            figures.doubled += reports.count - Set(reports).count
            let ends = own.filter { $0.event.type == EventType.runSucceeded }.count
            if ends == 0 { figures.lost += 1 }
            if ends > 1 { figures.doubled += 1 }
        }
        return figures
    }

    static let drill = """
        name: drill
        steps:
          - {name: one, noop: extract}
          - {name: two, noop: load, seconds: 0.02}
          - {name: three, noop: extract}
          - {name: four, noop: load}
        """
    static let tasks = 4
    static let programs = ["broker": "broker", "orchestrator-1": "orchestrator", "orchestrator-2": "orchestrator", "extract-1": "extract", "load-1": "load", "load-2": "load"]

    static func start(_ home: TestHome) async throws {
        try home.write(drill, to: "pipelines/drill/pipeline.yml")
        try await home.start("broker")
        for (instance, program) in programs.sorted(by: { $0.key < $1.key }) where instance != "broker" { try await home.start(program, instance: instance) }
        try await home.until("the pipeline is known", seconds: 30) { try await home.log().contains { $0.event.type == EventType.pipelineRegistered } }
    }
}
