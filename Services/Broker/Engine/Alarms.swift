import Contracts

/// Alerts that wait for a turn to be told in. The same one is told once in a while, so that nobody can fill the log with
/// refusals.
struct Alarms {
    static let secondsBetween = 60.0
    static let waitingMax = 100

    private(set) var waiting: [AlertRaised] = []
    private var toldAt: [String: Double] = [:]

    mutating func raise(_ alert: AlertRaised, now: Double) {
        let key = "\(alert.code) \(alert.location)"
        if let time = toldAt[key], now - time < Self.secondsBetween { return }
        guard waiting.count < Self.waitingMax else { return }
        if toldAt.count > 1000 { toldAt = toldAt.filter { now - $0.value < Self.secondsBetween } }
        toldAt[key] = now
        waiting.append(alert)
    }

    mutating func clear() { waiting = [] }
}
