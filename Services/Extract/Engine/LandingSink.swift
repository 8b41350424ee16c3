internal import ConnectorKit
internal import Kernel
internal import Landing

/// Lands what a connector sends, in the order in which it is sent.
actor LandingSink: RecordSink {
    private var attempt: LandingAttempt
    private var cursor: JSON
    private var notes: [String] = []
    private var facts: JSON = [:]
    private var stated: Int?
    static let notesMax = 20

    init(_ attempt: LandingAttempt, cursor: JSON) {
        self.attempt = attempt
        self.cursor = cursor
    }

    @discardableResult func send(_ batch: RecordBatch) throws -> String {
        switch batch.content {
        case .file(let path): try attempt.land(file: path, format: batch.format, window: batch.window, source: batch.source)
        case .bytes(let bytes): try attempt.land(bytes: bytes, format: batch.format, window: batch.window, source: batch.source)
        }
        return attempt.manifest.batches[attempt.manifest.batches.count - 1].sha256
    }

    func checkpoint(_ cursor: JSON) { self.cursor = cursor }

    func note(_ text: String) { if notes.count < Self.notesMax, !notes.contains(text) { notes.append(text) } }
    func record(_ name: String, _ fact: JSON) { facts[name] = fact }
    func state(records: Int) { stated = (stated ?? 0) + records }

    func seal() throws -> LandingManifest { try attempt.seal(cursor: cursor, sourceCount: stated, notes: notes, facts: facts) }
    func discard() { attempt.discard() }
}
