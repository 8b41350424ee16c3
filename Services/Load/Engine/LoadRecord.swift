internal import Contracts
internal import Kernel
internal import WarehouseKit

/// One line of the ledger: a batch that was loaded, and what of it is not replaced.
struct LoadRecord {
    var batch: Int64
    var run: RunID
    var task: TaskID
    var ordinal: Int
    var pipeline: String
    var stream: String
    /// `schema.table`.
    var relation: String
    var window: String
    /// What the source calls it: a file's name, the address of a request.
    var source: String
    var sha256: String
    var loadedAt: String
    var generation: UInt64
    /// Below the home folder; nil where the stream is not sealed yet.
    var manifest: String?

    /// - Parameter condition: SQL over `l`, the ledger's `_sluice_loads`.
    static func all(_ ledger: Ledger, where condition: String, _ values: [SQLValue] = []) throws -> [LoadRecord] {
        try ledger.session.query(
            """
            select l.batch, l.run, l.task, l.ordinal, l.pipeline, l.stream, l.relation, l."window", l.file, l.sha256, l.loaded_at, l.token, s.manifest
            from \(ledger.table("_sluice_loads")) l left join \(ledger.table("_sluice_seals")) s on s.run = l.run and s.stream = l.stream
            where \(condition) order by l.batch
            """, values
        ).rows.map { row in
            func text(_ place: Int) -> String { if case .text(let text) = row[place] { text } else { "" } }
            func number(_ place: Int) -> Int64 { if case .integer(let number) = row[place] { number } else { 0 } }
            return LoadRecord(
                batch: number(0), run: RunID(text(1)), task: TaskID(text(2)), ordinal: Int(number(3)), pipeline: text(4), stream: text(5),
                relation: text(6), window: text(7), source: text(8), sha256: text(9), loadedAt: text(10), generation: UInt64(number(11)),
                manifest: text(12).isEmpty ? nil : text(12))
        }
    }

    var schema: String { String(relation.split(separator: ".").first ?? "") }

    /// What the pipeline said of the stream when it loaded this batch.
    func config(_ ledger: Ledger) throws -> JSON {
        guard let text = try ledger.stored(run: run, task: task)?.report.details["config"]?.stringValue, let config = try? JSON(parsing: text) else {
            throw PlainProblem(
                "load.config_unknown", "the ledger does not say how \(relation) is loaded", at: .named("batch \(batch)"),
                remedy: "run the pipeline once more with this version, then try again")
        }
        return config
    }

    func unsealed() -> PlainProblem {
        PlainProblem(
            "load.not_sealed", "batch \(batch) of \(relation) belongs to a run that has not sealed it", at: .named("run \(run)"),
            remedy: "wait for the run's end, or run it again")
    }
}
