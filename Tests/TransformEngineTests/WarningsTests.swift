import Kernel
@testable import TransformEngine
import Testing

/// What dbt tells of a project without refusing it; `Tests/Conformance/commands --only warnings` compares the lines with dbt's.
@Suite struct WarningsTests {
    private static let old = [
        "dbt_project.yml": "name: shop\nprofile: shop\nmodels:\n  shop:\n    absent: {+enabled: true}\nvars: {a: 1}\nvars: {b: 2}\n",
        "models/a.sql": "select {{ var('b') }} as id", "models/old.sql": "select 1 as id", "models/c.sql": "select * from {{ ref('old') }}",
        "models/s.yml": """
            models:
              - name: a
                description: one
                description: two
                columns: [{name: id, tests: [accepted_values: {values: [2], severity: warn}, unique: {tags: x}]}]
              - {name: nosuch}
              - {name: old, deprecation_date: 2020-01-01}
            """,
    ]

    @Test func `the last of two equal keys counts, and dbt's words tell of it`() throws {
        let drill = try DbtDrill(Self.old)
        let (code, text) = drill.run("run")
        #expect(code == 0, "\(text)")
        #expect(try drill.query("select * from a") == [[.integer(2)]])
        #expect(text.contains("[WARNING][DuplicateYAMLKeysDeprecation]: Deprecated functionality\nDuplicate key 'vars' in \"<unicode string>\", line 7, column 1 in file"), "\(text)")
        let all = drill.run("parse", "--no-partial-parse", "--show-all-deprecations").text
        #expect(all.contains("Duplicate key 'description' in \"<unicode string>\", line 4, column 5 in file\n`models/s.yml`"), "\(all)")
        let manifest = try JSON(parsing: try drill.project.read("target/manifest.json"))
        #expect(manifest["nodes"]?["model.shop.a"]?["description"] == "two")
    }

    @Test func `each kind of deprecation is told once and counted at the end, and what a file says only when it is read`() throws {
        let drill = try DbtDrill(Self.old)
        let first = drill.run("parse").text
        #expect(first.contains("- DuplicateYAMLKeysDeprecation: 2 occurrences\n- PropertyMovedToConfigDeprecation: 2 occurrences\n- MissingArgumentsPropertyInGenericTestDeprecation: 1 occurrence\n"), "\(first)")
        #expect(first.components(separatedBy: "[PropertyMovedToConfigDeprecation]").count == 2)
        #expect(first.contains("[WARNING]: Did not find matching node for patch with name 'nosuch' in the 'models' section of file 'models/s.yml'"))
        let second = drill.run("parse").text
        #expect(!second.contains("nosuch") && second.contains("- DuplicateYAMLKeysDeprecation: 1 occurrence\n") && !second.contains("PropertyMoved"), "\(second)")
        // What the whole project says stands each time.
        for text in [first, second] {
            #expect(text.contains("[WARNING]: Model old has passed its deprecation date of 2020-01-01T00:00:00+00:00. This model should be disabled or removed."))
            #expect(text.contains("[WARNING]: While compiling 'c': Found a reference to old, which was deprecated on '2020-01-01T00:00:00+00:00'. "))
            #expect(text.contains("There are 1 unused configuration paths:\n- models.shop.absent"))
        }
        try drill.project.write("models/d.sql", "select 1 as id")
        #expect(!drill.run("parse").text.contains("nosuch"))
        try drill.project.write("models/s.yml", Self.old["models/s.yml"]! + "\n")
        #expect(drill.run("parse").text.contains("nosuch"))
    }

