public import Kernel

/// Tries for `sluice doctor` whether a warehouse can be used: opens it, makes a schema and a table, writes, reads back, and
/// takes everything back. A warehouse that does not exist yet is not made: the trial has a place of its own.
public enum WarehouseExaminer {
    private static let schema = "sluice_doctor"

    /// Blocks: call it on a thread that may.
    /// - Parameter address: where `warehouse` is, for people.
    public static func examine(_ warehouse: any Warehouse, at address: WarehouseAddress, tell: (Finding) -> Void) {
        // A trial has an address of its own, which says nothing to anybody.
        func failed(_ check: String, _ error: any Error) {
            var finding = Finding(check, failed: error, cause: .environment)
            finding.location = address.description
            tell(finding)
        }
        for finding in warehouse.examinePlace() { tell(finding) }
        do {
            let trial = try warehouse.trial()
            defer { trial?.remove() }
            let session = try (trial?.warehouse ?? warehouse).open()
            tell(Finding("connection", .ok, trial == nil ? "opens" : "not there yet; the first run makes it"))
            do {
                try tryOut(session, isTransactional: warehouse.capabilities.hasTransactionalDDL)
                tell(Finding("permissions", .ok, "a schema and a table made, written, read back and taken away"))
            } catch {
                failed("permissions", error)
            }
        } catch {
            failed("connection", error)
        }
    }

    private static func tryOut(_ session: any WarehouseSession, isTransactional: Bool) throws {
        let name = RelationName(schema: schema, identifier: "trial_\(UInt32.random(in: 0 ... .max))")
        let word = "written by sluice doctor"
        let read: [[SQLValue]]
        try session.begin()
        do {
            try session.createSchema(schema)
            try session.execute("create table \(session.render(name)) (\(session.quote("word")) \(session.render(.text)))")
            try session.execute("insert into \(session.render(name)) values (?)", [.text(word)])
            read = try session.query("select \(session.quote("word")) from \(session.render(name))").rows
        } catch {
            session.rollback()
            throw error
        }
        session.rollback()
        // An engine whose `create` does not belong to the transaction keeps it.
        if !isTransactional, let relation = try session.relation(name) { try session.drop(relation) }
        guard read == [[.text(word)]], try session.relation(name) == nil else {
            throw PlainProblem(
                "warehouse.trial_failed", "what was written is not what is there", at: .named(session.render(name)),
                remedy: "look at that table; drop it where it is still there")
        }
    }
}
