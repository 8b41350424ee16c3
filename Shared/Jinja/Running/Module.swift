/// A template that has run: its macros and variables, by name. What `import` gives, and what a host collects macros from.
public final class Module: JinjaObject {
    private let state: ModuleState
    /// What the template printed while it ran.
    public let renderedText: String

    init(_ state: ModuleState, text: String) {
        self.state = state
        renderedText = text
    }

    public var name: String { state.template.name }
    public var exports: [(name: String, value: Value)] { state.exports }
    public var macros: [Macro] {
        exports.compactMap { export in
            if case .object(let object) = export.value { object as? Macro } else { nil }
        }
    }

    /// Every macro of the top level, also those whose name begins with an underscore.
    public var definedMacros: [Macro] { state.macros }

    public subscript(_ name: String) -> Value? { exports.last { $0.name == name }?.value }

    public var typeName: String { "TemplateModule" }
    public func text(_ interpreter: Interpreter) throws -> String { renderedText }
    public func representation(_ interpreter: Interpreter) throws -> String {
        "<TemplateModule \(PythonText.representation(of: name))>"
    }
    public func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        name == "__name__" ? .string(self.name) : self[name]
    }
}

/// `self.name()` and `super()`: a block as a value.
final class BlockReference: JinjaObject {
    private let inheritance: Inheritance
    private let name: String?
    private let level: Int

    init(_ inheritance: Inheritance, name: String? = nil, level: Int = 0) {
        self.inheritance = inheritance
        self.name = name
        self.level = level
    }

    var isCallable: Bool { name != nil }

    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        if name != nil { return attribute == "super" ? .object(BlockReference(inheritance, name: name, level: level + 1)) : nil }
        guard inheritance.blocks[attribute] != nil else { return nil }
        return .object(BlockReference(inheritance, name: attribute))
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        guard let name else { throw JinjaError(.type, "'TemplateReference' object is not callable") }
        return .string(
            try interpreter.capture { () throws(JinjaError) in
                try interpreter.runBlock(name, level: level, inheritance, nil)
            })
    }
}
