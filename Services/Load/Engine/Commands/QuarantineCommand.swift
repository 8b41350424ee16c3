internal import Kernel
internal import Landing
internal import WarehouseKit

/// `sluice quarantine list | retry`.
struct QuarantineCommand {
    static let usage = """
        usage: sluice quarantine list|retry --warehouse <url> [--table <table>] [--type <column>=<type>]… [--null <text>]…
          list     the rows that could not be loaded: where they stand, and why
          retry    load them again, from the landed files below SLUICE_HOME/raw, as the newest load of their table was told;
                   --type and --null stand before that
        Exit status: 0 none is left, 1 some are, or it failed, 2 the words are wrong, 3 the warehouse is out of reach.
        """
    static let rowsMax = 1_000

    private let word: String
    private let table: (schema: String?, table: String)?
    let warehouse: String
    private let overrides: JSON

    init(_ given: [String]) throws {
        let words = try CommandWords(given, options: ["warehouse", "table", "type", "null"], usage: Self.usage)
        guard words.plain.count == 1, ["list", "retry"].contains(words.plain[0]) else { throw CommandWords.wrong("say list or retry", Self.usage) }
        word = words.plain[0]
        warehouse = try words.required("warehouse", usage: Self.usage)
        table = try words.one("table", usage: Self.usage).map(LoadCommand.relation)
        var overrides = JSONObject()
        let types = try LoadCommand.types(words)
        guard word == "retry" || (types.keys.isEmpty && words.all("null").isEmpty) else { throw CommandWords.wrong("--type and --null belong to retry", Self.usage) }
        if !types.keys.isEmpty { overrides["types"] = .object(types) }
        if !words.all("null").isEmpty { overrides["null_tokens"] = .array(words.all("null").map(JSON.string)) }
        self.overrides = .object(overrides)
    }

    /// - Returns: whether none is left.
    func run(_ ledger: Ledger, _ store: LandingStore, say: (String) -> Void) throws -> Bool {
        let relation = table.map { "\($0.schema ?? ledger.session.defaultSchema).\($0.table)" }
        let waiting = try QuarantineRetry.waiting(ledger, relation: relation)
        guard !waiting.isEmpty else {
            say("no row is set aside")
            return true
        }
        return word == "list" ? try list(waiting, ledger, say) : try retry(waiting, QuarantineRetry(ledger: ledger, store: store, overrides: overrides), say)
    }

    private func list(_ batches: [LoadRecord], _ ledger: Ledger, _ say: (String) -> Void) throws -> Bool {
        var count = 0
        for record in batches {
            let rows = try ledger.session.query(
                "select file, line, reason from \(ledger.table("_sluice_quarantine")) where batch = ? order by \"row\"", [.integer(record.batch)]
            ).rows
            for case let row in rows {
                count += 1
                guard count <= Self.rowsMax, case .text(let file) = row[0], case .integer(let line) = row[1], case .text(let reason) = row[2] else { continue }
                say("\(record.relation)  batch \(record.batch)  \(file):\(line)  \(reason)")
            }
        }
        say("\(grouped(count)) \(count == 1 ? "row is" : "rows are") set aside\(count > Self.rowsMax ? ", the first \(grouped(Self.rowsMax)) are shown" : "")")
        return true
    }

    private func retry(_ batches: [LoadRecord], _ retry: QuarantineRetry, _ say: (String) -> Void) throws -> Bool {
        var left = 0
        for record in batches {
            let books = try retry.run(record)
            let loaded = books.count(.inserted) + books.count(.updated), older = books.total.count - loaded - books.count(.quarantined)
            left += books.count(.quarantined)
            var text = "\(record.relation)  batch \(record.batch)  \(grouped(loaded)) \(loaded == 1 ? "row" : "rows") loaded"
            if older > 0 { text += ", \(grouped(older)) older than what is there" }
            if books.count(.quarantined) > 0 { text += ", \(grouped(books.count(.quarantined))) still set aside" }
            say(text)
        }
        return left == 0
    }
}
