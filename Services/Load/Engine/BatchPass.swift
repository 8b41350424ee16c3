internal import Contracts
internal import Glibc
internal import Kernel
internal import Landing
internal import WarehouseKit

/// A row that cannot be loaded, and why. The reason holds no data.
struct Quarantined {
    var row: Int
    var line: Int
    var reason: String
    var raw: Bytes

    static let notUTF8 = "not UTF-8"
    static func width(_ count: Int, header: Int) -> String { "\(count) \(count == 1 ? "field" : "fields") where the header has \(header)" }
}

/// Wrong turns for tests of the books.
enum LoadFault: Sendable {
    /// The record is read past, as a bug in the reader would.
    case unseen(row: Int)
    /// The row gets its fate and does not reach the engine.
    case unwritten(row: Int)
    /// The row reaches the engine twice.
    case doubled(row: Int)
    /// The records behind this one are not read, as if the file ended there.
    case truncated(after: Int)
    /// A page's records are read twice.
    case repeated(ClosedRange<Int>)
    /// Once types had to be widened, the second pass finds nothing.
    case emptySecondPass
}

/// One pass over a batch: fields to cells under the column types of the moment, rows to the writer.
///
/// Types are those of all rows, and yet most batches are read once: the pass starts with the types of the first rows and
/// stops at the first value that does not fit. It then reads the rest for its types only, and the caller starts again.
struct BatchPass {
    static let sampleRows = 1_000

    struct Column {
        var name: String
        var type: ColumnType
        /// A value that does not fit quarantines its row: the pipeline declares the type, or its contract keeps it.
        var isPinned: Bool
        /// The pipeline declares the type, and values are read as it says: a time without a zone as UTC, any JSON as JSON.
        var isDeclared = false
        /// Part of the key: null quarantines the row.
        var isKey: Bool
    }

    enum Outcome { case done, widened }

    let bytes: Bytes
    let format: RawFormat
    /// As the manifest has it: JSON names its members there, CSV in its first line.
    let header: [String]
    let nullTokens: [[UInt8]]
    let batch: Int64
    let fault: LoadFault?
    var columns: [Column]
    var books = Books()
    /// The hash of each row, where the caller finds the fates later.
    var hashes: [UInt128]?
    /// The rows that are written; nil for all. Types are those of all rows in any case.
    var only: Set<Int>?
    /// Told from time to time that nothing before a place is needed any more.
    var forget: (UnsafePointer<UInt8>) -> Void = { _ in }
    /// See `WarehouseSession`.
    var hasDecimals = true
    /// What happens to each record before its types are looked at; the columns are what comes out of it.
    var preparation: Preparation?
    /// The pass is over one column's nested values, and not over the records.
    var nested: Nested?
    struct Nested {
        let field: Int
        let parents: Set<Int>
        var members: [String] = []
        var hasValues = true
    }
    /// How many records each rule of `prepare` has dropped.
    private(set) var dropped: [String: Int] = [:]
    private(set) var rows = 0
    private var passes = 0

    init(bytes: Bytes, format: RawFormat, header: [String], batch: Int64, columns: [Column], keepsHashes: Bool, fault: LoadFault?) {
        self.bytes = bytes
        self.format = format
        self.header = header
        nullTokens = format.nullTokens.map { Array($0.utf8) }
        self.batch = batch
        self.columns = columns
        self.fault = fault
        hashes = keepsHashes ? [] : nil
    }

    private var csv: CSVReader {
        var reader = CSVReader(bytes, delimiter: format.delimiter)
        _ = reader.next()
        reader.keepsEmptyLines = header.count == 1
        return reader
    }

    private var json: JSONRecordReader { JSONRecordReader(bytes, format: format, header: header) }

    /// What the nested values are made of.
    func learnNested() -> (members: [String], hasValues: Bool) {
        guard let nested, !nested.parents.isEmpty else { return ([], false) }
        if format.kind == .csv {
            var reader = ChildReader(csv, nested)
            return reader.learn()
        }
        var reader = ChildReader(json, nested)
        return reader.learn()
    }

    /// What is prepared has one spelling of null.
    private var nulls: NullTokens { NullTokens(preparation == nil && nested == nil ? nullTokens : [[]]) }

    /// Widens the types by the first rows.
    mutating func sample() {
        if let nested {
            if format.kind == .csv {
                var reader = ChildReader(csv, nested)
                return widen(with: &reader, rowsMax: Self.sampleRows)
            }
            var reader = ChildReader(json, nested)
            return widen(with: &reader, rowsMax: Self.sampleRows)
        }
        switch (format.kind, preparation) {
        case (.csv, nil):
            var reader = csv
            widen(with: &reader, rowsMax: Self.sampleRows)
        case (.csv, let preparation?):
            var reader = PreparedReader(csv, preparation)
            widen(with: &reader, rowsMax: Self.sampleRows)
        case (_, nil):
            var reader = json
            widen(with: &reader, rowsMax: Self.sampleRows)
        case (_, let preparation?):
            var reader = PreparedReader(json, preparation)
            widen(with: &reader, rowsMax: Self.sampleRows)
        }
    }

