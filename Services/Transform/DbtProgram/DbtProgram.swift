// sluice-dbt: dbt's own command line, in one process, for one command. `sluice dbt …` runs it.
//
// Does      what its arguments say, in dbt's words: build, run, test, seed, snapshot, compile, parse, ls, show, docs generate, …
// Reads     the project's folder, profiles.yml, and the variables that the project names.
// Writes    the warehouse; the project's target folder.
// Promises  a node is built whole or not at all; exit status as dbt has it: 0, 1 a node failed, 2 the project or the call is wrong.
// Stops     killed, the transaction in hand has not happened.
//
// A program of its own: it takes part in no bus and speaks no HTTP, and what those need of memory and of time to start would be most of
// what a small project takes. `deps` alone fetches archives: the sibling `sluice-transform dbt deps` does that.

import Glibc
import Platform
import TransformEngine
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

@main struct DbtProgram {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("deps") { becomeSibling(["dbt"] + arguments) }
        let command = DbtCommand(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self]), environment: Environment.current(),
            now: { SystemClock.now() }, isTerminal: isatty(1) == 1, output: DbtCommand.say)
        exit(command.run(arguments: arguments))
    }

    /// Returns where there is none: packages from folders and repositories need no more than this program.
    private static func becomeSibling(_ arguments: [String]) {
        guard let program = realpath("/proc/self/exe", nil) else { return }
        defer { free(program) }
        let path = String(cString: program).split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/sluice-transform"
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        execv(path, &words)
        for word in words { free(word) }
    }
}
