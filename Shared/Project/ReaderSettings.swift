public import Kernel

/// How a project is to be read.
public struct ReaderSettings: Sendable {
    public var projectFolder: String
    public var profilesFolder: String?
    public var targetName: String?
    /// Takes the place of profiles.yml, which is then not read.
    public var target: Target?
    public var profileName: String?
    public var vars = JSONObject()
    /// Those of `vars` that are dates or times to Python.
    public var dates: Set<String> = []
    public var environment: [String: String]
    /// Whether `require-dbt-version` is heeded.
    public var checksVersion = true
    /// Whether what is found is kept in the target folder for the next reading.
    public var keepsCache = false
    /// Whether what the last reading kept is used; nil where the project decides.
    public var usesCache: Bool?
    /// Takes the place of the project's own `target-path`.
    public var targetPath: String?

    public init(projectFolder: String, environment: [String: String]) {
        self.projectFolder = projectFolder
        self.environment = environment
    }
}
