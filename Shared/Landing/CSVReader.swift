/// Reads records of CSV from bytes, by RFC 4180 and, where that is silent, as Python's `csv` does.
///
/// - A quote opens a field only as its first byte; inside, two quotes are one. What follows the closing quote is taken as is.
/// - A record ends at LF, CRLF or CR outside quotes, or at the end of the file.
/// - A line without a byte is no record, but in a file of one column it is a record of one empty field.
/// - A byte order mark at the start is skipped.
///
/// Fields are pointers into the given bytes, or into a scratch area that lasts until the next record; no `String` is made.
public struct CSVReader: ~Copyable {
    public struct Field {
        public var bytes: UnsafeBufferPointer<UInt8>
        public var isQuoted: Bool
        /// The source says that this is a text, whatever it looks like. CSV never does.
        public var isText = false

        public init(bytes: UnsafeBufferPointer<UInt8>, isQuoted: Bool, isText: Bool = false) {
            self.bytes = bytes
            self.isQuoted = isQuoted
            self.isText = isText
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let delimiter: UInt8
    /// No byte above this one is special.
    private let specialMax: UInt8
    private var place = 0
    private var nextLine = 1

    /// The line of the current record's first byte, counted from 1.
    public private(set) var line = 0
    /// The current record as it landed, without its line end.
    public private(set) var record = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The line of a quote that is never closed, once `next` has met it.
    public private(set) var unterminatedLine: Int?
    public private(set) var fieldCount = 0
    /// In a file of one column an empty line is a record.
    public var keepsEmptyLines = false

    private var fields: UnsafeMutableBufferPointer<Field>
    private var scratch: UnsafeMutableBufferPointer<UInt8>

    /// `bytes` must outlive the reader.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8 = UInt8(ascii: ",")) {
        self.bytes = bytes
        self.delimiter = delimiter
        specialMax = max(delimiter, 0x0d)
        fields = .allocate(capacity: 64)
        scratch = .allocate(capacity: 0)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
    }

    deinit {
        fields.deallocate()
        scratch.deallocate()
    }

    /// The current record's fields; valid until `next`.
    public var current: UnsafeBufferPointer<Field> { UnsafeBufferPointer(rebasing: fields[..<fieldCount]) }
    public subscript(index: Int) -> Field { fields[index] }

    /// Moves to the next record; false at the end, and at a quote that is never closed.
    public mutating func next() -> Bool {
        let end = bytes.count
        guard let base = bytes.baseAddress else { return false }
        if !keepsEmptyLines {
            while place < end, base[place] == 0x0a || base[place] == 0x0d {
                if base[place] == 0x0a || place + 1 >= end || base[place + 1] != 0x0a { nextLine += 1 }
                place += 1
            }
        }
        guard place < end, unterminatedLine == nil else { return false }
        let delimiter = delimiter
        let specialMax = specialMax
        let recordStart = place
        var here = place
        var needsRepair = false
        line = nextLine
        fieldCount = 0
        while true {
            let start = here
            var field: Field
            if here < end, base[here] == 0x22 {
                guard let closing = closingQuote(from: here + 1) else { return false }
                if closing + 1 == end || base[closing + 1] == delimiter || base[closing + 1] == 0x0a || base[closing + 1] == 0x0d {
                    here = closing + 1
                    field = Field(bytes: UnsafeBufferPointer(start: base + start + 1, count: closing - start - 1), isQuoted: true)
                    if sawPair { needsRepair = true; field.bytes = UnsafeBufferPointer(start: base + start, count: here - start) }
                } else {
                    // Text behind the closing quote: the field goes on, and a quote in it is only a byte.
                    here = closing + 1
                    while here < end, base[here] != delimiter, base[here] != 0x0a, base[here] != 0x0d { here += 1 }
                    needsRepair = true
                    sawPair = true
                    field = Field(bytes: UnsafeBufferPointer(start: base + start, count: here - start), isQuoted: true)
                }
                if sawPair { markRepair() }
            } else {
                while here < end {
                    let byte = base[here]
                    if byte <= specialMax, byte == delimiter || byte == 0x0a || byte == 0x0d { break }
                    here += 1
                }
                field = Field(bytes: UnsafeBufferPointer(start: base + start, count: here - start), isQuoted: false)
            }
            if fieldCount == fields.count { growFields() }
            fields[fieldCount] = field
            fieldCount += 1
            if here < end, base[here] == delimiter { here += 1; continue }
            break
        }
        record = UnsafeBufferPointer(start: base + recordStart, count: here - recordStart)
        if here < end {
            here += base[here] == 0x0d && here + 1 < end && base[here + 1] == 0x0a ? 2 : 1
            nextLine += 1
        }
        place = here
        if needsRepair { repair() }
        return true
    }

    // Whether the quoted field just read holds a doubled quote or text behind its closing quote; and which fields do.
    private var sawPair = false
    private var repairs: [Int] = []

    private mutating func markRepair() { repairs.append(fieldCount) }

    private mutating func closingQuote(from start: Int) -> Int? {
        let base = bytes.baseAddress!
        let end = bytes.count
        let openedAt = nextLine
        var here = start
        sawPair = false
        while here < end {
            let byte = base[here]
            if byte == 0x22 {
                guard here + 1 < end, base[here + 1] == 0x22 else { return here }
                sawPair = true
                here += 2
                continue
            }
            if byte == 0x0a || (byte == 0x0d && !(here + 1 < end && base[here + 1] == 0x0a)) { nextLine += 1 }
            here += 1
        }
        unterminatedLine = openedAt
        return nil
    }

    /// Writes the fields that are not a plain piece of the file into the scratch area.
    private mutating func repair() {
        if scratch.count < record.count {
            scratch.deallocate()
            scratch = .allocate(capacity: record.count * 2)
        }
        var filled = 0
        for index in repairs {
            let raw = fields[index].bytes
            let first = filled
            var isInside = true
            var place = 1
            while place < raw.count {
                let byte = raw[place]
                if isInside, byte == 0x22 {
                    if place + 1 < raw.count, raw[place + 1] == 0x22 { place += 1 } else { isInside = false; place += 1; continue }
                }
                scratch[filled] = byte
                filled += 1
                place += 1
            }
            fields[index].bytes = UnsafeBufferPointer(start: UnsafePointer(scratch.baseAddress! + first), count: filled - first)
        }
        repairs.removeAll(keepingCapacity: true)
    }

    private mutating func growFields() {
        let larger = UnsafeMutableBufferPointer<Field>.allocate(capacity: fields.count * 2)
        _ = larger.moveInitialize(fromContentsOf: fields)
        fields.deallocate()
        fields = larger
    }
}
