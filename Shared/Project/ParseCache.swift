internal import Digest
internal import Glibc
internal import Kernel

/// What the last reading of a project found, so that a project in which nothing has changed need not be read again: a file in the
/// target folder, of a form of our own.
///
/// - It is used only where everything that the manifest was made of is the same: the program, the settings, every file, every
///   environment variable that was read. A manifest that depends on more, such as the time, is not kept.
/// - Whatever is wrong with the file, the project is read anew.
struct ParseCache {
    static let name = "partial_parse.sluice"
    private static let magic = Array("sluice parse 4\n".utf8)
    private static let digestBytes = 32

    let path: String

    /// Why a cache that is there was not used.
    enum Miss: Error, CustomStringConvertible {
        case none, broken, settings, environment(String), files([String])

        var description: String {
            switch self {
            case .none: "saved manifest not found"
            case .broken: "the saved manifest is broken"
            case .settings: "the program, the target, the variables or the packages are other ones"
            case .environment(let name): "the environment variable \(name) has changed"
            case .files(let names): "\(names.count) file\(names.count == 1 ? "" : "s") changed: \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? " …" : "")"
            }
        }
    }

    /// Everything that a manifest is made of, but for the environment.
    struct Fingerprint: Equatable {
        /// The program, how it was called, `dbt_project.yml` of all packages.
        var settings: [UInt8]
        /// Digests of the files by path.
        var files: [(path: String, digest: [UInt8])]

        static func == (one: Fingerprint, other: Fingerprint) -> Bool {
            one.settings == other.settings && one.files.elementsEqual(other.files) { $0.path == $1.path && $0.digest == $1.digest }
        }

        /// What has become of these files in a later reading.
        func changes(until later: Fingerprint) -> FileChanges {
            let (own, others) = (Dictionary(files) { $1 }, Dictionary(later.files) { $1 })
            return FileChanges(
                added: others.keys.filter { own[$0] == nil }.sorted(), deleted: own.keys.filter { others[$0] == nil }.sorted(),
                changed: own.keys.filter { others[$0] != nil && others[$0] != own[$0] }.sorted())
        }
    }

    // MARK: Reading

    /// Fills a manifest that has its packages and its target.
    ///
    /// - Returns: the files that are not as they were then.
    func load(into manifest: inout Manifest, _ fingerprint: Fingerprint, environment: [String: String]) throws(Miss) -> FileChanges {
        guard let bytes = FileTree.bytes(path) else { throw .none }
        guard bytes.count > Self.magic.count + Self.digestBytes, bytes.starts(with: Self.magic) else { throw .broken }
        let body = bytes[(Self.magic.count + Self.digestBytes)...]
        let digest = Self.digest(body)
        guard digest == Array(bytes[Self.magic.count..<Self.magic.count + Self.digestBytes]) else { throw .broken }
        do {
            return try body.withUnsafeBytes { bytes in
                var reader = ArchiveReader(bytes)
                let known = Fingerprint(
                    settings: try reader.rawBytes(), files: try reader.list { (path: try $0.text(), digest: try $0.rawBytes()) })
                guard known.settings == fingerprint.settings else { throw Miss.settings }
                let changes = known == fingerprint ? FileChanges() : known.changes(until: fingerprint)
                for (name, digest) in try reader.map({ try $0.text() }).sorted(by: { $0.key < $1.key }) where Self.digest(of: environment[name]) != digest {
                    throw Miss.environment(name)
                }
                try reader.manifest(into: &manifest)
                guard reader.isAtEnd else { throw Miss.broken }
                manifest.nameOfParse = Digest.hex(digest)
                return changes
            }
        } catch let miss as Miss { throw miss } catch { throw .broken }
    }

    // MARK: Writing

    /// Keeps it where that is possible: without it nothing is lost but time.
    func store(_ manifest: inout Manifest, _ fingerprint: Fingerprint, environment: [String: String]) {
        var writer = ArchiveWriter()
        writer.write(bytes: fingerprint.settings)
        writer.write(fingerprint.files) { $0.write($1.path); $0.write(bytes: $1.digest) }
        var digests: [String: String] = [:]
        for name in manifest.environmentRead { digests[name] = Self.digest(of: environment[name]) }
        writer.write(digests) { $0.write($1) }
        writer.manifest(manifest)
        let body = writer.bytes
        let digest = Self.digest(body[...])
        replace(with: [Self.magic, digest, body])
        manifest.nameOfParse = Digest.hex(digest)
    }

    func remove() { unlink(path) }

    private func replace(with parts: [[UInt8]]) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        mkdir(folder, 0o777)
        let draft = "\(path).\(getpid()).tmp"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        var isWhole = true
        for part in parts { isWhole = isWhole && part.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == part.count }
        close(descriptor)
        // Not synced: what a power cut leaves of it is recognised by its digest.
        if !isWhole || rename(draft, path) != 0 { unlink(draft) }
    }

    // MARK: Digests

    static func digest(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digest = Digest(.sha256)
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.finish()
    }
    /// Not the value itself: it may be a secret.
    private static func digest(of value: String?) -> String { value.map { Digest.hex(.sha256, $0) } ?? "" }
}
