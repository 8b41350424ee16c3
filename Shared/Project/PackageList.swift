internal import Digest
public import Kernel

/// A package that a project asks for, as `packages.yml` or `dependencies.yml` names it.
public struct PackageSpec: Hashable, Sendable {
    public enum Origin: Hashable, Sendable {
        /// A folder, below the project's or from the root.
        case local(String)
        /// A repository, the revision of it, and the folder in it.
        case git(String, revision: String?, subdirectory: String?)
        /// An archive, and the name of the package in it.
        case tarball(String, name: String)
        /// A package of dbt's hub, by name, versions, and whether those in the making count too.
        case hub(String, versions: [String], prereleases: Bool)
    }
    public var origin: Origin
    public var location: ProblemLocation
    /// The address before templates in it are filled; the lock file keeps it so, without what `env_var` put in.
    var writtenAddress: String?
    /// `warn-unpinned`: whether it is told that a branch of a repository may change.
    public var warnsUnpinned = true
    /// What dbt makes the lock file's hash of: every member that such a package can have, and the entry as it is written.
    var hashed: JSON = .null

    /// What the lock file keeps of it, without what is found for it: the revision, the version, the name.
    public var json: JSON {
        switch origin {
        case .local(let path): ["local": .string(path)]
        case .git(let url, _, let subdirectory): JSON([("git", .string(writtenAddress ?? url))] + (subdirectory.map { [("subdirectory", .string($0))] } ?? []))
        case .tarball(let url, _): ["tarball": .string(writtenAddress ?? url)]
        case .hub(let name, _, _): ["package": .string(name)]
        }
    }

    /// dbt's words for where a package came from.
    public var title: String {
        switch origin {
        case .local(let path): "<local @ \(path)>"
        case .git(_, let revision, _): revision.map { "revision \($0)" } ?? "HEAD (default revision)"
        case .tarball(let url, _): "tarball (url: \(url))"
        case .hub(_, let versions, _): "version \(versions.joined(separator: ", "))"
        }
    }

    /// What a line calls it: the hub's name, the address, the folder.
    public var name: String {
        switch origin {
        case .local(let path): path
        case .git(let url, _, let subdirectory): subdirectory.map { "\(url)/\($0)" } ?? url
        case .tarball(_, let name): name
        case .hub(let name, _, _): name
        }
    }

    /// What makes two mentions the same package.
    public var key: String {
        switch origin {
        case .local(let path): "local \(path)"
        case .git(let url, _, let subdirectory): "git \(url.hasSuffix(".git") ? String(url.dropLast(4)) : url) \(subdirectory ?? "")"
        case .tarball(let url, _): "tarball \(url)"
        case .hub(let name, _, _): "package \(name)"
        }
    }
}

/// The packages that a project asks for.
public struct PackageList: Sendable {
    public var specs: [PackageSpec] = []

    /// Reads what `dependencies.yml` says of packages, else `packages.yml`; empty where neither does. What the first says of other
    /// `projects` is for those who can ask dbt's platform for them: a reference to one is not found.
    public static func read(in folder: String, environment: [String: String], vars: JSONObject) throws(ProjectProblem) -> PackageList {
        guard let (name, written) = try file(in: folder) else { return PackageList() }
        // As in dbt, whose platform reads it too, `dependencies.yml` holds no templates.
        let rendered = name == names[0] ? try YAMLRenderer(environment: environment, vars: vars).render(written) : written
        return try PackageList(try checked(rendered), written)
    }

    /// The entries of the file that names the packages, as they are written, and the file's name; `deps --add-package` adds to them.
    public static func written(in folder: String) throws(ProjectProblem) -> (file: String, entries: [JSON]) {
        guard let (name, document) = try file(in: folder) else { return (names[0], []) }
        return (name, document["packages"]?.json.arrayValue ?? [])
    }

    private static let names = ["packages.yml", "dependencies.yml"]

    /// The file that names the packages.
    private static func file(in folder: String) throws(ProjectProblem) -> (name: String, written: YAMLValue)? {
        func document(_ name: String) throws(ProjectProblem) -> YAMLValue? {
            guard let text = FileTree.text("\(folder)/\(name)") else { return nil }
            return try YAMLValue.read(text, file: name)
        }
        let (own, shared) = (try document(names[0]), try document(names[1]))
        if let own, let twin = shared?["packages"], own["packages"] != nil {
            throw ProjectProblem("project.bad_package", "The 'packages' key cannot be specified in both packages.yml and dependencies.yml", at: twin.location, remedy: "name all of them in one of the two")
        }
        if let projects = own?["projects"] {
            throw ProjectProblem("project.bad_package", "The 'projects' key cannot be specified in packages.yml", at: projects.location, remedy: "name them in dependencies.yml")
        }
        if let shared, shared["packages"] != nil { return (names[1], shared) }
        return own.map { (names[0], $0) }
    }

