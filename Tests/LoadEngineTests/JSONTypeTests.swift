import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// A column of objects and lists is JSON by itself, whether it comes in CSV, in lines or in pages.
@Suite(.everyEngine, .namesEngine) struct JSONTypeTests {
    static func load(_ desk: Desk, _ number: Int, _ text: String, _ config: JSON = [:], isCSV: Bool = true) async throws -> TaskReport {
        try desk.deliver(text, as: "t_\(number).\(isCSV ? "csv" : "jsonl")")
        var stream: JSON = ["path": .string("t_*.\(isCSV ? "csv" : "jsonl")")]
        for (key, value) in config.objectValue?.pairs ?? [] { stream[key] = value }
        let run = try await desk.run(
            RunID("p@\(number)"), token: UInt64(100 * number),
            connections: [["connector": isCSV ? "csv" : "lines", "settings": ["folder": "${INBOX}"], "streams": ["t": stream]]], deliveries: 2)
        return try #require(run.done["ingest.load.t.0"]).report
    }

    @Test func `a column of objects and lists is JSON that each engine can reach into`() async throws {
        let desk = try Desk()
        // The first of them stands far behind the rows that are looked at first.
        var text = "id,body,tags,name\n" + (1...2_000).map { "\($0),,[],[draft]\n" }.joined()
        text += "2001,\"{\"\"a\"\": [1, {\"\"é\"\": \"\"ü\"\"}]}\",\"[\"\"x\"\", \"\"y\"\"]\",{}\n2002,[],,\n"
        _ = try await Self.load(desk, 1, text)
        #expect(try ContractTests.columns(desk) == ["id integer", "body json", "tags json", "name text"])
        let reach = desk.engine == .sqlite ? ("json_extract(body, '$.a[1].é')", "json_array_length(tags)") : ("body #>> '{a,1,é}'", "jsonb_array_length(tags)")
        #expect(try desk.texts("select \(reach.0) from raw__t where id = 2001") == ["ü"])
        #expect(try desk.number("select sum(\(reach.1)) from raw__t") == 2)
        #expect(try desk.number("select count(*) from raw__t where body is null") == 2_000)
    }

    @Test func `the next month's odd value makes it text, with a word of it, and it stays text`() async throws {
        let desk = try Desk()
        _ = try await Self.load(desk, 1, "id,body\n1,\"{\"\"a\"\": 1}\"\n2,\n")
        #expect(try ContractTests.columns(desk) == ["id integer", "body json"])
        _ = try await Self.load(desk, 2, "id,body\n3,\n")
        #expect(try ContractTests.columns(desk) == ["id integer", "body json"])
        let report = try await Self.load(desk, 3, "id,body\n4,none\n5,[1]\n")
        #expect(report.details["drift"] == [["column": "body", "from": "json", "kind": "widened", "to": "text"]])
        _ = try await Self.load(desk, 4, "id,body\n6,\"[2]\"\n")
        #expect(try ContractTests.columns(desk) == ["id integer", "body text"])
        #expect(try desk.texts("select body from raw__t where body is not null order by id") == [#"{"a": 1}"#, "none", "[1]", "[2]"])
    }

    /// A bare number, text or truth value is JSON too, and says nothing of its column.
    @Test(arguments: ["7", "true", "x", "[1", "{\"a\":1,\"a\":2}", "[\"\\u0000\"]"])
    func `a value that is no object and no list, or that an engine would keep less of, is text beside one`(odd: String) async throws {
        for isFirst in [true, false] {
            let desk = try Desk()
            let rows = ["{\"b\": [1]}", odd], ordered = isFirst ? rows.reversed() : rows
            func csv(_ text: String) -> String { "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
            _ = try await Self.load(desk, 1, "id,body\n" + ordered.enumerated().map { "\($0),\(csv($1))\n" }.joined())
            #expect(try ContractTests.columns(desk) == ["id integer", "body text"])
            #expect(try desk.texts("select body from raw__t order by id") == ordered)
        }
    }

    @Test func `nested values of lines are JSON by the same rule, and so is a text that holds JSON`() async throws {
        let desk = try Desk()
        _ = try await Self.load(desk, 1, #"""
            {"id": 1, "o": {"a": 1}, "mixed": [1], "packed": "{\"x\": 1}", "n": [true]}
            {"id": 2, "o": [], "mixed": "x", "packed": "[]", "n": null}

            """#, isCSV: false)
        #expect(try ContractTests.columns(desk) == ["id integer", "o json", "mixed text", "packed json", "n json"])
        #expect(try desk.texts("select mixed from raw__t order by id") == ["[1]", "x"])
        _ = try await Self.load(desk, 2, #"{"id": 3, "o": 7, "packed": {"y": 2}}"# + "\n", isCSV: false)
        #expect(try ContractTests.columns(desk) == ["id integer", "o text", "mixed text", "packed json", "n json"])
        #expect(try desk.texts("select o from raw__t order by id") == [#"{"a": 1}"#, "[]", "7"])
    }

    @Test func `a key is compared as it is written, so it stays text`() async throws {
        let desk = try Desk()
        let config: JSON = ["disposition": "merge", "key": ["k"]]
        _ = try await Self.load(desk, 1, "k,v\n\"[1,2]\",[1]\n\"[1, 2]\",[2]\n", config)
        #expect(try ContractTests.columns(desk) == ["k text", "v json"])
        let report = try await Self.load(desk, 2, "k,v\n\"[1,2]\",[3]\n", config)
        #expect(report.message == "1 row, 1 updated")
        #expect(try desk.texts("select v from raw__t order by k") == ["[2]", "[3]"])
    }

    @Test func `contracts hold JSON as they hold other types`() async throws {
        for contract in ["freeze", "quarantine"] {
            let desk = try Desk()
            let config: JSON = ["contract": .string(contract)]
            _ = try await Self.load(desk, 1, "id,body,at\n1,[1],2024-01-01T00:00:00Z\n", config)
            if contract == "freeze" {
                let problem = await #expect(throws: PlainProblem.self) { _ = try await Self.load(desk, 2, "id,body,at\n2,7,\n", config) }
                #expect(problem?.summary == "the schema is frozen and column 'body' was json and would become text")
            } else {
                // A contract keeps the type and is no declaration: a bare number is no nested value, and a time without a zone no moment.
                _ = try await Self.load(desk, 2, "id,body,at\n2,7,\n3,[2],2024-01-02T00:00:00Z\n4,[3],2024-01-02T00:00:00\n", config)
                #expect(try desk.texts("select reason from _sluice_quarantine order by \"row\"") == ["column 'body' holds no json", "column 'at' holds no timestamp"])
            }
            #expect(try ContractTests.columns(desk) == ["id integer", "body json", "at timestamp"])
        }
    }

    @Test func `what is longer than an engine can take apart is text`() {
        let short = "[" + String(repeating: "1,", count: 1 << 20) + "1]", long = "[\"" + String(repeating: "x", count: JSONCheck.nestedBytesMax) + "\"]"
        #expect(TypeTests.type(short) == .json && TypeTests.type(long) == .text)
        #expect(TypeTests.type(String(repeating: "[", count: 300) + String(repeating: "]", count: 300)) == .text)
        let wide = (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        #expect(TypeTests.type("{\(wide)}") == .json && TypeTests.type("{\(wide),\"k7\":1}") == .text)
    }
}
