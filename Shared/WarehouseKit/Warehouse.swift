public import Kernel

/// A place that holds tables: one engine at one address. Plugins of this kit implement it, one folder each in `Warehouses/`.
public protocol Warehouse: Sendable {
    /// The scheme of its addresses: `sqlite` for `sqlite:///path/to/file.db`.
    static var scheme: String { get }
    /// Other spellings of the scheme that people use.
    static var schemeAliases: [String] { get }
    /// What dbt calls the adapter of this engine: macros of its dialect are named `<adapter>__…`.
    static var adapter: String { get }
    init(address: WarehouseAddress) throws
    var capabilities: WarehouseCapabilities { get }
    /// Where models go that name no schema, and where the ledger lives.
    var defaultSchema: String { get }
    /// Opens a connection. A session is used from one thread at a time.
    func open() throws -> any WarehouseSession
    /// Another place of the same kind for a trial, where this one does not exist yet and opening it would make it; `remove`
    /// takes it away. Nil where this one exists.
    func trial() throws -> (warehouse: any Warehouse, remove: @Sendable () -> Void)?
    /// What an engine asks of its place besides, for `sluice doctor`: nothing that stands in its way, as a rule.
    func examinePlace() -> [Finding]
}

extension Warehouse {
    public func trial() throws -> (warehouse: any Warehouse, remove: @Sendable () -> Void)? { nil }
    public func examinePlace() -> [Finding] { [] }
}

extension Warehouse {
    public static var schemeAliases: [String] { [] }
    public static var adapter: String { scheme }
}

/// What an engine can do, where engines differ.
public struct WarehouseCapabilities: Hashable, Sendable {
    /// How many transactions may write at once. The orchestrator runs no more writing tasks than this.
    public var writersMax: Int
    /// A transaction may hold `create`, `drop` and `alter`, so publishing is atomic by itself.
    public var hasTransactionalDDL: Bool

    /// A session reaches other databases than its own.
    public var reachesOtherDatabases: Bool

    public init(writersMax: Int, hasTransactionalDDL: Bool, reachesOtherDatabases: Bool) {
        self.writersMax = writersMax
        self.hasTransactionalDDL = hasTransactionalDDL
        self.reachesOtherDatabases = reachesOtherDatabases
    }
}

/// A warehouse's URL, taken apart. Its description never shows a password.
public struct WarehouseAddress: Hashable, Sendable, CustomStringConvertible {
    public let scheme: String
    /// All behind `scheme://`.
    public let rest: String

    public init(_ url: String) throws {
        guard let range = Self.split(url), !range.rest.isEmpty else {
            throw PlainProblem(
                "warehouse.bad_address", "the warehouse's address is not a URL", at: .named("warehouse"),
                remedy: "write it as sqlite:///path/to/warehouse.db")
        }
        scheme = range.scheme
        rest = range.rest
    }

    private static func split(_ url: String) -> (scheme: String, rest: String)? {
        let bytes = Array(url.utf8)
        let mark = Array("://".utf8)
        guard bytes.count > 3, let place = (1..<bytes.count - 2).first(where: { Array(bytes[$0..<$0 + 3]) == mark }) else { return nil }
        return (String(decoding: bytes[..<place], as: UTF8.self), String(decoding: bytes[(place + 3)...], as: UTF8.self))
    }

    /// The address without user, password and what follows the `?`, where a password may stand too.
    public var description: String {
        let bytes = Array(rest.utf8)
        let question = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return "\(scheme)://\(String(decoding: bytes[..<question], as: UTF8.self))" }
        // An @ behind the ? belongs to neither part for certain.
        guard at < question else { return "\(scheme)://…" }
        return "\(scheme)://…@\(String(decoding: bytes[(at + 1)..<question], as: UTF8.self))"
    }
}

/// One value of a result.
public enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
}

/// The rows of a query.
public struct ResultSet: Hashable, Sendable {
    public var columns: [String]
    /// The engine's word for each column's type; empty where it does not say.
    public var types: [String]
    public var rows: [[SQLValue]]

    public init(columns: [String], types: [String], rows: [[SQLValue]]) {
        self.columns = columns
        self.types = types
        self.rows = rows
    }
}

