internal import Kernel

/// How the bytes of a landed file are to be read. They lie there as the source gave them.
public struct RawFormat: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case csv
        /// One JSON document: a page as an API gives it.
        case json
        /// One JSON value on each line.
        case ndjson
    }
    public enum Compression: String, Sendable { case none, gzip }

    public var kind: Kind
    public var compression: Compression
    /// One ASCII character.
    public var delimiter: UInt8
    /// Unquoted fields that mean null. A quoted field is never null.
    public var nullTokens: [String]
    /// Where the records of JSON are; nil takes each document as one record with its own members.
    public var shape: RecordShape?

    public init(_ kind: Kind, compression: Compression = .none, delimiter: UInt8 = UInt8(ascii: ","), nullTokens: [String] = [""]) {
        self.kind = kind
        self.compression = compression
        self.delimiter = delimiter
        self.nullTokens = nullTokens
    }

    /// A page of JSON, or lines of it.
    public init(_ kind: Kind, shape: RecordShape, compression: Compression = .none) {
        self.init(kind, compression: compression)
        self.shape = shape
    }

    /// The end of a file's name: `csv`, `csv.gz`.
    var suffix: String { compression == .gzip ? "\(kind.rawValue).gz" : kind.rawValue }

    var json: JSON {
        var json: JSON = [
            "kind": .string(kind.rawValue), "compression": .string(compression.rawValue),
            "delimiter": .string(String(UnicodeScalar(delimiter))), "null_tokens": .array(nullTokens.map(JSON.string)),
        ]
        if let shape { json["shape"] = shape.json }
        return json
    }

    init?(_ json: JSON?) {
        guard let json, let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let compression = json["compression"]?.stringValue.flatMap(Compression.init(rawValue:)),
            let delimiter = json["delimiter"]?.stringValue?.utf8.first, let tokens = json["null_tokens"]?.arrayValue
        else { return nil }
        self.init(kind, compression: compression, delimiter: delimiter, nullTokens: tokens.compactMap(\.stringValue))
        if let written = json["shape"] {
            guard let shape = RecordShape(written) else { return nil }
            self.shape = shape
        }
    }
}
