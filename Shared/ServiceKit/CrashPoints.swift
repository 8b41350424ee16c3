import Glibc
import Kernel
import Platform

/// Named points at which a test kills the process with SIGKILL: `SLUICE_CRASH_AT=load.before_complete` or `…:3` for the third time.
///
/// Refused unless `SLUICE_TEST=1`. A point strikes once for each home, so that the restarted program goes on.
public final class CrashPoints: Sendable {
    private struct Target {
        let name: String
        let count: Int
    }
    private let target: Target?
    private let marker: String
    private let passed = Counter()

    public init(environment: [String: String], runFolder: String) throws {
        marker = "\(runFolder)/crashed"
        guard let text = environment["SLUICE_CRASH_AT"], !text.isEmpty else {
            target = nil
            return
        }
        guard environment["SLUICE_TEST"] == "1" else {
            throw PlainProblem(
                "settings.crash_outside_tests", "SLUICE_CRASH_AT is set outside a test", at: .named("SLUICE_CRASH_AT"),
                remedy: "unset it; tests that mean it set SLUICE_TEST=1 too")
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard !parts[0].isEmpty, parts.count <= 2, let count = parts.count == 2 ? Int(parts[1]) : 1, count > 0 else {
            throw PlainProblem(
                "settings.crash_point", "SLUICE_CRASH_AT is '\(text)'", at: .named("SLUICE_CRASH_AT"),
                remedy: "name a point, and where it is not the first time the number: load.before_complete:3")
        }
        target = Target(name: String(parts[0]), count: count)
    }

    /// The program passes the point `name`.
    public func reach(_ name: String) {
        guard let target, target.name == name, passed.next() == target.count, !Files.exists(marker) else { return }
        try? Files.writeAtomically(Array(name.utf8), to: marker)
        kill(getpid(), SIGKILL)
    }
}
