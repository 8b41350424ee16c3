import Kernel
import Support
import Testing
import WarehouseKit
@testable import WarehousePostgreSQL

@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct CatalogueTests {
    static func name(_ identifier: String, _ schema: String = "public") -> RelationName { RelationName(schema: schema, identifier: identifier) }

    @Test func `relations of every kind are found and described as dbt prints them`() throws {
        let database = try TestDatabase()
        let session = try database.session()
        try session.execute(
            """
            create table "Odd ""name"" of" (id bigserial primary key, "Größe" numeric(12,2), s varchar(10), t text, ts timestamptz, gone int, a int[]);
            alter table "Odd ""name"" of" drop column gone;
            create view v as select 1 as one; create materialized view m as select 2 as two;
            create table parts (d date) partition by range (d); create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01');
            create temporary table scratch (x int)
            """)
        let odd = Self.name("Odd \"name\" of")
        #expect(try session.relations(inSchema: "public").map { "\($0.name.identifier) \($0.kind.rawValue)" } == ["Odd \"name\" of table", "m materialized_view", "parts table", "v view"])
        #expect(try session.columns(of: odd).map { "\($0.name) \($0.type)" } == [
            "id bigint", "Größe numeric(12,2)", "s character varying(10)", "t text", "ts timestamp with time zone", "a integer[]",
        ])
        #expect(session.render(RelationName(database: "db", schema: "public", identifier: "Odd \"name\" of")) == #""db"."public"."Odd ""name"" of""#)
        // Without a schema it is what SQL would find: temporary tables first.
        #expect(try session.relation(Self.name("scratch", ""))?.kind == .table && session.columns(of: Self.name("scratch", "")).map(\.name) == ["x"])
        #expect(try session.relation(Self.name("scratch")) == nil && session.relation(Self.name("ODD \"NAME\" OF")) == nil)
        for kind in ["v", "m"] { try session.drop(#require(try session.relation(Self.name(kind)))) }
        #expect(try session.relations(inSchema: "public").count == 2)
    }

    @Test func `a drop takes along what depends on it`() throws {
        let session = try TestDatabase().session()
        try session.execute("create table t (x int primary key); create view v as select * from t; create table u (x int references t)")
        try session.drop(#require(try session.relation(Self.name("t"))))
        #expect(try session.relation(Self.name("v")) == nil && session.relation(Self.name("u")) != nil)
    }

    // MARK: Publishing

    @Test func `views come back with all that they were, and those on them`() throws {
        let database = try TestDatabase()
        let session = try database.session()
        let analyst = "analyst_\(UInt32.random(in: 0 ... .max))", keeper = "keeper_\(UInt32.random(in: 0 ... .max))"
        try session.execute(
            """
            create role \(analyst); create role \(keeper); create schema marts; grant all on schema public, marts to \(keeper);
            create function public.noticed() returns trigger language plpgsql as $$ begin return new; end $$;
            create table orders (id int, amount numeric); insert into orders values (1, 10);
            create view marts.paid with (security_barrier=true) as select id, amount from orders where amount > 0 with local check option;
            create view marts."by id" as select p.id, count(*) n from marts.paid p join orders o using (id) group by 1;
            create materialized view marts.stored as select n from marts."by id"; create index stored_n on marts.stored (n);
            create materialized view marts.unfilled as select id from orders with no data;
            comment on view marts.paid is 'What''s paid'; comment on column marts.paid.amount is 'in cents';
            alter view marts.paid alter column amount set default 5;
            create trigger noticing instead of insert on marts.paid for each row execute function public.noticed();
            create rule quiet as on delete to marts."by id" do instead nothing;
            alter default privileges in schema marts grant select on tables to public;
            grant select on marts.paid to \(analyst) with grant option; grant update (amount) on marts.paid to \(keeper);
            grant select on orders, marts.paid to \(keeper);
            alter view marts."by id" owner to \(keeper);
            """)
        // Rights as they are, however they came to be written down.
        let rights = """
            (select string_agg(format('%s %s %s', grantee::regrole, privilege_type, is_grantable), ', ' order by grantee::regrole::text, privilege_type)
            from (select * from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner)))) a)
            """
        let shown = "select c.relname, c.relkind, c.relowner::regrole, \(rights), c.reloptions::text, obj_description(c.oid, 'pg_class'), pg_get_viewdef(c.oid), c.relispopulated from pg_class c where c.relnamespace = 'marts'::regnamespace order by 1"
        let more = """
            select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal union all select pg_get_ruledef(oid) from pg_rewrite where rulename = 'quiet'
            union all select pg_get_indexdef('marts.stored_n'::regclass) union all select pg_get_expr(adbin, adrelid) from pg_attrdef
            union all select col_description('marts.paid'::regclass, 2) union all select attacl::text from pg_attribute where attacl is not null and attrelid = 'marts.paid'::regclass
            """
        let before = (try database.psql(shown), try database.psql(more))
        #expect(before.0.contains("analyst") && before.1.contains("noticing") && before.1.contains("in cents"))
        try session.execute("set search_path to marts, public")
        try session.transaction {
            try session.execute("create table public.orders__next as select generate_series(1, 3) id, 7.5 amount")
            // A right on the old table is not one on the new: dbt's models have grants of their own.
            try session.execute("grant select on public.orders__next to \(keeper)")
            try session.publish(staged: Self.name("orders__next"), as: Self.name("orders"))
        }
        let after = try database.psql(shown)
        #expect(after == before.0)
        #expect(try database.psql(more) == before.1)
        #expect(try session.query("select count(*) from marts.\"by id\"").rows == [[.integer(3)]])
        #expect(try session.query("select n from marts.stored").rows.count == 3)
        #expect(try session.query("show search_path").rows == [[.text("marts, public")]])
        try session.execute("drop owned by \(analyst), \(keeper) cascade; drop role \(analyst), \(keeper)")
    }

    @Test func `a view that the new table no longer fits is dropped with a notice that holds its text`() throws {
        let session = try TestDatabase().session()
        var heard: [String] = []
        session.onNotice = { heard.append($0) }
        try session.execute("create table t (a int, b int); create view fits as select a from t; create view lost as select b from t; create view lost_too as select * from lost")
        try session.execute("create materialized view once as select a from t; create unique index on once (a)")
        try session.transaction {
            try session.execute("create table t2 (a int); insert into t2 values (1), (1)")
            try session.publish(staged: Self.name("t2"), as: Self.name("t"))
        }
        #expect(try session.relations(inSchema: "public").map(\.name.identifier) == ["fits", "t"])
        let warnings = heard.filter { $0.hasPrefix("WARNING") }
        #expect(warnings.count == 3 && warnings[0].contains("view public.lost does not fit"), "\(heard)")
        #expect(warnings[0].contains("create view public.lost as"))
    }

    @Test func `a materialized view is known to be put back until it is made again, whatever is granted or refreshed, by whoever asks`() throws {
        let database = try TestDatabase()
        let session = try database.session()
        let made = ["table t (a int)", "view between as select a from t", "materialized view m as select a from between", "materialized view far as select a from m"]
        for each in made { try session.execute("create \(each)") }
        let other = try database.session()
        func arePutBack() throws -> [Bool] { try ["m", "far", "between", "t", "nowhere"].map { try other.isPutBack(Self.name($0)) } }
        #expect(try arePutBack() == [false, false, false, false, false])
        try session.transaction {
            try session.execute("create table t2 (a int)")
            try session.publish(staged: Self.name("t2"), as: Self.name("t"))
        }
        #expect(try arePutBack() == [true, true, false, false, false])
        try session.execute("refresh materialized view m; grant select on t to public")
        #expect(try arePutBack() == [true, true, false, false, false])
        try session.execute("drop materialized view far; create \(made[3])")
        #expect(try arePutBack() == [true, false, false, false, false])
        try session.execute("drop materialized view m cascade")
        for each in made[2...] { try session.execute("create \(each)") }
        try session.execute("grant select on all tables in schema public to public")
        #expect(try arePutBack() == [false, false, false, false, false])
        try session.transaction {
            try session.execute("create view v2 as select 1 as a")
            try session.publish(staged: Self.name("v2"), as: Self.name("between"))
        }
        #expect(try arePutBack() == [true, true, false, false, false])
    }

    @Test func `indexes and constraints of what is published carry the target's name`() throws {
        let session = try TestDatabase().session()
        for round in 1...2 {
            try session.transaction {
                try session.execute("create table orders__dbt_tmp (id int primary key, other int unique); create index \"9c3a1\(round)\" on orders__dbt_tmp (other)")
                try session.publish(staged: Self.name("orders__dbt_tmp"), as: Self.name("orders"))
            }
            let names = try session.query("select indexrelid::regclass::text from pg_index where indrelid = 'orders'::regclass order by 1").rows
            #expect(names == [[.text("\"9c3a1\(round)\"")], [.text("orders_other_key")], [.text("orders_pkey")]])
        }
    }

    @Test func `a reader who holds the table is waited for, and what waits is not in the way of others`() throws {
        let database = try TestDatabase()
        let session = try database.session(), reader = try database.session()
        try session.execute("create table t (x int); create view v as select * from t")
        try reader.begin()
        _ = try reader.query("select * from v")
        let writer = Background {
            try session.transaction {
                try session.execute("create table t2 (x int); insert into t2 values (1)")
                try session.publish(staged: Self.name("t2"), as: Self.name("t"))
            }
        }
        // While the first reader stays, others read.
        let other = try database.session()
        for _ in 0..<20 { #expect(try other.query("select count(*) from v").rows == [[.integer(0)]]) }
        #expect(!writer.isDone)
        try reader.commit()
        try writer.wait()
        #expect(try other.query("select count(*) from v").rows == [[.integer(1)]])
    }

    @Test func `grants of a raw table go on to the one that takes its place`() throws {
        let session = try TestDatabase().session()
        let role = "reader_\(UInt32.random(in: 0 ... .max))"
        try session.execute("create role \(role); create table old (a int, b int); create table new (a int); grant select on old to \(role); grant update (a, b) on old to \(role)")
        try session.transaction { try session.copyGrants(from: Self.name("old"), to: Self.name("new")) }
        #expect(try session.query("select has_table_privilege('\(role)', 'new', 'select'), has_column_privilege('\(role)', 'new', 'a', 'update')").rows == [[.integer(1), .integer(1)]])
        try session.execute("drop owned by \(role); drop role \(role)")
    }
}
