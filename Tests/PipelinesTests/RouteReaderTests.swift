import Contracts
import Foundation
import Kernel
import Pipelines
import Testing

@Suite struct RouteReaderTests {
    private func routes(_ text: String) throws -> [Route] {
        let path = NSTemporaryDirectory() + "/routes-\(UUID().uuidString).yml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try PipelineReader.routes(path)
    }

    @Test func `routes go by severity and by pipelines`() throws {
        let routes = try routes("""
            - {name: ops, severity: [error, warn], pipelines: [karaoke_*], to: email, recipients: [ops@example.com]}
            - {severity: success, to: file}
            """)
        #expect(routes.map { unplaced($0.rule) } == [
            NotifyRule(on: [.failed, .slaMissed, .warned, .slow], channel: "email", options: ["recipients": ["ops@example.com"]]), NotifyRule(on: [.succeeded], channel: "file"),
        ])
        #expect(routes[0].covers("karaoke_social") && !routes[0].covers("nyc_flights"))
        #expect(routes[1].covers("nyc_flights"))
        #expect(routes[0].name.hasPrefix("route 'ops' (") && routes[0].name.hasSuffix(".yml:1)"))
    }

    @Test func `every mistake of a file of routes is told with its line`() throws {
        do {
            _ = try routes("""
                - {severity: loud, to: email}
                - {severity: error}
                - {severity: error, to: webhook, secret: planted-word}
                - {severity: error, to: file, colour: blue}
                """)
            Issue.record("the routes were accepted")
        } catch let list as ProblemList {
            #expect(list.problems.map(\.summary) == ["'loud' is no severity", "a route lacks 'to'", "'secret' is written out", "a route has no field 'colour'"])
            #expect(!list.description.contains("planted-word"))
        }
    }

    @Test(arguments: [
        ("*", "a", true), ("a*c", "abc", true), ("a*c", "ab", false), ("a?c", "abc", true), ("", "a", false), ("*b*", "abc", true), ("a*b*c", "aXbYc", true),
        ("**", "", true),
    ])
    func `a pattern covers`(pattern: String, name: String, isCovered: Bool) {
        #expect(Route(name: "", pipelines: [pattern], rule: NotifyRule(on: [], channel: "")).covers(name) == isCovered)
    }
}
