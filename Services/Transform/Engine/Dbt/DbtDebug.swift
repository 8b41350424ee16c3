internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt debug`: whether the project, the profile and the connection are as they should be.
struct DbtDebug {
    let arguments: DbtArguments
    let environment: [String: String]
    let warehouses: WarehouseRegistry
    let log: DbtLog

    func run() -> Int32 {
        let folder = arguments.projectFolder
        // Every other command says so too; here it would look like a mistake in the file.
        guard DbtFiles.isFolder(folder) else {
            say("Encountered an error:\n\(DbtFailure.text(DbtArguments.wrong("Invalid value for '--project-dir': Path '\(folder)' does not exist.", "name the project's folder")))", .error)
            return 2
        }
        if arguments.flag("config-dir") {
            say("To view your profiles.yml file, run:\n\nxdg-open \(DbtFiles.absolute(arguments.value("profiles-dir") ?? folder))")
            return 0
        }
        var failures: [String] = []
        var settings = ReaderSettings(projectFolder: folder, environment: environment)
        settings.profilesFolder = arguments.value("profiles-dir")
        settings.targetName = arguments.value("target")
        settings.vars = arguments.vars
        var project: PackageFile?
        var projectWord = "OK found and valid"
        do { project = try ProjectReader.packageFile(in: folder, environment: environment, vars: arguments.vars) } catch {
            // As in dbt, which reads its own flags there before all else.
            if error.code == "project.bad_yaml" {
                say("Encountered an error:\n\(DbtFailure.text(error))", .error)
                return 2
            }
            projectWord = DbtFiles.exists("\(folder)/dbt_project.yml") ? "ERROR invalid" : "ERROR not found"
            failures.append("Project loading failed for the following reason:\n\(DbtFailure.text(error))\n")
        }
        say("dbt version: \(ManifestWriter.dbtVersion)")
        var target: Target?
        var profileWord = "OK found and valid"
        do {
            guard let profile = arguments.value("profile") ?? project?.profile ?? ProjectReader.onlyProfile(settings) else {
                throw PlainProblem("project.no_profile", "dbt_project.yml names no profile", at: .file("dbt_project.yml"), remedy: "add profile: and its name, or say --profile")
            }
            target = try ProjectReader.target(of: profile, settings)
            _ = try ProfileWarehouse.url(of: target!)
        } catch {
            // Without a project that names one, no profile is at fault: it is not found.
            let isMissing = ["project.no_profiles", "project.no_profile"].contains((error as? any Problem)?.code)
            profileWord = isMissing ? "ERROR not found" : "ERROR invalid"
            failures.insert("Profile loading failed for the following reason:\n\(DbtFailure.text(error))\n", at: 0)
            target = nil
        }
        let profiles = arguments.value("profiles-dir") ?? (DbtFiles.exists("\(folder)/profiles.yml") ? DbtFiles.absolute(folder) : environment["HOME"].map { "\($0)/.dbt" } ?? folder)
        say("Using profiles dir at \(profiles)")
        say("Using profiles.yml file at \(profiles)/profiles.yml")
        say("Using dbt_project.yml file at \(DbtFiles.absolute(folder))/dbt_project.yml")
        if let target { say("adapter type: \(target.type)") }
        if arguments.flag("connection") {
            say("Skipping steps before connection verification")
        } else {
            say("Configuration:")
            say("  profiles.yml file [\(profileWord)]")
            say("  dbt_project.yml file [\(projectWord)]")
            say("Required dependencies:")
            say(" - git [\(gitWord(&failures))]\n")
        }
        connect(target, folder, &failures)
        guard failures.isEmpty else {
            say("\(failures.count) check\(failures.count == 1 ? "" : "s") failed:", .error)
            for failure in failures { say(failure, .error) }
            return 1
        }
        say("All checks passed!")
        return 0
    }

    private func gitWord(_ failures: inout [String]) -> String {
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        if folders.contains(where: { DbtFiles.exists("\($0)/git") }) { return "OK found" }
        failures.append("git is not on the path; packages from git cannot be installed\n")
        return "ERROR"
    }

    private func connect(_ target: Target?, _ folder: String, _ failures: inout [String]) {
        guard let target else { return say("Connection test skipped since no profile was found") }
        say("Connection:")
        for (key, value) in target.connection.pairs { say("  \(key): \(value.isNull ? "None" : value.boolValue.map { $0 ? "True" : "False" } ?? value.stringValue ?? value.text())") }
        do {
            let session = try warehouses.warehouse(at: try ProfileWarehouse.url(of: target)).open()
            _ = try session.query("select 1 as id")
            say("  Connection test: [OK connection ok]\n")
        } catch {
            say("  Connection test: [ERROR]\n", .error)
            failures.append("dbt was unable to connect to the specified database.\nThe database returned the following error:\n\n  >\(DbtFailure.text(error))\n\nCheck your database credentials and try again.\n")
        }
    }

    private func say(_ text: String, _ level: DbtLog.Level = .info) { log(text, level, name: DbtLog.check) }
}
