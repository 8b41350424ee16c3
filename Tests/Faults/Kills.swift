import Contracts
import Foundation
import Harness
import Kernel

/// SIGKILL at named points, and at any moment.
enum Kills {
    static let points = [
        "broker.after_commit", "broker.after_commit:7", "orchestrator.after_publish", "orchestrator.after_publish:3", "extract.before_complete", "extract.after_complete",
        "load.before_complete", "load.before_complete:2", "load.after_complete",
    ]
    static var all: [Scenario] { points.map { point in Scenario(name: "kill at \(point)") { _ in try await at(point) } } + [Scenario(name: "random kills", run: random), Scenario(name: "random kills under many publishers", run: crowd)] }

    static func at(_ point: String) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with(["SLUICE_CRASH_AT": point]) { home in
            try home.write(Runs.drill, to: "pipelines/drill/pipeline.yml")
            try home.spawnAll()
            let medic = home.revive(Runs.programs)
            defer { medic.cancel() }
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            var runs: [RunID] = []
            try await home.until("the pipeline is known", seconds: 30) { (try? await home.log().contains { $0.event.type == EventType.pipelineRegistered }) ?? false }
            for number in 0..<3 {
                let run = try await home.request("drill", id: "drill@\(number)")
                runs.append(run)
                _ = try await home.finish(run)
            }
            guard FileManager.default.fileExists(atPath: home.path + "/run/crashed") else { throw TestHome.Failure("nobody came by \(point)") }
            sum.add(try await publisher.audit(home, runs: runs))
        }
        return sum.figures
    }

    static func random(_ isLong: Bool) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with { home in
            try await Runs.start(home)
            let medic = home.revive(Runs.programs)
            defer { medic.cancel() }
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            let killer = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Int.random(in: 20...600)))
                    if let victim = Runs.programs.keys.randomElement() { home.kill(victim) }
                }
            }
            var runs: [RunID] = []
            for number in 0..<(isLong ? 200 : 20) {
                let run = try await home.requestSurely("drill", id: "drill@\(number)")
                runs.append(run)
                // Several wait at once: the orchestrator lets one pipeline have one run at a time.
                if number % 5 == 4 { _ = try await home.finishSurely(run, seconds: 120) }
            }
            killer.cancel()
            await killer.value
            if let last = runs.last { _ = try await home.finishSurely(last, seconds: 120) }
            sum.add(try await publisher.audit(home, runs: runs))
        }
        return sum.figures
    }

    /// The broker dies again and again while turns of many events are written.
    static func crowd(_ isLong: Bool) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with { home in
            try await home.start("broker")
            let medic = home.revive(["broker": "broker"])
            defer { medic.cancel() }
            let publishers = (0..<24).map { Publisher(home, name: "p\($0)") }
            for publisher in publishers { await publisher.start() }
            for _ in 0..<(isLong ? 400 : 30) {
                try await Task.sleep(for: .milliseconds(Int.random(in: 20...500)))
                home.kill("broker")
            }
            try await home.until("the broker is back", seconds: 60) { (try? await home.log()) != nil }
            for publisher in publishers { sum.add(try await publisher.audit(home, runs: [])) }
        }
        return sum.figures
    }
}

/// What closures add up to, one after the other.
final class Sum: @unchecked Sendable {
    // Safe: a scenario's body runs alone, and is over when the sum is read.
    private(set) var figures = Figures()
    func add(_ more: Figures) { figures = figures + more }
}

extension TestHome {
    func spawnAll() throws { for (instance, program) in Runs.programs { try spawn(program, instance: instance) } }

    /// Asked for until it is acknowledged.
    func requestSurely(_ pipeline: String, id: String) async throws -> RunID {
        while true { if let run = try? await request(pipeline, id: id) { return run } }
    }

    /// Followed to its end, whatever the broker does meanwhile.
    func finishSurely(_ run: RunID, seconds: Double) async throws -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if let state = try? await state(of: run), state.isEnded { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("\(run) did not end in \(seconds) s")
    }
}
