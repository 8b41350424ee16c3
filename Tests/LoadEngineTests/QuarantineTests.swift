import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// `sluice quarantine list | retry`.
@Suite(.everyEngine, .namesEngine) struct QuarantineTests {
    typealias Commands = LoadCommandTests

    static func quarantine(_ desk: Desk, _ words: String...) -> Commands.Answer {
        Commands.command(desk, ["quarantine"] + words + ["--warehouse", "${WAREHOUSE}"])
    }

    /// Fates and how many have each, of one batch.
    static func books(_ desk: Desk, _ batch: Int = 1) throws -> [String: Int64] {
        var books: [String: Int64] = [:]
        for row in try desk.rows("select point, \"rows\" from _sluice_books where batch = \(batch)") {
            if case .text(let point) = row[0], case .integer(let count) = row[1] { books[point] = count }
        }
        return books
    }

    @Test func `rows that were set aside are listed, and loaded once after a fix`() throws {
        let desk = try Desk()
        let file = try desk.folder.write("id,n\n1,5\n2,x\n3\n4,NA\n", to: "t.csv")
        #expect(Commands.load(desk, file, "--type", "n=integer", "--quarantine-max", "9").status == 0)
        let list = Self.quarantine(desk, "list")
        let schema = try desk.session().defaultSchema
        #expect(list.said == """
            \(schema).t  batch 1  \(file):3  column 'n' holds no integer
            \(schema).t  batch 1  \(file):4  1 field where the header has 2
            \(schema).t  batch 1  \(file):5  column 'n' holds no integer
            3 rows are set aside

            """)
        // Nothing was mended, so nothing moves.
        #expect(Self.quarantine(desk, "retry").said == "\(schema).t  batch 1  0 rows loaded, 3 still set aside\n")
        #expect(try Self.books(desk) == ["inserted": 1, "quarantined": 3])

        let some = Self.quarantine(desk, "retry", "--null", "NA", "--table", "t")
        #expect(some.status == 1 && some.said == "\(schema).t  batch 1  1 row loaded, 2 still set aside\n")
        #expect(try Self.books(desk) == ["inserted": 2, "quarantined": 2])
        let more = Self.quarantine(desk, "retry", "--type", "n=text")
        #expect(more.status == 1 && more.said == "\(schema).t  batch 1  1 row loaded, 1 still set aside\n")
        #expect(try Self.books(desk) == ["inserted": 3, "quarantined": 1])
        // As rows of their own batch, each at its place.
        #expect(try desk.rows("select id, n, _sluice_batch, _sluice_row from t order by id") == [
            [.integer(1), .text("5"), .integer(1), .integer(1)], [.integer(2), .text("x"), .integer(1), .integer(2)],
            [.integer(4), .null, .integer(1), .integer(4)],
        ])
        #expect(try desk.rows("select line, reason from _sluice_quarantine") == [[.integer(4), .text("1 field where the header has 2")]])
        // The corrected file takes the place of all of it.
        let mended = try desk.folder.write("id,n\n1,5\n", to: "t.csv")
        #expect(Commands.load(desk, mended, "--disposition", "replace").status == 0)
        #expect(Self.quarantine(desk, "list").said == "no row is set aside\n")
        #expect(Self.quarantine(desk, "retry").status == 0)
        #expect(try desk.number("select count(*) from t") == 1)
    }

    @Test func `a stream's rows are loaded as its newest run was told`() async throws {
        let desk = try Desk()
        try desk.deliver("id,zip\n1,a1\n2,2\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, ["t": ["path": "t_*.csv", "types": ["zip": "integer"]]])
        #expect(try desk.number("select count(*) from raw__t") == 1)
        try desk.deliver("id,zip\n3,b3\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, ["t": ["path": "t_*.csv", "types": ["zip": "text"]]])
        #expect(Self.quarantine(desk, "retry", "--table", "raw.t").said == "raw.t  batch 1  1 row loaded\n")
        #expect(try desk.rows("select id, zip, _sluice_batch from raw__t order by id") == [
            [.integer(1), .text("a1"), .integer(1)], [.integer(2), .text("2"), .integer(1)], [.integer(3), .text("b3"), .integer(2)],
        ])
        // A file that comes again takes them away with the rest.
        try desk.deliver("id,zip\n1,c1\n", as: "t_1.csv")
        try await desk.run("p@3", token: 1_000, ["t": ["path": "t_*.csv", "types": ["zip": "text"]]])
        #expect(try desk.rows("select zip from raw__t order by id") == [[.text("c1")], [.text("b3")]])
    }

    @Test func `a row that is merged late stands behind what was merged since`() throws {
        let desk = try Desk()
        func merge(_ text: String, _ words: String...) throws -> Commands.Answer {
            let file = try desk.folder.write(text, to: "m.csv")
            return Commands.command(
                desk, ["load", file, "--into", "m", "--warehouse", desk.warehouse, "--disposition", "merge", "--key", "id", "--quarantine-max", "9"] + words)
        }
        #expect(try merge("id,v\n1,1\n2,x\n3,y\n4,z\n4,4\n", "--type", "v=integer").status == 0)
        #expect(try merge("id,v\n2,20\n", "--type", "v=integer").status == 0)
        let retry = Self.quarantine(desk, "retry", "--type", "v=text")
        let schema = try desk.session().defaultSchema
        #expect(retry.said == "\(schema).m  batch 1  1 row loaded, 2 older than what is there\n")
        #expect(try desk.rows("select id, v from m order by id") == [
            [.integer(1), .text("1")], [.integer(2), .text("20")], [.integer(3), .text("y")], [.integer(4), .text("4")],
        ])
        #expect(try Self.books(desk) == ["inserted": 3, "older than target": 2])
        #expect(try desk.scratchTables().isEmpty)
    }

    @Test func `wrong words and a landed file that is gone are one problem, and nothing moves`() throws {
        let desk = try Desk()
        #expect(Self.quarantine(desk).complained.hasPrefix("error[settings.command_line]: say list or retry"))
        #expect(Self.quarantine(desk, "list", "--type", "a=text").status == 2)
        let file = try desk.folder.write("id\nx\n", to: "t.csv")
        #expect(Commands.load(desk, file, "--type", "id=integer", "--quarantine-max", "1").status == 0)
        let landed = desk.folder.files(in: "raw").first { $0.hasSuffix(".csv") }!
        try desk.folder.write("id\n7\n", to: "raw/" + landed)
        let answer = Self.quarantine(desk, "retry")
        #expect(answer.status == 1 && answer.complained.hasPrefix("error[landing.damaged]"))
        #expect(try desk.number("select count(*) from _sluice_quarantine") == 1)
        #expect(try desk.number("select count(*) from t") == 0)
    }
}
