internal import Jinja
public import Kernel
internal import Project
internal import WarehouseKit

/// What templates keep in `graph` beside the project's own parts. Packages that watch a run note their results there and read
/// them in on-run-end: in dbt all nodes of a run share one dictionary. Where each task has a compiler of its own, it passes on
/// what it changed, and begins with what those before it have passed on.
///
/// What comes through are texts, numbers, lists, dictionaries, relations and times; anything else arrives as none.
extension Compiler {
    /// What this compiler's templates have changed since ``earlierNotes`` were read; nil where nothing.
    public func noteChanges() -> JSON? {
        guard let graph = graphValue?.asDict else { return nil }
        return NoteChange.between(notesAtStart, GraphNotes.written(of: graph))
    }

    /// The next template that looks at `graph` gets it made anew.
    public func forgetGraph() { graphValue = nil }

    /// Puts into a new graph what earlier tasks have noted.
    func addEarlierNotes(to graph: Value) {
        guard let dict = graph.asDict else { return }
        var notes: JSON = [:]
        for change in earlierNotes() { notes = NoteChange.apply(change, to: notes) }
        notesAtStart = notes
        for (key, value) in notes.objectValue?.pairs ?? [] { dict[key] = GraphNotes.read(value, dialect) }
    }
}

/// Notes as JSON, with marks where JSON has no such thing.
enum GraphNotes {
    private static let parts = Set((ManifestWriter.emptyGraph.objectValue?.pairs ?? []).map(\.key))
    private static let relationMark = "relation()"
    private static let timeMark = "datetime()"

    static func written(of graph: DictValue) -> JSON {
        JSON(graph.pairs.compactMap { key, value in
            guard let key = key.asString, !parts.contains(key) else { return nil }
            return (key, written(value))
        })
    }

    private static func written(_ value: Value) -> JSON {
        switch value {
        case .list, .tuple: return .array((value.asList ?? []).map(written))
        case .dict(let dict): return JSON(dict.pairs.map { ($0.asString ?? $0.json?.text() ?? "", written($1)) })
        case .object(let object as RelationObject):
            let parts: [(String, JSON)] = [
                ("database", JSON(object.database)), ("schema", JSON(object.schema)), ("identifier", JSON(object.identifier)), ("type", JSON(object.kind)),
            ]
            return JSON([(relationMark, JSON(parts))])
        case .object(let object as DateTimeObject): return JSON([(timeMark, .string(object.time.iso()))])
        default: return value.json ?? .null
        }
    }

    static func read(_ json: JSON, _ dialect: Dialect) -> Value {
        switch json {
        case .array(let items): return .list(items.map { read($0, dialect) })
        case .object(let object):
            if object.pairs.count == 1, let parts = object[relationMark] {
                let name = RelationName(
                    database: parts["database"]?.stringValue ?? "", schema: parts["schema"]?.stringValue ?? "", identifier: parts["identifier"]?.stringValue ?? "")
                return .object(RelationObject(name, kind: parts["type"]?.stringValue, dialect: dialect))
            }
            if object.pairs.count == 1, let time = object[timeMark]?.stringValue.flatMap(PythonTime.read) { return .object(DateTimeObject(time)) }
            return .dict(object.pairs.map { ($0.key, read($0.value, dialect)) })
        default: return Value(json)
        }
    }
}

/// How notes differ, so that each task writes down its own part alone: two that ran side by side have both their say.
///
/// `{"in": {key: change}, "gone": [key]}` of an object, `{"more": [item]}` of a list that has grown, `{"is": value}` of all else.
enum NoteChange {
    static func between(_ old: JSON, _ new: JSON) -> JSON? {
        if old == new { return nil }
        switch (old, new) {
        case (.object(let before), .object(let after)):
            let inside = after.pairs.compactMap { key, value in (before[key].map { between($0, value) } ?? ["is": value]).map { (key, $0) } }
            let gone = before.pairs.map(\.key).filter { after[$0] == nil }
            return JSON([("in", JSON(inside))] + (gone.isEmpty ? [] : [("gone", .array(gone.map(JSON.string)))]))
        case (.array(let before), .array(let after)) where after.starts(with: before):
            return ["more": .array(Array(after.dropFirst(before.count)))]
        default: return ["is": new]
        }
    }

    static func apply(_ change: JSON, to old: JSON?) -> JSON {
        if let value = change["is"] { return value }
        if let items = change["more"]?.arrayValue { return .array((old?.arrayValue ?? []) + items) }
        var object = old?.objectValue ?? JSONObject()
        for (key, inner) in change["in"]?.objectValue?.pairs ?? [] { object[key] = apply(inner, to: object[key]) }
        for key in change["gone"]?.arrayValue?.compactMap(\.stringValue) ?? [] { object[key] = nil }
        return .object(object)
    }
}
