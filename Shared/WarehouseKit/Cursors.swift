public import Kernel

/// How far a stream has been read, and which seal said so.
public struct StoredCursor: Hashable, Sendable {
    public var cursor: JSON
    /// The token of the seal that stored it; 0 where none did.
    public var token: UInt64
    public static let none = StoredCursor(cursor: .null, token: 0)

    public init(cursor: JSON, token: UInt64) {
        self.cursor = cursor
        self.token = token
    }
}

extension Ledger {
    public func cursor(pipeline: String, stream: String) throws -> StoredCursor {
        let rows = try session.query(
            "select cursor, token from \(table("_sluice_cursors")) where pipeline = ? and stream = ?", [.text(pipeline), .text(stream)]
        ).rows
        guard let row = rows.first, case .text(let text) = row[0], case .integer(let token) = row[1] else { return .none }
        return StoredCursor(cursor: try JSON(parsing: text), token: UInt64(token))
    }

    /// Moves a cursor if it is still the one that the run had read (its token is `expected`). Inside an effect.
    ///
    /// - Returns: false where another run has moved it since.
    public func moveCursor(
        pipeline: String, stream: String, to cursor: JSON, expected: UInt64, token: UInt64, run: RunID, at time: Timestamp
    ) throws -> Bool {
        let cursors = table("_sluice_cursors")
        let values: [SQLValue] = [
            .text(cursor.text()), .integer(Int64(token)), .text(run.description), .text(time.description), .text(pipeline), .text(stream),
        ]
        if expected == 0 {
            return try session.execute(
                "insert into \(cursors) (cursor, token, run, moved_at, pipeline, stream) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                values) == 1
        }
        return try session.execute(
            "update \(cursors) set cursor = ?, token = ?, run = ?, moved_at = ? where pipeline = ? and stream = ? and token = ?",
            values + [.integer(Int64(expected))]) == 1
    }
}
