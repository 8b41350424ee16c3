import Contracts
import Kernel

/// What comes from outside: files, webhooks, messages, and trouble.
extension World {
    struct Arrival {
        let pipeline: String
        let trigger: Trigger
        /// Unlike every other's: the trigger's place among the pipeline's, the day, and which of that day.
        let id: String
    }
    /// What no log knows of comes once a day at this time, in seconds from midnight UTC; give or take.
    static let arrivalSeconds = 6.0 * 3600
    static let arrivalSpreadSeconds = 600.0

    func planArrivals() {
        var messages: Set<String> = []
        for (name, pipeline) in plan.pipelines.sorted(by: { $0.key < $1.key }) {
            for (place, trigger) in (pipeline.triggers?.triggers ?? []).enumerated() {
                if case .upstream = trigger { continue }
                // A message is for everybody who waits for its type.
                if case .message(let type) = trigger, !messages.insert(type).inserted { continue }
                for day in 0..<plan.days {
                    for (number, time) in arrivals(of: trigger, name, "\(name)/\(place)", day: day).enumerated() {
                        arrival(Arrival(pipeline: name, trigger: trigger, id: "\(name)/\(place)/\(day)" + (number == 0 ? "" : "/\(number)")), at: time)
                    }
                }
            }
        }
    }

    /// As on one of the days that the log knows, the seed says which.
    private func arrivals(of trigger: Trigger, _ pipeline: String, _ place: String, day: Int) -> [Timestamp] {
        let start = plan.from.adding(seconds: Double(day) * 86_400), known = plan.arrivals.days(like: start, of: trigger, in: pipeline)
        let seconds = known.isEmpty
            ? [Self.arrivalSeconds + chance.fraction("\(place)/\(day)/arrival") * Self.arrivalSpreadSeconds]
            : known[chance.number(known.count, "\(place)/\(day)/like")]
        return seconds.map { start.adding(seconds: $0) }
    }

    private func arrival(_ arrival: Arrival, at time: Timestamp) {
        let about = "\(arrival.id)/arrival"
        let late = has(.late) && chance.happens(Rates.lateArrival, "\(about)/late") ? chance.seconds(Rates.lateArrivalSeconds, "\(about)/late") : 0
        let time = time.adding(seconds: late)
        guard time < plan.end else { return }
        if late > 0 { chronicle.note(time, .weak, "\(arrival.trigger.words) comes \(DurationWords.short(late)) late", of: arrival.pipeline) }
        plan(.arrive(arrival), at: time)
    }

    /// Who says it says it again until the broker has it.
    func arrive(_ arrival: Arrival) {
        guard isWritable else { return plan(.arrive(arrival), in: 5) }
        let id = arrival.id
        let payload: Payload
        switch arrival.trigger {
        case .upstream: return
        case .file(let pattern, _): payload = .fileArrived(FileArrived(pattern: pattern, path: pattern.replacing("*", with: id.replacing("/", with: "-")), sha256: id, bytes: 1))
        case .webhook: payload = .webhookReceived(WebhookReceived(signature: id, body: [:]))
        case .message(let type): payload = .other(type: type, data: [:])
        }
        let event = Event(source: "outside", id: id, time: now, pipeline: arrival.pipeline, payload: payload)
        append([event])
        if has(.duplicate), chance.happens(Rates.doubled, "\(id)/twice") { append([event]) }
    }

    func planFaults() {
        for day in 0..<plan.days {
            let start = plan.from.adding(seconds: Double(day) * 86_400)
            func strike(_ fault: Fault, _ rate: Double, _ range: ClosedRange<Double>, _ name: String, _ moment: (Double) -> Moment) {
                let about = "\(day)/\(name)"
                guard has(fault), chance.happens(rate, about) else { return }
                plan(moment(chance.seconds(range, about)), at: start.adding(seconds: chance.fraction("\(about)/when") * 86_400))
            }
            strike(.net, Rates.leaderCut, Rates.leaderCutSeconds, "leader") { .leaderCut(seconds: $0) }
            strike(.disk, Rates.restart, Rates.restartSeconds, "restart") { .brokerStops(seconds: $0) }
            strike(.disk, Rates.full, Rates.fullSeconds, "full") { .diskFills(seconds: $0) }
        }
    }
}
