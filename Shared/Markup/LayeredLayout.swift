/// Where the boxes of a graph stand: a column for each depth, and in it the order in which few arrows cross.
///
/// - An arrow past a box that lies between says nothing that the arrows through it do not, so it is left out.
public struct LayeredLayout: Hashable, Sendable {
    public struct Place: Hashable, Sendable {
        public var column = 0
        public var row = 0
        /// The boxes with an arrow to this one.
        public var before: Set<Int>
    }
    public private(set) var places: [Place]

    /// - Parameter before: for each box the boxes that come before it.
    public init(before: [Set<Int>]) {
        places = before.map { Place(before: $0) }
        layer()
        dropShortcuts()
        order()
    }

    private mutating func layer() {
        // Each round moves boxes at least one column on; a circle, which nothing can be made of anyway, ends after as many rounds.
        for _ in places.indices {
            var isSettled = true
            for index in places.indices {
                let column = (places[index].before.map { places[$0].column }.max() ?? -1) + 1
                if column > places[index].column, column < places.count {
                    places[index].column = column
                    isSettled = false
                }
            }
            if isSettled { break }
        }
    }

    private mutating func dropShortcuts() {
        var above = [Set<Int>](repeating: [], count: places.count)
        for index in places.indices.sorted(by: { places[$0].column < places[$1].column }) {
            let before = places[index].before
            let further = before.reduce(into: Set<Int>()) { $0.formUnion(above[$1]) }
            places[index].before.subtract(further)
            above[index] = before.union(further)
        }
    }

    private mutating func order() {
        for column in 0...(places.map(\.column).max() ?? 0) {
            // In the order of what they hang on, so that few arrows cross.
            let members = places.indices.filter { places[$0].column == column }
            let keys = members.map { index -> Double in
                let rows = places[index].before.map { Double(places[$0].row) }
                return rows.isEmpty ? Double(index) : rows.reduce(0, +) / Double(rows.count)
            }
            for (row, member) in zip(members, keys).sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) }).enumerated() { places[member.0].row = row }
        }
    }
}

/// Boxes of one size on a layered layout, as inline SVG. What stands in a box is its caller's.
public struct LayeredPicture: Sendable {
    public var width = 200, height = 46, columnGap = 44, rowGap = 12, margin = 6
    public let layout: LayeredLayout

    public init(_ layout: LayeredLayout) { self.layout = layout }

    /// The upper left corner of a box.
    public func corner(_ index: Int) -> (x: Int, y: Int) {
        let place = layout.places[index]
        return (margin + place.column * (width + columnGap), margin + place.row * (height + rowGap))
    }

    public func svg(label: String, box: (Int) -> HTML) -> HTML {
        let corners = layout.places.indices.map(corner)
        let right = (corners.map(\.x).max() ?? 0) + width + margin
        let bottom = (corners.map(\.y).max() ?? 0) + height + margin
        var svg: HTML = "<svg class=\"graph\" width=\"\(right)\" height=\"\(bottom)\" viewBox=\"0 0 \(right) \(bottom)\" role=\"img\" aria-label=\"\(label)\">"
        for index in layout.places.indices { for before in layout.places[index].before.sorted() { svg += arrow(corners[before], corners[index]) } }
        for index in layout.places.indices { svg += box(index) }
        svg += "</svg>"
        return svg
    }

    private func arrow(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) -> HTML {
        let x1 = from.x + width, y1 = from.y + height / 2, x2 = to.x, y2 = to.y + height / 2
        let bend = max(20, (x2 - x1) / 2)
        return "<path class=\"edge\" d=\"M\(x1) \(y1)C\(x1 + bend) \(y1) \(x2 - bend) \(y2) \(x2) \(y2)\"/>"
    }
}
