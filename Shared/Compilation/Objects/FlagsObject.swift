internal import Jinja
internal import Kernel
internal import Project

/// `flags`: how the command was called. Names are read in any case, as dbt reads them.
final class FlagsObject: JinjaObject {
    private let values: [String: Value]

    /// What a project may ask of its own under `flags:`, and what holds where it does not.
    private static let behaviors: [(name: String, isOn: Bool)] = [
        ("REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS", true), ("REQUIRE_RESOURCE_NAMES_WITHOUT_SPACES", true),
        ("SOURCE_FRESHNESS_RUN_PROJECT_HOOKS", true), ("REQUIRE_GENERIC_TEST_ARGUMENTS_PROPERTY", true),
        ("REQUIRE_BATCHED_EXECUTION_FOR_CUSTOM_MICROBATCH_STRATEGY", false), ("SKIP_NODES_IF_ON_RUN_START_FAILS", false),
        ("STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES", false), ("STATE_MODIFIED_COMPARE_VARS", false),
        ("REQUIRE_YAML_CONFIGURATION_FOR_MF_TIME_SPINES", false), ("REQUIRE_NESTED_CUMULATIVE_TYPE_PARAMS", false), ("VALIDATE_MACRO_ARGS", false),
        ("REQUIRE_ALL_WARNINGS_HANDLED_BY_WARN_ERROR", false), ("REQUIRE_UNIQUE_PROJECT_RESOURCE_NAMES", false),
        ("REQUIRE_REF_SEARCHES_NODE_PACKAGE_BEFORE_ROOT", false),
    ]

    init(_ invocation: Invocation, of project: PackageFile) {
        var values: [String: Value] = [
            "STRICT_MODE": false, "DEBUG": false, "USE_COLORS": false, "LOG_FORMAT": "default", "VERSION_CHECK": true, "FAIL_FAST": false,
            "SEND_ANONYMOUS_USAGE_STATS": false, "PRINT": true, "PRINTER_WIDTH": 80, "INDIRECT_SELECTION": "eager", "LOG_CACHE_EVENTS": false,
            "QUIET": false, "WARN_ERROR": false, "PARTIAL_PARSE": true, "STATIC_PARSER": true, "WRITE_JSON": true, "CACHE_SELECTED_ONLY": false,
            "INTROSPECT": true, "DEFER": false, "FAVOR_STATE": false, "POPULATE_CACHE": true, "USE_EXPERIMENTAL_PARSER": false, "TARGET_PATH": .none,
            "PROFILES_DIR": .none, "PROJECT_DIR": .none, "STATE": .none, "MACRO_DEBUGGING": false, "LOG_PATH": .none, "SINGLE_THREADED": false,
            "EVENT_TIME_START": .none, "EVENT_TIME_END": .none, "SAMPLE": .none, "REQUIRE_SQL_HEADER_IN_TEST_CONFIGS": false,
        ]
        for (name, isOn) in Self.behaviors { values[name] = .bool(isOn) }
        for (name, value) in project.flags.pairs { values[name.uppercased()] = Value(value) }
        for (name, value) in invocation.options.pairs { values[name.uppercased()] = Value(value) }
        values["WHICH"] = .string(invocation.command)
        values["FULL_REFRESH"] = .bool(invocation.isFullRefresh)
        values["STORE_FAILURES"] = .bool(invocation.storesFailures)
        values["EMPTY"] = .bool(invocation.isEmpty)
        self.values = values
    }

    var typeName: String { "Flags" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { values[name.uppercased()] }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { key.asString.flatMap { values[$0.uppercased()] } }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "get" else { return nil }
        return try item(arguments.positional.first ?? .none, interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
    }
}
