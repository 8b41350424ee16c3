internal import Kernel
internal import Project

/// Every flag that a command has, with what it is by default: `args` of `run_results.json`, `invocation_args_dict` of templates.
extension DbtArguments {
    /// So that `retry` can go on from there.
    var json: JSON {
        var object = JSONObject()
        let isOperation = command == "run-operation"
        for (name, value) in Self.usual + (Self.ofCommands[command] ?? []) {
            let option = DbtOptions.option(named: Self.optionNames[name] ?? Self.word(name), of: command)
            object[name] = option.flatMap { said($0) } ?? value
        }
        for (name, value) in Self.behaviors { object[name] = behavior[name].flatMap { $0.isNull ? nil : $0 } ?? .bool(value) }
        if !isOperation {
            object["project_dir"] = .string(DbtFiles.absolute(projectFolder))
            object["profiles_dir"] = .string(profilesFolder)
            object["log_path"] = .string(DbtFiles.absolute(value("log-path") ?? "\(projectFolder)/logs"))
            object["select"] = .array(select.map(JSON.string))
            object["exclude"] = .array(exclude.map(JSON.string))
            object["warn_error_options"] = .object(warnings.options)
            if command != "clone" { object["sqlparse"] = ["MAX_GROUPING_DEPTH": .null, "MAX_GROUPING_TOKENS": .null] }
        }
        // What has no default stands there where it was said.
        for option in DbtOptions.options(of: command) where !["vars", "args", "sqlparse", "warn-error-options"].contains(option.name) {
            let key = Self.optionNames.first { $0.value == option.name }?.key ?? Self.key(option.name)
            if object[key] == nil, let value = said(option) { object[key] = value }
        }
        // The file follows the terminal where it is not spoken of.
        for (name, key) in [("log-level", "log_level_file"), ("log-format", "log_format_file")] where value("\(name)-file") == nil {
            if let value = value(name) { object[key] = .string(value) }
        }
        if stated("use-colors-file") == nil, let isColored = stated("use-colors") { object["use_colors_file"] = .bool(isColored) }
        object["vars"] = .object(vars)
        object["which"] = .string(word)
        if isOperation {
            object["macro"] = JSON(words.first)
            if let text = value("args") { object["args"] = .object((try? YAMLValue.object(text)) ?? JSONObject()) }
        }
        return .object(object)
    }

    private func said(_ option: DbtOption) -> JSON? {
        switch option.kind {
        case .flag: return stated(option.name).map(JSON.bool)
        case .list: return list(option.name).isEmpty ? nil : .array(list(option.name).map(JSON.string))
        // A day is its first moment.
        case _ where option.name.hasPrefix("event-time-"): return value(option.name).map { .string($0.utf8.count == 10 ? "\($0)T00:00:00" : $0.replacing(" ", with: "T")) }
        default: return value(option.name).map { text in option.kind == .integer ? Int64(text).map(JSON.integer) ?? .string(text) : .string(text) }
        }
    }

    private var profilesFolder: String {
        if let folder = value("profiles-dir") { return DbtFiles.absolute(folder) }
        return DbtFiles.exists("\(projectFolder)/profiles.yml") ? DbtFiles.absolute(projectFolder) : "\(home)/.dbt"
    }

    static func word(_ key: String) -> String { String(decoding: key.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }, as: UTF8.self) }

    /// Where the option is called otherwise.
    static let optionNames = ["resource_types": "resource-type", "exclude_resource_types": "exclude-resource-type"]

    private static let usual: [(String, JSON)] = [
        ("cache_selected_only", false), ("defer", false), ("favor_state", false), ("indirect_selection", "eager"), ("introspect", true), ("log_file_max_bytes", 10_485_760), ("log_format", "default"),
        ("log_format_file", "debug"), ("log_level", "info"), ("log_level_file", "debug"), ("macro_debugging", false), ("partial_parse", true), ("partial_parse_file_diff", true), ("populate_cache", true),
        ("print", true), ("printer_width", 80), ("quiet", false), ("send_anonymous_usage_stats", true), ("show_all_deprecations", false), ("show_resource_report", false), ("static_parser", true),
        ("strict_mode", false), ("upload_to_artifacts_ingest_api", false), ("use_colors", true), ("use_colors_file", true), ("use_fast_test_edges", false), ("version_check", true), ("write_json", true),
    ]
    private static let ofCommands: [String: [(String, JSON)]] = [
        "build": [("empty", false), ("export_saved_queries", false), ("include_saved_query", false), ("resource_types", []), ("exclude_resource_types", []), ("show", false)],
        "clone": [("resource_types", []), ("exclude_resource_types", [])], "compile": [("empty", false), ("inject_ephemeral_ctes", true), ("output", "text")],
        "docs generate": [("compile", true), ("empty_catalog", false), ("static", false)], "run": [("empty", false)], "seed": [("show", false)], "show": [("limit", 5), ("output", "text")],
        "snapshot": [("empty", false)], "test": [("resource_types", []), ("exclude_resource_types", [])],
        "run-operation": [
            ("debug", false), ("fail_fast", false), ("full_refresh", false), ("log_cache_events", false), ("single_threaded", false), ("store_failures", false), ("use_experimental_parser", false),
        ],
    ]
    /// The flags that a project alone sets.
    private static let behaviors = [
        ("require_all_warnings_handled_by_warn_error", false), ("require_batched_execution_for_custom_microbatch_strategy", false), ("require_explicit_package_overrides_for_builtin_materializations", true),
        ("require_generic_test_arguments_property", true), ("require_nested_cumulative_type_params", false), ("require_ref_searches_node_package_before_root", false),
        ("require_resource_names_without_spaces", true), ("require_unique_project_resource_names", false), ("require_yaml_configuration_for_mf_time_spines", false), ("skip_nodes_if_on_run_start_fails", false),
        ("source_freshness_run_project_hooks", true), ("state_modified_compare_more_unrendered_values", false), ("state_modified_compare_vars", false), ("validate_macro_args", false),
    ]
}
