internal import Jinja
internal import Project

/// What the text at work is of, which decides what it knows of itself.
private enum Subject {
    case node, source, macro
    /// A generic test while the project is read: dbt renders its call then, and that has no relation yet.
    case call
}

/// Words that say something of the node at work: what it is made of, and what was done for it so far.
extension Compiler {
    static let ofNodes: [String: @Sendable (Compiler) -> Value?] = [
        "this": { compiler in
            switch compiler.subject {
            // A macro that is run by itself is about no relation.
            case .macro: compiler.frames.last?.isOfMacro == true ? nil : Value.none
            case .call: nil
            case .node, .source: compiler.frame.node.flatMap { $0.resourceType == .operation ? nil : .object(compiler.ownRelation(of: $0)) } ?? Value.none
            }
        },
        // A materialization has its node's own; everything else sees none.
        "sql": { _ in Value.none },
        "compiled_code": { $0.subject == .node ? Value.none : nil },
        "defer_relation": { compiler in
            guard compiler.subject == .node else { return nil }
            return compiler.frame.node.flatMap { compiler.deferralTarget(of: $0) }.map(Value.object) ?? Value.none
        },
        "source_node": { $0.subject == .source ? $0.model : nil },
        "pre_hooks": { $0.hooks("pre-hook") }, "post_hooks": { $0.hooks("post-hook") },
        "_sql_results": { .dict($0.frame.results.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) },
        "context_macro_stack": { .object(MacroStackObject($0)) },
    ]

    private var subject: Subject {
        guard let frame = frames.last, let node = frame.node else { return .macro }
        if frame.isOfMacro { return .macro }
        if node.resourceType == .source { return .source }
        return frame.mode == .parse && node.test != nil ? .call : .node
    }

    /// As the node names itself: what is built nowhere has a place all the same.
    private func ownRelation(of node: Node) -> RelationObject {
        guard node.isEphemeral, replacements[node.uniqueID] == nil else { return relation(of: node) }
        let relation = RelationObject(relationName(of: node), dialect: dialect)
        quote(relation)
        return relation
    }

    private func hooks(_ key: String) -> Value {
        guard subject == .node, let node = frame.node else { return Value.none }
        return .list([.source, .test, .unitTest].contains(node.resourceType) || node.test != nil ? [] : Hook.all(node.config[key]).map(\.value))
    }

    /// `metric('revenue')`: what a semantic layer knows by that name, with all that the manifest says of it.
    func metric(_ arguments: Arguments) throws -> Value {
        let names = arguments.positional.compactMap(\.asString)
        guard (1...2).contains(arguments.positional.count) else {
            throw CompilationError("compile.bad_ref", "metric() takes at most two arguments (\(arguments.positional.count) given)", remedy: "write metric('name')")
        }
        guard names.count == arguments.positional.count else {
            let wrong = arguments.positional.first { $0.asString == nil }?.typeName ?? ""
            let what = names.isEmpty || arguments.positional.count == 1 ? "The name argument to metric() must be a string" : "The package argument to metric() must be a string or None"
            throw CompilationError("compile.bad_ref", "\(what), got <class '\(wrong)'>", remedy: "write metric('name')")
        }
        if frame.mode == .parse {
            frame.capture.metrics.append(names)
            return .object(MetricObject(names[names.count - 1], [:]))
        }
        guard let node = manifest.others(of: .metric).values.first(where: { $0.name == names.last && (names.count == 1 || $0.packageName == names[0]) }) else {
            throw CompilationError("compile.ref_not_found", "there is no metric '\(names.joined(separator: "."))'", remedy: "add it, or correct the name")
        }
        return .object(MetricObject(node.name, ManifestWriter.json(other: node)))
    }
}
