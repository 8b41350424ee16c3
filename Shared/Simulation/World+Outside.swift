import Contracts
import Kernel

/// What comes from outside: files, webhooks, messages, and trouble.
extension World {
    struct Arrival {
        let pipeline: String
        let trigger: Trigger
        let day: Int
        /// Which of the pipeline's triggers.
        let place: Int
    }
    /// What a pipeline waits for comes once a day at this time, in seconds from midnight UTC; give or take.
    static let arrivalSeconds = 6.0 * 3600
    static let arrivalSpreadSeconds = 600.0

    static var arrivalWords: String { "what comes from outside (files, webhooks, messages) comes once a day at 06:00 UTC, up to 10 min later by the seed" }

    func planArrivals() {
        var messages: Set<String> = []
        for (name, pipeline) in plan.pipelines.sorted(by: { $0.key < $1.key }) {
            for (place, trigger) in (pipeline.triggers?.triggers ?? []).enumerated() {
                if case .upstream = trigger { continue }
                // A message is for everybody who waits for its type.
                if case .message(let type) = trigger, !messages.insert(type).inserted { continue }
                for day in 0..<plan.days {
                    let about = "\(name)/\(place)/\(day)/arrival"
                    var seconds = Double(day) * 86_400 + Self.arrivalSeconds + chance.fraction(about) * Self.arrivalSpreadSeconds
                    let late = has(.late) && chance.happens(Rates.lateArrival, "\(about)/late") ? chance.seconds(Rates.lateArrivalSeconds, "\(about)/late") : 0
                    seconds += late
                    guard seconds < Double(plan.days) * 86_400 else { continue }
                    let time = plan.from.adding(seconds: seconds)
                    if late > 0 { chronicle.note(time, .weak, "\(trigger.words) comes \(DurationWords.short(late)) late", of: name) }
                    plan(.arrive(Arrival(pipeline: name, trigger: trigger, day: day, place: place)), at: time)
                }
            }
        }
    }

    /// Who says it says it again until the broker has it.
    func arrive(_ arrival: Arrival) {
        guard isWritable else { return plan(.arrive(arrival), in: 5) }
        let id = "\(arrival.pipeline)/\(arrival.place)/\(arrival.day)"
        let payload: Payload
        switch arrival.trigger {
        case .upstream: return
        case .file(let pattern, _): payload = .fileArrived(FileArrived(pattern: pattern, path: pattern.replacing("*", with: "\(arrival.day)"), sha256: id, bytes: 1))
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
