public import Kernel

/// Where the models go: one output of a profile.
public struct Target: Hashable, Sendable {
    public var profileName: String
    public var name: String
    /// The adapter: `sqlite`, `postgres`.
    public var type: String
    public var schema: String
    public var database: String
    public var threads: Int
    /// Every member of the output, secrets included: never printed, never written to an artifact.
    public var values: JSONObject

    public init(profileName: String, name: String, type: String, schema: String, database: String, threads: Int = 1, values: JSONObject = JSONObject()) {
        self.profileName = profileName
        self.name = name
        self.type = type
        self.schema = schema
        self.database = database
        self.threads = threads
        self.values = values
    }

    /// How the warehouse is reached, in the order in which dbt's adapter tells it; of an adapter that is not known here, every member
    /// whose name speaks of no secret.
    public var connection: JSONObject {
        var object = JSONObject()
        guard let keys = Self.connectionKeys[type] else {
            for (key, value) in values.pairs where !Self.ownKeys.contains(key) && !Self.secretWords.contains(where: key.lowercased().contains) { object[key] = value }
            return object
        }
        for (key, standard) in keys {
            switch key {
            case "schema": object[key] = .string(schema)
            case "database": object[key] = .string(database)
            default: object[key] = values[key] ?? standard
            }
        }
        return object
    }

    /// What templates see as `target`.
    public var visible: JSONObject {
        var object = connection
        object["schema"] = .string(schema)
        object["database"] = .string(database)
        if type == "postgres" { object["dbname"] = .string(database) }
        object["type"] = .string(type)
        object["threads"] = JSON(threads)
        object["name"] = .string(name)
        object["target_name"] = .string(name)
        object["profile_name"] = .string(profileName)
        return object
    }
    private static let secretWords = ["pass", "token", "secret", "private_key", "keyfile"]
    private static let ownKeys = ["type", "threads"]
    /// What stands for a member that is not written: nothing at all where it must be.
    private static let connectionKeys: [String: [(String, JSON?)]] = [
        "sqlite": [("database", nil), ("schema", nil), ("schemas_and_paths", nil), ("schema_directory", nil)],
        "postgres": [
            ("host", nil), ("port", nil), ("user", nil), ("database", nil), ("schema", nil), ("connect_timeout", 10), ("role", .null), ("search_path", .null), ("keepalives_idle", 0),
            ("sslmode", .null), ("sslcert", .null), ("sslkey", .null), ("sslrootcert", .null), ("application_name", "dbt"), ("autocommit", false), ("retries", 1),
        ],
    ]
}

/// Reads `profiles.yml`.
struct ProfileReader {
    var projectFolder: String
    var profilesFolder: String?
    var profileName: String
    var targetName: String?
    var renderer: YAMLRenderer

    /// The names of all profiles.
    func names() throws(ProjectProblem) -> [String] { try document().0.members.map(\.key).filter { $0 != "config" } }

    /// The first folder that holds a `profiles.yml`: the one asked for, `DBT_PROFILES_DIR`, the project's own, `~/.dbt`.
    private func document() throws(ProjectProblem) -> (YAMLValue, path: String) {
        var folders: [String] = []
        if let profilesFolder { folders = [profilesFolder] }
        else if let folder = renderer.environment["DBT_PROFILES_DIR"] { folders = [folder] }
        else {
            folders = [projectFolder]
            if let home = renderer.environment["HOME"] { folders.append("\(home)/.dbt") }
        }
        guard let folder = folders.first(where: { FileTree.exists("\($0)/profiles.yml") }), let text = FileTree.text("\(folder)/profiles.yml") else {
            throw ProjectProblem(
                "project.no_profiles", "dbt looked for a profiles.yml file in \(folders.joined(separator: ", ")) and found none", at: .named(folders.joined(separator: ", ")),
                remedy: "write one, or name its folder with --profiles-dir or DBT_PROFILES_DIR")
        }
        let path = "\(folder)/profiles.yml"
        return (try YAMLValue.read(text, file: path, isSecret: true), path)
    }

    func read() throws(ProjectProblem) -> Target {
        let (document, path) = try self.document()
        func wrong(_ code: ProblemCode, _ what: String, at place: YAMLValue?, try remedy: String) -> ProjectProblem {
            ProjectProblem(code, what, at: place.map { .file(path, line: $0.line) } ?? .file(path), remedy: remedy)
        }
        if document.members.isEmpty {
            throw wrong("project.bad_profile", "dbt encountered an error while trying to read your profiles.yml file.\n  The profiles.yml file at \(path) is empty", at: nil, try: "write a profile there")
        }
        guard let profile = document[profileName] else {
            let near = Similarity.nearest(to: profileName, among: document.members.map(\.key))
            throw wrong("project.profile_not_found", "Could not find profile named '\(profileName)'", at: nil, try: near.map { "did you mean '\($0)'?" } ?? "add the profile")
        }
        if profile.isMap && profile.members.isEmpty || profile.isList && profile.items.isEmpty || [JSON.null, "", false, 0].contains(profile.json) {
            throw wrong("project.bad_profile", "dbt encountered an error while trying to read your profiles.yml file.\n  Profile \(profileName) in profiles.yml is empty", at: profile, try: "add outputs: with a target")
        }
        var name = targetName
        if name == nil, let written = profile["target"] { name = PythonText.text(try renderer.render(written).json) }
        let target = name ?? "default"
        guard let outputs = profile["outputs"] else { throw wrong("project.bad_profile", "outputs not specified in profile '\(profileName)'", at: profile, try: "add outputs: with a target") }
        guard let written = outputs[target] else {
            let known = outputs.isMap ? outputs.members.map(\.key) : outputs.items.compactMap(\.text)
            throw wrong(
                "project.target_not_found", "The profile '\(profileName)' does not have a target named '\(target)'. The valid target names for this profile are:\(known.map { "\n - \($0)" }.joined())", at: profile,
                try: known.isEmpty ? "add it under outputs:" : "choose one of them")
        }
        guard written.isMap else {
            throw wrong("project.target_not_found", "output '\(target)' of profile '\(profileName)' is misconfigured in profiles.yml", at: written, try: "write its settings below it")
        }
        let output = try renderer.render(written)
        guard let type = output["type"] else {
            throw wrong("project.bad_profile", "required field \"type\" not found in profile \(profileName) and target \(target)", at: written, try: "add type: sqlite, or type: postgres")
        }
        if let fault = ProfileShape.fault(in: output) {
            throw wrong("project.bad_profile", fault.isOfCredentials ? "Credentials in profile \"\(profileName)\", target \"\(target)\" invalid: \(fault.message)" : fault.message, at: written, try: "correct what is written there")
        }
        let values = output.json.objectValue ?? JSONObject()
        return Target(
            profileName: profileName, name: target, type: type.text ?? "", schema: output["schema"]?.text ?? "main",
            database: output["database"]?.text ?? output["dbname"]?.text ?? "", threads: output["threads"]?.text.flatMap { Int($0) } ?? 1, values: values)
    }
}
