internal import Glibc
internal import Kernel
internal import Platform
public import WarehouseKit

/// What a reader may see, in a file of its own: SQLite has no users, so the right to read some relations is a file with these alone.
///
/// `warehouse/shop.db` shared with `dashboards` is `warehouse/shop.dashboards.db`. Nobody may write to it, it needs no other file beside
/// it, and each new one takes the old one's place whole: who has the old one open reads on in it.
struct SQLiteCopy {
    let source: SQLiteSession
    let place: String

    init(of source: SQLiteSession, for reader: String) throws {
        guard !reader.isEmpty, reader.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || Self.isLetterOrDigit($0) }) else {
            throw PlainProblem(
                "warehouse.bad_reader", "'\(reader)' cannot name a reader, as it becomes a part of a file's name", at: .named("grants"),
                remedy: "use letters, digits, _ and -")
        }
        self.source = source
        place = "\(source.path.hasSuffix(".db") ? String(source.path.dropLast(3)) : source.path).\(reader).db"
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// Writes beside the place, on disk before it is there.
    func replace(with relations: [RelationName]) throws {
        let draft = "\(place).\(getpid()).\(Entropy.hex(8)).part"
        defer { for end in ["", "-journal"] { Files.remove(draft + end) } }
        try source.execute("attach ? as sluice_copy", [.text(draft)])
        do {
            // One transaction that only reads the warehouse: all relations are of one moment, and no writer waits for it.
            try source.execute("begin")
            for relation in relations { try copy(relation) }
            try source.execute("commit")
        } catch {
            _ = try? source.execute("rollback")
            _ = try? source.execute("detach sluice_copy")
            throw error
        }
        try source.execute("detach sluice_copy")
        guard chmod(draft, 0o444) == 0, rename(draft, place) == 0 else {
            throw PlainProblem(
                "warehouse.cannot_share", "the copy for readers cannot be put in its place: \(String(cString: strerror(errno)))", at: .file(place),
                remedy: "let this user write in the warehouse's folder")
        }
    }

    /// As a table with the types that the warehouse knows, a view too: what it reads does not come along.
    private func copy(_ relation: RelationName) throws {
        let name = source.quote(relation.schema == source.defaultSchema ? relation.identifier : "\(relation.schema)__\(relation.identifier)")
        let columns = try source.columns(of: relation).map { "\(source.quote($0.name)) \($0.type)" }
        try source.execute("""
            create table sluice_copy.\(name) (\(columns.joined(separator: ", ")));
            insert into sluice_copy.\(name) select * from \(source.render(relation))
            """)
    }
}

extension SQLiteSession {
    public func share(_ relations: [RelationName], with reader: String) throws {
        // A connection of its own, as no file can be attached inside a transaction, and what stands open here is not for readers.
        try SQLiteCopy(of: SQLiteSession(path: path, layout: layout), for: reader).replace(with: relations)
    }
}
