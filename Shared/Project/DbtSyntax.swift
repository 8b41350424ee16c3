public import Jinja

/// dbt's own block tags, for whoever parses a project's templates.
public enum DbtSyntax {
    /// In dbt a status and a type of node are members of enumerations: `result.status.name` is `Pass`, and its `value` the text.
    private static let memberNames: [String: String] = [
        "success": "Success", "error": "Error", "skipped": "Skipped", "pass": "Pass", "fail": "Fail", "warn": "Warn", "no-op": "NoOp", "partial success": "PartialSuccess",
        "runtime error": "RuntimeErr", "model": "Model", "analysis": "Analysis", "test": "Test", "snapshot": "Snapshot", "operation": "Operation", "seed": "Seed",
        "source": "Source", "macro": "Macro", "exposure": "Exposure", "metric": "Metric", "group": "Group", "saved_query": "SavedQuery",
        "semantic_model": "SemanticModel", "unit_test": "Unit", "function": "Function",
    ]

    public static var environment: Environment {
        var environment = Environment()
        // dbt looks every macro up by name in the whole project, so that a root project's macro overrides a package's.
        environment.macrosResolveThroughHost = true
        environment.macroNamePrefix = "dbt_macro__"
        // What the sandbox that dbt renders in allows.
        environment.limits.rangeMax = 100_000
        environment.refusesInternals = true
        environment.blockTags = [
            BlockTag("test", body: .macro { "test_\($0.name)" }),
            BlockTag("data_test", body: .macro { "test_\($0.name)" }),
            BlockTag("materialization", body: .macro { header in
                "materialization_\(header.name)_\(header.text(of: "adapter") ?? "default")"
            }),
            BlockTag("docs", body: .verbatim),
        ]
        // These mean something where a text stands for a value, in yml; elsewhere dbt has them do nothing.
        for name in ["as_text", "as_native", "as_bool", "as_number"] { environment.filters[name] = { value, _, _ in value } }
        environment.textAttribute = { name, text in
            switch name {
            case "value": memberNames[text] == nil ? nil : .string(text)
            case "name": memberNames[text].map(Value.string)
            default: nil
            }
        }
        environment.filters["is_list"] = { value, _, _ in if case .list = value { true } else { false } }
        return environment
    }

    /// For the files of snapshots: nowhere else dbt knows their tag.
    static var ofSnapshots: Environment {
        var environment = environment
        environment.blockTags.append(BlockTag("snapshot", body: .verbatim))
        return environment
    }

    /// For templates whose value counts, not their text: the arguments of tests.
    public static func native(_ environment: Environment) -> Environment {
        var native = environment
        native.filters["as_native"] = { value, _, _ in NativeText.value(value) }
        native.filters["as_bool"] = { value, _, _ in try NativeText.bool(value) }
        native.filters["as_number"] = { value, _, _ in try NativeText.number(value) }
        return native
    }
}
