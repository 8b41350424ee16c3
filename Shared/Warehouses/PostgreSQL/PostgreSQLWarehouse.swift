internal import Kernel
public import WarehouseKit

/// A database of a PostgreSQL server: `postgresql://user:password@host:5432/database?schema=analytics`.
///
/// The address is libpq's own, with all of its parameters (`sslmode`, `sslrootcert`, `connect_timeout`, `keepalives_idle`, …), its
/// environment variables and its password file. Four parameters more are ours:
/// - `schema`: where the ledger lives, and models that name no schema; `public` where it is not given.
/// - `search_path`, `role`, `statement_timeout`: as PostgreSQL's settings of these names.
public struct PostgreSQLWarehouse: Warehouse {
    public static let scheme = "postgresql"
    public static let schemeAliases = ["postgres"]
    public static let adapter = "postgres"
    /// Each writing transaction holds a connection; a server has 100 of them where nobody said otherwise.
    static let writersMax = 16

    let settings: ConnectionSettings

    public init(address: WarehouseAddress) throws { settings = try ConnectionSettings(address) }

    public var capabilities: WarehouseCapabilities { WarehouseCapabilities(writersMax: Self.writersMax, hasTransactionalDDL: true, reachesOtherDatabases: false) }
    public var defaultSchema: String { settings.schema }

    public func open() throws -> any WarehouseSession { try PostgreSQLSession(settings) }
}
