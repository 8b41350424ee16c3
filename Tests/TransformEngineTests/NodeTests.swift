import Contracts
import Kernel
import ModellingSupport
import Testing
import WarehouseKit

@Suite struct NodeTests {
    @Test func `a snapshot keeps what was, delivered once or twice`() throws {
        let project = try TestProject([
            "snapshots/prices.sql": """
                {% snapshot prices %}{{ config(unique_key='id', strategy='check', check_cols='all') }}
                select id, price from {{ source('raw', 'prices') }}{% endsnapshot %}
                """,
            "models/now.sql": "select id, price from {{ ref('prices') }} where dbt_valid_to is null",
            "models/schema.yml": "sources: [{name: raw, tables: [{name: prices}]}]",
        ])
        let session = try project.warehouse.open()
        try session.execute("create table raw__prices (id integer, price integer); insert into raw__prices values (1, 10), (2, 20)")
        let drill = Drill(project)
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome())
        #expect(drill.reports["snapshot prices"]?.message.hasPrefix("snapshot ") == true)
        try session.execute("update raw__prices set price = 11 where id = 1")
        #expect(try drill.perform("shop@2", command: "snapshot", deliveries: 2) == Outcome())
        #expect(try session.query("select price, dbt_valid_to is null from prices where id = 1 order by price").rows == [[.integer(10), .integer(0)], [.integer(11), .integer(1)]])
        #expect(try session.query("select id, price from now order by id").rows == [[.integer(1), .integer(11)], [.integer(2), .integer(20)]])
    }

    @Test func `hooks outside the transaction stay when their model fails, those inside go with it`() throws {
        func model(_ sql: String) -> String {
            """
            {{ config(materialized='table', pre_hook=[
                {'sql': "insert into notes values ('outside, before')", 'transaction': false}, "insert into notes values ('inside, before')"],
                post_hook={'sql': "insert into notes values ('outside, after')", 'transaction': false}) }}
            \(sql)
            """
        }
        let project = try TestProject(["models/a.sql": model("select 1 as n")])
        let session = try project.warehouse.open()
        try session.execute("create table notes (text text)")
        func notes() throws -> [[SQLValue]] { try session.query("select text from notes").rows }
        let drill = Drill(project)
        #expect(try drill.perform("shop@1") == Outcome())
        #expect(try notes() == [[.text("outside, before")], [.text("inside, before")], [.text("outside, after")]])
        try session.execute("delete from notes")
        try project.write("models/a.sql", model("select n from nowhere"))
        #expect(throws: (any Error).self) { try drill.perform("shop@2") }
        #expect(try notes() == [[.text("outside, before")]])
    }
}
