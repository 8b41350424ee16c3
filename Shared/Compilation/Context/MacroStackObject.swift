internal import Jinja

/// `context_macro_stack`: the macros that are under way, the outermost first.
final class MacroStackObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "MacroStack" }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        // dbt calls an operation's macro past its stack.
        let isCalledDirectly = compiler.frame.isOfMacro
        let ids = interpreter.macrosUnderWay.dropFirst(isCalledDirectly ? 1 : 0).compactMap { compiler.macros.id(of: $0) }
        switch name {
        case "depth": return .int(ids.count)
        case "call_stack": return .list(ids.map(Value.string))
        default: return nil
        }
    }
}
