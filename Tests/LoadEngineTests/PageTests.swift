import ConnectorKit
import Contracts
import Conversations
import ExtractConnectors
import FoundationEssentials
import HTTP
import Kernel
import Landing
import LoadEngine
import Support
import Testing
import WarehouseKit

/// A source that sends the files of the inbox as they are: JSON or lines of it.
struct LineSource: Connector {
    static let spec = ConnectorSpec(
        name: "lines", summary: "JSON files", options: [ConnectorOption("folder", .text, "where", isRequired: true)],
        streamOptions: [ConnectorOption("path", .text, "which"), ConnectorOption("records", .text, "where the records are")], example: "")
    struct Settings: Decodable { var folder: String }
    let settings: Settings
    init(settings: Settings, context: ConnectorContext) throws { self.settings = settings }
    func check() async throws {}
    func discover() async throws -> Catalog { Catalog(streams: []) }
    func read(_ request: ReadRequest, into sink: some RecordSink) async throws {
        for file in try SourceFile.files(in: settings.folder, matching: request.config["path"]?.stringValue ?? "*") {
            let shape = RecordShape(records: request.config["records"]?.stringValue ?? "", isOpen: true)
            try await sink.send(RecordBatch(.file(file.path), format: RawFormat(file.name.hasSuffix("l") ? .ndjson : .json, shape: shape), window: file.name, source: file.name))
        }
    }
}

@Suite(.everyEngine, .namesEngine) struct PageTests {
    static func lines(_ config: JSON) -> JSON { [["connector": "lines", "settings": ["folder": "${INBOX}"], "streams": ["t": config]]] }

    // MARK: JSON as such

