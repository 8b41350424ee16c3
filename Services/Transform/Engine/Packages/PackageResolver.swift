internal import Kernel
internal import Project

/// Finds one revision or version of each package that a project asks for, of those that these ask for, and so on.
///
/// - All mentions of a package count together: what is asked for later may narrow what was found before.
/// - Two packages of one name are refused, and one that is named as the project.
final class PackageResolver {
    struct Pinned {
        var spec: PackageSpec
        /// As its folder is called.
        var name: String
        /// Members of its entry in the lock file, beside the name.
        var json: JSON
    }

    /// All mentions of one package.
    private struct Wanted {
        var spec: PackageSpec
        var versions: [String] = []
        var revisions: [String] = []
        var prereleases = false

        init(_ spec: PackageSpec) {
            self.spec = spec
            add(spec)
        }

        mutating func add(_ other: PackageSpec) {
            switch other.origin {
            case .hub(_, let versions, let prereleases):
                self.versions += versions
                self.prereleases = self.prereleases || prereleases
            case .git(_, let revision?, _) where !revisions.contains(revision): revisions.append(revision)
            default: break
            }
            spec.warnsUnpinned = spec.warnsUnpinned && other.warnsUnpinned
        }

        mutating func add(_ other: Wanted) {
            versions += other.versions
            revisions += other.revisions.filter { !revisions.contains($0) }
            prereleases = prereleases || other.prereleases
            spec.warnsUnpinned = spec.warnsUnpinned && other.spec.warnsUnpinned
        }
    }

    /// In the order of the first mention.
    private struct Wishes {
        var order: [String] = []
        var byKey: [String: Wanted] = [:]

        mutating func add(_ wanted: Wanted) {
            let key = wanted.spec.key
            if byKey[key] == nil { order.append(key) }
            byKey[key]?.add(wanted)
            if byKey[key] == nil { byKey[key] = wanted }
        }
    }

    private static let packagesMax = 1_000
    private let hub: PackageHub
    private let source: PackageSource

    init(hub: PackageHub, source: PackageSource) {
        self.hub = hub
        self.source = source
    }

    func resolve(_ specs: [PackageSpec], project: String) throws -> [Pinned] {
        var final = Wishes()
        var pending = Wishes()
        for spec in specs { pending.add(Wanted(spec)) }
        while !pending.order.isEmpty {
            var next = Wishes()
            for key in pending.order {
                final.add(pending.byKey[key]!)
                guard final.order.count <= Self.packagesMax else {
                    throw PlainProblem("dbt.package_conflict", "the packages ask for more than \(Self.packagesMax) others", at: pending.byKey[key]!.spec.location, remedy: "look for packages that ask for each other by new addresses")
                }
                for spec in try pin(final.byKey[key]!).asks { next.add(Wanted(spec)) }
            }
            // What was asked for before, and nothing new with it, has been followed.
            pending = Wishes()
            for key in next.order where final.byKey[key].map({ !Self.isSettled(next.byKey[key]!, in: $0) }) ?? true { pending.add(next.byKey[key]!) }
        }
        let pinned = try final.order.map { try pin(final.byKey[$0]!).pinned }
        try check(pinned, project)
        return pinned
    }

    private static func isSettled(_ wanted: Wanted, in known: Wanted) -> Bool {
        wanted.versions.allSatisfy(known.versions.contains) && wanted.revisions.allSatisfy(known.revisions.contains) && (known.prereleases || !wanted.prereleases)
    }

    private func pin(_ wanted: Wanted) throws -> (pinned: Pinned, asks: [PackageSpec]) {
        var spec = wanted.spec
        if case .hub(let package, _, _) = spec.origin {
            let version = try hub.resolve(package, versions: wanted.versions, prereleases: wanted.prereleases, at: spec.location).version
            let found = try hub.metadata(of: package, version, at: spec.location)
            spec.origin = .hub(package, versions: [version], prereleases: false)
            return (Pinned(spec: spec, name: found.name, json: ["version": .string(version)]), try PackageList(hub: package, packages: found.packages).specs)
        }
        if case .git(let url, _, let subdirectory) = spec.origin {
            guard wanted.revisions.count <= 1 else {
                throw PlainProblem(
                    "dbt.package_conflict", "git dependencies should contain exactly one version. \(spec.name) contains: {\(wanted.revisions.map { "'\($0)'" }.joined(separator: ", "))}", at: spec.location,
                    remedy: "let those who ask for it ask for the same revision")
            }
            spec.origin = .git(url, revision: wanted.revisions.first, subdirectory: subdirectory)
        }
        let fetched = try source.fetch(spec)
        var members: [(String, JSON)] = []
        if let revision = fetched.revision { members.append(("revision", .string(revision))) }
        var name = try source.name(of: fetched, spec)
        if case .tarball(_, let given) = spec.origin { name = given }
        return (Pinned(spec: spec, name: name, json: JSON(members)), try source.packages(in: fetched))
    }

    private func check(_ pinned: [Pinned], _ project: String) throws {
        var seen: Set<String> = []
        for package in pinned {
            if package.name == project {
                throw PlainProblem(
                    "dbt.package_conflict", "Found a dependency with the same name as the root project \"\(project)\". Package names must be unique in a project. Please rename one of these packages.",
                    at: package.spec.location, remedy: "")
            }
            guard seen.insert(package.name).inserted else {
                throw PlainProblem(
                    "dbt.package_conflict", "Found duplicate project \"\(package.name)\". This occurs when a dependency has the same project name as some other dependency.", at: package.spec.location,
                    remedy: "install one of them")
            }
        }
    }
}
