@testable import BrokerEngine
import Bus
import Contracts
@testable import Journal
import Kernel
import Leases
import Testing

/// Dead letters, fairness, a full disk, retention: the broker without sockets.
@Suite struct BrokerWorkTests {
    static let claim = #"{"role":"load","worker":"w","waitMilliseconds":0}"#

    func dead(_ bench: Bench) throws {
        _ = try bench.ask("publish", "{}", [bench.ready("a")])
        for _ in 0..<2 {
            _ = try bench.ask("claim", Self.claim)
            bench.now += 10
        }
        _ = try bench.turn()
    }

    @Test func `a dead letter is shown with the task as it was announced, and requeueing it is an event`() throws {
        let bench = try Bench()
        try dead(bench)
        let letter = try bench.ask("inspect", #"{"subject":"dead_letter","entry":1}"#).body
        #expect(letter["event"]?["data"]?["spec"]?["id"] == "a" && letter["delivery"] == 2 && letter["worker"] == "w")
        #expect(try bench.ask("inspect", #"{"subject":"dead_letter","entry":9}"#).body["reason"] == "bad_request")

        let turn = try bench.turn(try bench.request("requeue", #"{"entry":1,"by":"me"}"#))
        #expect(turn.news.map(\.topic) == ["task.requeued.v1/-/p/"])
        guard case .taskRequeued(let fact) = try Event(envelope: turn.news[0].envelope).payload else { return #expect(Bool(false), "no requeued event") }
        #expect(fact == TaskRequeued(entry: 1, deliveries: 2, by: "me"))
        #expect(try bench.ask("inspect", #"{"subject":"dead_letters"}"#).body == [])
        #expect(try bench.ask("claim", Self.claim).body["delivery"] == 3)
        // A second time it is none any more, and nothing is said.
        #expect(try bench.ask("requeue", #"{"entry":1}"#).body["reason"] == "bad_request")
        #expect(try bench.ask("read", #"{"prefixes":["task.requeued."]}"#).events.count == 1)
    }

    @Test func `a pipeline with one entry is claimed within two claims, whatever another has waiting`() throws {
        let bench = try Bench()
        func ready(_ id: String, _ pipeline: String) -> Event {
            var event = bench.ready(id)
            event.pipeline = pipeline
            return event
        }
        _ = try bench.ask("publish", "{}", (0..<1000).map { ready("a\($0)", "a") })
        for _ in 0..<10 { _ = try bench.ask("claim", Self.claim) }
        _ = try bench.ask("publish", "{}", [ready("b", "b")])
        let pipelines = try (0..<2).map { _ in try Event(envelope: bench.ask("claim", Self.claim).events[0].envelope).pipeline }
        #expect(pipelines.contains("b"))
    }

    @Test func `on a full disk what workers have finished is taken, nothing new is, and all goes on when there is room`() throws {
        let path = "/tmp/sluice-full-\(UInt64.random(in: 0 ... .max))"
        defer { for suffix in ["", "-wal", "-shm", ".reserve"] { _ = try? Tool.remove(path + suffix) } }
        let journal = try JournalStore(path: path, limits: .init(leaseSeconds: 10, deliveriesMax: 2), now: 0, reserve: Reserve(path: path + ".reserve", bytes: 65_536))
        #expect(Tool.exists(path + ".reserve"))
        let bench = Bench(journal: journal)
        _ = try bench.ask("publish", "{}", [bench.ready("a")])
        let lease = try #require(try bench.ask("claim", Self.claim).body["lease"]?.stringValue)
        // The file may not grow: for SQLite the same as a disk that is full.
        try journal.database.execute("pragma max_page_count=\(try journal.number("pragma page_count"))")
        var answer = try bench.ask("inspect", #"{"subject":"status"}"#)
        for number in 0..<200 where answer.isOK { answer = try bench.ask("publish", "{}", [bench.request("r\(number)")]) }
        #expect(answer.body["reason"] == "unavailable" && !bench.broker.isAvailable)
        #expect(!Tool.exists(path + ".reserve"))
        // The room that the reserve gave.
        try journal.database.execute("pragma max_page_count=\(try journal.number("pragma page_count") + 8)")
        #expect(try bench.ask("publish", "{}", [bench.request("new")]).body["reason"] == "unavailable")
        #expect(try bench.ask("claim", Self.claim).body["reason"] == "unavailable")
        #expect(try bench.ask("extend", #"{"lease":"\#(lease)"}"#).isOK)
        #expect(try bench.ask("complete", #"{"lease":"\#(lease)"}"#, [bench.request("report")]).isOK)
        #expect(!bench.broker.isAvailable)
        bench.now += 2
        _ = try bench.turn()
        #expect(bench.broker.isAvailable && Tool.exists(path + ".reserve"))
        #expect(try bench.ask("publish", "{}", [bench.request("new")]).isOK)
    }

    @Test func `the log is bounded, and whoever is overtaken is named in an alert and told where to go on`() throws {
        let journal = try JournalStore(path: ":memory:", now: 0)
        let bench = Bench(broker: Broker(journal: journal, retention: Retention(bytes: 200_000, bytesMax: 400_000, everySeconds: 1, chunk: 100)))
        _ = try bench.ask("publish", "{}", [bench.request("first")])
        _ = try bench.ask("confirm", #"{"reader":"slow","position":1}"#)
        for number in 0..<1000 {
            bench.now += 1
            _ = try bench.ask("publish", "{}", (0..<5).map { bench.request("r\(number)-\($0)") })
        }
        while bench.broker.nextDeadline(after: bench.now).map({ $0 <= bench.now }) == true { _ = try bench.turn() }
        #expect(try journal.usedBytes() < 500_000)
        let gone = try bench.ask("read", #"{"after":1}"#)
        #expect(!gone.isOK && gone.body["reason"] == "gone")
        let floor = try #require(gone.body["floor"]?.intValue)
        #expect(floor == Int(journal.floor) && floor > 1)
        #expect(try bench.ask("read", #"{"after":\#(floor),"limit":1}"#).isOK)
        let alerts = try bench.ask("read", #"{"prefixes":["alert."]}"#).events.map { try Event(envelope: $0.envelope) }
        #expect(!alerts.isEmpty)
        for alert in alerts {
            guard case .alertRaised(let fact) = alert.payload else { return #expect(Bool(false), "no alert") }
            #expect(fact.code == "broker.overtaken_reader" && fact.location == "reader slow")
        }
        #expect(try bench.ask("resume", #"{"reader":"slow"}"#).body["position"] == 1)
        #expect(try bench.ask("forget", #"{"reader":"slow"}"#).isOK)
        #expect(try bench.ask("resume", #"{"reader":"slow"}"#).body["position"] == nil)
    }

    @Test func `a position that the log has not reached cannot be confirmed`() throws {
        let bench = try Bench()
        _ = try bench.ask("publish", "{}", [bench.request("a")])
        #expect(try bench.ask("confirm", #"{"reader":"r","position":2}"#).body["reason"] == "bad_request")
        #expect(try bench.ask("confirm", #"{"reader":"r","position":1,"keep":[1],"memory":"m"}"#).isOK)
        #expect(try bench.ask("resume", #"{"reader":"r"}"#).body["memory"] == "m")
        #expect(try bench.ask("read", #"{"sequences":[1,7]}"#).events.map(\.sequence) == [1])
    }
}

/// What a key's role may and may not do.
@Suite struct ForgeryTests {
    func ask(_ bench: Bench, as role: BusRole, _ verb: String, _ body: String = "{}", _ events: [Event] = []) throws -> JSON {
        var request = try bench.request(verb, body, events)
        request.role = role
        return try JSON(parsing: try #require(try bench.turn(request).responses.last).body)
    }

    @Test func `a worker reports on what it holds and on nothing else`() throws {
        let bench = try Bench()
        _ = try bench.ask("publish", "{}", [bench.ready("a"), bench.ready("b")])
        let lease = try #require(try ask(bench, as: .load, "claim", BrokerWorkTests.claim)["lease"]?.stringValue)
        func report(_ task: TaskID, run: RunID = "p@1") -> Event {
            Event(source: "w", id: "\(run)/\(task)", time: Timestamp(microseconds: 0), pipeline: "p", run: run, task: task, payload: .taskSucceeded(TaskReport()))
        }
        let body = #"{"lease":"\#(lease)"}"#
        #expect(try ask(bench, as: .load, "complete", body, [report("b")])["reason"] == "forbidden")
        #expect(try ask(bench, as: .load, "complete", body, [report("a", run: "p@2")])["reason"] == "forbidden")
        #expect(try ask(bench, as: .extract, "complete", body, [report("a")])["reason"] == "forbidden")
        #expect(try ask(bench, as: .load, "complete", body, [bench.request("r")])["reason"] == "forbidden")
        #expect(try ask(bench, as: .extract, "claim", BrokerWorkTests.claim)["reason"] == "forbidden")
        #expect(try ask(bench, as: .load, "complete", body, [report("a")])["sequences"] != nil)
    }

    @Test func `a forgery is refused, stored nowhere, and told once in a minute`() throws {
        let bench = try Bench()
        for _ in 0..<50 { #expect(try ask(bench, as: .client, "publish", "{}", [bench.ready("a")])["reason"] == "forbidden") }
        let events = try bench.ask("read").events.map { try Event(envelope: $0.envelope) }
        #expect(events.map(\.type) == [EventType.alertRaised])
        #expect(bench.broker.counters.forgeries == 50)
        guard case .alertRaised(let alert) = events[0].payload else { return }
        #expect(alert.code == "broker.forged" && alert.summary.contains("client") && alert.summary.contains("task.ready.v1"))
        bench.now += 61
        _ = try ask(bench, as: .client, "publish", "{}", [bench.ready("a")])
        #expect(try bench.ask("read").events.count == 2)
    }

    @Test func `a reader confirms under its own name, and a client reads what its role may read`() throws {
        let bench = try Bench()
        #expect(try ask(bench, as: .notify, "confirm", #"{"reader":"orchestrator","position":0}"#)["reason"] == "forbidden")
        #expect(try ask(bench, as: .notify, "confirm", #"{"reader":"notify-2","position":0}"#)["reason"] == nil)
        #expect(try ask(bench, as: .client, "read")["reason"] == "forbidden")
        #expect(try ask(bench, as: .client, "read", #"{"prefixes":["run.","task."]}"#)["reason"] == "forbidden")
        #expect(try ask(bench, as: .client, "read", #"{"sequences":[1]}"#)["reason"] == "forbidden")
        #expect(try ask(bench, as: .client, "read", #"{"prefixes":["run.succeeded."]}"#)["upTo"] != nil)
    }

    @Test func `an allow-list is understood whole or not used`() throws {
        let own = try CurveKeysForTests.pair(), other = try CurveKeysForTests.pair()
        let keys = try BrokerKeys(own: own, allowList: "# people\nload \(other.publicKey) load-1\n\n", path: "clients")
        #expect(keys.role(of: other.publicKey) == .load && keys.role(of: own.publicKey) == nil)
        for wrong in ["cook \(other.publicKey)", "load short", "load", "load \(other.publicKey)\ncli \(other.publicKey)"] {
            #expect(throws: PlainProblem.self) { _ = try BrokerKeys(own: own, allowList: wrong, path: "clients") }
        }
    }
}
