import CLIEngine
import Foundation
import Kernel
import ServiceKit
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    /// A folder with a script for each program.
    func folder(_ programs: [String: String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder("programs")
        for (name, script) in programs {
            let path = try folder.write("#!/bin/sh\n\(script)\n", to: "sluice-\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        return folder
    }

    @Test func `a plan holds what is installed, in the order of starting, and as often as asked`() throws {
        let folder = try folder(["load": "", "broker": "", "orchestrator": "", "unknown": ""])
        let plan = try Supervisor.Plan(folder: folder.path, scale: ["load": 3, "orchestrator": 0, "console": 2])
        #expect(plan.instances.map(\.instance) == ["broker", "load", "load-2", "load-3"])
        #expect(plan.instances.map(\.program) == ["broker", "load", "load", "load"])
    }

    @Test(arguments: [("broker", 2), ("load", -1), ("load", 65), ("wheel", 1)])
    func `a scale that cannot be is refused with what can`(program: String, count: Int) throws {
        let folder = try folder(["load": ""])
        #expect { try Supervisor.Plan(folder: folder.path, scale: [program: count]) } throws: {
            ($0 as? PlainProblem)?.summary == "--scale \(program)=\(count) cannot be" && "\($0)".contains("there is one broker")
        }
    }

    @Test func `a program that refuses its settings ends the start with its own words, and stopping comes to an end`() async throws {
        let folder = try folder(["broker": "echo SLUICE_X is wrong >&2; exit 2", "load": "exec sleep 600"])
        let home = try TemporaryFolder("home")
        let settings = try Settings(program: "sluice", environment: ["SLUICE_HOME": home.path, "SLUICE_PORT_BASE": "0", "PATH": "/usr/bin:/bin"])
        let supervisor = Supervisor(folder: folder.path, settings: settings, note: { _ in })
        let plan = try Supervisor.Plan(folder: folder.path, scale: [:])
        await #expect { _ = try await supervisor.start(plan) } throws: {
            ($0 as? PlainProblem)?.code == "cli.bad_settings" && "\($0)".contains("broker refuses its settings: SLUICE_X is wrong")
        }
        let pid = try #require(await supervisor.processes.first).pid
        await supervisor.stop()
        #expect(await supervisor.processes.isEmpty)
        #expect(kill(pid, 0) != 0)
    }

    @Test func `the problem at the end of a program's log is told as it is, without what stands before it`() async throws {
        let words = "2026-01-01T00:00:00Z error broker error[settings.x]: SLUICE_X is wrong\n  at   SLUICE_X\n  try  set SLUICE_X to 1"
        let folder = try folder(["broker": "echo 'earlier words'; echo '\(words)'; exit 2"])
        let home = try TemporaryFolder("home")
        let settings = try Settings(program: "sluice", environment: ["SLUICE_HOME": home.path, "SLUICE_PORT_BASE": "0", "PATH": "/usr/bin:/bin"])
        let supervisor = Supervisor(folder: folder.path, settings: settings, note: { _ in })
        let plan = try Supervisor.Plan(folder: folder.path, scale: [:])
        await #expect { _ = try await supervisor.start(plan) } throws: {
            "\($0)" == "error[cli.bad_settings]: broker refuses its settings: error[settings.x]: SLUICE_X is wrong\n  at   SLUICE_X\n  try  set SLUICE_X to 1"
        }
        await supervisor.stop()
    }

    @Test func `a program that dies is started again, each time later, and told of`() async throws {
        let folder = try folder(["load": "exit 7"])
        let home = try TemporaryFolder("home")
        let settings = try Settings(program: "sluice", environment: ["SLUICE_HOME": home.path, "SLUICE_PORT_BASE": "0"])
        let (notes, note) = AsyncStream.makeStream(of: String.self)
        let supervisor = Supervisor(folder: folder.path, settings: settings, note: { note.yield($0) })
        let plan = try Supervisor.Plan(folder: folder.path, scale: [:])
        let start = Task { try await supervisor.start(plan) }
        var told: [String] = []
        for await line in notes {
            told.append(line)
            if told.count == 3 { break }
        }
        #expect(told == [0.1, 0.2, 0.4].map { "load ended with status 7; starting it again in \($0) s" })
        start.cancel()
        _ = await start.result
        await supervisor.stop()
    }

    @Test func `two of one home cannot be up`() async throws {
        let folder = try folder([:])
        let home = try TemporaryFolder("home")
        let settings = try Settings(program: "sluice", environment: ["SLUICE_HOME": home.path, "SLUICE_PORT_BASE": "0"])
        let plan = try Supervisor.Plan(folder: folder.path, scale: [:])
        let first = Supervisor(folder: folder.path, settings: settings, note: { _ in })
        _ = try await first.start(plan)
        let second = Supervisor(folder: folder.path, settings: settings, note: { _ in })
        await #expect { _ = try await second.start(plan) } throws: { ($0 as? PlainProblem)?.code == "cli.already_up" }
        await first.stop()
    }
}
