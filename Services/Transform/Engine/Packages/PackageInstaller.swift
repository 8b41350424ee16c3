public import Kernel
internal import Project

/// The bytes behind an address; the place is where a project names it, for messages.
public typealias PackageDownload = (_ url: String, _ place: ProblemLocation) throws -> [UInt8]

/// Puts the packages of a project, and theirs, into its packages folder, and writes `package-lock.yml`.
///
/// - A package is in the folder whole or not at all: all are fetched beside it, and then take the place of what was there.
/// - What the lock file names is installed, where it was made of the same list.
struct PackageInstaller {
    /// The project's folder, and its name.
    let folder: String
    let project: String
    let packagesFolder: String
    let environment: [String: String]
    let vars: JSONObject
    let hub: PackageHub
    let download: PackageDownload
    let warn: (_ text: String, _ name: String) throws -> Void
    let log: (_ text: String, _ name: String) -> Void

    /// - Parameters:
    ///   - asked: what the project asks for.
    ///   - isUpgrade: finds versions and revisions anew, whatever the lock file says.
    ///   - installs: whether more than the lock file is wanted.
    func install(_ asked: PackageList, isUpgrade: Bool, installs: Bool) throws {
        let staging = "\(packagesFolder)/.staging"
        if DbtFiles.exists(staging) { try DbtFiles.remove(staging) }
        try DbtFiles.createFolder("\(staging)/installed")
        defer { try? DbtFiles.remove(staging) }
        let source = PackageSource(project: folder, staging: staging, environment: environment, vars: vars, download: download, warn: warn)
        if try isUpgrade || PackageList.locked(in: folder, for: asked, environment: environment, vars: vars) == nil {
            try writeLock(PackageResolver(hub: hub, source: source).resolve(asked.specs, project: project), asked.digest)
        }
        guard installs, let locked = try PackageList.locked(in: folder, for: asked, environment: environment, vars: vars) else { return }
        // What the hub says of all of them comes first.
        for spec in locked.specs { _ = try found(spec) }
        var outdated: [String] = []
        for spec in locked.specs {
            log("Installing \(spec.name)", "DepsStartPackageInstall")
            let latest = try put(spec, source, in: staging)
            log("Installed from \(spec.title)", "DepsInstallInfo")
            if case .hub(let name, let versions, _) = spec.origin {
                if versions == [latest] { log("Up to date!", "DepsUpToDate") } else {
                    outdated.append(name)
                    log("Updated version available: \(latest ?? "")", "DepsUpdateAvailable")
                }
            }
            if case .git(_, _, let subdirectory?) = spec.origin { log("and subdirectory \(subdirectory)", "DepsListSubdirectory") }
        }
        try replace(with: "\(staging)/installed")
        guard !outdated.isEmpty else { return }
        log("", "Formatting")
        let names = PythonText.text(.array(outdated.map(JSON.string)))
        log("Updates available for packages: \(names)                 \nUpdate your versions in packages.yml, then run dbt deps", "DepsNotifyUpdatesAvailable")
    }

    private func found(_ spec: PackageSpec) throws -> (version: String, latest: String)? {
        guard case .hub(let package, let versions, let prereleases) = spec.origin else { return nil }
        return try hub.resolve(package, versions: versions, prereleases: prereleases, at: spec.location)
    }

    /// - Returns: of a package of the hub, the newest version there is.
    private func put(_ spec: PackageSpec, _ source: PackageSource, in staging: String) throws -> String? {
        guard case .hub(let package, _, _) = spec.origin, let found = try found(spec) else {
            let fetched = try source.fetch(spec)
            var name = try source.name(of: fetched, spec)
            if case .tarball(_, let given) = spec.origin { name = given }
            let target = try place(name, spec, in: staging)
            if case .local = spec.origin { try DbtFiles.link(fetched.folder, at: target) } else { try DbtFiles.move(fetched.folder, to: target) }
            return nil
        }
        let version = try hub.metadata(of: package, found.version, at: spec.location)
        let target = try place(version.name, spec, in: staging)
        let unpacked = try source.unpack(version.tarball, at: spec.location, to: "\(staging)/\(version.name)")
        _ = try source.name(of: .init(folder: unpacked, revision: nil), spec)
        try DbtFiles.move(unpacked, to: target)
        return found.latest
    }

    private func place(_ name: String, _ spec: PackageSpec, in staging: String) throws -> String {
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else {
            throw PlainProblem("dbt.no_package", "Invalid package name '\(name)': resolves outside of the packages-install-path", at: spec.location, remedy: "correct the name that the package has")
        }
        let target = "\(staging)/installed/\(name)"
        guard !DbtFiles.isLinkOrFile(target) else { throw PlainProblem("dbt.package_conflict", "two packages have the name '\(name)'", at: spec.location, remedy: "install one of them") }
        return target
    }

    private func replace(with installed: String) throws {
        for name in DbtFiles.names(in: packagesFolder) where name != ".staging" { try DbtFiles.remove("\(packagesFolder)/\(name)") }
        for name in DbtFiles.names(in: installed) { try DbtFiles.move("\(installed)/\(name)", to: "\(packagesFolder)/\(name)") }
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

    private func writeLock(_ packages: [PackageResolver.Pinned], _ digest: String) throws {
        var text = "packages:\n"
        for package in packages {
            var json = package.spec.json
            for (key, value) in package.json.objectValue?.pairs ?? [] { json[key] = value }
            json["name"] = .string(package.name)
            text += Self.entry(json)
        }
        let file = "\(folder)/package-lock.yml"
        try DbtFiles.write(text + "sha1_hash: \(digest)\n", to: file)
        log("Updating lock file in file path: \(file)", "DepsLockUpdating")
    }
}
