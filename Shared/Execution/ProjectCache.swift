internal import Compilation
internal import Kernel
public import Project
internal import Synchronization

/// Projects that this process has read, by the digests of their copy and invocation. Reading is pure, so a cached manifest
/// is the manifest; relations are never cached.
public final class ProjectCache: Sendable {
    /// The newest few are kept: a replica works on few runs at a time.
    static let projectsMax = 4

    private struct Entry {
        let key: String
        let manifest: Manifest
        let record: InvocationRecord
    }
    private let entries = Mutex<[Entry]>([])

    public init() {}

    public func project(_ hash: String, invocation: String, in projects: String, environment: [String: String]) throws -> (Manifest, InvocationRecord) {
        let key = "\(projects)/\(hash)/\(invocation)"
        if let entry = entries.withLock({ $0.first { $0.key == key } }) { return (entry.manifest, entry.record) }
        let record = try InvocationRecord.load(invocation, in: projects)
        try record.check(environment)
        let sealed = try SealedProject.open(hash, in: projects)
        let manifest = try Self.read(sealed, record, environment: environment)
        entries.withLock { entries in
            entries.append(Entry(key: key, manifest: manifest, record: record))
            if entries.count > Self.projectsMax { entries.removeFirst() }
        }
        return (manifest, record)
    }

    public static func read(_ sealed: SealedProject, _ record: InvocationRecord, environment: [String: String]) throws -> Manifest {
        var settings = ReaderSettings(projectFolder: sealed.folder, environment: environment)
        settings.vars = record.vars
        settings.target = record.target
        return try ProjectReader(settings, host: Compiler(parsing: environment, invocation: record.invocation())).read()
    }
}
