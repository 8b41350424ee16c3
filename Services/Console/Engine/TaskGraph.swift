import Contracts
import Kernel
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
    private static let width = 200, height = 46, columnGap = 44, rowGap = 12, margin = 6

    private struct Node {
        let tasks: [TaskState]
        var column = 0
        var row = 0
        var before: Set<Int> = []
        var first: TaskState { tasks[0] }
    }
    private struct Likeness: Hashable {
        let kind: String
        let phase: TaskState.Phase
        let isWarning: Bool
        let after: Set<Edge>
    }
    private var nodes: [Node]

    /// Nil where there are too many tasks, or only one.
    init?(_ tasks: [TaskState]) {
        guard tasks.count > 1, tasks.count <= Self.tasksMax else { return nil }
        nodes = Self.boxes(tasks)
        guard nodes.count <= Self.boxesMax else { return nil }
        connect()
        place()
        dropShortcuts()
        order()
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

    private mutating func connect() {
        var owner: [TaskID: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for task in node.tasks { owner[task.spec.id] = index }
        }
        for index in nodes.indices {
            for edge in nodes[index].tasks.flatMap(\.spec.after) {
                // A step before this one is above it on the page, without an arrow.
                if case .task(let id) = edge.target, let place = owner[id], place != index { nodes[index].before.insert(place) }
            }
        }
    }

    private mutating func place() {
        // Each round moves tasks at least one column on; a circle, which cannot be run anyway, ends after as many rounds.
        for _ in nodes.indices {
            var isSettled = true
            for index in nodes.indices {
                let column = (nodes[index].before.map { nodes[$0].column }.max() ?? -1) + 1
                if column > nodes[index].column, column < nodes.count {
                    nodes[index].column = column
                    isSettled = false
                }
            }
            if isSettled { break }
        }
    }

    /// An arrow past a box that lies between says nothing that the arrows through it do not.
    private mutating func dropShortcuts() {
        var above = [Set<Int>](repeating: [], count: nodes.count)
        for index in nodes.indices.sorted(by: { nodes[$0].column < nodes[$1].column }) {
            let before = nodes[index].before
            let further = before.reduce(into: Set<Int>()) { $0.formUnion(above[$1]) }
            nodes[index].before.subtract(further)
            above[index] = before.union(further)
        }
    }

    private mutating func order() {
        for column in 0...(nodes.map(\.column).max() ?? 0) {
            // In the order of what they hang on, so that few arrows cross.
            let members = nodes.indices.filter { nodes[$0].column == column }
            let keys = members.map { index -> Double in
                let rows = nodes[index].before.map { Double(nodes[$0].row) }
                return rows.isEmpty ? Double(index) : rows.reduce(0, +) / Double(rows.count)
            }
            for (row, member) in zip(members, keys).sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) }).enumerated() { nodes[member.0].row = row }
        }
    }

    private func x(_ node: Node) -> Int { Self.margin + node.column * (Self.width + Self.columnGap) }
    private func y(_ node: Node) -> Int { Self.margin + node.row * (Self.height + Self.rowGap) }

    var svg: HTML {
        let right = (nodes.map(x).max() ?? 0) + Self.width + Self.margin
        let bottom = (nodes.map(y).max() ?? 0) + Self.height + Self.margin
        var svg: HTML = "<svg class=\"graph\" width=\"\(right)\" height=\"\(bottom)\" viewBox=\"0 0 \(right) \(bottom)\" role=\"img\" aria-label=\"task graph\">"
        for node in nodes { for place in node.before.sorted() { svg += arrow(nodes[place], node) } }
        for node in nodes { svg += box(node) }
        svg += "</svg>"
        return svg
    }

    private func arrow(_ from: Node, _ to: Node) -> HTML {
        let x1 = x(from) + Self.width, y1 = y(from) + Self.height / 2, x2 = x(to), y2 = y(to) + Self.height / 2
        let bend = max(20, (x2 - x1) / 2)
        return "<path class=\"edge\" d=\"M\(x1) \(y1)C\(x1 + bend) \(y1) \(x2 - bend) \(y2) \(x2) \(y2)\"/>"
    }

    private func box(_ node: Node) -> HTML {
        let task = node.first
        let x = x(node), y = y(node)
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
            <rect x="\(x)" y="\(y)" width="\(Self.width)" height="\(Self.height)" rx="8"/>\
            <rect class="mark" x="\(x)" y="\(y + 8)" width="4" height="\(Self.height - 16)" rx="2"/>\
            <text class="title" x="\(x + 14)" y="\(y + 19)">\(shown)</text><text class="more" x="\(x + 14)" y="\(y + 36)">\(words.joined(separator: " · "))</text></g></a>
            """
    }
}
