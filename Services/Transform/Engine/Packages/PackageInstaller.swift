public import Kernel
internal import Project

/// The bytes behind an address; the place is where a project names it, for messages.
public typealias PackageDownload = (_ url: String, _ place: ProblemLocation) throws -> [UInt8]

/// Puts the packages of a project, and theirs, into its packages folder, and writes `package-lock.yml`.
///
/// - A package is in the folder whole or not at all: it is fetched beside it and then moved there.
/// - Two mentions of a package install it once; those that ask for different revisions are refused.
struct PackageInstaller {
    /// The project's folder.
    let folder: String
    let packagesFolder: String
    let environment: [String: String]
    let vars: JSONObject
    let download: PackageDownload
    let log: (String) -> Void

    struct Installed {
        var spec: PackageSpec
        var name: String
        /// The commit of a repository.
        var revision: String?
    }

    private static let packagesMax = 1_000

    /// - Parameter isUpgrade: finds revisions anew, whatever the lock file says.
    func install(isUpgrade: Bool, installs: Bool) throws -> [Installed] {
        let asked = try PackageList.read(in: folder, environment: environment, vars: vars)
        guard !asked.specs.isEmpty else { return [] }
        let locked = isUpgrade ? nil : try PackageList.locked(in: folder, for: asked)
        let staging = "\(packagesFolder)/.staging"
        if DbtFiles.exists(staging) { try DbtFiles.remove(staging) }
        try DbtFiles.createFolder(staging)
        defer { try? DbtFiles.remove(staging) }
        let installed = try fetch((locked ?? asked).specs, staging, installs: installs)
        if locked == nil { try writeLock(installed, asked.digest) }
        for package in installs ? installed : [] {
            log("Installing \(package.name)")
            log("Installed from \(package.spec.title)")
        }
        return installed
    }

    private func fetch(_ specs: [PackageSpec], _ staging: String, installs: Bool) throws -> [Installed] {
        var waiting = specs.map { (spec: $0, base: folder) }[...]
        var known: [String: PackageSpec] = [:]
        var installed: [Installed] = []
        while let (spec, base) = waiting.popFirst() {
            if let twin = known[spec.key] {
                guard twin.origin == spec.origin else {
                    throw PlainProblem("dbt.package_conflict", "two packages ask for different revisions of \(spec.key)", at: spec.location, remedy: "let them ask for the same, or name the package in the project itself")
                }
                continue
            }
            guard known.count < Self.packagesMax else { throw PlainProblem("dbt.package_conflict", "the packages ask for more than \(Self.packagesMax) others", at: spec.location, remedy: "look for packages that ask for each other by new addresses") }
            known[spec.key] = spec
            let place = "\(staging)/\(known.count)"
            let (source, revision) = try fetch(spec, from: base, to: place)
            guard DbtFiles.exists("\(source)/dbt_project.yml") else {
                throw PlainProblem("dbt.no_package", "there is no dbt_project.yml in the package \(spec.key)", at: spec.location, remedy: "correct its address, or say which subdirectory holds it")
            }
            let name = try ProjectReader.packageFile(in: source, environment: environment, vars: vars).name
            if installed.contains(where: { $0.name == name }) {
                throw PlainProblem("dbt.package_conflict", "two packages have the name '\(name)'", at: spec.location, remedy: "install one of them")
            }
            for inner in try PackageList.read(in: source, environment: environment, vars: vars).specs { waiting.append((inner, source)) }
            installed.append(Installed(spec: spec, name: name, revision: revision))
            if installs { try put(spec, source, name) }
        }
        return installed
    }

