internal import Jinja

/// What a dictionary of lent names answers of itself.
enum ModuleMembers {
    static func answer(_ method: String, _ arguments: Arguments, _ names: [String], of module: any JinjaObject, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "keys": return .list(names.map(Value.string))
        case "get":
            let name = arguments.positional.first?.asString ?? ""
            if let value = try module.attribute(name, interpreter) { return value }
            // What is called on the module itself is a member too.
            if names.contains(name) { return .function(name) { arguments, interpreter in try module.callMethod(name, arguments, interpreter) ?? Value.none } }
            return arguments.positional.count > 1 ? arguments.positional[1] : Value.none
        default: return nil
        }
    }
}
