import Contracts
import Kernel
import Markup
import Runs

/// The tasks of one step as a picture: a column for each depth, an arrow for each edge that says something new.
///
/// Tasks of one kind that wait for the same are one box (`12 × load`), so that a picture of many small tasks stays readable.
/// One that failed, or goes on while its likes are done, keeps a box of its own; so does what people look for, a stream or a model.
struct TaskGraph {
    /// A picture of more boxes helps nobody; the tables below it list the tasks.
    static let boxesMax = 120
    static let tasksMax = 5000
    /// So many tasks alike are one box.
    static let alikeMin = 2
    private static let outputs: Set<String> = ["extract_stream", "seal", "node"]

    private struct Node {
        let tasks: [TaskState]
        var first: TaskState { tasks[0] }
    }
    private struct Likeness: Hashable {
        let kind: String
        let phase: TaskState.Phase
        let isWarning: Bool
        let after: Set<Edge>
    }
    private let nodes: [Node]
    private let picture: LayeredPicture

    /// Nil where there are too many tasks, or only one.
    init?(_ tasks: [TaskState]) {
        guard tasks.count > 1, tasks.count <= Self.tasksMax else { return nil }
        nodes = Self.boxes(tasks)
        guard nodes.count <= Self.boxesMax else { return nil }
        picture = LayeredPicture(LayeredLayout(before: Self.before(nodes)))
    }

    private static func boxes(_ tasks: [TaskState]) -> [Node] {
        let groups = Dictionary(grouping: tasks) { Likeness(kind: $0.spec.kind, phase: $0.phase, isWarning: $0.isWarning, after: Set($0.spec.after)) }
        var boxes: [Node] = []
        for group in groups.values {
            if group.count >= alikeMin, group[0].phase != .failed, !outputs.contains(group[0].spec.kind) { boxes.append(Node(tasks: group)) }
            else { boxes += group.map { Node(tasks: [$0]) } }
        }
        return boxes.sorted { $0.first.place < $1.first.place }
    }

    private static func before(_ nodes: [Node]) -> [Set<Int>] {
        var owner: [TaskID: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for task in node.tasks { owner[task.spec.id] = index }
        }
        return nodes.indices.map { index in
            Set(nodes[index].tasks.flatMap(\.spec.after).compactMap { edge in
                // A step before this one is above it on the page, without an arrow.
                if case .task(let id) = edge.target, let place = owner[id], place != index { place } else { nil }
            })
        }
    }

    var svg: HTML { picture.svg(label: "task graph") { box($0) } }

    private func box(_ index: Int) -> HTML {
        let node = nodes[index]
        let task = node.first
        let (x, y) = picture.corner(index)
        // `extract_stream`, `load_batch`, `read_state`: the first word tells enough.
        let kind = String(task.spec.kind.prefix { $0 != "_" })
        let title = node.tasks.count == 1 ? task.spec.title : "\(node.tasks.count) × \(kind)"
        var words = [node.tasks.count == 1 ? kind : task.spec.role.rawValue]
        // What a test counts are the rows that fail it.
        let rows = task.spec.role == .quality ? [] : node.tasks.compactMap { $0.report?.rows }
        if !rows.isEmpty { words.append("\(Words.grouped(rows.reduce(0, +))) rows") }
        let seconds = node.tasks.compactMap(\.seconds)
        if !seconds.isEmpty { words.append(Words.seconds(seconds.reduce(0, +))) }
        let shown = title.count > 22 ? title.prefix(21) + "…" : title
        let names = node.tasks.prefix(12).map(\.spec.id.description).joined(separator: "\n")
        return """
            <a href="#task-\(task.place)"><g class="node \(task.word)"><title>\(task.word): \(names)</title>\
            <rect x="\(x)" y="\(y)" width="\(picture.width)" height="\(picture.height)" rx="8"/>\
            <rect class="mark" x="\(x)" y="\(y + 8)" width="4" height="\(picture.height - 16)" rx="2"/>\
            <text class="title" x="\(x + 14)" y="\(y + 19)">\(shown)</text><text class="more" x="\(x + 14)" y="\(y + 36)">\(words.joined(separator: " · "))</text></g></a>
            """
    }
}
