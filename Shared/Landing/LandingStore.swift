public import Kernel
internal import Digest
internal import Glibc

/// The raw files below a home folder: `raw/<pipeline>/<stream>/<YYYY-MM>/…`. Files are written once and never changed.
public struct LandingStore: Sendable {
    public let home: String
    public init(home: String) { self.home = home }

    func absolute(_ path: String) -> String { "\(home)/\(path)" }

    /// Where a task's manifest lies, whether or not it does yet.
    public func manifestPath(run: RunID, task: TaskID, pipeline: String, stream: String, date: Timestamp) -> String {
        "\(folder(pipeline, stream, date))/\(Self.fileName(run, task)).manifest.json"
    }

    func folder(_ pipeline: String, _ stream: String, _ date: Timestamp) -> String {
        let month = String(date.description.prefix(7))
        return "raw/\(Self.safe(pipeline))/\(Self.safe(stream))/\(month)"
    }

    /// A name for people that is unique too: ids that a file's name cannot hold are told apart by their digest.
    static func fileName(_ run: RunID, _ task: TaskID) -> String {
        let plain = "\(run).\(task)"
        let readable = safe(plain)
        guard readable != plain || plain.utf8.count > 150 else { return plain }
        return "\(readable.prefix(100))-\(Digest.hex(.sha256, plain).prefix(16))"
    }

    private static func safe(_ text: String) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "@"): byte
            default: UInt8(ascii: "_")
            }
        }
        if bytes.first == UInt8(ascii: ".") { bytes[0] = UInt8(ascii: "_") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The manifest at a path below the home folder; nil where there is none.
    public func manifestIfPresent(_ path: String) throws -> LandingManifest? {
        guard access(absolute(path), F_OK) == 0 else { return nil }
        return try LandingReader(self).manifest(path)
    }

    /// Removes a manifest and what it lists: for what was landed for a load that has not happened.
    public func remove(_ manifest: LandingManifest, at path: String) {
        unlink(absolute(path))
        for batch in manifest.batches { unlink(absolute(batch.path)) }
    }

    /// Starts one attempt at an extract task. Its files have names that no other attempt has.
    public func attempt(run: RunID, task: TaskID, pipeline: String, stream: String, date: Timestamp) throws -> LandingAttempt {
        let folder = folder(pipeline, stream, date)
        try Disk.createFolder(absolute(folder))
        let manifest = LandingManifest(run: run, task: task, pipeline: pipeline, stream: stream, batches: [], cursor: .null, sourceCount: nil)
        return LandingAttempt(
            store: self, folder: folder, prefix: "\(Self.fileName(run, task)).\(String(UInt64.random(in: .min ... .max), radix: 36))",
            manifestPath: manifestPath(run: run, task: task, pipeline: pipeline, stream: stream, date: date), manifest: manifest)
    }
}

/// One attempt to land a stream. Nothing that it writes counts until `seal`.
public struct LandingAttempt: Sendable {
    let store: LandingStore
    let folder: String
    let prefix: String
    public let manifestPath: String
    public private(set) var manifest: LandingManifest

    init(store: LandingStore, folder: String, prefix: String, manifestPath: String, manifest: LandingManifest) {
        self.store = store
        self.folder = folder
        self.prefix = prefix
        self.manifestPath = manifestPath
        self.manifest = manifest
    }

    /// Lands a copy of a file as the next batch.
    public mutating func land(file: String, format: RawFormat, window: String?, source: String) throws {
        try land(copyOf: file, format: format, window: window, source: source)
    }

    /// Lands a copy of a file as the next batch. Its window is its content: the same bytes are the same window, by whatever name.
    public mutating func land(contentOf file: String, format: RawFormat, source: String) throws {
        try land(copyOf: file, format: format, window: nil, source: source)
        let last = manifest.batches.count - 1
        manifest.batches[last].window = "sha256 \(manifest.batches[last].sha256)"
    }

    /// Lands bytes as the next batch.
    public mutating func land(bytes: [UInt8], format: RawFormat, window: String?, source: String) throws {
        try land(format: format, window: window, source: source) { path in
            try Disk.write(to: path) { take in try bytes.withUnsafeBytes(take) }
        }
    }

