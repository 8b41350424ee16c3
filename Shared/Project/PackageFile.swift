internal import Digest
public import Kernel

/// What `dbt_project.yml` says.
public struct PackageFile: Sendable {
    public var folder: String
    public var name: String
    public var version: String?
    public var profile: String?
    public var modelPaths = ["models"]
    public var seedPaths = ["seeds"]
    public var testPaths = ["tests"]
    public var analysisPaths = ["analyses"]
    public var macroPaths = ["macros"]
    public var snapshotPaths = ["snapshots"]
    public var functionPaths = ["functions"]
    public var docsPaths: [String]?
    /// Where schema files lie.
    var schemaFolders: [String] { modelPaths + seedPaths + testPaths + analysisPaths + macroPaths + snapshotPaths + functionPaths }
    /// Folders that stand beside the documentation, such as pictures that descriptions show.
    public var assetPaths: [String] = []
    public var targetPath = "target"
    public var packagesPath = "dbt_packages"
    public var onRunStart: [String] = []
    public var onRunEnd: [String] = []
    public var vars = JSONObject()
    /// Those of `vars`, `name` or `package.name`, that are dates or times to Python.
    public var dates: Set<String> = []
    public var dispatch: [(namespace: String, order: [String])] = []
    public var flags = JSONObject()
    /// Whether protected models are for this package alone.
    public var restrictsAccess = false
    public var cleanTargets: [String]?
    public var logPath: String?
    /// `query-comment`: a text, a map with `comment` and `append`, or null for none; nil where nothing is said.
    public var queryComment: JSON?
    public var requiredVersions: [String] = []
    public var quoting = JSONObject()
    /// The configuration sections: `models`, `seeds`, `data_tests`, `sources` …
    var sections: [String: YAMLValue] = [:]
    /// The same as they are written, before templates in them are filled.
    var writtenSections: [String: YAMLValue] = [:]
    /// Of the file's text.
    var checksum = ""
    /// What its `.dbtignore` names.
    var ignored = IgnoreList()
    /// What dbt tells of the file each time.
    public internal(set) var warnings: [ProjectWarning] = []

    /// One of the sections that configure nodes, such as `models`; an empty map where the file has none.
    public func configuration(of section: String) -> JSON { sections[section]?.json ?? [:] }

    /// Paths of the files below one of its folders that end so, relative to the folder, sorted. Case does not matter, as it does not to dbt.
    func files(in folder: String, _ endings: [String]) -> [String] {
        FileTree.files(in: "\(self.folder)/\(folder)").filter { file in
            let name = file.lowercased()
            return endings.contains(where: name.hasSuffix) && !ignored.contains("\(folder)/\(file)")
        }
    }

    /// A name that packages and projects may have.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
            && !(0x30...0x39).contains(text.utf8.first ?? 0)
    }
}

/// Reads `dbt_project.yml`.
struct PackageFileReader {
    var folder: String
    var renderer: YAMLRenderer

    private static let known: Set<String> = [
        "name", "version", "config-version", "profile", "model-paths", "seed-paths", "test-paths", "analysis-paths", "macro-paths",
        "snapshot-paths", "docs-paths", "asset-paths", "function-paths", "target-path", "log-path", "packages-install-path", "clean-targets",
        "require-dbt-version", "quoting", "models", "seeds", "snapshots", "sources", "tests", "data_tests", "unit_tests", "exposures", "metrics",
        "semantic-models", "saved-queries", "functions", "vars", "on-run-start", "on-run-end", "dispatch", "query-comment", "flags", "packages",
        "dbt-cloud", "restrict-access", "analyses", "source-paths", "data-paths", "analysis_paths",
    ]

    /// The profile that the file names, which must be known before the rest is rendered: that may ask for the target.
    func profile(problems: ProblemList) throws(ProjectProblems) -> String? {
        do throws(ProjectProblem) {
            var duplicates: [String] = []
            let document = try written(duplicates: &duplicates).document
            guard document.isMap, !document.members.isEmpty else {
                throw ProjectProblem("project.bad_project", "dbt_project.yml does not parse to a dictionary", at: .file("dbt_project.yml"), remedy: "write name: and profile: there")
            }
            guard let profile = document["profile"] else { return nil }
            let name = try renderer.render(profile)
            return name.isNull ? nil : PythonText.text(name.json)
        } catch {
            problems.add(error)
            throw ProjectProblems(problems.problems)
        }
    }

    private func written(duplicates: inout [String]) throws(ProjectProblem) -> (document: YAMLValue, text: String) {
        guard let text = FileTree.text("\(folder)/dbt_project.yml") else {
            throw ProjectProblem(
                "project.not_found",
                "No dbt_project.yml found at expected path \(folder == "." ? FileTree.currentFolder : folder)/dbt_project.yml\nVerify that each entry within packages.yml (and their transitive dependencies) contains a file named dbt_project.yml\n",
                at: .file(folder), remedy: "name the project's folder with --project-dir")
        }
        return (try YAMLValue.read(text, file: "dbt_project.yml", duplicates: &duplicates), text)
    }