    private mutating func widen<Reader: RecordReading & ~Copyable>(with reader: inout Reader, rowsMax: Int) {
        let nulls = nulls
        var seen = 0
        while seen < rowsMax, reader.next() {
            seen += 1
            if seen % LandedBytes.recordsBetweenForgetting == 0, let place = reader.record.baseAddress { forget(place) }
            if Reader.tellsTypes, reader.defect != nil || reader.droppedBy != nil { continue }
            widen(with: reader.current, nulls, of: reader.record)
        }
    }

    private mutating func widen(with fields: UnsafeBufferPointer<CSVReader.Field>, _ nulls: NullTokens, of record: Bytes) {
        guard fields.count == columns.count else { return }
        var isRead = false
        for index in 0..<fields.count where !columns[index].isPinned && columns[index].type != .text {
            let field = fields[index]
            if !field.isQuoted, nulls.contains(field.bytes) { continue }
            var type = FieldParser.widened(columns[index].type, by: field.bytes, isText: field.isText, hasDecimals: hasDecimals)
            // Rows are the same by what was written: `jsonb` takes two spellings for one value, and text does not.
            if columns[index].isKey, type == .json { type = .text }
            guard type != columns[index].type else { continue }
            // A row that is set aside for its encoding says nothing of types, wherever it stands.
            guard isRead || FieldParser.isUTF8(record) else { return }
            isRead = true
            columns[index].type = type
        }
    }

    /// Writes all rows. `widened` means that what was written is to be undone and the pass to be run again.
    mutating func run(into writer: any RowWriter, quarantine: (Quarantined) throws -> Void) throws -> Outcome {
        if let nested {
            if format.kind == .csv {
                var reader = ChildReader(csv, nested)
                return try run(&reader, into: writer, quarantine: quarantine)
            }
            var reader = ChildReader(json, nested)
            return try run(&reader, into: writer, quarantine: quarantine)
        }
        switch (format.kind, preparation) {
        case (.csv, nil):
            var reader = csv
            return try run(&reader, into: writer, quarantine: quarantine)
        case (.csv, let preparation?):
            var reader = PreparedReader(csv, preparation)
            return try run(&reader, into: writer, quarantine: quarantine)
        case (_, nil):
            var reader = json
            return try run(&reader, into: writer, quarantine: quarantine)
        case (_, let preparation?):
            var reader = PreparedReader(json, preparation)
            return try run(&reader, into: writer, quarantine: quarantine)
        }
    }

    private mutating func run<Reader: RecordReading & ~Copyable>(
        _ reader: inout Reader, into writer: any RowWriter, quarantine: (Quarantined) throws -> Void
    ) throws -> Outcome {
        books = Books()
        rows = 0
        hashes?.removeAll(keepingCapacity: true)
        let width = columns.count
        let types = columns.map(\.type)
        let nulls = nulls
        dropped = [:]
        let cells = UnsafeMutableBufferPointer<Cell>.allocate(capacity: width + 2)
        cells.initialize(repeating: .null)
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: (width + 1) * 32)
        defer { cells.deallocate(); scratch.deallocate() }
        cells[width] = .integer(batch)
        var inserted = Tally.zero

