import Kernel
import ModellingSupport
import Testing

@testable import TransformEngine

/// Colours, which a terminal shows and a pipe gets where they are asked for.
@Suite struct PaintTests {
    @Test(arguments: [
        ("1 of 3 START sql view model main.a ............ [RUN]", "LogStartLine", "1 of 3 START sql view model main.a ............ [RUN]"),
        ("1 of 3 OK created sql view model main.a ....... [OK in 0.01s]", "LogModelResult", "1 of 3 OK created sql view model main.a ....... [\u{1b}[32mOK\u{1b}[0m in 0.01s]"),
        ("2 of 3 FAIL 2 unique_a_id ..................... [FAIL 2 in 0.01s]", "LogTestResult", "2 of 3 FAIL 2 unique_a_id ..................... [\u{1b}[31mFAIL 2\u{1b}[0m in 0.01s]"),
        ("3 of 3 SKIP relation main.b ................... [SKIP]", "SkippingDetails", "3 of 3 SKIP relation main.b ................... [\u{1b}[33mSKIP\u{1b}[0m]"),
        ("Completed successfully", "EndOfRunSummary", "\u{1b}[32mCompleted successfully\u{1b}[0m"),
        ("Completed with 1 warning:", "EndOfRunSummary", "\u{1b}[33mCompleted with 1 warning:\u{1b}[0m"),
        ("[WARNING]: odd", "UnusedTables", "[\u{1b}[33mWARNING\u{1b}[0m]: odd"),
        (" - git [OK found]", "DebugCmdOut", " - git [\u{1b}[32mOK found\u{1b}[0m]"),
        ("an array [1, 2]", "JinjaLogInfo", "an array [1, 2]"),
    ])
    func `each line has dbt's colours`(text: String, event: String, painted: String) {
        #expect(DbtPaint.line(text, event) == painted)
    }

    @Test func `a pipe and a log file have no colours, but where they are asked for`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        #expect(!drill.run("run").text.contains("\u{1b}"))
        let colored = drill.run("run", "--use-colors")
        #expect(colored.text.contains("\u{1b}[32mCompleted successfully\u{1b}[0m"), "\(colored.text)")
        #expect(!drill.run("run", "--use-colors", "--log-format", "json").text.contains("\u{1b}[32m"))
        #expect(!String(decoding: try drill.project.read("logs/dbt.log"), as: UTF8.self).contains("\u{1b}"))
    }
}
