import ConnectorKit
import Glibc
import HTTP
import Kernel
import Platform
import ServiceKit

/// `sluice-extract connectors …`: what there is, what it needs, and whether it works.
///
/// Exit status: 0 done, 1 the source says no, 2 the words or the settings are wrong.
enum ConnectorsCommand {
    static let usage = "usage: sluice connectors list | spec NAME | check NAME [SETTING=VALUE …]"

    static func run(_ words: [String], _ connectors: ConnectorRegistry) async -> Never {
        do {
            switch (words.first, words.dropFirst().first) {
            case ("list", nil):
                let width = connectors.specs.map(\.name.count).max() ?? 0
                for spec in connectors.specs { print(spec.name + String(repeating: " ", count: width + 2 - spec.name.count) + spec.summary) }
            case ("spec", let name?):
                print(try text(of: connectors.spec(of: name)), terminator: "")
            case ("check", let name?):
                try await check(name, Array(words.dropFirst(2)), connectors)
            default:
                complain(usage, status: 2)
            }
            exit(0)
        } catch {
            let code = (error as? any Problem)?.code.description ?? ""
            complain("\(error)", status: code.hasPrefix("settings.") ? 2 : 1)
        }
    }

    /// Settings are `NAME=VALUE`, with `${VARIABLE}` for what the environment holds: a secret has no place on a command line.
    private static func check(_ name: String, _ given: [String], _ connectors: ConnectorRegistry) async throws {
        let environment = Environment.current()
        let spec = try connectors.spec(of: name)
        var settings = JSONObject()
        for word in given {
            let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else { complain("'\(word)' is no SETTING=VALUE\n\(usage)", status: 2) }
            let value = try Substitution.expand(sides[1], environment: environment, file: Files.secret)
            settings[sides[0]] = spec.options.first { $0.name == sides[0] }.map { read(value, as: $0.kind) } ?? .string(value)
        }
        let connector = try connectors.connector(
            name, settings: .object(settings), context: ConnectorContext(now: { SystemClock.now() }, http: HTTPClient()))
        try await connector.check()
        print("ok   \(name): the settings work")
        for stream in try await connector.discover().streams { print("     \(stream.name): \(stream.columns.joined(separator: ", "))") }
    }

    private static func read(_ text: String, as kind: ConnectorOption.Kind) -> JSON {
        switch kind {
        case .text: .string(text)
        case .integer, .limit: Int(text).map { JSON($0) } ?? .string(text)
        case .boolean: text == "true" ? true : text == "false" ? false : .string(text)
        case .list: .array(text.split(separator: ",").map { .string(String($0)) })
        }
    }

    static func text(of spec: ConnectorSpec) -> String {
        func lines(_ options: [ConnectorOption]) -> String {
            let width = options.map(\.name.count).max() ?? 0
            return options.map { option in
                var facts: [String] = [option.kind.rawValue]
                if option.isRequired { facts.append("required") }
                if option.isSecret { facts.append("secret") }
                if let standard = option.standard { facts.append("default \(standard.text())") }
                return "  \(option.name)\(String(repeating: " ", count: width + 2 - option.name.count))\(option.summary) (\(facts.joined(separator: ", ")))\n"
            }.joined()
        }
        return "\(spec.name): \(spec.summary)\n\nsettings\n\(lines(spec.options))\nof each stream\n\(lines(spec.streamOptions + streamLoadOptions))\nexample\n"
            + spec.example.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    }

    private static func complain(_ text: String, status: Int32) -> Never {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
        exit(status)
    }
}
