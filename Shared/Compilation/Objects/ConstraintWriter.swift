internal import Jinja

/// A contract's columns and constraints as they stand in `create table`.
struct ConstraintWriter {
    private let compiler: Compiler
    private let interpreter: Interpreter
    init(_ compiler: Compiler, _ interpreter: Interpreter) {
        self.compiler = compiler
        self.interpreter = interpreter
    }

    func columns(_ value: Value) throws -> [String] {
        try (value.asDict?.pairs ?? []).map { _, column in
            let dict = column.asDict
            let name = dict?["name"]?.asString ?? ""
            let shown = dict?["quote"]?.asInt == 1 ? compiler.dialect.quote(name) : name
            let constraints = try (dict?["constraints"]?.asList ?? []).compactMap { try constraint($0, ofColumn: true) }
            return ([shown, dict?["data_type"]?.asString ?? ""] + constraints).joined(separator: " ")
        }
    }

    func model(_ value: Value) throws -> [String] { try (value.asList ?? []).compactMap { try constraint($0, ofColumn: false) } }

    private func constraint(_ value: Value, ofColumn isColumn: Bool) throws -> String? {
        guard let dict = value.asDict, let type = dict["type"]?.asString else { return nil }
        let expression = dict["expression"]?.asString ?? ""
        let columns = dict["columns"]?.asList?.compactMap(\.asString).joined(separator: ", ") ?? ""
        let name = isColumn ? nil : dict["name"]?.asString.map { "constraint \($0) " }
        let list = isColumn ? "" : " (\(columns))"
        let text: String
        switch type {
        case "check":
            guard !expression.isEmpty else { return nil }
            text = "check (\(expression))"
        case "not_null": text = isColumn ? "not null\(expression.isEmpty ? "" : " \(expression)")" : ""
        case "unique": text = "unique\(list)\(expression.isEmpty ? "" : " \(expression)")"
        case "primary_key": text = "primary key\(list)\(expression.isEmpty ? "" : " \(expression)")"
        case "foreign_key":
            if let to = dict["to"]?.asString, let targets = dict["to_columns"]?.asList?.compactMap(\.asString), !targets.isEmpty {
                let target = try compiler.rendered(to)
                text = "\(isColumn ? "" : "foreign key\(list) ")references \(target) (\(targets.joined(separator: ", ")))"
            } else {
                guard !expression.isEmpty else { return nil }
                text = isColumn ? "references \(expression)" : "foreign key\(list) references \(expression)"
            }
        case "custom": text = expression
        default:
            throw CompilationError("compile.bad_constraint", "there is no constraint of the type '\(type)'", remedy: "choose check, not_null, unique, primary_key, foreign_key or custom")
        }
        guard !text.isEmpty else { return nil }
        return (name ?? "") + text
    }
}
