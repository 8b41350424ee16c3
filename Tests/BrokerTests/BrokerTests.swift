import BrokerEngine
import Contracts
import Foundation
import Journal
import Kernel
import Leases
import SQLite
import Testing

/// A broker without sockets, and clients that speak to it in the wire's own bytes.
final class Bench {
    let broker: Broker
    var now = 0.0
    private var correlation: UInt8 = 0

    init(path: String = ":memory:", limits: WorkQueue.Limits = .init(leaseSeconds: 10, deliveriesMax: 2)) throws {
        broker = Broker(journal: try JournalStore(path: path, limits: limits, now: 0))
    }
    init(journal: JournalStore) { broker = Broker(journal: journal) }
    init(broker: Broker) { self.broker = broker }

    func request(_ verb: String, _ body: String = "{}", _ events: [Event] = []) throws -> Request {
        correlation &+= 1
        return Request(
            client: [1], correlation: [correlation], verb: Array(verb.utf8), body: Array(body.utf8),
            events: try events.map { (Array($0.topic.utf8), try $0.envelope()) })
    }
    func turn(_ requests: Request...) throws -> Turn { try broker.turn(requests, now: now, time: Timestamp(microseconds: 0)) }
    func ask(_ verb: String, _ body: String = "{}", _ events: [Event] = []) throws -> (isOK: Bool, body: JSON, events: [StoredEvent]) {
        let answer = try #require(try turn(try request(verb, body, events)).responses.last)
        return (answer.isOK, try JSON(parsing: answer.body), answer.events)
    }
    func ready(_ id: String) -> Event {
        let spec = TaskSpec(id: TaskID(id), step: "s", role: .load, kind: "noop", title: id)
        return Event(
            source: "o", id: id, time: Timestamp(microseconds: 0), pipeline: "p", role: .load, run: "p@1", task: spec.id,
            payload: .taskReady(TaskReady(spec: spec, attempt: 1, logicalDate: Timestamp(microseconds: 0), isFullRefresh: false)))
    }
    func request(_ id: String) -> Event {
        Event(source: "t", id: id, time: Timestamp(microseconds: 0), pipeline: "p", payload: .runRequested(RunRequested(cause: .manual)))
    }
}

@Suite struct BrokerTests {
    @Test func `an announcement and the lease of a parked claim are one commit`() throws {
        let bench = try Bench()
        #expect(try bench.turn(try bench.request("claim", #"{"role":"load","worker":"w","waitMilliseconds":1000}"#)).responses.isEmpty)
        let before = bench.broker.journal.commits
        let turn = try bench.turn(try bench.request("publish", "{}", [bench.ready("a")]))
        #expect(turn.responses.count == 2)
        #expect(bench.broker.journal.commits == before + 1)
    }

