import Foundation
import Harness
import SandboxWorld
import Support
import Testing

/// Files of settings, as people keep them beside their pipelines.
@Suite struct SettingsFileTests {
    static let check = ["connectors", "check", "facebook_pages", "page_ids=${FB_PAGE_ID}", "token=${FB_ACCESS_TOKEN}", "api_url=${FB_API_URL}"]

    @Test func `the file of the current folder or a named one fills variables, and the environment goes before both`() async throws {
        let sandbox = try SandboxServer(["--today", "2026-09-01", "--token", "a \"b\"=c # d"])
        try await TestHome.with(["FB_PAGE_ID": "", "FB_ACCESS_TOKEN": ""]) { home in
            let settings = """
                # as copied from .env.example
                export FB_PAGE_ID=\(World.defaultPages[0]) # the bar
                FB_ACCESS_TOKEN="a \\"b\\"=c # d"
                FB_API_URL='\(sandbox.address)'
                """
            try home.write(settings, to: "here/.env")
            try home.write(settings, to: "elsewhere/settings.env")
            let inFolder = try await home.run(in: "here", Self.check)
            #expect(inFolder.status == 0 && inFolder.output.contains("the settings work"), "\(inFolder)")
            let named = try await home.run(in: "elsewhere", Self.check + ["--env-file", "settings.env"])
            #expect(named.status == 0, "\(named)")
            let without = try await home.run(in: "elsewhere", Self.check)
            #expect(without.status == 2, "\(without)")
            let overruled = try await home.run(in: "here", Self.check, ["FB_ACCESS_TOKEN": "another"])
            #expect(overruled.status == 1 && !overruled.output.contains("another"), "\(overruled)")
        }
    }

    @Test func `a folder named as the file is, as Python's environments are, is none`() async throws {
        try await TestHome.with { home in
            try home.write("", to: "here/.env/pyvenv.cfg")
            let answer = try await home.run(in: "here", ["connectors", "list"])
            #expect(answer.status == 0 && answer.output.contains("facebook_pages"), "\(answer)")
        }
    }

    /// A name that is not in the example is one that nobody finds; one that compose does not pass on is set in vain.
    @Test func `the example names every variable of the pipelines, of the channels and of compose`() throws {
        let deploy = "\(TestHome.repository)/deploy"
        let example = Set(try Self.matches(#/^(?:# )?([A-Z][A-Z0-9_]*)=/#, in: "\(deploy)/.env.example"))
        let compose = Set(try Self.matches(#/^ +([A-Z][A-Z0-9_]*):$/#, in: "\(deploy)/docker-compose.yml"))
        let interpolated = try Self.matches(#/\$\{([A-Z][A-Z0-9_]*)/#, in: "\(deploy)/docker-compose.yml")
        let pipelines = try FileManager.default.contentsOfDirectory(atPath: "\(deploy)/pipelines").flatMap { name in
            try Self.matches(#/\$\{([A-Z][A-Z0-9_]*)/#, in: "\(deploy)/pipelines/\(name)/pipeline.yml")
        }
        let channels = try Self.matches(#/`(SLUICE_(?:SMTP|MAIL|WEBHOOK)_[A-Z_]*[A-Z])`/#, in: "\(TestHome.repository)/Shared/NotifyKit/NotifyKit.docc/NotifyKit.md")
        #expect(pipelines.count > 10 && channels.count > 10 && compose.count > 20)
        let reference = ["FB_PAGE_ID", "FB_ACCESS_TOKEN", "BQ_PROJECT_ID", "BQ_DATASET_ID", "BQ_TABLE_ID"]
        // Only the sandbox's own test gives it another token.
        let wanted = Set(reference + pipelines + channels + interpolated + compose).filter { !$0.hasSuffix("_FILE") || example.contains($0) }.subtracting(["SANDBOX_TOKEN"])
        #expect(wanted.subtracting(example).isEmpty)
        #expect(Set(pipelines + channels).subtracting(["SLUICE_HOME"]).subtracting(compose).isEmpty)
    }

    private static func matches(_ pattern: Regex<(Substring, Substring)>, in path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).matches(of: pattern.anchorsMatchLineEndings()).map { String($0.output.1) }
    }
}

extension TestHome {
    /// Runs `sluice` as somebody does who stands in `folder` of the home.
    fileprivate func run(in folder: String, _ arguments: [String], _ extra: [String: String] = [:]) async throws -> (status: Int32, output: String) {
        try await run("/bin/sh", ["-c", "cd \"$0\" && exec \"$@\"", "\(path)/\(folder)", "\(Self.binaries)/sluice"] + arguments, extra)
    }
}
