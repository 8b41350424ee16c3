/// The types that raw columns have. `unknown` is a column that has held nothing but nulls: it may still become anything.
public enum ColumnType: String, Hashable, Sendable, Codable, CaseIterable {
    case unknown, boolean, integer, real, date, timestamp, text

    /// The narrowest type that holds both: numbers widen to `real`, dates to `timestamp`, all else to `text`.
    public func widened(with other: ColumnType) -> ColumnType {
        if self == other || other == .unknown { return self }
        switch (self, other) {
        case (.unknown, _): return other
        case (.integer, .real), (.real, .integer): return .real
        case (.date, .timestamp), (.timestamp, .date): return .timestamp
        default: return .text
        }
    }
}

/// One value on its way into a table. Its bytes belong to the caller and live for the call that takes the cell.
public enum Cell {
    case null
    case integer(Int64)
    case double(Double)
    /// UTF-8.
    case text(UnsafeBufferPointer<UInt8>)
}

/// Takes rows into one table, one call for each row.
public protocol RowWriter: AnyObject {
    /// One cell for each column, in their order.
    func write(_ row: UnsafeBufferPointer<Cell>) throws
    /// The rows that the engine says it took.
    func finish() throws -> Int
}
