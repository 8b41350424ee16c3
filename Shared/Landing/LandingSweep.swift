internal import Glibc

/// Removes what attempts have left that died before their manifest: files that no manifest lists, so that no run, no retry of quarantine and no
/// replay can name them.
///
/// A file stays while it may belong to an attempt that is at work, which is until it is `ageSeconds` old. What a manifest lists is never touched,
/// and nothing of a task whose manifest cannot be read.
struct LandingSweep {
    static let ageSeconds = 7 * 86_400
    /// A stream's folders are looked through this often.
    private static let everySeconds = 86_400

    let store: LandingStore

    /// Below `raw/<pipeline>/<stream>`.
    ///
    /// - Returns: the files removed; none where it was done a short while ago.
    func sweep(stream: String) throws -> [String] {
        // Beside what the programs of this home keep for themselves, as `raw` holds what has landed and nothing else.
        let now = time(nil), mark = store.absolute("run/swept/\(stream.split(separator: "/").joined(separator: "."))")
        if let last = Self.modified(mark), now - last < Self.everySeconds, last <= now { return [] }
        var removed: [String] = []
        for month in try Disk.list(store.absolute(stream)) where Self.isFolder(store.absolute("\(stream)/\(month)")) {
            for file in try orphans(in: "\(stream)/\(month)", now) where unlink(store.absolute(file)) == 0 { removed.append(file) }
        }
        try Disk.createFolder(Disk.folder(of: mark))
        let descriptor = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor >= 0 { close(descriptor) }
        utimes(mark, nil)
        return removed
    }

    private func orphans(in folder: String, _ now: time_t) throws -> [String] {
        let names = try Disk.list(store.absolute(folder))
        let ending = ".manifest.json"
        let tasks = Set(names.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) })
        var listed: [String: Set<String>?] = [:]
        return names.compactMap { name in
            guard !name.hasSuffix(ending), !name.hasPrefix("."), let written = Self.modified(store.absolute("\(folder)/\(name)")), now - written >= Self.ageSeconds
            else { return nil }
            if let task = Self.task(of: name, among: tasks) {
                let files = listed[task] ?? self.files(of: "\(folder)/\(task)\(ending)")
                listed[task] = files
                guard let files, !files.contains("\(folder)/\(name)") else { return nil }
            }
            return "\(folder)/\(name)"
        }.sorted()
    }

    /// Nil where the manifest cannot be read, and so may list anything.
    private func files(of manifest: String) -> Set<String>? {
        (try? LandingReader(store).manifest(manifest)).map { Set($0.batches.map(\.path)) }
    }

    /// A file's name begins with that of its task's manifest, whatever points are in either.
    private static func task(of name: String, among tasks: Set<String>) -> String? {
        var base = name[...]
        while let point = base.lastIndex(of: ".") {
            base = base[..<point]
            if tasks.contains(String(base)) { return String(base) }
        }
        return nil
    }

    private static func modified(_ path: String) -> time_t? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts.st_mtim.tv_sec : nil
    }

    private static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}
