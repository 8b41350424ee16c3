import Foundation
import Glibc
@testable import Journal
import SQLite
import Support
import Testing

/// What a crash, a torn write or a broken disk leaves of a segment, and what is made of it.
@Suite struct SegmentDamageTests {
    static let name = "00000000000000000001.segment"
    typealias Bytes = [UInt8]

    /// A pack of so many events from `first` on.
    func pack(_ first: UInt64, _ count: Int = 3, envelope: Bytes = Array(repeating: 7, count: 62)) -> Pack {
        var pack = Pack()
        for sequence in first..<first + UInt64(count) {
            Identity.with("s", "\(sequence)") { identity in
                Array("a/-/p/".utf8).withUnsafeBufferPointer { topic in envelope.withUnsafeBufferPointer { pack.append(sequence, identity, topic: topic, envelope: $0) } }
            }
        }
        return pack
    }

    /// Writes packs of three, and gives where each record ends.
    func write(_ folder: String, _ packs: [Pack]) throws -> [Int] {
        let log = try SegmentLog(folder: folder)
        var ends: [Int] = []
        for pack in packs {
            #expect(try log.append(pack))
            ends.append(log.segments[log.segments.count - 1].end)
        }
        return ends
    }
    func lasts(_ log: SegmentLog) throws -> [UInt64] {
        var cursor = try SegmentCursor(log, after: 0), lasts: [UInt64] = []
        while let record = cursor.record {
            #expect(try cursor.pack().count == record.size)
            lasts.append(record.last)
            try cursor.pass()
        }
        return lasts
    }
    /// Opens the log as it would be with other bytes, and appends to it.
    func reopened(_ folder: TemporaryFolder, _ bytes: Bytes, _ expected: [UInt64], _ what: Comment, appending: Bool = true) throws {
        for name in folder.files() { unlink("\(folder.path)/\(name)") }
        try folder.write(bytes, to: Self.name)
        let log = try SegmentLog(folder: folder.path)
        #expect(try lasts(log) == expected, what)
        #expect(log.last == expected.last ?? 0, what)
        guard appending else { return }
        #expect(try log.append(pack(log.last + 1, 1)))
        #expect(try lasts(log) == expected + [log.last], what)
        #expect(try lasts(SegmentLog(folder: folder.path)) == expected + [(expected.last ?? 0) + 1], what)
    }

    @Test func `cut at any byte, it has every record that ends before, and takes new ones`() throws {
        let folder = try TemporaryFolder("damage")
        let ends = try write(folder.path, [pack(1), pack(4), pack(7)])
        let whole = Array(try folder.read(Self.name)[..<ends[2]])
        for length in SegmentFile.headBytes...whole.count {
            let expected = zip(ends, [3, 6, 9] as [UInt64]).filter { $0.0 <= length }.map(\.1)
            let isNearEnd = ends.contains { abs($0 - length) < 2 }
            try reopened(folder, Array(whole[..<length]), expected, "\(length)", appending: isNearEnd)
            // The file has its whole room from the start, so what was not written reads as zeros.
            try reopened(folder, Array(whole[..<length]) + Bytes(repeating: 0, count: 4096), expected, "\(length)", appending: isNearEnd)
        }
    }

    @Test(arguments: 1...40) func `whichever sectors of the last record were lost, the ones before it are there and it is whole or not`(seed: UInt64) throws {
        var random = Seed(state: seed)
        let folder = try TemporaryFolder("damage")
        let envelope = (0..<Int.random(in: 1...900, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random) }
        let ends = try write(folder.path, [pack(1), pack(4), pack(7, 8, envelope: envelope)])
        var bytes = Array(try folder.read(Self.name)[..<(ends[2] + 8192)]), isWhole = true
        for sector in stride(from: ends[1] & ~511, to: ends[2], by: 512) where Bool.random(using: &random) {
            for place in max(sector, ends[1])..<min(sector + 512, ends[2]) where bytes[place] != 0 {
                bytes[place] = 0
                isWhole = false
            }
        }
        try reopened(folder, bytes, isWhole ? [3, 6, 14] : [3, 6], "\(seed)")
    }

    @Test func `any byte that is wrong before the last record is an error, and never a shorter log`() throws {
        let folder = try TemporaryFolder("damage")
        let ends = try write(folder.path, [pack(1), pack(4), pack(7)])
        let whole = try folder.read(Self.name)
        for place in 0..<ends[1] {
            var bytes = whole
            bytes[place] ^= 0x10
            try folder.write(bytes, to: Self.name)
            let isPadding = whole[place] == 0 && ends.contains { place < $0 && place >= $0 - 7 }
            guard !isPadding else { continue }
            let error = #expect(throws: SQLiteError.self, "\(place)") { try SegmentLog(folder: folder.path) }
            #expect(error?.message.contains("is damaged at byte") == true || (8..<12).contains(place))
        }
    }

    @Test func `a file that another follows is held to its end, and one that is missing is noticed`() throws {
        let folder = try TemporaryFolder("damage")
        let ends = try write(folder.path, [pack(1), pack(4)])
        for first in [UInt64(7), 10] { _ = try write(folder.path, [pack(first)]) }
        #expect(try lasts(SegmentLog(folder: folder.path)) == [3, 6, 9, 12])
        let whole = try folder.read(Self.name)
        #expect(whole.count == ends[1])
        try folder.write(Array(whole[..<ends[0]]), to: Self.name)
        #expect(throws: SQLiteError.self) { try lasts(SegmentLog(folder: folder.path)) }
        try folder.write(whole, to: Self.name)
        unlink("\(folder.path)/00000000000000000007.segment")
        #expect(throws: SQLiteError.self) { try lasts(SegmentLog(folder: folder.path)) }
    }

    @Test func `a file that was never begun is passed by, and one of a newer program is refused`() throws {
        for unfinished in [Bytes(), Bytes(repeating: 0, count: 1 << 20)] {
            let folder = try TemporaryFolder("damage")
            _ = try write(folder.path, [pack(1), pack(4)])
            try folder.write(unfinished, to: "00000000000000000007.segment")
            #expect(try lasts(SegmentLog(folder: folder.path)) == [3, 6])
            _ = try write(folder.path, [pack(7)])
            #expect(try lasts(SegmentLog(folder: folder.path)) == [3, 6, 9])
        }
        let folder = try TemporaryFolder("damage")
        var head = SegmentFile.Head(salt: 1, previous: 0).bytes()
        head[11] = 9
        let sum = SegmentFile.bytes(head[..<56].withUnsafeBytes { Checksum.of($0, seed: 0) })
        head.replaceSubrange(56..., with: sum)
        try folder.write(head, to: Self.name)
        let error = #expect(throws: SQLiteError.self) { try SegmentLog(folder: folder.path) }
        #expect(error?.message.contains("newer sluice-broker") == true)
    }

    @Test func `an event that holds the bytes of a record is not taken for one`() throws {
        let folder = try TemporaryFolder("damage")
        let ends = try write(folder.path, [pack(1)])
        let record = Array(try folder.read(Self.name)[SegmentFile.headBytes..<ends[0]])
        // At every place that a record may begin at.
        for shift in 0..<8 {
            for name in folder.files() { unlink("\(folder.path)/\(name)") }
            let first = try write(folder.path, [pack(1), pack(4, 1, envelope: Bytes(repeating: 1, count: shift) + record)])
            var bytes = try folder.read(Self.name)
            for place in first[0]..<(first[0] + 8) { bytes[place] = 0 }
            try reopened(folder, bytes, [3], "\(shift)")
        }
    }
}
