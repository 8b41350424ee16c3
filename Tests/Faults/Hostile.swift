import Contracts
import Foundation
import Glibc
import Harness
import Kernel
import Support
import Wire

/// Clients that mean no good, or are out of their minds.
enum Hostile {
    static let all = [
        Scenario(name: "frames of any shape") { isLong in try await frames(isLong ? 1_000_000 : 100_000) },
        Scenario(name: "bytes that are no ZeroMQ") { isLong in try await bytes(isLong ? 5000 : 500) },
        Scenario(name: "a message of 100 MB") { _ in try await large() },
        Scenario(name: "10,000 connections", obstacle: { descriptors(11_000) ? nil : "no so many descriptors" }, run: { _ in try await connections() }),
        Scenario(name: "a subscriber that never reads") { _ in try await stuck() },
        Scenario(name: "a client that never reads its answers") { _ in try await deaf() },
    ]

    /// Runs `attack` on a home at work; afterwards the same broker must be there and everything in its place.
    static func under(_ name: String, growthMegabytesMax: Int, _ attack: @escaping @Sendable (TestHome, _ commands: String, _ feed: String) async throws -> Void) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with { home in
            try await Runs.start(home)
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            let first = try await home.requestSurely("drill", id: "drill@first")
            _ = try await home.finishSurely(first, seconds: 60)
            let pids = home.pids(), before = pids["broker"].map(resident) ?? 0
            try await attack(home, "ipc://\(home.path)/run/commands", "ipc://\(home.path)/run/feed")
            let second = try await home.requestSurely("drill", id: "drill@second")
            _ = try await home.finishSurely(second, seconds: 60)
            let after = home.pids(), grown = (after["broker"].map(resident) ?? 0) - before
            say("  \(name): the broker's memory grew by \(grown / 1024) MB")
            var figures = try await publisher.audit(home, runs: [first, second])
            figures.crashes += pids.count { after[$0.key] != $0.value }
            sum.add(figures)
            guard grown < growthMegabytesMax * 1024 else { throw TestHome.Failure("the broker grew by \(grown / 1024) MB, more than \(growthMegabytesMax)") }
        }
        return sum.figures
    }

    static func resident(_ pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") { return Int(line.split(separator: " ")[1]) ?? 0 }
        return 0
    }

    static func frames(_ count: Int) async throws -> Figures {
        try await under("frames", growthMegabytesMax: 100) { home, commands, feed in
            var random = Seed("frames")
            let context = WireContext()
            let dealer = try Socket(context, .dealer), subscriber = try Socket(context, .subscriber)
            try dealer.connect(commands)
            try subscriber.connect(feed)
            let verbs = Verb.allCases.map(\.rawValue) + ["", "nonsense"]
            let bodies = ["", "{", "[]", "{}", "null", #"{"after":-1}"#, #"{"after":18446744073709551615}"#, #"{"lease":"9.9"}"#, #"{"role":"load","worker":"x","waitMilliseconds":9e99}"#,
                #"{"entry":1e300}"#, #"{"reader":"r","position":1e30}"#, #"{"subject":"status"}"#, #"{"run":"drill@first"}"#, "\u{0}", String(repeating: "[", count: 4000)]
            func bytes() -> [UInt8] { (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) } }
            var sent = 0
            while sent < count {
                var message: [[UInt8]]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: message = (0..<Int.random(in: 1...9, using: &random)).map { _ in bytes() }
                case 1: message = [bytes(), Array(verbs.randomElement(using: &random)!.utf8), bytes(), bytes(), bytes()]
                default:
                    // `withdraw`, `forget` and `lead` would be obeyed: this bus has no keys.
                    let verb = verbs.filter { !["withdraw", "forget", "lead", "claim", "confirm"].contains($0) }.randomElement(using: &random)!
                    message = [Array("\(sent)".utf8), Array(verb.utf8), Array(bodies.randomElement(using: &random)!.utf8)]
                    if Bool.random(using: &random) { message += [Array("run.requested.v1/-/drill/".utf8), bytes()] }
                }
                sent += message.count
                while !dealer.send(message) {
                    while dealer.receive() != nil {}
                    await Task.yield()
                }
                while dealer.receive() != nil {}
                if Int.random(in: 0..<50, using: &random) == 0 { try? subscriber.subscribe(String(decoding: bytes().filter { $0 != 0 }, as: UTF8.self)) }
            }
            // The last one has been answered: all before it were looked at.
            dealer.send([Array("last".utf8), Array("inspect".utf8), Array(#"{"subject":"status"}"#.utf8)])
            try await home.until("the last frame is answered", seconds: 60) {
                while let answer = dealer.receive() { if answer[0].elementsEqual("last".utf8) { return true } }
                return false
            }
        }
    }

    /// Garbage on the raw sockets, below ZeroMQ.
    static func bytes(_ count: Int) async throws -> Figures {
        try await under("bytes", growthMegabytesMax: 60) { home, commands, feed in
            var random = Seed("bytes")
            // A ZMTP greeting gets some of them past the door.
            var greeting: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]
            greeting += Array("NULL".utf8)
            greeting += [UInt8](repeating: 0, count: 48)
            for number in 0..<count {
                let file = RawSocket(number % 2 == 0 ? String(commands.dropFirst(6)) : String(feed.dropFirst(6)))
                var bytes = number % 3 == 0 ? [] : greeting
                bytes += (0..<Int.random(in: 0...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                file?.send(bytes)
                if number % 50 == 0 { await Task.yield() }
            }
        }
    }

    static func large() async throws -> Figures {
        try await under("100 MB", growthMegabytesMax: 160) { home, commands, _ in
            let context = WireContext()
            let dealer = try Socket(context, .dealer)
            try dealer.connect(commands)
            // One frame of 100 MB ends its connection; a hundred frames of 1 MB are refused when all are there.
            dealer.send([[1], Array("publish".utf8), [UInt8](repeating: 0x20, count: 100_000_000)])
            let second = try Socket(context, .dealer)
            try second.connect(commands)
            var message: [[UInt8]] = [[2], Array("publish".utf8), Array("{}".utf8)]
            for _ in 0..<100 { message += [Array("a.v1/-/p/".utf8), [UInt8](repeating: 0x20, count: 1_000_000)] }
            second.send(message)
            try await home.until("it is refused", seconds: 30) { second.receive() != nil }
        }
    }

    static func connections() async throws -> Figures {
        try await under("connections", growthMegabytesMax: 400) { home, commands, _ in
            var open: [RawSocket] = []
            for number in 0..<10_000 {
                if let socket = RawSocket(String(commands.dropFirst(6))) { open.append(socket) }
                if number % 100 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            say("  \(open.count) connections are open")
            guard open.count > 9000 else { throw TestHome.Failure("only \(open.count) connections could be opened") }
            let run = try await home.requestSurely("drill", id: "drill@among-them")
            _ = try await home.finishSurely(run, seconds: 60)
            withExtendedLifetime(open) {}
        }
    }

    static func stuck() async throws -> Figures {
        try await under("stuck subscriber", growthMegabytesMax: 100) { home, _, feed in
            let subscriber = try Socket(WireContext(), .subscriber, queueMax: 1)
            try subscriber.connect(feed)
            try subscriber.subscribe("")
            try await home.until("it is greeted") { subscriber.receive() != nil }
            let filler = JSON.string(String(repeating: "x", count: 7800))
            for part in 0..<60 {
                try await home.bus.publish((0..<500).map {
                    Event(source: "filler", id: "\(part)-\($0)", time: Timestamp(microseconds: 0), pipeline: "filler", payload: .other(type: "filler.v1", data: ["x": filler]))
                })
            }
            withExtendedLifetime(subscriber) {}
        }
    }

    /// Asks for the whole log again and again and reads nothing of it.
    static func deaf() async throws -> Figures {
        try await under("deaf client", growthMegabytesMax: 120) { home, commands, _ in
            let filler = JSON.string(String(repeating: "x", count: 100_000))
            for part in 0..<5 {
                try await home.bus.publish((0..<10).map {
                    Event(source: "filler", id: "\(part)-\($0)", time: Timestamp(microseconds: 0), pipeline: "filler", payload: .other(type: "filler.v1", data: ["x": filler]))
                })
            }
            let dealer = try Socket(WireContext(), .dealer, queueMax: 10_000)
            try dealer.connect(commands)
            for number in 0..<3000 {
                dealer.send([Array("\(number)".utf8), Array("read".utf8), Array("{}".utf8)])
                if number % 10 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            try await Task.sleep(for: .seconds(2))
            withExtendedLifetime(dealer) {}
        }
    }

    static func descriptors(_ count: rlim_t) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_max >= count else { return false }
        limit.rlim_cur = limit.rlim_max
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }
}

/// A connection below ZeroMQ.
final class RawSocket {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard code == 0 else { return nil }
    }
    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) } }
}
