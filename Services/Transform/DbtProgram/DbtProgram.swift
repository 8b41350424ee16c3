import FoundationEssentials
import Glibc
import Kernel
import TransformEngine
import WarehouseKit
import WarehouseSQLite

/// `sluice-dbt`: a dbt project in one process, without broker or orchestrator; `sluice dbt …` runs it.
///
/// Reads: the project, its profile, the environment. Writes: the warehouse that the profile names, and `target/`.
/// After a crash: a node is built whole or not at all; run the command again.
/// Stops for: a project with problems (2), a failed node or test (1).
@main struct DbtProgram {
    static func main() {
        let command = DbtCommand(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: ProcessInfo.processInfo.environment, now: now,
            output: write)
        exit(command.run(arguments: Array(CommandLine.arguments.dropFirst())))
    }

    /// A line at a time, so that whoever pipes the output sees it grow.
    private static func write(_ line: String) {
        var bytes = Array(line.utf8)[...]
        bytes.append(UInt8(ascii: "\n"))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    @Sendable private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
