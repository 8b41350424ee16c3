public import Kernel

/// A unit test: a model on made-up inputs, and the rows that it must give.
public struct UnitTest: Hashable, Sendable {
    /// Rows as the test states them.
    public enum Rows: Hashable, Sendable {
        case rows([JSONObject])
        case sql(String)
    }
    public struct Fixture: Hashable, Sendable {
        public var rows: Rows
        /// `dict`, `csv` or `sql`.
        public var format: String
        /// The file that the rows came from, by name.
        public var fixture: String?
    }
    public struct Given: Hashable, Sendable {
        /// As written: `ref('orders')`, `source('raw', 'orders')` or `this`.
        public var input: String
        public var fixture: Fixture
        /// The unique id of the node or source that the rows stand for.
        public var nodeID = ""
    }

    /// As written: a name, with its version behind a space where there is one.
    public var model: String
    /// The unique id of the model.
    public var testedNode = ""
    public var given: [Given]
    public var expect: Fixture
    public var macros = JSONObject()
    public var vars = JSONObject()
    public var environment = JSONObject()
    /// Which versions of the model it is for: `include` or `exclude`; null for all.
    public var versions: JSON = .null
}
