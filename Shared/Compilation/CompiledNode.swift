public import Project

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
