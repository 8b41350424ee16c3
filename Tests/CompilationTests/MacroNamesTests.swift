import DbtMacros
import Foundation
import Testing

/// `Tests/Fixtures/dbt-macros.txt`: the macros of dbt-core 1.11 and of its PostgreSQL adapter, with their parameters.
@Suite struct MacroNamesTests {
    private static let dbt: [String: [String: String]] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/dbt-macros.txt")
        var found: [String: [String: String]] = [:]
        for line in (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? [] {
            let dot = line.firstIndex(of: ".")!
            let open = line.firstIndex(of: "(")!
            found[String(line[..<dot]), default: [:]][String(line[line.index(after: dot)..<open])] = bare(line[line.index(after: open)...].dropLast())
        }
        return found
    }()
    /// Words that are functions here, with a place below `dbt.` all the same.
    private static let functions: Set<String> = ["statement", "run_query", "is_incremental", "should_full_refresh", "should_store_failures"]
    /// Plain macros of dbt that dispatch here, as SQLite's own version differs.
    private static let dispatched: Set<String> = ["default__build_snapshot_staging_table", "default__get_snapshot_get_time_data_type"]

    private static func bare(_ text: some StringProtocol) -> String { text.lowercased().filter { $0 != " " }.replacing("\"", with: "'") }

    private static func parameters(of macro: LibraryMacro) -> String {
        guard !macro.name.hasPrefix("materialization_") else { return "" }
        var depth = 0
        var text = ""
        for letter in macro.text {
            if letter == ")" { depth -= 1; if depth == 0 { break } }
            if depth > 0 { text.append(letter) }
            if letter == "(" { depth += 1 }
        }
        return bare(text)
    }

    @Test(arguments: ["dbt", "dbt_postgres"]) func `every macro of dbt's is here, with its parameters`(package: String) throws {
        let wanted = try #require(Self.dbt[package])
        #expect(wanted.count > 40)
        for (name, parameters) in wanted.sorted(by: { $0.key < $1.key }) where !Self.functions.contains(name) {
            let macro = MacroLibrary.macro(name, in: package)
            #expect(macro.map(Self.parameters) == parameters, "\(package).\(name)")
        }
    }

    @Test func `a macro that dbt lacks has a name that no project gives one of its own`() {
        for macro in MacroLibrary.macros(of: "dbt") where Self.dbt["dbt"]?[macro.name] == nil {
            #expect(MacroLibrary.isOwn(macro.name) || Self.dispatched.contains(macro.name), "\(macro.name)")
        }
    }
}
