import Digest
import FoundationEssentials
import Glibc
import Kernel
@testable import Landing
import Support
import Testing

@Suite struct LandingTests {
    static let date = Timestamp(rfc3339: "2013-01-05T06:00:00Z")!
    static let csv = RawFormat(.csv)

    static func attempt(_ folder: TemporaryFolder, task: TaskID = "s.extract.t") throws -> LandingAttempt {
        try LandingStore(home: folder.path).attempt(run: "p@1", task: task, pipeline: "p", stream: "t", date: date)
    }

    static func landed(_ folder: TemporaryFolder) throws -> (path: String, manifest: LandingManifest) {
        var attempt = try attempt(folder)
        try attempt.land(bytes: Array("a,b\n1,2\n3,4\n".utf8), format: csv, window: "one.csv", source: "one.csv")
        try attempt.land(bytes: Array("a,b\n".utf8), format: csv, window: nil, source: "empty.csv")
        let path = attempt.manifestPath
        return (path, try attempt.seal(cursor: ["files": ["one.csv": 1]]))
    }

    @Test func `what a manifest lists can be read and adds up`() throws {
        let folder = try TemporaryFolder("landing")
        let (path, manifest) = try Self.landed(folder)
        #expect(path == "raw/p/t/2013-01/p@1.s.extract.t.manifest.json")
        let reader = LandingReader(LandingStore(home: folder.path))
        #expect(try reader.manifest(path) == manifest)
        #expect(manifest.batches.map(\.tally.count) == [2, 0])
        #expect(manifest.batches[0].header == ["a", "b"])
        #expect(manifest.tally.sum == RecordHash.hash("1,2") &+ RecordHash.hash("3,4"))
        #expect(try reader.bytes(of: manifest.batches[0]).withBytes { Array($0) } == Array("a,b\n1,2\n3,4\n".utf8))
    }

    @Test func `memory behind a reader is given back, and read again from the file where it is asked for`() throws {
        let folder = try TemporaryFolder("landing")
        var attempt = try Self.attempt(folder)
        let content = Array(("a\n" + String(repeating: String(repeating: "x", count: 99) + "\n", count: 40_000)).utf8)
        try attempt.land(bytes: content, format: Self.csv, window: nil, source: "long.csv")
        let landed = try LandingReader(LandingStore(home: folder.path)).bytes(of: attempt.manifest.batches[0])
        try landed.withBytes { bytes in
            #expect(memcmp(bytes.baseAddress!, content, content.count) == 0)
            let held = try Self.kilobytesHeld(at: bytes.baseAddress!)
            landed.forget(before: bytes.baseAddress! + 3_500_000)
            #expect(try held > 3_900 && Self.kilobytesHeld(at: bytes.baseAddress!) < 600)
            #expect(memcmp(bytes.baseAddress!, content, content.count) == 0)
            // A place that is none of the file's.
            content.withUnsafeBufferPointer { landed.forget(before: $0.baseAddress!) }
            #expect(content.last == UInt8(ascii: "\n"))
        }
    }

    /// What this process holds of the mapping that begins at an address.
    private static func kilobytesHeld(at address: UnsafePointer<UInt8>) throws -> Int {
        // Its size is 0 for who asks, so it is read to its end.
        let file = try #require(fopen("/proc/self/smaps", "r"))
        defer { fclose(file) }
        var text: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { text += buffer[..<count] }
        let maps = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let start = try #require(maps.firstIndex { $0.hasPrefix(String(UInt(bitPattern: address), radix: 16) + "-") })
        let line = try #require(maps[start...].first { $0.hasPrefix("Rss:") })
        return try #require(Int(line.split(separator: " ")[1]))
    }

    @Test func `the second attempt removes its files and keeps the first one's manifest`() throws {
        let folder = try TemporaryFolder("landing")
        var late = try Self.attempt(folder)
        try late.land(bytes: Array("a,b\n9,9\n".utf8), format: Self.csv, window: "one.csv", source: "one.csv")
        let (_, first) = try Self.landed(folder)
        let before = folder.files().count
        let found = try late.seal(cursor: ["late": true])
        #expect(found == first)
        #expect(folder.files().count == before - 1)
        #expect(folder.files().filter { $0.hasSuffix(".csv") }.count == 2)
    }

    @Test func `files of attempts that died are removed once they are old, with a note, and nothing else ever is`() throws {
        let folder = try TemporaryFolder("landing")
        func age(_ name: String, days: Int) {
            var times = [timeval(tv_sec: time(nil) - days * 86_400, tv_usec: 0), timeval(tv_sec: time(nil) - days * 86_400, tv_usec: 0)]
            utimes("\(folder.path)/\(name)", &times)
        }
        let (path, manifest) = try Self.landed(folder)
        let month = "raw/p/t/2013-01", other = "raw/p/t/2012-12"
        // Of a task that has no manifest, of one that another attempt has sealed, and a draft; beside them one that may be at work.
        let dead = ["\(month)/p@0.s.extract.t.1abc.0.csv", "\(month)/p@1.s.extract.t.zz9.0.csv", "\(other)/p@0.s.extract.t.1abc.manifest.tmp"]
        let young = "\(month)/p@0.s.extract.t.2def.0.csv"
        // What a manifest that cannot be read lists is not known.
        let unknown = "\(other)/p@7.s.extract.t.1abc.0.csv"
        for name in dead + [young, unknown] { try folder.write("a\n1\n", to: name) }
        try folder.write("{", to: "\(other)/p@7.s.extract.t.manifest.json")
        for name in dead + [unknown, path] + manifest.batches.map(\.path) { age(name, days: 8) }
        age(young, days: 6)

        func sealed(_ task: TaskID) throws -> LandingManifest {
            var attempt = try Self.attempt(folder, task: task)
            try attempt.land(bytes: Array("a\n1\n".utf8), format: Self.csv, window: nil, source: "x")
            return try attempt.seal(cursor: .null)
        }
        // The manifest before has looked the stream through today.
        #expect(try sealed("s.extract.u").notes == [])
        age("run/swept/raw.p.t", days: 2)
        let notes = try sealed("s.extract.v").notes
        #expect(notes.count == 1 && notes[0].hasPrefix("3 files of attempts that died, older than 7 days, removed: "), "\(notes)")
        let left = Set(folder.files())
        #expect(left.isDisjoint(with: dead) && left.isSuperset(of: [young, unknown, path] + manifest.batches.map(\.path)))
        _ = try LandingReader(LandingStore(home: folder.path)).bytes(of: manifest.batches[0])
    }

