@testable import CLIEngine
import Foundation
import Kernel
import ServiceKit
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct DoctorTests {
    private let sections = [
        Doctor.Section(name: "home", findings: [Finding("folder", .ok, "/h is writable"), Finding("journal", .skipped, "none yet")]),
        Doctor.Section(name: "shop", findings: [
            Finding("facebook_pages token", .fail, "Facebook refuses (190)", location: "GET http://graph/1", remedy: "make a new one", code: "extract.credentials_rejected"),
            Finding("csv stream t", .warn, "no file matches", remedy: "put one there"), Finding("warehouse", .fail, "is away", code: "x", cause: .environment),
        ]),
        Doctor.Section(name: "empty", findings: []),
    ]

    @Test func `the report has a line for each check, and beneath a failure where it is and what to do`() {
        #expect(DoctorText(isColoured: false).report(sections) == """
            home
              ok    folder                /h is writable
              –     journal               none yet

            shop
              fail  facebook_pages token  Facebook refuses (190)
                                          at GET http://graph/1
                                          try make a new one
              warn  csv stream t          no file matches
                                          try put one there
              fail  warehouse             is away

            1 ok, 1 to look at, 2 failed; nothing was run or changed

            """)
        let coloured = DoctorText(isColoured: true).report(sections)
        #expect(coloured != DoctorText(isColoured: false).report(sections))
        #expect(coloured.replacing(/\u{1b}\[[0-9]+m/, with: "") == DoctorText(isColoured: false).report(sections))
    }

    @Test func `for programs each check is an object with its section`() {
        let json = DoctorText.json(sections)
        #expect(json["status"] == 2 && json["checks"]?.arrayValue?.count == 5)
        #expect(json["checks"]?[2]?["section"] == "shop" && json["checks"]?[2]?["state"] == "fail" && json["checks"]?[2]?["code"] == "extract.credentials_rejected")
    }

    @Test func `the status is that of the settings where both they and the environment are wrong`() {
        func status(_ findings: [Finding]) -> Int32 { Doctor.status(of: [Doctor.Section(name: "s", findings: findings)]) }
        let setting = Finding("a", .fail, ""), network = Finding("b", .fail, "", cause: .environment)
        #expect(status([Finding("c", .ok, ""), Finding("d", .warn, ""), Finding("e", .skipped, "")]) == 0)
        #expect(status([setting, network]) == 2 && status([network]) == 3)
    }

    // MARK: Siblings

    /// A program that answers to `examine` with a script.
    private func sibling(_ script: String, _ environment: [String: String] = [:], silenceSeconds: Double = 10) throws -> (TemporaryFolder, SiblingExaminer) {
        let folder = try TemporaryFolder("programs")
        // Written by another process: a child that some other test starts meanwhile would hold our descriptor, and the file be busy.
        _ = try Tool.run("sh", ["-c", "cat > \(folder.path)/sluice-load && chmod +x \(folder.path)/sluice-load"], input: "#!/bin/sh\n\(script)\n")
        return (folder, SiblingExaminer(folder: folder.path, environment: ["PATH": "/usr/bin:/bin"].merging(environment) { _, new in new }, silenceSeconds: silenceSeconds))
    }

    @Test func `a program reads the question and its lines become findings`() async throws {
        let (folder, examiner) = try sibling(#"read -r question; echo "{\"check\": \"$1\", \"state\": \"ok\", \"summary\": \"a\"}"; echo '{"check": "b", "state": "warn"}'; echo "$question" > "$(dirname "$0")/heard""#)
        let found = await examiner.examine("load", ["warehouse": "${W}"], check: "warehouse")
        #expect(found.map { "\($0.state.rawValue) \($0.check)" } == ["ok examine", "warn b"])
        #expect(String(decoding: try folder.read("heard"), as: UTF8.self) == "{\"warehouse\":\"${W}\"}\n")
    }

    @Test func `one that hangs is ended, and what it had found till then is told`() async throws {
        let (folder, examiner) = try sibling(#"echo '{"check": "a", "state": "ok"}'; echo $$ > "$(dirname "$0")/pid"; exec sleep 600"#, silenceSeconds: 0.5)
        let found = await examiner.examine("load", [:], check: "warehouse")
        #expect(found.map { "\($0.state.rawValue) \($0.check)" } == ["ok a", "fail warehouse"])
        #expect(found.last?.summary == "no answer within 0.5 s" && found.last?.location == "behind 'a'" && found.last?.cause == .environment)
        let pid = try #require(Int32(String(decoding: try folder.read("pid"), as: UTF8.self).dropLast()))
        #expect(kill(pid, 0) != 0)
    }

    @Test func `one that dies tells its last words without secrets, and one that is not there is named`() async throws {
        let (folder, examiner) = try sibling("echo cannot open planted-secret >&2; exit 9", ["DB_PASSWORD": "planted-secret"])
        let found = await examiner.examine("load", [:], check: "warehouse")
        #expect(found.map(\.summary) == ["sluice-load ended with status 9: cannot open •••"])
        let absent = await examiner.examine("transform", [:], check: "dbt")
        #expect(absent.map(\.code) == ["cli.cannot_start"] && absent[0].summary.contains("\(folder.path)/sluice-transform"))
    }

    @Test func `many at once do not hold each other's ends open`() async throws {
        let (folder, examiner) = try sibling(#"sleep 0.2; echo '{"check": "a", "state": "ok"}'"#, silenceSeconds: 5)
        let all = await withTaskGroup(of: [Finding].self) { group in
            for _ in 0..<8 { group.addTask { await examiner.examine("load", [:], check: "x") } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(all.map(\.state) == Array(repeating: .ok, count: 8))
        withExtendedLifetime(folder) {}
    }

    // MARK: What there is

    private func doctor(_ folder: TemporaryFolder, _ environment: [String: String] = [:]) throws -> Doctor {
        let settings = try Settings(program: "sluice", environment: ["SLUICE_HOME": folder.path + "/home", "SLUICE_PORT_BASE": "0"].merging(environment) { _, new in new })
        return Doctor(folder: folder.path + "/programs", settings: settings, pipelinesFolder: folder.path + "/pipelines")
    }

    @Test func `each mistake of a definition is told by its line, and an unknown name with those that there are`() async throws {
        let folder = try TemporaryFolder("doctor")
        try folder.write("name: shop\nsteps:\n  - {name: One, noop: load}\n  - {name: two, noop: nobody}\n", to: "pipelines/shop/pipeline.yml")
        let sections = try await doctor(folder).examine(["shop", "bakery"])
        let shop = try #require(sections.first { $0.name == "shop" }).findings
        #expect(shop.map(\.state) == [.fail, .fail])
        #expect(shop.map { String($0.location.split(separator: "/").last ?? "") } == ["pipeline.yml:3:12", "pipeline.yml:4:23"])
        #expect(try #require(sections.first { $0.name == "bakery" }).findings.map(\.remedy) == ["there are: shop"])
    }

    @Test func `chains without an end fail, one behind nobody is odd, and a webhook's secret is a variable like any other`() async throws {
        let folder = try TemporaryFolder("site")
        for (name, trigger) in [("hen", "{pipeline: egg}"), ("egg", "{pipeline: hen}"), ("late", "{pipeline: nobody}"), ("hook", "{webhook: {secret: '${HOOK_WORD}'}}")] {
            try folder.write("name: \(name)\ntriggers: {any: [\(trigger)]}\nsteps: [{name: a, noop: load}]\n", to: "pipelines/\(name)/pipeline.yml")
        }
        let sections = try await doctor(folder).examine(["hen", "late", "hook"])
        func finding(_ name: String, _ check: String) -> Finding? { sections.first { $0.name == name }?.findings.first { $0.check == check } }
        #expect(finding("hen", "chain")?.state == .fail && finding("hen", "chain")?.summary.contains("hen → egg → hen") == true)
        #expect(finding("hen", "chain")?.location.hasSuffix("hen/pipeline.yml:2:29") == true)
        #expect(finding("late", "chain")?.state == .warn && finding("hook", "chain") == nil)
        #expect(finding("hook", "variables")?.summary == "HOOK_WORD is not set")
    }

    @Test func `variables that are not set are named together, and what needs them is not examined`() async throws {
        let folder = try TemporaryFolder("doctor")
        try folder.write("""
            name: shop
            warehouse: ${W}
            steps:
              - name: ingest
                extract: [{connector: csv, settings: {folder: "${INBOX}/${SUB:-x}"}, streams: {t: {path: "*.csv"}}}]
            notify: [{on: failed, to: webhook, url: "${HOOK}", secret: "${S}"}]
            """, to: "pipelines/shop/pipeline.yml")
        let sections = try await doctor(folder, ["S_FILE": "/x", "HOOK": ""]).examine()
        let found = try #require(sections.first { $0.name == "shop" }).findings
        #expect(found.first { $0.check == "variables" }?.summary == "W, INBOX are not set")
        #expect(found.filter { $0.state == .skipped }.map(\.check) == ["csv", "warehouse"])
        #expect(Doctor.status(of: sections) == 2)
    }

    @Test func `over TCP the broker keeps its journal and the others their ports, wherever they are`() async throws {
        let folder = try TemporaryFolder("doctor")
        let here = try await doctor(folder, ["SLUICE_PORT_BASE": "40000"]).examine()
        let there = try await doctor(folder, ["SLUICE_PORT_BASE": "40000", "SLUICE_BUS_COMMANDS": "tcp://broker:5560", "SLUICE_BUS_FEED": "tcp://broker:5561"]).examine()
        func home(_ sections: [Doctor.Section]) -> [String] { sections.first { $0.name == "home" }?.findings.map(\.check) ?? [] }
        #expect(home(here) == ["folder", "disk", "journal", "ports"] && home(there) == ["folder", "disk", "journal"])
        #expect(there.first { $0.name == "home" }?.findings.last?.summary == "with the broker of tcp://broker:5560")
        #expect(there.first { $0.name == "programs" }?.findings.map(\.summary) == ["none is running on this home"])
    }

    @Test func `a home that is not there yet is not made`() async throws {
        let folder = try TemporaryFolder("doctor")
        let sections = try await doctor(folder).examine()
        let home = try #require(sections.first { $0.name == "home" }).findings
        #expect(home.map { "\($0.state.rawValue) \($0.check)" } == ["ok folder", "ok disk", "skipped journal"] && home[0].summary.hasSuffix("will be made"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/home"))
        #expect(sections.last?.name == "pipelines" && sections.last?.findings.map(\.state) == [.fail])
        let barred = Doctor(
            folder: "/x", settings: try Settings(program: "sluice", environment: ["SLUICE_HOME": "/proc/nowhere", "SLUICE_PORT_BASE": "0"]), pipelinesFolder: "/x")
        let inProc = await barred.examine().first { $0.name == "home" }?.findings.first
        // Some say that it may be written; nobody may.
        #expect(inProc?.check == "folder")
    }
}
