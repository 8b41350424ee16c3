import Foundation
import Harness
import Kernel
import Runs
import Support
import Testing

/// The marts of karaoke_social for dashboards, which read them and nothing else. K030
@Suite struct KaraokeReaderTests {
    static let reader = ["KARAOKE_SOCIAL_READER": "dashboards"]
    static let marts = ["dim_date", "dim_page", "fct_daily_page_metrics", "fct_daily_web_traffic", "fct_post_analytics"]

    @Test func `on SQLite a reader has a copy of the marts with their types, that nobody can write to, of the newest run`() async throws {
        try await KaraokeHome.with(Self.reader) { karaoke in
            try await karaoke.start()
            let first = try await karaoke.run()
            #expect(first.end?.isSuccess == true)
            let copy = "\(karaoke.home.path)/warehouse/karaoke_social.dashboards.db", warehouse = "\(karaoke.home.path)/warehouse/karaoke_social.db"
            func ask(_ database: String, _ sql: String) throws -> String { try Tool.run("sqlite3", ["-readonly", database, sql]) }
            #expect(try ask(copy, "select name from sqlite_master order by 1") == Self.marts.map { $0 + "\n" }.joined())
            for mart in Self.marts {
                #expect(try ask(copy, "select * from \(mart) order by 1, 2") == ask(warehouse, "select * from \(mart) order by 1, 2"))
                #expect(try ask(copy, "select count(*) from pragma_table_info('\(mart)') where type = ''") == "0\n", "\(mart) has columns without a type")
            }
            let artifacts = try #require(first.inOrder.first { $0.spec.kind == "docs" }?.report?.details["artifacts"]?.stringValue)
            let manifest = try JSON(parsing: [UInt8](#require(FileManager.default.contents(atPath: "\(artifacts)/manifest.json"))))
            for mart in Self.marts {
                let described = manifest["nodes"]?["model.karaoke_social.\(mart)"]?["columns"]?.objectValue?.pairs.filter { $0.value["description"]?.stringValue?.isEmpty == false } ?? []
                #expect(try ask(copy, "select count(*) from pragma_table_info('\(mart)')") == "\(described.count)\n", "\(mart) has columns without a description")
            }
            #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o444)
            let before = try ask(copy, "select max(metric_date) from fct_daily_page_metrics")
            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02"])
            #expect(try await karaoke.run().end?.isSuccess == true)
            #expect(try ask(copy, "select max(metric_date) from fct_daily_page_metrics") > before)
        }
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
    func `on PostgreSQL a role reads the marts after each run and is refused what lies below them`() async throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase(), role = "dashboards_\(UInt32.random(in: 0 ... .max))"
        try server.psql(database, "create role \(role) login password '\(PostgresServer.password)'")
        try await KaraokeHome.with(["KARAOKE_SOCIAL_READER": role, "KARAOKE_SOCIAL_WAREHOUSE": server.address(database)]) { karaoke in
            try await karaoke.start()
            for _ in 1...2 {
                let run = try await karaoke.run()
                #expect(run.end?.isSuccess == true, "\(run.end?.summary.summary ?? "")")
                for mart in Self.marts { #expect(try server.psql(database, "select count(*) > 0 from \(mart)", as: role) == "t\n") }
                for refused in ["select * from raw.page_insights_daily", "select * from stg_posts", "delete from dim_page"] {
                    let problem = #expect(throws: (any Error).self) { try server.psql(database, refused, as: role) }
                    #expect("\(problem.map { "\($0)" } ?? "")".contains("permission denied"), "\(refused)")
                }
            }
        }
    }
}
