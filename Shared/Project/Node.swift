public import Kernel

/// dbt's kinds of things.
public enum ResourceType: String, Sendable, CaseIterable {
    case model, seed, snapshot, test, analysis, operation, source, macro, doc, exposure, metric, group, function
    case unitTest = "unit_test"
    case semanticModel = "semantic_model"
    case savedQuery = "saved_query"

    /// What a table or view of the warehouse can belong to, and `ref` can name.
    public var isReferable: Bool { self == .model || self == .seed || self == .snapshot }
    /// As messages name several.
    var plural: String {
        switch self {
        case .analysis: "analyses"
        case .savedQuery: "saved_queries"
        default: "\(rawValue)s"
        }
    }
    /// Its section in `dbt_project.yml` and in schema files.
    var section: String {
        switch self {
        case .test: "data_tests"
        // dbt has no section of their own for analyses in dbt_project.yml; schema files do.
        case .analysis: "analyses"
        case .savedQuery: "saved-queries"
        case .semanticModel: "semantic-models"
        default: "\(rawValue)s"
        }
    }
}

/// A reference to a model, seed or snapshot, as it was written.
public struct Ref: Hashable, Sendable {
    public var name: String
    public var package: String?
    public var version: String?
    /// Whether the version was written as a text: `v='3'`.
    public var isVersionText: Bool
    public init(name: String, package: String? = nil, version: String? = nil, isVersionText: Bool = false) {
        self.name = name
        self.package = package
        self.version = version
        self.isVersionText = isVersionText
    }
}

/// A reference to a table of a source, as it was written.
public struct SourceRef: Hashable, Sendable {
    public var source: String
    public var table: String
    public init(source: String, table: String) {
        self.source = source
        self.table = table
    }
}

public struct Column: Hashable, Sendable {
    public var name: String
    public var description = ""
    public var dataType: String?
    public var meta = JSONObject()
    public var tags: [String] = []
    /// `quote: true` in the yml.
    public var isQuoted: Bool?
    public var constraints: [JSON] = []
    /// Of a time column that metrics may group by.
    public var granularity: String?
    /// The docs blocks in the description.
    public var docBlocks: [String] = []
    /// Words that dbt does not know, `policy_tags` say, which it keeps.
    public var extra = JSONObject()
    public init(name: String) { self.name = name }
}

/// What makes a generic test: the macro and its arguments.
public struct TestMetadata: Hashable, Sendable {
    public var name: String
    public var namespace: String?
    /// As the macro gets them; texts may hold Jinja.
    public var arguments: JSONObject
    public init(name: String, namespace: String?, arguments: JSONObject) {
        self.name = name
        self.namespace = namespace
        self.arguments = arguments
    }
    public var macroName: String { "test_\(name)" }
}

/// A node of the graph: a model, seed, snapshot, test, analysis or operation, and what describes them: an exposure, a metric.
///
/// A value: what is changed in one copy does not show in another. There are thousands in a project, they have many properties, and
/// they are handed about much; so copies share one box until one of them is changed.
@dynamicMemberLookup
public struct Node: Hashable, Sendable {
    @usableFromInline final class Box: Sendable {
        // Safe: changed only by a node that alone has it.
        @usableFromInline nonisolated(unsafe) var properties: Properties
        @inlinable init(_ properties: Properties) { self.properties = properties }
    }
    @usableFromInline var box: Box

    public init(
        uniqueID: String, resourceType: ResourceType, name: String, packageName: String, path: String,
        originalFilePath: String, rootFolder: String, fqn: [String], rawCode: String
    ) {
        box = Box(Properties(
            uniqueID: uniqueID, resourceType: resourceType, name: name, packageName: packageName, path: path, originalFilePath: originalFilePath,
            rootFolder: rootFolder, fqn: fqn, alias: name, rawCode: rawCode))
    }

    init(_ properties: Properties) { box = Box(properties) }

    @inlinable public subscript<Member>(dynamicMember path: KeyPath<Properties, Member>) -> Member { box.properties[keyPath: path] }

