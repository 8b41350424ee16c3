import Foundation
import Kernel
import Support
import Testing
import Triggers

@Suite struct FileTriggerTests {
    private let now = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!

    private func look(_ trigger: inout FileTrigger, at seconds: Double, isKnown: Bool = false) throws -> [String] {
        try trigger.look(monotonic: seconds, now: now) { _, _, _ in isKnown }.map { "\(($0.path as NSString).lastPathComponent) \($0.bytes) \($0.sha256.prefix(8))" }
    }
    private func write(_ text: String, _ path: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }

    @Test func `a file counts once it has not changed for as long as it must rest, and again when it has changed`() throws {
        let folder = try TemporaryFolder("files")
        var trigger = FileTrigger(pattern: "\(folder.path)/*.csv", settleSeconds: 2)
        try write("a", "\(folder.path)/a.csv")
        #expect(try look(&trigger, at: 0).isEmpty)
        #expect(try look(&trigger, at: 1.9).isEmpty)
        try write("ab", "\(folder.path)/a.csv")
        #expect(try look(&trigger, at: 2.1).isEmpty, "it has grown")
        #expect(try look(&trigger, at: 4).isEmpty)
        #expect(try look(&trigger, at: 4.2) == ["a.csv 2 fb8e20fc"])
        #expect(try look(&trigger, at: 9).isEmpty)
        try write("abc", "\(folder.path)/a.csv")
        _ = try look(&trigger, at: 10)
        #expect(try look(&trigger, at: 12) == ["a.csv 3 ba7816bf"])
    }

    @Test func `folders, hidden files and what does not fit are no files that arrive`() throws {
        let folder = try TemporaryFolder("files")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/folder.csv", withIntermediateDirectories: true)
        for name in [".hidden.csv", "other.txt", "good.csv"] { try write("x", "\(folder.path)/\(name)") }
        var trigger = FileTrigger(pattern: "\(folder.path)/*.csv", settleSeconds: 0)
        _ = try look(&trigger, at: 0)
        #expect(try look(&trigger, at: 1) == ["good.csv 1 2d711642"])
    }

    @Test func `what the log tells of is not told again, and what is gone is forgotten`() throws {
        let folder = try TemporaryFolder("files")
        try write("x", "\(folder.path)/a.csv")
        var trigger = FileTrigger(pattern: "\(folder.path)/*", settleSeconds: 0)
        _ = try look(&trigger, at: 0, isKnown: true)
        #expect(try look(&trigger, at: 1, isKnown: true).isEmpty)
        #expect(try look(&trigger, at: 2).isEmpty, "it was known when it came to rest")
        try FileManager.default.removeItem(atPath: "\(folder.path)/a.csv")
        #expect(try look(&trigger, at: 3).isEmpty)
        try write("x", "\(folder.path)/a.csv")
        _ = try look(&trigger, at: 4)
        #expect(try look(&trigger, at: 5).count == 1)
    }

    @Test func `a folder that is not there has no files`() throws {
        var trigger = FileTrigger(pattern: "/nowhere/at/all/*.csv", settleSeconds: 0)
        #expect(try look(&trigger, at: 0).isEmpty)
    }
}
