internal import Dispatch
internal import Kernel
internal import Synchronization
internal import WarehouseKit

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
        ConformanceCase("a reader over a view never misses a table that is being published") { warehouse in
            let session = try warehouse.open()
            let target = RelationName(schema: session.defaultSchema, identifier: "prices")
            let staged = RelationName(schema: session.defaultSchema, identifier: "prices__next")
            try session.execute("create table prices (x integer); insert into prices values (0), (0)")
            try session.execute("create view seen as select count(*) as n, min(x) as low, max(x) as high from prices")
            let isDone = Mutex(false)
            let failures = Mutex<[String]>([])
            let reads = Mutex(0)
            let group = DispatchGroup()
            DispatchQueue(label: "reader").async(group: group) {
                do {
                    let reader = try warehouse.open()
                    while !isDone.withLock({ $0 }) {
                        let row = try reader.query("select n, low, high from seen").rows[0]
                        if row[0] != .integer(2) || row[1] != row[2] { failures.withLock { $0.append("read \(row)") } }
                        reads.withLock { $0 += 1 }
                    }
                } catch { failures.withLock { $0.append("\(error)") } }
            }
            defer { isDone.withLock { $0 = true }; group.wait() }
            var round = 0
            while round < 50 || reads.withLock({ $0 }) < 20 {
                round += 1
                try session.transaction {
                    try session.execute("create table prices__next (x integer)")
                    try session.execute("insert into prices__next values (?), (?)", [.integer(Int64(round)), .integer(Int64(round))])
                    try session.publish(staged: staged, as: target)
                }
                if !failures.withLock({ $0.isEmpty }) { break }
            }
            try expect(failures.withLock { $0 }.isEmpty, "the reader failed: \(failures.withLock { $0.prefix(3) })")
            try expect(try session.query("select low from seen").rows == [[.integer(Int64(round))]], "the last one stands")
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
        ConformanceCase("two writers do not lose each other's changes") { warehouse in
            let session = try warehouse.open()
            try session.execute("create table counter (n integer); insert into counter values (0)")
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 2) { _ in
                do {
                    let own = try warehouse.open()
                    for _ in 0..<25 {
                        try own.transaction {
                            guard case .integer(let n) = try own.query("select n from counter").rows[0][0] else { return }
                            try own.execute("update counter set n = ?", [.integer(n + 1)])
                        }
                    }
                } catch { failures.withLock { $0.append("\(error)") } }
            }
            try expect(failures.withLock { $0 }.isEmpty, "a writer failed: \(failures.withLock { $0 })")
            try expect(try session.query("select n from counter").rows == [[.integer(50)]], "an update was lost")
        },
    ]
}
