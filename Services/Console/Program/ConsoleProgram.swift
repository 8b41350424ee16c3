// sluice-console: HTTP API and web pages.
//
// Does      folds the log in memory; serves `/`, `/runs/{id}`, `/api/runs`, `/api/runs/{id}`, `/api/status`, and as
//           `/docs/{pipeline}/index.html` what a step `dbt: docs` has written to SLUICE_HOME/docs;
//           `POST /api/pipelines/{name}/runs` with `X-Sluice: 1` asks for a run, or for some of its steps;
//           `POST /hooks/{name}`, signed, is a webhook.
// Reads     SLUICE_HOME, SLUICE_BUS_*; SLUICE_CONSOLE_PORT (8080; a free one where SLUICE_PORT_BASE is 0);
//           SLUICE_CONSOLE_HOST (127.0.0.1); SLUICE_CONSOLE_NAMES (names by which others may call it, with commas).
// Writes    SLUICE_HOME/run/console.address. It changes state only by publishing `run.requested`.
// Promises  keeps nothing that is not in the log; killed, it folds the log anew. It knows no users: whoever reaches it may
//           read and start runs, so it listens on loopback unless told otherwise.
// Stops     on SIGTERM at once. Where its port is taken it ends with status 2 and names the variable.

import ConsoleEngine
import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Kernel
import Platform
import ServiceKit

@main struct ConsoleProgram {
    /// Longer than the bus waits for an answer, so that its words reach the browser.
    static let answerSecondsMax = 40.0
    static let bodyBytesMax = 65_536

    static func main() async {
        await ServiceProgram.run("console") { site in
            let address: ConsoleAddress
            do { address = try ConsoleAddress(site.settings) } catch { end(error, site) }
            Files.remove("\(site.settings.runFolder)/\(site.settings.instance).address")
            let names = (site.settings.environment["SLUICE_CONSOLE_NAMES"] ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
            let client = site.connect(topics: ["run."])
            let console = Console(
                client: client, hosts: names, docsFolder: "\(site.settings.home)/docs", environment: site.settings.environment, note: { site.log.warn($0) })
            if !address.isLoopback { site.log.warn("listening on \(address.host): whoever reaches it may read and start runs") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await console.follow { site.health.markStarted() } }
                group.addTask { try await serve(console, address, site) }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private static func serve(_ console: Console, _ address: ConsoleAddress, _ site: Site) async throws {
        let server = HTTPServer(address: address.socket, timeout: answerSecondsMax, logger: .disabled)
        await server.appendRoute("*") { request in await reply(to: request, console) }
        // FlyingFox tells nobody why it cannot listen before it has begun to run.
        let running = Task { try await server.run() }
        let announcing = Task {
            try await server.waitUntilListening(timeout: 10)
            guard case .ip4(let host, let port)? = await server.listeningAddress else { return }
            let url = "http://\(host):\(port)"
            try Files.writeAtomically(Array("\(url)\n".utf8), to: "\(site.settings.runFolder)/\(site.settings.instance).address")
            site.log.info("listening on \(url)")
        }
        defer { announcing.cancel() }
        do {
            try await withTaskCancellationHandler { try await running.value } onCancel: { running.cancel() }
        } catch {
            if Task.isCancelled { return }
            guard case SocketError.failed(_, let code, let message) = error, code == EADDRINUSE || code == EACCES || code == EADDRNOTAVAIL else { throw error }
            end(address.taken(message), site)
        }
    }

    /// Settings are wrong: nothing goes better by starting again.
    private static func end(_ problem: any Error, _ site: Site) -> Never {
        site.log.error("\(problem)")
        exit(2)
    }

    private static func reply(to request: HTTPRequest, _ console: Console) async -> HTTPResponse {
        var headers: [String: String] = [:]
        for (header, value) in request.headers { headers[header.rawValue.lowercased()] = value }
        var body: [UInt8] = []
        if request.method == .POST {
            guard let count = request.bodySequence.count, count <= bodyBytesMax, let data = try? await request.bodyData else {
                return HTTPResponse(statusCode: HTTPStatusCode(413, phrase: "Content Too Large"))
            }
            body = [UInt8](data)
        }
        let reply = await console.answer(Ask(request.method.rawValue, request.path, headers: headers, body: body))
        var fields = HTTPHeaders()
        for (name, value) in reply.headers { fields[HTTPHeader(name)] = value }
        let status = HTTPStatusCode(reply.status, phrase: phrases[reply.status] ?? "Unknown")
        return HTTPResponse(statusCode: status, headers: fields, body: request.method == .HEAD ? Data() : Data(reply.body))
    }

    private static let phrases = [
        200: "OK", 202: "Accepted", 304: "Not Modified", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        401: "Unauthorized", 409: "Conflict", 421: "Misdirected Request", 503: "Service Unavailable",
    ]
}
