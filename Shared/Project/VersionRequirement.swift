internal import Kernel

/// `require-dbt-version`: which versions of dbt a package is for.
public struct VersionRequirement: Sendable {
    private let specifiers: [VersionSpecifier]

    /// - Parameter written: specifiers, each of them one or several with commas between; what is no version asks for nothing.
    public init(_ written: [String]) {
        specifiers = written.flatMap { $0.split(separator: ",") }.compactMap { VersionSpecifier(String($0.filter { $0 != " " })) }
    }

    public func isMet(by version: String) -> Bool {
        guard let own = VersionSpecifier(version) else { return true }
        return VersionRange([own] + specifiers) != nil
    }
}

extension ProjectReader {
    /// dbt's rule: neither the project nor any of its packages is read by a version that it is not for.
    func checkVersion(_ package: PackageFile) {
        guard !VersionRequirement(package.requiredVersions).isMet(by: ManifestWriter.dbtVersion) else { return }
        let required = PythonText.text(.array(package.requiredVersions.map(JSON.string)))
        problems.add(
            "project.version_refused",
            "This version of dbt is not supported with the '\(package.name)' package.\n  Installed version of dbt: =\(ManifestWriter.dbtVersion)\n  Required version of dbt for '\(package.name)': \(required)",
            at: .file("\(package.folder)/dbt_project.yml"),
            remedy: "Check for a different version of the '\(package.name)' package, or run dbt again with --no-version-check")
    }
}
