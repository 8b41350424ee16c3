internal import Glibc
public import Kernel
internal import Platform
public import WarehouseKit

/// A warehouse in one SQLite file: `sqlite:///absolute/path.db` or `sqlite://relative/path.db`.
///
/// A relation of schema `main` carries its plain name; one of another schema is named `schema__relation`, because a view
/// cannot see into an attached file and a transaction over several write-ahead files is not atomic.
public struct SQLiteWarehouse: Warehouse {
    public static let scheme = "sqlite"
    public let path: String

    public init(address: WarehouseAddress) throws { self.init(path: address.rest) }
    public init(path: String) { self.path = path }

    public var capabilities: WarehouseCapabilities { WarehouseCapabilities(writersMax: 1, hasTransactionalDDL: true) }

    /// Opens the file, creating it and its folder where they are missing.
    public func open() throws -> any WarehouseSession { try SQLiteSession(path: path) }

    /// A file beside the one that is not there yet, or where its folder will be made.
    public func trial() throws -> (warehouse: any Warehouse, remove: @Sendable () -> Void)? {
        guard !Files.exists(path) else { return nil }
        let folder = FileSystem.nearestExisting(path)
        guard Files.isWritable(folder) else {
            throw PlainProblem(
                "warehouse.cannot_open", "the warehouse's file cannot be made: \(folder) is not writable", at: .file(path),
                remedy: "let this user write there, or name another file")
        }
        let place = "\(folder)/.sluice-doctor-\(Entropy.hex(8)).db"
        return (SQLiteWarehouse(path: place), { for end in ["", "-wal", "-shm", "-journal"] { Files.remove(place + end) } })
    }

    /// The write-ahead log needs one kernel and a disk of its own.
    public func examinePlace() -> [Finding] {
        guard let system = FileSystem(at: path), system.isNetwork else { return [] }
        return [
            Finding(
                "file system", .fail, "SQLite does not work on a network file system (\(system.kind))", location: path,
                remedy: "put the warehouse on a disk of this machine", code: "warehouse.network_file_system", cause: .environment)
        ]
    }
}