    @inlinable public subscript<Member>(dynamicMember path: WritableKeyPath<Properties, Member>) -> Member {
        get { box.properties[keyPath: path] }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box.properties) }
            yield &box.properties[keyPath: path]
        }
    }

    public static func == (left: Node, right: Node) -> Bool { left.box === right.box || left.box.properties == right.box.properties }
    public func hash(into hasher: inout Hasher) { hasher.combine(box.properties) }

    /// What becomes of a test's failing rows: a table or view of their own; nil where nothing is kept.
    public func failuresRelation(byDefault isStored: Bool = false) -> String? {
        guard self.resourceType == .test else { return nil }
        switch self.config["store_failures_as"]?.stringValue {
        case "ephemeral": return nil
        case let kind?: return kind
        case nil: return isStored ? "table" : nil
        }
    }
}

extension Node {
    /// What a node has; read and changed as properties of the node.
    public struct Properties: Hashable, Sendable {
        public var uniqueID: String
        public var resourceType: ResourceType
        public var name: String
        public var packageName: String
        /// Below its resource folder: `staging/stg_orders.sql`.
        public var path: String
        /// Below its package's folder: `models/staging/stg_orders.sql`.
        public var originalFilePath: String
        /// Where its package lies.
        public var rootFolder: String
        /// The line of `originalFilePath` that defines it.
        public var line = 1
        public var fqn: [String]
        public var database = ""
        public var schema = ""
        public var alias: String
        public var config = NodeConfig()
        /// What the project states of the configuration, without dbt's own words.
        public var stated = JSONObject()
        public var rawCode: String
        public var description = ""
        public var docBlocks: [String] = []
        public var columns: [Column] = []
        public var patchPath: String?
        public var checksum = ""
        public var refs: [Ref] = []
        public var sources: [SourceRef] = []
        public var dependsOn: [String] = []
        public var dependsOnMacros: [String] = []
        public var test: TestMetadata?
        public var columnName: String?
        /// The node that a generic test was written under.
        public var attachedNode: String?
        /// The group of the node that a generic test is about.
        var testGroup: String?
        /// The section and the name that it was written under: `models.orders`.
        public var fileKeyName: String?
        public var unitTest: UnitTest?
        /// The functions that it calls, each by its name or by package and name.
        public var functions: [[String]] = []
        /// Of a function: its arguments, and `data_type` and `description` of what it returns.
        public var arguments: [JSON] = []
        public var returns: JSON = ["data_type": .null, "description": .null]
        /// Of a model with versions: an integer or a text, as it was written.
        public var version: JSON?
        public var latestVersion: JSON?
        /// The model's own, beside those of its columns.
        public var constraints: [JSON] = []
        public var deprecationDate: String?
        public var timeSpine: JSON = .null
        /// `tags` and `meta` that are written beside `config:`, where they are no configuration: of exposures, metrics and saved queries.
        var beside = JSONObject()
        /// The metrics that an exposure or a metric names.
        public var metrics: [[String]] = []
        /// What its own calls of `config()` say.
        public var configCall = JSONObject()
        /// What the schema files say of its configuration.
        var patchConfig = JSONObject()
        /// Of all that the schema files say of it: tells whether that has changed.
        var patchHash: String?
        /// What the manifest says of an exposure, metric, semantic model or saved query beyond the common words.
        public var details = JSONObject()
        /// Of a generic test: the tags of what it is about.
        public var inheritedTags: [String] = []

