/// A template that was read and can be rendered any number of times, from any thread.
public struct Template: Sendable {
    /// A macro or host block that stands at the top level of a template.
    public struct Definition: Sendable {
        /// `macro`, or the name of the host's block tag.
        public let tag: String
        /// The name as written.
        public let name: String
        /// The name the macro is defined under; nil for a verbatim block.
        public let macroName: String?
        public let parameters: [MacroDefinition.Parameter]
        public let options: [(name: String, value: Expression?)]
        /// From the first byte of the opening tag to the last of the closing one.
        public let range: Range<Int>
        public let bodyRange: Range<Int>
        /// The line of the opening tag, counted from 1.
        public let line: Int
    }

    public let source: TemplateSource
    public let body: [Statement]
    public let definitions: [Definition]
    /// Every name the template mentions; `Expression.Name.symbol` indexes it.
    let symbols: [String]

    public var name: String { source.name }
    /// Of a template that is one `{{ expression }}` and nothing else.
    public var onlyExpression: Expression? {
        guard body.count == 1, case .output(let values) = body[0].kind, values.count == 1 else { return nil }
        return values[0]
    }

    public func text(of definition: Definition) -> String { source.text(in: definition.range) }
    public func bodyText(of definition: Definition) -> String { source.text(in: definition.bodyRange) }
}
