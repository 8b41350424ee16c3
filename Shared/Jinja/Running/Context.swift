/// The variables a template is rendered with.
///
/// `variables` is asked first, then `resolve`, so that a host can supply thousands of names (every macro of every
/// package) and make only those that are used. A macro keeps the context its template was loaded with.
public final class Context {
    public var variables: [String: Value]
    public var resolve: ((_ name: String) throws -> Value?)?
    let parent: Context?

    public init(_ variables: [String: Value] = [:], resolve: ((_ name: String) throws -> Value?)? = nil) {
        self.variables = variables
        self.resolve = resolve
        parent = nil
    }

    init(_ variables: [String: Value], parent: Context) {
        self.variables = variables
        self.parent = parent
    }

    func value(of name: String) throws(JinjaError) -> Value? {
        if let value = variables[name] { return value }
        if let resolve, let value = try hosted({ try resolve(name) }) { return value }
        return try parent?.value(of: name)
    }
}
