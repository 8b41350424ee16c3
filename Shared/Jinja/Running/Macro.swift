/// A macro with the scope it was defined in. Calling it gives the text it prints, or what `returning` was given.
public final class Macro: JinjaObject {
    public let definition: MacroDefinition
    let scope: Scope

    init(_ definition: MacroDefinition, _ scope: Scope) {
        self.definition = definition
        self.scope = scope
    }

    public var name: String { definition.name.text }
    public var parameterNames: [String] { definition.parameters.map(\.name.text) }
    public var templateName: String { scope.module.template.name }

    public var typeName: String { "Macro" }
    public var isCallable: Bool { true }
    public func text(_ interpreter: Interpreter) throws -> String {
        definition.isCaller ? "<Macro 'caller'>" : "<Macro \(PythonText.representation(of: name))>"
    }

    public func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "name": .string(self.name)
        case "arguments": .tuple(parameterNames.map(Value.string))
        case "catch_kwargs": .bool(definition.kwargs != nil)
        case "catch_varargs": .bool(definition.varargs != nil)
        case "caller": .bool(definition.caller != nil)
        default: nil
        }
    }

    public func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        try interpreter.call(macro: self, arguments)
    }

    /// `call_macro()` is dbt's other way to call one.
    public func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        name == "call_macro" ? try call(arguments, interpreter) : nil
    }
}

extension Interpreter {
    fileprivate func call(macro: Macro, _ arguments: Arguments) throws(JinjaError) -> Value {
        let frame = callSite.map { ($0.module.template.source, $0.offset) }
        do {
            try enter()
            if !macro.definition.isCaller { macrosUnderWay.append(macro) }
            defer {
                depth -= 1
                if !macro.definition.isCaller { macrosUnderWay.removeLast() }
            }
            let scope = Scope(in: macro.scope)
            return .string(
                try capture { () throws(JinjaError) in
                    try self.bind(arguments, to: macro.definition, scope)
                    _ = try self.run(macro.definition.body, scope)
                })
        } catch {
            if error.kind == .return, !macro.definition.isCaller { return takeReturned() }
            guard let (source, offset) = frame else { throw error }
            let line = source.position(of: offset).line
            throw error.called(from: JinjaError.Frame(macro: macro.name, template: source.name, line: line))
        }
    }

    /// Puts the arguments where the macro's body finds them. The order of the checks is Jinja2's.
    private func bind(_ arguments: Arguments, to macro: MacroDefinition, _ scope: Scope) throws(JinjaError) {
        var named = arguments.named
        let name = "\(macro.isCaller ? "" : environment.macroNamePrefix)\(macro.name.text)"
        var defaulted: [MacroDefinition.Parameter] = []
        for (index, parameter) in macro.parameters.enumerated() {
            if index < arguments.positional.count {
                scope.set(parameter.name, arguments.positional[index])
            } else if let given = named.firstIndex(where: { $0.name == parameter.name.text }) {
                scope.set(parameter.name, named.remove(at: given).value)
            } else {
                let message = "parameter '\(parameter.name.text)' was not provided"
                scope.set(parameter.name, undefined(message: message))
                if parameter.defaultValue != nil { defaulted.append(parameter) }
            }
        }
        // Defaults see every parameter, and those that come later only if they were given.
        for parameter in defaulted {
            if let value = parameter.defaultValue { scope.set(parameter.name, try evaluate(value, scope)) }
        }
        if let caller = macro.caller {
            let given = named.firstIndex { $0.name == "caller" }.map { named.remove(at: $0).value }
            let isNone = given?.isNone ?? true
            scope.set(caller, isNone ? undefined(message: "No caller defined") : given ?? .none)
        }
        if let kwargs = macro.kwargs {
            scope.set(kwargs, .dict(DictValue(named.map { ($0.name, $0.value) })))
        } else if let extra = named.first {
            throw JinjaError(.type, "macro '\(name)' takes no keyword argument '\(extra.name)'")
        }
        let surplus = Array(arguments.positional.dropFirst(macro.parameters.count))
        if let varargs = macro.varargs {
            scope.set(varargs, .tuple(surplus))
        } else if !surplus.isEmpty {
            let count = macro.parameters.count
            throw JinjaError(.type, "macro '\(name)' takes not more than \(count) argument(s)")
        }
    }
}
