import Contracts
import Kernel
import Landing
@testable import LoadEngine
import Support
import Synchronization
import Testing
import WarehouseKit

/// `sluice load`, its words given as a shell gives them.
@Suite(.everyEngine, .namesEngine) struct LoadCommandTests {
    /// What a command said, and its exit status.
    struct Answer {
        var status: Int32
        var said: String
        var complained: String
    }

    /// The table `t` of the warehouse's own schema.
    static func load(_ desk: Desk, _ words: String..., into table: String = "t", warehouse: String? = nil) -> Answer {
        command(desk, ["load"] + words + ["--into", table, "--warehouse", warehouse ?? desk.warehouse])
    }

    static func command(_ desk: Desk, _ words: [String]) -> Answer {
        var answer = Answer(status: -1, said: "", complained: "")
        let commands = LoadCommands(
            warehouses: Desk.warehouses, home: desk.folder.path, environment: ["WAREHOUSE": desk.warehouse], now: Desk.clock,
            say: { answer.said += $0 + "\n" }, complain: { answer.complained += $0 + "\n" })
        answer.status = commands.run(words)
        return answer
    }

    @Test func `a file is loaded with types, ledger and books, and the same bytes once`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("Id,When,Note\n1,2024-01-01,\"a, b\"\n2,,\"x\ny\"\n", to: "some.csv")
        let answer = Self.load(desk, file)
        #expect(answer.status == 0 && answer.complained == "")
        #expect(answer.said == "2 rows into t from \(file), batch 1, 0.0 s\n")
        #expect(try desk.rows("select id, \"when\", note, _sluice_batch, _sluice_row from t order by id") == [
            [.integer(1), .text("2024-01-01"), .text("a, b"), .integer(1), .integer(1)], [.integer(2), .null, .text("x\ny"), .integer(1), .integer(2)],
        ])
        #expect(try desk.rows("select stream, \"rows\", file from _sluice_loads") == [[.text("t"), .integer(2), .text(file)]])
        #expect(try desk.rows("select point, \"rows\" from _sluice_books") == [[.text("inserted"), .integer(2)]])
        #expect(try desk.number("select count(*) from _sluice_seals") == 1)
        #expect(desk.folder.files(in: "raw").filter { $0.hasSuffix(".csv") }.count == 1)

        // Under another name, too: it takes its own place.
        let copy = try desk.folder.write(desk.folder.read("some.csv"), to: "copy.csv")
        #expect(Self.load(desk, copy).said.hasPrefix("2 rows in the place of 2 into t from"))
        #expect(try desk.number("select count(*) from t") == 2)
        let more = try desk.folder.write("id\n3\n", to: "more.csv")
        #expect(Self.load(desk, more).status == 0)
        #expect(try desk.number("select count(*) from t") == 3)
    }

    @Test func `a window of a file takes the place of what was loaded for it`() throws {
        let desk = try Desk()
        for (text, count) in [("id\n1\n2\n", 2), ("id\n3\n", 1)] {
            let file = try desk.folder.write(text, to: "day.csv")
            #expect(Self.load(desk, file, "--window", "2024-01-31").status == 0)
            #expect(try desk.number("select count(*) from t") == Int64(count))
        }
    }

    @Test func `replace makes the table the file, and merge keeps one row for each key`() throws {
        let desk = try Desk()
        let one = try desk.folder.write("id,at,v\n1,5,a\n2,5,b\n", to: "one.csv"), two = try desk.folder.write("id,at,v\n2,4,c\n3,4,d\n", to: "two.csv")
        #expect(Self.load(desk, one, "--disposition", "replace").status == 0)
        #expect(Self.load(desk, two, "--disposition=replace").status == 0)
        #expect(try desk.rows("select id, v from t order by id") == [[.integer(2), .text("c")], [.integer(3), .text("d")]])

        #expect(Self.load(desk, one, "--disposition", "merge", "--key", "id", into: "raw.m").status == 0)
        let merged = Self.load(desk, two, "--disposition", "merge", "--key", "id", "--order-by", "at", into: "raw.m")
        #expect(merged.said == "1 row, 1 older than target into raw.m from \(two), batch 4, 0.0 s\n")
        #expect(try desk.rows("select id, v from raw__m order by id") == [[.integer(1), .text("a")], [.integer(2), .text("b")], [.integer(3), .text("d")]])
        #expect(Self.load(desk, two, "--disposition", "merge", "--key", "id", into: "raw.m").status == 0)
        #expect(try desk.rows("select v from raw__m where id = 2") == [[.text("c")]])
        #expect(try desk.scratchTables().isEmpty)
    }

    @Test func `lines of JSON, other delimiters, null words and pinned types are read`() throws {
        let desk = try Desk()
        let lines = try desk.folder.write("{\"id\": 1, \"tags\": [1]}\n{\"id\": 2, \"name\": \"x\"}\n", to: "a.jsonl")
        #expect(Self.load(desk, lines, into: "j").status == 0)
        #expect(try desk.rows("select id, tags, name from j order by id") == [[.integer(1), .text("[1]"), .null], [.integer(2), .null, .text("x")]])
        let table = try desk.folder.write("id\tzip\n1\t123\n2\tNA\n", to: "a.tsv")
        #expect(Self.load(desk, table, "--null", "NA", "--type", "zip=text", into: "z").status == 0)
        #expect(try desk.rows("select id, zip from z order by id") == [[.integer(1), .text("123")], [.integer(2), .null]])
    }

    @Test func `rows that cannot be loaded fail the load, unless so many may be set aside`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id,v\n1,a\n2\n3,b,c\n4,d\n", to: "ragged.csv")
        let refused = Self.load(desk, file)
        #expect(refused.status == 1 && refused.said == "")
        #expect(refused.complained.hasPrefix("error[load.quarantine_full]: 2 of 4 rows cannot be loaded; the first: 1 field where the header has 2\n  at   \(file):3\n"))
        let session = try desk.session()
        #expect(try session.relation(RelationName(schema: session.defaultSchema, identifier: "t")) == nil)
        #expect(try desk.number("select count(*) from _sluice_quarantine") == 0)
        // A load that did not happen leaves no copy of the file.
        #expect(desk.folder.files(in: "raw").isEmpty)
        #expect(Self.load(desk, file, "--quarantine-max", "25%").complained.contains("2 of 4 rows cannot be loaded, and 25% may be set aside"))
        #expect(Self.load(desk, file, "--quarantine-max", "1").complained.contains("2 of 4 rows cannot be loaded, and 1 may be set aside"))
        #expect(Self.load(desk, file, "--quarantine-max", "2").said == "2 rows, 2 quarantined into t from \(file), batch 1, 0.0 s\n")
        #expect(try desk.rows("select line, raw from _sluice_quarantine order by line") == [[.integer(3), .text("2")], [.integer(4), .text("3,b,c")]])
    }

    @Test func `what a spreadsheet and a stranger's system write is loaded, or refused in words that say what to do`() throws {
        let desk = try Desk()
        func file(_ name: String, _ bytes: [UInt8]) throws -> String { try desk.folder.write(bytes, to: name) }
        func refused(_ name: String, _ bytes: [UInt8], _ words: String..., more: [String] = [], line: Int = #line) throws {
            let answer = Self.command(desk, ["load", try file(name, bytes), "--into", "t", "--warehouse", desk.warehouse] + more)
            let at = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
            #expect(answer.status != 0 && words.allSatisfy(answer.complained.contains), "\(answer.complained)", sourceLocation: at)
            #expect(desk.folder.files(in: "raw").isEmpty, sourceLocation: at)
        }
        let excel = [0xef, 0xbb, 0xbf] + Array("Id;Name;Betrag\r\n1;\"Müller; GmbH\";1.234,56\r\n2;Zoë;7,5\r\n".utf8)
        try refused("excel.csv", excel, "landing.bad_record", "excel.csv:1", "holds ';'", "--delimiter ';'")
        try refused("tabs.csv", Array("a\tb\n1\t2\n".utf8), "holds tabs", "--delimiter tab")
        try refused("pipes.csv", Array("a|b\n1|2\n".utf8), "--delimiter '|'")
        try refused("commas.tsv", Array("a,b\n1,2\n".utf8), "--delimiter ','")
        try refused("sep.csv", Array("sep=;\r\nid;name\r\n1;a\r\n".utf8), "a spreadsheet's note", "tail -n +2", "--delimiter ';'")
        try refused("sep.csv", Array("sep=;\r\nid;name\r\n1;a\r\n".utf8), "a spreadsheet's note", more: ["--delimiter", ";"])
        try refused("windows.csv", Array("id,name\r\n1,Gr".utf8) + [0xfc, 0xdf] + Array("e\r\n".utf8), "not UTF-8", "iconv -f WINDOWS-1252")
        try refused("plain.csv.gz", Array("id\n1\n".utf8), "torn or is none", "without .gz")
        try refused("list.json", Array("[{\"id\": 1}]".utf8), "jq -c '.[]'")
        try refused("book.xlsx", [0x50, 0x4b, 3, 4], "save the sheet as CSV")
        try refused("table.parquet", Array("PAR1".utf8), "convert it")
        try refused("ragged.csv", Array("a,b\n1\n".utf8), "1 field where the header has 2", "ragged.csv:2")

        let semicolons = Self.load(desk, try file("excel.csv", excel), "--delimiter", ";", into: "excel")
        #expect(semicolons.status == 0 && semicolons.complained == "", "\(semicolons.complained)")
        #expect(try desk.rows("select id, name, betrag from excel order by id") == [
            [.integer(1), .text("Müller; GmbH"), .text("1.234,56")], [.integer(2), .text("Zoë"), .text("7,5")],
        ])
        #expect(try Self.load(desk, file("tabs.csv", Array("a\tb\n1\t2\n".utf8)), "--delimiter", "tab", into: "tabs").status == 0)
        #expect(try desk.rows("select a, b from tabs") == [[.integer(1), .integer(2)]])
        // One column whose name holds another delimiter is one, if it is said.
        #expect(try Self.load(desk, file("one.csv", Array("a;b\n1\n".utf8)), "--delimiter", ",", into: "one").status == 0)
        #expect(try desk.rows("select a_b from one") == [[.integer(1)]])
        // Titles that are empty or stand twice, and the line ends of an old Macintosh.
        #expect(try Self.load(desk, file("odd.csv", Array("id,id,,\r1,2,3,4\r".utf8)), into: "odd").status == 0)
        #expect(try desk.rows("select id, id_2, column_3, column_4 from odd") == [[.integer(1), .integer(2), .integer(3), .integer(4)]])
    }

    @Test func `what changed in the table, and a type for a column that is not there, are noted beside the summary`() throws {
        let desk = try Desk()
        #expect(try Self.load(desk, desk.folder.write("id,n\n1,5\n", to: "a.csv")).complained == "")
        let answer = Self.load(desk, try desk.folder.write("id,n,extra\n2,x,y\n", to: "b.csv"), "--type", "nn=integer")
        #expect(answer.status == 0 && answer.said.split(separator: "\n").count == 1)
        #expect(answer.complained == "note: there is no column 'nn' for --type; the columns are: id, n, extra\nnote: column 'n' was integer and is text\nnote: column 'extra' is new, text\n")
    }

    @Test(arguments: ["t.csv", "t.jsonl"])
    func `a table that is replaced by a file without a byte is empty and keeps its columns`(name: String) throws {
        let desk = try Desk()
        let first = name == "t.csv" ? "id,n\n1,5\n" : "{\"id\": 1, \"n\": 5}\n"
        #expect(try Self.load(desk, desk.folder.write(first, to: name), "--disposition", "replace").status == 0)
        try desk.execute("create view seen as select n from t")
        #expect(try Self.load(desk, desk.folder.write("", to: name), "--disposition", "replace").said.hasPrefix("0 rows into t"))
        #expect(try desk.rows("select id, n, _sluice_batch from t").isEmpty)
        #expect(try desk.rows("select n from seen").isEmpty)
        #expect(try desk.scratchTables().isEmpty)
        #expect(try Self.load(desk, desk.folder.write(first, to: name), "--disposition", "replace").status == 0)
        #expect(try desk.rows("select n from seen") == [[.integer(5)]])
    }

    @Test func `a stream of a pipeline fails beyond its quarantine_max and keeps nothing`() async throws {
        let desk = try Desk()
        try desk.deliver("id,v\n1,a\n2\n", as: "t.csv")
        let problem = await #expect(throws: PlainProblem.self) {
            try await desk.run("p@1", token: 10, ["t": ["path": "t.csv", "quarantine_max": 0]])
        }
        #expect(problem?.code == "load.quarantine_full" && problem?.location == .file("t.csv", line: 3))
        #expect(try desk.number("select count(*) from _sluice_loads") == 0)
        try await desk.run("p@2", token: 100, ["t": ["path": "t.csv", "quarantine_max": 1]])
        #expect(try desk.number("select count(*) from raw__t") == 1)
    }

    @Test func `wrong words are one clear problem and leave nothing behind`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id\n1\n", to: "t.csv"), odd = try desk.folder.write("id\n1\n", to: "t.dat")
        func expect(_ answer: Answer, _ status: Int32, _ code: String, _ words: String, line: Int = #line) {
            let at = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
            #expect(answer.status == status && answer.said == "", sourceLocation: at)
            #expect(answer.complained.hasPrefix("error[\(code)]: ") && answer.complained.contains(words), "\(answer.complained)", sourceLocation: at)
            #expect(answer.complained.split(separator: "error[").count == 1, sourceLocation: at)
        }
        expect(Self.load(desk, "\(desk.folder.path)/none.csv"), 2, "settings.cannot_read", "No such file or directory\n  at   \(desk.folder.path)/none.csv")
        expect(Self.load(desk, desk.folder.path), 2, "settings.cannot_read", "it is a folder")
        expect(Self.load(desk, odd), 2, "settings.command_line", "--format csv")
        expect(Self.load(desk, file, warehouse: "oracle://x"), 2, "warehouse.unknown_scheme", "no warehouse has the scheme 'oracle'")
        expect(Self.load(desk, file, warehouse: "w.db"), 2, "warehouse.bad_address", "sqlite:///")
        expect(Self.load(desk, file, "--disposition", "merge"), 2, "settings.command_line", "--key id")
        expect(Self.load(desk, file, "--key", "id"), 2, "settings.command_line", "--key belongs to")
        expect(Self.load(desk, file, "--disposition", "upsert"), 2, "settings.command_line", "'upsert'")
        expect(Self.load(desk, file, "--disposition", "merge", "--key", "ID"), 1, "load.key_missing", "no column 'ID'")
        expect(Self.load(desk, file, "--tabel", "x"), 2, "settings.command_line", "there is no option --tabel")
        expect(Self.load(desk, file, into: "Big Table"), 2, "settings.bad_stream", "'Big Table'")
        expect(Self.load(desk), 2, "settings.command_line", "the file is missing")
        expect(Self.load(desk, file, "--type", "id=money"), 1, "load.bad_type", "use one of")
        let session = try desk.session()
        #expect(try session.relation(RelationName(schema: session.defaultSchema, identifier: "t")) == nil)
    }

    @Test func `a load that another one overtook says so, and goes through when it is done again`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id,v\n1,a\n", to: "t.csv")
        let words = [file, "--into", "t", "--warehouse", "${WAREHOUSE}", "--disposition", "merge", "--key", "id"]
        let warehouse = try Desk.warehouses.warehouse(at: desk.warehouse), store = LandingStore(home: desk.folder.path)
        let hasOvertaken = Mutex(false)
        let loader = Loader(warehouses: Desk.warehouses, store: store, environment: ["WAREHOUSE": desk.warehouse], now: Desk.clock) { point in
            guard point == "load.after_commit", hasOvertaken.withLock({ let was = $0; $0 = true; return !was }) else { return }
            #expect(throws: Never.self) { try warehouse.open().execute("update _sluice_fence set token = 7, owner = 'another' where scope = '\(warehouse.defaultSchema).t'") }
        }
        let load = FileLoad(loader: loader, store: store, warehouse: warehouse, now: Desk.clock)
        let problem = #expect(throws: PlainProblem.self) { try load.run(LoadCommand(words)) }
        #expect(problem?.code == "load.overtaken")
        #expect(try load.run(LoadCommand(words)).message == "1 row, 1 updated")
        #expect(try desk.rows("select id, v, _sluice_batch from t") == [[.integer(1), .text("a"), .integer(2)]])
    }
}
