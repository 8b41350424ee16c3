import Contracts
import Kernel
import Schedules
import Templating
import YAML

extension PipelineReader {
    static let policies = ["overlap", "max_active", "timeout", "sla", "slow", "pools"]
    static let stepPolicies = ["retries", "backoff", "backoff_max", "timeout", "sla", "priority", "pool"]

    /// The rules of the pipeline and of its steps; nil where it states none.
    func policy(_ fields: [String: Node], steps: Node?) -> PipelinePolicy? {
        var policy = PipelinePolicy()
        policy.overlap = fields["overlap"].flatMap { word($0, "rule for overlapping runs") }
        policy.activeMax = fields["max_active"].flatMap { number($0, "max_active", 1...100) }
        policy.timeoutSeconds = fields["timeout"].flatMap { duration($0, "timeout") }
        policy.slaSeconds = fields["sla"].flatMap { duration($0, "sla") }
        policy.slow = fields["slow"].flatMap { slow($0) }
        policy.pools = fields["pools"].flatMap { pools($0) }
        var rules: [String: PipelinePolicy.Step] = [:]
        for case .mapping(let pairs) in (steps?.items ?? []).map(\.kind) {
            var step: [String: Node] = [:]
            for (key, value) in pairs { step[key.text ?? ""] = value }
            guard let name = step["name"]?.text, let rule = stepPolicy(step, pools: policy.pools ?? [:]) else { continue }
            rules[name] = rule
        }
        if !rules.isEmpty { policy.steps = rules }
        return policy == PipelinePolicy() ? nil : policy
    }

    private func stepPolicy(_ fields: [String: Node], pools: [String: Int]) -> PipelinePolicy.Step? {
        var rule = PipelinePolicy.Step()
        // People count what comes after the first attempt, the machine counts attempts.
        rule.attemptsMax = fields["retries"].flatMap { number($0, "retries", 0...100) }.map { $0 + 1 }
        rule.backoffSeconds = fields["backoff"].flatMap { duration($0, "backoff") }
        rule.backoffSecondsMax = fields["backoff_max"].flatMap { duration($0, "backoff_max") }
        rule.timeoutSeconds = fields["timeout"].flatMap { duration($0, "timeout") }
        rule.slaSeconds = fields["sla"].flatMap { duration($0, "sla") }
        rule.priority = fields["priority"].flatMap { number($0, "priority", -1000...1000) }
        if let node = fields["pool"], let name = name(node, "a pool's name") {
            rule.pool = name
            // A pool that nobody sizes has one place: that is almost never meant.
            if pools[name] == nil {
                report("the pool '\(name)' has no size here", node, Similarity.nearest(to: name, among: pools.keys).map { "did you mean '\($0)'?" } ?? "add pools: {\(name): 2} to the pipeline")
            }
        }
        return rule == PipelinePolicy.Step() ? nil : rule
    }

    private func slow(_ node: Node) -> PipelinePolicy.Slow? {
        let fields = mapping(node, "slow", known: ["expected", "factor"], required: [])
        var slow = PipelinePolicy.Slow(expectedSeconds: fields["expected"].flatMap { duration($0, "expected") })
        if let node = fields["factor"] {
            guard let factor = node.scalar?.json.doubleValue, (1...1000).contains(factor) else {
                report("factor is no number from 1 to 1000", node, "write factor: 2")
                return nil
            }
            slow.factor = factor
        }
        return slow
    }

    private func pools(_ node: Node) -> [String: Int]? {
        guard case .mapping(let pairs) = node.kind else {
            report("pools is no mapping", node, "write pools: {api: 2}")
            return nil
        }
        var pools: [String: Int] = [:]
        for (key, value) in pairs {
            guard let name = name(key, "a pool's name") else { continue }
            pools[name] = number(value, "the size of pool '\(name)'", 1...10_000)
        }
        return pools.isEmpty ? nil : pools
    }

