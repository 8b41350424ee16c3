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

    init(_ word: String, format named: String?, delimiter: String?, nullTokens: [String], usage: String) throws {
        name = word == "-" ? "standard input" : word
        path = word == "-" ? "/dev/stdin" : Files.absolute(word)
        try Self.check(path, name)
        let compression: RawFormat.Compression = word.hasSuffix(".gz") ? .gzip : .none
        let plain = compression == .gzip ? String(word.dropLast(3)) : word
        let ending = plain.split(separator: "/").last?.split(separator: ".").dropFirst().last.map { $0.lowercased() }
        switch named ?? ending {
        case "csv", "tsv":
            let byte = try delimiter.map { try Self.byte($0, usage) } ?? UInt8(ascii: ending == "tsv" ? "\t" : ",")
            format = RawFormat(.csv, compression: compression, delimiter: byte, nullTokens: nullTokens.isEmpty ? [""] : nullTokens)
        case "ndjson", "jsonl":
            guard delimiter == nil, nullTokens.isEmpty else { throw CommandWords.wrong("--delimiter and --null belong to CSV", usage) }
            format = RawFormat(.ndjson, shape: RecordShape(isOpen: true), compression: compression)
        case let other:
            let what = named.map { "--format is csv or ndjson, and not '\($0)'" } ?? "the name \(name) does not say what is in the file"
            throw CommandWords.wrong(other == nil || named == nil ? "\(what); say it with --format csv or --format ndjson" : what, usage)
        }
    }

    private static func check(_ path: String, _ name: String) throws {
        var facts = stat()
        let status = stat(path, &facts)
        guard status == 0, facts.st_mode & S_IFMT != S_IFDIR, access(path, R_OK) == 0 else {
            let reason = status == 0 && facts.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : String(cString: strerror(errno))
            throw PlainProblem(
                "settings.cannot_read", "the file cannot be read: \(reason)", at: .file(name), remedy: "check that the file is there and may be read by this user")
        }
    }

    private static func byte(_ text: String, _ usage: String) throws -> UInt8 {
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80, byte != 0x22, byte != 0x0a, byte != 0x0d else {
            throw CommandWords.wrong("--delimiter is one ASCII character other than a quote or a line end", usage)
        }
        return byte
    }
}
