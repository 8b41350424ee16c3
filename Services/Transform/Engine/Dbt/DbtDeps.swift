internal import Kernel
internal import Project

/// `dbt deps`: installs the packages that `packages.yml` or `dependencies.yml` names.
struct DbtDeps {
    let arguments: DbtArguments
    let environment: [String: String]
    let download: PackageDownload
    let log: DbtLog
    let warnings: DbtWarnings

    func run() throws -> Int32 {
        let folder = arguments.projectFolder
        let project = try ProjectReader.packageFile(in: folder, environment: environment, vars: arguments.vars)
        let path = project.packagesPath.hasPrefix("/") ? project.packagesPath : "\(folder)/\(project.packagesPath)"
        if let added = arguments.value("add-package") { try add(added, in: folder) }
        let isLockOnly = arguments.flag("lock")
        var asked = try PackageList.read(in: folder, environment: environment, vars: arguments.vars)
        if arguments.value("add-package") != nil { asked.forgetWriting() }
        guard !asked.specs.isEmpty else {
            // Of the list first, and of the lock file then.
            for _ in 0..<(isLockOnly ? 1 : 2) { log("Warning: No packages were found in packages.yml", name: "DepsNoPackagesFound") }
            return 0
        }
        try DbtFiles.createFolder(path)
        let hub = PackageHub(environment: environment, checksVersion: arguments.flag("version-check", byDefault: true), download: download) { old, new in
            try warnings.deprecate("The `\(old)` package is deprecated in favor of `\(new)`. Please update your `packages.yml` configuration to use `\(new)` instead.", "PackageRedirectDeprecation", isNamed: false)
        }
        let installer = PackageInstaller(
            folder: DbtFiles.absolute(folder), project: project.name, packagesFolder: DbtFiles.absolute(path), environment: environment, vars: arguments.vars, hub: hub, download: download,
            warn: { try warnings.tell($0, $1) }, log: { log($0, name: $1) })
        try installer.install(asked, isUpgrade: arguments.flag("upgrade"), installs: !isLockOnly)
        return 0
    }

    /// `--add-package NAME@VERSION --source hub|git|local`: the list is written anew, without its comments, as dbt does.
    private func add(_ text: String, in folder: String) throws {
        let source = arguments.value("source") ?? "hub"
        var (name, version) = (text, "")
        // The address of a repository may hold an @ of its own: `git@host:folder`.
        if let place = text.lastIndex(of: "@"), place > text.startIndex, !text[place...].contains(where: { $0 == ":" || $0 == "/" }) {
            (name, version) = (String(text[..<place]), String(text[place...].dropFirst()))
        }
        guard !version.isEmpty || source == "local" else {
            throw DbtArguments.wrong("Version is required in --add-package when a package when source is \(source)", "write \(name)@ and the version")
        }
        var (file, entries) = try PackageList.written(in: folder)
        let root = DbtFiles.absolute(folder)
        if !DbtFiles.exists("\(folder)/\(file)") { log("Created packages.yml", name: "Formatting") }
        for index in entries.indices.reversed() where Self.isSame(entries[index], name) {
            let shown = JSON((entries[index].objectValue?.pairs ?? []).filter { $0.value.stringValue != nil || $0.value.doubleValue != nil }.map { ($0.key, $0.value) })
            log("Found duplicate package in packages.yml, removing: \(PythonText.text(shown))", name: "DepsFoundDuplicatePackage")
            entries.remove(at: index)
        }
        let versions = version.split(separator: ",", omittingEmptySubsequences: false).map { JSON.string(String($0)) }
        let wanted: [(String, JSON)] = version.isEmpty ? [] : [(source == "git" ? "revision" : "version", versions.count > 1 ? .array(versions) : versions[0])]
        entries.append(JSON([(source == "hub" ? "package" : source, .string(name))] + wanted))
        try DbtFiles.write("packages:\n" + entries.map(PackageInstaller.entry).joined(), to: "\(folder)/\(file)")
        log("Added new package \(name)@\(version) to \(root)/\(file)", name: "DepsAddPackage")
    }

    /// Whether an entry names the same package, from wherever: `dbt-labs/dbt_utils` is in `https://…/dbt-labs/dbt-utils.git`.
    private static func isSame(_ entry: JSON, _ name: String) -> Bool {
        guard let place = ["package", "git", "local", "tarball", "private"].lazy.compactMap({ entry[$0]?.stringValue }).first(where: { !$0.isEmpty }) else { return false }
        let short = name.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? name
        return [name, short].flatMap { [$0, $0.replacing("_", with: "-"), $0.replacing("-", with: "_")] }.contains { variant in
            guard !variant.isEmpty, let range = place.firstRange(of: variant) else { return false }
            func isEdge(_ character: Character?) -> Bool { character.map { $0 == "/" || $0 == "." } ?? true }
            return isEdge(place[..<range.lowerBound].last) && isEdge(place[range.upperBound...].first)
        }
    }
}
