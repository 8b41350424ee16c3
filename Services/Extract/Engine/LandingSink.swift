internal import ConnectorKit
internal import Kernel
internal import Landing

/// Lands what a connector sends, in the order in which it is sent.
actor LandingSink: RecordSink {
    private var attempt: LandingAttempt
    private var cursor: JSON

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

    func seal() throws -> LandingManifest { try attempt.seal(cursor: cursor) }
    func discard() { attempt.discard() }
}
