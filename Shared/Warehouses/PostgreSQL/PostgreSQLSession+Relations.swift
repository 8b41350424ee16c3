internal import Kernel
public import WarehouseKit

extension PostgreSQLSession {
    // MARK: Catalogue

    /// The condition on `pg_class c join pg_namespace n` that finds a relation by name.
    private func condition(_ name: RelationName) -> String {
        name.schema.isEmpty
            ? "c.oid = pg_catalog.to_regclass(\(literal(quote(name.identifier))))"
            : "n.nspname = \(literal(name.schema)) and c.relname = \(literal(name.identifier))"
    }
    private static let from = "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    private static let kinds = "c.relkind in ('r', 'p', 'f', 'v', 'm')"

    private static func kind(_ letter: String?) -> RelationInfo.Kind {
        switch letter {
        case "v": .view
        case "m": .materializedView
        default: .table
        }
    }

    public func relation(_ name: RelationName) throws -> RelationInfo? {
        guard let row = try texts("select c.relkind \(Self.from) where \(condition(name)) and \(Self.kinds)").first else { return nil }
        return RelationInfo(name: name, kind: Self.kind(row[0]))
    }

    /// The number by which the catalogue knows a relation, and its kind.
    func catalogued(_ name: RelationName) throws -> (id: UInt32, kind: RelationInfo.Kind)? {
        guard let row = try texts("select c.oid, c.relkind \(Self.from) where \(condition(name)) and \(Self.kinds)").first,
            let id = row[0].flatMap({ UInt32($0) })
        else { return nil }
        return (id, Self.kind(row[1]))
    }

    /// `DependentViews` renames what it puts up in the transaction that makes the table again, so the catalogue's rows of both are that
    /// transaction's; to make the view of its model's text is another one. The rows of their types, that is: those of the relations
    /// are written by a `grant` or a `refresh` too.
    public func isPutBack(_ name: RelationName) throws -> Bool {
        guard let (id, kind) = try catalogued(name), kind == .materializedView else { return false }
        return try !texts(
            """
            with recursive sources(id) as (
              select \(id)::oid
              union
              select d.refobjid from sources
              join pg_catalog.pg_rewrite r on r.ev_class = sources.id
              join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
              where d.refclassid = 'pg_catalog.pg_class'::regclass
            )
            select 1 from sources join pg_catalog.pg_class source on source.oid = sources.id
            join pg_catalog.pg_class reader on reader.oid = \(id) and reader.oid <> source.oid
            join pg_catalog.pg_type its on its.oid = reader.reltype
            join pg_catalog.pg_type theirs on theirs.oid = source.reltype and theirs.xmin = its.xmin
            """
        ).isEmpty
    }

    public func relations(inSchema schema: String) throws -> [RelationInfo] {
        let schema = schema.isEmpty ? defaultSchema : schema
        // A partition is a part of its table.
        return try texts(
            "select c.relname, c.relkind \(Self.from) where n.nspname = \(literal(schema)) and \(Self.kinds) and not c.relispartition order by c.relname collate \"C\""
        ).map { RelationInfo(name: RelationName(schema: schema, identifier: $0[0] ?? ""), kind: Self.kind($0[1])) }
    }

    /// With types as `format_type` writes them, which is how dbt's adapter prints them: `character varying(10)`, `numeric(12,2)`.
    public func columns(of name: RelationName) throws -> [ColumnInfo] {
        try texts(
            """
            select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) \(Self.from)
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where \(condition(name)) and \(Self.kinds) order by a.attnum
            """
        ).map { ColumnInfo(name: $0[0] ?? "", type: $0[1] ?? "") }
    }

    public func createSchema(_ schema: String) throws {
        // Asked first: `create schema if not exists` wants the right to create one also where it is there.
        func isThere() throws -> Bool { try !texts("select 1 from pg_catalog.pg_namespace where nspname = \(literal(schema))").isEmpty }
        guard try !schema.isEmpty && !isThere() else { return }
        try inTransaction {
            try lock("schema \(schema)", .exclusive)
            if try !isThere() { try execute("create schema \(quote(schema))") }
        }
    }

