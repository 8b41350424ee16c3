internal import Contracts
internal import Kernel
internal import Landing
internal import WarehouseKit

/// `sluice load <file> --into <table> --warehouse <url> …`, its words read.
struct LoadCommand {
    static let usage = """
        usage: sluice load <file> --into <table> --warehouse <url> [--disposition append|replace|merge] [--key <column>]…
          <file>                   .csv, .tsv, .ndjson or .jsonl, also with .gz behind it; - is standard input
          --into <table>           table or schema.table; made where it is missing, with the types of the rows
          --disposition <word>     append (the standard): the rows are added, and the same bytes again take their own place
                                   replace: the table becomes the file, in one moment
                                   merge: one row for each key
          --key <column>           for merge; once for each column of the key
          --order-by <column>      for merge: the row with the greatest value stands; otherwise the later one
          --window <name>          for append: the part of the table that the file is the whole of; an older load of it goes
          --format csv|ndjson      where the file's name does not say it
          --delimiter <character>  of CSV, tab for one; the standard is a tab for .tsv, otherwise a comma
          --null <text>            what an unquoted field of CSV says for null, once for each; the standard is an empty field
          --type <column>=<type>   boolean, integer, real, decimal, date, timestamp, timestamp_without_zone, json or text, whatever the rows look like
          --contract <word>        what a new column or a wider type does to a table that is there: evolve changes it (the standard),
                                   freeze fails, quarantine sets the row aside
          --quarantine-max <rows>  how many rows that cannot be loaded are set aside, or 1%; one more and nothing is loaded (0)
        Columns are named in lower case, as they are in the table. The file is kept below SLUICE_HOME/raw.
        Exit status: 0 loaded, 1 not loaded, 2 the words are wrong, 3 the warehouse is out of reach.
        """
    private static let options = [
        "into", "warehouse", "disposition", "key", "order-by", "window", "format", "delimiter", "null", "type", "contract", "quarantine-max",
    ]

    let file: SourceFile
    let schema: String?
    let table: String
    /// References to variables unfilled.
    let warehouse: String
    let window: String?
    /// As a pipeline writes it of a stream.
    let config: JSON

    init(_ given: [String]) throws {
        let words = try CommandWords(given, options: Self.options, usage: Self.usage)
        guard words.plain.count == 1 else {
            throw CommandWords.wrong(words.plain.isEmpty ? "the file is missing" : "one file is loaded at a time, and \(words.plain.count) are named", Self.usage)
        }
        func one(_ option: String) throws -> String? { try words.one(option, usage: Self.usage) }
        warehouse = try words.required("warehouse", usage: Self.usage)
        (schema, table) = try Self.relation(try words.required("into", usage: Self.usage))
        window = try one("window")
        var config = JSONObject()
        config["quarantine_max"] = try Self.limit(try one("quarantine-max") ?? "0")

        let disposition = try Self.disposition(try one("disposition") ?? "append")
        config["disposition"] = .string(disposition.rawValue)
        let key = words.all("key").flatMap { $0.split(separator: ",").map(String.init) }
        guard (disposition == .merge) == !key.isEmpty else {
            throw CommandWords.wrong(key.isEmpty ? "a merge needs the key by which rows are the same: --key id" : "--key belongs to --disposition merge", Self.usage)
        }
        if !key.isEmpty { config["key"] = .array(key.map(JSON.string)) }
        if let column = try one("order-by") {
            guard disposition == .merge else { throw CommandWords.wrong("--order-by belongs to --disposition merge", Self.usage) }
            config["order_by"] = .string(column)
        }
        guard window == nil || disposition == .append else { throw CommandWords.wrong("--window belongs to --disposition append", Self.usage) }
        if let contract = try one("contract") {
            guard ColumnRules.Contract(rawValue: contract) != nil else {
                throw CommandWords.wrong("--contract is evolve, freeze or quarantine, and not '\(contract)'", Self.usage)
            }
            config["contract"] = .string(contract)
        }
        let types = try Self.types(words)
        if !types.keys.isEmpty { config["types"] = .object(types) }
        self.config = .object(config)
        file = try SourceFile(
            words.plain[0], format: try one("format"), delimiter: try one("delimiter"), nullTokens: words.all("null"), usage: Self.usage)
    }

    /// Pinned types, as `--type zip=text` writes them.
    static func types(_ words: CommandWords) throws -> JSONObject {
        var types = JSONObject()
        for pin in words.all("type") {
            let sides = pin.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { throw CommandWords.wrong("--type '\(pin)' is not written as column=type", usage) }
            types[sides[0]] = .string(sides[1])
        }
        return types
    }

    static func relation(_ text: String) throws -> (schema: String?, table: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.allSatisfy(Name.isValid) else {
            throw PlainProblem(
                "settings.bad_stream", "'\(text)' is no name for a table", at: .named(text),
                remedy: "use lower-case letters, digits and _, starting with a letter, and schema.table for one in another schema")
        }
        return (parts.count == 2 ? parts[0] : nil, parts[parts.count - 1])
    }

    private static func disposition(_ word: String) throws -> Disposition {
        guard let disposition = Disposition(rawValue: word), disposition != .snapshot else {
            throw CommandWords.wrong("--disposition is append, replace or merge, and not '\(word)'", usage)
        }
        return disposition
    }

    private static func limit(_ text: String) throws -> JSON {
        let value = Int(text).map { JSON($0) } ?? .string(text)
        guard (try? QuarantineLimit(value, of: "")) != nil else {
            throw CommandWords.wrong("--quarantine-max '\(text)' is no number of rows and no share like 1%", usage)
        }
        return value
    }
}
