internal import Contracts
internal import Kernel
internal import WarehouseKit

/// What a `read_state` task is told, and the extract tasks that it makes of that and the cursors.
struct StatePlan {
    let pool: String?
    private let assignment: Assignment
    private let warehouse: String
    private let schema: String
    private let connections: [JSON]
    /// The streams that a run has left to do of an earlier one; nil for all.
    private let only: Set<String>?

    init(_ assignment: Assignment) throws {
        let args = assignment.spec.args
        self.assignment = assignment
        warehouse = args["warehouse"]?.stringValue ?? ""
        schema = args["schema"]?.stringValue ?? "raw"
        pool = args["pool"]?.stringValue
        connections = args["connections"]?.arrayValue ?? []
        only = args["only"]?.arrayValue.map { Set($0.compactMap(\.stringValue)) }
        var seen: Set<String> = []
        for stream in connections.flatMap({ $0["streams"]?.objectValue?.keys ?? [] }) {
            try Self.check(stream, isNew: seen.insert(stream).inserted, step: assignment.spec.step)
        }
        for (stream, config) in connections.flatMap({ $0["streams"]?.objectValue?.pairs ?? [] }) { try Self.check(config, of: stream) }
    }

    private static func check(_ stream: String, isNew: Bool, step: String) throws {
        guard Name.isValid(stream) else {
            throw PlainProblem(
                "settings.bad_stream", "'\(stream)' is no name for a stream", at: .named("step \(step)"),
                remedy: "use lower-case letters, digits and _, starting with a letter; it becomes the table's name")
        }
        guard isNew else {
            throw PlainProblem(
                "settings.stream_twice", "two connections have a stream '\(stream)', and both would write one table", at: .named("step \(step)"),
                remedy: "name one of them otherwise, or give them steps with different schemas")
        }
    }

    private static func check(_ config: JSON, of stream: String) throws {
        _ = try ColumnRules(StreamArguments(stream: stream, config: config, warehouse: "", schema: "", pool: nil, generation: 0, cursorToken: 0))
        _ = try QuarantineLimit(config["quarantine_max"], of: stream)
        guard let word = config["disposition"], !word.isNull else { return }
        guard word.stringValue.flatMap(Disposition.init(rawValue:)) != nil else {
            throw PlainProblem(
                "settings.bad_disposition", "the disposition of stream '\(stream)' is none that there is", at: .named("stream \(stream)"),
                remedy: "use one of: " + Disposition.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    func tasks(cursor: (String) throws -> StoredCursor) throws -> [TaskSpec] {
        var tasks: [TaskSpec] = []
        for connection in connections {
            for (stream, config) in connection["streams"]?.objectValue?.pairs ?? [] where only?.contains(stream) != false {
                let stored = try cursor(stream)
                let arguments = StreamArguments(
                    stream: stream, config: config.isNull ? [:] : config, warehouse: warehouse, schema: schema, pool: pool,
                    generation: assignment.token, cursorToken: stored.token)
                var args = arguments.json
                args["connector"] = connection["connector"]
                args["settings"] = connection["settings"] ?? [:]
                // A table that is replaced as a whole is read as a whole.
                args["cursor"] = assignment.isFullRefresh || arguments.disposition == .replace ? .null : stored.cursor
                let task = assignment.spec
                tasks.append(
                    TaskSpec(
                        id: TaskID("\(task.step).extract.\(stream)"), step: task.step, role: .extract, kind: "extract_stream", title: stream,
                        args: args, after: [.task(task.id)], attemptsMax: task.attemptsMax, backoffSeconds: task.backoffSeconds,
                        priority: task.priority))
            }
        }
        return tasks
    }
}
