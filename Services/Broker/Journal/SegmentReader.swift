import Glibc
import SQLite

/// Goes through the records of one segment, from a place that begins one.
final class SegmentReader {
    private let file: Int32
    private let segment: SegmentLog.Segment
    private(set) var place: Int
    private var behind: UInt64
    /// A part of the file, and where it begins.
    private var window: [UInt8] = [], windowStart = 0
    private static let windowBytes = 128 << 10

    /// - Parameter behind: what the records have their sequences behind.
    init(_ segment: SegmentLog.Segment, from place: Int, behind: UInt64) throws(SQLiteError) {
        file = open(segment.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SegmentFile.failure("read", segment.path) }
        (self.segment, self.place, self.behind) = (segment, place, behind)
    }
    deinit { close(file) }

    /// The next record's head, at `place`; nil behind the segment's last.
    func head() throws(SQLiteError) -> SegmentFile.Record? {
        guard behind < segment.last else { return nil }
        guard let record = try withBytes(SegmentFile.recordHeadBytes, { SegmentFile.Record($0, behind: behind) }), record.last <= segment.last else {
            throw SegmentFile.damage(segment.path, at: place)
        }
        return record
    }

    /// Goes on behind a record that `head` gave.
    func pass(_ record: SegmentFile.Record) {
        place += record.span
        behind = record.last
    }

    /// The pack of a record that `head` gave.
    func pack(_ record: SegmentFile.Record) throws(SQLiteError) -> [UInt8] {
        let pack = try withBytes(SegmentFile.recordHeadBytes + record.size) { bytes in
            record.isWhole(bytes, salt: segment.salt, at: place) ? Array(bytes[SegmentFile.recordHeadBytes...]) : nil
        }
        guard let pack else { throw SegmentFile.damage(segment.path, at: place) }
        return pack
    }

    /// Lends so many bytes from `place` on; nil where the file ends before.
    private func withBytes<T>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> T?) throws(SQLiteError) -> T? {
        if place < windowStart || place + count > windowStart + window.count { try fill(count) }
        let start = place - windowStart
        guard window.count - start >= count else { return nil }
        return window.withUnsafeBytes { body(.init(rebasing: $0[start..<(start + count)])) }
    }

    private func fill(_ count: Int) throws(SQLiteError) {
        windowStart = place
        let wanted = max(count, min(Self.windowBytes, segment.end - place))
        if window.count != wanted { window = [UInt8](repeating: 0, count: wanted) }
        let got = window.withUnsafeMutableBytes { buffer in
            var got = 0
            while got < buffer.count {
                let more = pread(file, buffer.baseAddress! + got, buffer.count - got, off_t(windowStart + got))
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { return more < 0 ? -1 : got }
                got += more
            }
            return got
        }
        guard got >= 0 else { throw SegmentFile.failure("read", segment.path) }
        window.removeLast(window.count - got)
    }
}

/// Goes through the records of all segments.
struct SegmentCursor {
    private let log: SegmentLog
    private var number = 0
    private var reader: SegmentReader?
    /// The record at which it stands; nil at the end.
    private(set) var record: SegmentFile.Record?

    /// - Parameter sequence: stands at the record that holds what follows this.
    init(_ log: SegmentLog, after sequence: UInt64) throws(SQLiteError) {
        self.log = log
        guard let number = log.segments.firstIndex(where: { $0.last > sequence }) else { return }
        self.number = number
        reader = try log.reader(number, after: sequence)
        record = try reader?.head()
    }

    func pack() throws(SQLiteError) -> [UInt8] {
        guard let reader, let record else { return [] }
        return try reader.pack(record)
    }

    mutating func pass() throws(SQLiteError) {
        guard let reader, let record else { return }
        reader.pass(record)
        self.record = try reader.head()
        // A segment that holds nothing is passed by too.
        while self.record == nil, number + 1 < log.segments.count {
            number += 1
            let next = try log.reader(number, after: log.segments[number].previous)
            self.reader = next
            self.record = try next.head()
        }
    }
}
