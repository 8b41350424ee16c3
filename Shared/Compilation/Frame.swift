internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// What is being rendered now, and what that has brought to light so far.
final class Frame {
    enum Mode { case parse, execute }
    /// Its configuration may be changed by the text that is rendered: `config.set`.
    var node: Node? { didSet { modelValue = nil } }
    let package: String
    let mode: Mode
    /// The package whose macro the adapter is carrying out: its own macros are what a plain name means there.
    var callee: String?
    var capture = Capture()
    /// Ephemeral models that the text refers to, in order.
    var ephemerals: [String] = []
    /// Results by name, for `load_result`.
    var results: [String: Value] = [:]
    /// The SQL of the statement `main`, for messages and artifacts.
    var mainSQL: String?
    /// Names that only this text sees, for example `sql` in a materialization or a hook's `results`.
    var variables: [String: Value] = [:]
    /// The unit test whose model it is: what that reads must be given.
    var unitTest: Node?
    /// Macros of packages that a unit test replaces, by `package.name`.
    var macroOverrides: [String: Value] = [:]
    /// Packages whose macros were asked for as a dictionary, which may have been changed since.
    var namespaces: [String: DictValue] = [:]
    /// What `model` has besides what the manifest says of the node.
    var modelExtras: [(String, Value)] = []
    /// Whether a macro is run by itself, outside of any node.
    var isOfMacro = false
    /// The macro that it is, where it is the project's or a package's: `model` is it then.
    var macro: Project.Macro?
    static let batchPrefix = "__dbt_internal_microbatch_"
    private var modelValue: Value?

    init(_ node: Node?, package: String, mode: Mode) {
        self.node = node
        self.package = package
        self.mode = mode
    }

    /// Where the node lies; nil while its file is read, as its own configuration is to say it: `config(target_schema=schema)`.
    func place(_ part: KeyPath<Node, String>) -> String? { node.map { $0[keyPath: part] }.flatMap { $0.isEmpty ? nil : $0 } }

    /// `model`, made when it is first asked for.
    var model: Value {
        if let modelValue { return modelValue }
        if let macro { return remembered(Value(ManifestWriter.model(of: macro))) }
        guard let node else { return .none }
        let model = Value(ManifestWriter.model(of: node))
        for (name, value) in modelExtras { model.asDict?[name] = value }
        // What macros asked for before there was `model.batch`.
        if let batch = model.asDict?["batch"]?.asDict, let config = model.asDict?["config"]?.asDict {
            for name in ["event_time_start", "event_time_end"] { config[Self.batchPrefix + name] = batch[name] ?? Value.none }
        }
        translateTypes(of: model)
        return remembered(model)
    }

    private func remembered(_ model: Value) -> Value {
        modelValue = model
        return model
    }

    /// A contract's types may be dbt's general ones, unless it says that they are the engine's own.
    private func translateTypes(of model: Value) {
        guard model.asDict?["contract"]?.asDict?["alias_types"]?.asInt == 1 else { return }
        for (_, column) in model.asDict?["columns"]?.asDict?.pairs ?? [] {
            if let type = column.asDict?["data_type"]?.asString { column.asDict?["data_type"] = .string(Dialect.translate(type)) }
        }
    }
}
