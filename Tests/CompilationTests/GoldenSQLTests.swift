import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

@Suite struct GoldenSQLTests {
    @Test(arguments: Golden.projects(beside: #filePath))
    func `a golden project compiles as it was reviewed`(_ folder: String) throws {
        let scratch = try TestProject([:])
        let manifest = try TestProject.read("\(folder)/project", environment: ["SHOP_SCHEMA": "shop"])
        let session = try scratch.warehouse.open()
        let compiler = try Compiler(manifest, session: session, environment: ["SHOP_SCHEMA": "shop"], invocation: TestProject.invocation())
        for id in manifest.nodes.keys.sorted() {
            guard let node = manifest.nodes[id], node.resourceType != .seed else { continue }
            let text: String
            do { text = try compiler.compile(node).sql + "\n" } catch { text = "\(error)\n" }
            let (expected, actual) = try Golden.compare(text, with: "\(folder)/expected/\(node.resourceType.rawValue).\(node.name).sql")
            #expect(actual == expected)
        }
    }
}
