/// The types that raw columns have. `unknown` is a column that has held nothing but nulls: it may still become anything.
///
/// A `real` is a double, a `decimal` the digits that were written. A `timestamp` is a moment; without a zone it is what a clock showed somewhere,
/// which is another thing. `json` is an object or a list that an engine may keep in a form of its own; where it is declared, any JSON.
public enum ColumnType: String, Hashable, Sendable, Codable, CaseIterable {
    case unknown, boolean, integer, real, decimal, date
    case localTimestamp = "timestamp_without_zone"
    case timestamp, json, text

    /// The narrowest type that holds both: numbers widen to `real` and that to `decimal`, dates to either timestamp, all else to `text`.
    public func widened(with other: ColumnType) -> ColumnType {
        if self == other || other == .unknown { return self }
        switch (self, other) {
        case (.unknown, _): return other
        case (.integer, .real), (.real, .integer): return .real
        case (.integer, .decimal), (.real, .decimal), (.decimal, .integer), (.decimal, .real): return .decimal
        case (.date, .timestamp), (.timestamp, .date): return .timestamp
        case (.date, .localTimestamp), (.localTimestamp, .date): return .localTimestamp
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

/// A cell that the engine cannot hold, such as a NUL byte in a text. Nothing of its row was written, and the writer goes on.
/// `description` is the reason, without the data: "column 'note' holds a NUL byte".
public struct RefusedCell: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Takes rows into one table, one call for each row. What it took is in the table at `finish`, or when the session is used
/// for anything else; a transaction that rolls back to a savepoint before the writer's first row must drop the writer.
public protocol RowWriter: AnyObject {
    /// One cell for each column, in their order.
    ///
    /// - Throws: `RefusedCell` for a row that the caller may set aside.
    func write(_ row: UnsafeBufferPointer<Cell>) throws
    /// The rows that the engine says it took.
    func finish() throws -> Int
}
