import Foundation
import Kernel
import Pipelines
import Testing

@Suite struct PipelineFolderTests {
    private func folder(_ definitions: [String: String]) throws -> PipelineFolder {
        let folder = NSTemporaryDirectory() + "/pipelines-\(UUID().uuidString)"
        for (name, text) in definitions {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try text.write(toFile: "\(folder)/\(name)/pipeline.yml", atomically: true, encoding: .utf8)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try PipelineFolder(folder)
    }

    private func definition(_ name: String, after upstreams: String...) -> String {
        let triggers = upstreams.map { "{pipeline: \($0)}" }.joined(separator: ", ")
        return "name: \(name)\n" + (upstreams.isEmpty ? "" : "triggers: {any: [\(triggers)]}\n") + "steps: [{name: a, noop: load}]\n"
    }

    private func words(_ found: [(path: String, problem: PlainProblem)]) -> [String] {
        found.map { "\($0.path.split(separator: "/").dropLast().last ?? "") | \($0.problem.summary) | \($0.problem.location.description.split(separator: "/").last ?? "")" }
    }

    @Test func `a circle of chains is told at each trigger of it, and nothing outside of it is`() throws {
        let found = try folder(["a": definition("a", after: "c", "root"), "b": definition("b", after: "a"), "c": definition("c", after: "b"), "leaf": definition("leaf", after: "c"), "root": definition("root")])
        #expect(words(found.contradictions) == [
            "a | pipelines start one another for ever: a → b → c → a | pipeline.yml:2:29",
            "b | pipelines start one another for ever: b → c → a → b | pipeline.yml:2:29",
            "c | pipelines start one another for ever: c → a → b → c | pipeline.yml:2:29",
        ])
        #expect(found.oddities.isEmpty)
    }

    @Test func `of two files with one name the second is told, with the first`() throws {
        let found = try folder(["a": definition("a"), "z": definition("a")])
        #expect(words(found.contradictions) == ["z | two files define the pipeline 'a' | pipeline.yml"])
        #expect(found.contradictions[0].problem.remedy.hasSuffix("/a/pipeline.yml"))
    }

    @Test func `a chain behind nobody and a folder of another name are odd, and can be followed`() throws {
        let found = try folder(["orders": definition("orders"), "report": definition("report", after: "order"), "other": definition("mine"), "late": definition("late", after: "broken"), "broken": "name: broken\n"])
        #expect(found.contradictions.isEmpty && found.broken.map { $0.path.hasSuffix("/broken/pipeline.yml") } == [true])
        #expect(words(found.oddities) == [
            "other | the folder 'other' holds the pipeline 'mine' | pipeline.yml",
            "report | no pipeline here is named 'order', so it starts nothing | pipeline.yml:2:29",
        ])
        #expect(found.oddities[1].problem.remedy == "did you mean 'orders'?")
    }
}