    func read(problems: ProblemList) throws(ProjectProblems) -> PackageFile {
        do throws(ProjectProblem) {
            var duplicates: [String] = []
            let (written, text) = try written(duplicates: &duplicates)
            // Hooks are templates of their run, not of the project file.
            let document = try renderer.render(written, leaving: ["on-run-start", "on-run-end", "pre-hook", "post-hook", "+pre-hook", "+post-hook", "pre_hook", "post_hook", "+pre_hook", "+post_hook", "query-comment", "vars"])
            var file = try packageFile(document, problems)
            let path = "\(FileTree.absolute(folder))/dbt_project.yml"
            file.warnings = duplicates.map { .init("DuplicateYAMLKeysDeprecation", "\($0) in file `\(path)`", .deprecation) } + (try Self.outdated(document))
            file.writtenSections = Self.sections(of: written.timed)
            // dbt looks for what was written by names that the file itself may not use.
            for section in ["semantic-models", "saved-queries"] { file.writtenSections[section] = nil }
            file.checksum = Digest.hex(.sha256, ProjectReader.trimmed(text))
            file.ignored = IgnoreList(FileTree.text("\(folder)/.dbtignore") ?? "")
            return file
        } catch {
            problems.add(error)
            throw ProjectProblems(problems.problems)
        }
    }

    private func packageFile(_ document: YAMLValue, _ problems: ProblemList) throws(ProjectProblem) -> PackageFile {
        if let (message, place) = ProjectShape.fault(in: document) {
            throw ProjectProblem(
                "project.bad_project", message, at: place.isMap && place.line <= 1 ? .file("dbt_project.yml") : place.location, remedy: "correct what is written there")
        }
        let name = document["name"]?.text ?? ""
        for member in document.members where !Self.known.contains(member.key) {
            let near = Similarity.nearest(to: member.key, among: Self.known)
            problems.add(
                "project.unknown_key", "at path []: Additional properties are not allowed ('\(member.key)' was unexpected)", at: .file("dbt_project.yml", line: member.line),
                remedy: near.map { "did you mean '\($0)'?" } ?? "remove it")
        }
        var file = PackageFile(folder: folder, name: name)
        file.version = document["version"]?.text
        file.profile = document["profile"]?.text
        func paths(_ key: String, _ old: String? = nil) -> [String]? { (document[key] ?? old.flatMap { document[$0] }).flatMap { $0.isNull ? nil : $0.strings } }
        file.modelPaths = paths("model-paths", "source-paths") ?? file.modelPaths
        file.seedPaths = paths("seed-paths", "data-paths") ?? file.seedPaths
        file.testPaths = paths("test-paths") ?? file.testPaths
        file.analysisPaths = paths("analysis-paths") ?? file.analysisPaths
        file.macroPaths = paths("macro-paths") ?? file.macroPaths
        file.snapshotPaths = paths("snapshot-paths") ?? file.snapshotPaths
        file.functionPaths = paths("function-paths") ?? file.functionPaths
        file.docsPaths = paths("docs-paths")
        file.assetPaths = paths("asset-paths") ?? file.assetPaths
        file.targetPath = document["target-path"]?.text ?? renderer.environment["DBT_TARGET_PATH"] ?? file.targetPath
        file.packagesPath = document["packages-install-path"]?.text ?? file.packagesPath
        file.onRunStart = document["on-run-start"]?.strings ?? []
        file.onRunEnd = document["on-run-end"]?.strings ?? []
        file.vars = document["vars"]?.json.objectValue ?? JSONObject()
        file.dates = document["vars"]?.dates ?? []
        file.flags = document["flags"]?.json.objectValue ?? JSONObject()
        file.restrictsAccess = document["restrict-access"]?.json.boolValue ?? false
        file.cleanTargets = document["clean-targets"]?.strings
        file.logPath = document["log-path"]?.text
        file.queryComment = document["query-comment"]?.json
        file.requiredVersions = document["require-dbt-version"]?.strings ?? []
        file.quoting = document["quoting"]?.json.objectValue ?? JSONObject()
        file.dispatch = document["dispatch"]?.items.compactMap { entry in
            entry["macro_namespace"]?.text.map { ($0, entry["search_order"]?.strings ?? []) }
        } ?? []
        file.sections = Self.sections(of: document)
        return file
    }

    /// Paths under names that they had before, or that belong on the line now.
    private static func outdated(_ document: YAMLValue) throws(ProjectProblem) -> [ProjectWarning] {
        var found: [ProjectWarning] = []
        for (old, new, event) in [("source-paths", "model-paths", "ConfigSourcePathDeprecation"), ("data-paths", "seed-paths", "ConfigDataPathDeprecation")] {
            guard let value = document[old] else { continue }
            guard document[new] == nil else {
                throw ProjectProblem(
                    "project.bad_path", "\(old) and \(new) cannot both be defined. The `\(old)` config has been deprecated in favor of `\(new)`. Please update your `dbt_project.yml` configuration to reflect this change.",
                    at: value.location, remedy: "remove \(old)")
            }
            found.append(.init(event, "The `\(old)` config has been renamed to `\(new)`. Please update your `dbt_project.yml` configuration to reflect this change.", .namelessDeprecation))
        }
        for (key, usual, what, event) in [("log-path", "logs", "logs", "ConfigLogPathDeprecation"), ("target-path", "target", "artifacts", "ConfigTargetPathDeprecation")] {
            guard let value = document[key], value.text != usual else { continue }
            found.append(
                .init(
                    event,
                    "The `\(key)` config in `dbt_project.yml` has been deprecated, and will no longer be supported in a future version of dbt-core. If you wish to write dbt \(what) to a custom directory, please use the --\(key) CLI flag or DBT_\(what == "logs" ? "LOG" : "TARGET")_PATH env var instead.",
                    .namelessDeprecation))
        }
        return found
    }

    private static func sections(of document: YAMLValue) -> [String: YAMLValue] {
        var sections: [String: YAMLValue] = [:]
        for key in [
            "models", "seeds", "snapshots", "analyses", "sources", "data_tests", "unit_tests", "exposures", "metrics", "semantic-models", "saved-queries",
            "functions",
        ] { sections[key] = document[key] }
        if sections["data_tests"] == nil { sections["data_tests"] = document["tests"] }
        return sections
    }
}
