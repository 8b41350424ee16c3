import Glibc
import SQLite

/// The part of the log that lies in files of its own, because one write and one sync of a file cost less than a transaction:
/// the events of turns that did nothing but append. `SegmentFile` says how one looks.
///
/// Invariants: sequences grow from record to record and from file to file; a file's head names the last sequence before it, so that
/// a file that is missing or cut short is noticed; what `append` returned from is on disk. A file that was there when the log was
/// opened is never written to again.
///
/// Opening changes nothing but to sync what the last program left. One program writes at a time, which a lock sees to.
final class SegmentLog {
    struct Segment {
        var path: String
        var salt: UInt64
        /// It has what is behind `previous`, to `last`.
        var previous: UInt64, last: UInt64
        /// Where its last record ends.
        var end: Int
        /// Places of some records, for finding one: the sequence before it, and where it begins.
        var marks: [(behind: UInt64, place: Int)] = [(0, SegmentFile.headBytes)]
        /// All that lies behind it has its marks.
        var isMarked = false
    }
    /// The first file is small, for most logs are; each further one has twice the room, up to this.
    static let bytesMin = 1 << 20, bytesMax = 32 << 20

    private let folder: String
    private(set) var segments: [Segment] = []
    /// The file that is written to; -1 until something is.
    private var file: Int32 = -1
    private var lock: Int32 = -1
    private var room = 0
    /// The room that the next file gets. Tests ask for more than a disk has.
    var roomNext = bytesMin

    var last: UInt64 { segments.last?.last ?? 0 }

    /// - Parameter folder: need not exist; it is made when something is appended.
    init(folder: String) throws(SQLiteError) {
        self.folder = folder
        var paths = try Self.names(folder).map { "\(folder)/\($0)" }
        guard var newest = paths.last else { return }
        var recovered = try Self.recovered(newest)
        if recovered == nil {
            // The last program was killed while it began this one, so the log ends with the one before.
            paths.removeLast()
            guard let before = paths.last else { return }
            newest = before
            recovered = try Self.recovered(newest)
        }
        for path in paths.dropLast() {
            guard let segment = try Self.sealed(path) else { throw SegmentFile.damage(path, at: 0) }
            segments.append(segment)
        }
        guard let recovered else { throw SegmentFile.damage(newest, at: 0) }
        segments.append(recovered)
        for (one, next) in zip(segments, segments.dropFirst()) where next.previous < one.previous { throw SegmentFile.damage(next.path, at: 0) }
        // Each ends where the next one says that it did.
        for place in segments.indices.dropLast() { segments[place].last = segments[place + 1].previous }
    }

    deinit {
        if file >= 0 { close(file) }
        if lock >= 0 { close(lock) }
    }

    // MARK: Opening

    /// The names sort as the sequences do.
    private static func names(_ folder: String) throws(SQLiteError) -> [String] {
        guard let handle = opendir(folder) else {
            guard errno == ENOENT else { throw SegmentFile.failure("listed", folder) }
            return []
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if name.hasSuffix(".segment") { names.append(name) }
        }
        return names.sorted()
    }

    /// One that another follows: what is in it, the other one says.
    private static func sealed(_ path: String) throws(SQLiteError) -> Segment? {
        try withBytes(of: path, upTo: SegmentFile.headBytes) { bytes, size, _ throws(SQLiteError) in
            guard let head = try SegmentFile.Head(bytes, path: path) else { return nil }
            return Segment(path: path, salt: head.salt, previous: head.previous, last: 0, end: size)
        }
    }

    /// The newest one, whose last record may be torn.
    private static func recovered(_ path: String) throws(SQLiteError) -> Segment? {
        try withBytes(of: path, upTo: .max) { bytes, _, file throws(SQLiteError) in
            guard let head = try SegmentFile.Head(bytes, path: path) else { return nil }
            var segment = Segment(path: path, salt: head.salt, previous: head.previous, last: head.previous, end: SegmentFile.headBytes, isMarked: true)
            segment.marks = [(head.previous, SegmentFile.headBytes)]
            while let record = record(bytes, segment.end, head.salt, behind: segment.last) { segment.note(record) }
            // Before a record is written the one before it is on disk, so a crash tears the last one only.
            for place in stride(from: segment.end + 8, to: bytes.count - SegmentFile.recordHeadBytes, by: 8) {
                guard record(bytes, place, head.salt, behind: segment.last) == nil else { throw SegmentFile.damage(path, at: segment.end) }
            }
            // What the last program wrote and had no time to sync is read from now on, so it must stay.
            guard fdatasync(file) == 0 else { throw SegmentFile.failure("synced", path) }
            return segment
        }
    }

