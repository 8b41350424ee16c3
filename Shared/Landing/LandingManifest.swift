public import Kernel
internal import Digest

/// One file as it landed: where it lies, what it is, and what it must add up to.
public struct LandedBatch: Hashable, Sendable {
    public var ordinal: Int
    /// Below the home folder: `raw/flights/flights/2013-01/….csv`.
    public var path: String
    public var format: RawFormat
    /// Of the file's bytes, and their number.
    public var sha256: String
    public var bytes: Int
    /// The records, header excluded.
    public var tally: Tally
    /// The part of the stream that this batch is the whole of; nil where the stream has no windows.
    public var window: String?
    /// What the source calls it: a file's name, a page's address.
    public var source: String
    /// The columns in their order, as the source writes them.
    public var header: [String]

    public init(
        ordinal: Int, path: String, format: RawFormat, sha256: String, bytes: Int, tally: Tally, window: String?, source: String, header: [String]
    ) {
        self.ordinal = ordinal
        self.path = path
        self.format = format
        self.sha256 = sha256
        self.bytes = bytes
        self.tally = tally
        self.window = window
        self.source = source
        self.header = header
    }
}

/// The commit of one extract task: what this file lists has landed, and nothing else has.
public struct LandingManifest: Hashable, Sendable {
    public var run: RunID
    public var task: TaskID
    public var pipeline: String
    public var stream: String
    public var batches: [LandedBatch]
    /// How far the stream has been read, once all batches are loaded.
    public var cursor: JSON
    /// The number of records that the source itself states, where it does.
    public var sourceCount: Int?
    /// What the report says to people beside its numbers.
    public var notes: [String] = []
    /// Facts about the reading, by name: a quota, the flags of a report.
    public var facts: JSON = [:]

    public var tally: Tally { batches.reduce(.zero) { $0 + $1.tally } }
}

extension LandingManifest {
    static let version = 1

    /// The file's text: the manifest and the digest of its text, so that a flipped digit is found.
    var fileText: String {
        let body = json
        return (["manifest": body, "sha256": .string(Digest.hex(.sha256, body.text()))] as JSON).text(isPretty: true) + "\n"
    }

    init(fileBytes: [UInt8], path: String) throws {
        guard let file = try? JSON(parsing: fileBytes) else { throw LandingProblem.damaged(path, "the manifest is torn: it is not JSON") }
        guard let body = file["manifest"], let stated = file["sha256"]?.stringValue, stated == Digest.hex(.sha256, body.text()) else {
            throw LandingProblem.damaged(path, "the manifest does not match its own digest")
        }
        guard body["version"]?.intValue == Self.version, let manifest = Self(body) else {
            throw LandingProblem.damaged(path, "the manifest is of a version that this program does not read")
        }
        self = manifest
    }

    private var json: JSON {
        var body: JSON = [
            "version": JSON(Self.version), "run": .string(run.description), "task": .string(task.description),
            "pipeline": .string(pipeline), "stream": .string(stream), "cursor": cursor,
            "batches": .array(batches.map(\.json)),
        ]
        if let sourceCount { body["source_count"] = JSON(sourceCount) }
        if !notes.isEmpty { body["notes"] = .array(notes.map(JSON.string)) }
        if facts != [:] { body["facts"] = facts }
        return body
    }

    private init?(_ json: JSON) {
        guard let run = json["run"]?.stringValue, let task = json["task"]?.stringValue, let pipeline = json["pipeline"]?.stringValue,
            let stream = json["stream"]?.stringValue, let batches = json["batches"]?.arrayValue
        else { return nil }
        self.init(
            run: RunID(run), task: TaskID(task), pipeline: pipeline, stream: stream, batches: batches.compactMap(LandedBatch.init),
            cursor: json["cursor"] ?? .null, sourceCount: json["source_count"]?.intValue,
            notes: json["notes"]?.arrayValue?.compactMap(\.stringValue) ?? [], facts: json["facts"] ?? [:])
        guard self.batches.count == batches.count else { return nil }
    }
}

extension LandedBatch {
    fileprivate var json: JSON {
        [
            "ordinal": JSON(ordinal), "path": .string(path), "format": format.json, "sha256": .string(sha256), "bytes": JSON(bytes),
            "count": JSON(tally.count), "sum": .string(tally.sumHex), "window": JSON(window), "source": .string(source),
            "header": .array(header.map(JSON.string)),
        ]
    }

    fileprivate init?(_ json: JSON) {
        guard let ordinal = json["ordinal"]?.intValue, let path = json["path"]?.stringValue, let format = RawFormat(json["format"]),
            let sha256 = json["sha256"]?.stringValue, let bytes = json["bytes"]?.intValue, let count = json["count"]?.intValue,
            let sum = json["sum"]?.stringValue.flatMap({ UInt128($0, radix: 16) }), let source = json["source"]?.stringValue,
            let header = json["header"]?.arrayValue
        else { return nil }
        self.init(
            ordinal: ordinal, path: path, format: format, sha256: sha256, bytes: bytes, tally: Tally(count: count, sum: sum),
            window: json["window"]?.stringValue, source: source, header: header.compactMap(\.stringValue))
    }
}
