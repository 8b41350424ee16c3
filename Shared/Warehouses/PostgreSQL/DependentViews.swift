internal import Kernel
internal import WarehouseKit

/// The views that read a relation, directly or through one another: taken down and put up again with everything that makes
/// them what they are (definition, options, owner, grants, comments, defaults, triggers, rules, indexes of materialized ones).
struct DependentViews {
    private struct View {
        var kind: RelationInfo.Kind
        /// Quoted, each.
        var schema: String
        var identifier: String
        var name: String { "\(schema).\(identifier)" }
        var create: String
        /// What follows the creation, each a statement.
        var belongings: [String]
        var grants: Set<Grant>
        /// Quoted.
        var owner: String
        var isOurs: Bool
        /// Whether we may lock it: we are the owner or a member of that role.
        var isInReach: Bool

        /// For a view that has this owner already it takes the exclusive lock and does nothing.
        var handOver: String { "alter \(PostgreSQLSession.word(kind)) \(name) owner to \(owner)" }
    }

    private let session: PostgreSQLSession
    /// Each behind those that it reads.
    private let views: [View]
    /// How deep views may read views. More means that they read each other in a circle, which no query survives.
    private static let depthMax = 100

    /// - Parameter column: only those that read this column.
    /// - Throws: `WarehouseConflict.code` where another transaction replaced one of them meanwhile; the caller's transaction has failed then.
    init(of relation: UInt32, column: String? = nil, on session: PostgreSQLSession) throws {
        self.session = session
        let subject = column.map { name in
            """
             and d.refobjsubid in (0, (select a.attnum from pg_catalog.pg_attribute a
             where a.attrelid = \(relation) and a.attname = \(session.literal(name))))
            """
        } ?? ""
        let found = try session.texts(
            """
            with recursive readers(id, depth) as (
              select r.ev_class, 1 from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid
              where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
              and d.refobjid = \(relation) and r.ev_class <> d.refobjid\(subject)
              union
              select r.ev_class, readers.depth + 1 from readers
              join pg_catalog.pg_depend d on d.refobjid = readers.id
              join pg_catalog.pg_rewrite r on r.oid = d.objid
              where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
              and r.ev_class <> d.refobjid and readers.depth < \(Self.depthMax)
            )
            select id from readers join pg_catalog.pg_class c on c.oid = readers.id where c.relkind in ('v', 'm')
            group by id order by max(depth), id
            """
        ).compactMap { $0[0] }
        do {
            views = found.isEmpty ? [] : try Self.described(found, session)
        } catch let problem as PostgreSQLProblem where problem.state == "XX000" {
            // Functions of the catalogue look a relation up by its number and find it gone.
            throw Self.replaced(problem.summary)
        }
    }

    private static func replaced(_ words: String) -> PlainProblem {
        PlainProblem(WarehouseConflict.code, "a view was replaced while it was read: \(words)", remedy: "try again: another transaction was first", response: .retry(afterSeconds: 1))
    }

    /// Quoted, with their schemas.
    var names: Set<String> { Set(views.map(\.name)) }

    /// Statements that lock the views, from the outermost on: a reader who comes by a view holds it before what it reads.
    var locks: [String] { views.reversed().filter(\.isInReach).map(\.handOver) }

    // MARK: Reading

    private static func described(_ ids: [String], _ session: PostgreSQLSession) throws -> [View] {
        // Without a search path the server writes every name in full, so that it means the same wherever it is read.
        let path = try session.texts("select pg_catalog.current_setting('search_path')").first?.first ?? nil
        try session.execute("select pg_catalog.set_config('search_path', '', true)")
        var views: [View] = []
        for id in ids {
            let rows = try session.texts(
                """
                select c.relkind, format('%I', n.nspname), format('%I', c.relname), pg_catalog.pg_get_viewdef(c.oid), array_to_string(c.reloptions, ', '),
                  c.relispopulated, format('%I', pg_catalog.pg_get_userbyid(c.relowner)), c.relowner = current_user::regrole,
                  pg_catalog.pg_has_role(c.relowner, 'USAGE')
                from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = \(id)
                """)
            guard let row = rows.first, row[3] != nil else { throw replaced("number \(id) is gone") }
            let kind: RelationInfo.Kind = row[0] == "m" ? .materializedView : .view
            let schema = row[1] ?? ""
            let identifier = row[2] ?? ""
            let name = "\(schema).\(identifier)"
            var body = row[3] ?? ""
            if body.hasSuffix(";") { body.removeLast() }
            let options = row[4].map { " with (\($0))" } ?? ""
            let tail = kind == .materializedView && row[5] != "t" ? "\nwith no data" : ""
            views.append(View(
                kind: kind, schema: schema, identifier: identifier, create: "create \(PostgreSQLSession.word(kind)) \(name)\(options) as\n\(body)\(tail)",
                belongings: try session.texts(Self.belongings(of: id, named: session.literal(name), kind)).compactMap { $0[0] },
                grants: try Grant.all(on: id, session), owner: row[6] ?? "", isOurs: row[7] == "t", isInReach: row[8] == "t"))
        }
        try session.execute("select pg_catalog.set_config('search_path', \(session.literal(path ?? "")), true)")
        return views
    }

