import Compilation
import Execution
import Kernel
import ModellingSupport
@testable import Project
import Support
import Testing

/// After any edit, what is read of the files that changed gives the manifest that reading all of them gives.
@Suite struct PartialParseTests {
    private struct Reading {
        /// The manifest as it is written, and its warnings; or what is wrong.
        var result: String
        var isManifest: Bool
        var note: String
        var reread: Set<String>
        var seconds: Double
    }

    private func read(_ project: TestProject, usesCache: Bool, at time: Timestamp = TestProject.startedAt) -> Reading {
        var settings = ReaderSettings(projectFolder: project.projectFolder, environment: [:])
        settings.target = TestProject.target
        (settings.keepsCache, settings.usesCache) = (usesCache, usesCache)
        let reader = ProjectReader(settings, host: Compiler(parsing: [:], invocation: TestProject.invocation()))
        let clock = ContinuousClock.now
        do {
            let manifest = try reader.read()
            let seconds = (ContinuousClock.now - clock) / .seconds(1)
            let writer = ManifestWriter(manifest, invocationID: "", generatedAt: time)
            // As a file, the manifest is brought up to date too.
            if usesCache { try RunFolder("\(project.projectFolder)/target").write(writer) }
            let text = String(decoding: usesCache ? try project.read("target/manifest.json") : writer.bytes, as: UTF8.self)
            let graph = manifest.graph.parents.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            let lines = manifest.nodes.values.map { "\($0.uniqueID) \($0.line) \($0.testGroup ?? "")" }.sorted()
            return Reading(result: text + "\(manifest.warnings)\(graph)\(lines)", isManifest: true, note: reader.cacheNote ?? "", reread: reader.reread, seconds: seconds)
        } catch {
            return Reading(result: "\(error)", isManifest: false, note: reader.cacheNote ?? "", reread: [], seconds: (ContinuousClock.now - clock) / .seconds(1))
        }
    }

    /// Where two texts part, with what is around.
    private func difference(_ one: String, _ other: String) -> String {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        let place = zip(one, other).enumerated().first { $1.0 != $1.1 }?.offset ?? min(one.count, other.count)
        func around(_ bytes: [UInt8]) -> String { String(decoding: bytes[max(0, place - 200)..<min(bytes.count, place + 120)], as: UTF8.self) }
        return "\n  partial: \(around(one))\n  whole:   \(around(other))"
    }

    private static let isPartial = "Partial parsing enabled: "

    @Test func `whatever is edited, the manifest is that of a first reading`() throws {
        var random = Seed("edits of every kind")
        var counts: [EditedProject.Kind: (edits: Int, partial: Int, reread: Int, partialSeconds: Double, wholeSeconds: Double)] = [:]
        var wholly: [String] = []
        for _ in 0..<4 {
            var edited = try EditedProject()
            #expect(read(edited.project, usesCache: true).isManifest)
            for _ in 0..<50 {
                let before = edited
                let kind = EditedProject.Kind.allCases.randomElement(using: &random)!
                let what = try edited.edit(kind, &random)
                let (warm, cold) = (read(edited.project, usesCache: true), read(edited.project, usesCache: false))
                #expect(warm.result == cold.result, "\(kind), \(what): \(warm.note)\(difference(warm.result, cold.result))")
                if cold.isManifest {
                    var count = counts[kind] ?? (0, 0, 0, 0, 0)
                    count.edits += 1
                    if warm.note.hasPrefix(Self.isPartial) {
                        count = (count.edits, count.partial + 1, count.reread + warm.reread.count, count.partialSeconds + warm.seconds, count.wholeSeconds + cold.seconds)
                    }
                    counts[kind] = count
                    if !warm.note.hasPrefix("Partial parsing enabled") { wholly.append("\(kind), \(what): \(warm.note)") }
                } else if Int.random(in: 0..<4, using: &random) > 0 {
                    // Else the next edits come on top, and the cache is that of several edits ago.
                    try edited.restore(before)
                }
            }
        }
        for (kind, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let mean = count.partial == 0 ? 0 : 1 / Double(count.partial)
            print("\(kind.rawValue): \(count.edits) edits, \(count.partial) in part; read again \(Int(Double(count.reread) * mean)) nodes, \(Int(count.partialSeconds * mean * 1e6)) of \(Int(count.wholeSeconds * mean * 1e6)) µs")
        }
        let edits = counts.values.reduce(0) { $0 + $1.edits }
        #expect(wholly.count * 20 < edits, "of \(edits) edits, these were not read in part: \(wholly.joined(separator: "\n"))")
    }

