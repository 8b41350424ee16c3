public import Bus
import Contracts
import Kernel
import Markup
import Platform
import Runs

/// Follows the log and answers requests from what it has folded. The one thing that it changes, it changes by publishing.
public actor Console {
    static let bodyBytesMax = 65_536
    static let runsMax = 500

    private let client: BusClient
    /// Names by which this console may be called beside loopback ones; a page from elsewhere must not reach it by a name of its own.
    private let hosts: Set<String>
    private let docs: DocsShelf
    private let note: @Sendable (String) -> Void
    /// Fills the secrets of webhooks.
    private let environment: [String: String]
    private(set) var shelf = RunShelf()
    private var gate = WebhookGate()

    /// - Parameter docsFolder: holds `<pipeline>/index.html`, as the `docs` step writes it.
    public init(
        client: BusClient, hosts: [String] = [], docsFolder: String, environment: [String: String] = [:], note: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.environment = environment
        docs = DocsShelf(folder: docsFolder)
        self.hosts = Set(hosts.map { $0.lowercased() })
        self.note = note
    }

    // MARK: The log

    /// Folds until it is cancelled. The feed's tick of each second is the slowest that a change is seen.
    public func follow(onReady: @Sendable () -> Void) async {
        var isTold = false
        // Asked at once: the first hint may be a second away, and on an empty log none comes.
        var isReady = (try? await catchUp()) != nil
        if isReady { onReady() }
        for await newest in await client.hints() {
            if isReady, newest == shelf.position { continue }
            do {
                try await catchUp()
                if !isReady { onReady() }
                isReady = true
                isTold = false
            } catch is CancellationError {
                return
            } catch {
                if !isTold { note("\(error)") }
                isTold = true
            }
        }
    }

    func catchUp() async throws {
        while true {
            let (events, reply): ([SequencedEvent], ReadReply)
            do {
                (events, reply) = try await client.read(ReadCommand(after: shelf.position, limit: 500))
            } catch let refusal as Refusal where refusal.reason == .gone {
                note("\(refusal); runs of that time may be shown without their end")
                shelf.advance(to: refusal.floor ?? shelf.position)
                continue
            }
            if reply.newest < shelf.position {
                // What we have folded is no longer there.
                note("the broker's log ends before position \(shelf.position), so it is a new one; reading it from its start")
                shelf = RunShelf()
                gate = WebhookGate()
                continue
            }
            for event in events {
                if event.sequence > shelf.position { gate.apply(event.event) }
                shelf.apply(event)
            }
            shelf.advance(to: reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    // MARK: Requests

    public func answer(_ ask: Ask) async -> Reply {
        // Who signs may call us by any name: a browser that is led here has no signature.
        if ask.path.hasPrefix("/hooks/") { return await hook(ask) }
        guard isAllowed(ask.headers["host"]) else {
            return .problem(
                421, "console.unknown_host", "this console is not called '\(ask.headers["host"] ?? "")'",
                remedy: "call it localhost, or list its name in SLUICE_CONSOLE_NAMES")
        }
        let parts = ask.path.split(separator: "/", omittingEmptySubsequences: true).map { PathSegment.decoded($0) }
        guard !parts.contains(where: { $0 == nil }) else { return .page(Page.notFound("The address holds a broken escape."), status: 400) }
        let path = parts.compactMap { $0 }
        let isRead = ask.method == "GET" || ask.method == "HEAD"
        switch (path.count, path.first ?? "") {
        case (0, _) where isRead: return cached(ask, isLive: shelf.hasOpenRuns) { RunsPage.render(shelf, hasDocs: docs.has, now: $0, version: $1) }
        case (1, "app.css") where isRead: return Reply(200, "text/css; charset=utf-8", Array(Assets.css.utf8), caching: "no-cache")
        case (1, "app.js") where isRead: return Reply(200, "text/javascript; charset=utf-8", Array(Assets.js.utf8), caching: "no-cache")
        case (1, "icon.svg") where isRead: return Reply(200, "image/svg+xml", Array(Assets.icon.utf8), caching: "max-age=86400")
        case (1, "dead-letters") where isRead: return await deadLettersPage(ask)
        case (2, "runs") where isRead: return runPage(ask, RunID(path[1]))
        case (3, "docs") where isRead: return await docs.reply(pipeline: path[1], file: path[2]) ?? .page(Page.notFound("No documentation has been written there yet: it comes with a step 'dbt: docs'."), status: 404)
        case (2, "api") where path[1] == "runs" && isRead:
            return .json(["position": JSON(Int(shelf.position)), "runs": .array(shelf.summaries.prefix(Self.runsMax).map(RunJSON.summary))])
        case (3, "api") where path[1] == "runs" && isRead: return run(RunID(path[2]))
        case (2, "api") where path[1] == "status" && isRead: return await status()
        case (2...4, "api") where path[1] == "dead-letters": return await deadLetters(Array(path.dropFirst(2)), ask)
        case (4, "api") where ["pipelines", "runs"].contains(path[1]): return await control(path[1], of: path[2], path[3], ask)
        case (_, "api"): return .problem(404, "console.unknown_path", "there is no \(ask.method) \(ask.path)", remedy: "see /api/runs, /api/status, /api/dead-letters; POST to /api/pipelines/NAME/runs")
        default:
            return isRead ? .page(Page.notFound("There is no page at \(ask.path)."), status: 404) : .problem(405, "console.method", "pages are only read", remedy: "use GET")
        }
    }

    /// A browser that was led to a name of somebody else's, which answers with our address, still says that name here.
    private func isAllowed(_ host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
        return ["localhost", "127.0.0.1", "[::1]"].contains(name) || hosts.contains(name)
    }

    /// A page is made anew only when the log has moved, or each second while a clock is shown on it.
    private func cached(_ ask: Ask, isLive: Bool, _ render: (Timestamp, String) -> HTML) -> Reply {
        let now = SystemClock.now()
        let version = isLive ? "\(shelf.position)-\(now.microseconds / 1_000_000)" : "\(shelf.position)"
        let tag = "\"\(version)\""
        var reply = ask.headers["if-none-match"] == tag ? Reply(304, "text/html; charset=utf-8", []) : .page(render(now, version))
        reply.headers.append(("ETag", tag))
        return reply
    }

    private func runPage(_ ask: Ask, _ id: RunID) -> Reply {
        if let state = shelf.state(id) { return cached(ask, isLive: !state.isEnded) { RunPage.render(state, hasDocs: docs.has(state.pipeline), now: $0, version: $1) } }
        if let summary = shelf.summary(id) { return cached(ask, isLive: false) { RunPage.render(summary, now: $0, version: $1) } }
        return .page(Page.notFound("No run is named \(id)."), status: 404)
    }

    private func run(_ id: RunID) -> Reply {
        if let state = shelf.state(id) { return .json(RunJSON.detail(state)) }
        if let summary = shelf.summary(id) { return .json(RunJSON.summary(summary)) }
        return .problem(404, "console.unknown_run", "no run is named '\(id)'", remedy: "see /api/runs")
    }

    private func status() async -> Reply {
        do {
            let broker = try await client.inspect(.status)
            return .json(["broker": broker, "position": JSON(Int(shelf.position))])
        } catch {
            return .problem(503, PlainProblem("console.no_broker", "\(problem(error).summary)", remedy: problem(error).remedy))
        }
    }

    func broker<T: Sendable>(_ body: (BusClient) async throws -> T) async throws -> T { try await body(client) }

    // MARK: Webhooks

    private func hook(_ ask: Ask) async -> Reply {
        guard ask.method == "POST", let pipeline = PathSegment.decoded(ask.path.dropFirst("/hooks/".count)), Name.isValid(pipeline) else {
            return .problem(404, "console.unknown_path", "there is no \(ask.method) \(ask.path)", remedy: "POST to /hooks/<pipeline>")
        }
        do {
            // A signature that another console took a moment ago is in the log.
            try await catchUp()
            switch gate.judge(ask, pipeline: pipeline, now: SystemClock.now(), fill: { try Substitution.expand($0, environment: environment, file: Files.secret) }) {
            case .refuse(let status, let problem): return .problem(status, problem)
            case .take(let event):
                try await client.publish([event])
                return .json(["event": .string(event.id)], status: 202)
            }
        } catch {
            return .problem(503, problem(error))
        }
    }

    func problem(_ error: any Error) -> any Problem {
        error as? any Problem ?? PlainProblem("console.failed", "\(error)", remedy: "try again")
    }
}