    @Test func `an attempt without a seal leaves nothing that is read`() throws {
        let folder = try TemporaryFolder("landing")
        var attempt = try Self.attempt(folder)
        try attempt.land(bytes: Array("a\n1\n".utf8), format: Self.csv, window: nil, source: "x")
        #expect(try LandingStore(home: folder.path).manifestIfPresent(attempt.manifestPath) == nil)
    }

    @Test func `a manifest torn at any byte is one clear problem`() throws {
        let folder = try TemporaryFolder("landing")
        let (path, whole) = try Self.landed(folder)
        let bytes = try folder.read(path)
        let reader = LandingReader(LandingStore(home: folder.path))
        for length in 0..<bytes.count {
            try folder.write(Array(bytes[..<length]), to: path)
            // Without its last line end it is still whole.
            if length == bytes.count - 1 { #expect(try reader.manifest(path) == whole); continue }
            let problem = #expect(throws: LandingProblem.self) { try reader.manifest(path) }
            #expect(problem?.code == "landing.damaged")
        }
    }

    @Test func `a manifest with any byte flipped is refused or reads the same`() throws {
        let folder = try TemporaryFolder("landing")
        let (path, whole) = try Self.landed(folder)
        let bytes = try folder.read(path)
        let reader = LandingReader(LandingStore(home: folder.path))
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= 1
            try folder.write(flipped, to: path)
            do { #expect(try reader.manifest(path) == whole) } catch { #expect((error as? LandingProblem)?.code == "landing.damaged") }
        }
    }

    @Test func `a landed file that is missing, cut or changed is one clear problem`() throws {
        let folder = try TemporaryFolder("landing")
        let (_, manifest) = try Self.landed(folder)
        let batch = manifest.batches[0]
        let reader = LandingReader(LandingStore(home: folder.path))
        let bytes = try folder.read(batch.path)
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= 0x10
            try folder.write(flipped, to: batch.path)
            #expect(#expect(throws: LandingProblem.self) { try reader.bytes(of: batch) }?.code == "landing.damaged")
            try folder.write(Array(bytes[..<place]), to: batch.path)
            #expect(#expect(throws: LandingProblem.self) { try reader.bytes(of: batch) }?.code == "landing.damaged")
        }
        unlink("\(folder.path)/\(batch.path)")
        #expect(#expect(throws: LandingProblem.self) { try reader.bytes(of: batch) }?.code == "landing.missing")
    }

    @Test func `an unclosed quote stops the landing at its line`() throws {
        let folder = try TemporaryFolder("landing")
        var attempt = try Self.attempt(folder)
        let problem = #expect(throws: LandingProblem.self) {
            try attempt.land(bytes: Array("a,b\n1,\"2\n3,4\n".utf8), format: Self.csv, window: nil, source: "cut.csv")
        }
        #expect(problem?.location.description == "cut.csv:2")
    }

    @Test func `ids that a file cannot be named after keep names of their own`() {
        let a = LandingStore.fileName("p@2026-01-01T00:00:00Z", "s.extract.t"), b = LandingStore.fileName("p@2026-01-01T00_00_00Z", "s.extract.t")
        #expect(a != b && !a.contains(":") && !a.contains("/"))
    }

    @Test func `gzip members in a row are one file, and a torn one is a problem`() throws {
        guard Tool.isPresent("gzip") else { return }
        let folder = try TemporaryFolder("landing")
        try folder.write("a,b\n1,2\n", to: "one.csv")
        try folder.write("3,4\n", to: "two.csv")
        _ = try Tool.run("gzip", ["-n", "\(folder.path)/one.csv", "\(folder.path)/two.csv"])
        let both = try folder.read("one.csv.gz") + folder.read("two.csv.gz")
        var attempt = try Self.attempt(folder)
        let format = RawFormat(.csv, compression: .gzip)
        try attempt.land(bytes: both, format: format, window: nil, source: "both.csv.gz")
        #expect(attempt.manifest.batches[0].tally == Tally(count: 2, sum: RecordHash.hash("1,2") &+ RecordHash.hash("3,4")))
        for length in 0..<both.count where length != (try folder.read("one.csv.gz").count) {
            var other = try Self.attempt(folder, task: TaskID("t\(length)"))
            #expect(throws: LandingProblem.self, "\(length)") {
                try other.land(bytes: Array(both[..<length]), format: format, window: nil, source: "torn.csv.gz")
            }
            other.discard()
        }
    }
}
