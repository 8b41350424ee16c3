import Contracts
import Foundation
import Harness
import Kernel

/// Disks that are full, or only read.
enum Disks {
    static let all = [
        Scenario(name: "a full disk", obstacle: { Tool.isRoot ? nil : "not root" }, run: { _ in try await full() }),
        Scenario(name: "a disk that is only read", obstacle: { Tool.isRoot ? nil : "not root" }, run: { _ in try await readOnly() }),
    ]

    /// A home whose journal lies on a disk of its own of so many megabytes.
    static func onSmallDisk(_ megabytes: Int, _ extra: [String: String] = [:], _ body: @escaping @Sendable (TestHome, _ disk: String) async throws -> Void) async throws {
        try await TestHome.with(extra) { home in
            let disk = home.path + "/journal"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            guard Tool.canRun("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk]) else { throw TestHome.Failure("mount failed") }
            do {
                try await body(home, disk)
                await home.end()
                _ = Tool.canRun("umount", ["-l", disk])
            } catch {
                _ = Tool.canRun("umount", ["-l", disk])
                throw error
            }
        }
    }

    static func full() async throws -> Figures {
        let sum = Sum()
        try await onSmallDisk(24) { home, disk in
            try await Runs.start(home)
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            let first = try await home.requestSurely("drill", id: "drill@first")
            _ = try await home.finishSurely(first, seconds: 60)
            // Somebody else takes all that is left.
            let ballast = disk + "/ballast"
            _ = Tool.canRun("dd", ["if=/dev/zero", "of=\(ballast)", "bs=64k"])
            let before = await publisher.count
            try await home.until("the broker is not ready", seconds: 60) { home.probe("broker", "/readyz")?.status == 503 }
            guard home.isRunning("broker") else { throw TestHome.Failure("the broker ended on a full disk") }
            say("  full after \(before) events, and it said so")
            try await Task.sleep(for: .seconds(2))
            try FileManager.default.removeItem(atPath: ballast)
            try await home.until("it is well again", seconds: 60) { home.probe("broker", "/readyz")?.status == 200 }
            let second = try await home.requestSurely("drill", id: "drill@second")
            _ = try await home.finishSurely(second, seconds: 60)
            home.kill("broker")
            try await home.start("broker")
            sum.add(try await publisher.audit(home, runs: [first, second]))
            if !home.isRunning("broker") { sum.add(Figures(crashes: 1)) }
        }
        return sum.figures
    }

    /// An I/O error: the broker ends and says so, and what was acknowledged is there when the disk is.
    static func readOnly() async throws -> Figures {
        let sum = Sum()
        try await onSmallDisk(64) { home, disk in
            try await Runs.start(home)
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            let first = try await home.requestSurely("drill", id: "drill@first")
            _ = try await home.finishSurely(first, seconds: 60)
            home.signal("broker", SIGSTOP)
            // A busy file system cannot be made read-only: the broker is killed and comes back to one that is.
            home.kill("broker")
            guard Tool.canRun("mount", ["-o", "remount,ro", disk]) else { throw TestHome.Failure("remount failed") }
            try? await home.start("broker")
            try await home.until("it ends or is not ready", seconds: 20) { !home.isRunning("broker") || home.probe("broker", "/readyz")?.status == 503 }
            home.kill("broker")
            guard Tool.canRun("mount", ["-o", "remount,rw", disk]) else { throw TestHome.Failure("remount failed") }
            try await home.start("broker")
            let second = try await home.requestSurely("drill", id: "drill@second")
            _ = try await home.finishSurely(second, seconds: 60)
            sum.add(try await publisher.audit(home, runs: [first, second]))
        }
        return sum.figures
    }
}
