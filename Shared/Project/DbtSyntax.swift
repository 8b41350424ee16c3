public import Jinja

/// dbt's own block tags, for whoever parses a project's templates.
public enum DbtSyntax {
    public static var environment: Environment {
        var environment = Environment()
        // dbt looks every macro up by name in the whole project, so that a root project's macro overrides a package's.
        environment.macrosResolveThroughHost = true
        environment.blockTags = [
            BlockTag("test", body: .macro { "test_\($0.name)" }),
            BlockTag("data_test", body: .macro { "test_\($0.name)" }),
            BlockTag("materialization", body: .macro { header in
                "materialization_\(header.name)_\(header.text(of: "adapter") ?? "default")"
            }),
            BlockTag("docs", body: .verbatim),
            BlockTag("snapshot", body: .verbatim),
        ]
        environment.filters["as_text"] = { value, _, _ in value }
        environment.filters["as_native"] = { value, _, _ in NativeText.value(value) }
        environment.filters["as_bool"] = { value, _, _ in try NativeText.bool(value) }
        environment.filters["as_number"] = { value, _, _ in try NativeText.number(value) }
        environment.filters["is_list"] = { value, _, _ in if case .list = value { true } else { false } }
        return environment
    }
}