        /// `sql`, but for models and functions, which may be written in others.
        public var language: String {
            guard resourceType == .function || resourceType == .model else { return "sql" }
            return switch originalFilePath.split(separator: ".").last { case "py": "python"; case "js": "javascript"; default: "sql" }
        }
        public var access: String { config["access"]?.stringValue ?? "protected" }
        public var group: String? { config["group"]?.stringValue ?? testGroup }
        /// What a run calls it: of a unit test of a versioned model with the version.
        public var nameOfRun: String { unitTest == nil ? name : version.map { "\(name)_v\(PythonText.text($0))" } ?? name }
        /// As people say it: `orders.v2` where there are versions.
        public var nameWithVersion: String { version.map { "\(name).v\(PythonText.text($0))" } ?? name }
        /// Whether another package's schema file is about it.
        var isDescribedElsewhere: Bool { patchPath.map { !$0.hasPrefix("\(packageName)://") } ?? false }
        public var isEphemeral: Bool { resourceType == .model && config.materialized == "ephemeral" }
        /// Whether nothing is built for it.
        public var isIdle: Bool { isEphemeral || resourceType == .exposure || resourceType == .savedQuery }
        /// What it can be selected by, each once.
        public var tags: [String] {
            let own = config.tags
            switch resourceType {
            // As in dbt: a metric's are those beside its configuration, a saved query's stand in either place, and a semantic model has none.
            case .metric: return NodeConfig.strings(beside["tags"] ?? [])
            case .savedQuery: return Set(NodeConfig.strings(beside["tags"] ?? []) + own).sorted()
            case .semanticModel: return []
            default: break
            }
            return inheritedTags.isEmpty ? own : Set(inheritedTags + own).sorted()
        }
        public var meta: JSONObject {
            let own = config["meta"]?.objectValue ?? JSONObject()
            return resourceType == .metric && own.isEmpty ? beside["meta"]?.objectValue ?? own : own
        }
        /// Where people look when it fails: `models/orders.sql`.
        public var location: ProblemLocation { .file(originalFilePath, line: line > 1 ? line : 0) }
    }
}

/// A table that something else than this project fills.
public struct SourceTable: Hashable, Sendable {
    public var uniqueID: String
    public var packageName: String
    public var sourceName: String
    public var name: String
    public var identifier: String
    public var database: String
    public var schema: String
    public var description = ""
    public var sourceDescription = ""
    public var loader = ""
    public var columns: [Column] = []
    public var originalFilePath: String
    public var line: Int
    public var fqn: [String]
    public var config = NodeConfig()
    public var loadedAtField: String?
    public var loadedAtQuery: String?
    /// `warn_after`, `error_after` and `filter`; null where freshness is turned off.
    public var freshness: JSON = .null
    public var sourceMeta: JSON = [:]
    public var docBlocks: [String] = []
    public var external: JSON = .null
    public var eventTime: JSON = .null
    /// `database`, `schema`, `identifier`: whether the name is quoted, where the yml says.
    public var quoting = JSONObject()
    /// Whether the yml gives the table another name in the warehouse.
    public var isTableNamed = false
    /// What the files say of its configuration, that of `dbt_project.yml` with its templates.
    public var stated = JSONObject()
    /// Where it lies, as it is written in the yml: a template, perhaps.
    public var writtenDatabase: String?
    public var writtenSchema: String?
    /// Whether another package has its say on it.
    public var isOverridden = false
    /// Whether `source freshness` looks at it: it has a limit, whether or not anything says how old it is.
    public var hasFreshness: Bool { ["warn_after", "error_after"].contains { freshness[$0]?["count"]?.isNull == false && freshness[$0]?["period"]?.isNull == false } }
}

/// A macro of the project or of a package.
public struct Macro: Hashable, Sendable {
    public var uniqueID: String
    public var name: String
    public var packageName: String
    public var originalFilePath: String
    public var rootFolder: String
    public var line: Int
    /// The whole block, as dbt keeps it.
    public var text = ""
    /// The macros of the project and its packages that it calls.
    public var dependsOnMacros: [String] = []
    public var description = ""
    public var arguments: [JSON] = []
    public var config = JSONObject()
    public var patchPath: String?
    /// Of a materialization: the languages of the models that it can build.
    public var languages: [String]?
    public init(uniqueID: String, name: String, packageName: String, originalFilePath: String, rootFolder: String, line: Int) {
        self.uniqueID = uniqueID
        self.name = name
        self.packageName = packageName
        self.originalFilePath = originalFilePath
        self.rootFolder = rootFolder
        self.line = line
    }
}

/// A file of macros with its text, so that whoever renders need not read the disk again.
public struct MacroFile: Hashable, Sendable {
    public var packageName: String
    public var path: String
    public var text: String
    public init(packageName: String, path: String, text: String) {
        self.packageName = packageName
        self.path = path
        self.text = text
    }
}
