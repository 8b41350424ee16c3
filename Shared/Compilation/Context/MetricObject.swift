internal import Jinja
internal import Kernel
internal import Project

/// A metric, which prints as its name.
final class MetricObject: JinjaObject {
    private let name: String
    private let members: JSON
    init(_ name: String, _ members: JSON) { (self.name, self.members) = (name, members) }
    var typeName: String { "MetricReference" }
    func text(_ interpreter: Interpreter) throws -> String { name }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        attribute == "metric_name" ? .string(name) : members[attribute].map { Value($0) }
    }
}
