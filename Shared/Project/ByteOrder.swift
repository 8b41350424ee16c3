internal import Glibc

/// The order of Python and of dbt's artifacts: by bytes of UTF-8, whatever the language.
extension Sequence where Element == String {
    func sortedByBytes() -> [String] { sorted(by: ByteOrder.precedes) }
}

enum ByteOrder {
    static func precedes(_ one: String, _ other: String) -> Bool {
        let order = one.utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other -> Bool in
                let common = Swift.min(one.count, other.count)
                let order = common == 0 ? 0 : memcmp(one.baseAddress!, other.baseAddress!, common)
                return order == 0 ? one.count < other.count : order < 0
            }
        }
        return (order ?? nil) ?? one.utf8.lexicographicallyPrecedes(other.utf8)
    }
}
