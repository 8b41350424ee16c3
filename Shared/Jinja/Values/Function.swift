/// A function of the host, or a method bound to its value.
public final class Function {
    public let name: String
    let body: (Arguments, Interpreter) throws -> Value

    public init(_ name: String, _ body: @escaping (Arguments, Interpreter) throws -> Value) {
        self.name = name
        self.body = body
    }
}
