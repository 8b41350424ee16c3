public import Kernel

/// A project as read: every resource, resolved and linked. The reader makes it, nothing changes it afterwards.
public struct Manifest: Sendable {
    /// The project itself, then its installed packages.
    public var packages: [PackageFile]
    public var target: Target
    public var nodes: [String: Node] = [:]
    public var sources: [String: SourceTable] = [:]
    /// What is in the graph and never in the warehouse: unit tests, exposures, metrics, semantic models, saved queries.
    public var others: [String: Node] = [:]
    public var groups: [String: Group] = [:]
    /// `package.name` of a model with versions → the unique id of its latest one.
    public var latestVersions: [String: String] = [:]
    public var macros: [String: Macro] = [:]
    public var macroFiles: [MacroFile] = []
    public var docs: [Doc] = [] { didSet { docPlaces = Dictionary(docs.enumerated().map { ($1.uniqueID, $0) }) { first, _ in first } } }
    private(set) var docPlaces: [String: Int] = [:]
    public var disabled: [Node] = []
    public var disabledSources: [SourceTable] = []
    /// `selectors.yml` as the manifest has it.
    public var selectors = SelectorsFile()
    /// Environment variables named `DBT_ENV_CUSTOM_ENV_…`, which artifacts carry.
    public var metadataEnvironment = JSONObject()
    /// `on-run-start` and `on-run-end` of all packages, as nodes: the project's first, then the packages'.
    public var hooks: [Hook] = []
    /// Where the nodes of another environment lie, by unique id: `--defer` reads them there.
    public var deferred: [String: DeferredRelation] = [:]
    /// What was passed with `--vars`.
    public var commandVars: JSONObject
    /// Those of them that are dates or times to Python.
    public var commandDates: Set<String> = []
    /// How many files its resources were read from.
    public var fileCount: Int {
        var files = Set((Array(nodes.values) + others.values).map { "\($0.rootFolder)/\($0.originalFilePath)" })
        for macro in macros.values { files.insert("\(macro.rootFolder)/\(macro.originalFilePath)") }
        return files.count
    }
    /// The environment variables that the project read, by name.
    public var environmentRead: Set<String> = []
    /// What is told of its files, in the order in which dbt comes upon it.
    public var warnings: [ProjectWarning] = []
    public internal(set) var graph = Graph()
    /// Names what was read, where it is kept for the next reading: a manifest of the same name is the same. Empty otherwise.
    var nameOfParse = ""
    /// What is not as in an earlier reading, where this one only brought that one up to date.
    var difference: Difference?

    /// The unique ids of what an earlier reading has not, or has otherwise, or has and this one has not.
    struct Difference: Sendable {
        /// The earlier one's `nameOfParse`.
        var earlier: String
        var resources: Set<String> = []
        /// Of whose parents, and whose children.
        var parents: Set<String> = []
        var children: Set<String> = []
    }

    public struct Doc: Hashable, Sendable {
        public var uniqueID: String
        public var name: String
        public var packageName: String
        public var originalFilePath: String
        public var text: String
    }

    /// One statement that runs before or after all nodes.
    public struct Hook: Hashable, Sendable {
        public var node: Node
        public var isAtStart: Bool
        public var index: Int
        /// As lines of progress name it: `shop.on-run-start.0`, counted over all packages.
        /// - Parameter place: counted from 1.
        public func title(_ place: Int) -> String { "\(node.packageName).\(isAtStart ? "on-run-start" : "on-run-end").\(place - 1)" }
    }

    /// A node of an earlier manifest, as the warehouse names it.
    public struct DeferredRelation: Hashable, Sendable {
        public var database: String
        public var schema: String
        public var identifier: String
        public init(database: String, schema: String, identifier: String) {
            self.database = database
            self.schema = schema
            self.identifier = identifier
        }
    }

    /// Who answers for some models.
    public struct Group: Hashable, Sendable {
        public var uniqueID: String
        public var name: String
        public var packageName: String
        public var originalFilePath: String
        public var description: String?
        public var owner: JSON
        public var config = JSONObject()
    }

    public var project: PackageFile { packages[0] }

    var validatesMacroArguments: Bool { project.flags["validate_macro_args"]?.boolValue == true }

    /// Whether a model is built batch by batch.
    public func isBuiltInBatches(_ node: Node) -> Bool {
        guard node.resourceType == .model, node.config.materialized == "incremental", node.config["incremental_strategy"] == "microbatch" else { return false }
        return runsBatches
    }
    /// Where a project writes its own microbatch strategy, a flag has to ask for batches, as in dbt.
    var runsBatches: Bool {
        project.flags["require_batched_execution_for_custom_microbatch_strategy"]?.boolValue == true
            || !packages.contains { macros["macro.\($0.name).get_incremental_microbatch_sql"] != nil }
    }

