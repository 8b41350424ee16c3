internal import Kernel
internal import Project

/// `dbt deps`: installs the packages that `packages.yml` or `dependencies.yml` names.
struct DbtDeps {
    let arguments: DbtArguments
    let environment: [String: String]
    let download: PackageDownload
    let log: DbtLog

    func run() throws -> Int32 {
        let folder = arguments.projectFolder
        let project = try ProjectReader.packageFile(in: folder, environment: environment, vars: arguments.vars)
        let path = project.packagesPath.hasPrefix("/") ? project.packagesPath : "\(folder)/\(project.packagesPath)"
        if let added = arguments.value("add-package") { try add(added, in: folder) }
        guard try !PackageList.read(in: folder, environment: environment, vars: arguments.vars).specs.isEmpty else {
            log("No packages were found in packages.yml", .warn, name: "DepsNoPackagesFound")
            return 0
        }
        try DbtFiles.createFolder(path)
        let installer = PackageInstaller(folder: DbtFiles.absolute(folder), packagesFolder: DbtFiles.absolute(path), environment: environment, vars: arguments.vars, download: download) { log($0) }
        let isLockOnly = arguments.flag("lock")
        _ = try installer.install(isUpgrade: arguments.flag("upgrade"), installs: !isLockOnly)
        return 0
    }

    /// `--add-package NAME@VERSION --source git|local`: the list is written anew, without its comments, as dbt does.
    private func add(_ text: String, in folder: String) throws {
        let source = arguments.value("source") ?? "hub"
        guard source != "hub" else {
            throw PlainProblem("dbt.no_hub", "the package '\(text)' is to come from dbt's hub, which is not asked", at: .named("--add-package"), remedy: "say --source git and its address, or --source local and its folder")
        }
        var (name, version) = (text, "")
        // The address of a repository may hold an @ of its own: `git@host:folder`.
        if let place = text.lastIndex(of: "@"), place > text.startIndex, !text[place...].contains(where: { $0 == ":" || $0 == "/" }) {
            (name, version) = (String(text[..<place]), String(text[place...].dropFirst()))
        }
        var (file, entries) = try PackageList.written(in: folder)
        if let index = entries.firstIndex(where: { $0[source]?.stringValue == name }) {
            log("Found duplicate package in \(file), removing: \(entries[index].text())", name: "DepsFoundDuplicatePackage")
            entries.remove(at: index)
        }
        entries.append(JSON([(source, .string(name))] + (source == "git" && !version.isEmpty ? [("revision", .string(version))] : [])))
        try DbtFiles.write("packages:\n" + entries.map(PackageInstaller.entry).joined(), to: "\(folder)/\(file)")
        log("Added new package \(name)@\(version) to \(DbtFiles.absolute(folder))/\(file)", name: "DepsAddPackage")
    }
}