    /// With the views that read it and the constraints that point at it.
    public func drop(_ relation: RelationInfo) throws {
        try execute("drop \(Self.word(relation.kind)) if exists \(render(relation.name)) cascade")
    }

    static func word(_ kind: RelationInfo.Kind) -> String {
        switch kind {
        case .table: "table"
        case .view: "view"
        case .materializedView: "materialized view"
        }
    }

    // MARK: Types

    /// A column that has held nothing but nulls is of a type that takes any text and that nobody chooses: the longest varchar
    /// that there is. A domain would have to be made in each database, and would come along into models.
    private static let unknownType = "character varying(10485760)"

    public func render(_ type: ColumnType) -> String {
        switch type {
        case .unknown: Self.unknownType
        case .boolean: "boolean"
        case .integer: "bigint"
        case .real: "double precision"
        case .decimal: "numeric"
        case .date: "date"
        case .localTimestamp: "timestamp without time zone"
        case .timestamp: "timestamp with time zone"
        case .json: "jsonb"
        case .text: "text"
        }
    }

    public func moment(ofText sql: String) -> String { "cast(\(sql) as \(render(ColumnType.timestamp)))" }

    public func columnType(_ word: String) -> ColumnType? {
        // Nobody but a person makes a column of the type that keeps the text.
        word.lowercased() == "json" ? .json : ColumnType.allCases.first { render($0) == word.lowercased() }
    }

    /// PostgreSQL refuses to change a column that a view reads, so such views are made anew, with all that hangs on them.
    public func changeType(of column: String, in table: RelationName, to type: ColumnType) throws {
        guard let (id, _) = try catalogued(table) else { return }
        let old = try columns(of: table).first { $0.name == column }.flatMap { columnType($0.type) } ?? .text
        let views = try DependentViews(of: id, column: column, on: self)
        try views.drop()
        try execute(
            "alter table \(render(table)) alter column \(quote(column)) type \(render(type)) using \(converted(quote(column), from: old, to: type))")
        try views.create()
    }

    public func uniqueIndexes(of table: RelationName) throws -> [(name: String, columns: [String])] {
        guard let (id, _) = try catalogued(table) else { return [] }
        var indexes: [(name: String, columns: [String])] = []
        let rows = try texts(
            """
            select i.relname, a.attname from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
            join pg_catalog.pg_attribute a on a.attrelid = i.oid
            where x.indrelid = \(id) and x.indisunique and not exists (select 1 from pg_catalog.pg_constraint c where c.conindid = i.oid)
            order by i.relname, a.attnum
            """)
        for row in rows {
            guard let name = row[0], let column = row[1] else { continue }
            if indexes.last?.name == name { indexes[indexes.count - 1].columns.append(column) } else { indexes.append((name, [column])) }
        }
        return indexes
    }

    public func dropIndex(_ name: String, of table: RelationName) throws {
        try execute("drop index \(table.schema.isEmpty ? "" : quote(table.schema) + ".")\(quote(name))")
    }

    /// A date that becomes a timestamp is its midnight in UTC; a moment that becomes text is as the loader would write it.
    private func converted(_ column: String, from old: ColumnType, to new: ColumnType) -> String {
        switch (old, new) {
        case (.unknown, _): "null"
        // By its shortest digits: a direct cast keeps 15.
        case (.real, .decimal): "\(column)::text::numeric"
        case (.date, .timestamp): "\(column)::timestamp at time zone 'UTC'"
        case (.localTimestamp, .text): "rtrim(rtrim(to_char(\(column), 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.')"
        case (.timestamp, .text): "rtrim(rtrim(to_char(\(column) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
        default: "\(column)::\(render(new))"
        }
    }
}