    /// A node or anything else of the graph but a source.
    public subscript(id: String) -> Node? { nodes[id] ?? others[id] }
    public func others(of type: ResourceType) -> [String: Node] { others.filter { $0.value.resourceType == type } }

    /// A variable as a resource of `package` sees it: the command line, then the project, then the package itself.
    /// - Returns: also whether it is a date or time to Python, as it stands without quotes.
    public func variable(_ name: String, package: String) -> (value: JSON, isDate: Bool)? {
        if let value = commandVars[name] { return (value, commandDates.contains(name)) }
        for file in [project] + packages.dropFirst().filter({ $0.name == package }) {
            if let value = file.vars[package]?[name] { return (value, file.dates.contains("\(package).\(name)")) }
            if let value = file.vars[name] { return (value, file.dates.contains(name)) }
        }
        return nil
    }

    public func doc(_ name: String, of package: String) -> Doc? { docPlaces["doc.\(package).\(name)"].map { docs[$0] } }

    /// All that `variable` looks into; of a name that is there more than once the one that counts.
    public func variables(of package: String) -> JSONObject {
        var all = JSONObject()
        for file in packages.dropFirst().filter({ $0.name == package }) + [project] {
            for (name, value) in file.vars.pairs + (file.vars[package]?.objectValue?.pairs ?? []) { all[name] = value }
        }
        for (name, value) in commandVars.pairs { all[name] = value }
        return all
    }

    /// dbt's words for a variable that nobody has set: all that are set stand below.
    public static func lack(of name: String, for reader: String?, given: JSONObject) -> String {
        "Required var '\(name)' not found in config:\nVars supplied to \(reader ?? "<Configuration>") = \(PythonText.indented(.object(given)))"
    }

    /// The packages that are asked, in order, for what a resource of `package` names: the project comes before the package itself unless a flag
    /// has it otherwise, as in dbt.
    public func owners(of name: String?, from package: String) -> [String] {
        if let name { return [name] }
        let isOwnFirst = project.flags["require_ref_searches_node_package_before_root"]?.boolValue == true
        return (isOwnFirst ? [package, project.name] : [project.name, package]) + packages.map(\.name)
    }

    /// The model, seed or snapshot that `ref` means inside `package`.
    public func node(for ref: Ref, from package: String) -> Node? {
        for owner in owners(of: ref.package, from: package) {
            if let node = node(for: ref, of: owner) { return node }
        }
        return nil
    }

    /// The ids of what `ref` may mean inside `package` where that is more than one: several packages have it, and neither of the two nearest.
    func namesakes(of ref: Ref, from package: String) -> [String] {
        guard ref.package == nil, packages.count > 2, node(for: ref, of: project.name) == nil, node(for: ref, of: package) == nil else { return [] }
        let found = packages.compactMap { node(for: ref, of: $0.name)?.uniqueID }
        return found.count > 1 ? found : []
    }

    func node(for ref: Ref, of owner: String) -> Node? {
        if let version = ref.version { return nodes["model.\(owner).\(ref.name).v\(version)"] }
        for type in ["model", "seed", "snapshot"] {
            if let node = nodes["\(type).\(owner).\(ref.name)"] { return node }
        }
        return latestVersions["\(owner).\(ref.name)"].flatMap { nodes[$0] }
    }

    /// The newest version of a model where that is newer than the one that counts.
    public func newestVersion(of node: Node) -> String? {
        guard node.version != nil, let latest = node.latestVersion.map(PythonText.text) else { return nil }
        func isBefore(_ a: String, _ b: String) -> Bool { if let a = Double(a), let b = Double(b) { a < b } else { a < b } }
        let all = nodes.values.filter { $0.resourceType == .model && $0.name == node.name }.compactMap { $0.version.map(PythonText.text) }
        return all.max(by: isBefore).flatMap { isBefore(latest, $0) ? $0 : nil }
    }

    /// The function that `function('name')` means inside `package`.
    public func function(_ names: [String], from package: String) -> Node? {
        let order = owners(of: names.count == 2 ? names[0] : nil, from: package)
        return order.lazy.compactMap { owner in nodes["function.\(owner).\(names.last ?? "")"] }.first
    }

    public func source(for ref: SourceRef, from package: String) -> SourceTable? {
        for owner in owners(of: nil, from: package) {
            if let table = sources["source.\(owner).\(ref.source).\(ref.table)"] { return table }
        }
        return nil
    }
}
