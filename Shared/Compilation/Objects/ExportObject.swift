internal import Jinja
internal import Kernel

/// An export of a saved query as the macros see it that name it: an object with a few fields, and another for its configuration, which is no
/// dictionary in dbt either.
final class ExportObject: JinjaObject {
    private let fields: DictValue
    let typeName: String

    init(_ fields: JSON, typeName: String = "Export") {
        self.fields = Value(fields).asDict ?? DictValue([])
        self.typeName = "dbt.artifacts.resources.v1.saved_query.\(typeName)"
        if typeName == "Export" { self.fields["config"] = .object(ExportObject(fields["config"] ?? [:], typeName: "ExportConfig")) }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { fields[name] }
    /// It has no methods, and a template that calls one while the project is read is told so.
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? { throw JinjaError(.undefined, "'\(typeName) object' has no attribute '\(name)'") }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { key.asString.flatMap { fields[$0] } }
}
