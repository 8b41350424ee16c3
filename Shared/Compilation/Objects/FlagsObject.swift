internal import Jinja
internal import Kernel
internal import Project

/// `flags`: how the command was called. To templates it shows what dbt's does, and not all that is known; the run's own configuration
/// shows all of it, in any case.
final class FlagsObject: JinjaObject {
    private let values: [String: Value]
    private let isWhole: Bool

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

    /// - Parameter project: nil while the project file itself is read.
    init(_ invocation: Invocation, of project: PackageFile?, isWhole: Bool = false) {
        self.isWhole = isWhole
        var values: [String: Value] = [
            "STRICT_MODE": false, "DEBUG": false, "USE_COLORS": true, "USE_COLORS_FILE": true, "LOG_LEVEL": "info", "LOG_LEVEL_FILE": "debug", "LOG_FORMAT_FILE": "debug",
            "LOG_FILE_MAX_BYTES": 10_485_760, "PARTIAL_PARSE_FILE_DIFF": true, "USE_FAST_TEST_EDGES": false, "UPLOAD_TO_ARTIFACTS_INGEST_API": false,
            "SHOW_ALL_DEPRECATIONS": false, "SHOW_RESOURCE_REPORT": false, "VARS": .dict([]),
            "WARN_ERROR_OPTIONS": .dict(["error", "warn", "silence"].map { ($0, .list([])) }),
            "LOG_FORMAT": "default", "VERSION_CHECK": true, "FAIL_FAST": false,
            "SEND_ANONYMOUS_USAGE_STATS": false, "PRINT": true, "PRINTER_WIDTH": 80, "INDIRECT_SELECTION": "eager", "LOG_CACHE_EVENTS": false,
            "QUIET": false, "WARN_ERROR": false, "PARTIAL_PARSE": true, "STATIC_PARSER": true, "WRITE_JSON": true, "CACHE_SELECTED_ONLY": false,
            "INTROSPECT": true, "DEFER": false, "FAVOR_STATE": false, "POPULATE_CACHE": true, "USE_EXPERIMENTAL_PARSER": false, "TARGET_PATH": .none,
            "PROFILES_DIR": .none, "PROJECT_DIR": .none, "STATE": .none, "MACRO_DEBUGGING": false, "LOG_PATH": .none, "SINGLE_THREADED": false,
            "EVENT_TIME_START": .none, "EVENT_TIME_END": .none, "SAMPLE": .none, "REQUIRE_SQL_HEADER_IN_TEST_CONFIGS": false,
        ]
        for (name, value) in Self.ofCommands where value.commands.contains(invocation.command) { values[name] = Self.value(value.value) }
        for (name, isOn) in Self.behaviors { values[name] = .bool(isOn) }
        for (name, value) in project?.flags.pairs ?? [] { values[name.uppercased()] = Value(value) }
        for (name, value) in invocation.options.pairs where !Self.lists.contains(name) || values[name.uppercased()] != nil {
            values[name.uppercased()] = Self.lists.contains(name) ? Self.value(value) : Value(value)
        }
        if case .dict(let stated)? = values["WARN_ERROR_OPTIONS"] {
            values["WARN_ERROR_OPTIONS"] = .dict(["error", "warn", "silence"].map { ($0, stated[$0] ?? .list([])) })
        } else {
            values["WARN_ERROR_OPTIONS"] = nil
        }
        values["WHICH"] = .string(invocation.command)
        values["FULL_REFRESH"] = .bool(invocation.isFullRefresh)
        values["STORE_FAILURES"] = .bool(invocation.storesFailures)
        if values["EMPTY"] != nil || invocation.isEmpty { values["EMPTY"] = .bool(invocation.isEmpty) }
        self.values = values
    }

    /// What the line may repeat is a tuple, as dbt's reader of it gives it.
    private static func value(_ json: JSON) -> Value { json.arrayValue.map { .tuple($0.map { Value($0) }) } ?? Value(json) }
    private static let lists: Set<String> = ["select", "exclude", "resource_types", "exclude_resource_types"]
    /// What only some commands know, with what holds where the line does not say it.
    private static let ofCommands: [String: (value: JSON, commands: Set<String>)] = [
        "SELECT": ([], selecting), "EXCLUDE": ([], selecting), "RESOURCE_TYPES": ([], typed), "EXCLUDE_RESOURCE_TYPES": ([], typed),
        "EMPTY": (false, ["build", "run", "compile", "snapshot"]), "SHOW": (false, ["build", "seed"]), "EXPORT_SAVED_QUERIES": (false, ["build"]),
        "INCLUDE_SAVED_QUERY": (false, ["build"]), "INJECT_EPHEMERAL_CTES": (true, ["compile"]), "OUTPUT": ("text", ["compile", "show"]),
        "COMPILE": (true, ["generate"]), "STATIC": (false, ["generate"]), "EMPTY_CATALOG": (false, ["generate"]),
    ]
    private static let selecting: Set<String> = ["build", "run", "test", "seed", "snapshot", "compile", "clone", "generate", "list", "show", "freshness"]
    private static let typed: Set<String> = ["build", "test", "list", "clone"]
    /// What `invocation_args_dict` leaves out where it is off.
    private static let toldWhereOn: Set<String> = [
        "DEBUG", "FULL_REFRESH", "FAIL_FAST", "WARN_ERROR", "SINGLE_THREADED", "REQUIRE_SQL_HEADER_IN_TEST_CONFIGS", "LOG_CACHE_EVENTS", "STORE_FAILURES", "USE_EXPERIMENTAL_PARSER",
    ]

    /// dbt's `invocation_args_dict`: all that is known, in small letters.
    var arguments: Value {
        let told = values.filter { name, value in
            if case .none = value { return false }
            if case .bool(false) = value { return !Self.toldWhereOn.contains(name) }
            return true
        }
        return .dict(told.map { ($0.key.lowercased(), $0.value) }.sorted { $0.0 < $1.0 })
    }

    var typeName: String { "Namespace" }
    private static let shown: Set<String> = [
        "USE_EXPERIMENTAL_PARSER", "STATIC_PARSER", "WARN_ERROR", "WARN_ERROR_OPTIONS", "WRITE_JSON", "PARTIAL_PARSE", "USE_COLORS", "PROFILES_DIR", "DEBUG",
        "LOG_FORMAT", "VERSION_CHECK", "FAIL_FAST", "SEND_ANONYMOUS_USAGE_STATS", "PRINTER_WIDTH", "INDIRECT_SELECTION", "LOG_CACHE_EVENTS", "QUIET", "NO_PRINT",
        "CACHE_SELECTED_ONLY", "INTROSPECT", "TARGET_PATH", "LOG_PATH", "INVOCATION_COMMAND", "EMPTY", "FULL_REFRESH", "STORE_FAILURES", "WHICH",
    ]
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        isWhole ? values[name.uppercased()] : Self.shown.contains(name) ? values[name] ?? Value.none : nil
    }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }
}
