import Digest
import FoundationEssentials
import Kernel
import ModellingSupport
import Project
import Testing

/// Which files are a project's, and what is read of those that are no nodes.
@Suite struct ProjectFilesTests {
    private func ids(_ files: [String: String]) throws -> [String] { try TestProject(files).manifest().nodes.keys.sorted() }

    @Test func `an editor's files are passed over, a folder may have any name, and case does not matter`() throws {
        let ids = try ids([
            "models/.hidden.sql": "x", "models/#copy.sql": "x", "models/~copy.sql": "x", "models/.folder/deep.sql": "select 1", "models/LOUD.SQL": "select 1",
            "models/s.YML": "models: [{name: LOUD, columns: [{name: id, data_tests: [not_null]}]}]",
        ])
        #expect(ids.map { $0.split(separator: ".").prefix(3).joined(separator: ".") } == ["model.shop.LOUD", "model.shop.deep", "test.shop.not_null_LOUD_id"])
    }

    @Test func `a link to a file is a file, a link to a folder is not followed`() throws {
        let project = try TestProject(["models/real/a.sql": "select 1"])
        let models = "\(project.projectFolder)/models"
        try FileManager.default.createSymbolicLink(atPath: "\(models)/linked", withDestinationPath: "\(models)/real")
        try FileManager.default.createSymbolicLink(atPath: "\(models)/b.sql", withDestinationPath: "\(models)/real/a.sql")
        #expect(try project.manifest().nodes.keys.sorted() == ["model.shop.a", "model.shop.b"])
    }

    @Test func `a seed that is no UTF-8 is a problem with its line`() throws {
        let project = try TestProject(["seeds/s.csv": "id,name\n1,caf"])
        let path = "\(project.projectFolder)/seeds/s.csv"
        try Data(Array("id,name\n1,caf".utf8) + [0xe9, 0x0a]).write(to: URL(filePath: path))
        let problem = #expect(throws: ProjectProblems.self) { _ = try project.manifest() }?.problems.first
        #expect(problem?.code == "project.unreadable" && "\(problem as Any)".contains("seeds/s.csv:2"))
    }

    @Test func `a link that leads nowhere is a file that cannot be read`() throws {
        let project = try TestProject(["models/a.sql": "select 1"])
        for name in ["lost.sql", "lost.yml"] { try FileManager.default.createSymbolicLink(atPath: "\(project.projectFolder)/models/\(name)", withDestinationPath: "nowhere") }
        let problems = #expect(throws: ProjectProblems.self) { _ = try project.manifest() }?.problems ?? []
        #expect(problems.map(\.code) == ["project.unreadable", "project.unreadable"])
        #expect("\(problems)".contains("models/lost.sql") && "\(problems)".contains("No such file or directory"))
    }

    @Test(arguments: [
        ("drafts", "a"), ("drafts/", "a"), ("models/drafts/*.sql", "a"), ("/models/drafts", "a"), ("drafts/b*", "ab"), ("b.sql", "a"), ("**/drafts/**", "a"),
        ("models/**/b.sql", "a"), ("*.sql\n!a.sql", "a"), ("# b.sql", "ab"), ("models/*.sql", "b"), ("a.sql/", "ab"), ("models/b.sql", "ab"), ("[!a].sql", "a"), ("?.sql", ""),
    ])
    func `.dbtignore has the words of .gitignore`(_ text: String, _ left: String) throws {
        let ids = try ids([".dbtignore": text, "models/a.sql": "select 1", "models/drafts/b.sql": "select 1"])
        #expect(ids == left.map { "model.shop.\($0)" })
    }

    @Test func `what unit tests read is no test, but for folders of that name further down`() throws {
        #expect(try ids(["tests/fixtures/rows.sql": "select 1", "tests/generic/kind.sql": "{% test kind(model) %}select 1{% endtest %}", "tests/deep/fixtures/fails.sql": "select 1"]) == ["test.shop.fails"])
    }

