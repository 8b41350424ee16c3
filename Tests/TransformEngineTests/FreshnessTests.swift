import FoundationEssentials
import Testing
import WarehouseSQLite

/// `source freshness`.
@Suite struct FreshnessTests {
    @Test func `a limit of freshness may be longer than any time`() throws {
        let drill = try DbtDrill([
            "models/sources.yml": "sources: [{name: raw, schema: main, config: {freshness: {error_after: {count: 9223372036854775807, period: day}}}, tables: [{name: a, config: {loaded_at_query: \"select '2026-01-01 00:00:00'\"}}]}]",
        ])
        #expect(drill.run("source", "freshness").code == 0)
    }

    @Test(arguments: [("-25 hours", "error", 1), ("-3 hours", "warn", 0), ("-30 minutes", "pass", 0)])
    func `the freshness of a source is judged by its limits`(_ age: String, _ status: String, _ code: Int) throws {
        let drill = try DbtDrill(DbtDrill.shop)
        try FileManager.default.createDirectory(atPath: "\(drill.project.folder)/schemas", withIntermediateDirectories: true)
        do { try SQLiteWarehouse(path: "\(drill.project.folder)/schemas/raw.db").open().execute("create table events as select datetime('now', '\(age)') as at") }
        // The warehouse's own clock counts.
        #expect(drill.run("source", "freshness").code == Int32(code))
        let result = try drill.artifact("sources.json")["results"]?[0]
        #expect(result?["status"]?.stringValue == status)
        #expect(result?["criteria"]?["warn_after"] == ["count": 1, "period": "hour"])
    }

    @Test func `a limit without anything that says how old a source is warns when it is read, and is an error when it is asked`() throws {
        let sources = "sources: [{name: raw, schema: main, config: {freshness: {error_after: {count: 1, period: day}}}, tables: [{name: a, config: {loaded_at_query: \"select datetime('now') where '{{ this.identifier }}' = 'a'\"}}, {name: untimed}, {name: boundless, config: {freshness: null}}]}]"
        let hooks = "on-run-start: create table told (said text)\non-run-end: \"insert into told values ('{% for result in results %}{{ result.node.name }} {{ result.status }}, {% endfor %}')\"\n"
        let drill = try DbtDrill(["dbt_project.yml": "name: shop\nprofile: shop\n" + hooks, "models/a.sql": "select 1 as id", "models/sources.yml": sources])
        let read = drill.run("parse").text
        #expect(read.contains("A loaded_at_field must be specified for source 'raw.untimed'."), "\(read)")
        let (code, text) = drill.run("source", "freshness")
        #expect(code == 1 && text.contains("PASS freshness of raw.a ") && text.contains("ERROR freshness of raw.untimed") && !text.contains("boundless"), "\(text)")
        #expect(text.contains("Could not compute freshness for source untimed: no 'loaded_at_field' provided and sqlite adapter does not support metadata-based freshness checks."), "\(text)")
        // As in dbt, what could not be asked is not among the ages.
        #expect(try drill.artifact("sources.json")["results"]?.arrayValue?.map { $0["unique_id"]?.stringValue } == ["source.shop.raw.a"])
        #expect(text.contains("OK hook: shop.on-run-end.0") && text.contains("Finished running 2 project hooks, 2 sources"), "\(text)")
        #expect(drill.run("show", "--inline", "select said from told", "--output", "json").text.contains("a pass, untimed runtime error,"), "\(drill.output)")
    }
}