    /// Fills every template for a run that might be.
    func checkTemplates(_ node: Node) {
        switch node.kind {
        case .mapping(let pairs): for (_, value) in pairs { checkTemplates(value) }
        case .sequence(let nodes): for node in nodes { checkTemplates(node) }
        default:
            guard let text = node.text else { return }
            do { _ = try RunTemplate.render(text, .sample) } catch { report(error.summary, node, error.remedy) }
        }
    }

    // MARK: Schedules

    func schedule(_ node: Node) -> Schedule? {
        let fields = mapping(node, "a schedule", known: ["cron", "every", "timezone", "catch_up"], required: [])
        guard isMapping(node) else { return nil }
        var schedule: Schedule
        switch (fields["cron"], fields["every"]) {
        case (let cron?, nil):
            guard let text = string(cron) else { return nil }
            schedule = Schedule(cron: text, timezone: fields["timezone"].flatMap { string($0) } ?? "UTC")
        case (nil, let every?):
            guard let seconds = duration(every, "every") else { return nil }
            if let zone = fields["timezone"] { report("an interval has no time zone", zone, "leave timezone out, or write cron:") }
            schedule = Schedule(everySeconds: seconds)
        default:
            report("a schedule has cron or every, one of them", node, "write cron: \"0 6 * * *\", or every: 15m")
            return nil
        }
        if let node = fields["catch_up"], let rule: Schedule.CatchUp = word(node, "rule for catching up") { schedule.catchUp = rule }
        checkTimes(of: schedule, cron: fields["cron"] ?? fields["every"] ?? node, timezone: fields["timezone"])
        return schedule
    }

    private func checkTimes(of schedule: Schedule, cron: Node, timezone: Node?) {
        do {
            _ = try schedule.trigger()
        } catch where error.code == "triggers.bad_timezone" && timezone != nil {
            report(error.summary, timezone ?? cron, error.remedy)
            // The times may be wrong beside their zone.
            checkTimes(of: Schedule(cron: schedule.cron, timezone: "UTC"), cron: cron, timezone: nil)
        } catch {
            report(error.summary, cron, error.remedy)
        }
    }

    // MARK: Values

    /// One of the words of an enumeration.
    func word<T: RawRepresentable & CaseIterable>(_ node: Node, _ what: String) -> T? where T.RawValue == String {
        guard let text = string(node) else { return nil }
        if let value = T(rawValue: text) { return value }
        let words = T.allCases.map(\.rawValue)
        report("'\(text)' is no \(what)", node, Similarity.nearest(to: text, among: words).map { "did you mean '\($0)'?" } ?? "write \(words.joined(separator: ", "))")
        return nil
    }

    func number(_ node: Node, _ what: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = node.scalar?.json.intValue, range.contains(value) else {
            report("\(what) is no whole number from \(range.lowerBound) to \(range.upperBound)", node, "write \(max(range.lowerBound, min(2, range.upperBound)))")
            return nil
        }
        return value
    }

    func duration(_ node: Node, _ what: String) -> Double? {
        guard let text = string(node) else { return nil }
        guard let seconds = DurationText.seconds(text), seconds > 0, seconds <= DurationText.secondsMax else {
            report("\(what) is '\(text)', which is no duration", node, "write 90s, 15m, 2h or 1d")
            return nil
        }
        return seconds
    }

    func flag(_ node: Node, _ what: String) -> Bool? {
        if let value = node.scalar?.json.boolValue { return value }
        report("\(what) is neither true nor false", node, "write true or false")
        return nil
    }
}

/// Lengths of time as people write them.
public enum DurationText {
    /// A year; more is a slip of the pen.
    public static let secondsMax = 366.0 * 86_400

    /// `90`, `500ms`, `90s`, `15m`, `2h`, `1d`, `1w`; nil for anything else.
    public static func seconds(_ text: String) -> Double? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), number.isFinite else { return nil }
        let units: [String: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        return units[String(text.dropFirst(digits.count))].map { number * $0 }
    }
}