    /// The digest and the sync go on beside the count: each reads the copy, which nobody changes any more.
    private mutating func land(copyOf file: String, format: RawFormat, window: String?, source: String) throws {
        let (ordinal, path) = list(format, window, source)
        let absolute = store.absolute(path)
        manifest.batches[ordinal].bytes = try Disk.copy(file, to: absolute)
        let digest = Beside { () throws -> String in
            let sha256 = try Disk.sha256(MappedFile(absolute))
            try Disk.sync(absolute)
            return sha256
        }
        let counted = Result { try count(ordinal) }
        manifest.batches[ordinal].sha256 = try digest.wait()
        try counted.get()
    }

    private mutating func land(
        format: RawFormat, window: String?, source: String, _ write: (String) throws -> (sha256: String, bytes: Int)
    ) throws {
        let (ordinal, path) = list(format, window, source)
        let (sha256, bytes) = try write(store.absolute(path))
        manifest.batches[ordinal].sha256 = sha256
        manifest.batches[ordinal].bytes = bytes
        try count(ordinal)
    }

    /// The batch is listed before it is whole, so that `discard` removes it whatever happens.
    private mutating func list(_ format: RawFormat, _ window: String?, _ source: String) -> (ordinal: Int, path: String) {
        let ordinal = manifest.batches.count
        let path = "\(folder)/\(prefix).\(ordinal).\(format.suffix)"
        manifest.batches.append(
            LandedBatch(ordinal: ordinal, path: path, format: format, sha256: "", bytes: 0, tally: .zero, window: window, source: source, header: []))
        return (ordinal, path)
    }

    /// Counted in the landed copy, which cannot change any more, and not in the source's file, which can.
    private mutating func count(_ ordinal: Int) throws {
        let batch = manifest.batches[ordinal]
        let landed = try LandingReader(store).unverified(batch)
        (manifest.batches[ordinal].header, manifest.batches[ordinal].tally) = try RecordCounter.count(landed, format: batch.format, source: batch.source)
    }

    /// Creates the task's manifest if no other attempt has. Whoever comes second removes its own files.
    ///
    /// - Returns: the manifest that stands, ours or the one that was there first.
    public consuming func seal(
        cursor: JSON, sourceCount: Int? = nil, notes: [String] = [], facts: JSON = [:]
    ) throws -> LandingManifest {
        manifest.cursor = cursor
        manifest.sourceCount = sourceCount
        manifest.notes = notes
        manifest.facts = facts
        // Where it fails, the next one does it.
        if let swept = try? LandingSweep(store: store).sweep(stream: Disk.folder(of: folder)), !swept.isEmpty {
            manifest.notes.append("\(swept.count) \(swept.count == 1 ? "file" : "files") of attempts that died, older than 7 days, removed: \(Self.shown(swept))")
        }
        let draft = store.absolute("\(folder)/\(prefix).manifest.tmp")
        let path = store.absolute(manifestPath)
        let text = Array(manifest.fileText.utf8)
        _ = try Disk.write(to: draft) { take in try text.withUnsafeBytes(take) }
        try Disk.syncFolder(store.absolute(folder))
        // A link appears whole or not at all, and never over another file.
        let status = link(draft, path)
        let number = errno
        unlink(draft)
        if status == 0 {
            try Disk.syncFolder(store.absolute(folder))
            return manifest
        }
        guard number == EEXIST else { throw LandingProblem.disk(path, "create a manifest", number) }
        discard()
        // The other attempt may have died between its link and its sync.
        try Disk.syncFolder(store.absolute(folder))
        return try LandingReader(store).manifest(manifestPath)
    }

    private static func shown(_ files: [String]) -> String {
        let names = files.prefix(5).map { String($0.split(separator: "/").last ?? "") }.joined(separator: ", ")
        return files.count > 5 ? names + ", …" : names
    }

    /// Removes this attempt's files.
    public func discard() { for batch in manifest.batches { unlink(store.absolute(batch.path)) } }
}