/// A table or view by name, in the three parts that dbt knows.
public struct RelationName: Hashable, Sendable {
    public var database: String
    public var schema: String
    public var identifier: String
    public init(database: String = "", schema: String, identifier: String) {
        self.database = database
        self.schema = schema
        self.identifier = identifier
    }
}

public struct RelationInfo: Hashable, Sendable {
    /// Named as dbt names it.
    public enum Kind: String, Sendable {
        case table, view
        case materializedView = "materialized_view"
    }
    public var name: RelationName
    public var kind: Kind
    public init(name: RelationName, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

public struct ColumnInfo: Hashable, Sendable {
    public var name: String
    /// The engine's own word.
    public var type: String
    public init(name: String, type: String) {
        self.name = name
        self.type = type
    }
}

/// One connection. Synchronous on purpose: a template's `run_query` needs its answer in the middle of rendering, and the
/// engines' C libraries block anyhow. Callers bring a thread that may block, never the cooperative pool.
public protocol WarehouseSession: AnyObject {
    /// The schema whose relations carry their plain names; the ledger lives there.
    var defaultSchema: String { get }

    /// Runs one or more statements; the number of rows that the last one changed. Each `?` takes the next value.
    @discardableResult func execute(_ sql: String, _ values: [SQLValue]) throws -> Int
    /// The engine's own words for what its last statement did, as `INSERT 0 2`; nil where it has none.
    var answer: String? { get }
    /// Runs one statement and returns its rows. `rowsMax` bounds what is kept; nil keeps all.
    func query(_ sql: String, _ values: [SQLValue], rowsMax: Int?) throws -> ResultSet

    /// The next transaction brings many rows, in case the engine has a way of its own for that. `areNew`: they are added, and
    /// touch none that are there.
    func expectManyRows(areNew: Bool) throws
    /// Where temporary tables are found.
    var temporarySchema: String { get }
    /// From `begin` on no other transaction writes. Otherwise two of one task meet at the first row that both write.
    var hasOneWriter: Bool { get }
    /// A transaction in which each statement sees what is committed by then. Takes the writer's lock where the engine has one.
    /// Nested calls are an error of ours.
    func begin() throws
    func commit() throws
    func rollback()
    /// Holds a name until the transaction ends: `exclusive` by one transaction, `shared` by those that also share it. Whoever
    /// asks for it otherwise waits. An engine with one writer has nothing to do.
    func lock(_ name: String, _ mode: LockMode) throws
    /// A number for a row of `table`, greater than `newest`, which the caller has just read there. No other transaction gets it
    /// too; one that is undone leaves it out.
    func number(after newest: Int64, in table: RelationName) throws -> Int64

    /// How a relation is written in SQL, quoted.
    func render(_ name: RelationName) -> String
    func quote(_ identifier: String) -> String
    /// The longest name, in bytes; engines cut longer ones off.
    var identifierBytesMax: Int { get }
    /// The most columns that a table may have.
    var columnsMax: Int { get }
    func relation(_ name: RelationName) throws -> RelationInfo?
    func relations(inSchema schema: String) throws -> [RelationInfo]
    func columns(of name: RelationName) throws -> [ColumnInfo]
    func createSchema(_ schema: String) throws
    /// Told of a schema in which nothing is left that is wanted, for engines where a schema is more than a name. It goes with the transaction.
    func forgetSchema(_ schema: String) throws
    func drop(_ relation: RelationInfo) throws
    /// Whether a materialized view stands as it was only because what it reads was made again since its model built it.
    func isPutBack(_ name: RelationName) throws -> Bool

    /// The engine's word for a type of ours, and back; nil for a type that we did not give.
    func render(_ type: ColumnType) -> String
    func columnType(_ word: String) -> ColumnType?
    /// SQL that makes a timestamp, as a column of that type has it, of an RFC 3339 text in UTC.
    func moment(ofText sql: String) -> String
    /// The engine reckons with decimals as they are written. Otherwise a decimal that a double gives back digit by digit is best kept
    /// as a double, with which everything there can reckon.
    var hasDecimals: Bool { get }
    /// Widens a column of a table, its values with it, inside the caller's transaction. Views on the table stay.
    func changeType(of column: String, in table: RelationName, to type: ColumnType) throws
    /// The unique indexes of a table that were made by name, and their columns.
    func uniqueIndexes(of table: RelationName) throws -> [(name: String, columns: [String])]
    func dropIndex(_ name: String, of table: RelationName) throws
    /// The fast way in: many rows into one table, inside the caller's transaction.
    func writer(into table: RelationName, columns: [String]) throws -> any RowWriter
    /// The same into a staging table, from which the rows are merged by `key`.
    func stagingWriter(into table: RelationName, columns: [String], key: [String]) throws -> any StagingWriter
    /// Inserts the rows of a finished writer, or updates the row of the same key; `updated` is told the number of each that updates one.
    /// What was deleted in the staging table is left out.
    ///
    /// - Returns: the rows that the engine says it changed.
    func upsert(_ upsert: Upsert, of writer: any StagingWriter, updated: (Int64) -> Void) throws -> Int

    /// Puts the finished table `staged` in the place of `target`, inside the caller's transaction: a reader sees the old
    /// one or the new one, over views on it too.
    func publish(staged: RelationName, as target: RelationName) throws
    /// Whether a query may read a table, through views too; true where the engine cannot say.
    func mayRead(_ table: RelationName, in query: String) -> Bool
    /// Lets everyone do with `new` what they may do with `old`.
    func copyGrants(from old: RelationName, to new: RelationName) throws
    /// Lets `reader` read these relations and nothing else, as they are now by what is committed, where the engine itself has no users who could be granted
    /// that. Whoever reads sees all of them as before or all as now.
    ///
    /// - Throws: where `reader` cannot name a reader, or there is no room.
    func share(_ relations: [RelationName], with reader: String) throws
    /// Told what the engine says besides results, for people.
    var onNotice: (String) -> Void { get set }
}

public enum LockMode: Sendable { case shared, exclusive }

/// The defaults are those of an engine that lives in one process, with one writer and no users.
extension WarehouseSession {
    public func expectManyRows(areNew: Bool) throws {}
    public var temporarySchema: String { "" }
    public func forgetSchema(_ schema: String) throws {}
    public func isPutBack(_ name: RelationName) throws -> Bool { false }
    public var hasOneWriter: Bool { false }
    public func lock(_ name: String, _ mode: LockMode) throws {}
    public func number(after newest: Int64, in table: RelationName) throws -> Int64 { newest + 1 }
    public var identifierBytesMax: Int { .max }
    public var hasDecimals: Bool { true }
    public func moment(ofText sql: String) -> String { sql }
    public func mayRead(_ table: RelationName, in query: String) -> Bool { true }
    public func copyGrants(from old: RelationName, to new: RelationName) throws {}
    public func share(_ relations: [RelationName], with reader: String) throws {}
    public var answer: String? { nil }
    public var onNotice: (String) -> Void {
        get { { _ in } }
        set {}
    }
}

extension WarehouseSession {
    @discardableResult public func execute(_ sql: String) throws -> Int { try execute(sql, []) }
    public func query(_ sql: String, _ values: [SQLValue] = []) throws -> ResultSet { try query(sql, values, rowsMax: nil) }

    /// Runs `body`, a transaction of its own, and runs it again where the engine broke a deadlock by undoing it.
    public func repeatedAtConflict<T>(_ body: () throws -> T) throws -> T {
        for attempt in 1... {
            do {
                return try body()
            } catch let problem as any Problem {
                guard problem.code == WarehouseConflict.code, attempt < WarehouseConflict.attemptsMax else { throw problem }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// Runs `body` in a transaction: commits what it did, or rolls all of it back and rethrows.
    public func transaction<T>(_ body: () throws -> T) throws -> T {
        try begin()
        do {
            let value = try body()
            try commit()
            return value
        } catch {
            rollback()
            throw error
        }
    }
}

/// What `commit` throws where nothing is left to commit, as a statement of its own had ended the transaction.
public enum WarehouseEnded {
    public static let code: ProblemCode = "warehouse.ended_before"
}

/// What an engine answers where only the order of transactions was at fault.
public enum WarehouseConflict {
    public static let code: ProblemCode = "warehouse.conflict"
    static let attemptsMax = 5
}
