internal import Digest
internal import FoundationEssentials
public import Compilation
public import Kernel
public import Project

/// What a plan was made with, so that every replica compiles the same: no secret in it, environment variables by digest.
public struct InvocationRecord: Hashable, Sendable {
    public var id: String
    public var startedAt: Timestamp
    public var command: String
    public var isFullRefresh: Bool
    public var vars: JSONObject
    public var targetName: String
    public var targetType: String
    public var schema: String
    /// The environment variables read while the project was read: name and digest, empty where it was not set.
    public var environment: [String: String]

    public init(
        id: String, startedAt: Timestamp, command: String, isFullRefresh: Bool, vars: JSONObject, targetName: String, targetType: String,
        schema: String, environment: [String: String]
    ) {
        self.id = id
        self.startedAt = startedAt
        self.command = command
        self.isFullRefresh = isFullRefresh
        self.vars = vars
        self.targetName = targetName
        self.targetType = targetType
        self.schema = schema
        self.environment = environment
    }

    public static func digests(of names: some Sequence<String>, in environment: [String: String]) -> [String: String] {
        var digests: [String: String] = [:]
        for name in names { digests[name] = environment[name].map { Digest.hex(.sha256, $0) } ?? "" }
        return digests
    }

    /// Refuses an environment in which the project would read differently.
    public func check(_ environment: [String: String]) throws {
        for (name, digest) in self.environment.sorted(by: { $0.key < $1.key }) {
            let own = environment[name].map { Digest.hex(.sha256, $0) } ?? ""
            guard own == digest else {
                throw PlainProblem(
                    "transform.environment_differs", "the environment variable \(name), which the project reads, has another value here than where the plan was made",
                    at: .named("env_var('\(name)')"), remedy: "give every replica the same \(name)")
            }
        }
    }

    public var target: Target {
        Target(profileName: "sluice", name: targetName, type: targetType, schema: schema, database: "")
    }

    public func invocation(selected: [String] = []) -> Invocation {
        Invocation(id: id, startedAt: startedAt, command: command, isFullRefresh: isFullRefresh, selected: selected)
    }

    // MARK: Storage

    private var json: JSON {
        JSON([
            ("id", .string(id)), ("started_at", .string(startedAt.description)), ("command", .string(command)), ("full_refresh", .bool(isFullRefresh)),
            ("vars", .object(vars)), ("target", .string(targetName)), ("type", .string(targetType)), ("schema", .string(schema)),
            ("env", JSON(environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ])
    }

    /// Stores the record by its content and returns its digest.
    public func store(in projects: String) throws -> String {
        let bytes = json.bytes
        let hash = Digest.hex(.sha256, bytes)
        try DurableFile.createFolder("\(projects)/invocations")
        _ = try DurableFile.create("\(projects)/invocations/\(hash).json", with: bytes)
        return hash
    }

    public static func load(_ hash: String, in projects: String) throws -> InvocationRecord {
        let path = "\(projects)/invocations/\(hash).json"
        guard let bytes = DurableFile.read(path) else {
            throw PlainProblem("transform.invocation_missing", "this replica has no record of the invocation \(hash.prefix(12))", at: .file(path), remedy: "let all replicas share the folder of sealed projects")
        }
        guard Digest.hex(.sha256, bytes) == hash, let json = try? JSON(parsing: bytes), let id = json["id"]?.stringValue,
            let startedAt = json["started_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else {
            throw PlainProblem("transform.invocation_differs", "the record of the invocation \(hash.prefix(12)) was changed", at: .file(path), remedy: "run the pipeline again; records must not be edited")
        }
        var environment: [String: String] = [:]
        for (name, value) in json["env"]?.objectValue?.pairs ?? [] { environment[name] = value.stringValue ?? "" }
        return InvocationRecord(
            id: id, startedAt: startedAt, command: json["command"]?.stringValue ?? "", isFullRefresh: json["full_refresh"]?.boolValue ?? false,
            vars: json["vars"]?.objectValue ?? JSONObject(), targetName: json["target"]?.stringValue ?? "", targetType: json["type"]?.stringValue ?? "",
            schema: json["schema"]?.stringValue ?? "", environment: environment)
    }

    /// The time that the first planner of this task wrote down: a second delivery of the plan reads it back.
    public static func firstStart(of key: String, in projects: String, now: Timestamp) throws -> Timestamp {
        try DurableFile.createFolder("\(projects)/invocations")
        let path = "\(projects)/invocations/start-\(Digest.hex(.sha256, key)).txt"
        _ = try DurableFile.create(path, with: Array(now.description.utf8))
        guard let bytes = DurableFile.read(path) else {
            throw PlainProblem("execute.disk", "the start of the run cannot be read", at: .file(path), remedy: "check who may read there", response: .retry(afterSeconds: nil))
        }
        guard let time = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else {
            throw PlainProblem("transform.start_differs", "the start of the run was changed and is no time", at: .file(path), remedy: "run the pipeline again; records must not be edited")
        }
        return time
    }

    /// An id in the form of a UUID, made of a key: the same for each delivery.
    public static func id(of key: String) -> String {
        let hex = Array(Digest.hex(.sha256, key).utf8)
        let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return cuts.map { String(decoding: hex[$0], as: UTF8.self) }.joined(separator: "-")
    }
}
