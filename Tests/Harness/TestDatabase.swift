import SQLite

/// A look into an SQLite file with SQL, for what a test expects of it.
public struct TestDatabase {
    private let database: Database
    public init(_ path: String) throws { database = try Database(path: path) }

    /// Every row as its columns joined by `|`; null is written `·`.
    public func rows(_ sql: String, columns: Int) throws -> [String] {
        let statement = try database.prepare(sql)
        var rows: [String] = []
        while try statement.step() {
            rows.append((0..<Int32(columns)).map { statement.isNull($0) ? "·" : statement.text($0) }.joined(separator: "|"))
        }
        return rows
    }
    public func number(_ sql: String) throws -> Int {
        let statement = try database.prepare(sql)
        _ = try statement.step()
        return Int(statement.integer(0))
    }
}
