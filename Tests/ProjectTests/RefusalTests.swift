import Kernel
import ModellingSupport
import Project
import Testing

/// What dbt refuses of a project's files, and what it reads although something is odd.
@Suite struct RefusalTests {
    private static let sound = [
        "models/orders.sql": "select 1 as id", "models/lines.sql": "select 1 as id", "seeds/codes.csv": "id\n1\n",
        "models/all.yml": """
            models: [{name: orders, description: all}]
            macros: [{name: twice}]
            sources: [{name: raw, tables: [{name: events}]}]
            """,
        "macros/twice.sql": "{% macro twice(x) %}{{ x }}{% endmacro %}",
    ]

    private func told(_ files: [String: String]) -> [String] {
        do {
            return try TestProject(Self.sound.merging(files) { _, new in new }).manifest().warnings.map(\.text)
        } catch let problems as ProjectProblems {
            return problems.problems.map(\.summary)
        } catch {
            return ["\(error)"]
        }
    }

    @Test(arguments: [
        ("models:", "The schema file at models/more.yml is invalid because the value of 'models' is not a list"), ("models: [5]", "The schema file at models/more.yml is invalid because a list element for 'models' is not a dictionary"),
        ("models: [{description: a}]", "The schema file at models/more.yml is invalid because a list element for 'models' does not have a name attribute."), ("groups: 5", "groups must be a list, got <class 'int'> instead: (5)"),
        ("text", "Error reading shop: more.yml - Runtime Error\n  Contents of file 'models/more.yml' are not valid. Dictionary expected."), ("models: [{name: orders}]", "dbt found two schema.yml entries for the same resource named orders. Resources and their associated columns may only be described a single time."),
        ("macros: [{name: twice}]", "dbt found two schema.yml entries for the same macro in package shop named twice. Macros may only be described a single time."),
        ("models: [{name: lines, columns: {}}]", "Invalid models config given in models/more.yml @ models: {'name': 'lines', 'columns': {}, 'original_file_path': 'models/more.yml', 'yaml_key': 'models', 'package_name': 'shop'} - at path ['columns']: {} is not of type 'array'"),
        ("groups: [{name: g, owner: {}}]", "Invalid groups config given in models/more.yml @ groups: {'name': 'g', 'owner': {}} - at path []: Group owner must have at least one of 'name' or 'email'."),
        ("models: [{name: lines, meta: {a: 1}, config: {meta: {b: 1}}}]", "In models/more.yml: found meta dictionary in 'config' dictionary and as top-level key. Remove the top-level key and define it under 'config' dictionary only."),
        ("models: [{name: lines, latest_version: 3}]", "latest_version: 3 is not one of model 'lines' versions: []"), ("models: [{name: lines, versions: [{v: 1}, {v: 1}]}]", "Found duplicate version: '1' in versions list of model 'lines'"),
        ("models: [{name: lines, columns: [{name: a, constraints: [{type: odd}]}]}]", "Invalid constraint type on column a"),
        ("models: [{name: lines, constraints: [{type: foreign_key, to: odd}]}]", "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model lines: odd."),
        ("models: [{name: lines, columns: [{name: a, constraints: [{type: primary_key}]}, {name: b, constraints: [{type: primary_key}]}]}]", "Primary key constraint error: (models/lines.sql)\nFound 2 columns (['a', 'b']) with primary key constraints defined. Primary keys for multiple columns must be defined as a model level constraint."),
        ("models: [{name: lines, config: {enabled: maybe}}]", "at path ['enabled']: 'maybe' is not of type 'boolean'"), ("models: [{name: lines, config: {group: odd}}]", "Invalid group 'odd', expected one of []"),
        ("models: [{name: lines, data_tests: [{unique: null}]}]", "Invalid test config given in models/more.yml: test arguments must be a dict, got <class 'NoneType'> (value None)"),
        (
            "models: [{name: lines, columns: [{name: id, data_tests: [{unique: {severity: warn, config: {severity: error}}}]}]}]",
            "Invalid generic test configuration given in models/more.yml: \nTest cannot have the same key at the top-level and in config"
        ),
        (
            "groups: [{name: g, owner: {name: x}}]\nmodels: [{name: lines, config: {group: g, access: private}}]\nexposures: [{name: e, type: dashboard, owner: {name: x}, depends_on: [\"ref('lines')\"]}]",
            "Node exposure.shop.e attempted to reference node model.shop.lines, which is not allowed because the referenced node is private to the 'g' group."
        ),
        ("models: [{name: lines, access: null}]", "Node model.shop.lines has an invalid value (None) for the access field"),
        ("models: [{name: lines, constraints: [{type: unique, columns: null}]}]", "Field \"columns\" of type List[str] in ModelLevelConstraint has invalid value None"),
        ("models: [{name: lines, data_tests: [{unique: [id]}]}]", "Invalid test config given in models/more.yml: test arguments must be a dict, got <class 'list'> (value ['id'])"),
        ("sources: [{name: o, loaded_at_field: a, loaded_at_query: b, tables: [{name: t}]}]", "Cannot specify both loaded_at_field and loaded_at_query at source level."), ("sources: [{name: raw, tables: [{name: events}]}]", "dbt found two sources with the name \"raw_events\""),
        ("sources: [{name: o, tables: [{name: t, config: {freshness: {warn_after: {count: 1, period: year}}}}]}]", "at path ['freshness']: {'warn_after': {'count': 1, 'period': 'year'}} is not valid under any of the given schemas"),
        ("snapshots: [{name: s, relation: orders, config: {strategy: check, unique_key: id, check_cols: all}}]", "Invalid jinja expression: orders"), ("unit_tests: [{name: u, model: orders, given: [], expect: {format: csv, rows: [{a: 1}]}}]", "Unit test u has expected rows or fixtures which do not match format csv.  Expected string."),
        ("models: [{name: lines, config: {meta: null}}]", "expected dict, got None"), ("models: [{name: lines, config: {persist_docs: null}}]", "Field \"persist_docs\" of type Dict[str, Any] in ModelConfig has invalid value None"),
        ("models: [{name: lines, config: {post-hook: null}}]", "the JSON object must be str, bytes or bytearray, not NoneType"), ("models: [{name: lines, config: {packages: null}}]", "at path ['packages'][0]: None is not of type 'string'"),
        ("exposures: [{name: e, type: dashboard, owner: {name: x}, config: {meta: null}}]", "Field \"meta\" of type Dict[str, Any] in ExposureConfig has invalid value None"),
        ("sources: [{name: o, config: {meta: null}, tables: [{name: t}]}]", "'NoneType' object is not a mapping"),
        ("models: [{name: lines, config: {freshness: {build_after: {count: 1}}}}]", "`freshness.build_after` must have a value for `period` if a `count` is provided"),
        ("models: [{name: lines, config: {freshness: {build_after: {period: day}}}}]", "`freshness.build_after` must have a value for `count` if a `period` is provided"),
        ("models: [{name: lines, versions: [{v: 1, columns: [{include: all}, {exclude: [a], include: '*'}]}]}]", "version can have at most one include/exclude element"),
        ("models: [{name: lines, columns: [{name: a, constraints: [{type: foreign_key, to: ref('orders'), to_columns: null}]}]}]", "Field \"to_columns\" of type List[str] in ColumnLevelConstraint has invalid value None"),
        ("models: [{name: lines, data_tests: ['']}]", "Invalid generic test configuration given in models/more.yml: \nTest name string did not match expected pattern: "),
        ("unit_tests: [{name: u, model: lines, given: [{input: ref('orders'), rows: null}], expect: {rows: []}}]", "Unable to find seed 'shop.orders' for unit tests in directories: ['seeds']"),
        ("unit_tests: [{name: u, model: lines, given: [], expect: {rows: null}}]", "Unit test u has expected rows which do not match format dict"),
        (
            "models: [{name: lines, columns: [{name: id, data_tests: [not_null: {name: kept, config: {store_failures: true}}, unique: {name: kept, config: {store_failures: true}}]}]}]",
            "dbt found two resources with the database representation \"\"main_dbt_test__audit__kept\"\".\ndbt cannot create two resources with identical database representations."
        ),
    ])
    func `a schema file that dbt refuses is refused in its words`(_ text: String, _ message: String) {
        #expect(told(["models/more.yml": text]).contains(message), "\(told(["models/more.yml": text]))")
    }

