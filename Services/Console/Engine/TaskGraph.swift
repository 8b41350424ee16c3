import Contracts
import Kernel
import Runs

/// The task graph as a picture: a column for each depth, an arrow for each edge.
struct TaskGraph {
    /// A picture of more tasks helps nobody; the tables below it list them.
    static let tasksMax = 120
    private static let width = 212, height = 46, columnGap = 52, rowGap = 12, margin = 6

    private struct Node {
        let task: TaskState
        var column = 0
        var row = 0
        var before: [Int] = []
    }
    private var nodes: [Node]

    /// Nil where the run has too many tasks, or only one.
    init?(_ run: RunState) {
        let tasks = run.inOrder
        guard tasks.count > 1, tasks.count <= Self.tasksMax else { return nil }
        nodes = tasks.map { Node(task: $0) }
        let places = Dictionary(tasks.enumerated().map { ($1.spec.id, $0) }) { first, _ in first }
        var hasSuccessor: Set<Int> = []
        for (index, task) in tasks.enumerated() {
            for case .task(let id) in task.spec.after.map(\.target) {
                guard let place = places[id], place != index else { continue }
                nodes[index].before.append(place)
                if tasks[place].spec.step == task.spec.step { hasSuccessor.insert(place) }
            }
        }
        for (index, task) in tasks.enumerated() {
            for case .step(let step) in task.spec.after.map(\.target) where step != task.spec.step {
                // An arrow from each end of that step says the same as one from each of its tasks.
                nodes[index].before += tasks.indices.filter { tasks[$0].spec.step == step && !hasSuccessor.contains($0) }
            }
        }
        place()
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
        for node in nodes { for place in node.before { svg += arrow(nodes[place], node) } }
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
        let task = node.task
        let x = x(node), y = y(node)
        // `extract_stream`, `load_batch`, `read_state`: the first word tells enough.
        var words = [String(task.spec.kind.prefix { $0 != "_" })]
        if let rows = task.report?.rows { words.append("\(Words.grouped(rows)) rows") }
        if let seconds = task.seconds { words.append(Words.seconds(seconds)) }
        let title = task.spec.title.count > 24 ? task.spec.title.prefix(23) + "…" : task.spec.title
        return """
            <a href="#task-\(task.place)"><g class="node \(PhaseWord(task.phase).rawValue)"><title>\(task.spec.id.description): \(PhaseWord(task.phase).rawValue)</title>\
            <rect x="\(x)" y="\(y)" width="\(Self.width)" height="\(Self.height)" rx="8"/>\
            <rect class="mark" x="\(x)" y="\(y + 8)" width="4" height="\(Self.height - 16)" rx="2"/>\
            <text class="title" x="\(x + 14)" y="\(y + 19)">\(title)</text><text class="more" x="\(x + 14)" y="\(y + 36)">\(words.joined(separator: " · "))</text></g></a>
            """
    }
}
