internal import Jinja
internal import Kernel

/// `exceptions`: the errors and warnings that templates raise themselves.
final class ExceptionsObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "Exceptions" }
    var isMapping: Bool { true }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        func text(_ index: Int) throws -> String {
            let values = arguments.positional + arguments.named.map(\.value)
            return values.indices.contains(index) ? try interpreter.text(values[index]) : ""
        }
        switch name {
        case "warn":
            try compiler.warn(try text(0))
            return ""
        case "warn_snapshot_timestamp_data_types":
            try compiler.warn("Data type of snapshot table timestamp columns (\(try text(0))) doesn't match derived column 'updated_at' (\(try text(1))). Please update snapshot config 'updated_at'.")
            return ""
        case "raise_contract_error": throw raised(try contractError(arguments), "compile.contract_failed")
        case "column_type_missing":
            throw raised("Contracted models require data_type to be defined for each column. Please ensure that the column name and data_type are defined within the YAML configuration for the \(try text(0)) column(s).", "compile.contract_failed")
        case "relation_wrong_type":
            throw raised("Trying to create \(try text(1)) \(try text(0)), but it currently exists as another kind of relation. Either drop \(try text(0)) manually, or run dbt with `--full-refresh` and dbt will drop it for you.", "compile.wrong_relation")
        case "missing_config": throw raised("Model '\(try text(0))' does not define a required config parameter '\(try text(1))'.", "compile.config_missing")
        case "missing_materialization": throw raised("No materialization '\(try text(1))' was found for adapter \(compiler.dialect.adapter)!", "compile.no_materialization")
        case "missing_relation": throw raised("Relation \(try text(0)) not found!", "compile.missing_relation")
        case "raise_fail_fast_error": throw CompilationError("compile.fail_fast", try text(0), remedy: "")
        case "raise_database_error": throw raised(try text(0), "compile.raised_for_warehouse")
        case "raise_compiler_error", "raise_parsing_error", "raise_dataclass_not_dict",
            "raise_dependency_error", "raise_duplicate_patch_name", "raise_ambiguous_catalog_match", "raise_invalid_property_yml_version":
            throw raised(try text(0), "compile.raised")
        case "raise_not_implemented": throw raised("ERROR: \(try text(0))", "compile.raised")
        default: return nil
        }
    }

    private func raised(_ message: String, _ code: ProblemCode) -> CompilationError {
        CompilationError(code, message, remedy: "the project's own template raised this error")
    }

    /// Both sides in one table: what the contract says, what the query gives, and where they part.
    private func contractError(_ arguments: Arguments) throws -> String {
        func columns(_ value: Value?) -> [(name: String, type: String)] {
            value?.asList?.compactMap(\.asDict).map { ($0["name"]?.asString ?? "", $0["data_type"]?.asString ?? "") } ?? []
        }
        // An engine that does not type expressions cannot say what the contract's words became.
        let written = Dictionary(compiler.frame.node?.columns.map { ($0.name.lowercased(), $0.dataType ?? "") } ?? []) { first, _ in first }
        let stated = columns(arguments.positional.first ?? arguments["yaml_columns"]).map { ($0.name, $0.type.isEmpty ? written[$0.name] ?? "" : $0.type) }
            .map { (name: $0.0, type: $0.1) }
        let found = columns(arguments.positional.count > 1 ? arguments.positional[1] : arguments["sql_columns"])
        var rows: [[String]] = []
        for column in found {
            guard let other = stated.first(where: { $0.name == column.name }) else { rows.append([column.name, column.type, "", "missing in contract"]); continue }
            if other.type != column.type, !column.type.isEmpty { rows.append([column.name, column.type, other.type, "data type mismatch"]) }
        }
        for column in stated where !found.contains(where: { $0.name == column.name }) { rows.append([column.name, "", column.type, "missing in definition"]) }
        rows.sort { $0[0] < $1[0] }
        let names = ["column_name", "definition_type", "contract_type", "mismatch_reason"]
        let table = Table(names: names, kinds: names.map { _ in .text }, rows: rows.map { $0.map { .text($0) } })
        return """
            This model has an enforced contract that failed.
            Please ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.

            \(TablePrinter(table).text(rowsMax: 1000, columnsMax: 4, widthMax: 50))
            """
    }
}

/// `validation.any[…]`: a check that a value is one of these.
final class AnyValidation: JinjaObject {
    var typeName: String { "AnyValidator" }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        let allowed = key.asList ?? [key]
        return .function("validator") { arguments, interpreter in
            let value = arguments.positional.first ?? .none
            if allowed.contains(where: { $0.json == value.json }) { return .none }
            let choices = try allowed.map { try interpreter.representation(of: $0) }.joined(separator: ", ")
            throw CompilationError(
                "compile.bad_config", "Expected value \(try interpreter.representation(of: value)) to be one of \(choices)", remedy: "choose one of these values")
        }
    }
}
