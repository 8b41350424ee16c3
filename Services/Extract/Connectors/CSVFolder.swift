public import ConnectorKit
public import Kernel
internal import Landing

/// A watched folder of CSV files, plain or gzipped. Each file is one batch and one window: a file that comes again with
/// other content replaces the rows of its older self; one that has not changed is not read again.
public struct CSVFolder: Connector {
    public static let spec = ConnectorSpec(
        name: "csv", summary: "CSV files in a folder, .csv or .csv.gz",
        options: [
            ConnectorOption("folder", .text, "where the files arrive", isRequired: true),
            ConnectorOption("delimiter", .text, "one ASCII character between fields", standard: ","),
            ConnectorOption("null_tokens", .list, "unquoted fields that mean null", standard: [""]),
        ],
        streamOptions: [
            ConnectorOption("path", .text, "a pattern for the names of the files: flights_*.csv.gz", isRequired: true),
            ConnectorOption("delimiter", .text, "one ASCII character between fields, for this stream"),
        ],
        example: """
            extract:
              - connector: csv
                settings: {folder: "${SLUICE_INBOX}", null_tokens: ["NA"]}
                streams:
                  flights: {path: "flights_*.csv.gz"}
                  airlines: {path: airlines.csv, disposition: replace}
            """)

    public struct Settings: Decodable, Sendable {
        var folder: String
        var delimiter: String
        var null_tokens: [String]
    }

    /// A file changed within this time before it is looked at may change again without its time telling: clocks of file
    /// systems tick every few milliseconds, on some only every two seconds.
    static let settlingSeconds = 2.5

    private let settings: Settings
    private let context: ConnectorContext

    public init(settings: Settings, context: ConnectorContext) throws {
        self.settings = settings
        self.context = context
        _ = try Self.byte(settings.delimiter)
    }

    public func check() async throws { _ = try SourceFile.files(in: settings.folder, matching: "*") }

    public func examine(_ streams: JSONObject, tell: @Sendable (Finding) -> Void) async {
        do {
            try await check()
            tell(Finding("folder", .ok, settings.folder))
            for (name, config) in streams.pairs {
                let pattern = config["path"]?.stringValue ?? ""
                let files = try SourceFile.files(in: settings.folder, matching: pattern)
                let unreadable = files.filter { !$0.isReadable }
                if let file = unreadable.first {
                    tell(Finding(
                        "stream \(name)", .fail, "\(unreadable.count == 1 ? "a file" : "\(unreadable.count) files") cannot be read", location: file.path,
                        remedy: "let this user read it", code: "extract.cannot_read"))
                } else if files.isEmpty {
                    tell(Finding("stream \(name)", .warn, "no file matches '\(pattern)' yet", location: settings.folder, remedy: "put one there, or correct path"))
                } else {
                    tell(Finding("stream \(name)", .ok, "\(files.count) \(files.count == 1 ? "file" : "files")"))
                }
            }
        } catch {
            tell(Finding("folder", failed: error))
        }
    }

    /// One stream for each stem of a file's name.
    public func discover() async throws -> Catalog {
        let files = try SourceFile.files(in: settings.folder, matching: "*.csv*")
        return Catalog(
            streams: files.map { file in
                let stem = file.name.split(separator: ".").first.map(String.init) ?? file.name
                return Catalog.Stream(name: stem.lowercased(), config: ["path": .string(file.name)])
            })
    }

    /// The cursor is what each file was when it was read: `{files: {name: {sha256, bytes, changed_at}}}`.
    public func read(_ request: ReadRequest, into sink: some RecordSink) async throws {
        let pattern = request.config["path"]?.stringValue ?? ""
        var delimiter = try Self.byte(settings.delimiter)
        if let own = request.config["delimiter"]?.stringValue { delimiter = try Self.byte(own) }
        let nullTokens = request.config["null_tokens"]?.arrayValue?.compactMap(\.stringValue) ?? settings.null_tokens
        var known = request.cursor["files"]?.objectValue ?? JSONObject()
        for file in try SourceFile.files(in: settings.folder, matching: pattern) {
            var entry = known[file.name] ?? [:]
            // The same size and time are taken as the same content, as make and rsync do; see `settlingSeconds` for when not.
            if entry["bytes"]?.intValue == file.bytes, entry["changed_at"]?.intValue == file.changedAt { continue }
            // A file that is known is read for its digest first; of a new one, the landing takes it on the way.
            var digest = entry["sha256"] != nil ? try file.digest() : ""
            if entry["sha256"]?.stringValue != digest {
                let format = RawFormat(
                    .csv, compression: file.name.hasSuffix(".gz") ? .gzip : .none, delimiter: delimiter, nullTokens: nullTokens)
                digest = try await sink.send(RecordBatch(.file(file.path), format: format, window: file.name, source: file.name))
            }
            entry = ["sha256": .string(digest), "bytes": JSON(file.bytes)]
            if isSettled(file) { entry["changed_at"] = JSON(file.changedAt) }
            known[file.name] = entry
        }
        try await sink.checkpoint(["files": .object(known)])
    }

    private func isSettled(_ file: SourceFile) -> Bool {
        context.now().seconds - Double(file.changedAt) / 1e9 > Self.settlingSeconds
    }

    private static func byte(_ text: String) throws -> UInt8 {
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80, byte != 0x22, byte != 0x0a, byte != 0x0d else {
            throw SettingsProblem.single("setting 'delimiter' is not one ASCII character other than a quote or a line end", connector: spec.name)
        }
        return byte
    }
}
