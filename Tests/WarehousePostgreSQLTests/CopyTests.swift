import Kernel
import Support
import Testing
import WarehouseConformance
import WarehouseKit
@testable import WarehousePostgreSQL

@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct CopyTests {
    static let table = RelationName(schema: "public", identifier: "t")

    func load(_ session: PostgreSQLSession, _ rows: [[SQLValue]], _ columns: [String]) throws -> Int {
        try session.transaction {
            let writer = try session.writer(into: Self.table, columns: columns)
            for row in rows { try WarehouseRules.write(row, to: writer) }
            return try writer.finish()
        }
    }

    @Test(arguments: [
        ("text", SQLValue.text("a\0b"), "a NUL byte"), ("int", .integer(1 << 31), "beyond 32 bits"), ("smallint", .integer(-32_769), "beyond 16 bits"),
        ("boolean", .integer(2), "no truth value"), ("bigint", .double(1.5), "no whole number"), ("bigint", .text("7"), "in the place of a number"),
        ("date", .text("0000-01-01"), "no date"), ("date", .text("2013-02-29"), "no date"), ("timestamptz", .text("0000-01-01T00:00:00Z"), "no time"),
        ("real", .double(1e300), "beyond the type real"), ("date", .integer(3), "in the place of a time"), ("jsonb", .text("\0"), "a NUL byte"),
    ])
    func `a cell that PostgreSQL cannot hold is refused by name, and the rows around it are kept`(type: String, value: SQLValue, words: String) throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (n int, v \(type))")
        try session.begin()
        let writer = try session.writer(into: Self.table, columns: ["n", "v"])
        try WarehouseRules.write([.integer(1), .null], to: writer)
        let refused = #expect(throws: RefusedCell.self) { try WarehouseRules.write([.integer(2), value], to: writer) }
        #expect(refused?.description.hasPrefix("column 'v' holds ") == true && refused?.description.contains(words) == true)
        try WarehouseRules.write([.integer(3), .null], to: writer)
        #expect(try writer.finish() == 2)
        try session.commit()
        #expect(try session.query("select n from t order by n").rows == [[.integer(1)], [.integer(3)]])
    }

    @Test func `columns that somebody made of other types are filled as text`() throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (n numeric(30,10), j jsonb, u uuid, c char(3), ts timestamp, d date, f real, tz timestamptz)")
        let row: [SQLValue] = [
            .text("12345678901234567890.5"), .text("{\"a\": \"x\\ty\\\\\"}"), .text("b3a1c6de-0000-4000-8000-000000000000"), .text("a"),
            .text("2013-01-01T10:00:00Z"), .text("2013-01-01"), .double(0.1), .text("2013-01-01T10:00:00.5Z"),
        ]
        #expect(try load(session, [row, row.map { _ in .null }], ["n", "j", "u", "c", "ts", "d", "f", "tz"]) == 2)
        #expect(try session.query("select n, j ->> 'a', u, ts, d, f, tz from t where n is not null").rows == [[
            .text("12345678901234567890.5000000000"), .text("x\ty\\"), .text("b3a1c6de-0000-4000-8000-000000000000"),
            .text("2013-01-01 10:00:00"), .text("2013-01-01"), .double(0.1), .text("2013-01-01T10:00:00.500000Z"),
        ]])
    }

    @Test func `infinities and what is not a number are doubles like others, in both forms`() throws {
        let session = try TestDatabase().session()
        for other in ["text", "json"] {
            try session.execute("drop table if exists t; create table t (v double precision, o \(other))")
            #expect(try load(session, [.infinity, -.infinity, .nan, .leastNormalMagnitude].map { [.double($0), .null] }, ["v", "o"]) == 4)
            #expect(try session.query("select v::text from t").rows == [[.text("Infinity")], [.text("-Infinity")], [.text("NaN")], [.text("2.2250738585072014e-308")]])
        }
    }

    @Test func `a row that the server refuses is named by its number and column, without its data`() throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (v varchar(3) check (v <> 'bad'), n numeric(3,1))")
        let long = try #require(problem { _ = try load(session, [[.text("abc")], [.text("planted")]], ["v"]) })
        #expect(long.summary == "PostgreSQL: value too long for type character varying(3), in row 2, column v (22001)", "\(long.summary)")
        let wide = try #require(problem { _ = try load(session, [[.text("1.5")], [.text("4711.5")]], ["n"]) })
        #expect(wide.summary.contains("row 2, column n") && !wide.summary.contains("4711"))
        #expect(problem { _ = try load(session, [[.text("bad")]], ["v"]) }?.code == "warehouse.constraint")
        let absent = try #require(problem { _ = try load(session, [[.text("x")]], ["nothing_there"]) })
        #expect(absent.summary.contains("nothing_there"))
        #expect(try session.query("select count(*) from t").rows == [[.integer(0)]])
    }

    @Test func `a connection that breaks in the middle of a COPY says so, and nothing stays`() throws {
        let database = try TestDatabase()
        let session = try database.session()
        try session.execute("create table t (v text)")
        guard case .integer(let pid)? = try session.query("select pg_backend_pid()").rows.first?.first else { return }
        let wide = String(repeating: "x", count: 10_000)
        let lost = problem {
            try session.transaction {
                let writer = try session.writer(into: Self.table, columns: ["v"])
                for row in 0..<10_000 {
                    if row == 500 { try database.psql("select pg_terminate_backend(\(pid), 10000)") }
                    try WarehouseRules.write([.text(wide)], to: writer)
                }
                _ = try writer.finish()
            }
        }
        #expect(lost?.code == "warehouse.connection_lost", "\(String(describing: lost))")
        #expect(try database.psql("select count(*) from t") == "0\n")
    }

    @Test func `a writer that is dropped in the middle leaves a session that goes on after the rollback`() throws {
        struct Stop: Error {}
        let session = try TestDatabase().session()
        try session.execute("create table t (v text)")
        let wide = String(repeating: "x", count: 1_000)
        #expect(throws: Stop.self) {
            try session.transaction {
                let writer = try session.writer(into: Self.table, columns: ["v"])
                for _ in 0..<1_000 { try WarehouseRules.write([.text(wide)], to: writer) }
                throw Stop()
            }
        }
        #expect(try session.query("select count(*) from t").rows == [[.integer(0)]])
    }
}