    @Test func `a project configures its tests under one of the two names`() {
        let project = "name: shop\nprofile: shop\ntests: {+severity: warn}\ndata_tests: {+severity: warn}\n"
        #expect(told(["dbt_project.yml": project]) == ["at path []: Invalid project config: cannot have both 'tests' and 'data_tests' defined"])
    }

    @Test func `a unit test of a model that may be built in part says which it means`() {
        func told(_ more: String) -> [String] {
            self.told([
                "models/part.sql": "{{ config(materialized='incremental') }} select id from {{ ref('orders') }} {% if is_incremental() %} where id > 1 {% endif %}",
                "models/more.yml": "unit_tests: [{name: u, model: part, given: [{input: ref('orders'), rows: []}], expect: {rows: []}\(more)}]",
            ])
        }
        #expect(told("") == ["Boolean override for 'is_incremental' must be provided for unit test 'u' in model 'part'"])
        #expect(told(", overrides: {macros: {is_incremental: true}}") == ["Unit test 'u' for incremental model 'part' must have a 'this' input"])
        #expect(told(", overrides: {macros: {is_incremental: false}}") == [])
    }

    @Test func `two nodes that leave one relation are refused, an ephemeral model leaves none`() {
        #expect(told(["models/codes.sql": "select 1"]) == ["dbt found two resources with the database representation \"\"codes\"\".\ndbt cannot create two resources with identical database representations."])
        #expect(told(["models/codes.sql": "{{ config(materialized='ephemeral') }} select 1"]) == [])
    }