    @Test(arguments: [
        ("{error: [Nope]}", 2, "Nope is not a valid dbt error name."), ("{error: some}", 2, "error must be one of ('all', '*')"), ("{warn: [DeprecatedModel]}", 2, "`warn` can only be specified"),
        ("{include: all, error: all}", 2, "Only `include` or `error`"), ("{error: [Deprecations]}", 2, "DuplicateYAMLKeysDeprecation"), ("{error: all, warn: [Deprecations]}", 2, "nosuch"),
        ("{error: [DeprecatedModel]}", 2, "has passed"), ("{error: [Deprecations], warn: [DuplicateYAMLKeysDeprecation, PropertyMovedToConfigDeprecation]}", 2, "MissingArguments"),
        ("{silence: [Deprecations]}", 0, "nosuch"), ("{include: [LogTestResult]}", 0, "Please use `error`"),
    ])
    func `warnings are errors, or silent, by their names or all together`(_ options: String, _ code: Int32, _ words: String) throws {
        let drill = try DbtDrill(Self.old)
        let result = drill.run("parse", "--warn-error-options", options)
        #expect(result.code == code && result.text.contains(words), "\(result.text)")
        if options.contains("silence") { #expect(!result.text.contains("eprecated functionality")) }
    }

    @Test func `words of the line and of the environment that are out of date are told first`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "dbt_project.yml": "name: shop\nprofile: shop\ndata-paths: [data]\nclean-targets: [dbt_modules]\n"])
        let text = drill.run("ls", "--models", "a").text
        #expect(text.hasPrefix("00:00:01  [WARNING]: Deprecated functionality\nUsage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or\n`-s`."), "\(text)")
        #expect(text.contains("The `data-paths` config has been renamed to `seed-paths`."))
        #expect(drill.run("clean").text.contains("The default package install path has changed from `dbt_modules` to\n`dbt_packages`."))
    }

    @Test func `the arguments of a test are where the project's flag has them`() throws {
        let files = [
            "dbt_project.yml": "name: shop\nprofile: shop\nflags: {require_generic_test_arguments_property: false}\n", "models/a.sql": "select 1 as id",
            "macros/own.sql": "{% test own(model, arguments) %}select 1 as id where {{ arguments.x }} <> 3{% endtest %}", "models/s.yml": "models: [{name: a, data_tests: [{own: {arguments: {x: 3}}}]}]",
        ]
        let drill = try DbtDrill(files)
        let (code, text) = drill.run("build")
        #expect(code == 0 && text.contains("[WARNING][ArgumentsPropertyInGenericTestDeprecation]") && !text.contains("MissingArguments"), "\(text)")
        try drill.project.write("models/s.yml", "models: [{name: a, columns: [{name: id, data_tests: [{accepted_values: {arguments: {values: [1]}}}]}]}]")
        #expect(drill.run("build").code != 0)
    }

    /// Of Python's textwrap, which dbt breaks its lines by.
    @Test(arguments: [
        ("a bb ccc", 4, ["a bb", "ccc"]), ("abcdefgh", 3, ["abc", "def", "gh"]), ("x abcdefgh", 4, ["x ab", "cdef", "gh"]), ("  a  b", 10, ["  a  b"]), ("aa  bb", 3, ["aa", "bb"]), ("", 5, []), ("a-b c-d", 4, ["a-b", "c-d"]),
    ])
    func `lines are broken where Python breaks them`(_ text: String, _ width: Int, _ lines: [String]) { #expect(LineWrap.lines(text, width: width) == lines) }

    private static func flagged(_ flags: String, _ files: [String: String]) throws -> DbtDrill {
        try DbtDrill(["models/a.sql": "select 1 as id", "dbt_project.yml": "name: shop\nprofile: shop\nflags: {\(flags)}\n"].merging(files) { _, new in new })
    }

    @Test func `a name with a blank is refused, or told of where a flag lets it be`() throws {
        let files = ["models/a b.sql": "select 1 as id", "models/c d.sql": "select 1 as id"]
        let refused = try Self.flagged("", files).run("parse")
        #expect(refused.code == 2 && refused.text.contains("Runtime Error\n  Resource names cannot contain spaces:\n    * 'model.shop.a b' (models/a b.sql)\n    * 'model.shop.c d' (models/c d.sql)\n"), "\(refused.text)")
        let let_be = try Self.flagged("require_resource_names_without_spaces: false", files)
        for _ in 1...2 {
            let (code, text) = let_be.run("ls")
            #expect(code == 0 && text.contains("[WARNING]: Found spaces in the name of `model.shop.a b`") && !text.contains("of `model.shop.c d`"), "\(text)")
            #expect(text.contains("[WARNING]: Spaces found in 2 resource name(s). This is deprecated, and may lead\nto errors when using dbt. Run again with `--debug` to see them all."), "\(text)")
            #expect(text.contains("- ResourceNamesWithSpacesDeprecation: 1 occurrence"))
        }
        #expect(let_be.run("ls", "--debug").text.contains("of `model.shop.c d`"))
    }

    @Test func `a name that a seed and a model share is told of, or refused where a flag asks for it`() throws {
        let files = ["seeds/a.csv": "id\n1\n", "models/a.sql": "{{ config(alias='other') }} select 1 as id"]
        let told = try Self.flagged("", files).run("parse")
        #expect(told.code == 0 && told.text.contains("Found resources with the same name 'a' in package 'shop': 'model.shop.a' and\n'seed.shop.a'. Please update one of the resources to have a unique name."), "\(told.text)")
        let refused = try Self.flagged("require_unique_project_resource_names: true", files).run("parse")
        #expect(refused.code == 2 && refused.text.contains("dbt found two resources with the name \"a\"."), "\(refused.text)")
    }

    @Test func `the arguments of macros are those of the macros where a flag asks for it`() throws {
        let files = [
            "macros/m.sql": "{% macro m(a, b=1, c='x') %}{% endmacro %}{% macro n(z) %}{% endmacro %}",
            "macros/m.yml": "macros: [{name: m, arguments: [{name: a, type: 'dict[str, list[ int ]]'}, {name: q, type: 'list[int'}]}, {name: n}]",
        ]
        let drill = try Self.flagged("validate_macro_args: true", files)
        let text = drill.run("parse").text
        #expect(
            text.contains("Argument q in yaml for macro m does not match the jinja definition.") && text.contains("The number of arguments in the yaml for macro m does not match the jinja definition.")
                && text.contains("Argument q in the yaml for macro m has an invalid type.") && !text.contains("Argument a"), "\(text)")
        let manifest = try JSON(parsing: try drill.project.read("target/manifest.json"))
        #expect(manifest["macros"]?["macro.shop.n"]?["arguments"] == [["name": "z", "type": .null, "description": ""]])
        #expect(!(try Self.flagged("", files).run("parse").text.contains("Argument q")))
    }

    @Test func `what stands between macros, and what itertools is asked for, is told to be on its way out`() throws {
        let drill = try Self.flagged("", [
            "macros/m.sql": "{% set x = 1 %}{% macro m() %}{% set y = 2 %}{% endmacro %}{% endmacro %}{% raw %}{% not %}{% endraw %}",
            "models/i.sql": "select {% for x in modules.itertools.chain([1], [2]) %}{{ x }},{% endfor %} {% set f = modules.itertools.product %}{{ f([1], [2]) | length }} as n",
        ])
        let text = drill.run("parse", "--show-all-deprecations").text
        for tag in ["set", "endmacro", "raw"] { #expect(text.contains("[WARNING][UnexpectedJinjaBlockDeprecation]: Deprecated functionality\nFound unexpected '\(tag)' block tag. in file `macros/m.sql`"), "\(text)") }
        #expect(text.contains("- UnexpectedJinjaBlockDeprecation: 3 occurrences\n- ModulesItertoolsUsageDeprecation: 2 occurrences"), "\(text)")
        #expect(drill.run("parse").text.contains("Deprecated functionality") == false, "what was not read again is not told again")
        #expect(drill.run("run", "--warn-error-options", "{error: [ModulesItertoolsUsageDeprecation]}").code != 0)
    }

    @Test func `older ways of the semantic layer are told of, unless a flag refuses them`() throws {
        let files = [
            "models/metricflow_time_spine.sql": "select current_date as date_day",
            "models/s.yml": """
                semantic_models:
                  - {name: facts, model: ref('a'), defaults: {agg_time_dimension: at_day}, entities: [{name: sale, type: primary, expr: id}], dimensions: [{name: at_day, type: time, type_params: {time_granularity: day}}], measures: [{name: amount, agg: sum}]}
                metrics: [{name: so_far, label: C, type: cumulative, type_params: {measure: amount, window: 7 days}}]
                """,
        ]
        let text = try Self.flagged("", files).run("parse").text
        #expect(text.contains("- MFCumulativeTypeParamsDeprecation: 1 occurrence\n- MFTimespineWithoutYamlConfigurationDeprecation: 1 occurrence\n"), "\(text)")
        let other = try Self.flagged("require_yaml_configuration_for_mf_time_spines: true", files).run("parse").text
        #expect(!other.contains("MFTimespine"), "\(other)")
    }
}
