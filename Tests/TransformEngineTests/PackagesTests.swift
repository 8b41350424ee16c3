import FoundationEssentials
import Kernel
import Support
import Testing

/// `dbt deps`: from a folder, a repository and an archive.
@Suite struct PackagesTests {
    private static func package(_ name: String, _ more: [String: String] = [:]) -> [String: String] {
        ["dbt_project.yml": "name: \(name)\n", "macros/m.sql": "{% macro \(name)_word() %}'\(name)'{% endmacro %}"].merging(more) { _, new in new }
    }

    private func write(_ files: [String: String], to folder: String) throws {
        for (path, text) in files {
            let file = URL(filePath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    private func shell(_ script: String, in folder: String) throws {
        _ = try Tool.run("bash", ["-ec", "cd \"$0\"; \(script)", folder])
    }

    private static let git = "git -c user.name=x -c user.email=x@example.com -c init.defaultBranch=main"

    @Test func `dependencies.yml names packages too, and projects of dbt's platform, but not beside packages.yml`() throws {
        let drill = try DbtDrill(["models/m.sql": "select {{ near.near_word() }} as a", "dependencies.yml": "projects: [{name: elsewhere}]\npackages: [{local: ../near}]\n"])
        try write(Self.package("near"), to: "\(drill.project.folder)/near")
        #expect(drill.run("deps").code == 0)
        #expect(drill.run("run").code == 0)
        try drill.project.write("models/far.sql", "select * from {{ ref('elsewhere', 'model') }}")
        #expect(drill.run("parse").text.contains("depends on a node named 'model' in package or project 'elsewhere' which was not found"))
        try drill.project.write("dependencies.yml", "packages: [{local: \"{{ '../near' }}\"}]\n")
        #expect(drill.run("deps").code != 0, "dependencies.yml is no template")
        try drill.project.write("dependencies.yml", "packages: [{local: ../near}]\n")
        try drill.project.write("packages.yml", "packages: [{local: ../near}]")
        let twice = drill.run("deps")
        #expect(twice.code == 2 && twice.text.contains("The 'packages' key cannot be specified in both packages.yml and dependencies.yml"))
    }

    @Test func `packages from a folder, a repository and an archive are installed with theirs, and locked`() throws {
        let drill = try DbtDrill([
            "models/m.sql": "select {{ near.near_word() }} as a, {{ deep.deep_word() }} as b, {{ far.far_word() }} as c, {{ packed.packed_word() }} as d",
            "packages.yml": """
                packages:
                  - local: ../near
                  - {git: "{{ env_var('HOME') }}/far", revision: v1, subdirectory: inside}
                  - {tarball: "file://{{ env_var('HOME') }}/packed.tar.gz", name: packed}
                """,
        ])
        let home = drill.project.folder
        try write(Self.package("near", ["packages.yml": "packages: [{local: ../deep}]"]), to: "\(home)/near")
        try write(Self.package("deep"), to: "\(home)/deep")
        try write(Self.package("far"), to: "\(home)/far/inside")
        try write(Self.package("packed"), to: "\(home)/packing/packed-1.0")
        try shell("\(Self.git) init -q && \(Self.git) add . && \(Self.git) commit -qm one && git tag v1 && echo broken > inside/dbt_project.yml && \(Self.git) commit -qam two", in: "\(home)/far")
        try shell("tar -czf ../packed.tar.gz packed-1.0", in: "\(home)/packing")

        let missing = drill.run("parse")
        #expect(missing.code == 2)
        #expect(missing.text.contains("dbt found 3 package(s) specified in packages.yml, but only 0 package(s) installed"))
        let (code, text) = drill.run("deps")
        #expect(code == 0, "\(text)")
        #expect(drill.run("run").code == 0, "\(drill.output)")
        #expect(try drill.query("select * from m") == [[.text("near"), .text("deep"), .text("far"), .text("packed")]])
        let lock = String(decoding: try #require(FileManager.default.contents(atPath: "\(drill.project.projectFolder)/package-lock.yml")), as: UTF8.self)
        #expect(lock.contains("sha1_hash: "))

        // The lock keeps the commit, whatever the tag says by now.
        try shell("git checkout -q main && git tag -f v1 >/dev/null", in: "\(home)/far")
        #expect(drill.run("deps").code == 0, "\(drill.output)")
        #expect(drill.run("deps", "--upgrade").code == 2)
    }

    @Test(arguments: [
        ("packages: [{local: ../none}]", "there is no dbt_project.yml"), ("packages: [{package: dbt-labs/dbt_utils, version: 1.0.0}]", "this program does not speak HTTP"),
        ("packages: [{git: ../none}]", "git clone failed"), ("packages: [{folder: x}]", "neither local, git, tarball nor package"),
        ("packages: [{git: ../none, revision: [a, b]}]", "several revisions"), ("packages: [{local: ../one}, {local: ../two}]", "Found duplicate project \"same\""),
    ])
    func `a package that cannot be had says why`(_ list: String, _ words: String) throws {
        let drill = try DbtDrill(["packages.yml": list])
        for name in ["one", "two"] { try write(Self.package("same"), to: "\(drill.project.folder)/\(name)") }
        let (code, text) = drill.run("deps")
        #expect(code == 2)
        #expect(text.contains(words), "\(text)")
    }
}