    private static func record(_ bytes: UnsafeRawBufferPointer, _ place: Int, _ salt: UInt64, behind: UInt64) -> SegmentFile.Record? {
        guard bytes.count - place >= SegmentFile.recordHeadBytes, let record = SegmentFile.Record(.init(rebasing: bytes[place...]), behind: behind),
            bytes.count - place >= SegmentFile.recordHeadBytes + record.size, record.isWhole(.init(rebasing: bytes[place...]), salt: salt, at: place)
        else { return nil }
        return record
    }

    private static func withBytes<T>(
        of path: String, upTo most: Int, _ body: (_ bytes: UnsafeRawBufferPointer, _ size: Int, _ file: Int32) throws(SQLiteError) -> T
    ) throws(SQLiteError) -> T {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw SegmentFile.failure("read", path) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw SegmentFile.failure("read", path) }
        let size = Int(facts.st_size), count = min(size, most)
        guard count > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0), size, file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { buffer.deallocate() }
        var got = 0
        while got < count {
            let more = pread(file, buffer.baseAddress! + got, count - got, off_t(got))
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { throw SegmentFile.failure("read", path) }
            got += more
        }
        return try body(UnsafeRawBufferPointer(buffer), size, file)
    }

    // MARK: Appending

    /// Puts a pack on disk.
    /// - Returns: false where the disk has no room for another file; nothing is written then.
    /// - Throws: for any other failure, after which the program must end: what the disk has is not known.
    func append(_ pack: borrowing Pack) throws(SQLiteError) -> Bool {
        let record = SegmentFile.Record(size: pack.bytes.count, count: pack.count, first: pack.first, last: pack.last)
        if file < 0 || segments[segments.count - 1].end + record.span > room {
            guard try begin(room: max(roomNext, SegmentFile.headBytes + record.span)) else { return false }
        }
        let newest = segments.count - 1
        let place = segments[newest].end, salt = segments[newest].salt
        precondition(record.first > last, "sequences only grow")
        let isWritten = pack.bytes.withUnsafeBytes { pack in
            var head = record.bytes(pack, salt: salt, at: place)
            return head.withUnsafeMutableBytes { head in
                write([
                    iovec(iov_base: head.baseAddress, iov_len: head.count), iovec(iov_base: UnsafeMutableRawPointer(mutating: pack.baseAddress), iov_len: pack.count),
                ], at: place)
            }
        }
        guard isWritten else {
            guard SegmentFile.isNoRoom else { throw SegmentFile.failure("written", segments[newest].path) }
            // The room was promised; a file system that copies on write does not keep that. What was begun is cut off.
            guard ftruncate(file, off_t(place)) == 0 else { throw SegmentFile.failure("cut", segments[newest].path) }
            leave()
            return false
        }
        guard fdatasync(file) == 0 else { throw SegmentFile.failure("synced", segments[newest].path) }
        segments[newest].note(record)
        return true
    }

    private func write(_ parts: [iovec], at place: Int) -> Bool {
        var parts = parts[...], place = place
        while let first = parts.first {
            let count = parts.withUnsafeBufferPointer { pwritev(file, $0.baseAddress, Int32($0.count), off_t(place)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            place += count
            if count >= first.iov_len {
                parts.removeFirst()
                if let next = parts.first { parts[parts.startIndex] = iovec(iov_base: next.iov_base + (count - first.iov_len), iov_len: next.iov_len - (count - first.iov_len)) }
            } else {
                parts[parts.startIndex] = iovec(iov_base: first.iov_base + count, iov_len: first.iov_len - count)
            }
            if parts.first?.iov_len == 0 { return true }
        }
        return true
    }

    private func leave() {
        if file >= 0 { close(file) }
        (file, room) = (-1, 0)
    }

    /// Begins another file. Its room is taken at once, so that appending to it changes nothing but its bytes and cannot fill the disk.
    private func begin(room: Int) throws(SQLiteError) -> Bool {
        guard try takeLock() else { return false }
        let head = SegmentFile.Head(salt: UInt64.random(in: 0 ... .max), previous: last)
        let digits = String(last + 1), path = "\(folder)/\(String(repeating: "0", count: 20 - digits.count))\(digits).segment"
        // One that was never begun, or holds nothing, may have this name.
        let made = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard made >= 0 else { return try refuse("made", path) }
        var isMade = false
        defer { if !isMade { close(made) } }
        let refusal = posix_fallocate(made, 0, off_t(room))
        guard refusal == 0 else {
            unlink(path)
            roomNext = Self.bytesMin
            errno = refusal
            return try refuse("made", path)
        }
        let bytes = head.bytes()
        guard pwrite(made, bytes, bytes.count, 0) == bytes.count, fsync(made) == 0, Self.sync(folder) else { throw SegmentFile.failure("made", path) }
        if let newest = segments.indices.last {
            if segments[newest].path == path {
                segments.removeLast()
            } else {
                // The room that it did not need.
                truncate(segments[newest].path, off_t(segments[newest].end))
            }
        }
        leave()
        isMade = true
        (file, self.room) = (made, room)
        roomNext = min(max(roomNext, room) * 2, Self.bytesMax)
        segments.append(Segment(path: path, salt: head.salt, previous: head.previous, last: head.previous, end: SegmentFile.headBytes, marks: [(head.previous, SegmentFile.headBytes)], isMarked: true))
        return true
    }

    /// Two programs that append to one log would give a sequence twice.
    private func takeLock() throws(SQLiteError) -> Bool {
        guard lock < 0 else { return true }
        let path = "\(folder)/lock"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { return try refuse("made", folder) }
        let above = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard Self.sync(above.isEmpty ? (folder.hasPrefix("/") ? "/" : ".") : above) else { throw SegmentFile.failure("synced", above) }
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return try refuse("made", path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            // SQLITE_BUSY
            throw SQLiteError(code: 5, message: "another program writes to \(folder): two brokers have one journal; stop one of them", sql: "")
        }
        lock = file
        return true
    }

    /// False where the disk has no room, which is no failure.
    private func refuse(_ what: String, _ path: String) throws(SQLiteError) -> Bool {
        guard SegmentFile.isNoRoom else { throw SegmentFile.failure(what, path) }
        return false
    }

    private static func sync(_ folder: String) -> Bool {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return fsync(file) == 0
    }

    // MARK: Finding

    /// A reader of one segment that stands at the record that holds what follows `sequence`.
    func reader(_ number: Int, after sequence: UInt64) throws(SQLiteError) -> SegmentReader {
        let previous = segments[number].previous
        guard sequence > previous else { return try SegmentReader(segments[number], from: SegmentFile.headBytes, behind: previous) }
        try markAll(number)
        let marks = segments[number].marks
        // The last one that begins at or before it.
        var low = 0, high = marks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if marks[middle].behind <= sequence { low = middle } else { high = middle }
        }
        let reader = try SegmentReader(segments[number], from: marks[low].place, behind: low == 0 ? previous : marks[low].behind)
        while let record = try reader.head(), record.last <= sequence { reader.pass(record) }
        return reader
    }

    /// Walks through a segment of an earlier start once, so that its records are found from then on.
    private func markAll(_ number: Int) throws(SQLiteError) {
        guard !segments[number].isMarked else { return }
        var segment = segments[number]
        let reader = try SegmentReader(segment, from: SegmentFile.headBytes, behind: segment.previous)
        (segment.marks, segment.end) = ([(segment.previous, SegmentFile.headBytes)], SegmentFile.headBytes)
        let last = segment.last
        while let record = try reader.head() {
            segment.note(record)
            reader.pass(record)
        }
        (segment.last, segment.isMarked) = (last, true)
        segments[number] = segment
    }

    // MARK: Retention

    /// The bytes of what follows `floor`.
    func bytes(after floor: UInt64) throws(SQLiteError) -> Int {
        var sum = 0
        for number in segments.indices where segments[number].last > floor {
            let start = segments[number].previous >= floor ? 0 : try reader(number, after: floor).place
            sum += segments[number].end - start
        }
        return sum
    }

    /// Removes the files of which everything lies at or below `floor`, but for the newest, which says where the log has come to.
    func remove(upTo floor: UInt64) {
        while segments.count > 1, segments[0].last <= floor { unlink(segments.removeFirst().path) }
    }
}

extension SegmentLog.Segment {
    /// Marks are so far apart.
    private static let markBytes = 64 << 10

    /// Its next record is there.
    fileprivate mutating func note(_ record: SegmentFile.Record) {
        if let mark = marks.last, end - mark.place >= Self.markBytes { marks.append((last, end)) }
        end += record.span
        last = record.last
    }
}