    /// A query for the statements that give a new view of this name all that the old one had.
    private static func belongings(of id: String, named quoted: String, _ kind: RelationInfo.Kind) -> String {
        let word = PostgreSQLSession.word(kind)
        return """
            select statement from (
              select 1 as part, 0 as place, format('comment on \(word) %s is %L', \(quoted), description) as statement
                from pg_catalog.pg_description where objoid = \(id) and classoid = 'pg_catalog.pg_class'::regclass and objsubid = 0
              union all
              select 2, a.attnum, format('comment on column %s.%I is %L', \(quoted), a.attname, d.description)
                from pg_catalog.pg_description d join pg_catalog.pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
                where d.objoid = \(id) and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid > 0
              union all
              select 3, a.attnum, format('alter view %s alter column %I set default %s', \(quoted), a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid))
                from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = \(id)
              union all
              select 4, indexrelid::int8, pg_catalog.pg_get_indexdef(indexrelid) from pg_catalog.pg_index where indrelid = \(id)
              union all
              select 5, oid::int8, pg_catalog.pg_get_triggerdef(oid) from pg_catalog.pg_trigger where tgrelid = \(id) and not tgisinternal
              union all
              select 6, oid::int8, pg_catalog.pg_get_ruledef(oid) from pg_catalog.pg_rewrite where ev_class = \(id) and rulename <> '_RETURN'
            ) belongings order by part, place
            """
    }

    // MARK: Taking down, putting up

    /// Those of other owners are left to the table's own `cascade`, which asks nobody.
    func drop() throws {
        for view in views.reversed() where view.isInReach { try session.execute("drop \(PostgreSQLSession.word(view.kind)) \(view.name)") }
    }

    /// A view that the new table no longer fits (a column is gone, or of another kind; a materialized one cannot be computed from
    /// the new rows) stays down, and a notice says so with its text: its own model will build it anew, and a run must be able to
    /// get that far.
    func create() throws {
        for view in views {
            try session.execute("savepoint sluice_view")
            do {
                try session.execute(view.create)
                for statement in view.belongings { try session.execute(statement) }
                try Grant.settle(view.grants, onRelation: view.name, session)
                // Last, because all else is done as the owner that we are.
                if !view.isOurs { try session.execute(view.handOver) }
                try session.execute("release savepoint sluice_view")
            } catch let problem as PostgreSQLProblem where Self.isMisfit(problem.state) {
                try session.execute("rollback to savepoint sluice_view; release savepoint sluice_view")
                session.onNotice("WARNING:  the view \(view.name) does not fit the new table and was dropped: \(problem.summary). It was: \(view.create)")
                continue
            }
            if view.kind == .materializedView { try mark(view) }
        }
    }

    /// Behind a savepoint the catalogue's row is of an inner transaction; renamed twice, it is of the one that makes the table again,
    /// by which `PostgreSQLSession.isPutBack` knows it.
    private func mark(_ view: View) throws {
        let aside = session.quote("sluice_\(UInt64.random(in: 0 ... .max))")
        try session.execute("alter materialized view \(view.name) rename to \(aside)")
        try session.execute("alter materialized view \(view.schema).\(aside) rename to \(view.identifier)")
    }

    /// Names and types; values and keys of a materialized view. Not a right that we lack: that would hide a mistake of ours.
    private static func isMisfit(_ state: String) -> Bool { ["42", "22", "23"].contains(state.prefix(2)) && state != "42501" }
}