    @Test func `a file is hashed as it lies on the disk, a large seed by its path`() throws {
        let large = "id\n" + String(repeating: "1234567\n", count: 131_072)
        let manifest = try TestProject(["models/a.sql": "\r\nselect 1,\r\n  2\r\n", "seeds/small.csv": "id\r\n1\r\n", "seeds/large.csv": large]).manifest()
        #expect(manifest.nodes["model.shop.a"]?.checksum == Digest.hex(.sha256, "select 1,\r\n  2"))
        #expect(manifest.nodes["seed.shop.small"]?.checksum == Digest.hex(.sha256, "id\r\n1"))
        let seed = try #require(manifest.nodes["seed.shop.large"])
        #expect(ManifestWriter.json(seed)["checksum"] == ["name": "path", "checksum": "seeds/large.csv"])
    }

    @Test func `a block of text at the end of a file has no last newline, one before has`() throws {
        let manifest = try TestProject([
            "models/a.sql": "select 1", "models/b.sql": "select 1",
            "models/s.yml": "models:\n  - name: a\n    description: |\n      one\n      two\n  - name: b\n    description: |\n      one\n      two\n\n",
        ]).manifest()
        #expect(manifest.nodes["model.shop.a"]?.description == "one\ntwo\n" && manifest.nodes["model.shop.b"]?.description == "one\ntwo")
    }

    @Test func `a section that no schema file has is warned of`() throws {
        let manifest = try TestProject(["models/a.sql": "select 1", "models/s.yml": "x-names: &names [id]\nmodles: []\nmodels: [{name: a, description: said}]"]).manifest()
        #expect(manifest.warnings.map(\.text) == ["models/s.yml:1: a schema file does not know the section 'x-names'", "models/s.yml:2: a schema file does not know the section 'modles'; did you mean 'models'?"])
        #expect(manifest.nodes["model.shop.a"]?.description == "said")
    }

    @Test func `a docs block is a template that knows nothing, and what stands around it is none`() throws {
        let manifest = try TestProject(["models/a.md": """
        # {{ foo( }} {% hint style="info" %} {# {% docs hidden %} #} {% raw %}{% docs raw %}{% endraw %}
        {%- docs one -%} {{ 1 + 1 }}{% if true %} yes{% endif %} {% raw %}{{ raw }}{% endraw %}{{ unknown }} 100% {%- enddocs -%}
        {% docs two %}{% enddocs %}
        """]).manifest()
        #expect(manifest.docs.map(\.name) == ["one", "two"])
        #expect(manifest.docs.map(\.text) == ["2 yes {{ raw }} 100%", ""])
    }

    @Test(arguments: [
        ("{% docs a %}x{% enddocs %}\n{% docs a %}y{% enddocs %}", "project.duplicate_doc models/a.md:2"), ("\n{% docs a %}{% docs b %}{% enddocs %}", "project.bad_block models/a.md:2:1"),
        ("{% docs a %} x", "project.bad_block models/a.md:1:1"), ("{{ x\n{% docs a %}{% enddocs %}", "project.bad_block models/a.md:1:3"),
        ("{% docs a %}{{ 1/0 }}{% enddocs %}{% docs a %}x{% enddocs %}", "project.template_failed models/a.md:1:4"), ("{% endif %}", "project.bad_block models/a.md:1:1"), ("\n{% docs a %}\n{{ x( }}{% enddocs %}", "project.bad_template models/a.md:3:7"),
    ])
    func `a docs block that is wrong is told with its place`(_ text: String, _ problem: String) throws {
        let problems = #expect(throws: ProjectProblems.self) { try TestProject(["models/a.md": text]).manifest() }
        #expect(problems?.problems.map { "\($0.code) \($0.location)" } == [problem])
    }

    @Test func `what stands around macros, tests and snapshots is no template`() throws {
        let manifest = try TestProject([
            "macros/m.sql": "-- use {% call told... %} x {% endcall %} {{ not ! jinja '}}' }} {% for %}{% endfor %}{% raw %}{% macro hidden() %}{% endmacro %}{% endraw %}\n{% macro told() %}1{% endmacro %}",
            "tests/generic/t.sql": "{% hint... %}{% macro passed_over() %}{% endmacro %}{% test kind(model) %}select 1{% endtest %}",
            "snapshots/s.sql": "{% hint... %}{{ ! }}{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}",
        ]).manifest()
        #expect(manifest.macros.keys.sorted() == ["macro.shop.test_kind", "macro.shop.told"])
        #expect(manifest.nodes["snapshot.shop.kept"]?.rawCode.contains("select 1 as id") == true)
    }