    @Test(arguments: [
        ("selectors: 5", "Could not parse selector file data: \n5\nValid root-level selector definitions:\nunion, intersection, string, dictionary. No lists.\nhttps://docs.getdbt.com/reference/node-selection/yaml-selectors"),
        ("selectors: [{name: a, definition: {union: 5}}]", "Could not read selector file data: Invalid value for key \"union\". Expected a list."),
        ("selectors: [{name: a, definition: {}}]", "Could not read selector file data: Expected either 1 key or else \"method\" and \"value\" keys, but got []"),
        ("selectors: [{name: a, definition: {method: tag, value: x, parents_depth: odd}}]", "Could not read selector file data: Invalid node spec - could not handle parent depth odd"),
    ])
    func `selectors of a wrong shape are refused in dbt's words`(_ text: String, _ message: String) {
        #expect(told(["selectors.yml": text]) == [message])
    }

    @Test(arguments: [
        (["models/more.sql": "{% snapshot x %}select 1{% endsnapshot %} select 1 as id"], "encountered unknown tag 'snapshot'"),
        (["models/more.sql": "{{ config({'materialized': 'table'}, {}) }} select 1 as id"], "Invalid inline model config"), (["models/more.sql": "{{ config(meta=none) }} select 1 as id"], "expected dict, got None"),
        (["models/more.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch', begin='2026-01-01', batch_size='day', event_time=1) }} select 1 as id"], "Microbatch model 'more' must provide an 'event_time' config of type string, but got: <class 'int'>."),
        (["macros/more.sql": "{% macro never() %}{{ adapter.dispatch('nobody')() }}{% endmacro %}"], "In dispatch: No macro named 'nobody' found within namespace: 'None'\n    Searched for: 'sqlite__nobody', 'default__nobody'"),
        (["macros/more.sql": "{% macro never() %}{{ adapter.dispatch('nobody', 'shop')() }}{% endmacro %}"], "In dispatch: No macro named 'nobody' found within namespace: 'shop'\n    Searched for: 'shop.sqlite__nobody', 'shop.default__nobody', 'shop.sqlite__nobody', 'shop.default__nobody'"),
        (["functions/f.sql": "select 1", "functions/f.yml": "functions: [{name: f, config: {volatility: odd}, returns: {data_type: int}}]"], "Field \"volatility\" of type Optional[FunctionVolatility] in FunctionConfig has invalid value 'odd'"),
        (
            ["functions/f.sql": "select 1", "functions/f.yml": "functions: [{name: f, arguments: [{name: a, data_type: int, default_value: 1}, {name: b, data_type: int}], returns: {data_type: int}}]"],
            "Non-defaulted argument 'b' of function 'f' comes after a defaulted argument. Non-defaulted arguments cannot come after defaulted arguments. "
        ),
    ] as [([String: String], String)])
    func `a file that dbt refuses is refused in its words`(_ files: [String: String], _ message: String) {
        #expect(told(files).contains(message), "\(told(files))")
    }

