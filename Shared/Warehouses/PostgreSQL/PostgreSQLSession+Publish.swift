internal import Glibc
internal import Kernel
public import WarehouseKit

extension PostgreSQLSession {
    /// How long attempts to get the locks go on while others hold them.
    private static let publishSeconds: Int64 = 300
    /// A patient attempt: those who come meanwhile wait behind it, so it comes through where readers overlap all the time. Below
    /// the second (`deadlock_timeout`) after which the server would end one of two who wait for each other.
    private static let patientMilliseconds = 400
    /// Quick attempts between two patient ones.
    private static let quickAttempts = 100

    /// In the caller's transaction: takes down the views on the old table from the outermost on, drops it, renames the new one
    /// and puts the views up again.
    ///
    /// Others that use the old table at that moment finish first; those that come then wait for the commit and see the new one. A
    /// transaction at `repeatable read` that began before has a snapshot older than the new table and sees it empty: it is
    /// PostgreSQL's rule for tables that were made after a snapshot.
    public func publish(staged: RelationName, as target: RelationName) throws {
        let old = try held(target)
        if let old {
            try old.views.drop()
            try execute("drop \(Self.word(old.kind)) \(render(target)) cascade")
        }
        if staged.schema != target.schema, !target.schema.isEmpty {
            try createSchema(target.schema)
            try execute("alter table \(render(staged)) set schema \(quote(target.schema))")
        }
        let moved = RelationName(database: target.database, schema: target.schema.isEmpty ? staged.schema : target.schema, identifier: staged.identifier)
        try execute("alter table \(render(moved)) rename to \(quote(target.identifier))")
        try renameIndexes(of: target, from: staged.identifier)
        try old?.views.create()
    }

    /// Gets the exclusive lock of a relation and of all views on it, or none of them; nil where there is no such relation.
    ///
    /// Readers take these locks in no order that one could follow: one names a view and comes to the table by it, another names
    /// the table first. Whoever waits for one lock with another one in hand can meet a reader who does it the other way round.
    /// So most attempts do not wait: they take all that is free at one moment, or let go of everything and come back.
    ///
    /// Whoever publishes another table of the same view replaces the view, so what was read before the lock is read again under it.
    private func held(_ target: RelationName) throws -> (kind: RelationInfo.Kind, views: DependentViews)? {
        let timeout = try texts("select pg_catalog.current_setting('lock_timeout')")[0][0] ?? "0"
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.publishSeconds))
        try execute("savepoint sluice_publish")
        for attempt in 1... {
            let milliseconds = attempt % (Self.quickAttempts + 1) == 0 ? Self.patientMilliseconds : 1
            do {
                guard let old = try catalogued(target) else {
                    try execute("release savepoint sluice_publish")
                    return nil
                }
                let views = try DependentViews(of: old.id, on: self)
                try execute("set local lock_timeout = \(milliseconds); \(try (views.locks + [lock(of: old.id, old.kind, target)]).joined(separator: "; "))")
                let found = try DependentViews(of: old.id, on: self)
                if found.names == views.names {
                    try execute("set local lock_timeout = \(literal(timeout)); release savepoint sluice_publish")
                    return (old.kind, found)
                }
            } catch let problem as any Problem where Self.isInterference(problem) && ContinuousClock.now < deadline {}
            try execute("rollback to savepoint sluice_publish")
            usleep(.random(in: 200...3_000))
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// A statement that takes the exclusive lock: to give a relation to the one who has it changes nothing. `lock table` takes all
    /// that a view reads too.
    private func lock(of relation: UInt32, _ kind: RelationInfo.Kind, _ name: RelationName) throws -> String {
        let rows = try texts("select format('%I', pg_catalog.pg_get_userbyid(relowner)) from pg_catalog.pg_class where oid = \(relation)")
        return "alter \(Self.word(kind)) \(render(name)) owner to \(rows.first?[0] ?? "current_user")"
    }

    /// Somebody holds a lock, or has replaced what was to be locked.
    private static func isInterference(_ problem: any Problem) -> Bool {
        if problem.code == WarehouseConflict.code { return true }
        guard let state = (problem as? PostgreSQLProblem)?.state else { return false }
        return ["55P03", "42P01"].contains(state)
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
