internal import Digest
internal import Jinja
internal import Kernel
internal import Project

/// `ref` and `source`: functions that also know the run they are of, which packages reach through `ref.config`.
final class ResolverObject: JinjaObject {
    private unowned let compiler: Compiler
    private let name: String
    private let body: (Compiler, Arguments) throws -> Value
    init(_ name: String, _ compiler: Compiler, _ body: @escaping (Compiler, Arguments) throws -> Value) {
        (self.name, self.compiler, self.body) = (name, compiler, body)
    }
    var typeName: String { name == "ref" ? "RuntimeRefResolver" : "RuntimeSourceResolver" }
    var isCallable: Bool { true }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value { try body(compiler, arguments) }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        switch attribute {
        case "config": .object(RuntimeConfigObject(compiler, compiler.manifest.project))
        case "current_project": .string(compiler.manifest.project.name)
        case "model": compiler.model
        case "Relation": .object(RelationFactory(compiler))
        default: nil
        }
    }
}

/// What a project file, its profile and the command line say of the run: dbt's `RuntimeConfig`, by its names.
final class RuntimeConfigObject: JinjaObject {
    private unowned let compiler: Compiler
    private let file: PackageFile
    init(_ compiler: Compiler, _ file: PackageFile) { (self.compiler, self.file) = (compiler, file) }
    var typeName: String { "RuntimeConfig" }

    private static let sections: [String: String] = [
        "models": "models", "seeds": "seeds", "snapshots": "snapshots", "sources": "sources", "data_tests": "data_tests", "unit_tests": "unit_tests",
        "exposures": "exposures", "metrics": "metrics", "semantic_models": "semantic-models", "saved_queries": "saved-queries", "functions": "functions",
    ]

    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        if let section = Self.sections[name] { return Value(file.configuration(of: section)) }
        return try ofProfile(name) ?? ofPaths(name) ?? ofProject(name)
    }

    private func ofProfile(_ name: String) -> Value? {
        let target = compiler.manifest.target
        switch name {
        case "profile_name": return .string(target.profileName)
        case "target_name": return .string(target.name)
        case "threads": return Value(JSON(target.threads))
        // Without what the profile keeps secret, which templates never see.
        case "credentials": return Value(.object(target.visible))
        case "cli_vars": return Value(.object(compiler.manifest.commandVars))
        // The word is asked for by its name, so that a project which reads it is read again by the next command.
        case "args":
            _ = compiler.word("flags")
            return .object(FlagsObject(compiler.invocation, of: compiler.manifest.project, isWhole: true))
        default: return nil
        }
    }

    private func ofPaths(_ name: String) -> Value? {
        let all = file.modelPaths + file.macroPaths + file.testPaths + file.analysisPaths + file.functionPaths + file.seedPaths + file.snapshotPaths
        let paths: [String]
        switch name {
        case "model_paths": paths = file.modelPaths
        case "macro_paths": paths = file.macroPaths
        case "seed_paths": paths = file.seedPaths
        case "test_paths": paths = file.testPaths
        case "analysis_paths": paths = file.analysisPaths
        case "snapshot_paths": paths = file.snapshotPaths
        case "function_paths": paths = file.functionPaths
        case "asset_paths": paths = file.assetPaths
        case "docs_paths": paths = file.docsPaths ?? all
        case "all_source_paths": paths = all
        case "generic_test_paths": paths = file.testPaths.map { "\($0)/generic" }
        case "fixture_paths": paths = file.testPaths.map { "\($0)/fixtures" }
        case "clean_targets": paths = file.cleanTargets ?? [file.targetPath]
        case "project_root": return .string(file.folder)
        case "target_path": return .string(file.targetPath)
        case "log_path": return .string(file.logPath ?? "\(compiler.manifest.project.folder)/logs")
        case "packages_install_path": return .string(file.packagesPath)
        case "packages_specified_path": return "packages.yml"
        default: return nil
        }
        return .list(paths.map(Value.string))
    }

    private func ofProject(_ name: String) throws -> Value? {
        switch name {
        case "project_name": return .string(file.name)
        case "version": return file.version.map(Value.string) ?? Value.none
        case "vars": return .object(VariablesObject(file.vars))
        case "flags": return Value(.object(file.flags))
        case "config_version": return 2
        case "restrict_access": return .bool(file.restrictsAccess)
        case "on_run_start": return .list(file.onRunStart.map(Value.string))
        case "on_run_end": return .list(file.onRunEnd.map(Value.string))
        case "dispatch":
            return .list(file.dispatch.map { .dict([("macro_namespace", .string($0.namespace)), ("search_order", .list($0.order.map(Value.string)))]) })
        case "quoting":
            var quoting = JSONObject(distinct: [("database", true), ("schema", true), ("identifier", true)])
            for (key, value) in file.quoting.pairs { quoting[key] = value }
            return Value(.object(quoting))
        case "packages":
            let list = try PackageList.read(in: file.folder, environment: compiler.variables, vars: compiler.manifest.commandVars)
            return .dict([("packages", .list(list.specs.map { Value($0.json) }))])
        case "dependencies":
            return .dict(compiler.manifest.packages.map { ($0.name, .object(RuntimeConfigObject(compiler, $0))) })
        default: return nil
        }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "to_target_dict": Value(.object(compiler.manifest.target.visible))
        case "hashed_name": .string(Digest.hex(.md5, file.name))
        default: nil
        }
    }
}

/// The variables of a project file, as they are written there.
private final class VariablesObject: JinjaObject {
    private let vars: Value
    init(_ vars: JSONObject) { self.vars = Value(.object(vars)) }
    var typeName: String { "VarProvider" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { name == "vars" ? vars : nil }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? { name == "to_dict" ? vars : nil }
}