    @Test func `whatever comes together is one commit, each told its own places in the log, and what fails of it harms no other`() throws {
        let bench = try Bench()
        var requests = try (0..<200).map { try bench.request("publish", "{}", [bench.request("p@\($0)")]) }
        requests.insert(try bench.request("publish", "{}", [bench.request("p@7")]), at: 100)
        requests.insert(try bench.request("complete", #"{"lease":"1.1"}"#, [bench.request("p@never")]), at: 150)
        let before = bench.broker.journal.commits
        let turn = try bench.broker.turn(requests, now: 0, time: Timestamp(microseconds: 0))
        #expect(bench.broker.journal.commits == before + 1)
        #expect(turn.responses.count == 202 && turn.responses.count { !$0.isOK } == 1 && turn.news.count == 200)
        let sequences = try turn.responses.filter(\.isOK).map { try JSON(parsing: $0.body)["sequences"]?[0]?.intValue ?? 0 }
        #expect(Set(sequences).count == 200 && sequences[100] == sequences[7], "the same event twice is told its one place")
    }

    @Test func `a parked claim is answered with nothing when its time is over`() throws {
        let bench = try Bench()
        _ = try bench.turn(try bench.request("claim", #"{"role":"load","worker":"w","waitMilliseconds":1000}"#))
        #expect(bench.broker.nextDeadline(after: 0) == 1)
        bench.now = 1
        let turn = try bench.turn()
        #expect(try JSON(parsing: turn.responses[0].body)["lease"] == nil)
    }

    @Test func `the same report again gets the same answer and another one is stale`() throws {
        let bench = try Bench()
        _ = try bench.ask("publish", "{}", [bench.ready("a")])
        let claim = try bench.ask("claim", #"{"role":"load","worker":"w","waitMilliseconds":0}"#)
        let lease = #"{"lease":"\#(claim.body["lease"]!.stringValue!)"}"#
        let first = try bench.ask("complete", lease, [bench.request("r")])
        #expect(first.isOK)
        #expect(try bench.ask("complete", lease, [bench.request("r")]).body == first.body)
        let other = try bench.ask("complete", lease, [bench.request("other")])
        #expect(!other.isOK && other.body["reason"] == "stale_lease")
    }

    @Test func `deliveries run out and the dead letter is an event of the same turn`() throws {
        let bench = try Bench()
        _ = try bench.ask("publish", "{}", [bench.ready("a")])
        for _ in 0..<2 {
            _ = try bench.ask("claim", #"{"role":"load","worker":"w","waitMilliseconds":0}"#)
            bench.now += 10
        }
        let news = try bench.turn().news
        #expect(news.map(\.topic) == ["task.dead_lettered.v1/-/p/"])
        #expect(try bench.ask("inspect", #"{"subject":"dead_letters"}"#).body[0]?["task"] == "a")
    }

    @Test func `an old epoch publishes nothing`() throws {
        let bench = try Bench()
        let first = try bench.ask("lead", #"{"name":"a"}"#).body["epoch"]!.intValue!
        #expect(try bench.ask("lead", #"{"name":"b"}"#).body["reason"] == "led_by_another")
        bench.now = 4
        let second = try bench.ask("lead", #"{"name":"b"}"#).body["epoch"]!.intValue!
        #expect(second > first)
        let refused = try bench.ask("publish", #"{"epoch":\#(first)}"#, [bench.request("x")])
        #expect(refused.body["reason"] == "stale_epoch")
        #expect(bench.broker.journal.newest == 0)
        #expect(try bench.ask("publish", #"{"epoch":\#(second)}"#, [bench.request("x")]).isOK)
    }

    @Test func `no message of any shape stops the broker or gets into the log`() throws {
        let bench = try Bench()
        var random = SystemRandomNumberGenerator()
        let words = ["publish", "read", "claim", "complete", "lead", "extend", "release", "withdraw", "inspect", "requeue", "confirm", "", "nonsense"]
        let bodies = ["", "{", "[]", "{}", #"{"after":-1}"#, #"{"lease":"9.9"}"#, #"{"lease":5}"#, #"{"role":"x"}"#, "\u{0}", #"{"entry":18446744073709551615}"#]
        for _ in 0..<3000 {
            let event = (Array("\(words.randomElement(using: &random)!)/-/p/".utf8), (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            let request = Request(
                client: [1], correlation: [1], verb: Array(words.randomElement(using: &random)!.utf8),
                body: Array(bodies.randomElement(using: &random)!.utf8), events: Bool.random(using: &random) ? [event] : [])
            _ = try bench.broker.turn([request], now: 0, time: Timestamp(microseconds: 0))
        }
        #expect(bench.broker.journal.newest == 0)
    }

    @Test(arguments: [Int.min, Int.max, 0])
    func `a priority of any size is offered and harms nothing`(priority: Int) throws {
        let bench = try Bench()
        var event = bench.ready("a")
        event.priority = priority
        #expect(try bench.ask("publish", "{}", [event]).isOK)
        // An hour of waiting counts on top of it.
        bench.now = 3600
        #expect(try bench.ask("claim", #"{"role":"load","worker":"w","waitMilliseconds":0}"#).body["lease"] == "1.1")
    }

    @Test func `a request of too many events is refused whole`() throws {
        let bench = try Bench()
        let many = (0...10_000).map { bench.request("r\($0)") }
        let answer = try bench.ask("publish", "{}", many)
        #expect(!answer.isOK && answer.body["reason"] == "bad_request")
        #expect(bench.broker.journal.newest == 0)
        #expect(try bench.ask("publish", "{}", Array(many.dropLast())).body["sequences"]?.arrayValue?.count == 10_000)
    }

    @Test func `a claim said again by the same client is one claim`() throws {
        let bench = try Bench()
        let claim = try bench.request("claim", #"{"role":"load","worker":"w","waitMilliseconds":1000}"#)
        for _ in 0..<3 { _ = try bench.turn(claim) }
        #expect(bench.broker.parkedClaims == 1)
        let turn = try bench.turn(try bench.request("publish", "{}", [bench.ready("a"), bench.ready("b")]))
        #expect(turn.responses.compactMap(\.lease).count == 1)
    }

    @Test func `what could not be delivered is offered again at once, with all its deliveries before it`() throws {
        let bench = try Bench()
        _ = try bench.ask("publish", "{}", [bench.ready("a")])
        for delivery in 1...6 {
            let turn = try bench.turn(try bench.request("claim", #"{"role":"load","worker":"ghost","waitMilliseconds":0}"#))
            #expect(turn.responses[0].lease == "1.\(delivery)")
            bench.broker.noteUndelivered("1.\(delivery)")
            #expect(bench.broker.nextDeadline(after: bench.now) == bench.now)
        }
        _ = try bench.ask("claim", #"{"role":"load","worker":"w","waitMilliseconds":0}"#)
        bench.now += 10
        // Two deliveries are allowed: this was the first that anybody saw.
        #expect(try bench.turn().news.isEmpty)
    }

    @Test func `while the journal cannot commit nobody is told yes, and nobody waits for ever`() throws {
        let path = NSTemporaryDirectory() + "/journal-\(UInt32.random(in: 0 ... .max)).db"
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let bench = try Bench(journal: JournalStore(path: path, limits: .init(leaseSeconds: 10, deliveriesMax: 2), now: 0))
        func claim(_ worker: String) throws -> Request { try bench.request("claim", #"{"role":"load","worker":"\#(worker)","waitMilliseconds":60000}"#) }
        _ = try bench.turn(try claim("early"))

        let other = try Database(path: path)
        try other.execute("begin immediate")
        let refused = try bench.turn(try claim("late"), try bench.request("publish", "{}", [bench.ready("a")]))
        #expect(try refused.responses.map { try JSON(parsing: $0.body)["reason"] } == ["unavailable", "unavailable"])
        #expect(refused.news.isEmpty && !bench.broker.isAvailable)
        // A turn that writes nothing does not make it well again; reading goes on.
        #expect(try bench.ask("read", "{}").isOK)
        #expect(!bench.broker.isAvailable)
        // The claim from before waits on, the refused one does not.
        #expect(bench.broker.parkedClaims == 1)

        try other.execute("rollback")
        _ = try bench.turn()
        #expect(bench.broker.isAvailable)
        let turn = try bench.turn(try bench.request("publish", "{}", [bench.ready("a"), bench.ready("b")]))
        #expect(turn.responses.compactMap(\.lease) == ["1.1"])
    }

    @Test func `while the journal cannot commit everybody is told so and nothing has happened`() throws {
        let path = "/tmp/sluice-broker-\(UInt64.random(in: 0 ... .max))"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let bench = try Bench(path: path)
        #expect(try bench.ask("publish", "{}", [bench.ready("a")]).isOK)
        let other = try Database(path: path)
        try other.execute("begin immediate")
        let refused = try bench.ask("publish", "{}", [bench.ready("b")])
        #expect(!refused.isOK && refused.body["reason"] == "unavailable")
        #expect(!bench.broker.isAvailable && bench.broker.journal.newest == 1)
        try other.execute("rollback")
        #expect(try bench.ask("publish", "{}", [bench.ready("b")]).isOK)
        #expect(bench.broker.isAvailable && bench.broker.journal.newest == 2)
    }

    @Test func `an event under a topic that is not its own is refused`() throws {
        let bench = try Bench()
        let request = Request(
            client: [1], correlation: [1], verb: Array("publish".utf8), body: [],
            events: [(Array("run.requested.v1/-/other/".utf8), try bench.request("x").envelope())])
        let answer = try #require(try bench.turn(request).responses.first)
        #expect(!answer.isOK)
        #expect(try JSON(parsing: answer.body)["message"]?.stringValue?.contains("run.requested.v1/-/p/") == true)
    }
}