    /// Reads `package-lock.yml`; nil where there is none or it was made of another list.
    public static func locked(in folder: String, for list: PackageList, environment: [String: String], vars: JSONObject) throws(ProjectProblem) -> PackageList? {
        guard let text = FileTree.text("\(folder)/package-lock.yml") else { return nil }
        let written = try YAMLValue.read(text, file: "package-lock.yml")
        guard written["sha1_hash"]?.text == list.digest else { return nil }
        return try PackageList(try YAMLRenderer(environment: environment, vars: vars).render(written), written)
    }

    /// As dbt takes the list that it has just added to: the hash that it leaves in the lock file stands for no writing, so the next
    /// command makes the file anew.
    public mutating func forgetWriting() {
        for index in specs.indices { specs[index].hashed["unrendered"] = [:] }
    }

    /// What a package of the hub asks for, as the hub tells it.
    public init(hub package: String, packages: JSON) throws(ProjectProblem) {
        try self.init(YAMLValue(["packages": packages], file: "the hub's \(package)"))
    }

    private static func checked(_ document: YAMLValue) throws(ProjectProblem) -> YAMLValue {
        if document.file == names[0], let member = document.members.first(where: { $0.key != "packages" }) {
            throw ProjectProblem(
                "project.bad_package", "The packages.yml file in this project is malformed. Please double check the contents of this file and fix any errors before retrying.\n'\(member.key)' is not known",
                at: .file(names[0], line: member.line), remedy: "name packages under 'packages:'")
        }
        if let packages = document["packages"], !packages.isList, !packages.isNull {
            throw ProjectProblem("project.bad_package", "'packages' must be a list, got \(PythonText.text(packages.json))", at: packages.location, remedy: "write its entries with a dash each")
        }
        return document
    }

    private init() {}

    private init(_ document: YAMLValue, _ written: YAMLValue? = nil) throws(ProjectProblem) {
        let entries = written?["packages"]?.items ?? []
        for (index, entry) in (document["packages"]?.items ?? []).enumerated() {
            var spec = try Self.spec(entry)
            spec.writtenAddress = ["git", "tarball"].lazy.compactMap { entries.indices.contains(index) ? entries[index][$0]?.text : nil }.first
            spec.hashed = Self.hashed(entry, as: spec.origin, written: entries.indices.contains(index) ? entries[index].json : entry.json)
            specs.append(spec)
        }
    }

    private static func hashed(_ entry: YAMLValue, as origin: PackageSpec.Origin, written: JSON) -> JSON {
        func member(_ key: String) -> (String, JSON) { (key, entry[key]?.json ?? .null) }
        let members: [(String, JSON)] = switch origin {
        case .local: [member("local")]
        case .git: [member(entry["git"] == nil ? "private" : "git"), member("revision"), member("subdirectory"), member("warn-unpinned")]
        case .tarball: [member("tarball"), member("name")]
        case .hub: [("install_prerelease", entry["install_prerelease"]?.json ?? false), member("package"), member("version")]
        }
        return sorted(JSON(members + [("unrendered", sorted(written))]))
    }

    private static func spec(_ entry: YAMLValue) throws(ProjectProblem) -> PackageSpec {
        func wrong(_ summary: String, _ remedy: String) -> ProjectProblem { ProjectProblem("project.bad_package", summary, at: entry.location, remedy: remedy) }
        let origin: PackageSpec.Origin
        if let path = entry["local"]?.text {
            origin = .local(path)
        } else if let url = (entry["git"] ?? entry["private"])?.text {
            let revisions = entry["revision"]?.strings ?? []
            guard revisions.count <= 1 else { throw wrong("the package '\(url)' asks for several revisions", "name one revision") }
            origin = .git(url, revision: revisions.first, subdirectory: entry["subdirectory"]?.text)
        } else if let url = entry["tarball"]?.text {
            guard let name = entry["name"]?.text else { throw wrong("the tarball '\(url)' has no name", "add name: and the package's name") }
            origin = .tarball(url, name: name)
        } else if let name = entry["package"]?.text {
            guard name.contains("/") else { throw wrong("\(name) was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils", "write the namespace before the name") }
            guard let versions = entry["version"]?.strings, !versions.isEmpty else {
                throw wrong("\(name) is missing the version. When installing from the Hub package index, version is a required property", "add version: and a version, or a list of bounds")
            }
            origin = .hub(name, versions: versions, prereleases: entry["install_prerelease"]?.json.boolValue ?? false)
        } else {
            throw wrong("a package says neither local, git, tarball nor package", "write one of them")
        }
        var spec = PackageSpec(origin: origin, location: entry.location)
        spec.warnsUnpinned = (entry["warn-unpinned"] ?? entry["warn_unpinned"])?.json.boolValue ?? true
        return spec
    }

    /// Tells a list from another, as dbt does: the order does not matter.
    public var digest: String { Digest.hex(.sha1, specs.map(\.hashed.pythonText).sorted().joined(separator: "\n")) }

    private static func sorted(_ json: JSON) -> JSON {
        guard let object = json.objectValue else { return json }
        return JSON(object.pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
}
