import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// A seed that a property prints.
struct SeedBox {
    var seed: Seed
    init(_ label: String) { seed = Seed(label) }
}

@Suite(.everyEngine, .namesEngine) struct TypeTests {
    static func type(_ text: String, hasDecimals: Bool = false) -> ColumnType {
        Array(text.utf8).withUnsafeBufferPointer { FieldParser.classify($0, hasDecimals: hasDecimals) }
    }

    @Test func `a type is the narrowest that loses nothing`() {
        let expected: [(ColumnType, [String])] = [
            (.integer, ["0", "7", "-1", "9223372036854775807", "-9223372036854775808"]),
            (.real, ["1.5", "-0.25", "0.0", "1e5", "2E-7", "10.357019999999999", "-0", "1.0"]),
            (.real, ["0.30000000000000004", "123456789012.345", "1.7976931348623157e308", "-0.000000000000000000123", "1.50", "0.10000"]),
            (.decimal, ["9223372036854775808", "-9223372036854775809", "0.1234567890123456789", "12345678901234567.89", "-99999999999999999999.5", "0.100000000000000005551115"]),
            (.boolean, ["true", "FALSE", "True"]),
            (.date, ["2013-01-31", "2012-02-29"]),
            (.timestamp, ["2013-01-01T10:00:00Z", "2013-01-01 10:00:00-01:30", "2013-01-01T10:00:00.123+02:00"]),
            (.localTimestamp, ["2013-01-01T10:00:00", "2013-01-01 10:00:00", "2013-01-01 10:00:00.123456"]),
            (.json, ["{}", "[]", #"{"a": [1, null]}"#, " [1]\n", #"[{"a":1},{"a":2}]"#, #"["\u0041\ud83d\ude00", 1e9999]"#, #"{"a":1,"A":2}"#]),
            (.text, [
                "{", "[draft]", "{a}", "[1", "[1]x", "[01]", "[1,]", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{"a":1,"c":{},"a":1}}"#, #"["\u0000"]"#,
                #"["\ud83d"]"#, #"["\ude00"]"#, "[1e99999]", "\u{feff}[]", "\"x\"", "null",
                "007", "00", "1.5.2", "1e", ".5", "5.", "+1", "-", "", "NaN", "inf", "0x10", "1e400", "2013-02-29", "2013-13-01",
                "2013-01-01T25:00:00Z", "2013-01-01T10:00", "yes", "t", "01.5", "1_000", "2013-01-01T10:00:00.1234567Z", "１",
            ]),
        ]
        for (type, texts) in expected { for text in texts { #expect(Self.type(text) == type, "\(text)") } }
        // An engine that reckons with decimals has them wherever there is a point and no exponent.
        for text in ["1.5", "0.30000000000000004", "-0.00"] { #expect(Self.type(text, hasDecimals: true) == .decimal, "\(text)") }
        for text in ["1e5", "2E-7", "-0"] { #expect(Self.type(text, hasDecimals: true) == .decimal, "\(text)") }
        #expect(Self.type("12", hasDecimals: true) == .integer)
    }

    /// Money, shares of a coin, what a program printed: each digit is there again, and sums are right where the engine reckons so.
    @Test func `decimals are kept exactly, and whole numbers up to the limits of 64 bits`() async throws {
        let desk = try Desk()
        let prices = ["0.10", "19.99", "-1234567890123.45", "0.000001", "99999999999.9999", "0.30000000000000004"]
        let coins = ["0.123456789012345678", "1.5", "-98765432109876543210.000000000000000001", "0", "7", "12345678901234567890"]
        let ids = ["9223372036854775807", "-9223372036854775808", "9007199254740993", "0", "1", "-1"]
        var text = "price,coin,id\n"
        for row in prices.indices { text += "\(prices[row]),\(coins[row]),\(ids[row])\n" }
        try desk.deliver(text, as: "t_1.csv")
        let streams: JSON = ["t": ["path": "t_*.csv"]]
        try await desk.run("p@1", token: 10, streams)
        #expect(try desk.texts("select coin from raw__t order by _sluice_row") == coins)
        #expect(try desk.texts("select cast(id as text) from raw__t order by _sluice_row") == ids)
        if desk.engine == .sqlite {
            // As doubles, with which everything can reckon: each gives its decimal back.
            #expect(try desk.rows("select price from raw__t order by _sluice_row") == prices.map { [.double(Double($0)!)] })
            #expect(prices.allSatisfy { Self.type($0) == .real })
        } else {
            #expect(try desk.texts("select price from raw__t order by _sluice_row") == prices)
            #expect(try desk.texts("select sum(price) from raw__t") == ["-1134567890103.06009899999999996"])
        }
        // Whole numbers that a double does not hold, and then a fraction, behind each other and in one file.
        try desk.deliver("price,coin,id\n1,1,0.5\n", as: "t_2.csv")
        try desk.deliver("id,other\n1.5,9007199254740993\n2,1e3\n3,0.25\n", as: "t_3.csv")
        try await desk.run("p@2", token: 100, streams)
        #expect(try desk.texts("select cast(id as text) from raw__t where _sluice_batch = 1 order by _sluice_row") == ids)
        #expect(try desk.texts("select cast(other as text) from raw__t where _sluice_batch = 3 order by _sluice_row").first == "9007199254740993")
        // What was inferred from the first month stands in the next ones.
        try desk.deliver("price,coin,id\n3,2,5\n", as: "t_4.csv")
        let before = try desk.session().columns(of: RelationName(schema: "raw", identifier: "t"))
        try await desk.run("p@3", token: 1_000, streams)
        #expect(try desk.session().columns(of: RelationName(schema: "raw", identifier: "t")) == before)
    }

    @Test func `a real is the double that the language itself reads`() {
        var seed = Seed("real")
        for _ in 0..<20_000 {
            let whole = Int64.random(in: -1_000_000...1_000_000, using: &seed)
            let text = switch Int.random(in: 0..<3, using: &seed) {
            case 0: "\(whole).\(UInt64.random(in: 0 ... .max, using: &seed) >> UInt64.random(in: 0..<64, using: &seed))"
            case 1: "\(Double(bitPattern: UInt64.random(in: 0 ... .max, using: &seed)))"
            default: "\(whole)e\(Int.random(in: -30...30, using: &seed))"
            }
            guard let ours = Array(text.utf8).withUnsafeBufferPointer(FieldParser.real) else { continue }
            #expect(ours == Double(text), "\(text)")
        }
    }

    @Test func `types come from all rows, and the table widens with later batches`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv"]]
        // The odd ones stand far behind the rows that are looked at first.
        var text = "a,b,c,d,e,When\n"
        for row in 1...3_000 { text += "\(row),\(row),2013-01-01,,x,2013-01-01T10:00:00Z\n" }
        text += "1,0.5,2013-01-01 05:00:00Z,,true,2013-01-01T12:00:00+02:00\n"
        try desk.deliver(text, as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams)
        let fraction = desk.engine == .sqlite ? "real" : "decimal"
        func types() throws -> [String] {
            let session = try desk.session()
            return try session.columns(of: RelationName(schema: "raw", identifier: "t")).map { "\($0.name) \(session.columnType($0.type)?.rawValue ?? $0.type)" }
        }
        #expect(try types() == ["a integer", "b \(fraction)", "c timestamp", "d unknown", "e text", "when timestamp", "_sluice_batch integer", "_sluice_row integer"])
        #expect(try desk.rows("select b, c, \"when\" from raw__t where _sluice_row in (1, 3001) order by _sluice_row") == [
            [.double(1), .text("2013-01-01T00:00:00Z"), .text("2013-01-01T10:00:00Z")],
            [.double(0.5), .text("2013-01-01T05:00:00Z"), .text("2013-01-01T10:00:00Z")],
        ])
        // A column that was only null takes any type; new columns come; an integer becomes text.
        try desk.deliver("d,a,new\n2013-05-05,x,1\n", as: "t_2.csv")
        try desk.execute("create view seen as select count(*) as n from raw__t")
        try await desk.run("p@2", token: 100, streams)
        #expect(try types().prefix(4) == ["a text", "b \(fraction)", "c timestamp", "d date"] && types().last == "new integer")
        #expect(try desk.rows("select a, d, new from raw__t where _sluice_batch = 2 or _sluice_row = 7 order by _sluice_batch") == [
            [.text("7"), .null, .null], [.text("x"), .text("2013-05-05"), .integer(1)],
        ])
        #expect(try desk.rows("select n from seen") == [[.integer(3_002)]])
    }

