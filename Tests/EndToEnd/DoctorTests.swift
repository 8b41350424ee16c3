import Foundation
import Harness
import Kernel
import Testing

/// `sluice doctor` on the pipeline karaoke_social, with the vendors as the sandbox plays them. K023
@Suite(.serialized) struct DoctorProgramTests {
    private func doctor(_ karaoke: KaraokeHome, _ extra: [String: String] = [:]) async throws -> (status: Int32, findings: [String: Finding], output: String) {
        let result = try await karaoke.home.run("sluice", ["doctor", "karaoke_social", "--json"], extra)
        let json = try JSON(parsing: result.output)
        #expect(json["status"]?.intValue == Int(result.status))
        #expect(!result.output.contains(KaraokeHome.token))
        let findings = (json["checks"]?.arrayValue ?? []).compactMap { Finding($0) }
        return (result.status, Dictionary(findings.map { ($0.check, $0) }) { first, _ in first }, result.output)
    }
    private func failures(_ findings: [String: Finding]) -> [String] { findings.values.filter { $0.state == .fail }.map(\.check).sorted() }

    /// All files of the home but what a test itself has written.
    private func files(_ home: TestHome) -> [String] {
        (FileManager.default.enumerator(atPath: home.path)?.compactMap { $0 as? String } ?? []).filter { !$0.hasPrefix("output-") }.sorted()
    }

    @Test func `where all is well each connection and permission is ok, and nothing is left behind`() async throws {
        try await KaraokeHome.with { karaoke in
            let before = files(karaoke.home)
            let (status, findings, output) = try await doctor(karaoke)
            #expect(status == 0, "\(output)")
            let wanted = [
                "folder", "disk", "definition", "variables", "facebook_pages token", "facebook_pages page 990000000000001", "facebook_pages page 990000000000001 insights",
                "facebook_pages page 990000000000002 insights", "ga4 key file", "ga4 token", "ga4 property 990000001", "warehouse connection", "warehouse permissions",
                "dbt project", "notify console",
            ]
            #expect(wanted.filter { findings[$0]?.state != .ok } == [])
            #expect(findings["journal"]?.state == .skipped && findings["programs"]?.summary.hasPrefix("none is running") == true)
            #expect(files(karaoke.home) == before)
            // In words for people, with the programs up.
            try await karaoke.home.start("broker")
            let report = try await karaoke.home.run("sluice", ["doctor"])
            #expect(report.status == 0 && report.output.contains("  ok    journal ") && report.output.contains("held by the running broker"), "\(report.output)")
            #expect(report.output.contains("  –     load ") && report.output.contains("not running"))
        }
    }

    @Test func `a bad token is one finding with its remedy and status 2, and is not quoted`() async throws {
        try await KaraokeHome.with { karaoke in
            try "EAAplanted-and-wrong".write(toFile: "\(karaoke.secrets)/token", atomically: true, encoding: .utf8)
            let (status, findings, output) = try await doctor(karaoke)
            #expect(status == 2 && failures(findings) == ["facebook_pages token"], "\(output)")
            #expect(findings["facebook_pages token"]?.code == "extract.credentials_rejected" && findings["facebook_pages token"]?.remedy.contains("FB_ACCESS_TOKEN") == true)
            #expect(findings["ga4 property 990000001"]?.state == .ok && !output.contains("EAAplanted"))
        }
    }

    @Test func `a token without the permission for insights is told apart from a page that cannot be read`() async throws {
        try await KaraokeHome.with { karaoke in
            try karaoke.sandbox.control("POST", "faults", #"{"kind": "permission", "match": "990000000000002/insights", "times": "forever"}"#)
            let (status, findings, output) = try await doctor(karaoke)
            #expect(status == 2 && failures(findings) == ["facebook_pages page 990000000000002 insights"], "\(output)")
            #expect(findings["facebook_pages page 990000000000002 insights"]?.remedy.contains("read_insights") == true)
        }
    }

    @Test func `variables that are not set are named, with a definition's every mistake by its line`() async throws {
        try await KaraokeHome.with { karaoke in
            karaoke.home.environment["FB_PAGE_ID"] = nil
            karaoke.home.environment["GOOGLE_APPLICATION_CREDENTIALS"] = nil
            let (status, findings, output) = try await doctor(karaoke)
            #expect(status == 2 && findings["variables"]?.summary == "FB_PAGE_ID, GOOGLE_APPLICATION_CREDENTIALS are not set", "\(output)")
            #expect(findings["facebook_pages"]?.state == .skipped && findings["ga4"]?.state == .skipped && findings["warehouse permissions"]?.state == .ok)
            try karaoke.edit("pipeline.yml") { $0.replacingOccurrences(of: "dbt: test", with: "dbd: test").replacingOccurrences(of: "to: console", with: "too: console") }
            let broken = try await karaoke.home.run("sluice", ["doctor"])
            #expect(broken.status == 2 && broken.output.components(separatedBy: "pipeline.yml:").count > 3, "\(broken.output)")
        }
    }

    @Test func `a mail server that is away is status 3, and a route to nowhere names those that there are`() async throws {
        try await KaraokeHome.with { karaoke in
            try karaoke.edit("pipeline.yml") { $0 + "  - {on: failed, to: email, recipients: [ops@example.com]}\n" }
            let mail = ["SLUICE_SMTP_URL": "smtp://127.0.0.1:1", "SLUICE_MAIL_FROM": "sluice@example.com", "SLUICE_SMTP_TLS": "none"]
            let (status, findings, output) = try await doctor(karaoke, mail)
            #expect(status == 3 && failures(findings) == ["notify email"], "\(output)")
            #expect(findings["notify email"]?.code == "notify.mail_unreachable" && findings["notify email"]?.location == "smtp://127.0.0.1:1")
            try karaoke.home.write("- {name: ops, severity: error, to: pigeon}\n", to: "routes.yml")
            let routes = try await karaoke.home.run("sluice", ["doctor", "karaoke_social"], mail.merging(["SLUICE_ROUTES": "\(karaoke.home.path)/routes.yml"]) { _, new in new })
            #expect(routes.status == 2 && routes.output.contains("there is no channel 'pigeon'") && routes.output.contains("console or file or email or webhook"))
        }
    }

    @Test func `a warehouse that cannot be written is status 3 and says where`() async throws {
        try await KaraokeHome.with { karaoke in
            // Not even the superuser makes a file there.
            let (status, findings, output) = try await doctor(karaoke, ["KARAOKE_SOCIAL_WAREHOUSE": "sqlite:///proc/nowhere/w.db"])
            #expect(status == 3 && failures(findings) == ["warehouse connection"], "\(output)")
            #expect(findings["warehouse connection"]?.location == "sqlite:///proc/nowhere/w.db" && findings["warehouse connection"]?.remedy.isEmpty == false)
        }
    }
}
