public import Jinja
public import Kernel

/// What rendering a node in parse mode (`execute` is false) brought to light.
public struct Capture: Hashable, Sendable {
    public var config = JSONObject()
    public var refs: [Ref] = []
    public var sources: [SourceRef] = []
    /// The macros that the node itself calls, by unique id.
    public var macros: [String] = []
    /// The functions named with `function()`.
    public var functions: [[String]] = []
    /// The metrics named with `metric()`.
    public var metrics: [[String]] = []
    public init() {}

    /// What a text of a schema file refers to, `ref('orders')` say; nil where it is no reference.
    public static func reference(_ text: String) -> Capture? {
        let capture = (try? DbtSyntax.environment.parse("{{ \(text) }}", name: "reference")).flatMap(StaticReader.capture)
        return capture.flatMap { $0.refs.isEmpty && $0.sources.isEmpty ? nil : $0 }
    }
}

/// What the reader needs of whoever renders templates. Compilation gives it; a project of literal references needs none.
public protocol ParseTimeHost: AnyObject {
    /// Called once, when all macros are known and before anything is rendered.
    func prepare(_ manifest: Manifest) throws
    func capture(_ node: Node) throws -> Capture
    /// The texts of the macros that come with dbt: a macro that they mention may be called by any node.
    func libraryTexts(for adapter: String) -> [String]
    /// The unique id of a macro that comes with dbt; nil where it has none of that name.
    /// - Parameter package: `dbt`, or an adapter's package; nil for whichever has it.
    func libraryMacro(_ name: String, in package: String?, for adapter: String) -> String?
    /// The environment variables that templates have asked for so far.
    var environmentRead: Set<String> { get }
    /// Whether templates have asked for what is another thing in each command: the time, ids, flags.
    var isBoundToCommand: Bool { get }
    /// One of dbt's words that need no node, for templates in yml files: `modules`, `run_started_at`.
    func word(ofSchemas name: String) -> Value?
    /// The answer of `generate_schema_name`, `generate_alias_name` or `generate_database_name`.
    /// - Parameter package: where the macro is looked for first.
    func generatedName(_ macro: String, of package: String, custom: String?, node: Node) throws -> String
    /// The same for an export of a saved query, which has `name`, `config` and `unrendered_config`.
    func generatedName(_ macro: String, of package: String, custom: String?, export: JSON) throws -> String
}
