/// Some nodes of a graph by number: what lies behind each is asked for thousands of times, and names are slow to compare.
struct GraphPlaces {
    private(set) var ids: [String]
    private let places: [String: Int]
    private let parents: [[Int]]
    private let children: [[Int]]
    private var behind: [PlaceSet?]

    /// - Parameter edges: what each id waits for; ids that are not among `ids` are left out.
    init(_ ids: [String], edges: [String: [String]]) {
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        let parents = ids.map { (edges[$0] ?? []).compactMap { places[$0] } }
        var children = [[Int]](repeating: [], count: ids.count)
        for (place, parents) in parents.enumerated() { for parent in parents { children[parent].append(place) } }
        self.ids = ids
        self.places = places
        self.parents = parents
        self.children = children
        behind = Array(repeating: nil, count: ids.count)
    }

    func place(of id: String) -> Int? { places[id] }

    /// Everything that waits for this one, directly or not.
    private mutating func all(behind place: Int) -> PlaceSet {
        if let known = behind[place] { return known }
        var found = PlaceSet(count: ids.count)
        var border = children[place]
        while let next = border.popLast() { if found.insert(next) { border += children[next] } }
        behind[place] = found
        return found
    }

    /// Of what lies behind all of these, the nearest: those that wait for no other of it.
    mutating func nearest(behind several: [Int]) -> [Int] {
        guard let first = several.first else { return [] }
        var common = all(behind: first)
        for place in several.dropFirst() { common.formIntersection(all(behind: place)) }
        return common.members.filter { place in !parents[place].contains { common.contains($0) } }
    }
}

/// A set of small numbers, a bit for each.
struct PlaceSet {
    private var words: [UInt64]
    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    func contains(_ place: Int) -> Bool { words[place / 64] & (1 << UInt64(place % 64)) != 0 }

    /// - Returns: whether it was not in it.
    mutating func insert(_ place: Int) -> Bool {
        guard !contains(place) else { return false }
        words[place / 64] |= 1 << UInt64(place % 64)
        return true
    }
    mutating func formIntersection(_ other: PlaceSet) { for index in words.indices { words[index] &= other.words[index] } }

    var members: [Int] {
        var found: [Int] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                found.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return found
    }
}
