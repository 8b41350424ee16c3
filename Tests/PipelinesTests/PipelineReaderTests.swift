import Contracts
import Foundation
import Kernel
import Pipelines
import Testing

/// A rule as such, wherever it is written.
func unplaced(_ rule: NotifyRule) -> NotifyRule { NotifyRule(on: rule.on, channel: rule.channel, options: rule.options) }

@Suite struct PipelineReaderTests {
    func read(_ text: String) throws -> Pipeline {
        let folder = NSTemporaryDirectory() + "/pipeline-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try text.write(toFile: folder + "/pipeline.yml", atomically: true, encoding: .utf8)
        return try PipelineReader.read(folder + "/pipeline.yml")
    }

    @Test func `a definition becomes the first task of each step, in order`() throws {
        let pipeline = try read(
            """
            name: nyc_flights
            steps:
              - name: ingest
                extract:
                  - connector: csv
                    settings: {folder: "${INBOX}", null: [NA]}
                    streams: {flights: {path: "flights-*.csv", disposition: append}}
              - {name: build, dbt: build}
              - {name: generate_docs, dbt: docs}
            notify: [{on: [failed, succeeded], to: console}]
            """)
        let tasks = pipeline.registered.tasks
        #expect(tasks.map(\.id) == ["ingest.read_state", "build.plan", "generate_docs.plan"])
        #expect(tasks[1].after == [.step("ingest")])
        #expect(tasks[0].args["connections"]?[0]?["settings"]?["folder"] == "${INBOX}")
        #expect(tasks[0].args["warehouse"] == "sqlite:///${SLUICE_HOME}/warehouse/nyc_flights.db")
        #expect(tasks[1].args["project"]?.stringValue?.hasSuffix("/dbt") == true)
        #expect(tasks[1].args["docs"] == nil)
        #expect(tasks[2].args["docs"] == "${SLUICE_HOME}/docs/nyc_flights")
        #expect(pipeline.notify.map(unplaced) == [NotifyRule(on: [.failed, .succeeded], channel: "console")])
        #expect(pipeline.notify[0].place?.hasSuffix("/pipeline.yml:10") == true)
    }

    @Test func `a notify rule has its channel's options, and a secret that is written out is refused unquoted`() throws {
        let head = "name: p\nsteps:\n  - {name: a, noop: load}\nnotify:\n"
        let pipeline = try read(head + """
              - {on: failed, to: email, recipients: [a@example.com], password: "${MAIL_WORD}", timeout_seconds: 5}
              - {on: [warned], to: pigeon, options: {loft: north}}
            """)
        #expect(pipeline.notify.map(unplaced) == [
            NotifyRule(on: [.failed], channel: "email", options: ["recipients": ["a@example.com"], "password": "${MAIL_WORD}", "timeout_seconds": 5]),
            NotifyRule(on: [.warned], channel: "pigeon", options: ["loft": "north"]),
        ])
        do {
            _ = try read(head + "  - {on: failed, to: email, password: planted-word}\n")
            Issue.record("the definition was accepted")
        } catch let list as ProblemList {
            #expect(list.summary == "'password' is written out")
            #expect(list.description.contains("pipeline.yml:5") && !list.description.contains("planted-word"))
        }
    }

    @Test func `every mistake is told at once, each with its line`() throws {
        let text = """
            name: Bad Name
            colour: blue
            steps:
              - {name: a, dbt: build, noop: load}
              - {name: b}
              - {name: c, noop: nobody}
              - {name: d, noop: load, seconds: soon}
            """
        do {
            _ = try read(text)
            Issue.record("the definition was accepted")
        } catch let list as ProblemList {
            let lines = list.problems.map { "\($0.location)".split(separator: "pipeline.yml")[1].split(separator: ":")[0] + " " + $0.summary }
            #expect(lines == [
                "1 the pipeline's name 'Bad Name' is not valid", "2 a pipeline has no field 'colour'", "4 step 'a' names dbt and noop",
                "5 step 'b' names no work", "6 noop names no role", "7 seconds is no number from 0 to 3600",
            ])
        }
    }

    @Test func `the examples of the article and the reference pipelines are definitions`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let article = try String(contentsOfFile: root + "/Shared/Pipelines/Pipelines.docc/Pipelines.md", encoding: .utf8)
        let examples = article.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        #expect(!examples.isEmpty)
        for example in examples {
            let pipeline = try read(example)
            #expect(pipeline.registered.tasks.count == pipeline.steps.count && !pipeline.steps.isEmpty)
        }
        let paths = try PipelineReader.paths(in: root + "/deploy/pipelines")
        #expect(!paths.isEmpty)
        for path in paths { #expect(try PipelineReader.read(path).name == path.split(separator: "/").dropLast().last ?? "") }
    }

    @Test(arguments: ["", "name: [", "steps: 3", "- a", "name: a\nsteps: []", "\t"])
    func `text that is no definition is a problem with its place`(text: String) {
        #expect { try read(text) } throws: { $0 is any Problem }
    }
}
