public import Kernel

/// The artifacts of an earlier run, ours or dbt's, in the folder of `--state`.
public final class PreviousState {
    private let folder: String
    private let targetFolder: String
    private var read: [String: JSON] = [:]

    /// - Parameter targetFolder: where this project's own artifacts lie.
    public init(folder: String, targetFolder: String) {
        self.folder = folder
        self.targetFolder = targetFolder
    }

    public func manifest() throws(ProjectProblem) -> JSON { try artifact("manifest.json", in: folder) }

    private func artifact(_ name: String, in folder: String) throws(ProjectProblem) -> JSON {
        let path = "\(folder)/\(name)"
        if let known = read[path] { return known }
        guard let bytes = FileTree.bytes(path) else {
            throw ProjectProblem("project.no_state", "there is no \(name) in the state's folder", at: .file(path), remedy: "name the folder of earlier artifacts with --state")
        }
        guard let json = try? JSON(parsing: bytes) else {
            throw ProjectProblem("project.bad_state", "the artifact cannot be read as JSON", at: .file(path), remedy: "make it anew with dbt parse, or with the run that it is from")
        }
        let version = json["metadata"]?["dbt_schema_version"]?.stringValue ?? ""
        if name == "manifest.json", !version.contains("/manifest/v") || ["v1.", "v2.", "v3."].contains(where: { version.hasSuffix("/\($0)json") }) {
            throw ProjectProblem("project.bad_state", "the manifest has a version that cannot be compared: \(version)", at: .file(path), remedy: "make it anew with dbt 1.4 or later")
        }
        read[path] = json
        return json
    }

    // MARK: Results

    private static let statuses: Set<String> = ["success", "error", "skipped", "partial success", "pass", "fail", "warn", "runtime error", "no-op", "reused"]

    func ids(result status: String, of manifest: Manifest) throws(ProjectProblem) -> Set<String> {
        guard Self.statuses.contains(status) else {
            throw Selection.Criterion.wrong("there is no status '\(status)'", "choose one of: \(Self.statuses.sorted().joined(separator: ", "))")
        }
        let results = try artifact("run_results.json", in: folder)["results"]?.arrayValue ?? []
        return Set(results.filter { $0["status"]?.stringValue == status }.compactMap { $0["unique_id"]?.stringValue })
            .filter { manifest[$0] != nil || manifest.sources[$0] != nil }
    }

    /// Sources that have newer rows than they had then.
    func ids(sourceStatus: String) throws(ProjectProblem) -> Set<String> {
        func newest(_ sources: JSON) -> [String: String] {
            var found: [String: String] = [:]
            for result in sources["results"]?.arrayValue ?? [] {
                if let id = result["unique_id"]?.stringValue, let time = result["max_loaded_at"]?.stringValue { found[id] = time }
            }
            return found
        }
        let before = newest(try artifact("sources.json", in: folder))
        let now = newest(try artifact("sources.json", in: targetFolder))
        // As in dbt, no source has any other status.
        guard sourceStatus == "fresher" else { return [] }
        return Set(now.filter { id, time in before[id].map { $0 < time } ?? true }.keys)
    }
}