    @Test func `members become columns, nested values stay JSON, texts stay texts`() async throws {
        let desk = try Desk()
        try desk.deliver(
            #"{"data":[{"id":"007","n":1,"big":12345678901234567890,"at":"2026-01-02","s":"1.5","flag":true,"o":{"a":[1, 2]}},"# + "\n"
                + #"{"id":"12","n":2.5,"at":"2026-01-03T04:05:06Z","s":"\u00fc\n\ud83c\udfa4 \"x\"","o":[],"extra":null,"flag":false},{"n":null,"é":""}]}"#,
            as: "page.json")
        let run = try await desk.run("p@1", token: 10, connections: Self.lines(["path": "*.json", "records": "data[]"]), deliveries: 2)
        #expect(run.message("ingest.load.t.0") == "3 rows" && run.message("ingest.extract.t") == "3 rows in 1 page")
        // `jsonb` has its own blanks.
        let nested = desk.engine == .sqlite ? #"{"a":[1, 2]}"# : #"{"a": [1, 2]}"#
        let big: SQLValue = desk.engine == .sqlite ? .text("12345678901234567890") : .double(12_345_678_901_234_567_890)
        let session = try desk.session()
        #expect(try session.columns(of: RelationName(schema: "raw", identifier: "t")).first { $0.name == "o" }.flatMap { session.columnType($0.type) } == .json)
        #expect(try desk.rows("select id, n, big, at, s, flag, o, extra from raw__t order by _sluice_row") == [
            [.text("007"), .double(1), big, .text("2026-01-02T00:00:00Z"), .text("1.5"), .integer(1), .text(nested), .null],
            [.text("12"), .double(2.5), .null, .text("2026-01-03T04:05:06Z"), .text("ü\n🎤 \"x\""), .integer(0), .text("[]"), .null],
            [.null, .null, .null, .null, .null, .null, .null, .null],
        ])
    }

    @Test func `a line that is no JSON and a record that is no object go to quarantine, and the books balance`() async throws {
        let desk = try Desk()
        try desk.deliver("{\"a\":1}\n\n  {\"a\":2,\"b\":\"x\"}\r\n{\"a\":3,\n[1]\n{\"a\":4} trailing\n{\"a\":5}", as: "x.jsonl")
        let run = try await desk.run("p@1", token: 10, connections: Self.lines(["path": "*.jsonl"]), deliveries: 2)
        #expect(run.message("ingest.load.t.0") == "3 rows, 3 quarantined")
        #expect(try desk.rows("select a, b from raw__t order by 1") == [[.integer(1), .null], [.integer(2), .text("x")], [.integer(5), .null]])
        let quarantined = try desk.rows("select \"row\", line, raw, reason from _sluice_quarantine order by 1")
        #expect(quarantined.map { $0[0] } == [.integer(3), .integer(4), .integer(5)] && quarantined.map { $0[1] } == [.integer(4), .integer(5), .integer(6)])
        #expect(quarantined.map { $0[2] } == [.text("{\"a\":3,"), .text("[1]"), .text("{\"a\":4} trailing")])
        #expect(quarantined[1][3] == .text("the record is no object"))
    }

    @Test func `a number that turns out to be text widens its column, and so does an object`() async throws {
        let desk = try Desk()
        try desk.deliver(#"[{"v":1},{"v":"1"},{"v":{"like":2}}]"#, as: "a.json")
        try await desk.run("p@1", token: 10, connections: Self.lines(["path": "a.json", "records": "[]"]))
        #expect(try desk.rows("select v from raw__t order by _sluice_row") == [[.text("1")], [.text("1")], [.text(#"{"like":2}"#)]])
        // A pin says what the pipeline wants, and then the text is read as such.
        try desk.deliver(#"[{"v":"1"},{"v":"x"}]"#, as: "b.json")
        let pinned: JSON = [["connector": "lines", "settings": ["folder": "${INBOX}"], "streams": ["u": ["path": "b.json", "records": "[]", "types": ["v": "integer"]]]]]
        #expect(try await desk.run("p@2", token: 100, connections: pinned).message("ingest.load.u.0") == "1 row, 1 quarantined")
    }

    @Test func `a page that is no JSON lands nowhere`() async throws {
        for text in ["<html>", "{\"data\":[{\"a\":1}", "{\"data\":[{\"a\":\"\u{1}\"}]}", ""] {
            let desk = try Desk()
            try desk.deliver(text, as: "page.json")
            let problem = await #expect(throws: LandingProblem.self) { try await desk.run("p@1", token: 10, connections: Self.lines(["records": "data[]"])) }
            #expect(problem?.code == "landing.bad_record" && desk.folder.files(in: "raw").isEmpty)
        }
    }

    @Test func `a page without records is a batch of none`() async throws {
        let desk = try Desk()
        try desk.deliver("{}", as: "page.json")
        let config: JSON = ["records": "data[]", "disposition": "merge", "key": ["id"]]
        let run = try await desk.run("p@1", token: 10, connections: Self.lines(config), deliveries: 2)
        #expect(run.message("ingest.load.t.0") == "0 rows" && run.done["ingest.seal.t"] != nil)
    }

    // MARK: Facebook, from the question to the table

    /// Each day's value grows with each asking, as a source restates.
    static func graph(_ newest: String, restated: Int, posts: Int = 0) -> Conversation {
        Conversation { request, _ in
            if request.header("Authorization") != "Bearer planted-page-token" { return .json(["error": ["code": 190, "message": "Bad token planted-page-token"]], status: 400) }
            let last = Day(newest)!
            if request.url.hasSuffix("/posts") {
                let data = (0..<posts).map { number -> JSON in ["id": .string("1_\(number)"), "insights": ["data": [["name": "post_clicks", "values": [["value": JSON(number + restated)]]]]]] }
                return .json(["data": .array(data)])
            }
            let names = request["metric"]!.split(separator: ",").map(String.init)
            let first = Day(request["since"]!)!, until = min(Day(request["until"]!)! - 1, last)
            let values = first <= until ? (first.number...until.number).map { day -> JSON in
                ["value": names == ["objects"] ? ["like": JSON(day)] : JSON(day * 10 + restated), "end_time": .string("\(Day(number: day) + 1)T08:00:00+0000")]
            } : []
            return .json([
                "data": .array(names.map { ["name": .string($0), "period": "day", "values": .array(values)] }),
                "paging": ["next": "https://graph.example/x?access_token=planted-page-token"],
            ])
        }
    }

    static func pages(_ streams: JSON, asOf: String) -> JSON {
        [["connector": "facebook_pages", "settings": ["page_ids": "1", "token": "${TOKEN}", "start_date": "2026-11-01", "as_of": .string(asOf)], "streams": streams]]
    }

    func desk(_ folder: TemporaryFolderBox, _ http: Conversation, now: String) throws -> Desk {
        let time = Timestamp(rfc3339: now)!
        let desk = try Desk(folder.folder, http: http, now: { time })
        try desk.folder.write("planted-page-token\n", to: "secrets/token")
        return desk
    }

    @Test func `insights load once, and what is restated takes its place`() async throws {
        let box = try TemporaryFolderBox()
        let streams: JSON = ["page_insights_daily": ["metrics": ["reach", "views"]]]
        let first = try desk(box, Self.graph("2026-11-04", restated: 0), now: "2026-11-05T14:00:00Z")
        let one = try await first.run("p@1", token: 10, connections: Self.pages(streams, asOf: "2026-11-05"), deliveries: 2)
        #expect(one.message("ingest.extract.page_insights_daily") == "8 rows in 1 page" && one.message("ingest.load.page_insights_daily.0") == "8 rows")
        let second = try desk(box, Self.graph("2026-11-05", restated: 7), now: "2026-11-06T14:00:00Z")
        let two = try await second.run("p@2", token: 100, connections: Self.pages(streams, asOf: "2026-11-06"), deliveries: 2)
        // Three days again, one new: two metrics each.
        #expect(two.message("ingest.load.page_insights_daily.0") == "8 rows, 6 updated")
        #expect(try second.number("select count(*) from raw__page_insights_daily") == 10)
        #expect(try second.number("select count(*) from (select distinct page_id, metric, period, end_time from raw__page_insights_daily) d") == 10)
        #expect(try second.rows("select end_time, value % 10 from raw__page_insights_daily where metric_word = 'reach' order by 1") == [
            [.text("2026-11-02T08:00:00+0000"), .integer(0)], [.text("2026-11-03T08:00:00+0000"), .integer(7)], [.text("2026-11-04T08:00:00+0000"), .integer(7)],
            [.text("2026-11-05T08:00:00+0000"), .integer(7)], [.text("2026-11-06T08:00:00+0000"), .integer(7)],
        ])
        // A late, older run changes nothing.
        let late = try desk(box, Self.graph("2026-11-05", restated: 1), now: "2026-11-05T15:00:00Z")
        try await late.run("p@late", token: 50, connections: Self.pages(streams, asOf: "2026-11-06"))
        #expect(try late.number("select count(*) from raw__page_insights_daily where value % 10 = 1") == 0)
        // The token is in no file but its own.
        let leaks = box.folder.files().filter { $0 != "secrets/token" && Self.holds(box.folder, $0, "planted-page-token") }
        #expect(leaks.isEmpty && box.folder.files(in: "raw").contains { Self.holds(box.folder, "raw/\($0)", "REDACTED") })
    }

    static func holds(_ folder: TemporaryFolder, _ file: String, _ text: String) -> Bool {
        (try? folder.read(file)).map { String(decoding: $0, as: UTF8.self).contains(text) } ?? false
    }

    @Test func `a row of a page is traced to the question that was asked and to its bytes in the answer`() async throws {
        let box = try TemporaryFolderBox()
        let desk = try desk(box, Self.graph("2026-11-04", restated: 0), now: "2026-11-05T14:00:00Z")
        try await desk.run("p@1", token: 10, connections: Self.pages(["page_insights_daily": ["metrics": ["reach"]]], asOf: "2026-11-05"))
        let answer = LoadCommandTests.command(desk, ["trace", "raw.page_insights_daily", "end_time=2026-11-03T08:00:00+0000", "--warehouse", desk.warehouse])
        let lines = answer.said.split(separator: "\n").map(String.init)
        let landed = box.folder.files(in: "raw").first { $0.hasSuffix(".json") && !$0.hasSuffix(".manifest.json") }!
        #expect(answer.status == 0 && lines.count == 9, "\(answer.complained)")
        #expect(lines[1] == "  run     p@1" && lines[4] == "  source  1/insights 2026-11-01..2026-11-04" && lines[5] == "  landed  raw/\(landed)")
        let record = try #require(lines.last?.split(separator: "record  ").last.map(String.init))
        #expect(record.hasPrefix("{\"") && record.contains("2026-11-03T08:00:00+0000"))
        let range = try #require(lines[7].split(separator: "bytes ").last?.split(separator: " ").compactMap { Int($0) })
        #expect(try String(decoding: Array(desk.folder.read("raw/" + landed))[range[0]...range[1]], as: UTF8.self) == record)
    }

    @Test func `appended days are replaced by their later selves`() async throws {
        let box = try TemporaryFolderBox()
        let streams: JSON = ["page_insights_daily": ["metrics": ["reach"], "disposition": "append"]]
        try await desk(box, Self.graph("2026-11-04", restated: 0), now: "2026-11-05T14:00:00Z").run("p@1", token: 10, connections: Self.pages(streams, asOf: "2026-11-05"))
        let second = try desk(box, Self.graph("2026-11-05", restated: 7), now: "2026-11-06T14:00:00Z")
        try await second.run("p@2", token: 100, connections: Self.pages(streams, asOf: "2026-11-06"), deliveries: 2)
        #expect(try second.rows("select value % 10, count(*) from raw__page_insights_daily group by 1 order by 1") == [[.integer(0), .integer(1)], [.integer(7), .integer(4)]])
    }

    @Test func `posts keep every fetch, and a fetch that comes again adds nothing`() async throws {
        let box = try TemporaryFolderBox()
        let streams: JSON = ["post_performance": ["metrics": ["clicks"]]]
        for (number, restated) in [(1, 0), (2, 5)] {
            let desk = try desk(box, Self.graph("2026-11-04", restated: restated, posts: 3), now: "2026-11-0\(number)T14:00:00Z")
            try await desk.run(RunID("p@\(number)"), token: UInt64(100 * number), connections: Self.pages(streams, asOf: "2026-11-05"), at: "2026-11-0\(number)T06:00:00Z", deliveries: 3)
            #expect(try desk.number("select count(*) from raw__post_performance") == Int64(3 * number))
            #expect(try desk.number("select count(distinct snapshot_at) from raw__post_performance") == Int64(number))
        }
        let desk = try desk(box, Self.graph("", restated: 0), now: "2026-11-03T14:00:00Z")
        #expect(try desk.rows("select clicks from raw__post_performance where post_id = '1_2' order by snapshot_at") == [[.integer(2)], [.integer(7)]])
    }

    @Test func `object-valued metrics load as JSON beside numbers`() async throws {
        let box = try TemporaryFolderBox()
        let first = try desk(box, Self.graph("2026-11-02", restated: 0), now: "2026-11-03T14:00:00Z")
        try await first.run("p@1", token: 10, connections: Self.pages(["page_insights_daily": ["metrics": ["reach"]]], asOf: "2026-11-03"))
        let second = try desk(box, Self.graph("2026-11-02", restated: 0), now: "2026-11-03T15:00:00Z")
        try await second.run("p@2", token: 100, connections: Self.pages(["page_insights_daily": ["metrics": ["objects"]]], asOf: "2026-11-03"))
        #expect(try second.number("select count(*) from raw__page_insights_daily where metric = 'objects' and value like '{\"like\":%'") == 2)
        #expect(try second.number("select count(*) from raw__page_insights_daily where value not like '{%' and length(value) > 3") == 2)
    }

    @Test func `a dead token leaves the cursor, the table and the folder as they were`() async throws {
        let box = try TemporaryFolderBox()
        let streams: JSON = ["page_insights_daily": ["metrics": ["reach"]]]
        let good = try desk(box, Self.graph("2026-11-04", restated: 0), now: "2026-11-05T14:00:00Z")
        try await good.run("p@1", token: 10, connections: Self.pages(streams, asOf: "2026-11-05"))
        let before = (try good.rows("select * from _sluice_cursors"), box.folder.files(in: "raw"))
        try box.folder.write("another-token", to: "secrets/token")
        let time = Timestamp(rfc3339: "2026-11-06T14:00:00Z")!
        let bad = try Desk(box.folder, http: Self.graph("2026-11-05", restated: 1), now: { time })
        let error = await #expect(throws: (any Error).self) { try await bad.run("p@2", token: 100, connections: Self.pages(streams, asOf: "2026-11-06")) }
        #expect("\(error!)".contains("extract.credentials_rejected"))
        #expect(try bad.rows("select * from _sluice_cursors") == before.0 && box.folder.files(in: "raw") == before.1)
    }

    @Test func `landed pages load again into the same rows, without a source`() async throws {
        let box = try TemporaryFolderBox()
        let desk = try desk(box, Self.graph("2026-11-04", restated: 0, posts: 4), now: "2026-11-05T14:00:00Z")
        let run = try await desk.run("p@1", token: 10, connections: Self.pages(["page_insights_daily": [:], "post_performance": [:]], asOf: "2026-11-05"))
        let other = try Desk()
        for id in run.assignments.keys.sorted(by: { $0.description < $1.description }) {
            guard var again = run.assignments[id], again.spec.kind == "load_batch" else { continue }
            again.spec.args["warehouse"] = .string(other.warehouse)
            _ = try desk.loader.load(again)
        }
        for table in ["page_insights_daily", "post_performance"] {
            let columns = try desk.session().columns(of: RelationName(schema: "raw", identifier: table)).map(\.name).filter { !$0.hasPrefix("_sluice") }
            let sql = "select \(columns.map { "\"\($0)\"" }.joined(separator: ", ")) from raw__\(table) order by 1, 2, 3, 4, 5"
            let one = try desk.rows(sql), two = try other.rows(sql)
            #expect(one == two && !one.isEmpty)
        }
    }
}

/// Several desks on one folder, as restarted programs are.
struct TemporaryFolderBox {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder("pages") }
}
