internal import DbtMacros
internal import Jinja
internal import Kernel
public import Project

/// `query-comment` of `dbt_project.yml`: what each statement carries, so that the warehouse's own log tells whose it is.
struct QueryComment {
    /// The template; nil where statements go without.
    let template: String?
    /// Whether it stands behind the statement: some engines cut off what stands before.
    let isAppended: Bool
    /// The comment of the node at work, which is rendered once; nil for what belongs to no node.
    var last: (node: String?, text: String)?
    fileprivate var macro: Value?
    /// A comment may not ask the warehouse: its question would need a comment.
    var isRendering = false

    /// - Parameter setting: a text, a map with `comment` and `append`, null for none; nil stands for dbt's own.
    init(_ setting: JSON?) {
        switch setting {
        case nil: (template, isAppended) = (MacroLibrary.queryComment, false)
        case .object(let object)?:
            let written = object["comment"]
            template = written.map { $0.stringValue ?? "" } ?? MacroLibrary.queryComment
            isAppended = object["append"]?.boolValue ?? false
        case let text?: (template, isAppended) = (text.stringValue, false)
        }
    }

    func added(_ comment: String, to sql: String) -> String {
        guard !comment.isEmpty else { return sql }
        guard isAppended else { return "/* \(comment) */\n\(sql)" }
        let body = sql.trimmed
        return body.hasSuffix(";") ? "\(body.dropLast())\n/* \(comment) */;" : "\(body)\n/* \(comment) */"
    }
}

extension Compiler {
    /// Renders the comment once, so that a wrong one is told before anything is sent.
    public func checkQueryComment() throws { _ = try comment(of: nil) }

    /// The statement with its comment, on behalf of the node at work; whoever listens is told of it.
    public func sending(_ sql: String, of node: Node? = nil) throws -> String {
        let node = node ?? frames.last?.node
        let text = comments.isRendering ? sql : comments.added(try comment(of: node), to: sql)
        onStatement(text, node)
        return text
    }

    private func comment(of node: Node?) throws -> String {
        guard let template = comments.template, !template.isEmpty else { return "" }
        if let last = comments.last, last.node == node?.uniqueID { return last.text }
        comments.isRendering = true
        defer { comments.isRendering = false }
        let frame = Frame(nil, package: manifest.project.name, mode: .execute)
        frame.variables["connection_name"] = .string(node?.uniqueID ?? "master")
        frame.variables["node"] = node.map { Value($0.unitTest == nil ? ManifestWriter.json($0) : ManifestWriter.json(other: $0)) } ?? Value.none
        let text: String
        do {
            text = try inside(frame) { try interpreter.text(interpreter.call(macro(of: template))).trimmed }
        } catch {
            throw CompilationError.of(error, node: nil)
        }
        guard !text.contains("*/") else {
            throw CompilationError(
                "compile.bad_query_comment", "query comment contains illegal value \"*/\": \(text)", at: .file("dbt_project.yml"), remedy: "let query-comment leave it out")
        }
        comments.last = (node?.uniqueID, text)
        return text
    }

    /// The comment as a macro, as `return(…)` gives its value there.
    private func macro(of template: String) throws -> Value {
        if let macro = comments.macro { return macro }
        let package = manifest.project.name
        let text = "{%- macro query_comment_macro() -%}\n\(template)\n{%- endmacro -%}"
        let module = try interpreter.load(
            TemplateCache.template(text, name: "dbt_project.yml", environment), Context { [unowned self] name in try value(of: name, package: package) })
        let macro = module.definedMacros.first.map { Value.object($0) } ?? .none
        comments.macro = macro
        return macro
    }
}