    /// What a clock showed is not a moment, and only a person knows which clock it was.
    @Test func `a time without a zone stays one, and is UTC where a type says so`() async throws {
        let desk = try Desk()
        try desk.deliver("id,a,b,c\n1,2024-03-31 02:30:00,2024-03-31 02:30:00,2024-01-01\n2,2024-03-31T02:30:00.25,2024-03-31T02:30:00+02:00,2024-01-01 10:00:00\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, ["t": ["path": "t_*.csv", "types": ["b": "timestamp"]]])
        let session = try desk.session()
        let types = try session.columns(of: RelationName(schema: "raw", identifier: "t")).map { session.columnType($0.type)?.rawValue ?? $0.type }
        #expect(types[...3] == ["integer", "timestamp_without_zone", "timestamp", "timestamp_without_zone"])
        // PostgreSQL writes a blank where ISO 8601 has its T.
        func local(_ text: String) -> SQLValue { .text(desk.engine == .sqlite ? text : text.split(separator: "T").joined(separator: " ")) }
        let moments: [String] = try desk.texts("select b from raw__t order by id").map { Timestamp(rfc3339: $0)!.description }
        #expect(moments == ["2024-03-31T02:30:00Z", "2024-03-31T00:30:00Z"])
        #expect(try desk.rows("select a, c from raw__t order by id") == [
            [local("2024-03-31T02:30:00"), local("2024-01-01T00:00:00")], [local("2024-03-31T02:30:00.25"), local("2024-01-01T10:00:00")],
        ])
        // Both in one column are neither.
        try desk.deliver("id,a\n3,2024-03-31T02:30:00Z\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, ["t": ["path": "t_*.csv"]])
        #expect(try desk.texts("select a from raw__t order by id") == ["2024-03-31T02:30:00", "2024-03-31T02:30:00.25", "2024-03-31T02:30:00Z"])
    }

