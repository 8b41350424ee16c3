internal import Kernel

/// dbt's options by name. What changes nothing here is read and left alone; the rest does what dbt's does.
enum DbtOptions {
    struct Option {
        /// The name that the command asks by: `--models` is `select`.
        var name: String
        var isList: Bool
    }

    static let values: [String: Option] = {
        var options: [String: Option] = [:]
        let single = [
            "args", "config-dir", "defer-state", "event-time-end", "event-time-start", "host", "indirect-selection", "inline", "inline-direct", "limit", "log-format",
            "log-format-file", "log-level", "log-level-file", "log-file-max-bytes", "log-path", "macro-debugging", "output", "package", "port", "printer-width", "profile", "profiles-dir", "project-dir",
            "record-timing-info", "sample", "selector", "source", "state", "target", "target-path", "threads", "vars", "version", "warn-error-options",
            "add-package", "deprecated-state", "resource-type-default",
        ]
        for name in single { options[name] = Option(name: name, isList: false) }
        for (spelling, name) in [
            ("select", "select"), ("models", "select"), ("model", "select"), ("exclude", "exclude"), ("resource-type", "resource-type"),
            ("resource-types", "resource-type"), ("exclude-resource-type", "exclude-resource-type"), ("exclude-resource-types", "exclude-resource-type"),
            ("output-keys", "output-keys"),
        ] { options[spelling] = Option(name: name, isList: true) }
        options["config-dir"] = nil
        return options
    }()

    static let flags: Set<String> = [
        "browser", "cache-selected-only", "clean-project-files-only", "compile", "config-dir", "connection", "debug", "defer", "empty", "empty-catalog",
        "fail-fast", "favor-state", "full-refresh", "introspect", "lock", "log-cache-events", "partial-parse", "partial-parse-file-diff", "populate-cache", "print", "quiet",
        "send-anonymous-usage-stats", "show", "show-all-deprecations", "show-resource-report", "single-threaded", "skip-profile-setup", "static", "static-parser", "store-failures",
        "strict-mode", "upgrade", "upload-to-artifacts-ingest-api", "use-colors", "use-colors-file", "use-experimental-parser", "use-fast-test-edges", "version-check", "warn-error", "write-json",
    ]

    /// Whose names as variables mean something else.
    static let ofTheLineAlone: Set<String> = ["select", "exclude", "args", "vars", "version", "output", "inline", "host", "port", "limit", "package", "source"]

    static func near(_ name: String) -> String? {
        let known = (Array(values.keys) + flags).sorted()
        return Similarity.nearest(to: name, among: known)
            ?? known.filter { $0.hasPrefix(name.prefix(4)) || name.hasPrefix($0.prefix(4)) }.min { abs($0.utf8.count - name.utf8.count) < abs($1.utf8.count - name.utf8.count) }
    }
}
