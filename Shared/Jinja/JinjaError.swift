/// What went wrong in a template, and where.
///
/// The innermost position wins: an error inside a macro points into the macro, and `trace` lists the calls that led
/// there, innermost first.
public struct JinjaError: Error, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// The template text is not Jinja.
        case syntax
        /// An undefined value was used where a value is needed.
        case undefined
        /// An operation met a type it does not work on, or a call got the wrong arguments.
        case type
        /// The type was right and the value was not.
        case value
        /// Division by zero, or a number too large for what it is wanted for.
        case arithmetic
        /// A template named by `include`, `import` or `extends` does not exist.
        case templateNotFound
        /// One of `Limits` was exceeded.
        case limit
        /// Anything else a template can do wrong while running.
        case runtime
        /// A host function, object or loader failed; `cause` holds its error.
        case host
        /// Not an error: a host function ends the running macro. See `Interpreter.returning(_:)`.
        case `return`
    }

    /// One macro call on the way to the error.
    public struct Frame: Sendable, Equatable {
        public let macro: String
        public let template: String
        public let line: Int
    }

    public var kind: Kind { storage.kind }
    public var message: String { storage.message }
    public var template: String? { storage.template }
    /// Counted from 1.
    public var line: Int? { storage.line }
    /// Counted from 1, in bytes of UTF-8.
    public var column: Int? { storage.column }
    public var trace: [Frame] { storage.trace }
    public var cause: (any Error)? { storage.cause }

    // Boxed, so that the thousands of `throws(JinjaError)` call sites return one pointer instead of nine words.
    private var storage: Storage

    private final class Storage: Sendable {
        let kind: Kind
        let message: String
        let template: String?
        let line: Int?
        let column: Int?
        let trace: [Frame]
        let cause: (any Error)?

        init(
            kind: Kind, message: String, template: String? = nil, line: Int? = nil, column: Int? = nil,
            trace: [Frame] = [], cause: (any Error)? = nil
        ) {
            self.kind = kind
            self.message = message
            self.template = template
            self.line = line
            self.column = column
            self.trace = trace
            self.cause = cause
        }
    }

    public init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
        storage = Storage(kind: kind, message: message, cause: cause)
    }

    init(_ kind: Kind, _ message: String, at offset: Int, in source: TemplateSource) {
        let (line, column) = source.position(of: offset)
        storage = Storage(kind: kind, message: message, template: source.name, line: line, column: column)
    }

    /// Keeps the position an inner expression already gave.
    func located(at offset: Int, in source: TemplateSource) -> JinjaError {
        guard storage.line == nil, kind != .return else { return self }
        let (line, column) = source.position(of: offset)
        var copy = self
        copy.storage = Storage(
            kind: kind, message: message, template: source.name, line: line, column: column, trace: trace, cause: cause)
        return copy
    }

    func called(from frame: Frame) -> JinjaError {
        guard kind != .return else { return self }
        var copy = self
        copy.storage = Storage(
            kind: kind, message: message, template: template, line: line, column: column, trace: trace + [frame],
            cause: cause)
        return copy
    }

    public var description: String {
        var text = "\(kind.rawValue): \(message)"
        if let template, let line, let column { text += "\n  at \(template):\(line):\(column)" }
        for frame in trace { text += "\n  in macro '\(frame.macro)', called from \(frame.template):\(frame.line)" }
        return text
    }
}

/// Runs host code and gives whatever it throws the shape of this room's errors.
func hosted<Result>(_ body: () throws -> Result) throws(JinjaError) -> Result {
    do {
        return try body()
    } catch let error as JinjaError {
        throw error
    } catch {
        throw JinjaError(.host, "\(error)", cause: error)
    }
}
