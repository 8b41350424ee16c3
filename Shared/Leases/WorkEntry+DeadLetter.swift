public import Contracts
public import Kernel

extension WorkEntry {
    /// The end of an entry that nobody will be offered again, as the log hears of it.
    public func deadLetter(_ time: Timestamp) -> Event {
        Event(
            source: "broker", id: "dead/\(lease)", time: time, pipeline: pipeline, run: run, task: task,
            payload: .taskDeadLettered(TaskDeadLettered(
                deliveries: delivery, reason: "\(delivery) workers took it and none reported; the last was \(worker)", entry: sequence)))
    }
}
