internal import Digest
internal import Kernel

/// Reads what manifests list, and nothing else.
public struct LandingReader: Sendable {
    private let store: LandingStore
    public init(_ store: LandingStore) { self.store = store }

    public func manifest(_ path: String) throws -> LandingManifest {
        try LandingManifest(fileBytes: Disk.contents(store.absolute(path)), path: path)
    }

    /// The bytes of a batch, after their digest has been compared.
    public func bytes(of batch: LandedBatch) throws -> LandedBytes {
        let packed = try MappedFile(store.absolute(batch.path))
        try verify(packed, batch)
        return try opened(packed, batch)
    }

    /// The bytes of a batch and a check that may run beside their use. What is done with them counts only if the check passes.
    public func bytesWithCheck(of batch: LandedBatch) throws -> (bytes: LandedBytes, check: @Sendable () throws -> Void) {
        let packed = try MappedFile(store.absolute(batch.path))
        // A wrong size is found at once; and a torn gzip file is better named by its digest than by zlib.
        guard packed.count == batch.bytes, batch.format.compression == .none else { return (try bytes(of: batch), {}) }
        return (try opened(packed, batch), { try verify(packed, batch) })
    }

    func unverified(_ batch: LandedBatch) throws -> LandedBytes { try opened(MappedFile(store.absolute(batch.path)), batch) }

    private func verify(_ packed: MappedFile, _ batch: LandedBatch) throws {
        guard packed.count == batch.bytes else {
            throw LandingProblem.damaged(batch.path, "a landed file has \(packed.count) bytes and its manifest says \(batch.bytes)")
        }
        guard Disk.sha256(packed) == batch.sha256 else {
            throw LandingProblem.damaged(batch.path, "a landed file does not match the SHA-256 in its manifest")
        }
    }

    private func opened(_ packed: MappedFile, _ batch: LandedBatch) throws -> LandedBytes {
        switch batch.format.compression {
        case .none: LandedBytes(file: packed, path: batch.path)
        case .gzip: LandedBytes(file: try Gzip.inflated(packed, path: batch.source, folder: Disk.folder(of: store.absolute(batch.path))), path: batch.path)
        }
    }
}
