import Foundation
import Harness
import Support
import Testing

/// `Tests/Benchmarks/load/run --long` does the same with a hundred million rows.
@Suite struct LoadMemoryTests {
    @Test(.enabled(if: Tool.isPresent("sqlite3") && Tool.isPresent("python3")))
    func `a load of five million rows from a pipe takes no more memory than one of a million, and less than 100 MB`() throws {
        let scratch = try TemporaryFolder("memory")
        let script = TestHome.repository + "/Tests/Benchmarks/load/memory.py"
        let printed = try Tool.run("python3", [script, TestHome.binaries + "/sluice-load", scratch.path, "1000000", "5000000"])
        let peaks = try JSONDecoder().decode([String: Double].self, from: Data(printed.utf8))
        let small = try #require(peaks["1000000"]), large = try #require(peaks["5000000"])
        #expect(large < 100 && large < small * 1.1, "\(printed)")
    }
}
