import Contracts
import Kernel
@testable import LoadEngine
import Support
import Testing
import WarehouseKit

/// `columns` and `prepare`: dirty files, and what is made of their records on the way in.
@Suite(.everyEngine, .namesEngine) struct PreparationTests {
    static func load(_ text: String, _ config: JSON) async throws -> (Desk, Desk.Progress) {
        let desk = try Desk()
        try desk.deliver(text, as: "t.csv")
        var stream: JSON = ["path": "t.csv"]
        for (key, value) in config.objectValue?.pairs ?? [] { stream[key] = value }
        return (desk, try await desk.run("p@1", token: 10, ["t": stream], deliveries: 2))
    }

    @Test func `separators, date formats and null tokens are those of each column`() async throws {
        let (desk, run) = try await Self.load(
            """
            "Betrag","Datum","Zeit","Code"
            "1.234.567,89",31.01.2024,01/02/24 11:05 PM,-
            "-0,50",01.12.2023,12/31/23 12:00 AM,n/a
            -,,,007
            1.5,01.01.2024,,x
            "3,00",2024-01-01,,y
            "7,25",30.02.2024,,z

            """,
            [
                "columns": [
                    "amount": ["from": "Betrag", "thousands": ".", "point": ",", "null_tokens": ["-"]],
                    "booked_on": ["from": "Datum", "format": "%d.%m.%Y"],
                    "at": ["from": ["Zeit"], "format": "%m/%d/%y %I:%M %p", "type": "timestamp"],
                    "code": ["null_tokens": ["n/a", "-"], "type": "text"],
                ]
            ])
        #expect(try desk.rows("select amount, booked_on, at, code from raw__t order by _sluice_row") == [
            [.double(1_234_567.89), .text("2024-01-31"), .text("2024-01-02T23:05:00Z"), .null],
            [.double(-0.5), .text("2023-12-01"), .text("2023-12-31T00:00:00Z"), .null],
            [.null, .null, .null, .text("007")],
        ])
        // What is not written as declared is no number and no date, whatever else it might be.
        #expect(try desk.texts("select reason from _sluice_quarantine order by \"row\"") == [1, 2, 2].map {
            "field \($0) is not written as its column's `format`, `thousands` and `point` say"
        })
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.quarantined]!)
    }

    @Test func `records are renamed, trimmed, cast, derived and dropped while they load, and the books know each`() async throws {
        let (desk, run) = try await Self.load(
            "User,Name,Amount,Secret\n7,  Ann ,10,s\n8,Bo,x,s\n0,test,1,s\n9,\"  \",3,s\n",
            [
                "prepare": [
                    ["rename": ["user": "user_id", "name": "full_name"]], ["trim": ["full_name"]], ["cast": ["amount": "integer"]],
                    ["drop": ["test users": "user_id == 0"]],
                    ["derive": ["initial": "full_name[0] | lower if full_name else none", "size": "'big' if amount is number and amount > 5 else 'small'"]],
                    ["drop_columns": ["secret"]],
                ]
            ])
        #expect(try ContractTests.columns(desk) == ["user_id integer", "full_name text", "amount integer", "initial text", "size text"])
        #expect(try desk.rows("select user_id, full_name, amount, initial, size from raw__t order by user_id") == [
            [.integer(7), .text("Ann"), .integer(10), .text("a"), .text("big")], [.integer(9), .text(""), .integer(3), .null, .text("small")],
        ])
        #expect(run.message("ingest.load.t.0") == "2 rows, 1 filtered, 1 quarantined")
        #expect(run.done["ingest.load.t.0"]?.report.details["filtered"] == ["test users": 1])
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.filtered]! + run.books[.quarantined]!)
        #expect(try desk.texts("select reason from _sluice_quarantine") == ["column 'amount' holds no integer"])
    }

    @Test func `what is derived without looking at the record keeps its kind`() async throws {
        let (desk, run) = try await Self.load(
            "id\n1\n",
            ["prepare": [["derive": ["channel": "1", "note": "none", "is_test": "false", "word": "'x'"]], ["drop": ["none of them": "false"]]]])
        #expect(try ContractTests.columns(desk) == ["id integer", "channel integer", "note unknown", "is_test boolean", "word text"])
        #expect(try desk.rows("select note from raw__t") == [[.null]])
        #expect(run.message("ingest.load.t.0") == "1 row")
    }

    @Test func `integers beyond 64 bits are derived, and decided on, to the last digit`() async throws {
        let (desk, run) = try await Self.load(
            "id\n12345678901234567890\n9223372036854775807\n",
            ["prepare": [["derive": ["copy": "id", "more": "id * 10"]], ["drop": ["small": "id < 5"]]]])
        #expect(try desk.texts("select copy || ' ' || more from raw__t order by 1") == [
            "12345678901234567890 123456789012345678900", "9223372036854775807 92233720368547758070",
        ])
        #expect(run.message("ingest.load.t.0") == "2 rows")
    }

    /// From 00:00 night, from 06:00 morning, from 12:00 afternoon, from 18:00 evening, on the clock of whoever wrote the time.
    static let daySegment = "'night' if hour(at) < 6 else 'morning' if hour(at) < 12 else 'afternoon' if hour(at) < 18 else 'evening'"

    @Test func `topup_day_segment is right at each boundary, in whatever file`() async throws {
        let desk = try Desk()
        let expected = [
            ("00:00:00", "night"), ("05:59:59", "night"), ("06:00:00", "morning"), ("11:59:59", "morning"), ("12:00:00", "afternoon"),
            ("17:59:59", "afternoon"), ("18:00:00", "evening"), ("23:59:59", "evening"),
        ]
        for (number, half) in [expected[..<4], expected[4...]].enumerated() {
            try desk.deliver("id,at\n" + half.map { "\($0.0),2024-05-01T\($0.0)+07:00\n" }.joined(), as: "t_\(number).csv")
        }
        try desk.deliver("id,at\nunknown,\nwrong,yesterday\n", as: "t_9.csv")
        let run = try await desk.run(
            "p@1", token: 10, ["t": ["path": "t_*.csv", "prepare": [["derive": ["topup_day_segment": .string("none if at is none else " + Self.daySegment)]]]]])
        #expect(try desk.rows("select id, topup_day_segment from raw__t order by id") == expected.map { [.text($0.0), .text($0.1)] } + [[.text("unknown"), .null]])
        #expect(try desk.texts("select reason from _sluice_quarantine") == ["'topup_day_segment' cannot be derived: an error of value"])
        #expect(run.books[.landed] == run.books[.inserted]! + run.books[.quarantined]!)
    }

    /// Whether a user has an earlier top-up is nothing that a record says: the earlier one may lie in another file, and may come after it.
    /// So it is a model's question, asked of the whole table each time.
    static let repeatTopups = """
        select id, case when row_number() over (partition by user_id order by at, id) > 1 then 1 else 0 end as is_repeat_topup from raw__t
        """

    @Test func `is_repeat_topup as a model is right across files and for what comes late`() async throws {
        let desk = try Desk()
        let stream: JSON = ["t": ["path": "t_*.csv"]]
        try desk.deliver("id,user_id,at\n1,7,2024-05-01T10:00:00Z\n2,8,2024-05-01T10:00:00Z\n3,7,2024-05-01T11:00:00Z\n", as: "t_1.csv")
        try await desk.run("p@1", token: 10, stream)
        func repeats() throws -> [Int64] {
            try desk.rows("select id from (\(Self.repeatTopups)) topups where is_repeat_topup = 1 order by id").map { if case .integer(let id) = $0[0] { id } else { -1 } }
        }
        #expect(try repeats() == [3])
        // The next file has a later one of a user from the first, and one that is earlier than all of them.
        try desk.deliver("id,user_id,at\n4,8,2024-05-02T00:00:00Z\n5,7,2024-04-30T23:59:59Z\n", as: "t_2.csv")
        try await desk.run("p@2", token: 100, stream)
        #expect(try repeats() == [1, 3, 4])
    }

    @Test func `what is declared wrong is one problem before anything is read`() async throws {
        let cases: [(JSON, String)] = [
            (["contract": "loose"], "the contract of the stream is none that there is"),
            (["columns": ["a": ["typ": "text"]]], "'typ' says nothing of column 'a'"),
            (["columns": ["a": ["format": "%d.%m"]]], "has a format that cannot be read"),
            (["columns": ["a": ["thousands": "1"]]], "is not one ASCII character"),
            (["prepare": [["derive": ["b": "c + 1"]]]], "there is no column and no function 'c'"),
            (["prepare": [["derive": ["b": "a +"]]]], "the expression of 'b' cannot be read"),
            (["prepare": [["rename": ["x": "y"]]]], "'rename' names the column 'x'"),
            (["prepare": [["explode": ["a"]]]], "there is no step 'explode'"),
            (["prepare": [["cast": ["a": "money"]]]], "'a' is cast to a type that there is not"),
        ]
        for (config, words) in cases {
            let problem = await #expect(throws: (any Error).self) { _ = try await Self.load("a\n1\n", config) }
            #expect("\(problem!)".contains(words), "\(problem!)")
        }
    }
}
