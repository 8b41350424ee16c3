public import ConnectorKit
public import HTTP
public import Kernel
internal import Platform

/// Looks at one connection of a pipeline for `sluice doctor`: its settings, its streams, and what the source grants.
public struct SourceExaminer: Sendable {
    /// For each request: a person waits.
    static let requestSecondsMax = 8.0

    private let connectors: ConnectorRegistry
    private let environment: [String: String]
    private let http: any HTTPTransport
    private let now: @Sendable () -> Timestamp

    public init(connectors: ConnectorRegistry, environment: [String: String], http: any HTTPTransport, now: @escaping @Sendable () -> Timestamp) {
        self.connectors = connectors
        self.environment = environment
        self.http = http
        self.now = now
    }

    /// - Parameter connection: `connector`, `settings` and `streams` as they stand in `pipeline.yml`, references unfilled.
    public func examine(_ connection: JSON, tell: @escaping @Sendable (Finding) -> Void) async {
        let name = connection["connector"]?.stringValue ?? ""
        do {
            let spec = try connectors.spec(of: name)
            let streams = streams(connection["streams"]?.objectValue ?? JSONObject(), spec, tell)
            let settings = try Substitution.expand(connection["settings"] ?? [:], environment: environment, file: Files.secret)
            // What is secret by the spec is shown nowhere, also where somebody has written it into the file.
            let secrets = Secrets(spec.options.filter(\.isSecret).compactMap { settings[$0.name]?.stringValue })
            var context = ConnectorContext(now: now, http: Hasty(http: http))
            context.isHasty = true
            let connector = try connectors.connector(name, settings: settings, context: context)
            await connector.examine(streams) { finding in tell(Self.judged(finding).mapTexts(secrets.blot)) }
        } catch {
            tell(Finding(error is SourceProblem ? "credentials" : "settings", failed: error))
        }
    }

    private func streams(_ given: JSONObject, _ spec: ConnectorSpec, _ tell: (Finding) -> Void) -> JSONObject {
        var streams = JSONObject()
        for (stream, config) in given.pairs {
            do {
                let filled = try Substitution.expand(config, environment: environment, file: Files.secret)
                let merged = try connectors.loading(spec.name, stream: stream, config: filled)
                streams[stream] = try spec.validated(stream: stream, config: merged)
            } catch {
                tell(Finding("stream \(stream)", failed: error))
            }
        }
        return streams
    }

    /// A source that is busy now may be all right.
    private static func judged(_ finding: Finding) -> Finding {
        var finding = finding
        if finding.code == "extract.\(SourceProblem.Kind.rateLimited.rawValue)" { finding.state = .warn }
        return finding
    }

    private struct Hasty: HTTPTransport {
        let http: any HTTPTransport
        func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
            var request = request
            request.timeoutSeconds = min(request.timeoutSeconds, requestSecondsMax)
            return try http.send(request)
        }
    }
}
