internal import Kernel
internal import WarehouseKit

/// One right that somebody other than the owner has on a relation or on one of its columns.
struct Grant: Hashable {
    /// `SELECT`, or `SELECT ("name")` for a column's.
    var privilege: String
    /// Quoted, or `public`.
    var grantee: String
    /// May be passed on.
    var isGrantable: Bool

    /// - Parameter relation: an `oid`, as SQL.
    static func all(on relation: String, _ session: PostgreSQLSession) throws -> Set<Grant> {
        let grantee = "case acl.grantee when 0 then 'public' else format('%I', pg_catalog.pg_get_userbyid(acl.grantee)) end"
        let rows = try session.texts(
            """
            select acl.privilege_type, \(grantee), acl.is_grantable
            from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) acl where c.oid = \(relation) and acl.grantee <> c.relowner
            union all
            select format('%s (%I)', acl.privilege_type, a.attname), \(grantee), acl.is_grantable
            from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid, pg_catalog.aclexplode(a.attacl) acl
            where c.oid = \(relation) and acl.grantee <> c.relowner and not a.attisdropped
            """)
        return Set(rows.map { Grant(privilege: $0[0] ?? "", grantee: $0[1] ?? "", isGrantable: $0[2] == "t") })
    }

    /// Makes the rights on a relation those that are wanted: default privileges may have given others to a new one.
    /// - Parameter name: quoted.
    static func settle(_ wanted: Set<Grant>, onRelation name: String, _ session: PostgreSQLSession) throws {
        let given = try all(on: "\(session.literal(name))::regclass", session)
        for grant in given.subtracting(wanted) { try session.execute("revoke \(grant.privilege) on \(name) from \(grant.grantee)") }
        for grant in wanted.subtracting(given) { try grant.add(to: name, session) }
    }

    func add(to name: String, _ session: PostgreSQLSession) throws {
        try session.execute("grant \(privilege) on \(name) to \(grantee)\(isGrantable ? " with grant option" : "")")
    }
}
