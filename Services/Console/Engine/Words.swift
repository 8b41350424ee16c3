import Kernel

/// Numbers and times as people read them.
enum Words {
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (place, digit) in digits.enumerated() {
            // A narrow space that does not break.
            if place > 0, (digits.count - place) % 3 == 0 { text.append("\u{202f}") }
            text.append(digit)
        }
        return (number < 0 ? "−" : "") + text
    }

    static func seconds(_ seconds: Double) -> String {
        let seconds = max(0, seconds)
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 60 {
            let tenths = Int((seconds * 10).rounded())
            return "\(tenths / 10).\(tenths % 10) s"
        }
        let whole = Int(seconds)
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// `2026-01-02 03:04:05`, in UTC.
    static func time(_ time: Timestamp) -> String {
        let text = Timestamp(microseconds: time.microseconds - time.microseconds % 1_000_000).description
        return String(text.dropLast()).replacing("T", with: " ")
    }
}
