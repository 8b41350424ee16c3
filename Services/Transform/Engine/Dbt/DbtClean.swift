internal import Kernel
internal import Project

/// `dbt clean`: removes the folders of `clean-targets`, and none that holds the project's own files or lies outside of it.
struct DbtClean {
    let arguments: DbtArguments
    let environment: [String: String]
    let log: DbtLog
    let warnings: DbtWarnings

    func run() throws -> Int32 {
        let project = try ProjectReader.packageFile(in: arguments.projectFolder, environment: environment, vars: arguments.vars)
        let root = DbtFiles.absolute(arguments.projectFolder)
        let own = Set((project.modelPaths + project.seedPaths + project.testPaths + project.analysisPaths + project.macroPaths + project.snapshotPaths).map { DbtFiles.absolute("\(root)/\($0)") })
        let targets = project.cleanTargets ?? [arguments.value("target-path") ?? project.targetPath]
        let paths = targets.map { $0.hasPrefix("/") ? DbtFiles.absolute($0) : DbtFiles.absolute("\(root)/\($0)") }
        func isAbove(_ path: String) -> Bool { own.contains { $0.hasPrefix(path + "/") } }
        if let path = paths.first(where: { own.contains($0) || isAbove($0) || $0 == root || root.hasPrefix($0 + "/") }) {
            throw PlainProblem("dbt.refused", "dbt will not clean the following source path: \(path)", at: .file("dbt_project.yml"), remedy: "take it out of clean-targets")
        }
        if arguments.flag("clean-project-files-only", byDefault: true), let path = paths.first(where: { !$0.hasPrefix(root + "/") }) {
            throw PlainProblem(
                "dbt.refused", "dbt will not clean the following directory outside the project: \(path)", at: .file("dbt_project.yml"),
                remedy: "take it out of clean-targets, or say --no-clean-project-files-only")
        }
        if targets.contains("dbt_modules"), !targets.contains(project.packagesPath) {
            try warnings.deprecate(
                // As dbt writes it, with the spaces of its source.
                [
                    "The default package install path has changed from `dbt_modules` to `dbt_packages`.", "Please update `clean-targets` in `dbt_project.yml` and check `.gitignore` as well.",
                    "Or, set `packages-install-path: dbt_modules` if you'd like to keep the current value.", "",
                ].joined(separator: "\n        ").replacing("The default", with: "        The default"),
                "PackageInstallPathDeprecation", isNamed: false)
        }
        for path in paths {
            log("Checking \(path)/*", name: "CheckCleanPath", with: [("path", .string(path))])
            if DbtFiles.exists(path) { try DbtFiles.remove(path) }
            log("Cleaned \(path)/*", name: "ConfirmCleanPath", with: [("path", .string(path))])
        }
        log("Finished cleaning all paths.", name: "FinishedCleanPaths")
        return 0
    }
}