    @Test func `an input that is no reference, or means nothing, is a matter of the test's run`() {
        for input in ["''", "odd", "ref('none')", "source('a', 'b')"] {
            #expect(told(["models/more.yml": "unit_tests: [{name: u, model: lines, given: [{input: \(input.hasPrefix("'") ? input : "\"\(input)\""), rows: []}], expect: {rows: []}}]"]) == [])
        }
    }

    @Test func `tags of a source that are null are left out, and told`() {
        #expect(Set(told(["models/more.yml": "sources: [{name: o, config: {tags: null}, tables: [{name: t}]}]"])) == ["Field `config.tags`: None is not valid for source (o)"])
    }

    @Test(arguments: [
        ("require-dbt-version: odd", "\"odd\" is not a valid semantic version."), ("dispatch: [{macro_namespace: dbt}]", "at path []: Invalid project dispatch config: {'macro_namespace': 'dbt'}"),
        ("source-paths: [a]\nmodel-paths: [b]", "source-paths and model-paths cannot both be defined. The `source-paths` config has been deprecated in favor of `model-paths`. Please update your `dbt_project.yml` configuration to reflect this change."),
        ("on-run-start: ['{% if %}']", "expected an expression, got 'end of statement block'"), ("odd: 1", "at path []: Additional properties are not allowed ('odd' was unexpected)"), ("models: {+materialized: 3}", "at path ['materialized']: 3 is not of type 'string'"),
    ])
    func `a project file that dbt refuses is refused in its words`(_ words: String, _ message: String) {
        #expect(told(["dbt_project.yml": "name: shop\nprofile: shop\n\(words)"]).contains(message), "\(told(["dbt_project.yml": "name: shop\nprofile: shop\n\(words)"]))")
    }

    @Test func `what dbt reads on at is warned of at most`() {
        #expect(told(["models/more.yml": "data_tests: [5]"]) == ["models/more.yml:1: an entry of 'data_tests' has no name"])
        #expect(told(["models/more.yml": "models: [{name: lines, data_tests: [odd, pack.odd: {arguments: {a: 1}}, unique: {column_name: id, config: {warn_if: null, limit: null}}]}]"]) == [])
        #expect(told(["models/lines_v1.sql": "select 1", "models/lines.sql": "select 2", "models/more.yml": "models: [{name: lines, latest_version: null, versions: [{v: 1}, {v: 2}]}]"]) == [])
        #expect(told(["models/more.yml": "sources: [{name: events, overrides: tools}]"]) == ["During parsing, dbt encountered source overrides that had no target:\n  - Source tools.events (in models/more.yml)\n"])
        #expect(told(["dbt_project.yml": "name: shop\nprofile: shop\nmodels:\nquery-comment: {}\nmodel-paths:"]) == [])
    }
}
