/// What every template of a host shares: options, filters, tests, block tags and the way to other templates.
///
/// A value; make one, change it, then hand it to parsers and interpreters. It holds no variables: those come with each
/// `Context`.
public struct Environment: Sendable {
    public var whitespace = WhitespaceOptions()
    public var undefined = UndefinedPolicy.lenient
    public var limits = Limits()
    /// Block tags of the host's own; see `BlockTag`.
    public var blockTags: [BlockTag] = []
    /// When true, a top-level macro is not visible by its own name in its file: the name is looked up in the
    /// context, so that the host decides which of several macros of that name is meant.
    public var macrosResolveThroughHost = false
    /// What errors have before a macro's name, where the host names macros so.
    public var macroNamePrefix = ""
    public var filters: [String: Filter] = BuiltinFilters.all
    public var tests: [String: TestFunction] = BuiltinTests.all
    /// As in Jinja2's sandbox, an attribute that Python keeps for itself is refused where it is used, not missing.
    public var refusesInternals = false
    /// Attributes of a text, which are none but for a host whose texts stand for more.
    public var textAttribute: (@Sendable (_ name: String, _ text: String) -> Value?)?
    /// Finds the template named by `include`, `import` or `extends`; nil when there is none.
    public var loader: (@Sendable (_ name: String) throws -> Template?)?

    public init() {}

    /// Reads a template. Fails with a `.syntax` error.
    public func parse(_ text: String, name: String = "<template>") throws(JinjaError) -> Template {
        let source = TemplateSource(name: name, text: text)
        var parser = try Parser(source: source, environment: self)
        return try parser.parseTemplate()
    }

    /// Reads and renders a template in one go.
    public func render(
        _ text: String, name: String = "<template>", variables: [String: Value] = [:]
    ) throws(JinjaError) -> String {
        try Interpreter(self).render(parse(text, name: name), Context(variables))
    }

    /// Evaluates one expression without delimiters, as in `compile_expression`.
    public func evaluate(_ expression: String, variables: [String: Value] = [:]) throws(JinjaError) -> Value {
        try Interpreter(self).evaluate(parse("{{ " + expression + " }}"), Context(variables))
    }
}

/// What happens to the white space around tags. The defaults are Jinja2's.
public struct WhitespaceOptions: Sendable, Equatable {
    /// Drops the first newline after a block tag.
    public var trimBlocks = false
    /// Drops spaces and tabs between the start of a line and a block tag.
    public var lstripBlocks = false
    /// Keeps the last newline of a template, which is dropped otherwise.
    public var keepTrailingNewline = false

    public init() {}
}

/// What a template may do with a value that is not there.
public enum UndefinedPolicy: Sendable {
    /// Prints as nothing, is false and empty; every other use fails. Jinja2's default.
    case lenient
    /// Every use fails except `is defined` and `default`.
    case strict
    /// As `lenient`, and attributes and items of it are undefined in turn.
    case chainable
    /// As `chainable`, and calls of it too are undefined.
    case forgiving
}

/// Bounds on what one render may use. Exceeding one is an error of kind `.limit`.
public struct Limits: Sendable, Equatable {
    /// Bytes of text: of the output, of any captured output and of any string computed on the way.
    public var textBytesMax = 256 << 20
    /// Items of any one list, tuple or range made into a list.
    public var itemsMax = 10_000_000
    /// Numbers of a `range`, as Jinja2's sandbox bounds them; nil for as many as there are.
    public var rangeMax: Int?
    /// Turns of all loops of one render together.
    public var iterationsMax = 1_000_000_000
    /// Nested evaluations; each macro call takes about four.
    public var depthMax = 1_500
    /// Stack used by nested evaluations. Threads have 8 MiB on Linux; lower this for threads made with less.
    public var stackBytesMax = 4 << 20

    public init() {}
}

/// A filter: a value, the arguments after it, and the interpreter to call back into.
public typealias Filter = @Sendable (Value, Arguments, Interpreter) throws -> Value
/// A test, as in `is even`.
public typealias TestFunction = @Sendable (Value, Arguments, Interpreter) throws -> Bool
