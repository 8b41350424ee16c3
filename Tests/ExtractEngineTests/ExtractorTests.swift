import ConnectorKit
import Contracts
import ExtractConnectors
import ExtractEngine
import Kernel
import Landing
import Support
import Testing

@Suite struct ExtractorTests {
    static func extractor(_ folder: TemporaryFolder) -> Extractor {
        Extractor(
            connectors: ConnectorRegistry([CSVFolder.self]), store: LandingStore(home: folder.path), environment: ["INBOX": folder.path + "/inbox"],
            now: { Timestamp(microseconds: 0) })
    }

    static func assignment(settings: JSON = ["folder": "${INBOX}"], config: JSON = ["path": "t_*.csv"]) -> Assignment {
        var args = StreamArguments(
            stream: "t", config: config, warehouse: "sqlite://${HOME}/w.db", schema: "raw", pool: "warehouse", generation: 7, cursorToken: 0).json
        args["connector"] = "csv"
        args["settings"] = settings
        return Assignment(
            run: "p@1", pipeline: "p", spec: TaskSpec(id: "in.extract.t", step: "in", role: .extract, kind: "extract_stream", title: "t", args: args),
            attempt: 1, logicalDate: Timestamp(microseconds: 0), isFullRefresh: false, token: 9, worker: "extract-1")
    }

    @Test func `an extract lands files and grows the run by loads and one seal`() async throws {
        let folder = try TemporaryFolder("extract")
        try folder.write("a\n1\n2\n", to: "inbox/t_1.csv")
        try folder.write("a\n3\n", to: "inbox/t_2.csv")
        let completion = try await Self.extractor(folder).extract(Self.assignment())
        #expect(completion.report.message == "3 rows in 2 files" && completion.report.rows == 3)
        #expect(completion.adds.map(\.id.description) == ["in.load.t.0", "in.load.t.1", "in.seal.t"])
        #expect(completion.adds.map(\.pool) == ["warehouse", "warehouse", "warehouse"])
        #expect(completion.adds[1].after == [.task("in.extract.t")])
        #expect(completion.adds[2].after == [.task("in.load.t.0"), .task("in.load.t.1")])
        #expect(completion.adds[0].args["warehouse"] == "sqlite://${HOME}/w.db")
        #expect(completion.report.books.map(\.tally.count) == [2, 1])
        // A redelivery reads the source no second time, even when it has changed.
        try folder.write("a\n4\n", to: "inbox/t_3.csv")
        #expect(try await Self.extractor(folder).extract(Self.assignment()) == completion)
    }

    @Test func `batches of a merged stream load one after another`() async throws {
        let folder = try TemporaryFolder("extract")
        for n in 1...3 { try folder.write("a\n\(n)\n", to: "inbox/t_\(n).csv") }
        let completion = try await Self.extractor(folder).extract(Self.assignment(config: ["path": "t_*.csv", "disposition": "merge", "key": ["a"]]))
        #expect(completion.adds.prefix(3).map(\.after) == [[.task("in.extract.t")], [.task("in.load.t.0")], [.task("in.load.t.1")]])
    }

    @Test func `a stream without new files goes straight to its seal`() async throws {
        let folder = try TemporaryFolder("extract")
        try folder.write("x", to: "inbox/other.txt")
        let completion = try await Self.extractor(folder).extract(Self.assignment())
        #expect(completion.report.message == "nothing new")
        #expect(completion.adds.map(\.after) == [[.task("in.extract.t")]])
    }

    @Test func `a file that cannot be read to its end leaves nothing behind`() async throws {
        let folder = try TemporaryFolder("extract")
        try folder.write("a\n1\n", to: "inbox/t_1.csv")
        try folder.write("a\n\"1\n", to: "inbox/t_2.csv")
        await #expect(throws: LandingProblem.self) { try await Self.extractor(folder).extract(Self.assignment()) }
        #expect(folder.files(in: "raw").isEmpty)
    }

    @Test func `all that is wrong with settings is said at once, without their values`() async throws {
        let folder = try TemporaryFolder("extract")
        let problem = await #expect(throws: SettingsProblem.self) {
            try await Self.extractor(folder).extract(Self.assignment(settings: ["delimiter": 5, "tocken": "s3cret"]))
        }
        #expect(problem?.findings.count == 3)
        #expect(problem?.description.contains("s3cret") == false)
    }

    @Test func `a variable that is not set is named`() async throws {
        let folder = try TemporaryFolder("extract")
        let problem = await #expect(throws: PlainProblem.self) {
            try await Self.extractor(folder).extract(Self.assignment(settings: ["folder": "${NOWHERE}"]))
        }
        #expect(problem?.code == "settings.variable_not_set")
    }
}
