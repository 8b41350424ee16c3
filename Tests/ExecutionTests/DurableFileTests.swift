import Kernel
import Support
import Testing

@testable import Execution

/// Files that are whole or not there.
@Suite struct DurableFileTests {
    @Test func `a draft that cannot take its place goes away`() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "taken/inside")
        let refused = #expect(throws: PlainProblem.self) { try DurableFile.replace("\(folder.path)/taken", with: [1]) }
        #expect(refused?.summary == "a file cannot be renamed: Is a directory")
        #expect(folder.files() == ["taken/inside"])
    }

    @Test func `what cannot be produced leaves the old file and nothing else`() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        try folder.write("old", to: "a")
        #expect(throws: Stop.self) { try DurableFile.replace("\(folder.path)/a") { put in try put([1]); throw Stop() } }
        #expect(try folder.files() == ["a"] && folder.read("a") == Array("old".utf8))
    }

    @Test func `of two that create a file the first one counts, and no draft is left`() throws {
        let folder = try TemporaryFolder()
        #expect(try DurableFile.create("\(folder.path)/a", with: [1]))
        #expect(try !DurableFile.create("\(folder.path)/a", with: [2]))
        #expect(try folder.files() == ["a"] && folder.read("a") == [1])
    }

    @Test func `a folder that cannot be made or synced says why`() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "file")
        let refused = #expect(throws: PlainProblem.self) { try DurableFile.createFolder("\(folder.path)/file/inside/it") }
        #expect(refused?.summary == "a file cannot be created: Not a directory")
        let missing = #expect(throws: PlainProblem.self) { try DurableFile.syncFolder("\(folder.path)/nowhere") }
        #expect(missing?.summary == "a file cannot be opened: No such file or directory")
        try DurableFile.createFolder("\(folder.path)/one/two")
        try DurableFile.createFolder("\(folder.path)/one/two/")
        try DurableFile.syncFolder("\(folder.path)/one/two")
    }

    @Test func `a start that was changed, or cannot be read, is told as that`() throws {
        let folder = try TemporaryFolder()
        let now = Timestamp(microseconds: 0)
        #expect(try InvocationRecord.firstStart(of: "key", in: folder.path, now: now) == now)
        let path = try #require(folder.files().first)
        try folder.write("yesterday", to: path)
        let changed = #expect(throws: PlainProblem.self) { try InvocationRecord.firstStart(of: "key", in: folder.path, now: now) }
        #expect(changed?.summary == "the start of the run was changed and is no time")
    }
}
