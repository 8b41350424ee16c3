import Foundation

/// Seconds of the wall and of the CPU.
struct Cost {
    enum Who: Int32 { case us = 0, children = -1 }
    var wall: Double
    var cpu: Double

    static func seconds(_ who: Who) -> Double {
        var usage = rusage()
        getrusage(who.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    static func of(_ who: Who, _ body: () async throws -> Void) async rethrows -> Cost {
        let clock = ContinuousClock()
        let before = seconds(who)
        let wall = try await clock.measure(body)
        return Cost(wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18, cpu: seconds(who) - before)
    }

    /// The largest memory that this process has had.
    static var megabytesMax: Int {
        var usage = rusage()
        getrusage(Who.us.rawValue, &usage)
        return usage.ru_maxrss / 1024
    }
}
