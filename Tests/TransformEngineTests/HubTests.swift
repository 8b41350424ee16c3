import FoundationEssentials
import Kernel
import Project
import Support
import Testing

/// `dbt deps` with packages of a hub; `Tests/Conformance/commands --only hub` compares the same with dbt.
@Suite struct HubTests {
    /// A hub on paper: what it answers at each address.
    private final class Paper {
        var answers: [String: [UInt8]] = [:]
        private(set) var asked: [String] = []

        /// - Parameter versions: of a package, with what each asks for.
        func publish(_ package: String, _ versions: [String: JSON], more: [(String, JSON)] = []) throws {
            let name = String(package.split(separator: "/")[1])
            var found: [(String, JSON)] = []
            for (version, packages) in versions.sorted(by: { $0.key < $1.key }) {
                let address = "https://archives.example/\(name)-\(version).tar.gz"
                found.append((version, ["name": .string(name), "packages": packages, "downloads": ["tarball": .string(address)]]))
                answers[address] = try Self.archive(name, version)
            }
            let document = JSON([("name", .string(name)), ("namespace", .string(String(package.split(separator: "/")[0]))), ("versions", JSON(found))] + more)
            answers["https://hub.getdbt.com/api/v1/\(package).json"] = Array(document.text().utf8)
            let names = answers.keys.filter { $0.hasSuffix(".json") }.map { JSON.string(String($0.dropFirst("https://hub.getdbt.com/api/v1/".count).dropLast(".json".count))) }
            answers["https://hub.getdbt.com/api/v1/index.json"] = Array(JSON.array(names).text().utf8)
        }

        func answer(_ url: String) throws -> [UInt8] {
            asked.append(url)
            guard let answer = answers[url] else { throw PlainProblem("dbt.no_network", "\(url) cannot be fetched: the host has no address", remedy: "check the network") }
            return answer
        }

        private static func archive(_ name: String, _ version: String) throws -> [UInt8] {
            let folder = "\(FileManager.default.temporaryDirectory.path)/hub-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)-\(version)/macros", withIntermediateDirectories: true)
            try Data("name: \(name)\n".utf8).write(to: URL(filePath: "\(folder)/\(name)-\(version)/dbt_project.yml"))
            try Data("{% macro \(name)_version() %}'\(version)'{% endmacro %}".utf8).write(to: URL(filePath: "\(folder)/\(name)-\(version)/macros/m.sql"))
            _ = try Tool.run("tar", ["-czf", "\(folder)/a.tar.gz", "-C", folder, "\(name)-\(version)"])
            return [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/a.tar.gz")))
        }
    }

    private let paper = Paper()

    private func drill(_ packages: String, _ files: [String: String] = [:]) throws -> DbtDrill {
        let drill = try DbtDrill(["packages.yml": packages, "models/m.sql": "select 1 as id"].merging(files) { _, own in own })
        drill.download = { url, _ in try paper.answer(url) }
        return drill
    }

    private func lock(_ drill: DbtDrill) throws -> String { String(decoding: try drill.project.read("package-lock.yml"), as: UTF8.self) }

