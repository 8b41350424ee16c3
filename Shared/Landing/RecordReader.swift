internal import Kernel

/// The verified bytes of one landed batch, inflated where they lie compressed.
public struct LandedBytes: Sendable {
    let file: MappedFile
    /// For messages.
    public let path: String

    public func withBytes<T>(_ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T {
        try file.withBytes { try body($0.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Records after which a reader that goes from start to end says how far it is: some hundred kilobytes, as a rule.
    public static let recordsBetweenForgetting = 4_096

    /// Gives back the memory of what lies before `place`, one of `withBytes`: however long a file is, little of it is held at a time.
    public func forget(before place: UnsafePointer<UInt8>) {
        file.withBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            file.forget(before: UnsafeRawPointer(place) - base)
        }
    }
}

/// Counts and sums the records of a file as it lands.
enum RecordCounter {
    static func count(_ landed: LandedBytes, format: RawFormat, source: String) throws -> (header: [String], tally: Tally) {
        try landed.withBytes { bytes in
            switch format.kind {
            case .csv: try count(bytes, format, source, forget: landed.forget)
            case .json, .ndjson: try countJSON(bytes, format, source)
            }
        }
    }

    private static func countJSON(_ bytes: UnsafeBufferPointer<UInt8>, _ format: RawFormat, _ source: String) throws -> (header: [String], tally: Tally) {
        // A line that is not UTF-8 is one bad record; a page that is not is no page.
        guard format.kind == .ndjson || String(validating: bytes, as: UTF8.self) != nil else {
            throw LandingProblem.record(source, line: 0, "the text is not UTF-8, as JSON must be", remedy: "have the source send UTF-8")
        }
        var reader = JSONRecordReader(bytes, format: format)
        var tally = Tally.zero
        while reader.next() {
            tally.add(RecordHash.ofRecord(UnsafeRawBufferPointer(reader.record)))
            reader.learnMembers()
        }
        if let failure = reader.failure {
            throw LandingProblem.record(
                source, line: 0, "what came is not the JSON that was asked for: \(failure)", remedy: "look at what the source sends; it may have been cut off")
        }
        return ((format.shape?.columns.map(\.name) ?? []) + reader.learntMembers, tally)
    }

    private static func count(
        _ bytes: UnsafeBufferPointer<UInt8>, _ format: RawFormat, _ source: String, forget: (UnsafePointer<UInt8>) -> Void
    ) throws -> (header: [String], tally: Tally) {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw LandingProblem.record(source, line: 1, "the file is UTF-16, as its first two bytes say", remedy: "convert it: iconv -f UTF-16 -t UTF-8")
        }
        var reader = CSVReader(bytes, delimiter: format.delimiter)
        var header: [String] = []
        if reader.next() {
            header = (0..<reader.fieldCount).map { String(decoding: reader[$0].bytes, as: UTF8.self) }
        }
        reader.keepsEmptyLines = header.count == 1
        var tally = Tally.zero
        while reader.next() {
            tally.add(RecordHash.ofRecord(UnsafeRawBufferPointer(reader.record)))
            if tally.count % LandedBytes.recordsBetweenForgetting == 0, let place = reader.record.baseAddress { forget(place) }
        }
        if let line = reader.unterminatedLine {
            throw LandingProblem.record(
                source, line: line, "a quoted field is never closed", remedy: "close the quote, or deliver the whole file: it may have been cut off")
        }
        return (header, tally)
    }
}
