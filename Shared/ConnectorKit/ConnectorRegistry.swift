internal import FoundationEssentials
public import Kernel

/// The connectors that a program knows, by name. The list is what one reads to see what is built in.
public struct ConnectorRegistry: Sendable {
    private let types: [String: any Connector.Type]

    /// Two connectors of one name are a mistake in the program's own list, so they stop it.
    public init(_ types: [any Connector.Type]) {
        var known: [String: any Connector.Type] = [:]
        for type in types {
            precondition(Name.isValid(type.spec.name), "'\(type.spec.name)' is no name for a connector")
            precondition(known.updateValue(type, forKey: type.spec.name) == nil, "two connectors are named '\(type.spec.name)'")
        }
        self.types = known
    }

    public var specs: [ConnectorSpec] { types.values.map { $0.spec }.sorted { $0.name < $1.name } }

    public func spec(of name: String) throws -> ConnectorSpec { try find(name).spec }

    /// A connector with settings whose variables are filled in already.
    public func connector(_ name: String, settings: JSON, context: ConnectorContext) throws -> any Connector {
        let type = try find(name)
        return try Self.make(type, settings, context)
    }

    /// What a pipeline says of a stream, and behind it what the connector says of how to write it.
    public func loading(_ name: String, stream: String, config: JSON) throws -> JSON {
        var merged = config.objectValue ?? JSONObject()
        for (key, value) in try find(name).loading(of: stream, config: config).objectValue?.pairs ?? [] where merged[key] == nil { merged[key] = value }
        return .object(merged)
    }

    private func find(_ name: String) throws -> any Connector.Type {
        guard let type = types[name] else {
            throw PlainProblem(
                "settings.unknown_connector", "no connector is named '\(name)'", at: .named("connector \(name)"),
                remedy: "this program knows: " + types.keys.sorted().joined(separator: ", "))
        }
        return type
    }

    private static func make<C: Connector>(_ type: C.Type, _ settings: JSON, _ context: ConnectorContext) throws -> any Connector {
        let filled = try type.spec.validated(settings: settings)
        let decoded: C.Settings
        do {
            decoded = try JSONDecoder().decode(C.Settings.self, from: Data(filled.bytes))
        } catch {
            // The decoder's own words may quote a value, and a value may be a secret.
            throw SettingsProblem(findings: ["the settings do not have the form that the connector reads"], connector: type.spec.name)
        }
        return try type.init(settings: decoded, context: context)
    }
}
