import Kernel
@testable import LoadEngine
import Support
import Testing

/// `sluice trace <table> <key>`.
@Suite(.everyEngine, .namesEngine) struct TraceTests {
    static func trace(_ desk: Desk, _ words: String...) -> LoadCommandTests.Answer {
        LoadCommandTests.command(desk, ["trace"] + words + ["--warehouse", "${WAREHOUSE}"])
    }

    @Test func `a row is traced to run, batch, file, line and the bytes that it came from`() async throws {
        let desk = try Desk()
        let text = "id,note\n1,\"two\nlines\"\n,x\n2,Größe\n3,c\n"
        try desk.deliver(text, as: "t_1.csv")
        try await desk.run("p@1", token: 10, ["t": ["path": "t_*.csv", "disposition": "merge", "key": ["id"]]])
        let answer = Self.trace(desk, "raw.t", "2")
        let landed = desk.folder.files(in: "raw").first { $0.hasSuffix(".csv") }!
        let lines = answer.said.split(separator: "\n").map(String.init)
        #expect(answer.status == 0 && answer.complained == "")
        #expect(lines[0] == "raw.t  row 3 of batch 1" && lines[1] == "  run     p@1")
        #expect(lines[2] == "  stream  p t, t_1.csv" && lines[3] == "  loaded  2013-02-01T06:00:00Z by ingest.load.t.0")
        #expect(lines[4] == "  source  t_1.csv" && lines[5] == "  landed  raw/\(landed)")
        #expect(lines[7] == "  line    5, bytes 25 to 33" && lines[8] == "  record  2,Größe" && lines.count == 9)
        #expect(try Array(desk.folder.read("raw/" + landed)[25...33]) == Array("2,Größe".utf8))
        #expect(Self.trace(desk, "raw.t", "note=two\nlines").said.contains("\n  line    2, bytes 8 to 20\n"))
        #expect(Self.trace(desk, "raw.t", "id=3", "note=x").complained.hasPrefix("error[load.no_such_row]"))
    }

    @Test func `a line of JSON is traced too`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("{\"id\": 1}\n{\"id\": 2, \"at\": \"2024-01-01\"}\n", to: "a.ndjson")
        #expect(LoadCommandTests.load(desk, file).status == 0)
        let said = Self.trace(desk, "t", "at=2024-01-01").said
        #expect(said.contains("\n  line    2, bytes 10 to 38\n  record  {\"id\": 2, \"at\": \"2024-01-01\"}\n"), "\(said)")
        #expect(said.contains("\n  source  \(file)\n"))
    }

    @Test func `a view has the names behind a row's batch, for models that want them`() async throws {
        let desk = try Desk()
        let streams: JSON = ["t": ["path": "t_*.csv"]]
        try desk.deliver("id\n1\n", as: "t_1.csv")
        try desk.deliver("id\n2\n", as: "t_2.csv")
        try await desk.run("p@1", token: 10, streams)
        let join = "from raw__t join _sluice_batches using (_sluice_batch) order by id"
        #expect(try desk.rows("select id, _sluice_loaded_at, _sluice_batch_id, _sluice_run, _sluice_relation, _sluice_file \(join)") == [
            [.integer(1), .text("2013-02-01T06:00:00Z"), .text("p@1/t/0"), .text("p@1"), .text("raw.t"), .text("t_1.csv")],
            [.integer(2), .text("2013-02-01T06:00:00Z"), .text("p@1/t/1"), .text("p@1"), .text("raw.t"), .text("t_2.csv")],
        ])
        // A warehouse of an older version gets it with its next load.
        try desk.execute("drop view _sluice_batches")
        try desk.deliver("id\n3\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, streams)
        #expect(try desk.rows("select id, _sluice_run \(join)") == [[.integer(1), .text("p@1")], [.integer(3), .text("p@2")]])
    }

    @Test func `a table, a column or a row that is not there is one problem`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id\n1\n", to: "a.csv")
        #expect(LoadCommandTests.load(desk, file).status == 0)
        try desk.execute("create table plain (id integer)")
        for (words, status, code) in [
            (["none", "1"], 2, "settings.no_such_table"), (["plain", "1"], 2, "settings.no_such_table"), (["t", "size=1"], 2, "settings.no_such_column"),
            (["t", "2"], 1, "load.no_such_row"), (["t"], 2, "settings.command_line"),
        ] as [([String], Int32, String)] {
            let answer = LoadCommandTests.command(desk, ["trace"] + words + ["--warehouse", desk.warehouse])
            #expect(answer.status == status && answer.said == "" && answer.complained.hasPrefix("error[\(code)]"), "\(answer.complained)")
        }
    }
}
