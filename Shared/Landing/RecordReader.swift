internal import Kernel

/// The verified bytes of one landed batch, inflated where they lie compressed.
public struct LandedBytes: Sendable {
    let file: MappedFile
    /// For messages.
    public let path: String

    public func withBytes<T>(_ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T {
        try file.withBytes { try body($0.assumingMemoryBound(to: UInt8.self)) }
    }
}

/// Counts and sums the records of a file as it lands.
enum RecordCounter {
    static func count(_ landed: LandedBytes, format: RawFormat, source: String) throws -> (header: [String], tally: Tally) {
        try landed.withBytes { try count($0, format, source) }
    }

    private static func count(_ bytes: UnsafeBufferPointer<UInt8>, _ format: RawFormat, _ source: String) throws -> (header: [String], tally: Tally) {
        var reader = CSVReader(bytes, delimiter: format.delimiter)
        var header: [String] = []
        if reader.next() {
            header = (0..<reader.fieldCount).map { String(decoding: reader[$0].bytes, as: UTF8.self) }
        }
        reader.keepsEmptyLines = header.count == 1
        var tally = Tally.zero
        while reader.next() { tally.add(RecordHash.hash(UnsafeRawBufferPointer(reader.record))) }
        if let line = reader.unterminatedLine {
            throw LandingProblem.record(
                source, line: line, "a quoted field is never closed", remedy: "close the quote, or deliver the whole file: it may have been cut off")
        }
        return (header, tally)
    }
}
