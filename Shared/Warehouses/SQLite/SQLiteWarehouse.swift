public import WarehouseKit
import Kernel

/// A warehouse in one SQLite file: `sqlite:///absolute/path.db` or `sqlite://relative/path.db`.
///
/// A relation of schema `main` carries its plain name; one of another schema is named `schema__relation`, because a view
/// cannot see into an attached file and a transaction over several write-ahead files is not atomic.
public struct SQLiteWarehouse: Warehouse {
    public static let scheme = "sqlite"
    public let path: String

    public init(address: WarehouseAddress) throws { self.init(path: address.rest) }
    public init(path: String) { self.path = path }

    public var defaultSchema: String { SQLiteSession.defaultSchema }
    public var capabilities: WarehouseCapabilities { WarehouseCapabilities(writersMax: 1, hasTransactionalDDL: true) }

    /// Opens the file, creating it and its folder where they are missing.
    public func open() throws -> any WarehouseSession { try SQLiteSession(path: path) }
}
