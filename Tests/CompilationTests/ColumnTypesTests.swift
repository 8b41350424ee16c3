import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

/// The words for types that a package asks for.
@Suite struct ColumnTypesTests {
    @Test(arguments: ["postgres", "sqlite"])
    func `only text has a word of the adapter's own`(_ adapter: String) throws {
        let project = try TestProject(["models/a.sql": "select 1 as id"])
        var settings = ReaderSettings(projectFolder: project.projectFolder, environment: [:])
        settings.target = Target(profileName: "shop", name: "dev", type: adapter, schema: "main", database: "db")
        let compiler = try Compiler(ProjectReader(settings).read(), session: nil, environment: [:], invocation: TestProject.invocation())
        let words = ["string", "timestamp", "FLOAT", "integer", "boolean"].map { "{{ api.Column.translate_type('\($0)') }}" }.joined(separator: " ")
        #expect(try compiler.render(words, for: nil) == "TEXT timestamp FLOAT integer boolean")
        #expect(try compiler.render("{{ dbt.type_int() }} {{ dbt.type_timestamp() }} {{ api.Column.TYPE_LABELS }}", for: nil) == "integer timestamp {'STRING': 'TEXT'}")
    }
}
