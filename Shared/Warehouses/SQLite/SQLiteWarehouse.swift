public import WarehouseKit
import Kernel

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

    public var capabilities: WarehouseCapabilities { WarehouseCapabilities(writersMax: 1, hasTransactionalDDL: true) }

    /// Opens the file, creating it and its folder where they are missing.
    public func open() throws -> any WarehouseSession { try SQLiteSession(path: path, layout: layout) }
}
