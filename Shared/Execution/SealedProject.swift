internal import Digest
internal import FoundationEssentials
internal import Glibc
internal import Kernel

/// A copy of a project that never changes, named by the digest of its content.
///
/// - The digest covers the path and the bytes of every file, so two replicas with one digest have one project.
/// - A copy appears under its name only when all of it is on disk.
public struct SealedProject: Hashable, Sendable {
    public let folder: String
    public let hash: String

    private static let left: Set<String> = ["target", "logs", "dbt_internal_packages", "__pycache__"]
    /// Of files that dbt reads: a link that is one and leads nowhere is a fault.
    private static let suffixes = [".sql", ".yml", ".yaml", ".csv", ".md", ".py"]

    /// Copies the project at `project` below `projects`, unless the same content is there already.
    public static func seal(_ project: String, in projects: String) throws -> SealedProject {
        let files = try read(project)
        guard files.contains(where: { $0.path == "dbt_project.yml" }) else {
            throw PlainProblem("project.not_found", "there is no dbt_project.yml in this folder", at: .file(project), remedy: "correct the step's project folder")
        }
        let hash = digest(files)
        let sealed = SealedProject(folder: "\(projects)/\(hash)", hash: hash)
        guard !FileManager.default.fileExists(atPath: sealed.folder) else { return sealed }
        try DurableFile.createFolder(projects)
        let draft = "\(projects)/.draft-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        try DurableFile.createFolder(draft)
        var folders: Set<String> = [draft]
        for file in files {
            let folder = "\(draft)/\(file.path)".split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            if folders.insert(folder).inserted { try DurableFile.createFolder(folder) }
            try DurableFile.write("\(draft)/\(file.path)", file.bytes)
        }
        for folder in folders { try DurableFile.syncFolder(folder) }
        // A name that is taken means that somebody else sealed the same content meanwhile.
        guard rename(draft, sealed.folder) == 0 || errno == EEXIST || errno == ENOTEMPTY else { throw DurableFile.failure("renamed", sealed.folder) }
        try DurableFile.syncFolder(projects)
        return sealed
    }

    /// The copy with this digest, checked against it.
    public static func open(_ hash: String, in projects: String) throws -> SealedProject {
        let sealed = SealedProject(folder: "\(projects)/\(hash)", hash: hash)
        guard FileManager.default.fileExists(atPath: sealed.folder) else {
            throw PlainProblem(
                "transform.project_missing", "this replica has no copy of the project \(hash.prefix(12))", at: .file(sealed.folder),
                remedy: "let all replicas share the folder of sealed projects")
        }
        let found = digest(try read(sealed.folder))
        guard found == hash else {
            throw PlainProblem(
                "transform.project_differs", "this replica's copy of the project is \(found.prefix(12)), and the plan was made of \(hash.prefix(12))",
                at: .file(sealed.folder), remedy: "remove this folder and run the pipeline again; sealed copies must not be edited")
        }
        return sealed
    }

    /// Everything that may be read of a project: hidden files are not, but for the list of what to pass over.
    private static func read(_ folder: String) throws -> [(path: String, bytes: [UInt8])] {
        do {
            let stated = DurableFile.read("\(folder)/dbt_project.yml").map { String(decoding: $0, as: UTF8.self) } ?? ""
            var walk = Walk(folder: folder, isStated: { stated.contains($0) })
            try walk.enter("")
            return walk.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        } catch let error as PlainProblem { throw error } catch {
            throw PlainProblem("project.not_found", "the project's folder cannot be read", at: .file(folder), remedy: "correct the step's project folder")
        }
    }

    private struct Walk {
        let folder: String
        /// Whether the project's settings name a folder.
        let isStated: (String) -> Bool
        var files: [(path: String, bytes: [UInt8])] = []
        /// Where the folders really are that it is in.
        private var way: [String] = []

        init(folder: String, isStated: @escaping (String) -> Bool) { (self.folder, self.isStated) = (folder, isStated) }

        mutating func enter(_ below: String) throws {
            let place = below.isEmpty ? folder : "\(folder)/\(below)"
            let real = realPath(place)
            // A package's own tests install it by a link to the folder that they are in.
            guard !way.contains(real) else { return }
            way.append(real)
            defer { way.removeLast() }
            for name in try FileManager.default.contentsOfDirectory(atPath: place) where !(below.isEmpty && SealedProject.left.contains(name)) {
                let path = below.isEmpty ? name : "\(below)/\(name)"
                let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(path)")) != nil
                var isFolder = false
                let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
                if isFolder {
                    if !isLeft(name, path, isTop: below.isEmpty, isLink: isLink) { try enter(path) }
                } else if isThere || isLink && SealedProject.suffixes.contains(where: name.hasSuffix), !name.hasPrefix(".") || name == ".dbtignore" {
                    files.append((path, try SealedProject.bytes("\(folder)/\(path)")))
                }
            }
        }

        /// Deeper down, dbt finds models in hidden folders too. It follows the links that its settings name, and those to packages.
        private func isLeft(_ name: String, _ path: String, isTop: Bool, isLink: Bool) -> Bool {
            if name == ".git" { return true }
            if isTop { return name.hasPrefix(".") && !isStated(name) }
            return isLink && !isStated(path) && !FileManager.default.fileExists(atPath: "\(folder)/\(path)/dbt_project.yml")
        }

        private func realPath(_ path: String) -> String {
            let real = realpath(path, nil)
            defer { free(real) }
            return real.map { String(cString: $0) } ?? path
        }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        if let bytes = DurableFile.read(path) { return bytes }
        throw PlainProblem("project.unreadable", "a file of the project cannot be read", at: .file(path), remedy: "let the user that sluice-transform runs as read it")
    }

    private static func digest(_ files: [(path: String, bytes: [UInt8])]) -> String {
        var text = ""
        for file in files { text += "\(Digest.hex(.sha256, file.bytes))  \(file.path)\n" }
        return Digest.hex(.sha256, text)
    }
}
