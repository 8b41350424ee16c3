import ArgumentParser
import FlyingFox
import FlyingSocks
import Foundation
import Kernel
import SandboxWorld
import ServiceKit

/// `sluice-sandbox`: the Graph API for pages, the Analytics Data API and Google's token exchange, played on loopback.
///
/// Reads   its options; the file of `--today-file` at each request; the key file of `--service-account`, if it is there.
/// Writes  its address as the first line of its output, and into `--address-file`; a key file into `--write-service-account`.
/// After a crash nothing is left but those files: its data are computed, its faults and issued tokens forgotten.
/// Ends by SIGTERM or SIGINT, or with `--until-stdin-closes` when whoever started it goes.
@main struct SandboxProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-sandbox", abstract: "Plays the outer world: answers as the vendors' APIs do, with synthetic data and no credentials.")

    @Option(help: "The address to listen on; only containers need another.") var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 takes a free one.") var port: UInt16 = 0
    @Option(help: "Where to write the address, once it listens.") var addressFile: String?
    @Option(help: "Other numbers for another seed.") var seed: UInt64 = 1
    @Option(help: "The last day that exists, as 2026-01-31. Default: the clock's, in UTC.") var today: String?
    @Option(help: "A file that holds the last day; it is read again at each request.") var todayFile: String?
    @Option(help: "The page access token that works.") var token = "sandbox-page-token"
    @Option(help: "Ids of pages, separated by commas.") var pages = World.defaultPages.joined(separator: ",")
    @Option(help: "Ids of Analytics properties, separated by commas.") var properties = World.defaultProperties.joined(separator: ",")
    @Option(help: "How long an exchanged access token lives.") var tokenSeconds = 3599
    @Option(help: "Graph calls in an hour before the rate limit answers.") var callsPerHour = 20_000
    @Option(help: "Analytics quota tokens in an hour.") var quotaPerHour = 40_000
    @Option(help: "How clients reach this server, where it is not the address it listens on: http://sandbox:8080") var publicURL: String?
    @Option(help: "Write a service-account key file whose token_uri is this server. A key that is there already is kept.") var writeServiceAccount: String?
    @Option(help: "Read the key pair from this key file instead of making one.") var serviceAccount: String?
    @Flag(help: "Ask the sandbox that listens on --port: exit 0 where it answers, else 1.") var probe = false
    @Flag(help: "End when standard input closes.") var untilStdinCloses = false

    func validate() throws {
        if let today, Day(today) == nil { throw ValidationError("'\(today)' is not a day like 2026-01-31") }
        guard callsPerHour > 0, quotaPerHour > 0, tokenSeconds > 0 else { throw ValidationError("limits are above zero") }
    }

    func run() async throws {
        if probe { throw ExitCode(ProbeClient.get("/_sandbox", port: Int(port))?.status == 200 ? 0 : 1) }
        var settings = Sandbox.Settings(today: today.flatMap { Day($0) } ?? Day(number: Int(Date().timeIntervalSince1970) / 86_400))
        settings.followsClock = today == nil
        settings.seed = seed
        settings.todayFile = todayFile
        settings.token = token
        settings.pages = pages.split(separator: ",").map(String.init)
        settings.properties = properties.split(separator: ",").map(String.init)
        settings.tokenSeconds = tokenSeconds
        settings.callsPerHour = callsPerHour
        settings.quotaPerHour = quotaPerHour
        let account = try account()
        let sandbox = Sandbox(settings: settings, account: account) { try? String(contentsOfFile: $0, encoding: .utf8) }

        let server = HTTPServer(address: try .inet(ip4: host, port: port), timeout: 120, logger: .disabled, handler: Door(sandbox: sandbox))
        let serving = Task { try await server.run() }
        try await server.waitUntilListening(timeout: 10)
        guard case .ip4(_, let port) = await server.listeningAddress else { throw ValidationError("cannot listen on \(host):\(port)") }
        let address = "http://\(host):\(port)"
        if let writeServiceAccount { try write(account.file(tokenURI: (publicURL ?? address) + "/token").text(isPretty: true), to: writeServiceAccount, mode: 0o600) }
        if let addressFile { try write(address, to: addressFile, mode: 0o644) }
        print("listening on \(address)")
        fflush(nil)

        // Nothing is to be saved, and the first process of a container has no handlers of its own.
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        endWithCaller()
        try await serving.value
    }

    private func account() throws -> ServiceAccount {
        for file in [serviceAccount, writeServiceAccount].compactMap({ $0 }) {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                if file == serviceAccount { throw ValidationError("\(file) cannot be read") }
                continue
            }
            if let pem = (try? JSON(parsing: [UInt8](bytes)))?["private_key"]?.stringValue, let keys = KeyPair(pem: pem) { return ServiceAccount(keys: keys) }
            if file == serviceAccount { throw ValidationError("\(file) holds no private_key") }
        }
        return ServiceAccount()
    }

    private func write(_ text: String, to path: String, mode: mode_t) throws {
        // A reader sees the whole file or none.
        let draft = path + ".part"
        try (text + "\n").write(toFile: draft, atomically: false, encoding: .utf8)
        guard chmod(draft, mode) == 0, rename(draft, path) == 0 else { throw ValidationError("\(path) cannot be written") }
    }

    private func endWithCaller() {
        guard untilStdinCloses else { return }
        Thread.detachNewThread {
            while case let count = getchar(), count != EOF {}
            _exit(0)
        }
    }
}

/// Between the HTTP server and the sandbox.
private struct Door: HTTPHandler {
    let sandbox: Sandbox

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        var headers: [String: String] = [:]
        for (name, value) in request.headers { headers[name.rawValue.lowercased()] = value }
        let body = try await request.bodyData
        let answer = await sandbox.answer(
            SandboxRequest(request.method.rawValue, request.target.rawValue, headers: headers, body: [UInt8](body)), now: Date().timeIntervalSince1970)
        if answer.delayMilliseconds > 0 { try await Task.sleep(for: .milliseconds(answer.delayMilliseconds)) }
        var response = HTTPResponse(statusCode: HTTPStatusCode(answer.status, phrase: answer.status < 400 ? "OK" : "Error"))
        // Single values, so that commas inside of JSON stay as they are.
        for (name, value) in answer.headers { response.headers[HTTPHeader(name)] = value }
        if let bytes = answer.cutAfter {
            response.payload = .httpBody(HTTPBodySequence(from: CutBody(bytes: answer.body.prefix(bytes)), count: answer.body.count))
        } else {
            response.payload = .httpBody(HTTPBodySequence(data: Data(answer.body)))
        }
        return response
    }
}

/// A body that breaks off: the server then closes the connection, although it promised more.
private struct CutBody: AsyncBufferedSequence {
    typealias Element = UInt8
    let bytes: ArraySlice<UInt8>

    func makeAsyncIterator() -> Iterator { Iterator(rest: bytes) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var rest: ArraySlice<UInt8>

        mutating func next() async throws -> UInt8? {
            guard let byte = rest.popFirst() else { throw SocketError.disconnected }
            return byte
        }
        mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
            guard !rest.isEmpty else { throw SocketError.disconnected }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
    }
}
