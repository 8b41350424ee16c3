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
        guard arguments.value("add-package") == nil else { throw DbtArguments.wrong("--add-package is not supported yet", "write the package into packages.yml, then run deps") }
        guard try !PackageList.read(in: folder, environment: environment, vars: arguments.vars).specs.isEmpty else {
            log("[WARNING]: No packages were found in packages.yml", .warn)
            return 0
        }
        try DbtFiles.createFolder(path)
        let installer = PackageInstaller(folder: DbtFiles.absolute(folder), packagesFolder: DbtFiles.absolute(path), environment: environment, vars: arguments.vars, download: download) { log($0) }
        let isLockOnly = arguments.flag("lock")
        let installed = try installer.install(isUpgrade: arguments.flag("upgrade") || isLockOnly, installs: !isLockOnly)
        log("\(isLockOnly ? "Locked" : "Installed") \(installed.count) package\(installed.count == 1 ? "" : "s")")
        return 0
    }
}
