public import Kernel
public import Project

/// One command as templates see it: the same for every node of a run, on whichever replica it is compiled.
public struct Invocation: Hashable, Sendable {
    public var id: String
    public var startedAt: Timestamp
    /// dbt's word for the command: `run`, `build`, `test`, `seed`, `compile`, `parse`.
    public var command: String
    public var isFullRefresh: Bool
    /// `--warn-error`: a test that would warn fails.
    public var failsOnWarnings = false
    /// The same of `exceptions.warn` in a template.
    public var failsOnTemplateWarnings = false
    /// `--store-failures`: for tests that do not say themselves.
    public var storesFailures = false
    /// `--no-inject-ephemeral-ctes`: false where the SQL of models that nobody stores is not written into their readers'.
    public var injectsEphemerals = true
    /// `--empty`: readers get the shape of their parents and none of the rows.
    public var isEmpty = false
    /// `--sample`: what models read of inputs with an `event_time`.
    public var sample: SampleWindow?
    /// The moment at which the newest batch and a sample end; nil for the present.
    public var asOf: Timestamp?
    /// `--defer` with `--favor-state`: what is not selected is read where the state has it, even if it is here too.
    public var favorsState = false
    /// The options of the command line by dbt's names: `flags` and `invocation_args_dict`.
    public var options = JSONObject()
    /// The unique ids that the command works on.
    public var selected: [String]

    public init(id: String, startedAt: Timestamp, command: String, isFullRefresh: Bool = false, selected: [String] = []) {
        self.id = id
        self.startedAt = startedAt
        self.command = command
        self.isFullRefresh = isFullRefresh
        self.selected = selected
    }
}

/// A stretch of time that a microbatch model is built for.
public struct Batch: Hashable, Sendable {
    /// The model that is built.
    public var node: String
    /// As SQL writes them: `2026-01-01 00:00:00+00:00`; the end belongs to the next batch.
    public var start: String?
    public var end: String?
    public var id: String
    /// Whether it adds to what is there even where a full refresh is asked for: of several batches only the first makes the table anew.
    public var keepsTable = false

    public init(node: String, id: String, start: String?, end: String?) {
        self.node = node
        self.id = id
        self.start = start
        self.end = end
    }
}

/// A node ready to be run.
public struct CompiledNode: Hashable, Sendable {
    public var node: Node
    /// The SQL, ephemeral models included as common table expressions.
    public var sql: String
    /// How the relation that it builds is written in SQL; nil where it builds none.
    public var relationName: String?
    /// The ephemeral models that were put into it, each after what it reads.
    public var ephemerals: [Injection]

    /// An ephemeral model's id, and the common table expression that stands for it: dbt's `extra_ctes`.
    public struct Injection: Hashable, Sendable {
        public let id: String
        public let sql: String
    }

    public init(node: Node, sql: String, relationName: String?, ephemerals: [Injection]) {
        self.node = node
        self.sql = sql
        self.relationName = relationName
        self.ephemerals = ephemerals
    }
}
