internal import Dispatch
internal import Kernel
internal import Synchronization
public import WarehouseKit

extension WarehouseRules {
    static let relations: [ConformanceCase] = [
        ConformanceCase("values come back as they went in") { warehouse in
            let session = try warehouse.open()
            try session.execute("create table kept (a bigint, b double precision, c text)")
            let rows: [[SQLValue]] = [
                [.integer(.max), .double(0.1), .text("Zoë 🎤 \"q\" 'a'")], [.integer(.min), .double(-1e300), .text("")],
                [.null, .null, .null],
            ]
            for row in rows { try session.execute("insert into kept (a, b, c) values (?, ?, ?)", row) }
            let kept = try session.query("select a, b, c from kept")
            try expect(kept.rows == rows, "got \(kept.rows)")
            try expect(kept.columns == ["a", "b", "c"], "columns are \(kept.columns)")
            try expect(try session.query("select a from kept", [], rowsMax: 2).rows.count == 2, "rowsMax bounds the rows")
            try expect(try session.execute("update kept set a = 1 where a is not null") == 2, "an update counts its rows")
            try expect(try session.execute("create table other (x integer)") == 0, "a statement without rows counts none")
        },
        ConformanceCase("a transaction that throws leaves nothing, tables included") { warehouse in
            let session = try warehouse.open()
            struct Stop: Error {}
            do {
                try session.transaction {
                    try session.execute("create table t (x integer)")
                    try session.execute("insert into t values (1)")
                    throw Stop()
                }
            } catch is Stop {}
            try expect(try session.relation(RelationName(schema: session.defaultSchema, identifier: "t")) == nil, "the table is still there")
        },
        ConformanceCase("a schema holds its own relations") { warehouse in
            let session = try warehouse.open()
            let plain = RelationName(schema: session.defaultSchema, identifier: "stg_stripe__orders")
            let other = RelationName(schema: "raw", identifier: "orders")
            try session.createSchema("raw")
            try session.createSchema("raw")
            try session.execute("create table \(session.render(plain)) (x integer)")
            try session.execute("create table \(session.render(other)) (id integer, note text)")
            try session.execute("create view \(session.render(RelationName(schema: "raw", identifier: "seen"))) as select id from \(session.render(other))")
            let inRaw = try session.relations(inSchema: "raw").map { "\($0.name.identifier) \($0.kind)" }
            try expect(inRaw == ["orders table", "seen view"], "schema raw holds \(inRaw)")
            let inDefault = try session.relations(inSchema: session.defaultSchema).map(\.name.identifier)
            try expect(inDefault.contains("stg_stripe__orders") && !inDefault.contains("orders"), "the default schema holds \(inDefault)")
            try expect(try session.columns(of: other).map(\.name) == ["id", "note"], "columns are described in order")
            try expect(try session.relation(RelationName(schema: "raw", identifier: "absent")) == nil, "an absent relation is nil")
            if let found = try session.relation(other) { try session.drop(found) }
            try expect(try session.relation(other) == nil, "a dropped relation is gone")
        },
        ConformanceCase("readers of a table, and of views on it, never miss it while it is published") { warehouse in
            let session = try warehouse.open()
            let target = RelationName(schema: session.defaultSchema, identifier: "prices")
            let staged = RelationName(schema: session.defaultSchema, identifier: "prices__next")
            try session.execute("create table prices (x integer); insert into prices values (0), (0)")
            try session.execute("create view seen as select count(*) as n, min(x) as low, max(x) as high from prices")
            try session.execute("create view seen_through as select n, low, high from seen")
            let isDone = Mutex(false)
            let failures = Mutex<[String]>([])
            let reads = Mutex<[String: Int]>([:])
            let group = DispatchGroup()
            let questions = [
                "select n, low, high from seen", "select n, low, high from seen_through", "select count(*), min(x), max(x) from prices",
                "select s.n, min(p.x), max(p.x) from prices p, seen s where p.x = s.low group by s.n",
            ]
            for question in questions {
                DispatchQueue(label: question).async(group: group) {
                    do {
                        let reader = try warehouse.open()
                        while !isDone.withLock({ $0 }) {
                            let rows = try reader.query(question).rows
                            if rows.count != 1 || rows[0][0] != .integer(2) || rows[0][1] != rows[0][2] { failures.withLock { $0.append("\(question): \(rows)") } }
                            reads.withLock { $0[question, default: 0] += 1 }
                        }
                    } catch { failures.withLock { $0.append("\(question): \(error)") } }
                }
            }
            defer { isDone.withLock { $0 = true }; group.wait() }
            var round = 0
            while round < 30 || reads.withLock({ reads in questions.contains { reads[$0, default: 0] < 20 } }) {
                round += 1
                try session.transaction {
                    try session.execute("create table prices__next (x integer)")
                    try session.execute("insert into prices__next values (?), (?)", [.integer(Int64(round)), .integer(Int64(round))])
                    try session.publish(staged: staged, as: target)
                }
                if !failures.withLock({ $0.isEmpty }) { break }
            }
            try expect(failures.withLock { $0 }.isEmpty, "a reader failed: \(failures.withLock { $0.prefix(3) })")
            try expect(try session.query("select low from seen_through").rows == [[.integer(Int64(round))]], "the last one stands")
        },
        ConformanceCase("what is published comes from any schema, over a view too, with its indexes; undone, nothing has happened") { warehouse in
            let session = try warehouse.open()
            let target = RelationName(schema: "marts", identifier: "orders")
            let staged = RelationName(schema: session.defaultSchema, identifier: "orders__dbt_tmp")
            func stage(_ number: Int) throws {
                try session.execute("create table \(session.render(staged)) (id integer)")
                try session.execute("create unique index \(session.quote("orders__dbt_tmp_id_\(number)")) on \(session.render(staged)) (id)")
                try session.execute("insert into \(session.render(staged)) values (\(number))")
            }
            // The first one makes the schema; the second replaces a table; the third replaces a view.
            for number in 1...3 {
                try session.transaction {
                    if number == 3, let old = try session.relation(target) {
                        try session.drop(old)
                        try session.execute("create view \(session.render(target)) as select 0 as id")
                    }
                    try session.createSchema("marts")
                    try stage(number)
                    try session.publish(staged: staged, as: target)
                }
                try expect(try session.query("select id from \(session.render(target))").rows == [[.integer(Int64(number))]], "publish \(number)")
                try expect(try session.relation(target)?.kind == .table && session.relation(staged) == nil, "kinds after publish \(number)")
            }
            struct Stop: Error {}
            do {
                try session.transaction {
                    try stage(4)
                    try session.publish(staged: staged, as: target)
                    throw Stop()
                }
            } catch is Stop {}
            try expect(try session.query("select id from \(session.render(target))").rows == [[.integer(3)]], "what was undone is seen")
            do {
                try session.execute("insert into \(session.render(target)) values (3)")
                throw BrokenPromise(description: "the index did not come along")
            } catch let problem as any Problem { try expect(problem.code == "warehouse.constraint", "the index answers \(problem)") }
        },
        ConformanceCase("a column widens with its values, and views stay") { warehouse in
            let session = try warehouse.open()
            let table = RelationName(schema: session.defaultSchema, identifier: "wide")
            func word(_ type: ColumnType) -> String { session.render(type) }
            try session.execute("create table wide (a \(word(.integer)), b \(word(.date)), c \(word(.integer)), d \(word(.unknown)))")
            try session.execute("insert into wide values (7, '2013-01-01', 8, null), (null, null, 9, null)")
            try session.execute("create index wide_a on wide (a)")
            try session.execute("create view wide_view as select * from wide")
            try session.transaction {
                try session.changeType(of: "a", in: table, to: .text)
                try session.changeType(of: "b", in: table, to: .timestamp)
                try session.changeType(of: "c", in: table, to: .real)
                try session.changeType(of: "d", in: table, to: .integer)
            }
            let types = try session.columns(of: table).map { session.columnType($0.type) }
            try expect(types == [.text, .timestamp, .real, .integer], "types are \(types)")
            let rows = try session.query("select a, b, c, d from wide_view order by c").rows
            try expect(
                rows == [[.text("7"), .text("2013-01-01T00:00:00Z"), .double(8), .null], [.null, .null, .double(9), .null]], "rows are \(rows)")
        },
        ConformanceCase("every widening keeps what was said") { warehouse in
            let session = try warehouse.open()
            let text = "2013-01-01T10:00:00.25Z"
            let cases: [(from: ColumnType, to: ColumnType, cell: String, becomes: SQLValue)] = [
                (.integer, .real, "7", .double(7)), (.integer, .text, "-9223372036854775808", .text("-9223372036854775808")),
                (.real, .text, "1.5", .text("1.5")), (.date, .timestamp, "2012-02-29", .text("2012-02-29T00:00:00Z")),
                (.localTimestamp, .text, "2012-02-29T10:00:00.5", .text("2012-02-29T10:00:00.5")),
                (.date, .text, "2012-02-29", .text("2012-02-29")), (.timestamp, .text, text, .text(text)), (.boolean, .text, "0", .text("false")),
                (.real, .text, "0.30000000000000004", .text("0.30000000000000004")), (.real, .decimal, "0.1234567890123457", .text("0.1234567890123457")),
                (.integer, .decimal, "9007199254740993", .text("9007199254740993")), (.decimal, .text, "-1.50", .text("-1.50")),
                (.json, .text, #"{"a": [1, "é", null]}"#, .text(#"{"a": [1, "é", null]}"#)),
            ]
            for (number, rule) in cases.enumerated() {
                let table = RelationName(schema: session.defaultSchema, identifier: "wider\(number)")
                try session.execute("create table \(session.render(table)) (a \(session.render(rule.from)), b \(session.render(.unknown)))")
                try session.transaction {
                    let writer = try session.writer(into: table, columns: ["a"])
                    try writeText(rule.cell, as: rule.from, to: writer)
                    try writeNull(to: writer)
                    try expect(try writer.finish() == 2, "two rows were written")
                    try session.changeType(of: "a", in: table, to: rule.to)
                }
                let rows = try session.query("select a from \(session.render(table)) order by a is null").rows
                try expect(rows == [[rule.becomes], [.null]], "\(rule.from) to \(rule.to): \(rows)")
            }
            // What has only been null may become anything.
            for type in ColumnType.allCases where type != .unknown {
                let table = RelationName(schema: session.defaultSchema, identifier: "wider0")
                try session.transaction {
                    try session.execute("alter table \(session.render(table)) add column \(session.quote("c_\(type)")) \(session.render(.unknown))")
                    try session.changeType(of: "c_\(type)", in: table, to: type)
                }
                let found = try session.columns(of: table).last.flatMap { session.columnType($0.type) }
                try expect(found == type, "unknown became \(String(describing: found)) in the place of \(type)")
            }
        },
        ConformanceCase("a writer takes cells of every kind and counts them") { warehouse in
            let session = try warehouse.open()
            let table = RelationName(schema: "raw", identifier: "fast")
            try session.createSchema("raw")
            try session.execute("create table \(session.render(table)) (a \(session.render(.integer)), b \(session.render(.real)), c \(session.render(.text)))")
            let text = Array("naïve".utf8)
            try session.transaction {
                let writer = try session.writer(into: table, columns: ["a", "b", "c"])
                try text.withUnsafeBufferPointer { bytes in
                    for row in [[Cell.integer(1), .double(2.5), .text(bytes)], [.null, .null, .text(UnsafeBufferPointer(rebasing: bytes[..<0]))]] {
                        try row.withUnsafeBufferPointer { try writer.write($0) }
                    }
                }
                try expect(try writer.finish() == 2, "two rows were written")
            }
            let rows = try session.query("select a, b, c from \(session.render(table)) order by a desc").rows
            try expect(rows.contains([.integer(1), .double(2.5), .text("naïve")]) && rows.contains([.null, .null, .text("")]), "rows are \(rows)")
        },
        ConformanceCase("what a writer wrote comes back, of every type, to the last bit") { warehouse in
            let session = try warehouse.open()
            let table = RelationName(schema: session.defaultSchema, identifier: "bits")
            let types: [ColumnType] = [.boolean, .integer, .real, .decimal, .date, .timestamp, .text, .json]
            let columns = types.map { "c_\($0)" }
            try session.execute("create table bits (n integer, \(types.map { "c_\($0) \(session.render($0))" }.joined(separator: ", ")))")
            let long = String(repeating: "tab\t, line\n, \\N, \\., 🎤 ", count: 20_000)
            let rows: [[SQLValue]] = [
                [.integer(1), .integer(.max), .double(0.1), .text("123456789012345678901234567890.000000000000000010"), .text("1970-01-01"), .text("1969-12-31T23:59:59.999999Z"), .text(long), .text(#"{"a": [1, -0.50, "🎤 \"x\""], "b": {}}"#)],
                [.integer(0), .integer(.min), .double(-.leastNonzeroMagnitude), .text("-0.00000001"), .text("9999-12-31"), .text("9999-12-31T23:59:59Z"), .text("\\N"), .text("[]")],
                [.null, .integer(0), .double(1.7976931348623157e308), .text("0.00"), .text("0001-01-01"), .text("2012-02-29T00:00:00Z"), .text(""), .null],
            ]
            try session.transaction {
                let writer = try session.writer(into: table, columns: ["n"] + columns)
                for (number, row) in rows.enumerated() { try write([.integer(Int64(number))] + row, to: writer) }
                try expect(try writer.finish() == 3, "three rows were written")
            }
            let found = try session.query("select \(columns.joined(separator: ", ")) from bits order by n").rows
            try expect(found == rows, "rows are \(found.map { $0.prefix(5) })")
        },
        ConformanceCase("two writers and other statements take turns, and what a savepoint undoes is gone") { warehouse in
            let session = try warehouse.open()
            for name in ["left_side", "right_side"] { try session.execute("create table \(name) (a \(session.render(.text)))") }
            func writer(_ name: String) throws -> any RowWriter {
                try session.writer(into: RelationName(schema: session.defaultSchema, identifier: name), columns: ["a"])
            }
            let wide = String(repeating: "x", count: 1_000)
            try session.transaction {
                try session.execute("savepoint before")
                let lost = try writer("left_side")
                for _ in 0..<500 { try write([.text(wide)], to: lost) }
                try session.execute("rollback to savepoint before")
                let left = try writer("left_side"), right = try writer("right_side")
                for number in 0..<500 {
                    try write([.text(wide)], to: left)
                    if number % 100 == 0 {
                        try write([.text(wide)], to: right)
                        _ = try session.query("select count(*) from right_side")
                    }
                }
                try expect(try left.finish() == 500, "the left one counts its own")
                try expect(try right.finish() == 5, "the right one counts its own")
            }
            let counts = try session.query("select (select count(*) from left_side), (select count(*) from right_side)").rows
            try expect(counts == [[.integer(500), .integer(5)]], "rows are \(counts)")
        },
        ConformanceCase("a failed statement leaves a transaction that can be undone, and a session that goes on") { warehouse in
            let session = try warehouse.open()
            try session.execute("create table kept (a integer primary key); insert into kept values (1)")
            for sql in ["insert into kept values (1)", "select * from nothing_there", "selec"] {
                do {
                    try session.transaction {
                        try session.execute("insert into kept values (2)")
                        try session.execute(sql)
                    }
                    throw BrokenPromise(description: "'\(sql)' was accepted")
                } catch is any Problem {}
                try expect(try session.query("select count(*) from kept").rows == [[.integer(1)]], "something of '\(sql)' stayed")
            }
        },
        ConformanceCase("whoever holds a name goes first, and the others see what it did") { warehouse in
            let session = try warehouse.open()
            try session.execute("create table counter (n integer); insert into counter values (0)")
            try inParallel(3) {
                let own = try warehouse.open()
                for _ in 0..<15 {
                    try own.transaction {
                        try own.lock("the counter", .exclusive)
                        guard case .integer(let n) = try own.query("select n from counter").rows[0][0] else { return }
                        try own.execute("update counter set n = ?", [.integer(n + 1)])
                    }
                }
            }
            try expect(try session.query("select n from counter").rows == [[.integer(45)]], "an update was lost")
        },
        ConformanceCase("numbers are given once, also to transactions that run at the same time") { warehouse in
            let session = try warehouse.open()
            try session.execute("create table numbered (n integer primary key)")
            let table = RelationName(schema: session.defaultSchema, identifier: "numbered")
            try session.execute("insert into numbered values (100)")
            try inParallel(3) {
                let own = try warehouse.open()
                for _ in 0..<10 {
                    try own.transaction {
                        guard case .integer(let newest) = try own.query("select max(n) from numbered").rows[0][0] else { return }
                        try own.execute("insert into numbered values (?)", [.integer(try own.number(after: newest, in: table))])
                    }
                }
            }
            try expect(try session.query("select count(*), min(n) from numbered").rows == [[.integer(31), .integer(100)]], "a number was lost")
        },
    ]

    /// One row, from values.
    public static func write(_ row: [SQLValue], to writer: any RowWriter) throws {
        // The texts live in one buffer for the length of the call.
        var bytes: [UInt8] = []
        for case .text(let text) in row { bytes += text.utf8 }
        try bytes.withUnsafeBufferPointer { buffer in
            var place = 0
            let cells: [Cell] = row.map { value in
                switch value {
                case .integer(let number): return .integer(number)
                case .double(let number): return .double(number)
                case .text(let text):
                    defer { place += text.utf8.count }
                    return .text(UnsafeBufferPointer(rebasing: buffer[place..<place + text.utf8.count]))
                case .null, .blob: return .null
                }
            }
            try cells.withUnsafeBufferPointer { try writer.write($0) }
        }
    }
    private static func writeNull(to writer: any RowWriter) throws { try write([.null], to: writer) }
    private static func writeText(_ text: String, as type: ColumnType, to writer: any RowWriter) throws {
        switch type {
        case .integer, .boolean: try write([.integer(Int64(text) ?? 0)], to: writer)
        case .real: try write([.double(Double(text) ?? 0)], to: writer)
        case .unknown, .decimal, .date, .localTimestamp, .timestamp, .json, .text: try write([.text(text)], to: writer)
        }
    }

    /// Throws what any of them threw.
    static func inParallel(_ count: Int, _ body: @escaping @Sendable () throws -> Void) throws {
        let failures = Mutex<[String]>([])
        let group = DispatchGroup()
        // A thread for each: `concurrentPerform` has no more of them than there are cores.
        for index in 0..<count {
            DispatchQueue(label: "\(index)").async(group: group) { do { try body() } catch { failures.withLock { $0.append("\(error)") } } }
        }
        group.wait()
        try expect(failures.withLock { $0 }.isEmpty, "one of \(count) failed: \(failures.withLock { $0 })")
    }
}
