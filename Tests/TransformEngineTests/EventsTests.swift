import Kernel
import Testing

/// `--log-format json`: dbt's events, one to a line; `Tests/Conformance/commands --only events` compares them with dbt's.
@Suite struct EventsTests {
    private static let files = [
        "models/a.sql": "select 1 as id", "models/b.sql": "select nothing from {{ ref('a') }}", "models/c.sql": "select * from {{ ref('b') }}", "seeds/s.csv": "id\n1\n",
        "models/s.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]", "macros/m.sql": "{% macro hello() %}{{ log('hello', info=true) }}{% endmacro %}",
    ]

    private func events(_ drill: DbtDrill, _ words: String...) throws -> [JSON] {
        try drill.run(words: words + ["--log-format", "json"]).text.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    }

    @Test func `each event has dbt's name and code, and says what dbt's says`() throws {
        let found = try events(DbtDrill(Self.files), "build")
        func told(_ name: String) throws -> JSON { try #require(found.first { $0["info"]?["name"]?.stringValue == name }, "no \(name)") }
        func keys(_ event: JSON) -> Set<String> { Set(event["data"]?.objectValue?.pairs.map(\.key) ?? []) }
        #expect(try told("MainReportVersion")["data"]?["log_version"] == 3)
        #expect(try told("SkippingDetails")["info"]?["code"] == "Q034")
        let numbers: Set = ["index", "total", "execution_time", "node_info"]
        #expect(try keys(told("LogModelResult")) == numbers.union(["description", "status"]))
        #expect(try keys(told("LogSeedResult")) == numbers.union(["status", "result_message", "schema", "relation"]))
        #expect(try keys(told("LogTestResult")) == ["index", "num_models", "execution_time", "node_info", "name", "status", "num_failures", "attached_node"])
        #expect(try keys(told("FinishedRunningStats")) == ["stat_line", "execution", "execution_time"])
        let end = try told("EndOfRunSummary")
        #expect(end["data"] == ["num_errors": 1, "num_warnings": 0, "num_partial_success": 0, "keyboard_interrupt": false] && end["info"]?["msg"]?.stringValue?.hasPrefix("Completed with 1 error") == true)
        #expect(try told("RunResultFailure")["data"]?["node_name"] == "b" && told("StatsLine")["data"]?["stats"]?["skip"] == 1)
        #expect(found.allSatisfy { $0["info"]?["code"] != "" && $0["info"]?["invocation_id"] == found[0]["info"]?["invocation_id"] })
    }

    @Test func `an empty line is an event, and what a macro tells is one of templates`() throws {
        let drill = try DbtDrill(Self.files)
        let found = try events(drill, "run-operation", "hello")
        #expect(found.last?["info"]?["name"] == "JinjaLogInfo" && found.last?["data"] == ["msg": "hello"])
        let names = try events(drill, "seed").compactMap { $0["info"]?["name"]?.stringValue }
        #expect(names == [
            "MainReportVersion", "FoundStats", "Formatting", "ConcurrencyLine", "Formatting", "LogStartLine", "LogSeedResult", "Formatting", "FinishedRunningStats", "Formatting", "EndOfRunSummary", "Formatting", "StatsLine",
        ])
    }
}
