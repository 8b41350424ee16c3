import Kernel
import ModellingSupport
import Project
import Testing

@Suite struct GoldenProjectTests {
    @Test(arguments: Golden.projects(beside: #filePath))
    func `a golden project reads as it was reviewed`(_ folder: String) throws {
        let isWrong = folder.split(separator: "/").last?.hasPrefix("error_") ?? false
        do {
            let manifest = try TestProject.read("\(folder)/project", environment: ["SHOP_SCHEMA": "shop"])
            #expect(!isWrong, "this project is wrong on purpose and was read")
            let (expected, actual) = try Golden.compare(describe(manifest), with: "\(folder)/expected/nodes.txt")
            #expect(actual == expected)
        } catch let problems as ProjectProblems {
            let text = problems.description.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n") + "\n"
            let (expected, actual) = try Golden.compare(text, with: "\(folder)/expected/\(isWrong ? "error" : "unexpected").txt")
            #expect(actual == expected)
            #expect(isWrong, "\(text)")
        }
    }

    private func describe(_ manifest: Manifest) -> String {
        var lines: [String] = []
        for id in manifest.nodes.keys.sorted() {
            guard let node = manifest.nodes[id] else { continue }
            lines.append("\(id) (\(node.originalFilePath):\(node.line))")
            lines.append("  \(node.config.materialized) \(node.schema).\(node.alias), tags \(node.config.tags), fqn \(node.fqn.joined(separator: "."))")
            if !node.dependsOn.isEmpty { lines.append("  reads \(node.dependsOn.joined(separator: ", "))") }
            if !node.description.isEmpty { lines.append("  \(node.description)") }
        }
        for id in manifest.sources.keys.sorted() { lines.append("\(id) is \(manifest.sources[id]?.schema ?? "").\(manifest.sources[id]?.identifier ?? "")") }
        lines += manifest.disabled.map { "disabled \($0.uniqueID)" } + manifest.warnings.map { "warning \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
