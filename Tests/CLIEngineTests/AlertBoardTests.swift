import CLIEngine
import Contracts
import Kernel
import Testing

@Suite struct AlertBoardTests {
    private let now = Timestamp(rfc3339: "2026-01-31T06:00:00Z")!

    private func entry(_ sequence: UInt64, _ payload: Payload, secondsAgo: Double = 60) -> SequencedEvent {
        SequencedEvent(sequence: sequence, event: Event(source: "t", id: "\(sequence)", time: now.adding(seconds: -secondsAgo), pipeline: "shop", payload: payload))
    }
    private func lines(_ entries: [SequencedEvent]) -> [String] {
        AlertBoard(entries, now: now).lines(EventText(isColoured: false), RunText(isColoured: false))
    }
    private func alert(_ remedy: String = "make room") -> Payload { .alertRaised(AlertRaised(code: "broker.full", summary: "the disk is full", location: "", remedy: remedy)) }

    @Test func `an alert is told with its way out, and what is older than a day is not`() {
        #expect(lines([entry(3, alert(), secondsAgo: 86_401), entry(7, alert())]) == [
            "  2026-01-31 05:59:00.000             7  alert.raised        shop  broker.full: the disk is full", "    try  make room",
        ])
        #expect(lines([]).isEmpty)
        #expect(lines([entry(9, .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "no report", entry: 8)))]).last == "    try  sluice dead-letters show 8")
    }

    @Test func `of many the newest are shown and the others counted`() {
        let lines = lines((1...8).map { entry($0, alert()) })
        #expect(lines.first == "  3 before these: sluice events tail --since 0 --topic alert." && lines.count == 11)
        #expect(lines[1].contains("   4  alert.raised") && lines[9].contains("   8  alert.raised"))
    }

    @Test func `no text of an alert gives the terminal an order`() {
        for line in lines([entry(1, alert("\u{1b}[2J\r\n\u{9b}31mx"))]) {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        }
    }
}
