internal import Kernel

/// `require-dbt-version`: which versions of dbt a package is for.
struct VersionRequirement {
    private let specifiers: [String]

    /// - Parameter written: specifiers, each of them one or several with commas between.
    init(_ written: [String]) {
        specifiers = written.flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " } }
    }

    func isMet(by version: String) -> Bool {
        guard let own = Self.numbers(version) else { return true }
        return specifiers.allSatisfy { specifier in
            let sign = specifier.prefix { "<>=".contains($0) }
            let text = String(specifier.dropFirst(sign.count))
            guard let other = Self.numbers(text) else { return true }
            // A version in the making comes before the version itself.
            let order = own == other ? (text.contains { $0.isLetter } ? 1 : 0) : own.lexicographicallyPrecedes(other) ? -1 : 1
            return switch sign {
            case ">": order > 0
            case ">=": order >= 0
            case "<": order < 0
            case "<=": order <= 0
            default: order == 0
            }
        }
    }

    private static func numbers(_ text: String) -> [Int]? {
        let parts = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
        return parts.count == 3 ? parts : nil
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
