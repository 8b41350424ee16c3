import Kernel
import Testing

@testable import Project

@Suite struct ShapeTests {
    @Test(arguments: [
        (#"{"name": 5}"#, "at path ['name']: 5 is not of type 'string'"), (#"{"name": true}"#, "at path ['name']: True is not of type 'string'"),
        (#"{"name": "a", "columns": {}}"#, "at path ['columns']: {} is not of type 'array'"), (#"{"name": "a", "columns": [{"tags": 5, "name": "b"}]}"#, "at path ['columns'][0]['tags']: 5 is not of type 'array'"),
        (#"{"name": "a", "columns": [{}]}"#, "at path ['columns'][0]: 'name' is a required property"), (#"{"name": "a", "docs": {"show": "no"}}"#, "at path ['docs']['show']: 'no' is not of type 'boolean'"),
        (#"{"name": "a", "versions": [{"v": 1, "odd": 2, "even": 3}]}"#, "at path ['versions'][0]: Additional properties are not allowed ('even', 'odd' were unexpected)"),
        (#"{"name": "a", "access": 1.5}"#, "at path ['access']: 1.5 is not valid under any of the given schemas"), (#"{"name": "a", "data_tests": [[]]}"#, "at path ['data_tests'][0]: [] is not valid under any of the given schemas"),
        (#"{"name": "a", "unheard_of": 1}"#, nil), (#"{"name": "a", "description": null}"#, "at path ['description']: None is not of type 'string'"),
    ] as [(String, String?)])
    func `the first fault of a model's entry is told in dbt's words`(_ entry: String, _ fault: String?) throws {
        #expect(SchemaShapes.shape(of: "models")?.fault(in: try JSON(parsing: entry))?.description == fault)
    }

    @Test func `what comes first in dbt's class is told first, unknown words before missing ones`() throws {
        let exposure = try #require(SchemaShapes.shape(of: "exposures"))
        func fault(_ text: String) throws -> String? { exposure.fault(in: try JSON(parsing: text))?.description }
        #expect(try fault(#"{"maturity": "odd", "type": "odd"}"#) == "at path ['type']: 'odd' is not one of ['dashboard', 'notebook', 'analysis', 'ml', 'application']")
        #expect(try fault(#"{"odd": 1}"#) == "at path []: Additional properties are not allowed ('odd' was unexpected)")
        #expect(try fault("{}") == "at path []: 'name' is a required property")
    }

    @Test(arguments: [
        ("name: 5", "at path ['name']: 5 is not of type 'string'"), ("profile: shop", "Required \"name\" field not present in project"), ("name: a-b", #"at path ['name']: 'a-b' does not match '^[^\\d\\W]\\w*$'"#),
        ("name: shop\nversion: 5", "at path ['version']: '5' is not valid under any of the given schemas"), ("name: shop\nversion: 1.2.3-rc.1", nil), ("name: shop\nversion: '1'", "at path ['version']: '1' is not valid under any of the given schemas"),
        ("name: shop\nconfig-version: 5", "Got an unexpected project version=5, expected 2"), ("name: shop\nmodels: 5", "at path ['models']: 5 is not of type 'object'"), ("name: shop\nmodels:", nil),
        ("name: shop\nmodel-paths: models", "at path ['model-paths']: 'models' is not valid under any of the given schemas"), ("name: shop\nvars: []", "at path ['vars']: [] is not valid under any of the given schemas"),
        ("name: shop\non-run-start: select 1", nil), ("name: shop\nflags:", "at path ['flags']: None is not of type 'object'"),
    ] as [(String, String?)])
    func `a project file of a wrong shape is told in dbt's words`(_ text: String, _ fault: String?) throws {
        #expect(ProjectShape.fault(in: try YAMLValue.read(text, file: "dbt_project.yml"))?.message == fault)
    }

    @Test(arguments: [
        (ResourceType.model, "{materialized: 3}", "at path ['materialized']: 3 is not of type 'string'"), (.model, "{enabled: maybe}", "at path ['enabled']: 'maybe' is not of type 'boolean'"),
        (.model, "{meta: odd}", "expected dict, got odd"), (.model, "{tags: [5]}", "at path ['tags']: [5] is not valid under any of the given schemas"), (.model, "{my_own: 5}", nil),
        (.test, "{severity: foo}", "at path []: Severity must be either 'warn' or 'error'. Got 'foo'"), (.model, "{pre-hook: 5}", "at path ['pre-hook']: 5 is not of type 'array'"), (.test, "{severity: Warn, limit: '5'}", nil),
        (.seed, "{quote_columns: odd}", "at path ['quote_columns']: 'odd' is not valid under any of the given schemas"), (.snapshot, "{check_cols: {}}", "at path ['check_cols']: {} is not valid under any of the given schemas"),
        (.savedQuery, "{cache: {enabled: maybe}}", "at path ['cache']['enabled']: 'maybe' is not of type 'boolean'"),
    ] as [(ResourceType, String, String?)])
    func `configuration of a wrong type is told in dbt's words`(_ type: ResourceType, _ text: String, _ fault: String?) throws {
        #expect(ConfigShapes.fault(in: try #require(YAMLValue.read(text, file: "x").json.objectValue), of: type) == fault)
    }

    @Test(arguments: [
        ("{type: postgres}", "'database' is a required property"), ("{type: duckdb}", "Could not find adapter type duckdb!"),
        ("{type: postgres, host: h, port: '1', user: u, pass: p, dbname: d, schema: s}", nil), ("{type: postgres, host: 5, port: 1, user: u, pass: p, dbname: d, schema: s}", "5 is not of type 'string'"),
        ("{type: sqlite, threads: many}", "at path ['threads']: 'many' is not of type 'integer'"),
    ] as [(String, String?)])
    func `a target of a wrong shape is told in dbt's words`(_ text: String, _ fault: String?) throws {
        #expect(ProfileShape.fault(in: try YAMLValue.read(text, file: "profiles.yml"))?.message == fault)
    }
}