    /// The unique ids that are read again after a change of the project.
    private func reread(_ edited: EditedProject, _ change: (TestProject) throws -> Void) throws -> [String] {
        #expect(read(edited.project, usesCache: true).isManifest)
        try change(edited.project)
        let (warm, cold) = (read(edited.project, usesCache: true), read(edited.project, usesCache: false))
        #expect(warm.result == cold.result && warm.note.hasPrefix(Self.isPartial), "\(warm.note)\(difference(warm.result, cold.result))")
        return warm.reread.filter { !$0.hasPrefix("test.shop.") }.sorted()
    }

    @Test func `what does not depend on an edit is not read again`() throws {
        let edited = try EditedProject()
        // What is warned of is read again each time.
        try edited.project.write("macros/macros.yml", "macros: [{name: cents, description: In cents}]\n")
        let part = try #require(edited.files["models/staging/part_1.yml"])
        #expect(try reread(edited) { try $0.write("models/marts/model_20.sql", "select 1") } == ["model.shop.model_20"])
        // One model's words of four; the tests of the file are made again, as their lines may have moved.
        #expect(try reread(edited) { try $0.write("models/staging/part_1.yml", part.replacing("{name: model_6, description: Of kind 2", with: "{name: model_6, description: Another")) } == ["model.shop.model_6"])
        #expect(try reread(edited) { try $0.write("seeds/codes.csv", "id\n7\n") } == ["seed.shop.codes"])
        #expect(try reread(edited) { try $0.write("macros/shifted.sql", "{% macro shifted(c) %}{{ c }}{% endmacro %}{% macro alone(c) %}{{ c }}{% endmacro %}") }
            == (stride(from: 1, to: 24, by: 4).map { "model.shop.model_\($0)" } 
                + ["macro.shop.shifted", "macro.shop.alone", "exposure.shop.board", "metric.shop.amount", "metric.shop.share", "metric.shop.total", "semantic_model.shop.sold"]).sorted())
        #expect(try reread(edited) { try $0.write("models/marts/lonely.sql", "select 1") } == ["model.shop.lonely"])
        #expect(try reread(edited) { try $0.write("models/marts/lonely.sql", "{{ config(alias='other') }} select 1") } == ["model.shop.lonely"])
    }

    @Test(arguments: [
        "{{ config(materialized='incremental', incremental_strategy='microbatch') }} select 1", "{{ config(access='odd') }} select 1",
        "select * from {{ ref('gone') }}", "{{ config(alias='model_2') }} select 1",
    ])
    func `what a first reading refuses is refused after an edit too`(_ text: String) throws {
        let edited = try EditedProject()
        #expect(read(edited.project, usesCache: true).isManifest)
        try edited.project.write("models/marts/model_20.sql", text)
        let (warm, cold) = (read(edited.project, usesCache: true), read(edited.project, usesCache: false))
        #expect(warm.result == cold.result && !cold.isManifest)
    }

    @Test func `a package's model that the project describes is read again with its description, and nothing else for its sake`() throws {
        let edited = try EditedProject()
        // What is warned of is read again each time.
        try edited.project.write("macros/macros.yml", "macros: [{name: cents, description: In cents}]\n")
        try edited.project.write("installed/tools/models/lent.sql", "select 1 as id")
        try edited.project.write("models/lent.yml", "models: [{name: lent, description: As the project has it}]\n")
        #expect(try reread(edited) { try $0.write("models/marts/model_20.sql", "select 1") } == ["model.shop.model_20"])
        for (path, text) in [("models/lent.yml", "models: [{name: lent, description: Another}]\n"), ("installed/tools/models/lent.sql", "select 2 as id"), ("models/lent.sql", "{{ config(schema='own') }} select 3 as id")] {
            try edited.project.write(path, text)
            let (warm, cold) = (read(edited.project, usesCache: true), read(edited.project, usesCache: false))
            #expect(warm.result == cold.result && cold.isManifest, "\(path)\(difference(warm.result, cold.result))")
        }
    }

    @Test func `what is not read again keeps in the manifest the time at which it was read`() throws {
        let edited = try EditedProject()
        func times(_ seconds: Double) throws -> [String: JSON] {
            #expect(read(edited.project, usesCache: true, at: TestProject.startedAt.adding(seconds: seconds)).isManifest)
            let manifest = try JSON(parsing: try edited.project.read("target/manifest.json"))
            return Dictionary((manifest["nodes"]?.objectValue?.pairs ?? []).compactMap { id, node in node["created_at"].map { (id, $0) } }) { first, _ in first }
        }
        let before = try times(0)
        try edited.project.write("models/marts/model_20.sql", "select 1")
        let after = try times(60)
        #expect(after.filter { before[$0.key] != $0.value && !$0.key.hasPrefix("operation.") }.map(\.key) == ["model.shop.model_20"])
        #expect(try times(120).filter { after[$0.key] != $0.value }.isEmpty)
    }
}