    @Test(arguments: [
        ("{% if true %}{% macro a() %}{% endmacro %}{% endif %}", "Got a block definition inside control flow at 1:13. All dbt block definitions must be at the top level"),
        ("{% macro a() %}{% macro b() %}{% endmacro %}{% endmacro %}", "Got nested tags: macro (started at 0) did not have a matching {% endmacro %} before a subsequent macro was found (started at 15)"),
        ("\n{% macro a() %} x", "Reached EOF without finding a close tag for macro (searched from line 2)"),
        ("{% endif %}", "Got an unexpected control flow end tag, got endif but never saw a preceeding if (@ 1:0)"),
    ])
    func `a macro stands on the top level of its file, and ends`(_ text: String, _ summary: String) throws {
        let problems = #expect(throws: ProjectProblems.self) { try TestProject(["macros/a.sql": text]).manifest() }
        #expect(problems?.problems.map(\.summary) == [summary])
    }

    @Test func `the project file may speak of the target`() throws {
        let project = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: \"{{ env_var('WHO') }}\"\nmodels: {shop: {+enabled: \"{{ target.name == 'dev' }}\", +alias: \"{{ target.type }}_a\"}}",
            "profiles.yml": "me: {target: dev, outputs: {dev: {type: sqlite, path: x.db, schema: main}}}", "models/a.sql": "select 1",
        ])
        let manifest = try ProjectReader(ReaderSettings(projectFolder: project.projectFolder, environment: ["WHO": "me"])).read()
        #expect(manifest.nodes["model.shop.a"]?.alias == "sqlite_a")
    }

    @Test(arguments: [
        (#"">=1.3.0""#, true), (#"[">=1.3.0", "<1.11.0"]"#, false), (#"">=1.0.0,<2.0.0""#, true), (#""=1.11.16""#, true), (#""1.11.15""#, false), (#"">1.11.16rc1""#, true), (#""<=1.11.16-b1""#, false),
    ])
    func `a project or package that is for another version of dbt is refused, unless one says not to look`(_ versions: String, _ isMet: Bool) throws {
        for path in ["dbt_project.yml", "dbt_packages/tools/dbt_project.yml"] {
            let project = try TestProject(["dbt_project.yml": "name: shop\nprofile: shop\n"].merging([path: "name: shop\nprofile: shop\nrequire-dbt-version: \(versions)\n"]) { _, new in new })
            if isMet {
                _ = try project.manifest()
            } else {
                let problems = #expect(throws: ProjectProblems.self) { try project.manifest() }
                #expect(problems?.problems.map(\.code) == ["project.version_refused"])
            }
            var settings = ReaderSettings(projectFolder: project.projectFolder, environment: [:])
            settings.target = TestProject.target
            settings.checksVersion = false
            _ = try ProjectReader(settings).read()
        }
    }

    @Test func `a selector stands in the manifest key by key`() throws {
        let manifest = try TestProject(["selectors.yml": """
        selectors:
          - {name: one, definition: {intersection: ["2+tag:nightly+", {method: path, value: models, exclude: ["a"]}, {tag: x}]}}
          - {name: two, definition: {method: selector, value: one}}
          - {name: three, definition: {union: ["@config.materialized:view", {exclude: [a+1]}]}}
        """]).manifest()
        let json = manifest.selectors.json
        let one: JSON = ["intersection": [
            ["method": "tag", "value": "nightly", "parents": true, "parents_depth": "2", "children": true], ["method": "path", "value": "models", "exclude": ["a"]],
            ["method": "tag", "value": "x"],
        ]]
        #expect(json["one"]?["definition"] == one)
        #expect(json["two"]?["definition"] == one)
        #expect(json["three"]?["definition"] == ["union": [
            ["method": "config.materialized", "value": "view", "childrens_parents": true], ["exclude": [["method": "fqn", "value": "a", "children": true, "children_depth": "1"]]],
        ]])
    }
}