    /// - Returns: where the package lies now, and the commit of a repository.
    private func fetch(_ spec: PackageSpec, from base: String, to place: String) throws -> (String, String?) {
        let output = "\(place).log"
        switch spec.origin {
        case .local(let path):
            return (DbtFiles.absolute(path.hasPrefix("/") ? path : "\(base)/\(path)"), nil)
        case .git(let url, let revision, let subdirectory):
            // A path below the project is a repository too.
            let address = url.hasPrefix(".") ? DbtFiles.absolute("\(base)/\(url)") : url
            try Subprocess.run(["git", "clone", "--quiet", "--", address, place], environment: environment, output: output)
            if let revision {
                guard !revision.hasPrefix("-") else { throw DbtArguments.wrong("'\(revision)' is no revision", "name a tag, a branch or a commit") }
                try Subprocess.run(["git", "-C", place, "checkout", "--quiet", "--detach", isBranch(revision, place) ? "origin/\(revision)" : revision], environment: environment, output: output)
            } else {
                log("[WARNING]: The git package \"\(url)\" is not pinned; this can introduce breaking changes into your project without warning!")
            }
            try Subprocess.run(["git", "-C", place, "rev-parse", "HEAD"], environment: environment, output: output)
            let commit = (DbtFiles.text(output) ?? "").split(separator: "\n").first.map(String.init)
            return (subdirectory.map { "\(place)/\($0)" } ?? place, commit)
        case .tarball(let url, _):
            let archive = "\(place).tar.gz"
            if url.hasPrefix("file://") { try DbtFiles.copy(String(url.dropFirst(7)), to: archive) } else { try DbtFiles.write(download(url, spec.location), to: archive) }
            try DbtFiles.createFolder(place)
            try Subprocess.run(["tar", "-xzf", archive, "-C", place, "--no-same-owner"], environment: environment, output: output)
            let inside = DbtFiles.names(in: place)
            return (inside.count == 1 && !DbtFiles.exists("\(place)/dbt_project.yml") ? "\(place)/\(inside[0])" : place, nil)
        case .hub(let name, _):
            throw PlainProblem(
                "dbt.no_hub", "the package '\(name)' is to come from dbt's hub, which is not asked", at: spec.location, remedy: "name it as git: with its revision, as tarball:, or as local:")
        }
    }

    private func isBranch(_ revision: String, _ place: String) -> Bool { DbtFiles.exists("\(place)/.git/refs/remotes/origin/\(revision)") }

    private func put(_ spec: PackageSpec, _ source: String, _ name: String) throws {
        let target = "\(packagesFolder)/\(name)"
        if DbtFiles.isLinkOrFile(target) { try DbtFiles.remove(target) }
        if case .local = spec.origin { try DbtFiles.link(source, at: target) } else { try DbtFiles.move(source, to: target) }
    }

    /// One entry of a list of packages, as dbt writes it: its members in the order of their names.
    static func entry(_ json: JSON) -> String {
        (json.objectValue?.pairs ?? []).sorted { $0.key < $1.key }.enumerated().map { index, pair in
            let items = pair.value.arrayValue?.map { "\n      - \(scalar($0))" }
            return "\(index == 0 ? "  - " : "    ")\(pair.key):\(items?.joined() ?? " \(scalar(pair.value))")\n"
        }.joined()
    }

    /// In plain style where nothing else can be read in it.
    private static func scalar(_ value: JSON) -> String {
        guard let text = value.stringValue else { return value.text() }
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ",") && !"[]{}&*!|>'\"%@`".utf8.contains($0) }
            && !text.hasSuffix(":") && !["-", "?", ":", "=", "~", "."].contains(text) && !["null", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased())
        let isNumber = Double(text) != nil || text.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "_") }
        return isPlain && !isNumber ? text : "'\(text.replacing("'", with: "''"))'"
    }

    private func writeLock(_ installed: [Installed], _ digest: String) throws {
        var text = "packages:\n"
        for package in installed {
            var json = package.spec.json
            if let revision = package.revision { json["revision"] = .string(revision) }
            json["name"] = .string(package.name)
            text += Self.entry(json)
        }
        let file = "\(folder)/package-lock.yml"
        try DbtFiles.write(text + "sha1_hash: \(digest)\n", to: file)
        log("Updating lock file in file path: \(file)")
    }
}
