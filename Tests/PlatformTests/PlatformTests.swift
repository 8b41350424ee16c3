import Glibc
import Kernel
import Platform
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct FilesTests {
    @Test func `what is written is what is read, and no draft stays behind`() throws {
        let folder = try TemporaryFolder("platform")
        let path = "\(folder.path)/file"
        for size in [0, 1, 65_536, 200_001] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            try Files.writeAtomically(bytes, to: path)
            #expect(try Files.readAll(path) == bytes)
        }
        #expect(try Files.list(folder.path) == ["file"])
    }

    @Test func `a reader sees one writer's bytes or another's, never a mixture`() async throws {
        let folder = try TemporaryFolder("platform")
        let path = "\(folder.path)/file"
        try Files.writeAtomically([], to: path)
        try await withThrowingTaskGroup { group in
            for writer in UInt8(1)...6 {
                group.addTask {
                    for _ in 0..<20 { try Files.writeAtomically([UInt8](repeating: writer, count: Int(writer) * 20_000), to: path) }
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let bytes = try Files.readAll(path)
                    guard let first = bytes.first else { continue }
                    #expect(bytes.count == Int(first) * 20_000 && bytes.allSatisfy { $0 == first })
                }
            }
            try await group.waitForAll()
        }
        #expect(try Files.list(folder.path) == ["file"])
    }

    @Test func `a write that fails leaves the old file, no draft, and a problem that names the path`() throws {
        let folder = try TemporaryFolder("platform")
        try Files.createFolder("\(folder.path)/target")
        // A folder cannot be replaced by a file.
        #expect { try Files.writeAtomically([1], to: "\(folder.path)/target") } throws: { "\($0)".contains("\(folder.path)/target cannot be written") }
        #expect(try Files.list(folder.path) == ["target"])
        #expect(throws: PlainProblem.self) { try Files.writeAtomically([1], to: "\(folder.path)/none/file") }
    }

    @Test func `a listing is sorted and tells of hidden names`() throws {
        let folder = try TemporaryFolder("platform")
        for name in ["b", "a", ".hidden", "ä", "c d"] { try folder.write("", to: name) }
        #expect(try Files.list(folder.path) == [".hidden", "a", "b", "c d", "ä"])
        #expect { try Files.list("\(folder.path)/none") } throws: { "\($0)".contains("No such file") }
        #expect { try Files.readAll(folder.path) } throws: { "\($0)".contains("Is a directory") }
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a/./b/", "/a/b"), ("/a/../b", "/b"), ("/../../b", "/b"), ("//a//b", "/a/b"), ("/", "/"),
    ])
    func `a path is told without detours`(path: String, expected: String) {
        #expect(Files.absolute(path) == expected)
    }

    @Test func `a relative path is seen from the current folder`() {
        let here = Files.absolute(".")
        #expect(here.hasPrefix("/") && !here.hasSuffix("/"))
        #expect(Files.absolute("x/../y") == "\(here == "/" ? "" : here)/y")
    }

    @Test func `folders are made with those above them, and a file in the way is told`() throws {
        let folder = try TemporaryFolder("platform")
        try Files.createFolder("\(folder.path)/a/b/c")
        try Files.createFolder("\(folder.path)/a/b/c")
        #expect(try Files.list("\(folder.path)/a/b") == ["c"])
        try Files.createFolder("\(folder.path)/d/e", mode: 0o700)
        var above = stat(), last = stat()
        #expect(stat("\(folder.path)/d", &above) == 0 && stat("\(folder.path)/d/e", &last) == 0)
        #expect(above.st_mode & 0o077 != 0 && last.st_mode & 0o777 == 0o700)
        try folder.write("", to: "file")
        for path in ["\(folder.path)/file", "\(folder.path)/file/below"] {
            #expect { try Files.createFolder(path) } throws: { "\($0)".contains("/file cannot be made: Not a directory") }
        }
    }

    @Test func `the stamp of a file changes with it`() throws {
        let folder = try TemporaryFolder("platform")
        let path = "\(folder.path)/file"
        #expect(Files.stamp(path) == "")
        try Files.writeAtomically([1], to: path)
        let first = Files.stamp(path)
        #expect(Files.stamp(path) == first)
        try Files.writeAtomically([2], to: path)
        #expect(Files.stamp(path) != first)
    }
}

@Suite(.timeLimit(.minutes(1))) struct BlockingExecutorTests {
    @Test func `work runs on the executor's one thread, before and after it waits`() async {
        let executor = BlockingExecutor()
        var threads: Set<UInt> = []
        for _ in 0..<20 {
            let pair = await withTaskExecutorPreference(executor) {
                let before = UInt(pthread_self())
                await Task.yield()
                return [before, UInt(pthread_self())]
            }
            threads.formUnion(pair)
        }
        #expect(threads.count == 1)
    }

    @Test func `the pool goes on while more executors than it has threads are blocked`() async {
        let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(gate, 0, 0)
        nonisolated(unsafe) let lock = gate  // Safe: a semaphore is made to be used from several threads.
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN)) * 2 + 2
        await withTaskGroup { group in
            for _ in 0..<count {
                let executor = BlockingExecutor()
                group.addTask(executorPreference: executor) { sem_wait(lock) }
            }
            // Were they on the pool, this would never get its turn.
            await Task.detached { for _ in 0..<count { sem_post(lock) } }.value
        }
        sem_destroy(gate)
        gate.deallocate()
    }
}

@Suite struct ClockTests {
    @Test func `the monotonic clock never goes back`() {
        var last = SystemClock.monotonicSeconds()
        for _ in 0..<10_000 {
            let now = SystemClock.monotonicSeconds()
            #expect(now >= last)
            last = now
        }
    }

    @Test func `words of chance differ and have the length asked for`() {
        let words = Set((0..<1000).map { _ in Entropy.hex(16) })
        #expect(words.count == 1000)
        #expect(words.allSatisfy { $0.utf8.count == 16 && $0.allSatisfy(\.isHexDigit) })
    }
}
