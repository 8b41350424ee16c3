internal import Digest
internal import Glibc
internal import Kernel

/// The cache of one reading: knows where it lies, and what the reading is made of.
struct ParseKeeper {
    private let cache: ParseCache
    private let fingerprint: ParseCache.Fingerprint
    private let environment: [String: String]

    /// - Parameter manifest: with its packages and its target.
    init(_ settings: ReaderSettings, _ manifest: Manifest) {
        let target = settings.targetPath ?? manifest.project.targetPath
        cache = ParseCache(path: "\(target.hasPrefix("/") ? target : "\(settings.projectFolder)/\(target)")/\(ParseCache.name)")
        fingerprint = ParseCache.Fingerprint(settings: Self.settings(settings, manifest), files: manifest.packages.flatMap(Self.files))
        environment = settings.environment
    }

    /// - Returns: the files that are not as they were then.
    func load(into manifest: inout Manifest) throws(ParseCache.Miss) -> FileChanges { try cache.load(into: &manifest, fingerprint, environment: environment) }
    func store(_ manifest: inout Manifest) { cache.store(&manifest, fingerprint, environment: environment) }
    func forget() { cache.remove() }

    private static func settings(_ settings: ReaderSettings, _ manifest: Manifest) -> [UInt8] {
        let target = manifest.target
        let parts: [JSON] = [
            .string(program), .string(settings.projectFolder), .string(FileTree.absolute(settings.projectFolder)), .bool(settings.checksVersion),
            .object(settings.vars), .array(settings.dates.sorted().map(JSON.string)), .object(target.values), .object(target.visible),
            .array(manifest.packages.map { .string($0.folder) }),
        ]
        var bytes = JSON.array(parts).bytes
        bytes += FileTree.bytes("\(settings.projectFolder)/selectors.yml") ?? []
        for package in manifest.packages { for file in ["dbt_project.yml", ".dbtignore"] { bytes += FileTree.bytes("\(package.folder)/\(file)") ?? [] } }
        return ParseCache.digest(bytes[...])
    }

    /// Another build may read a project otherwise: it is told by the size and the time of its file.
    private static let program: String = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "" }
        return "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)"
    }()

    private static func files(of package: PackageFile) -> [(path: String, digest: [UInt8])] {
        let folders = package.modelPaths + package.seedPaths + package.snapshotPaths + package.analysisPaths + package.macroPaths + package.testPaths + package.functionPaths + (package.docsPaths ?? [])
        var found: [(path: String, digest: [UInt8])] = []
        for folder in Set(folders).sorted() {
            for file in package.files(in: folder, [".sql", ".yml", ".yaml", ".csv", ".md", ".py", ".js"]) {
                let path = "\(package.folder)/\(folder)/\(file)"
                found.append((path, FileTree.bytes(path).map { ParseCache.digest($0[...]) } ?? []))
            }
        }
        return found
    }
}
