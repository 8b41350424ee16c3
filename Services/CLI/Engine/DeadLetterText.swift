public import Kernel

/// A dead letter on a line: its number, task and run, and who had it last.
public enum DeadLetterText {
    public static func line(_ letter: JSON) -> String {
        func text(_ key: String) -> String { letter[key]?.stringValue ?? "" }
        return "\(letter["entry"]?.intValue ?? 0)  \(text("task"))  of \(text("run")), \(text("role")), given up after \(letter["delivery"]?.intValue ?? 0) deliveries, the last to \(text("worker"))"
    }
}