        passes += 1
        while reader.next() {
            rows += 1
            var copies = 1
            if let fault {
                if case .unseen(rows) = fault { continue }
                if case .truncated(let last) = fault, rows > last { break }
                if case .emptySecondPass = fault, passes > 1 { break }
                if case .repeated(let page) = fault, page.contains(rows) { copies = 2 }
            }
            let record = reader.record
            if rows % LandedBytes.recordsBetweenForgetting == 0, let place = record.baseAddress { forget(place) }
            let hash = RecordHash.ofRecord(UnsafeRawBufferPointer(record))
            hashes?.append(hash)
            if let only, !only.contains(rows) { continue }
            let fields = reader.current
            if Reader.tellsTypes, let rule = reader.droppedBy {
                books.add(hash, to: .filtered)
                dropped[rule, default: 0] += 1
                continue
            }
            var reason: String?
            if Reader.tellsTypes, let defect = reader.defect {
                reason = defect
            } else if fields.count != width {
                reason = Quarantined.width(fields.count, header: width)
            } else if !FieldParser.isUTF8(record) {
                reason = Quarantined.notUTF8
            } else {
                for index in 0..<width {
                    let field = fields[index]
                    if !field.isQuoted, nulls.contains(field.bytes) {
                        cells[index] = .null
                        if columns[index].isKey { reason = "column '\(columns[index].name)' is part of the key and null" }
                        continue
                    }
                    let mayConvert = !Reader.tellsTypes || !field.isText || columns[index].isPinned || types[index].holdsText
                    if mayConvert, Self.convert(field.bytes, types[index], isDeclared: columns[index].isDeclared, into: &cells[index], scratch, index * 32) { continue }
                    guard columns[index].isPinned else {
                        widen(with: fields, nulls, of: record)
                        widen(with: &reader, rowsMax: .max)
                        return .widened
                    }
                    reason = "column '\(columns[index].name)' holds no \(types[index].rawValue)"
                }
            }
            if let reason {
                books.add(hash, to: .quarantined)
                try quarantine(Quarantined(row: rows, line: reader.line, reason: reason, raw: record))
                continue
            }
            cells[width + 1] = .integer(Int64(reader.number ?? rows))
            do {
                if case .doubled(rows)? = fault { try writer.write(UnsafeBufferPointer(cells)) }
                if case .unwritten(rows)? = fault {} else { try writer.write(UnsafeBufferPointer(cells)) }
                inserted.add(hash)
                if copies > 1 { try writer.write(UnsafeBufferPointer(cells)); inserted.add(hash) }
            } catch let refused as RefusedCell {
                books.add(hash, to: .quarantined)
                try quarantine(Quarantined(row: rows, line: reader.line, reason: refused.description, raw: record))
            }
        }
        books.add(inserted, to: .inserted)
        return .done
    }

    /// False where the value does not fit the type. Texts stay where they are; a timestamp in another spelling goes to `slot`.
    @inline(__always)
    private static func convert(
        _ bytes: Bytes, _ type: ColumnType, isDeclared: Bool, into cell: inout Cell, _ scratch: UnsafeMutableBufferPointer<UInt8>, _ slot: Int
    ) -> Bool {
        switch type {
        case .integer:
            guard let value = FieldParser.integer(bytes) else { return false }
            cell = .integer(value)
        case .text:
            cell = .text(bytes)
        case .real:
            guard let value = FieldParser.real(bytes) else { return false }
            cell = .double(value)
        case .decimal:
            guard FieldParser.accepts(.decimal, bytes) else { return false }
            cell = .text(bytes)
        case .timestamp:
            let shape = FieldParser.shape(of: bytes)
            if case .canonical? = shape { cell = .text(bytes); return true }
            // Whoever declares a moment says that a time without a zone is one of UTC.
            guard shape == .other || shape == .local && isDeclared || FieldParser.isDate(bytes), let text = FieldParser.utc(bytes) else { return false }
            var count = 0
            for byte in text.utf8 { scratch[slot + count] = byte; count += 1 }
            cell = .text(Bytes(start: scratch.baseAddress! + slot, count: count))
        case .localTimestamp:
            guard FieldParser.accepts(.localTimestamp, bytes) else { return false }
            let start = scratch.baseAddress! + slot
            cell = .text(Bytes(start: start, count: FieldParser.writeLocal(bytes, to: start)))
        case .json:
            guard isDeclared ? JSONCheck.isJSON(bytes) : JSONCheck.isNested(bytes) else { return false }
            cell = .text(bytes)
        case .date:
            guard FieldParser.isDate(bytes) else { return false }
            cell = .text(bytes)
        case .boolean:
            guard let value = FieldParser.boolean(bytes) else { return false }
            cell = .integer(value ? 1 : 0)
        case .unknown:
            return false
        }
        return true
    }
}

/// What a pass needs of a reader. Generic and not a copy: for CSV, `tellsTypes` is false and all that asks for it goes.
protocol RecordReading: ~Copyable {
    /// Fields know whether they are texts, and a record may be unreadable as such.
    static var tellsTypes: Bool { get }
    mutating func next() -> Bool
    var record: Bytes { get }
    var current: UnsafeBufferPointer<CSVReader.Field> { get }
    var line: Int { get }
    var defect: String? { get }
    /// The rule of `prepare` that keeps the current record out.
    var droppedBy: String? { get }
    /// The row's number, where it is not the record's.
    var number: Int? { get }
}

extension RecordReading where Self: ~Copyable {
    var droppedBy: String? { nil }
    var number: Int? { nil }
}

extension CSVReader: RecordReading {
    static var tellsTypes: Bool { false }
    var defect: String? { nil }
}

extension JSONRecordReader: RecordReading {
    static var tellsTypes: Bool { true }
}

extension ColumnType {
    /// A text in quotes may be of this type: numbers and flags are written without them.
    fileprivate var holdsText: Bool {
        switch self {
        case .text, .date, .localTimestamp, .timestamp, .json: true
        case .unknown, .boolean, .integer, .real, .decimal: false
        }
    }
}

/// The spellings of null, asked for each unquoted field.
private struct NullTokens {
    private let tokens: [[UInt8]]
    /// Bit n is set where a token has n bytes.
    private let lengths: UInt64

    init(_ tokens: [[UInt8]]) {
        self.tokens = tokens
        lengths = tokens.reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
    }

    @inline(__always) func contains(_ bytes: Bytes) -> Bool {
        guard lengths >> UInt64(min(bytes.count, 63)) & 1 == 1 else { return false }
        return matches(bytes)
    }

    private func matches(_ bytes: Bytes) -> Bool {
        for token in tokens where token.count == bytes.count {
            if bytes.isEmpty || token.withUnsafeBufferPointer({ memcmp($0.baseAddress!, bytes.baseAddress!, bytes.count) }) == 0 { return true }
        }
        return false
    }
}
