public import Kernel

/// dbt's kinds of things.
public enum ResourceType: String, Sendable, CaseIterable {
    case model, seed, snapshot, test, analysis, operation, source, macro, doc, exposure
}

/// A reference to a model, seed or snapshot, as it was written.
public struct Ref: Hashable, Sendable {
    public var name: String
    public var package: String?
    public var version: String?
    public init(name: String, package: String? = nil, version: String? = nil) {
        self.name = name
        self.package = package
        self.version = version
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

/// A node of the graph: a model, seed, test, analysis or operation.
public struct Node: Hashable, Sendable {
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
    public var rawCode: String
    public var description = ""
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

    public init(
        uniqueID: String, resourceType: ResourceType, name: String, packageName: String, path: String,
        originalFilePath: String, rootFolder: String, fqn: [String], rawCode: String
    ) {
        self.uniqueID = uniqueID
        self.resourceType = resourceType
        self.name = name
        self.packageName = packageName
        self.path = path
        self.originalFilePath = originalFilePath
        self.rootFolder = rootFolder
        self.fqn = fqn
        self.rawCode = rawCode
        alias = name
    }

    /// What becomes of a test's failing rows: a table or view of their own; nil where nothing is kept.
    public func failuresRelation(byDefault isStored: Bool = false) -> String? {
        guard resourceType == .test else { return nil }
        switch config["store_failures_as"]?.stringValue {
        case "ephemeral": return nil
        case let kind?: return kind
        case nil: return isStored ? "table" : nil
        }
    }

    public var isEphemeral: Bool { resourceType == .model && config.materialized == "ephemeral" }
    public var meta: JSONObject { config["meta"]?.objectValue ?? JSONObject() }
    /// Where people look when it fails: `models/orders.sql`.
    public var location: ProblemLocation { .file(originalFilePath, line: line > 1 ? line : 0) }
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
    public var freshness: JSON = .null
}

/// A macro of the project or of a package.
public struct Macro: Hashable, Sendable {
    public var uniqueID: String
    public var name: String
    public var packageName: String
    public var originalFilePath: String
    public var rootFolder: String
    public var line: Int
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
