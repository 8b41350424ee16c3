internal import Jinja

/// What a dictionary of lent names answers of itself.
enum ModuleMembers {
    static func answer(_ method: String, _ arguments: Arguments, _ names: [String], of module: any JinjaObject, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "keys": .list(names.map(Value.string))
        case "get": try module.attribute(arguments.positional.first?.asString ?? "", interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        default: nil
        }
    }
}
