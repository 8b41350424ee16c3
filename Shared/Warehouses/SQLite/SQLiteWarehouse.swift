internal import Glibc
public import Kernel
internal import Platform
public import WarehouseKit

/// A warehouse in one SQLite file: `sqlite:///absolute/path.db` or `sqlite://relative/path.db`.
///
/// A relation of schema `main` carries its plain name; one of another schema is named `schema__relation`, because a view
/// cannot see into an attached file and a transaction over several write-ahead files is not atomic.
///
/// `sqlite:///main.db?schemas=/folder&schema.raw=/raw.db` has each schema in a file of its own instead: for warehouses that
/// dbt's sqlite adapter has made. `%XX` stands for a byte of a path there.
public struct SQLiteWarehouse: Warehouse {
    public static let scheme = "sqlite"
    public let path: String
    public let layout: SQLiteLayout

    public init(address: WarehouseAddress) throws {
        let parts = address.rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { self.init(path: address.rest); return }
        var named: [String: String] = [:]
        var folder: String?
        for option in parts[1].split(separator: "&") {
            let pair = option.split(separator: "=", maxSplits: 1).map { Self.decoded(String($0)) }
            switch pair.first {
            case "schemas" where pair.count == 2: folder = pair[1]
            case let key? where key.hasPrefix("schema.") && pair.count == 2: named[String(key.dropFirst(7))] = pair[1]
            default:
                throw PlainProblem(
                    "warehouse.bad_address", "a SQLite warehouse has no option '\(pair.first ?? "")'", at: .named("warehouse"),
                    remedy: "write ?schemas=/folder, and &schema.name=/file.db for each schema that lies elsewhere")
            }
        }
        let path = Self.decoded(parts[0])
        let own = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        self.init(path: path, layout: .attachedFiles(named: named, folder: folder ?? (own.isEmpty ? "." : own)))
    }

    public init(path: String, layout: SQLiteLayout = .oneFile) {
        self.path = path
        self.layout = layout
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let code = UInt8(digits, radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    public var defaultSchema: String { SQLiteSession.defaultSchema }
    public var capabilities: WarehouseCapabilities { WarehouseCapabilities(writersMax: 1, hasTransactionalDDL: true, reachesOtherDatabases: true) }

    /// Opens the file, creating it and its folder where they are missing.
    public func open() throws -> any WarehouseSession { try SQLiteSession(path: path, layout: layout) }

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
