internal import Glibc
internal import Kernel
internal import Landing
internal import Platform

/// A file that a person names, and how its bytes are to be read.
struct SourceFile {
    let path: String
    /// For messages and the ledger.
    let name: String
    let format: RawFormat
    /// Nobody has said what stands between the fields.
    private let isDelimiterAssumed: Bool

    init(_ word: String, format named: String?, delimiter: String?, nullTokens: [String], usage: String) throws {
        name = word == "-" ? "standard input" : word
        path = word == "-" ? "/dev/stdin" : Files.absolute(word)
        try Self.check(path, name)
        let compression: RawFormat.Compression = word.hasSuffix(".gz") ? .gzip : .none
        let plain = compression == .gzip ? String(word.dropLast(3)) : word
        let ending = plain.split(separator: "/").last?.split(separator: ".").dropFirst().last.map { $0.lowercased() }
        isDelimiterAssumed = delimiter == nil
        switch named ?? ending {
        case "csv", "tsv":
            let byte = try delimiter.map { try Self.byte($0, usage) } ?? UInt8(ascii: ending == "tsv" ? "\t" : ",")
            format = RawFormat(.csv, compression: compression, delimiter: byte, nullTokens: nullTokens.isEmpty ? [""] : nullTokens)
        case "ndjson", "jsonl":
            guard delimiter == nil, nullTokens.isEmpty else { throw CommandWords.wrong("--delimiter and --null belong to CSV", usage) }
            format = RawFormat(.ndjson, shape: RecordShape(isOpen: true), compression: compression)
        case let other:
            if let named { throw CommandWords.wrong("--format is csv or ndjson, and not '\(named)'", usage) }
            throw PlainProblem(
                "settings.command_line", word == "-" ? "nothing says what comes by standard input" : "the name \(name) does not say that there are CSV or lines of JSON in it", at: .file(name), remedy: Self.remedy(other))
        }
    }

    private static let delimiters = [UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|"), UInt8(ascii: ",")]

    private static func remedy(_ ending: String?) -> String {
        switch ending {
        case "json": "make lines of its records with jq -c '.[]', or say --format ndjson where it has a record in each line"
        case "xls", "xlsx", "xlsm", "ods": "save the sheet as CSV in UTF-8 and load that"
        case "zip", "bz2", "xz", "zst": "unpack it; gzip is read as it is"
        case "parquet", "avro", "orc": "convert it to CSV or to lines of JSON"
        default: "say --format csv or --format ndjson"
        }
    }

    /// What would load without a word and is none of it what was meant.
    ///
    /// - Parameter header: the columns that were found.
    func check(_ header: [String]) throws {
        guard format.kind == .csv, let first = header.first else { return }
        if header.count <= 2, first.lowercased().hasPrefix("sep=") {
            throw PlainProblem(
                "landing.bad_record", "the first line is a spreadsheet's note of its delimiter, and not the header", at: .file(name, line: 1),
                remedy: "take the line away: tail -n +2, and give the delimiter: --delimiter '\(first.dropFirst(4).first ?? ";")'")
        }
        guard isDelimiterAssumed, header.count == 1, let other = Self.delimiters.first(where: { $0 != format.delimiter && first.utf8.contains($0) }) else { return }
        func shown(_ byte: UInt8) -> String { byte == UInt8(ascii: "\t") ? "tab" : "'\(Character(Unicode.Scalar(byte)))'" }
        func words(_ byte: UInt8) -> String { byte == UInt8(ascii: "\t") ? "tabs" : shown(byte) }
        throw PlainProblem(
            "landing.bad_record", "between \(words(format.delimiter)) the header is one column, and it holds \(words(other))", at: .file(name, line: 1),
            remedy: "give what stands between the fields: --delimiter \(shown(other)); if it is one column, --delimiter \(shown(format.delimiter))")
    }

    private static func check(_ path: String, _ name: String) throws {
        var facts = stat()
        let status = stat(path, &facts)
        guard status == 0, facts.st_mode & S_IFMT != S_IFDIR, access(path, R_OK) == 0 else {
            let isFolder = status == 0 && facts.st_mode & S_IFMT == S_IFDIR
            throw PlainProblem(
                "settings.cannot_read", "the file cannot be read: \(isFolder ? "it is a folder" : String(cString: strerror(errno)))", at: .file(name),
                remedy: isFolder
                    ? "name the files one by one, or watch the folder with a pipeline's connector csv" : "check that the file is there and may be read by this user")
        }
    }

    private static func byte(_ text: String, _ usage: String) throws -> UInt8 {
        // As people write what no key of theirs types.
        if ["tab", "\\t"].contains(text) { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80, byte != 0x22, byte != 0x0a, byte != 0x0d else {
            throw CommandWords.wrong("--delimiter is one ASCII character other than a quote or a line end", usage)
        }
        return byte
    }
}
