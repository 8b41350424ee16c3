internal import Kernel
internal import WarehouseKit

/// Names of what the loader keeps beside a table: `_sluice_stage__raw__flights`.
enum ScratchName {
    /// Shorter than the shortest bound of an engine (63), with room for a generation behind it.
    private static let bytesMax = 40

    /// Long names are cut and told apart by a hash, as two that begin alike would share one.
    static func of(_ purpose: String, _ table: RelationName) -> String {
        let name = "_sluice_\(purpose)__\(table.schema)__\(table.identifier)"
        guard name.utf8.count > bytesMax else { return name }
        let hash = String(UInt32(truncatingIfNeeded: RecordHash.hash(name)), radix: 16)
        return String(decoding: name.utf8.prefix(bytesMax - 9), as: UTF8.self) + "_" + hash
    }
}
