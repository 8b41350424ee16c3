internal import Contracts
internal import Kernel
internal import Landing
internal import WarehouseKit

/// Loads rows again that a batch has set aside, from the landed file, as rows of that same batch.
///
/// One transaction moves them from `_sluice_quarantine` into the table and their tallies from one fate to another, so the books
/// balance before and after, and a row is loaded once however often this is done. A newer run that replaces the batch's window
/// takes them away with the rest; by key they stand behind what was merged since.
struct QuarantineRetry {
    let ledger: Ledger
    let store: LandingStore
    /// Stands before what the newest load of the table was told: `types`, `null_tokens`.
    let overrides: JSON

    /// Batches that have rows set aside and are not replaced.
    static func waiting(_ ledger: Ledger, relation: String?) throws -> [LoadRecord] {
        try LoadRecord.all(
            ledger,
            where: "l.replaced_by is null and l.batch in (select batch from \(ledger.table("_sluice_quarantine")))\(relation == nil ? "" : " and l.relation = ?")",
            relation.map { [.text($0)] } ?? [])
    }

    /// The fates of the rows that were set aside.
    func run(_ record: LoadRecord) throws -> Books {
        guard let path = record.manifest else { throw record.unsealed() }
        let reader = LandingReader(store)
        let manifest = try reader.manifest(path)
        guard let landed = manifest.batches.first(where: { $0.ordinal == record.ordinal }) else { throw record.unsealed() }
        let session = ledger.session
        return try session.transaction {
            // Alone with the stream: no load may replace the batch meanwhile, nor another retry take the same rows.
            try session.lock(BatchLoad.streamLock(manifest), .exclusive)
            guard try Self.waiting(ledger, relation: record.relation).contains(where: { $0.batch == record.batch }) else { return Books() }
            let load = BatchLoad(
                ledger: ledger, assignment: assignment(record), arguments: try arguments(record), manifest: manifest, landed: landed, reader: reader,
                now: Timestamp(microseconds: 0), fault: nil, setAside: try rows(of: record.batch))
            return try load.retry(record.batch)
        }
    }

    private func rows(of batch: Int64) throws -> Set<Int> {
        Set(
            try ledger.session.query("select \"row\" from \(ledger.table("_sluice_quarantine")) where batch = ?", [.integer(batch)]).rows.compactMap {
                if case .integer(let row) = $0[0] { Int(row) } else { nil }
            })
    }

    /// After a fix the newest load knows best how the table is loaded.
    private func arguments(_ record: LoadRecord) throws -> StreamArguments {
        let newest = try LoadRecord.all(ledger, where: "l.relation = ?", [.text(record.relation)]).last ?? record
        var config = try newest.config(ledger).objectValue ?? JSONObject()
        for (name, value) in overrides.objectValue?.pairs ?? [] {
            guard name == "types", let pins = value.objectValue else { config[name] = value; continue }
            var types = config["types"]?.objectValue ?? JSONObject()
            for (column, type) in pins.pairs { types[column] = type }
            config["types"] = .object(types)
        }
        // What is left stays set aside, however much it is.
        config["quarantine_max"] = nil
        return StreamArguments(
            stream: record.stream, config: .object(config), warehouse: "", schema: record.schema, pool: nil, generation: record.generation, cursorToken: 0)
    }

    private func assignment(_ record: LoadRecord) -> Assignment {
        let spec = TaskSpec(id: record.task, step: "", role: .load, kind: "load_batch", title: record.stream)
        return Assignment(
            run: record.run, pipeline: record.pipeline, spec: spec, attempt: 1, logicalDate: Timestamp(microseconds: 0), isFullRefresh: false,
            token: record.generation, worker: FileLoad.pipeline)
    }
}

extension BatchLoad {
    /// Loads `setAside` as rows of `batch`. Inside the caller's transaction.
    fileprivate func retry(_ batch: Int64) throws -> Books {
        let target = Self.target(arguments)
        let bytes = try reader.bytes(of: landed)
        try TableShape.hold(target, on: session)
        try session.execute("delete from \(ledger.table("_sluice_quarantine")) where batch = ?", [.integer(batch)])
        let (books, changed) = try bytes.withBytes { bytes in
            let pass = try pass(over: bytes, batch)
            let loaded = disposition == .merge ? try merge(pass, into: target, batch) : try insert(pass, into: target, batch)
            try unfold(bytes, batch, parents: target)
            return loaded
        }
        var whole = try recordedBooks(of: batch)
        try books.balance(with: whole.fates[.quarantined] ?? .zero, engineChanged: changed, of: label)
        whole.settleQuarantine(by: books)
        try session.execute("delete from \(ledger.table("_sluice_books")) where batch = ?", [.integer(batch)])
        try record(whole, of: batch)
        return books
    }

    private func recordedBooks(of batch: Int64) throws -> Books {
        var books = Books()
        for row in try session.query("select point, \"rows\", sum from \(ledger.table("_sluice_books")) where batch = ?", [.integer(batch)]).rows {
            guard case .text(let word) = row[0], let point = BookEntry.Point(rawValue: word), case .integer(let count) = row[1],
                case .text(let text) = row[2], let sum = UInt128(text, radix: 16)
            else { continue }
            books.add(Tally(count: Int(count), sum: sum), to: point)
        }
        return books
    }
}
