import Kernel
import Support
import Testing
import WarehouseConformance
import WarehouseKit
@testable import WarehousePostgreSQL

/// A new database of the test process's server.
struct TestDatabase {
    let server: PostgresServer
    let name: String
    init() throws {
        server = try PostgresServer.shared.get()
        name = try server.makeDatabase()
    }
    func warehouse(_ parameters: String = "") throws -> PostgreSQLWarehouse {
        try PostgreSQLWarehouse(address: WarehouseAddress(server.address(name, parameters)))
    }
    func session(_ parameters: String = "") throws -> PostgreSQLSession { try #require(try warehouse(parameters).open() as? PostgreSQLSession) }
    @discardableResult func psql(_ sql: String) throws -> String { try server.psql(name, sql) }
}

func problem(_ body: () throws -> Void) -> (any Problem)? { #expect(throws: (any Error).self) { try body() } as? any Problem }

@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct PostgreSQLWarehouseTests {
    @Test(arguments: WarehouseRules.cases)
    func conforms(to rule: ConformanceCase) throws {
        try rule.run(TestDatabase().warehouse())
    }

    @Test func `the ledger lives in the schema of the address, which is made`() throws {
        let database = try TestDatabase()
        let ledger = try Ledger(on: database.session("&schema=analytics%20team"))
        #expect(ledger.table("_sluice_done") == #""analytics team"."_sluice_done""#)
        #expect(try database.psql("select count(*) from pg_tables where schemaname = 'analytics team' and tablename like '\\_sluice%'") == "8\n")
    }

    // MARK: Opening

    @Test func `an address is libpq's own, with four parameters more`() throws {
        let database = try TestDatabase()
        let session = try database.session("&search_path=a%2C%20public&statement_timeout=7s&application_name=drill&connect_timeout=5")
        let rows = try session.query("select current_setting('search_path'), current_setting('statement_timeout'), current_setting('application_name')").rows
        #expect(rows == [[.text("a, public"), .text("7s"), .text("drill")]])
        #expect(try database.session().query("select current_setting('application_name')").rows == [[.text("sluice")]])
        let aliased = database.server.address(database.name).replacing("postgresql://", with: "postgres://")
        #expect(try WarehouseRegistry([PostgreSQLWarehouse.self]).warehouse(at: aliased).open().query("select 1").rows == [[.integer(1)]])
        #expect(PostgreSQLWarehouse.adapter == "postgres")
    }

    @Test func `a password opens the door over TLS, and a wrong one is a problem of its own, shown nowhere`() throws {
        let database = try TestDatabase()
        let encoded = "planted%20p%40ss%2Fword%3F%26"
        func address(_ password: String, _ mode: String) -> String {
            "postgresql://sluice:\(password)@127.0.0.1:\(database.server.port)/\(database.name)?sslmode=\(mode)&sslrootcert=\(database.server.folder)/ca.pem"
        }
        func open(_ url: String) throws -> any WarehouseSession { try PostgreSQLWarehouse(address: WarehouseAddress(url)).open() }
        #expect(try open(address(encoded, "verify-full")).query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").rows == [[.integer(1)]])
        #expect(try open(address(encoded, "disable")).query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").rows == [[.integer(0)]])
        let wrong = try #require(problem { _ = try open(address("wr0ng", "verify-full")) })
        #expect(wrong.code == "warehouse.credentials_rejected" && wrong.summary.contains("28P01") && !wrong.description.contains("wr0ng"))
        #expect(wrong.location.description == "127.0.0.1:\(database.server.port)/\(database.name)")
        // The authority of the certificate is not among those that the system trusts.
        let untrusted = try #require(problem { _ = try open(address(encoded, "verify-full").replacing("ca.pem", with: "absent.pem")) })
        #expect(untrusted.code == "warehouse.unreachable" && untrusted.summary.contains("absent.pem"))
    }

    @Test(arguments: [
        ("postgresql://u:secret@host/db?sslmod=require", "sslmod"), ("postgresql://u:se%zzcret@host/db", "special characters"),
        ("postgresql://u:secret@host/db?schema=%zz", "'schema'"), ("postgresql://u@host/db?password=secret&shema=x", "shema"),
    ])
    func `an address that cannot be read is refused without its secrets`(address: String, words: String) throws {
        let found = try #require(problem { _ = try PostgreSQLWarehouse(address: WarehouseAddress(address)) })
        #expect(found.code == "warehouse.bad_address" && found.description.contains(words) && !found.description.contains("cret"), "\(found)")
    }

    @Test func `a server that is not there, a database that is not there, a silent server`() throws {
        let database = try TestDatabase()
        let nobody = try #require(problem { _ = try PostgreSQLWarehouse(address: WarehouseAddress("postgresql://u:secret@127.0.0.1:1/db")).open() })
        #expect(nobody.code == "warehouse.unreachable" && nobody.response == .retry(afterSeconds: 5) && !nobody.description.contains("secret"))
        let absent = try #require(problem { _ = try PostgreSQLWarehouse(address: WarehouseAddress(database.server.address("no_such_database"))).open() })
        #expect(absent.code == "warehouse.cannot_open" && absent.summary.contains("no_such_database"))
        // Takes connections and never says a word.
        let silent = try LocalServer(script: "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); print(s.getsockname()[1], flush=True); sys.stdin.read()")
        let mute = try #require(problem { _ = try PostgreSQLWarehouse(address: WarehouseAddress("postgresql://u@127.0.0.1:\(silent.port)/db?connect_timeout=1")).open() })
        #expect(mute.code == "warehouse.unreachable" && mute.summary.contains("no answer within 1 s"))
    }

    // MARK: Problems

    @Test func `a wrong statement is named with its place, its code and what the server advises`() throws {
        let session = try TestDatabase().session()
        let wrong = try #require(problem { try session.execute("select 1;\nselect 'é',\n  nonsense") })
        #expect(wrong.code == "warehouse.sql" && wrong.summary == "PostgreSQL: column \"nonsense\" does not exist (42703)")
        #expect(wrong.location.description.hasPrefix("SQL 3:3 in "))
        let placed = try #require(problem { _ = try session.query("select ?, '?', \"nons?ense\" from (select 1) t", [.integer(1)]) })
        #expect(placed.summary.contains("nons?ense"))
        let missing = try #require(problem { _ = try session.query("select ?, ?", [.integer(1)]) })
        #expect(missing.summary == "the statement has 2 places for values and got 1")
        try session.execute("create function planted() returns int language plpgsql as $$ begin return 1 / 0; end $$")
        let inside = try #require(problem { _ = try session.query("select planted()") })
        #expect(inside.location.description.hasPrefix("PL/pgSQL function planted() line 1"))
    }

    @Test func `no row data is in a problem`() throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (id int primary key, name text not null check (name <> 'planted')); insert into t values (4711, 'Ann')")
        for sql in [
            "insert into t values (4711, 'planted2')", "insert into t values (4712, 'planted')", "insert into t values (4713, null)",
            "select cast(name as integer) from t", "insert into t values ('planted', 'x')", "select cast('planted' as date)",
            "select to_date(name, 'YYYY') from t",
        ] {
            let found = try #require(problem { try session.execute(sql) })
            for data in ["4711", "4712", "4713", "planted", "Ann"] { #expect(!found.summary.contains(data), "\(found.summary)") }
            #expect(["warehouse.constraint", "warehouse.sql"].contains(found.code))
        }
        let twice = try #require(problem { try session.execute("insert into t values (4711, 'x')") })
        #expect(twice.summary == "PostgreSQL: duplicate key value violates unique constraint \"t_pkey\"; Key (id) already exists. (23505)")
    }

    @Test func `a connection that breaks is told apart from a wrong statement, and the next work begins on a new one`() throws {
        let database = try TestDatabase()
        let session = try database.session()
        try session.begin()
        try session.execute("create table t (x int)")
        guard case .integer(let pid)? = try session.query("select pg_backend_pid()").rows.first?.first else { return }
        try database.psql("select pg_terminate_backend(\(pid), 10000)")
        let lost = try #require(problem { try session.execute("select 1") })
        #expect(lost.code == "warehouse.connection_lost" && lost.response == .retry(afterSeconds: 2))
        session.rollback()
        guard case .integer(let next)? = try session.query("select pg_backend_pid()").rows.first?.first else { return }
        #expect(next != pid)
        #expect(try session.query("select '2026-01-02'::date").rows == [[.text("2026-01-02")]], "the new one is set up as the old one was")
        #expect(try database.psql("select to_regclass('t') is null") == "t\n")
    }

    @Test func `a statement that runs too long is canceled, and a deadlock is a conflict`() throws {
        let database = try TestDatabase()
        let slow = try database.session("&statement_timeout=50")
        #expect(problem { try slow.execute("select pg_sleep(60)") }?.code == "warehouse.canceled")
        #expect(try slow.query("select 1").rows == [[.integer(1)]])
        #expect(PostgreSQLProblem(connecting: "FATAL:  40P01: x", to: "p").code == WarehouseConflict.code)
        #expect(PostgreSQLProblem(connecting: "FATAL:  XX000: could not write init file", to: "p").code == "warehouse.disk_full")
    }

    @Test func `a commit that was none is a problem`() throws {
        let session = try TestDatabase().session()
        try session.begin()
        _ = problem { try session.execute("select nonsense") }
        #expect(problem { try session.commit() }?.code == "warehouse.not_committed")
        try session.begin()
        try session.execute("create table t (x int); commit")
        #expect(problem { try session.commit() }?.code == "warehouse.not_committed")
        #expect(try session.query("select count(*) from t").rows == [[.integer(0)]])
    }

    @Test func `notices are heard`() throws {
        let session = try TestDatabase().session()
        var heard: [String] = []
        session.onNotice = { heard.append($0) }
        try session.execute("drop table if exists nothing_there; do $$ begin raise warning 'mind the %', 'step'; end $$")
        #expect(heard == ["NOTICE:  table \"nothing_there\" does not exist, skipping", "WARNING:  mind the step"])
    }

    // MARK: Results

    @Test func `values come typed, with the engine's words for the types`() throws {
        let session = try TestDatabase().session("&role=sluice")
        let result = try session.query(
            """
            select 1::int2 a, -2::int4 b, 9223372036854775807 c, 0.1::float4 d, 0.1::float8 e, 1234567890.12345678901234567890 f, true g, false h,
              date '2013-01-31' i, timestamp '2013-01-31 10:00:00.5' j, timestamptz '2013-01-31 10:00:00+01' k, '{"a": 1}'::jsonb l, 'x'::varchar(10) m,
              '\\x00ff'::bytea n, null o, array[1,2] p, 'infinity'::timestamptz q, 'NaN'::float8 = 'NaN' r, interval '1 day' s, 1.50::numeric(12,2) t
            """)
        #expect(result.rows[0] == [
            .integer(1), .integer(-2), .integer(.max), .double(0.1), .double(0.1), .text("1234567890.12345678901234567890"), .integer(1), .integer(0),
            .text("2013-01-31"), .text("2013-01-31 10:00:00.5"), .text("2013-01-31T09:00:00Z"), .text("{\"a\": 1}"), .text("x"),
            .blob([0, 255]), .null, .text("{1,2}"), .text("infinity"), .integer(1), .text("1 day"), .text("1.50"),
        ])
        #expect(result.types == [
            "smallint", "integer", "bigint", "real", "double precision", "numeric", "boolean", "boolean", "date", "timestamp without time zone",
            "timestamp with time zone", "jsonb", "character varying(10)", "bytea", "text", "integer[]", "timestamp with time zone", "boolean", "interval", "numeric(12,2)",
        ])
        #expect(result.columns.joined() == "abcdefghijklmnopqrst")
    }

    @Test func `values go in by place, past everything that only looks like one`() throws {
        let session = try TestDatabase().session()
        let sql = """
            -- ? in a comment
            select ? || 'it''s ?' || $body$ ? $body$ || $$?$$ || E'\\'?' /* ? /* ? */ */ as "?", ?::int + 1
            """
        let result = try session.query(sql, [.text("a"), .integer(41)])
        #expect(result.rows == [[.text("ait's ? ? ?'?"), .integer(42)]] && result.columns[0] == "?")
        // Statements without values are the user's, who may have an operator of that name.
        #expect(try session.query("select '{\"a\": 1}'::jsonb ? 'a'").rows == [[.integer(1)]])
        try session.execute("create table t (a int, b text, c bytea); insert into t values (?, ?, ?); insert into t values (?, ';', ?)", [
            .integer(1), .text(""), .blob([0, 1]), .null, .blob([]),
        ])
        #expect(try session.query("select * from t order by a").rows == [[.integer(1), .text(""), .blob([0, 1])], [.null, .text(";"), .blob([])]])
        #expect(problem { try session.execute("insert into t values (1, ?)", [.text("a\0b")]) }?.summary.contains("NUL") == true)
    }

    @Test func `affected rows are those of the last statement`() throws {
        let session = try TestDatabase().session()
        #expect(try session.execute("create table t as select generate_series(1, 7) x") == 7)
        #expect(try session.execute("select * from t") == 0)
        #expect(try session.execute("delete from t where x > 5 returning x") == 2)
        #expect(try session.execute("update t set x = 1; insert into t values (1)") == 1)
        #expect(try session.execute("") == 0)
    }

    @Test func `rows behind the bound are never fetched, within a transaction they are read past`() throws {
        let session = try TestDatabase().session()
        let endless = "select generate_series(1, 2000000000) n, repeat('x', 100)"
        #expect(try session.query(endless, [], rowsMax: 3).rows.map { $0[0] } == [.integer(1), .integer(2), .integer(3)])
        #expect(try session.query("select 1").rows == [[.integer(1)]])
        try session.begin()
        #expect(try session.query("select n from generate_series(1, 100000) n", [], rowsMax: 2).rows == [[.integer(1)], [.integer(2)]])
        #expect(try session.query("select 2").rows == [[.integer(2)]])
        try session.commit()
        #expect(try session.query("select 1 where false", [], rowsMax: 3).columns == ["?column?"])
    }

    @Test func `COPY of a client's data is refused, and the session goes on`() throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (x int)")
        for sql in ["copy t from stdin", "copy t to stdout"] { #expect(problem { try session.execute(sql) }?.summary.contains("COPY") == true) }
        #expect(try session.query("select count(*) from t").rows == [[.integer(0)]])
    }
}
