public import Kernel

/// What the tasks of one stream hand on to one another, from `read_state` over `extract_stream` to `seal`.
public struct StreamArguments: Hashable, Sendable {
    public var stream: String
    /// What the pipeline says of the stream.
    public var config: JSON
    /// The warehouse's address, its variables unfilled.
    public var warehouse: String
    public var schema: String
    /// What load and seal tasks occupy.
    public var pool: String?
    /// The log sequence of the run's `read_state`: greater for a run that started later. It is the fence's token for the
    /// stream's tables, and all tasks of the run share it.
    public var generation: UInt64
    /// The token of the cursor that was read; the seal moves the cursor only from there.
    public var cursorToken: UInt64

    public init(
        stream: String, config: JSON, warehouse: String, schema: String, pool: String?, generation: UInt64, cursorToken: UInt64
    ) {
        self.stream = stream
        self.config = config
        self.warehouse = warehouse
        self.schema = schema
        self.pool = pool
        self.generation = generation
        self.cursorToken = cursorToken
    }

    public var json: JSON {
        [
            "stream": .string(stream), "config": config, "warehouse": .string(warehouse), "schema": .string(schema),
            "pool": JSON(pool), "generation": .integer(Int64(generation)), "cursor_token": .integer(Int64(cursorToken)),
        ]
    }

    public init(_ args: JSON, of task: TaskID) throws(PlainProblem) {
        guard let stream = args["stream"]?.stringValue, let warehouse = args["warehouse"]?.stringValue,
            let generation = args["generation"]?.intValue, let token = args["cursor_token"]?.intValue, generation >= 0, token >= 0
        else {
            throw PlainProblem(
                "contracts.bad_arguments", "the task does not say its stream, warehouse, generation and cursor_token", at: .named("task \(task)"),
                remedy: "start the run again; if this comes back, the programs are of different versions")
        }
        self.init(
            stream: stream, config: args["config"] ?? [:], warehouse: warehouse, schema: args["schema"]?.stringValue ?? "raw",
            pool: args["pool"]?.stringValue, generation: UInt64(generation), cursorToken: UInt64(token))
    }

    public var disposition: Disposition { config["disposition"]?.stringValue.flatMap(Disposition.init(rawValue:)) ?? .append }
}

/// How a stream's records are written.
public enum Disposition: String, Codable, Sendable, CaseIterable {
    /// Rows are added; those of an older generation of the same window go.
    case append
    /// The table becomes what was read.
    case replace
    /// One row for each key; the newest stands.
    case merge
    /// Each logical date keeps its own copy of what was read.
    case snapshot
}
