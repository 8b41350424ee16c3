internal import Kernel
internal import Landing
internal import WarehouseKit

/// `sluice trace <table> <key>`: where the rows of a table come from, to the bytes of a landed file.
struct TraceCommand {
    static let usage = """
        usage: sluice trace <table> [<column>=]<value>… --warehouse <url>
          <table>            table or schema.table, as the loader has filled it
          <column>=<value>   what the row holds; a value alone is one of the table's first column
        Prints run, batch, source, landed file, line and bytes of each row (20 at most). Bytes of a .gz file are those of its content.
        Exit status: 0 found, 1 there is no such row, 2 the words are wrong, 3 the warehouse is out of reach.
        """
    static let rowsMax = 20

    private let table: (schema: String?, table: String)
    private let key: [String]
    let warehouse: String

    init(_ given: [String]) throws {
        let words = try CommandWords(given, options: ["warehouse"], usage: Self.usage)
        guard words.plain.count >= 2 else { throw CommandWords.wrong("name a table and what its row holds", Self.usage) }
        table = try LoadCommand.relation(words.plain[0])
        key = Array(words.plain.dropFirst())
        warehouse = try words.required("warehouse", usage: Self.usage)
    }

    func run(_ ledger: Ledger, _ store: LandingStore, say: (String) -> Void) throws {
        let session = ledger.session
        let name = RelationName(schema: table.schema ?? session.defaultSchema, identifier: table.table)
        let label = "\(name.schema).\(name.identifier)"
        let (condition, values) = try condition(session, name, label)
        let rows = try session.query(
            "select \(ColumnNames.batch), \(ColumnNames.row) from \(session.render(name)) where \(condition) order by 1, 2", values, rowsMax: Self.rowsMax
        ).rows
        guard !rows.isEmpty else {
            throw PlainProblem(
                "load.no_such_row", "\(label) has no row where \(key.joined(separator: " and "))", at: .named(label), remedy: "correct the value, or name another column: id=7")
        }
        for row in rows {
            guard case .integer(let batch) = row[0], case .integer(let place) = row[1] else { continue }
            try tell(label, batch, Int(place), ledger, store, say)
        }
    }

    private func condition(_ session: any WarehouseSession, _ name: RelationName, _ label: String) throws -> (String, [SQLValue]) {
        let shape = try TableShape(session, name)
        let first = try session.columns(of: name).first?.name
        guard let first, shape.types[ColumnNames.batch] != nil else {
            throw PlainProblem(
                "settings.no_such_table", shape.exists ? "\(label) was not filled by the loader" : "there is no table \(label)", at: .named(label),
                remedy: "name a raw table, as schema.table where it is in another schema")
        }
        var conditions: [String] = [], values: [SQLValue] = []
        for word in key {
            let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let column = sides.count == 2 ? sides[0] : first, value = sides[sides.count - 1]
            guard let type = shape.types[column] else {
                throw PlainProblem(
                    "settings.no_such_column", "\(label) has no column '\(column)'", at: .named(label),
                    remedy: "its columns are: " + shape.types.keys.sorted().joined(separator: ", "))
            }
            // As the column has it, where an index may help; otherwise as its text.
            if type == .integer, let number = Int64(value) {
                conditions.append("\(session.quote(column)) = ?")
                values.append(.integer(number))
            } else {
                conditions.append(type == .text ? "\(session.quote(column)) = ?" : "cast(\(session.quote(column)) as text) = ?")
                values.append(.text(value))
            }
        }
        return (conditions.joined(separator: " and "), values)
    }

    private func tell(_ label: String, _ batch: Int64, _ row: Int, _ ledger: Ledger, _ store: LandingStore, _ say: (String) -> Void) throws {
        guard let record = try LoadRecord.all(ledger, where: "l.batch = ?", [.integer(batch)]).first else {
            throw PlainProblem(
                "load.batch_unknown", "the ledger knows no batch \(batch)", at: .named(label), remedy: "the row was not written by the loader, or its ledger was taken away")
        }
        say("\(label)  row \(row) of batch \(batch)")
        say("  run     \(record.run)")
        say("  stream  \(record.pipeline) \(record.stream), \(record.window)")
        say("  loaded  \(record.loadedAt) by \(record.task)")
        say("  source  \(record.source)")
        guard let path = record.manifest else { throw record.unsealed() }
        let reader = LandingReader(store)
        guard let landed = try reader.manifest(path).batches.first(where: { $0.ordinal == record.ordinal }) else { throw record.unsealed() }
        say("  landed  \(landed.path)")
        say("          sha256 \(landed.sha256)")
        guard let place = try reader.place(ofRecord: row, in: landed) else {
            throw PlainProblem(
                "landing.damaged", "the landed file has no record \(row)", at: .file(landed.path), remedy: "restore the file from a backup")
        }
        say("  line    \(place.line), bytes \(place.bytes.lowerBound) to \(place.bytes.upperBound - 1)")
        say("  record  \(place.text)")
    }
}