    @Test func `a range is met by its newest version, the package's own are installed with it, and the lock file is dbt's`() throws {
        try paper.publish("dbt-labs/utils", ["0.9.0": [], "1.1.0": [], "1.10.0": [], "1.11.0-rc1": [], "2.0.0": []])
        try paper.publish("other/dates", ["0.1.0": [["package": "dbt-labs/utils", "version": ["<1.5.0"]]]])
        let drill = try drill(
            "packages:\n  - package: dbt-labs/utils\n    version: [\">=1.0.0\", \"<2.0.0\"]\n  - {package: other/dates, version: 0.1.0}\n",
            ["models/m.sql": "select {{ utils.utils_version() }} as a, {{ dates.dates_version() }} as b"])
        let (code, text) = drill.run("deps")
        #expect(code == 0, "\(text)")
        #expect(text.contains("Installing dbt-labs/utils\n") && text.contains("Installed from version 1.1.0\n") && text.contains("Updated version available: 2.0.0\n") && text.contains("Up to date!"), "\(text)")
        // The hash is what dbt 1.11 makes of this list.
        #expect(try lock(drill) == """
            packages:
              - name: utils
                package: dbt-labs/utils
                version: 1.1.0
              - name: dates
                package: other/dates
                version: 0.1.0
            sha1_hash: bab640a349ecbe442283ab3e98ad092f23b5c473

            """)
        #expect(drill.run("run").code == 0, "\(drill.output)")
        #expect(try drill.query("select * from m") == [[.text("1.1.0"), .text("0.1.0")]])
    }

    @Test func `what is locked is installed until it is to be found anew, and what is not asked for any more goes`() throws {
        try paper.publish("a/one", ["1.0.0": []])
        try paper.publish("a/two", ["1.0.0": []])
        let drill = try drill("packages: [{package: a/one, version: '>=1.0.0'}, {package: a/two, version: 1.0.0}]")
        #expect(drill.run("deps").code == 0, "\(drill.output)")
        try paper.publish("a/one", ["1.0.0": [], "1.1.0": []])
        #expect(drill.run("deps").text.contains("Updates available for packages: ['a/one']"))
        #expect(try lock(drill).contains("version: 1.0.0\n  - name: two"))
        #expect(drill.run("deps", "--upgrade").code == 0)
        #expect(try lock(drill).contains("version: 1.1.0\n  - name: two"))
        try drill.project.write("packages.yml", "packages: [{package: a/one, version: 1.0.0}]")
        #expect(drill.run("deps").code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(drill.project.projectFolder)/dbt_packages") == ["one"])
    }

    @Test func `a package is added under its version, in place of what named it before`() throws {
        try paper.publish("dbt-labs/dbt_utils", ["1.0.0": [], "1.1.0": []])
        let drill = try drill("packages: [{git: 'https://example.com/dbt-labs/dbt-utils.git', revision: v1}, {local: kept}]", ["kept/dbt_project.yml": "name: kept\n"])
        let (code, text) = drill.run("deps", "--add-package", "dbt-labs/dbt_utils@>=1.0.0,<1.1.0")
        #expect(code == 0, "\(text)")
        #expect(text.contains("Found duplicate package in packages.yml, removing: {'git': 'https://example.com/dbt-labs/dbt-utils.git', 'revision': 'v1'}"), "\(text)")
        #expect(String(decoding: try drill.project.read("packages.yml"), as: UTF8.self) == "packages:\n  - local: kept\n  - package: dbt-labs/dbt_utils\n    version:\n      - '>=1.0.0'\n      - <1.1.0\n")
    }

    @Test func `a package with a new name is told of once, and can be made an error`() throws {
        try paper.publish("old/utils", ["1.0.0": []], more: [("redirectnamespace", "new"), ("redirectname", .null)])
        let drill = try drill("packages: [{package: old/utils, version: 1.0.0}]")
        let (code, text) = drill.run("deps")
        #expect(code == 0)
        #expect(text.contains("[WARNING]: Deprecated functionality\nThe `old/utils` package is deprecated in favor of `new/utils`. Please update\nyour `packages.yml`"), "\(text)")
        #expect(text.contains("[WARNING][DeprecationsSummary]: Deprecated functionality\nSummary of encountered deprecations:\n- PackageRedirectDeprecation: 1 occurrence\n"), "\(text)")
        #expect(drill.run("deps", "--upgrade", "--warn-error-options", "{error: [PackageRedirectDeprecation]}").code == 2)
        #expect(!drill.run("deps", "--upgrade", "--warn-error-options", "{silence: [PackageRedirectDeprecation, DeprecationsSummary]}").text.contains("eprecat"))
    }

    @Test(arguments: [
        ("{package: a/none, version: 1.0.0}", "Package a/none was not found in the package index"), ("{package: one, version: 1.0.0}", "require a namespace"),
        ("{package: a/one}", "a/one is missing the version"), ("{package: a/one, version: '1.0'}", "\"1.0\" is not a valid semantic version."),
        ("{package: a/one, version: 3.0.0}", "Requested range: =3.0.0, =3.0.0\n    Compatible versions: ['1.0.0']\n  \n    Not shown"),
        ("{package: a/one, version: ['>2.0.0', '<1.0.0']}", "Could not find a satisfactory version from options: ['>2.0.0', '<1.0.0']"),
        ("{package: a/escaping, version: 1.0.0}", "Invalid package name '../../escaping'"), ("{package: a/torn, version: 1.0.0}", "tar -xzf failed"), ("{package: a/gone, version: 1.0.0}", "cannot be fetched"),
        ("{package: a/odd, version: 1.0.0}", "the hub's answer for a/odd cannot be used: it is no JSON"),
    ])
    func `a package that cannot be had says why, and what was installed stays`(_ entry: String, _ words: String) throws {
        for name in ["one", "torn", "gone", "odd", "escaping"] { try paper.publish("a/\(name)", ["1.0.0": []]) }
        let root = "https://hub.getdbt.com/api/v1/a"
        paper.answers["https://archives.example/torn-1.0.0.tar.gz"] = Array("nothing".utf8)
        paper.answers["https://archives.example/gone-1.0.0.tar.gz"] = nil
        paper.answers["\(root)/odd.json"] = Array("<html>".utf8)
        paper.answers["\(root)/escaping.json"] = Array(String(decoding: paper.answers["\(root)/escaping.json"]!, as: UTF8.self).replacing("\"name\":\"escaping\",\"packages\"", with: "\"name\":\"../../escaping\",\"packages\"").utf8)
        let drill = try drill("packages: [{package: a/one, version: 1.0.0}]")
        #expect(drill.run("deps").code == 0, "\(drill.output)")
        try drill.project.write("packages.yml", "packages: [\(entry)]")
        let (code, text) = drill.run("deps")
        #expect(code == 2)
        #expect(text.contains(words), "\(text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(drill.project.projectFolder)/dbt_packages") == ["one"])
    }

    /// Of dbt's own reading of versions.
    @Test(arguments: [
        (["1.0.0"], "1.0.0", true), ([">=1.0.0", "<2.0.0"], "2.0.0-rc1", false), ([">=1.0.0", "<2.0.0"], "1.9.9", true), ([">1.0.0"], "1.0.0", false), (["<=1.0.0"], "1.0.0", true), (["<1.0.0"], "1.0.0", false),
        ([">=1.0.0-a2"], "1.0.0-a10", false), ([">=1.0.0-a.2"], "1.0.0-a.10", true), ([">=1.0.0-rc1"], "1.0.0", true), (["=1.0.0", ">=0.1.0"], "1.0.0", true), ([], "7.0.0", true),
    ])
    func `versions are within bounds as dbt has it`(_ bounds: [String], _ version: String, _ isWithin: Bool) throws {
        let range = try #require(VersionRange(bounds.map { VersionSpecifier($0)! }))
        #expect(range.contains(try #require(VersionSpecifier(version))) == isWithin)
    }

    @Test(arguments: ["1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "", ">= 1.0.0", "==1.0.0"]) func `what is no version is none`(_ text: String) { #expect(VersionSpecifier(text) == nil) }
}