    @Test func `declared JSON is checked, and each engine can reach into it`() async throws {
        let desk = try Desk()
        try desk.folder.write(#"""
            {"id": 1, "body": {"tags": ["a", "é"], "n": 12345678901234567890.5}}
            {"id": 2, "body": [true, null, -1e3]}
            {"id": 3, "body": "no JSON"}
            {"id": 4, "body": {"nul": "\u0000"}}
            {"id": 5, "body": {"half": "\ud83d"}}
            {"id": 6, "body": {"whole": "\ud83d\ude00", "text": "1e99999"}}
            {"id": 7, "body": null}

            """#, to: "t.ndjson")
        let file = desk.folder.path + "/t.ndjson"
        let answer = LoadCommandTests.load(desk, file, "--type", "body=json", "--quarantine-max", "9")
        #expect(answer.status == 0, "\(answer.complained)")
        let session = try desk.session()
        #expect(try session.columns(of: RelationName(schema: session.defaultSchema, identifier: "t")).first { $0.name == "body" }.flatMap { session.columnType($0.type) } == .json)
        #expect(try desk.rows("select line, reason from _sluice_quarantine order by line") == [3, 4, 5].map { [.integer($0), .text("column 'body' holds no json")] })
        let reach = desk.engine == .sqlite ? "json_extract(body, '$.tags[1]')" : "body #>> '{tags,1}'"
        #expect(try desk.texts("select \(reach) from t where id = 1") == ["é"])
        #expect(try desk.rows("select id from t where body is not null order by id") == [[.integer(1)], [.integer(2)], [.integer(6)]])
    }

    @Test func `a frozen schema refuses a change and keeps what was there`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv", "contract": "freeze"]]
        try desk.deliver("a\n1\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, streams)
        try desk.deliver("a,b\nx,1\n", as: "t_2.csv")
        let error = await #expect(throws: PlainProblem.self) { try await desk.run("p@2", token: 100, streams) }
        #expect(error?.summary == "the schema is frozen and column 'a' was integer and would become text; column 'b' is new")
        #expect(try desk.rows("select a from raw__t") == [[.integer(1)]])
    }

    @Test func `rows that cannot be loaded are set aside with their place, and counted`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t.csv", "types": ["n": "integer"]]]
        var bytes = Array("id,n\n1,10\n2\n3,\"a\nb\"\n4,x,y\n5,50\n".utf8)
        bytes += [0x36, 0x2c, 0xff, 0x0a]
        try desk.folder.write(bytes, to: "inbox/t.csv")
        let run = try await desk.run("p@1", token: 10, streams, deliveries: 2)
        #expect(run.message("ingest.load.t.0") == "2 rows, 4 quarantined")
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.quarantined]!)
        #expect(try desk.rows("select \"row\", reason, file, line from _sluice_quarantine order by \"row\"") == [
            [.integer(2), .text("1 field where the header has 2"), .text("t.csv"), .integer(3)],
            [.integer(3), .text("column 'n' holds no integer"), .text("t.csv"), .integer(4)],
            [.integer(4), .text("3 fields where the header has 2"), .text("t.csv"), .integer(6)],
            [.integer(6), .text("not UTF-8"), .text("t.csv"), .integer(8)],
        ])
        #expect(try desk.rows("select raw from _sluice_quarantine where \"row\" = 3") == [[.text("3,\"a\nb\"")]])
    }

    @Test func `null tokens count only unquoted`() async throws {
        let desk = try Desk()
        try desk.deliver("a,b\nNA,1\n\"NA\",\n\"\",NA\n", as: "t.csv")
        try await desk.run("p@1", token: 10, ["t": ["path": "t.csv"]], nullTokens: ["NA", ""])
        #expect(try desk.rows("select a, b from raw__t order by _sluice_row") == [[.null, .integer(1)], [.text("NA"), .null], [.text(""), .null]])
    }

    @Test func `names of columns are canonical and all different`() {
        #expect(
            ColumnNames.canonical(["arrDelay", "Arr Delay", "", "2nd", "_sluice_row", "Größe", "id", "HTTPCode"])
                == ["arr_delay", "arr_delay_2", "column_3", "c_2nd", "sluice_row", "gr_e", "id", "httpcode"])
    }

    @Test func `a file without a row, and one without a byte, are loaded too`() async throws {
        let desk = try Desk()
        try desk.deliver("a,b\n", as: "t_1.csv")
        try desk.deliver("", as: "t_2.csv")
        let run = try await desk.run("p@1", token: 10, ["t": ["path": "t_*.csv"]])
        #expect(run.message("ingest.extract.t") == "0 rows in 2 files")
        #expect(run.waiting.isEmpty)
        #expect(try desk.number("select count(*) from raw__t") == 0)
    }
}
