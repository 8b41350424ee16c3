internal import Glibc
internal import Kernel
public import WarehouseKit

extension PostgreSQLSession {
    /// How long one attempt to get the locks waits. Readers that come meanwhile wait behind it, and a reader that waits for us
    /// while we wait for it is let go before the server (after one second, `deadlock_timeout`) would end one of the two.
    private static let lockMilliseconds = 400
    /// How long attempts go on while others hold the table.
    private static let publishSeconds: Int64 = 300

    /// In the caller's transaction: takes down the views on the old table from the outermost on, drops it, renames the new one
    /// and puts the views up again.
    ///
    /// Others that use the old table at that moment finish first; those that come then wait for the commit and see the new one. A
    /// transaction at `repeatable read` that began before has a snapshot older than the new table and sees it empty: it is
    /// PostgreSQL's rule for tables that were made after a snapshot.
    public func publish(staged: RelationName, as target: RelationName) throws {
        var views: DependentViews?
        if let old = try catalogued(target) {
            views = try DependentViews(of: old.id, on: self)
            try patiently(target) {
                try views?.drop()
                try execute("drop \(Self.word(old.kind)) \(render(target)) cascade")
            }
        }
        if staged.schema != target.schema, !target.schema.isEmpty {
            try createSchema(target.schema)
            try execute("alter table \(render(staged)) set schema \(quote(target.schema))")
        }
        let moved = RelationName(database: target.database, schema: target.schema.isEmpty ? staged.schema : target.schema, identifier: staged.identifier)
        try execute("alter table \(render(moved)) rename to \(quote(target.identifier))")
        try renameIndexes(of: target, from: staged.identifier)
        try views?.create()
    }

    /// Runs `body`, which takes locks, again and again with short waits: a long queue behind a lock that we only wait for would
    /// hold up all readers, and a reader must never be the victim of a deadlock with us.
    private func patiently(_ target: RelationName, _ body: () throws -> Void) throws {
        let timeout = try texts("select pg_catalog.current_setting('lock_timeout')")[0][0] ?? "0"
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.publishSeconds))
        while true {
            try execute("savepoint sluice_publish; set local lock_timeout = \(Self.lockMilliseconds)")
            do {
                try body()
                try execute("release savepoint sluice_publish; set local lock_timeout = \(literal(timeout))")
                return
            } catch let problem as PostgreSQLProblem where problem.state == "55P03" && ContinuousClock.now < deadline {
                try execute("rollback to savepoint sluice_publish; release savepoint sluice_publish")
                usleep(UInt32.random(in: 20_000...200_000))
            }
        }
    }

    /// Indexes and constraints that carry the staged table's name in front get the target's there, where it is free.
    private func renameIndexes(of target: RelationName, from staged: String) throws {
        guard let (id, _) = try catalogued(target) else { return }
        let found = try texts(
            """
            select n.nspname, c.relname from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace where i.indrelid = \(id)
            """)
        for row in found {
            guard let schema = row[0], let name = row[1], name.hasPrefix(staged + "_") else { continue }
            let wanted = target.identifier + name.dropFirst(staged.count)
            let isFree = try texts("select pg_catalog.to_regclass(\(literal("\(quote(schema)).\(quote(wanted))")))")[0][0] == nil
            guard wanted.utf8.count <= identifierBytesMax, isFree else { continue }
            try execute("alter index \(quote(schema)).\(quote(name)) rename to \(quote(wanted))")
        }
    }

    public func copyGrants(from old: RelationName, to new: RelationName) throws {
        guard let (id, _) = try catalogued(old) else { return }
        for grant in try Grant.all(on: "\(id)", self) {
            // A right on a column that is gone goes with it.
            try execute("savepoint sluice_grant")
            do {
                try grant.add(to: render(new), self)
            } catch let problem as PostgreSQLProblem where problem.state == "42703" {
                try execute("rollback to savepoint sluice_grant")
            }
            try execute("release savepoint sluice_grant")
        }
    }
}
