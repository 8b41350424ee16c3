import Foundation
import Kernel
import LoadEngine
import Support
import Testing
import WarehouseKit

@Suite(.everyEngine, .namesEngine) struct FlightsTests {
    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/nycflights13").path

    static let aggregates = [
        "select carrier, count(*) from FLIGHTS group by 1 order by 1",
        "select month, cast(round(avg(arr_delay), 6) as double precision), count(arr_delay) from FLIGHTS group by 1 order by 1",
        "select count(*) from FLIGHTS where tailnum is null",
    ]

    @Test(.enabled(if: Tool.isPresent("sqlite3") && Tool.isPresent("gzip")))
    func `January, loaded, says what the sqlite3 shell says of the file`() async throws {
        let desk = try Desk()
        for table in ["flights_2013_01", "airlines", "airports", "planes", "weather"] {
            try FileManager.default.copyItem(atPath: "\(Self.fixtures)/\(table).csv.gz", toPath: "\(desk.folder.path)/inbox/\(table).csv.gz")
        }
        let streams: JSON = [
            "flights": ["path": "flights_*.csv.gz"], "airlines": ["path": "airlines.csv.gz", "disposition": "replace"],
            "airports": ["path": "airports.csv.gz", "disposition": "merge", "key": ["faa"]], "planes": ["path": "planes.csv.gz"],
            "weather": ["path": "weather.csv.gz"],
        ]
        let run = try await desk.run("p@1", token: 10, streams, nullTokens: ["NA"], deliveries: 2)
        #expect(run.message("ingest.load.flights.0") == "27,004 rows")
        for (table, count) in [("flights", 27_004), ("airlines", 16), ("airports", 1_458), ("planes", 3_322), ("weather", 26_115)] {
            #expect(try desk.number("select count(*) from raw__\(table)") == Int64(count), "\(table)")
        }
        #expect(run.books[.landed]?.count == 57_915)

        let script = """
            .mode csv
            .import "|gzip -dc '\(Self.fixtures)/flights_2013_01.csv.gz'" flights
            create table typed as select carrier, month, cast(nullif(arr_delay, 'NA') as integer) as arr_delay, nullif(tailnum, 'NA') as tailnum from flights;
            .mode list
            """
        let expected = try Tool.run("sqlite3", [":memory:"], input: script + "\n" + Self.aggregates.map { $0.replacingOccurrences(of: "FLIGHTS", with: "typed") + ";\n" }.joined())
        let ours = try Self.aggregates.flatMap { try desk.rows($0.replacingOccurrences(of: "FLIGHTS", with: "raw__flights")) }
            .map { $0.map(Self.text).joined(separator: "|") }.joined(separator: "\n") + "\n"
        #expect(ours == expected)
        #expect(!expected.isEmpty)

        let session = try desk.session()
        let types = try session.columns(of: RelationName(schema: "raw", identifier: "flights")).map { "\($0.name):\(session.columnType($0.type)?.rawValue ?? "")" }
        #expect(types.contains("time_hour:timestamp") && types.contains("arr_delay:integer") && types.contains("tailnum:text"))
        let again = try await desk.run("p@2", token: 1_000, ["flights": ["path": "flights_*.csv.gz"]], nullTokens: ["NA"])
        #expect(again.message("ingest.extract.flights") == "nothing new")
        #expect(try desk.number("select count(*) from raw__flights") == 27_004)
    }

    private static func text(_ value: SQLValue) -> String {
        switch value {
        case .null: ""
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): text
        case .blob: "blob"
        }
    }
}
