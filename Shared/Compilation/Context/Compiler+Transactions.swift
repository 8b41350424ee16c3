internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// What templates do to the warehouse where nothing is built.
///
/// - dbt gives back a connection with a rollback: what a test, `compile` or `show` has written is gone, unless it was committed.
/// - A statement begins a transaction or does not (`auto_begin`), and only one that has begun can be committed.
extension Compiler {
    /// Undoes at its end what templates write meanwhile. Outside any transaction.
    public func undoing<T>(_ body: () throws -> T) rethrows -> T {
        transaction = .undone
        defer {
            if transaction == .begun { session?.rollback() }
            transaction = .kept
        }
        return try body()
    }

    /// Before a statement of a template is sent.
    func noteStatement(_ sql: String, begins: Bool) throws {
        if begins { isCommittable = true }
        guard transaction == .undone, let session, !session.hasOneWriter || Self.isChange(sql) else { return }
        try session.begin()
        transaction = .begun
    }

    /// `adapter.commit()`: a node's own transaction is its runner's to end.
    func commit() throws {
        guard isCommittable else {
            // A hook of the run has the command's own.
            let node = frames.last?.node.flatMap { $0.resourceType == .operation ? nil : $0.uniqueID }
            throw CompilationError(
                "compile.no_transaction", "Internal Error\n  Tried to commit transaction on connection \"\(node ?? connectionName)\", but it does not have one open!",
                remedy: "")
        }
        isCommittable = false
        guard transaction == .begun else { return }
        try session?.commit()
        // As in dbt, what comes now takes effect at once.
        transaction = .kept
    }

    /// The engine with one writer locks for nothing else, as Python's driver does not: whatever makes tables stays.
    private static func isChange(_ sql: String) -> Bool {
        var rest = sql.utf8[...]
        while let first = rest.first {
            if first <= 0x20 { rest.removeFirst() }
            else if rest.starts(with: "--".utf8) { rest = rest.drop { $0 != 0x0A } }
            else if rest.starts(with: "/*".utf8) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest.removeFirst() }
                rest = rest.dropFirst(2)
            } else { break }
        }
        let word = String(decoding: rest.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }, as: UTF8.self).lowercased()
        return ["insert", "update", "delete", "replace"].contains(word)
    }
}

/// Whose the transaction is that templates write in.
enum TemplateTransaction { case kept, undone, begun }
