import Kernel
import ModellingSupport
import Project
import Testing

/// Nodes that have no file of their own.
@Suite struct WrittenNodesTests {
    private static let orders = ["models/orders.sql": "select 1 as id, 'a' as status", "models/source.yml": "sources: [{name: raw, tables: [{name: events}]}]"]

    private func manifest(_ files: [String: String]) throws -> Manifest { try TestProject(Self.orders.merging(files) { _, new in new }).manifest() }

    private func problems(_ files: [String: String]) -> [String] {
        do {
            _ = try manifest(files)
            return []
        } catch let problems as ProjectProblems {
            return problems.problems.map { "\($0.code) \($0.location)" }
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: Snapshots

    @Test func `a file's snapshot blocks are snapshots, with the file's name in their path`() throws {
        let manifest = try manifest([
            "dbt_project.yml": "name: shop\nprofile: shop\nsnapshots: {shop: {history: {+tags: [old]}}}",
            "snapshots/deep/history.sql": """
            {% snapshot orders_history %}
            {{ config(strategy='check', unique_key='id', check_cols=['status'], target_schema='kept') }}
            select * from {{ ref('orders') }}
            {% endsnapshot %}
            """,
            "snapshots/history.sql": "{% snapshot events_history %}{{ config(strategy='timestamp', unique_key='id', updated_at='at') }}select * from {{ source('raw', 'events') }}{% endsnapshot %}",
        ])
        let orders = try #require(manifest.nodes["snapshot.shop.orders_history"])
        #expect(orders.fqn == ["shop", "deep", "history", "orders_history"])
        #expect(orders.schema == "kept")
        #expect(orders.dependsOn == ["model.shop.orders"])
        #expect(orders.config["check_cols"] == ["status"])
        let events = try #require(manifest.nodes["snapshot.shop.events_history"])
        #expect(events.config.tags == ["old"])
        #expect(events.dependsOn == ["source.shop.raw.events"])
        #expect(events.rawCode.hasPrefix("{{ config("))
    }

    @Test func `a snapshot may be written in yml alone, and a model may refer to it`() throws {
        let manifest = try manifest([
            "snapshots/s.yml": """
            snapshots:
              - name: kept
                relation: source('raw', 'events')
                config: {strategy: timestamp, unique_key: [id, day], updated_at: at, hard_deletes: new_record, dbt_valid_to_current: "'9999-12-31'"}
                columns: [{name: id, data_tests: [not_null]}]
            """,
            "models/reader.sql": "select * from {{ ref('kept') }}",
        ])
        let kept = try #require(manifest.nodes["snapshot.shop.kept"])
        #expect(kept.rawCode == "select * from {{ source('raw', 'events') }}")
        #expect(kept.config["hard_deletes"] == "new_record")
        #expect(manifest.nodes["model.shop.reader"]?.dependsOn == ["snapshot.shop.kept"])
        #expect(manifest.nodes.values.contains { $0.attachedNode == "snapshot.shop.kept" && $0.test?.name == "not_null" })
    }

    @Test(arguments: [
        ("{{ config(unique_key='id') }} select 1", "project.bad_snapshot snapshots/s.sql"), ("{{ config(strategy='timestamp', unique_key='id') }} select 1", "project.bad_snapshot snapshots/s.sql"),
        ("{{ config(strategy='check', unique_key='id', check_cols='some') }} select 1", "project.bad_snapshot snapshots/s.sql"),
    ])
    func `a snapshot without what its strategy needs is a problem`(_ body: String, _ problem: String) {
        #expect(problems(["snapshots/s.sql": "{% snapshot s %}\(body){% endsnapshot %}"]) == [problem])
    }

    // MARK: Unit tests

    @Test func `a unit test takes rows as maps, as csv, as sql and from fixtures`() throws {
        let manifest = try manifest([
            "models/sums.sql": "select id from {{ ref('orders') }} union all select id from {{ source('raw', 'events') }}",
            "tests/fixtures/some.csv": "id,name\n1,\n2,b\n",
            "models/u.yml": """
            unit_tests:
              - name: adds
                model: sums
                given:
                  - {input: ref('orders'), rows: [{id: null, status: a}, {id: 2, status: b}]}
                  - {input: "source('raw', 'events')", format: csv, fixture: some}
                expect: {format: sql, rows: "select 1 as id"}
                overrides: {macros: {is_incremental: false}, vars: {day: 3}, env_vars: {HOME: x}}
            """,
        ])
        let node = try #require(manifest.others["unit_test.shop.sums.adds"])
        let test = try #require(node.unitTest)
        #expect(test.testedNode == "model.shop.sums")
        #expect(test.given.map(\.nodeID) == ["model.shop.orders", "source.shop.raw.events"])
        // A row without nulls comes first: its values tell the types.
        #expect(test.given[0].fixture.rows == .rows([JSON([("id", 2), ("status", "b")]).objectValue!, JSON([("id", .null), ("status", "a")]).objectValue!]))
        #expect(test.given[1].fixture.rows == .rows([JSON([("id", "2"), ("name", "b")]).objectValue!, JSON([("id", "1"), ("name", .null)]).objectValue!]))
        #expect(test.expect.rows == .sql("select 1 as id"))
        #expect(test.vars["day"] == 3)
        #expect(manifest.graph.parents["unit_test.shop.sums.adds"] == ["model.shop.sums"])
    }

    @Test(arguments: [
        ("{name: u, model: none, given: [], expect: {rows: []}}", "project.ref_not_found models/u.yml"),
        ("{name: u, model: orders, given: [], expect: {rows: [], format: xml}}", "project.bad_entry models/u.yml:1"),
        ("{name: u, model: orders, given: [{input: ref('orders'), format: csv, fixture: none}], expect: {rows: []}}", "project.fixture_not_found models/u.yml:1"),
    ])
    func `a unit test that cannot be run is a problem with its place`(_ test: String, _ problem: String) {
        #expect(problems(["models/u.yml": "unit_tests: [\(test)]"]).map { String($0.split(separator: ":").prefix(2).joined(separator: ":")) } == [problem])
    }

    // MARK: Versions

    @Test func `versions are models of their own, with what the entry says of all`() throws {
        let manifest = try manifest([
            "models/dim.sql": "select 2 as id", "models/dim_v1.sql": "select 1 as id, 1 as old", "models/first.sql": "select 3 as id",
            "models/v.yml": """
            models:
              - name: dim
                latest_version: 2
                description: all
                config: {tags: [shared]}
                columns: [{name: id, data_tests: [unique]}, {name: old}]
                versions:
                  - {v: 1, config: {tags: [one]}, description: the first}
                  - {v: 2, columns: [{include: all, exclude: [old]}]}
                  - {v: 3, defined_in: first, columns: [{include: []}]}
            unit_tests:
              - {name: u, model: dim, versions: {exclude: [3]}, given: [], expect: {rows: []}}
            """,
            "models/reader.sql": "select * from {{ ref('dim') }} union all select id from {{ ref('dim', v=1) }} union all select id from {{ ref('shop', 'dim', version=3) }}",
        ])
        #expect(manifest.nodes["model.shop.reader"]?.dependsOn == ["model.shop.dim.v2", "model.shop.dim.v1", "model.shop.dim.v3"])
        let first = try #require(manifest.nodes["model.shop.dim.v1"])
        #expect([first.name, first.alias, first.fqn.joined(separator: "."), first.description] == ["dim", "dim_v1", "shop.dim.v1", "the first"])
        #expect(first.config.tags == ["one", "shared"])
        #expect(manifest.nodes["model.shop.dim.v2"]?.columns.map(\.name) == ["id"])
        #expect(manifest.nodes["model.shop.dim.v3"]?.columns.map(\.name) == [])
        #expect(manifest.nodes.values.filter { $0.resourceType == .test }.map(\.name).sorted() == ["unique_dim_v1_id", "unique_dim_v2_id"])
        #expect(manifest.others.keys.sorted() == ["unit_test.shop.dim.u_v1", "unit_test.shop.dim.u_v2"])
    }

    // MARK: What describes the models

    @Test func `exposures, metrics and saved queries are in the graph`() throws {
        let manifest = try manifest([
            "models/metricflow_time_spine.sql": "select 1 as date_day",
            "models/e.yml": """
            groups: [{name: finance, owner: {email: a@example.com}}]
            exposures:
              - {name: board, type: dashboard, owner: {name: Ann}, depends_on: [ref('orders'), "source('raw', 'events')", metric('total')], tags: [seen]}
            semantic_models:
              - name: orders
                model: ref('orders')
                defaults: {agg_time_dimension: sold_at}
                entities: [{name: id, type: primary}]
                dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}]
                measures: [{name: amount, agg: sum, create_metric: true}]
            metrics:
              - {name: total, label: Total, type: simple, type_params: {measure: amount}, filter: "{{ Dimension('id__sold_at') }} > 3"}
              - {name: share, label: Share, type: ratio, type_params: {numerator: total, denominator: {name: amount}}}
            saved_queries:
              - {name: weekly, query_params: {metrics: [share], group_by: ["Dimension('id__sold_at')"]}, exports: [{name: t, config: {export_as: table}}]}
            """,
        ])
        #expect(manifest.others["exposure.shop.board"]?.dependsOn == ["source.shop.raw.events", "model.shop.orders", "metric.shop.total"])
        #expect(manifest.others["metric.shop.total"]?.dependsOn == ["semantic_model.shop.orders"])
        #expect(manifest.others["metric.shop.share"]?.dependsOn == ["metric.shop.total", "metric.shop.amount"])
        #expect(manifest.others["saved_query.shop.weekly"]?.dependsOn == ["metric.shop.share"])
        #expect(manifest.graph.children["model.shop.orders"] == ["exposure.shop.board", "semantic_model.shop.orders"])
    }

    @Test func `who measures by time needs a calendar, by days or finer`() {
        let measured = "semantic_models: [{name: m, model: ref('orders'), defaults: {agg_time_dimension: sold_at}, entities: [{name: id, type: primary}], dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}], measures: [{name: n, agg: sum}]}]\n"
        func spine(_ grain: String) -> [String: String] {
            ["models/spine.sql": "select 1 as at", "models/m.yml": measured + "models: [{name: spine, time_spine: {standard_granularity_column: at}, columns: [{name: at, granularity: \(grain)}]}]"]
        }
        #expect(problems(["models/m.yml": measured]) == ["project.no_time_spine models"])
        #expect(problems(spine("month")) == ["project.no_time_spine models"])
        #expect(problems(spine("hour")) == [])
        #expect(problems(["models/m.yml": measured, "models/metricflow_time_spine.sql": "select 1 as date_day"]) == [])
    }

    @Test func `a private model is for its group alone`() {
        let groups = "groups: [{name: a, owner: {name: x}}, {name: b, owner: {name: x}}]\n"
        let files = ["models/reader.sql": "{{ config(group='b') }} select * from {{ ref('orders') }}"]
        #expect(problems(files.merging(["models/g.yml": groups + "models: [{name: orders, config: {access: private, group: a}}]"]) { _, new in new }) == ["project.ref_refused models/reader.sql"])
        #expect(problems(files.merging(["models/g.yml": groups + "models: [{name: orders, config: {access: private, group: b}}]"]) { _, new in new }) == [])
        #expect(problems(["models/g.yml": "models: [{name: orders, access: secret, config: {group: none}}]"]) == ["project.group_not_found models/orders.sql", "project.bad_access models/orders.sql"])
    }

    @Test func `a grant of null is a grantee, which no engine takes for nobody`() throws {
        let manifest = try manifest([
            "models/g.yml": "models: [{name: orders, config: {grants: {select: null}}}]",
        ])
        #expect(manifest.nodes["model.shop.orders"]?.config["grants"] == ["select": [.null]])
    }

    @Test func `grants written with a plus are added to those of the project`() throws {
        let manifest = try manifest([
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+grants: {select: [ann], insert: [ann]}}",
            "models/g.yml": "models: [{name: orders, config: {grants: {+select: ben, insert: [cy]}}}]",
        ])
        #expect(manifest.nodes["model.shop.orders"]?.config["grants"] == ["select": ["ann", "ben"], "insert": ["cy"]])
    }
}
