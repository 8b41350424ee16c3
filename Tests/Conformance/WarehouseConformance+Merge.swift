internal import Kernel
import WarehouseKit

extension WarehouseRules {
    /// How rows come to be merged.
    private struct Rows {
        var name: String
        var rows: [[SQLValue]]
        /// The table is staged before it is merged, as where rows are to be looked at first.
        var isStaged = false
    }

    private static let columns = ["k", "n", "v", "place"]

    /// By key: `v` and the row's place.
    private typealias Table = [[SQLValue]: [SQLValue]]

    private static func key(_ number: Int) -> [SQLValue] { [.text("customer \(number % 7) of \(number / 7) \u{e9}"), .integer(Int64(number % 3) - 1)] }

    private static func row(_ number: Int, _ value: String, _ place: Int) -> [SQLValue] { key(number) + [.text(value), .integer(Int64(place))] }

    private static var deliveries: [Rows] {
        let shuffled = (0..<60).map { $0 * 37 % 60 }
        let wide = String(repeating: "x", count: 8_000)
        return [
            Rows(name: "rows in no order", rows: shuffled.enumerated().map { row($1, "a", $0 + 1) }),
            Rows(name: "half of them there already", rows: (30..<90).enumerated().map { row($1, "b", $0 + 1) }),
            Rows(name: "the same, staged first", rows: (60..<120).enumerated().map { row($1, "c", $0 + 1) }, isStaged: true),
            Rows(name: "a null among the values", rows: [key(3) + [.null, .integer(1)], key(500) + [.null, .integer(2)]]),
            Rows(name: "more than an engine keeps in memory", rows: (0..<3_000).map { row($0 * 7919 % 3_000, wide, $0 + 1) }),
            Rows(name: "none", rows: []),
        ]
    }

    private static func found(_ session: any WarehouseSession, _ table: RelationName) throws -> Table {
        let rows = try session.query("select k, n, v, place from \(session.render(table))").rows
        let found = Dictionary(rows.map { (Array($0[..<2]), Array($0[2...])) }) { one, _ in one }
        try expect(found.count == rows.count, "\(rows.count) rows have \(found.count) keys")
        return found
    }

    /// As the loader stages: a temporary table like the target, and a writer that is told the key.
    private static func staged(_ session: any WarehouseSession, like target: RelationName, _ rows: [[SQLValue]], key: [String] = ["k", "n"]) throws -> (RelationName, any StagingWriter) {
        let staging = RelationName(schema: session.temporarySchema, identifier: "merge_rows")
        try session.execute("drop table if exists merge_rows")
        try session.execute("create temporary table merge_rows as select * from \(session.render(target)) where 1 = 0")
        let writer = try session.stagingWriter(into: staging, columns: columns, key: key)
        for row in rows { try write(row, to: writer) }
        try expect(try writer.finish() == rows.count, "\(rows.count) rows were written")
        return (staging, writer)
    }

    private static func target(_ session: any WarehouseSession) throws -> RelationName {
        let target = RelationName(schema: session.defaultSchema, identifier: "merged")
        try session.execute("create table merged (k \(session.render(.text)), n \(session.render(.integer)), v \(session.render(.text)), place \(session.render(.integer)))")
        try session.execute("create unique index merged_key on merged (k, n)")
        return target
    }

    static let merges: [ConformanceCase] = [
        ConformanceCase("rows that are merged by key leave what a dictionary would, and what was there is told of") { warehouse in
            let session = try warehouse.open()
            let target = try target(session)
            var model: Table = [:]
            for delivery in deliveries {
                var updated: Set<Int64> = [], changed = 0
                try session.transaction {
                    let (staging, writer) = try staged(session, like: target, delivery.rows)
                    if delivery.isStaged {
                        try writer.stage()
                        let count = try session.query("select count(*) from \(session.render(staging))").rows
                        try expect(count == [[.integer(Int64(delivery.rows.count))]], "\(delivery.name): \(count) rows are staged")
                    }
                    let upsert = Upsert(staging, into: target, columns: columns, key: ["k", "n"], number: "place")
                    changed = try session.upsert(upsert, of: writer) { place in _ = updated.insert(place) }
                }
                let there = Set(delivery.rows.filter { model[Array($0[..<2])] != nil }.compactMap { if case .integer(let place) = $0[3] { place } else { nil } })
                for row in delivery.rows { model[Array(row[..<2])] = Array(row[2...]) }
                try expect(changed == delivery.rows.count, "\(delivery.name): the engine took \(changed) of \(delivery.rows.count)")
                try expect(updated == there, "\(delivery.name): \(updated.count) were told of as updated and \(there.count) were there")
                try expect(try found(session, target) == model, "\(delivery.name): the table differs")
            }
        },
        ConformanceCase("a staging writer never says that keys are all different where two are alike, and has every row when it is asked to") { warehouse in
            let session = try warehouse.open()
            let target = try target(session)
            let twins = [row(5, "first", 1), row(1, "other", 2), row(5, "last", 3)]
            try session.transaction {
                let (staging, writer) = try staged(session, like: target, twins)
                try expect(!writer.order.hasUniqueKeys, "two rows of one key count as different")
                try writer.stage()
                try writer.stage()
                let places = try session.query("select place from \(session.render(staging)) order by place").rows
                try expect(places == [[.integer(1)], [.integer(2)], [.integer(3)]], "staged are \(places)")
                // The caller settles which of them stands.
                try session.execute("delete from \(session.render(staging)) where place = 1")
                var updated: [Int64] = []
                let upsert = Upsert(staging, into: target, columns: columns, key: ["k", "n"], number: "place")
                try expect(try session.upsert(upsert, of: writer) { updated.append($0) } == 2 && updated.isEmpty, "two new rows, and \(updated) are told of as there")
            }
            try expect(try found(session, target) == [key(5): [.text("last"), .integer(3)], key(1): [.text("other"), .integer(2)]], "the table differs")
        },
        ConformanceCase("a merge that is undone, or that follows one that was, counts its own rows and no others") { warehouse in
            let session = try warehouse.open()
            let target = try target(session)
            func merge(_ rows: [[SQLValue]]) throws -> (Int, Set<Int64>) {
                var updated: Set<Int64> = []
                let (staging, writer) = try staged(session, like: target, rows)
                let changed = try session.upsert(Upsert(staging, into: target, columns: columns, key: ["k", "n"], number: "place"), of: writer) { place in _ = updated.insert(place) }
                return (changed, updated)
            }
            _ = try session.transaction { try merge([row(1, "a", 1), row(2, "a", 2)]) }
            let before = try found(session, target)
            struct Stop: Error {}
            do {
                try session.transaction {
                    let (changed, updated) = try merge([row(2, "b", 1), row(3, "b", 2)])
                    try expect(changed == 2 && updated == [1], "\(changed) rows, \(updated) were there")
                    throw Stop()
                }
            } catch is Stop {}
            try expect(try found(session, target) == before, "something of what was undone stayed")
            // A writer that a savepoint undoes leaves nothing in the staging table either.
            try session.transaction {
                try session.execute("savepoint before")
                _ = try staged(session, like: target, [row(9, "lost", 1)])
                try session.execute("rollback to savepoint before")
                let (changed, updated) = try merge([row(2, "c", 7)])
                try expect(changed == 1 && updated == [7], "\(changed) rows, \(updated) were there")
            }
            try expect(try found(session, target) == before.merging([key(2): [.text("c"), .integer(7)]]) { $1 }, "the table differs")
        },
    ]
}
