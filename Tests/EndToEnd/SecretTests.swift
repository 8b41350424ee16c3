import Contracts
import Foundation
import Harness
import Kernel
import Support
import Testing

/// Planted secrets of every kind, searched in all that the programs leave, say or show.
@Suite struct SecretTests {
    // K014
    @Test func `secrets are in no file, event, metric, page or output of a full run over a bus with keys`() async throws {
        try await KaraokeHome.with { karaoke in
            let home = karaoke.home, port = Int.random(in: 20_000...29_000)
            let hook = "planted-hook-\(UInt32.random(in: 0 ... .max))", path = "planted-path-\(UInt32.random(in: 0 ... .max))"
            let password = "planted-mail-\(UInt32.random(in: 0 ... .max))"
            home.environment.merge([
                "SLUICE_KEYS": "\(karaoke.secrets)/keys", "SLUICE_BUS_COMMANDS": "tcp://127.0.0.1:\(port)", "SLUICE_BUS_FEED": "tcp://127.0.0.1:\(port + 1)",
                // Both lead nowhere: what fails is what talks most.
                "SLUICE_ROUTES": "\(home.path)/routes.yml", "SLUICE_WEBHOOK_URL": "http://127.0.0.1:9/\(path)", "SLUICE_WEBHOOK_SECRET": hook,
                "SLUICE_SMTP_URL": "smtp://127.0.0.1:9", "SLUICE_SMTP_USER": "desk", "SLUICE_SMTP_PASSWORD": password, "SLUICE_MAIL_FROM": "a@example.com",
                "SLUICE_MAIL_TO": "b@example.com", "SLUICE_SMTP_TLS": "none",
            ]) { _, new in new }
            try home.write("- {name: hooked, severity: error, to: webhook}\n- {name: mailed, severity: error, to: email}\n", to: "routes.yml")
            #expect(try await home.run("sluice", ["keys"]).status == 0)
            try await karaoke.start()
            try await home.start("console")
            let good = try await karaoke.run()
            #expect(good.end?.isSuccess == true)
            try await karaoke.restartExtract(["FB_ACCESS_TOKEN": KaraokeHome.token + "x"])
            #expect(try await karaoke.run().end?.isSuccess == false)
            try await home.until("the notifier has tried both", seconds: 20) {
                let log = try String(contentsOfFile: "\(home.path)/logs/notify.log", encoding: .utf8)
                return log.contains("webhook at 127.0.0.1") && log.contains("smtp")
            }

            var secrets = [KaraokeHome.token, "ya29.sandbox-", hook, path, password]
            let account = try JSON(parsing: [UInt8](FileManager.default.contents(atPath: "\(karaoke.secrets)/key.json") ?? Data()))
            secrets.append(String(try #require(account["private_key"]?.stringValue).split(separator: "\n")[3]))
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(karaoke.secrets)/keys") where name.hasSuffix(".key") {
                let text = try String(contentsOfFile: "\(karaoke.secrets)/keys/\(name)", encoding: .utf8)
                secrets.append(String(try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") }).dropFirst(7)))
            }
            #expect(Set(secrets).count == 6 + 9)

            // What is asked for lands in files of the home, where it is searched with the rest.
            for words in [["runs", "show", good.id.description], ["runs"], ["status"], ["dead-letters"], ["doctor"], ["events", "tail", "--last", "1000", "--json", "--no-follow"], ["events", "audit"]] {
                _ = try await home.run("sluice", words)
            }
            for program in KaraokeHome.programs + ["console"] {
                for page in ["/metrics", "/readyz", "/livez", "/startupz"] { try home.write(try #require(home.probe(program, page)).body, to: "pages/\(program)\(page)") }
            }
            let pages = try Self.pages(from: String(contentsOfFile: "\(home.path)/run/console.address", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
            #expect(pages.count > 7 && pages.keys.count { $0.hasPrefix("/runs/") } == 2, "\(pages.keys.sorted())")
            for (number, page) in pages.values.enumerated() { try home.write(page, to: "pages/console/\(number)") }
            for event in try await home.log() {
                let text = String(reflecting: event.event)
                for secret in secrets { #expect(!text.contains(secret)) }
            }
            // Databases, manifests, sealed projects, logs, pages, what commands printed, and the landed pages themselves.
            for secret in secrets {
                let found = try Tool.run("grep", ["-rlaF", "-e", secret, home.path])
                #expect(found.isEmpty, "\(found)")
            }
            // The same search finds what is there.
            #expect(try !Tool.run("grep", ["-rlaF", "-e", good.id.description, "\(home.path)/pages"]).isEmpty)
        }
    }

    /// Every page of the console that links lead to, by its path.
    static func pages(from address: String) throws -> [String: String] {
        var pages: [String: String] = [:], waiting = ["/", "/api/runs", "/api/dead-letters", "/nothing"]
        while let path = waiting.popLast(), pages.count < 150 {
            guard pages[path] == nil, let page = TestHTTP.get("\(address)\(path)") else { continue }
            pages[path] = page.body
            for match in page.body.matches(of: #/(?:href|src|action)="(\/[^"#]*)/#) { waiting.append(String(match.1).replacingOccurrences(of: "&amp;", with: "&")) }
        }
        return pages
    }
}
