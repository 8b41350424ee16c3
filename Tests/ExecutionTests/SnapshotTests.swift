import Compilation
import Execution
import Kernel
import ModellingSupport
import Project
import Testing
import WarehouseKit

@Suite struct SnapshotTests {
    private func snapshot(_ project: TestProject) throws -> any WarehouseSession {
        let session = try project.warehouse.open()
        let compiler = try project.compiler(session)
        let node = try #require(compiler.manifest.nodes["snapshot.shop.history"])
        _ = try session.transaction { try NodeRunner(compiler, session: session) { TestProject.startedAt }.build(node) }
        return session
    }
    private func project(_ config: String) throws -> TestProject {
        let project = try TestProject([
            "snapshots/history.sql": "{% snapshot history %}{{ config(target_schema='main', \(config)) }} select * from {{ source('main', 'raw') }}{% endsnapshot %}",
            "models/schema.yml": "sources: [{name: main, tables: [{name: raw}]}]",
        ])
        try project.warehouse.open().execute(
            "create table raw (id integer, part integer, v text, at text); insert into raw values (1, 1, 'a', '2026-01-01'), (2, 1, 'b', '2026-01-01'), (3, 1, 'c', '2026-01-01')")
        return project
    }
    /// Key, value, whether the row is the current one.
    private func rows(_ session: any WarehouseSession, _ more: String = "") throws -> [String] {
        try session.query("select id || v || case when dbt_valid_to is null then '*' else '' end \(more) from history order by id, dbt_valid_from, v").rows.map { "\($0[0])" }
            .map { $0.split(separator: "\"").dropFirst().first.map(String.init) ?? $0 }
    }

    private static let change = "update raw set v = 'B', at = '2026-01-02' where id = 2; delete from raw where id = 3; insert into raw values (4, 1, 'd', '2026-01-02')"

    @Test(arguments: ["strategy='timestamp', updated_at='at', unique_key='id'", "strategy='check', check_cols=['v'], unique_key='id'", "strategy='check', check_cols='all', unique_key=['id', 'part']"])
    func `a row that changed ends and its successor begins`(_ config: String) throws {
        let project = try project(config)
        var session = try snapshot(project)
        #expect(try rows(session) == ["1a*", "2b*", "3c*"])
        try session.execute(Self.change)
        session = try snapshot(project)
        #expect(try rows(session) == ["1a*", "2b", "2B*", "3c*", "4d*"])
        session = try snapshot(project)
        #expect(try rows(session) == ["1a*", "2b", "2B*", "3c*", "4d*"])
        #expect(try session.query("select count(distinct dbt_scd_id) from history").rows == [[.integer(5)]])
        #expect(try session.relations(inSchema: "main").map(\.name.identifier).sorted() == ["history", "raw"])
    }

    @Test func `a row whose source is gone ends where deletes count`() throws {
        let project = try project("strategy='timestamp', updated_at='at', unique_key='id', hard_deletes='invalidate'")
        try snapshot(project).execute(Self.change)
        var session = try snapshot(project)
        #expect(try rows(session) == ["1a*", "2b", "2B*", "3c", "4d*"])
        try session.execute("insert into raw values (3, 1, 'c', '2026-01-03')")
        session = try snapshot(project)
        #expect(try rows(session) == ["1a*", "2b", "2B*", "3c", "3c*", "4d*"])
    }

    @Test func `a deletion is a row of its own where the project wants it`() throws {
        let project = try project("strategy='check', check_cols=['v'], unique_key='id', hard_deletes='new_record'")
        try snapshot(project).execute(Self.change)
        var session = try snapshot(project)
        #expect(try rows(session, "|| dbt_is_deleted") == ["1a*False", "2bFalse", "2B*False", "3cFalse", "3c*True", "4d*False"])
        session = try snapshot(project)
        #expect(try rows(session).count == 6)
        try session.execute("insert into raw values (3, 1, 'c', '2026-01-03')")
        session = try snapshot(project)
        #expect(try rows(session, "|| dbt_is_deleted") == ["1a*False", "2bFalse", "2B*False", "3cFalse", "3cTrue", "3c*False", "4d*False"])
    }

    @Test func `a column that is new in the source is new in the snapshot`() throws {
        let project = try project("strategy='check', check_cols='all', unique_key='id'")
        try snapshot(project).execute("alter table raw add column extra text; update raw set extra = 'x' where id = 1")
        let session = try snapshot(project)
        #expect(try session.query("select extra from history where id = 1 and dbt_valid_to is null").rows == [[.text("x")]])
    }

    @Test func `the end of what is current and the names of the columns are the project's`() throws {
        let project = try project("""
            strategy='timestamp', updated_at='at', unique_key='id', dbt_valid_to_current="'9999-12-31'",
            snapshot_meta_column_names={'dbt_valid_to': 'till', 'dbt_valid_from': 'since', 'dbt_scd_id': 'row_id', 'dbt_updated_at': 'seen'}
            """)
        try snapshot(project).execute(Self.change)
        let session = try snapshot(project)
        #expect(try session.query("select v, since, till from history where id = 2 order by since").rows == [
            [.text("b"), .text("2026-01-01"), .text("2026-01-02")], [.text("B"), .text("2026-01-02"), .text("9999-12-31")],
        ])
    }
}
