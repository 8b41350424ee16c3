internal import Kernel

/// Where a record lies in its landed file.
public struct RecordPlace: Hashable, Sendable {
    /// The line of its first byte, counted from 1.
    public var line: Int
    /// Of the file, inflated where it lies compressed.
    public var bytes: Range<Int>
    /// Its beginning, for people.
    public var text: String
}

extension LandingReader {
    private static var textBytesMax: Int { 1_000 }

    /// The place of the record that the loader numbered `number`, counted from 1 behind the header; nil where there are fewer.
    public func place(ofRecord number: Int, in batch: LandedBatch) throws -> RecordPlace? {
        try bytes(of: batch).withBytes { bytes in
            switch batch.format.kind {
            case .csv:
                var reader = CSVReader(bytes, delimiter: batch.format.delimiter)
                _ = reader.next()
                reader.keepsEmptyLines = batch.header.count == 1
                for _ in 0..<number { guard reader.next() else { return nil } }
                return place(reader.record, reader.line, in: bytes)
            case .json, .ndjson:
                var reader = JSONRecordReader(bytes, format: batch.format, header: batch.header)
                for _ in 0..<number { guard reader.next() else { return nil } }
                return place(reader.record, reader.line, in: bytes)
            }
        }
    }

    private func place(_ record: UnsafeBufferPointer<UInt8>, _ line: Int, in bytes: UnsafeBufferPointer<UInt8>) -> RecordPlace? {
        guard let start = record.baseAddress, let base = bytes.baseAddress else { return nil }
        return RecordPlace(
            line: line, bytes: (start - base)..<(start - base + record.count), text: String(decoding: record.prefix(Self.textBytesMax), as: UTF8.self))
    }
}
