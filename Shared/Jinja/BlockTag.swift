/// A block tag of the host's own: `{% name title(parameters), option, option=value %}…{% endname %}`.
///
/// The parameters and the options are optional. Either the body is a macro's, and the block defines that macro under
/// the name `macroName` derives; or the body is kept as text that nothing evaluates. Neither prints.
public struct BlockTag: Sendable {
    public enum Body: Sendable {
        case macro(name: @Sendable (BlockHeader) -> String)
        case verbatim
    }

    public let name: String
    public let endNames: [String]
    public let body: Body

    public init(_ name: String, endNames: [String]? = nil, body: Body) {
        self.name = name
        self.endNames = endNames ?? ["end" + name]
        self.body = body
    }
}

/// What stands in the opening tag of a host's block.
public struct BlockHeader: Sendable {
    public let tag: String
    public let name: String
    public let parameters: [MacroDefinition.Parameter]
    public let options: [(name: String, value: Expression?)]

    /// The text of an option written as `name='text'`.
    public func text(of option: String) -> String? {
        guard case .literal(.string(let text))? = options.first(where: { $0.name == option })?.value?.kind else {
            return nil
        }
        return text
    }

    public func has(_ option: String) -> Bool { options.contains { $0.name == option } }
}
