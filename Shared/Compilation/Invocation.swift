public import Kernel

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
