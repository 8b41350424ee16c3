import Kernel
import Testing

/// What a `build` makes of a model whose unit tests fail, and what a `retry` makes of that.
@Suite struct UnitTestGateTests {
    private static func test(_ name: String, of model: String, reads input: String, gives id: Int) -> String {
        "  - {name: \(name), model: \(model), given: [{input: ref('\(input)'), rows: [{id: 1}]}], expect: {rows: [{id: \(id)}]}}\n"
    }
    private static let files = [
        "models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }}", "models/beside.sql": "select * from {{ ref('a') }}", "models/c.sql": "select * from {{ ref('b') }}",
        "models/tests.yml": "unit_tests:\n" + test("f1", of: "b", reads: "a", gives: 2) + test("f2", of: "b", reads: "a", gives: 3) + test("f3", of: "c", reads: "b", gives: 1) + test("f4", of: "b", reads: "a", gives: 1),
    ]

    @Test(arguments: ["1", "4"])
    func `the first unit test that fails skips the others of its model, with it`(_ threads: String) throws {
        let drill = try DbtDrill(Self.files)
        let (code, text) = drill.run("build", "--threads", threads)
        #expect(code == 1)
        #expect(try drill.statuses == [
            "model.shop.a": "success", "unit_test.shop.b.f1": "fail", "unit_test.shop.b.f2": "skipped", "unit_test.shop.b.f4": "skipped", "model.shop.b": "skipped",
            "model.shop.beside": "success", "unit_test.shop.c.f3": "skipped", "model.shop.c": "skipped",
        ])
        #expect(text.contains("SKIP unit_test f2 ...") && text.contains("SKIP unit_test f3 ..."), "\(text)")
        #expect(text.contains("Done. PASS=2 WARN=0 ERROR=1 SKIP=5 NO-OP=0 TOTAL=8"), "\(text)")
    }

    @Test func `a model comes right behind its unit tests, whatever else waits`() throws {
        let drill = try DbtDrill(Self.files.merging(["models/tests.yml": "unit_tests:\n" + Self.test("f1", of: "b", reads: "a", gives: 1) + Self.test("f2", of: "b", reads: "a", gives: 1)]) { _, new in new })
        let (code, text) = drill.run("build")
        #expect(code == 0)
        for line in ["2 of 6 START unit_test b::f1", "3 of 6 START unit_test b::f2", "4 of 6 START sql view model main.b", "5 of 6 START sql view model main.beside", "6 of 6 START sql view model main.c"] {
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test func `with --fail-fast a model and its unit tests come to their end together`() throws {
        let drill = try DbtDrill(Self.files)
        let (code, text) = drill.run("build", "--fail-fast")
        #expect(code == 1)
        #expect(text.contains("SKIP unit_test f4 ...") && text.contains("SKIP relation main.b ..."), "\(text)")
        let statuses = try drill.statuses
        #expect(statuses["model.shop.b"] == "skipped" && statuses["unit_test.shop.b.f4"] == "skipped" && statuses["model.shop.c"] == "skipped" && statuses["unit_test.shop.c.f3"] == nil)
    }

    @Test func `a retry builds the models first, and their unit tests hold up nothing`() throws {
        let drill = try DbtDrill(Self.files)
        drill.run("build")
        let (code, text) = drill.run("retry")
        #expect(code == 1)
        #expect(text.contains("1 of 6 START sql view model main.b") && text.contains("2 of 6 START sql view model main.c"), "\(text)")
        #expect(text.contains("Done. PASS=4 WARN=0 ERROR=2 SKIP=0 NO-OP=0 TOTAL=6"), "\(text)")
    }

    @Test func `unit tests that are chosen without their model are counted, and not run`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("build", "-s", "f1").text.contains("Nothing to do."))
        let (code, text) = drill.run("build", "-s", "a", "f1")
        #expect(code == 0 && text.contains("1 of 2 START sql view model main.a") && text.contains("TOTAL=1"), "\(text)")
        #expect(drill.run("test", "-s", "f1").code == 1)
    }

    @Test func `a unit test behind a skipped ephemeral model is skipped without a reason, as its model is`() throws {
        let drill = try DbtDrill([
            "models/src.sql": "select 1 as id", "models/stg.sql": "select * from {{ ref('src') }}", "models/eph.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('stg') }}",
            "models/inc.sql": "select * from {{ ref('eph') }}",
            "models/tests.yml": "unit_tests:\n" + Self.test("wrong", of: "stg", reads: "src", gives: 2) + Self.test("full", of: "inc", reads: "eph", gives: 1),
        ])
        let (code, text) = drill.run("build")
        #expect(code == 1)
        #expect(text.contains("SKIP unit_test full ...") && text.contains("Completed with 1 error,"), "\(text)")
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        let full = try #require(results.first { $0["unique_id"] == "unit_test.shop.inc.full" })
        #expect(full["message"]?.stringValue ?? "" == "")
    }
}
