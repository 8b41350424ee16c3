import Platform
import Synchronization

/// What the probes tell: is the program's loop alive, is it ready, has it started; and its figures.
public final class Health: Sendable {
    /// A loop that has not moved for so long is stuck.
    static let heartbeatSecondsMax = 15.0

    private struct State {
        var beatAt = SystemClock.monotonicSeconds()
        var isStarted = false
        var conditions: [(name: String, isMet: @Sendable () -> Bool)] = []
        var figures: [@Sendable () -> [Figure]] = []
    }
    private let state = Mutex(State())

    public init() {}

    /// The loop has moved.
    public func beat() { state.withLock { $0.beatAt = SystemClock.monotonicSeconds() } }
    public func markStarted() { state.withLock { $0.isStarted = true } }

    /// Readiness asks for this too. Called from the probe's thread; it must not wait.
    public func require(_ name: String, _ isMet: @escaping @Sendable () -> Bool) { state.withLock { $0.conditions.append((name, isMet)) } }
    public func expose(_ figures: @escaping @Sendable () -> [Figure]) { state.withLock { $0.figures.append(figures) } }

    var isAlive: Bool { SystemClock.monotonicSeconds() - state.withLock { $0.beatAt } < Self.heartbeatSecondsMax }
    var isStarted: Bool { state.withLock { $0.isStarted } }
    /// The names of the conditions that are not met.
    var unmet: [String] {
        let (conditions, isStarted) = state.withLock { ($0.conditions, $0.isStarted) }
        return (isStarted ? [] : ["started"]) + conditions.filter { !$0.isMet() }.map(\.name)
    }
    var figures: [Figure] { state.withLock { $0.figures }.flatMap { $0() } }
}

/// One sample of `/metrics`.
public struct Figure: Sendable {
    public enum Kind: String, Sendable { case counter, gauge }
    public let name: String
    public let help: String
    public let kind: Kind
    public let labels: [(String, String)]
    public let value: Double

    /// - Parameter name: as Prometheus wants it: `sluice_broker_events_published_total`.
    public init(_ name: String, _ kind: Kind, _ value: Double, labels: [(String, String)] = [], help: String) {
        self.name = name
        self.kind = kind
        self.value = value
        self.labels = labels
        self.help = help
    }

    /// The text exposition format of Prometheus, version 0.0.4.
    static func text(_ figures: [Figure]) -> String {
        var text = ""
        var described: Set<String> = []
        for figure in figures.sorted(by: { $0.name < $1.name }) {
            if described.insert(figure.name).inserted {
                text += "# HELP \(figure.name) \(onOneLine(figure.help))\n# TYPE \(figure.name) \(figure.kind.rawValue)\n"
            }
            let labels = figure.labels.map { "\($0)=\"\(onOneLine($1).replacing("\"", with: "\\\""))\"" }.joined(separator: ",")
            let number = figure.value == figure.value.rounded() && abs(figure.value) < 1e15 ? String(Int(figure.value)) : String(figure.value)
            text += "\(figure.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number)\n"
        }
        return text
    }

    private static func onOneLine(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n") }
}
