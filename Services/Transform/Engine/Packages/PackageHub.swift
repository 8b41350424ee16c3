internal import Kernel
internal import Project

/// dbt's hub of packages: which there are, and what each version of them is. Asked at most once for each.
final class PackageHub {
    struct Version {
        /// Of the package, as its folder is called.
        let name: String
        /// What it asks for itself.
        let packages: JSON
        let tarball: String
    }

    private let base: String
    private let checksVersion: Bool
    private let download: PackageDownload
    private let onRedirect: (_ old: String, _ new: String) throws -> Void
    private var index: Set<String>?
    private var packages: [String: JSONObject] = [:]

    /// - Parameters:
    ///   - environment: `DBT_PACKAGE_HUB_URL` names another hub.
    ///   - checksVersion: whether versions for another dbt are left out.
    ///   - onRedirect: told of a package that has another name by now; it is installed under its old one.
    init(environment: [String: String], checksVersion: Bool, download: @escaping PackageDownload, onRedirect: @escaping (_ old: String, _ new: String) throws -> Void) {
        let base = environment["DBT_PACKAGE_HUB_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? "https://hub.getdbt.com/"
        self.base = base.hasSuffix("/") ? base : base + "/"
        self.checksVersion = checksVersion
        self.download = download
        self.onRedirect = onRedirect
    }

    /// The newest version that all specifiers allow, and the newest that could be installed.
    func resolve(_ package: String, versions: [String], prereleases: Bool, at place: ProblemLocation) throws -> (version: String, latest: String) {
        guard try names(at: place).contains(package) else {
            throw problem("Package \(package) was not found in the package index", at: place, "correct its name: packages of the hub are listed at \(base)")
        }
        let specifiers = try versions.map { text in
            guard let specifier = VersionSpecifier(text) else { throw problem("\"\(text)\" is not a valid semantic version.", at: place, "write three numbers, as in >=1.0.0") }
            return specifier
        }
        guard let range = VersionRange(specifiers) else {
            let options = PythonText.text(.array(specifiers.map { .string("\($0)") }))
            throw problem("Version error for package \(package): Could not find a satisfactory version from options: \(options)", at: place, "let those who ask for it agree on a version")
        }
        let takesPrereleases = prereleases || specifiers.contains { $0.prerelease != nil }
        let installable = try found(package, at: place).pairs.compactMap { pair -> (version: VersionSpecifier, text: String)? in
            guard let version = VersionSpecifier(pair.key), takesPrereleases || version.prerelease == nil, !checksVersion || Self.isForThis(pair.value) else { return nil }
            return (version, pair.key)
        }.sorted { $0.version.compare($1.version) < 0 }.map(\.text)
        guard let version = range.last(of: installable), let latest = installable.last else {
            let hidden = checksVersion ? "\n\n  Not shown: package versions incompatible with installed version of dbt-core\n  To include them, run 'dbt --no-version-check deps'" : "\n"
            throw problem(
                "Could not find a matching compatible version for package \(package)\n  Requested range: \(range)\n  Compatible versions: \(PythonText.text(.array(installable.map(JSON.string))))\(hidden)",
                at: place, "ask for one of them")
        }
        return (version, latest)
    }

    func metadata(of package: String, _ version: String, at place: ProblemLocation) throws -> Version {
        let json = try found(package, at: place)[version]
        guard let json, let name = json["name"]?.stringValue, let tarball = json["downloads"]?["tarball"]?.stringValue else { throw malformed(package, "the version \(version) has no name or no archive", place) }
        return Version(name: name, packages: json["packages"] ?? [], tarball: tarball)
    }

    private static func isForThis(_ version: JSON) -> Bool {
        let required = version["require_dbt_version"]
        return VersionRequirement(required?.arrayValue?.compactMap(\.stringValue) ?? required?.stringValue.map { [$0] } ?? []).isMet(by: ManifestWriter.dbtVersion)
    }

    // MARK: Asking

    private func names(at place: ProblemLocation) throws -> Set<String> {
        if let index { return index }
        guard let list = try ask("index", place).arrayValue else { throw malformed("index", "it is no list", place) }
        let names = Set(list.compactMap(\.stringValue))
        index = names
        return names
    }

    /// The versions of a package.
    private func found(_ package: String, at place: ProblemLocation) throws -> JSONObject {
        if let known = packages[package] { return known }
        let answer = try ask(package, place)
        guard let versions = answer["versions"]?.objectValue, let own = answer["name"]?.stringValue else { throw malformed(package, "it has no name or no versions", place) }
        packages[package] = versions
        if answer["redirectnamespace"] != nil || answer["redirectname"] != nil {
            func word(_ new: String, _ old: String) -> String? { answer[new]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? answer[old]?.stringValue }
            try onRedirect(package, "\(word("redirectnamespace", "namespace") ?? "")/\(word("redirectname", "name") ?? own)")
        }
        return versions
    }

    private func ask(_ name: String, _ place: ProblemLocation) throws -> JSON {
        let body = try download("\(base)api/v1/\(name).json", place)
        guard let json = try? JSON(parsing: body) else { throw malformed(name, "it is no JSON", place) }
        return json
    }

    private func malformed(_ name: String, _ why: String, _ place: ProblemLocation) -> PlainProblem {
        problem("the hub's answer for \(name) cannot be used: \(why)", at: place, "check that \(base) is a hub of packages, and try again")
    }

    private func problem(_ summary: String, at place: ProblemLocation, _ remedy: String) -> PlainProblem { PlainProblem("dbt.hub", summary, at: place, remedy: remedy) }
}
