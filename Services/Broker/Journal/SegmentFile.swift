import Glibc
import SQLite

/// How one file of the log is written: a head, then records, each at a multiple of eight bytes.
///
///     head    "sluiceSG", version (4 bytes), 0 (4), salt (8), the last sequence of the files before (8), 0 (24), checksum of these (8)
///     record  bytes of its pack (4), events (4), first and last sequence (8 each), checksum (8), the pack
///
/// Numbers have their most significant byte first. A record's checksum begins from the file's salt and the record's place, and goes
/// over its first 24 bytes and its pack: what a client sends cannot look like a record, nor can one stand where it was not written.
///
/// Invariants: a record is whole on disk before the next one is written, so at most the last of a file is torn; behind the last one
/// there is nothing that is a record. Whatever breaks these is damage and no crash, and is an error.
struct SegmentFile {
    static let headBytes = 64, recordHeadBytes = 32
    private static let magic: UInt64 = 0x736C_7569_6365_5347
    private static let version: UInt32 = 1

    struct Head: Equatable {
        var salt: UInt64
        /// The last sequence of the segments before this one; 0 where there was none.
        var previous: UInt64

        func bytes() -> [UInt8] {
            var bytes = SegmentFile.bytes(magic) + SegmentFile.bytes(version) + [0, 0, 0, 0] + SegmentFile.bytes(salt) + SegmentFile.bytes(previous)
            bytes += [UInt8](repeating: 0, count: headBytes - 8 - bytes.count)
            return bytes + SegmentFile.bytes(bytes.withUnsafeBytes { Checksum.of($0, seed: 0) })
        }

        /// Nil where it was never written: the program was killed while it made the file, so nothing is in it.
        init?(_ bytes: UnsafeRawBufferPointer, path: String) throws(SQLiteError) {
            guard bytes.count >= headBytes, bytes[..<headBytes].contains(where: { $0 != 0 }) else { return nil }
            guard SegmentFile.number(bytes, 0) == magic, SegmentFile.number(bytes, headBytes - 8) == Checksum.of(.init(rebasing: bytes[..<(headBytes - 8)]), seed: 0) else {
                throw SegmentFile.damage(path, at: 0)
            }
            let version = SegmentFile.number(bytes, 8) >> 32
            guard version == SegmentFile.version else { throw JournalFormat.tooNew("\(path) has format \(version)", reads: Int(SegmentFile.version)) }
            (salt, previous) = (SegmentFile.number(bytes, 16), SegmentFile.number(bytes, 24))
        }
        init(salt: UInt64, previous: UInt64) { (self.salt, self.previous) = (salt, previous) }
    }

    /// What stands before a pack.
    struct Record {
        var size: Int, count: Int
        var first: UInt64, last: UInt64
        var checksum: UInt64 = 0

        /// The bytes that it takes with its pack; the next one begins behind them.
        var span: Int { (recordHeadBytes + size + 7) & ~7 }

        init(size: Int, count: Int, first: UInt64, last: UInt64) { (self.size, self.count, self.first, self.last) = (size, count, first, last) }

        /// Nil where these bytes cannot be one; whether they are, the checksum says.
        init?(_ bytes: UnsafeRawBufferPointer, behind: UInt64) {
            let sizes = SegmentFile.number(bytes, 0)
            (size, count) = (Int(sizes >> 32), Int(sizes & 0xffff_ffff))
            (first, last, checksum) = (SegmentFile.number(bytes, 8), SegmentFile.number(bytes, 16), SegmentFile.number(bytes, 24))
            guard size > 0, count > 0, first > behind, last >= first, last <= UInt64(Int64.max), size >= count * Pack.headBytes else { return nil }
        }

        func bytes(_ pack: UnsafeRawBufferPointer, salt: UInt64, at place: Int) -> [UInt8] {
            let start = SegmentFile.bytes(UInt64(size) << 32 | UInt64(count)) + SegmentFile.bytes(first) + SegmentFile.bytes(last)
            return start + SegmentFile.bytes(start.withUnsafeBytes { Self.checksum($0, pack, salt: salt, at: place) })
        }
        /// - Parameter bytes: the record, its pack with it.
        func isWhole(_ bytes: UnsafeRawBufferPointer, salt: UInt64, at place: Int) -> Bool {
            Self.checksum(.init(rebasing: bytes[..<24]), .init(rebasing: bytes[recordHeadBytes..<(recordHeadBytes + size)]), salt: salt, at: place) == checksum
        }
        private static func checksum(_ start: UnsafeRawBufferPointer, _ pack: UnsafeRawBufferPointer, salt: UInt64, at place: Int) -> UInt64 {
            Checksum.of(pack, seed: Checksum.of(start, seed: salt &+ UInt64(place)))
        }
    }

    static func number(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    static func bytes<T: FixedWidthInteger>(_ number: T) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    // MARK: What went wrong

    static func damage(_ path: String, at place: Int) -> SQLiteError {
        // SQLITE_CORRUPT
        SQLiteError(code: 11, message: "\(path) is damaged at byte \(place), and that was not a crash: restore the journal from a backup, or see Journal.md", sql: "")
    }
    static func failure(_ what: String, _ path: String) -> SQLiteError {
        // SQLITE_IOERR
        SQLiteError(code: 10, message: "\(path) cannot be \(what): \(String(cString: strerror(errno)))", sql: "")
    }
    /// The disk says that it has no room.
    static var isNoRoom: Bool { errno == ENOSPC || errno == EDQUOT || errno == EFBIG }
}

/// What an older broker may not open.
enum JournalFormat {
    /// In `pragma user_version`. 0: before it was written down. 2: part of the log lies in segments.
    static let current = 2

    static func lost(_ path: String) -> SQLiteError {
        // SQLITE_CANTOPEN
        SQLiteError(code: 14, message: "\(path) is missing, and its segments are there: restore it from a backup, or move \(path)-segments away too to begin a new log", sql: "")
    }
    static func tooNew(_ what: String, reads: Int) -> SQLiteError {
        // SQLITE_CANTOPEN
        SQLiteError(code: 14, message: "the journal was written by a newer sluice-broker: \(what), this one reads up to \(reads); start that version again", sql: "")
    }
}
