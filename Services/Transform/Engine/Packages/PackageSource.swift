internal import Kernel
internal import Project

/// Fetches packages into a folder of its own, each once, however often it is asked for.
final class PackageSource {
    struct Fetched {
        /// Where the package lies.
        let folder: String
        /// The commit of a repository.
        let revision: String?
    }

    /// The project's folder: local packages are named from there, those of packages too.
    private let project: String
    private let staging: String
    private let environment: [String: String]
    private let vars: JSONObject
    private let download: PackageDownload
    private let warn: (_ text: String, _ name: String) throws -> Void
    private var fetched: [PackageSpec.Origin: Fetched] = [:]

    init(
        project: String, staging: String, environment: [String: String], vars: JSONObject, download: @escaping PackageDownload, warn: @escaping (_ text: String, _ name: String) throws -> Void
    ) {
        self.project = project
        self.staging = staging
        self.environment = environment
        self.vars = vars
        self.download = download
        self.warn = warn
    }

    func name(of package: Fetched, _ spec: PackageSpec) throws -> String {
        guard DbtFiles.exists("\(package.folder)/dbt_project.yml") else {
            throw PlainProblem("dbt.no_package", "there is no dbt_project.yml in the package \(spec.name)", at: spec.location, remedy: "correct its address, or say which subdirectory holds it")
        }
        return try ProjectReader.packageFile(in: package.folder, environment: environment, vars: vars).name
    }

    func packages(in package: Fetched) throws -> [PackageSpec] { try PackageList.read(in: package.folder, environment: environment, vars: vars).specs }

    /// A repository or an archive; a folder lies where it is.
    func fetch(_ spec: PackageSpec) throws -> Fetched {
        if let known = fetched[spec.origin] { return known }
        let place = "\(staging)/\(fetched.count)"
        let found: Fetched
        switch spec.origin {
        case .local(let path): found = Fetched(folder: DbtFiles.absolute(path.hasPrefix("/") ? path : "\(project)/\(path)"), revision: nil)
        case .git(let url, let revision, let subdirectory): found = try clone(url, revision, subdirectory, spec, to: place)
        case .tarball(let url, _): found = Fetched(folder: try unpack(url, at: spec.location, to: place), revision: nil)
        case .hub: preconditionFailure("a package of the hub is fetched as the archive that the hub names")
        }
        fetched[spec.origin] = found
        return found
    }

    private func clone(_ url: String, _ revision: String?, _ subdirectory: String?, _ spec: PackageSpec, to place: String) throws -> Fetched {
        let output = "\(place).log"
        // A path below the project is a repository too.
        let address = url.hasPrefix(".") ? DbtFiles.absolute("\(project)/\(url)") : url
        if spec.warnsUnpinned, revision == nil || ["HEAD", "main", "master"].contains(revision) {
            let why = revision == nil || revision == "HEAD" ? "not pinned, using HEAD (default branch)" : "pinned to the \"\(revision ?? "")\" branch"
            try warn(
                "WARNING: The git package \"\(url)\" \n\tis \(why).\n\tThis can introduce breaking changes into your project without warning!\n\nSee https://docs.getdbt.com/docs/package-management#section-specifying-package-versions",
                "DepsUnpinned")
        }
        try Subprocess.run(["git", "clone", "--quiet", "--", address, place], environment: environment, output: output)
        if let revision {
            guard !revision.hasPrefix("-") else { throw DbtArguments.wrong("'\(revision)' is no revision", "name a tag, a branch or a commit") }
            let isBranch = DbtFiles.exists("\(place)/.git/refs/remotes/origin/\(revision)")
            try Subprocess.run(["git", "-C", place, "checkout", "--quiet", "--detach", isBranch ? "origin/\(revision)" : revision], environment: environment, output: output)
        }
        try Subprocess.run(["git", "-C", place, "rev-parse", "HEAD"], environment: environment, output: output)
        let commit = (DbtFiles.text(output) ?? "").split(separator: "\n").first.map(String.init)
        return Fetched(folder: subdirectory.map { "\(place)/\($0)" } ?? place, revision: commit)
    }

    /// - Returns: the one folder in the archive, or where it was unpacked.
    func unpack(_ url: String, at location: ProblemLocation, to place: String) throws -> String {
        let archive = "\(place).tar.gz"
        if url.hasPrefix("file://") { try DbtFiles.copy(String(url.dropFirst(7)), to: archive) } else { try DbtFiles.write(download(url, location), to: archive) }
        try DbtFiles.createFolder(place)
        // tar itself refuses members that would lie outside of the folder.
        try Subprocess.run(["tar", "-xzf", archive, "-C", place, "--no-same-owner"], environment: environment, output: "\(place).log")
        let inside = DbtFiles.names(in: place)
        return inside.count == 1 && !DbtFiles.exists("\(place)/dbt_project.yml") ? "\(place)/\(inside[0])" : place
    }
}
